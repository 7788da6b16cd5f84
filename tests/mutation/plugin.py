"""The pytest plugin that makes changes instead of running the tests once."""

from __future__ import annotations

import gc
import json
import os
import resource
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path

import pytest

from tests.mutation.applying import Functions, apply, functions_by_file
from tests.mutation.changes import Change
from tests.mutation.known_tests import KnownTests, Outcomes, measure
from tests.mutation.may_live import MayLive

_AT_ONCE = 4  # most tests wait more than they work
_CPU_SECONDS = 40
_SECONDS = 240

LIVES, NOTICED, NOT_MADE, NOT_REACHED = "lives", "noticed", "not made", "not reached"
MAY_LIVE = "may live"
_VERDICTS = [LIVES, NOTICED, NOT_MADE, NOT_REACHED]


class MutationPlugin:
    """Runs, for each change, the tests that come to it, each time in a child of its own.

    Args:
        changes: What to change.
        may_live: Which changes are counted and not made.
        results: The file to which a line of JSON is added for each change.
        longest: Seconds of the tests that one change meets.
    """

    def __init__(
        self,
        changes: Iterable[Change],
        may_live: MayLive,
        results: Path,
        longest: float,
    ) -> None:
        self._longest = longest
        self.counts: Counter[str] = Counter()
        self._may_live = may_live
        self._changes = changes
        self._results = results
        self._outcomes = Outcomes()
        self._running: dict[int, Change] = {}
        self._items: dict[str, pytest.Item] = {}
        self._functions: Functions = {}
        self._scratch = Path(tempfile.mkdtemp(prefix="mutation-"))

    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(self._outcomes)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = {item.nodeid: item for item in session.items}
        self._functions = functions_by_file()
        try:
            known = self._first_run(session.items)
            gc.freeze()  # children share what is never looked at again
            with self._results.open("a", encoding="utf-8") as results:
                for change in chain(self._changes, [None]):
                    while self._running and (change is None or len(self._running) >= _AT_ONCE):
                        print(json.dumps(self._wait(known)), file=results, flush=True)
                    if change is None:
                        continue
                    if self._may_live.covers(change):
                        self.counts[MAY_LIVE] += 1
                    else:
                        self._begin(change, known.for_change(change))
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)
        return True

    def _first_run(self, items: list[pytest.Item]) -> KnownTests:
        answer = self._scratch / "first.json"

        def work() -> int:
            measure(self._outcomes, items, answer)
            return 0

        if os.waitpid(self._fork(work), 0)[1]:
            pytest.exit("the tests cannot be run as they are", 1)
        known = KnownTests(answer, self._longest)
        for test in sorted(filter(None, known.left_out)):
            print(f"left out, for it fails as things are: {test}")
        return known

    def _begin(self, change: Change, tests: list[str]) -> None:
        items = [self._items[test] for test in tests]

        def meet() -> int:
            if not apply(change, self._functions):
                return _VERDICTS.index(NOT_MADE)
            if not items:
                return _VERDICTS.index(NOT_REACHED)
            resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
            signal.alarm(_SECONDS)
            return _VERDICTS.index(LIVES if self._outcomes.run(items) else NOTICED)

        self._running[self._fork(meet)] = change

    def _fork(self, work: Callable[[], int]) -> int:
        if (child := os.fork()) != 0:
            return child
        status = _VERDICTS.index(NOTICED)  # where the change does not let its module stand
        try:
            self._become_child()
            status = work()
            self._failed_file(os.getpid()).write_text(self._outcomes.failed, encoding="utf-8")
        finally:
            os._exit(status)

    def _become_child(self) -> None:
        """Have files of its own, nothing to say, and a group that can be ended as a whole."""
        os.setpgid(0, 0)
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(silence, stream)
        for item in list(self._items.values())[:1]:
            factory = item.config._tmp_path_factory  # type: ignore[attr-defined]
            factory._given_basetemp, factory._basetemp = self._scratch / str(os.getpid()), None

    def _wait(self, known: KnownTests) -> dict[str, object]:
        """Wait for a child, and return what its change came to."""
        child, status = os.wait()
        with suppress(ProcessLookupError):  # what its tests had started, if that goes on
            os.killpg(child, signal.SIGKILL)
        shutil.rmtree(self._scratch / str(child), ignore_errors=True)
        change, code = self._running.pop(child), os.waitstatus_to_exitcode(status)
        # What took too long, or the process with it, was noticed.
        verdict = _VERDICTS[code] if 0 <= code < len(_VERDICTS) else NOTICED
        if test := self._failed_test(child):
            known.record_failure(change, test)
        self.counts[verdict] += 1
        result = {"name": change.name, "line": change.line, "verdict": verdict, "test": test}
        if verdict == NOTICED:
            return result
        was, becomes = change.lines()
        return {**result, "was": was, "becomes": becomes}

    def _failed_file(self, child: int) -> Path:
        return self._scratch / f"{child}.failed"

    def _failed_test(self, child: int) -> str:
        file = self._failed_file(child)
        return file.read_text(encoding="utf-8") if file.exists() else ""
