"""How long each test takes, and which lines of the library it comes to."""

from __future__ import annotations

import ast
import functools
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import coverage
import pytest

from tests.mutation.changes import Change

# What is likely to notice a change of a module, beside a file of tests that has its name.
_NEAR = {
    "catalog": ("auth/test_token.py",),
    "coercion": ("decode/test_reader.py",),
    "connections": ("http/test_exchange.py", "faults/test_transit.py", "faults/test_tunnels.py"),
    "exchange": ("http/test_body_limit.py", "faults/test_transit.py", "interop/test_readers.py"),
    "identity": ("interop/test_openstack.py",),
    "identity_api": ("auth/test_answers.py", "auth/test_ways.py"),
    "messages": ("http/test_error_response.py",),
    "nesting": ("decode/test_reader.py",),
    "provider": ("auth/test_ways.py", "auth/test_renewal.py"),
    "proxies": ("http/test_exchange.py",),
    "service_client": (
        *("http/test_attempts.py", "http/test_exchange.py"),
        "auth/test_secrets.py",
    ),
    "session": ("http/test_session_settings.py", "http/test_one_path.py"),
    "session_provider": ("auth/test_ways.py",),
    "timestamps": ("decode/test_reader.py",),
    "types": ("decode/test_reader.py",),
}


class Outcomes:
    """What tests came to; a plugin of pytest's."""

    def __init__(self) -> None:
        self.failed = ""
        self.durations: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.durations[report.nodeid] += report.duration
        if report.failed:
            self.failed = report.nodeid

    def run(self, items: list[pytest.Item]) -> bool:
        """Run tests until one fails; tell whether none did."""
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                return False
        return True


def measure(outcomes: Outcomes, items: list[pytest.Item], answer: Path) -> None:
    """Run tests one by one, and write down what each of them takes and comes to.

    One that fails as things are tells nothing, and is left out.
    """
    failed = []
    coverer = coverage.Coverage(data_file=None, config_file=False, source_pkgs=["lavaclient"])
    coverer.set_option("run:disable_warnings", ["module-not-measured"])
    coverer.start()
    for item in items:
        coverer.switch_context(item.nodeid)
        if not outcomes.run([item]):
            failed.append(item.nodeid)
            outcomes.failed = ""
    coverer.stop()
    data = coverer.get_data()
    tests = {file: data.contexts_by_lineno(file) for file in data.measured_files()}
    answer.write_text(json.dumps([outcomes.durations, tests, failed]), encoding="utf-8")


class KnownTests:
    """Chooses the tests that a change meets.

    Args:
        answer: What :func:`measure` wrote down.
        longest: Seconds, by the first run, of the tests that one change meets.
    """

    def __init__(self, answer: Path, longest: float) -> None:
        self._longest = longest
        self._durations, tests, failed = json.loads(answer.read_text(encoding="utf-8"))
        self._tests: dict[str, dict[str, list[str]]] = tests
        self.left_out: set[str] = {"", *failed}  # what no test comes to has "" for one
        self._failed: dict[str, list[str]] = defaultdict(list)

    def record_failure(self, change: Change, test: str) -> None:
        """Keep in mind which test noticed a change: it may notice the next one there."""
        known = self._failed[change.place]
        if test not in known:
            known.insert(0, test)

    def for_change(self, change: Change) -> list[str]:
        """Return the tests that come to a change, the likeliest and quickest first."""
        file = str(sys.modules[change.module].__file__)
        by_line = self._tests.get(file, {})
        tree = _tree(file)
        lines = _statement(tree, change.line)
        meeting = {test for line in lines for test in by_line.get(str(line), ())}
        if not change.function:
            users = _users(tree, change.line) or by_line
            meeting = {test for line in users for test in by_line.get(str(line), ())}
        meeting -= self.left_out
        likely = [test for test in self._failed[change.place] if test in meeting]
        room = f"tests/{change.module.split('.')[1].strip('_')}"
        others = self._by_promise(meeting.difference(likely))
        others.sort(key=lambda test: (not _is_near(test, change.module), not test.startswith(room)))
        chosen: list[str] = []
        total = 0.0
        for test in [*likely, *others]:
            total += self._durations[test]
            if chosen and total > self._longest:
                break
            chosen.append(test)
        return chosen

    def _by_promise(self, tests: Iterable[str]) -> list[str]:
        """Sort tests: quick ones first, and the more of a function's cases, the later."""
        cases: Counter[str] = Counter()
        costs: dict[str, float] = {}
        for test in sorted(tests, key=self._durations.__getitem__):
            function = test.partition("[")[0]
            cases[function] += 1
            costs[test] = self._durations[test] * cases[function]
        return sorted(costs, key=costs.__getitem__)


@functools.cache
def _tree(file: str) -> ast.Module:
    return ast.parse(Path(file).read_text(encoding="utf-8"))


def _is_near(test: str, module: str) -> bool:
    name = module.rpartition(".")[2]
    file = test.partition("::")[0]
    return file.endswith((f"/test_{name}.py", *_NEAR.get(name, ())))


def _statement(tree: ast.Module, line: int) -> range:
    """Return the lines of the innermost statement around a line, or of its head."""
    innermost = range(line, line + 1)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line:
            body = getattr(node, "body", None)
            end = body[0].lineno if body else (node.end_lineno or node.lineno) + 1
            if line < end:
                innermost = range(node.lineno, end)  # what is walked to later stands deeper
    return innermost


def _users(tree: ast.Module, line: int) -> set[int]:
    """Return the lines that use the names which the statement around a line gives a value."""
    inside = _statement(tree, line)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute)]
    values = {
        node.id
        for node in names
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.lineno in inside
    }
    return {
        node.lineno
        for node in names
        if (node.id if isinstance(node, ast.Name) else node.attr) in values
        and node.lineno not in inside
    }
