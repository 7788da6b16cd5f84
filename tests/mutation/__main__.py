"""``python -m tests.mutation``: make the changes, and tell which of them no test notices."""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutation.changes import Change, changes_of
from tests.mutation.may_live import MayLive
from tests.mutation.plugin import LIVES, NOT_REACHED, NOTICED, MutationPlugin

MODULES = [
    *(f"lavaclient._auth.{name}" for name in ("catalog", "identity_api", "provider")),
    *(f"lavaclient._auth.{name}" for name in ("session_provider", "token", "token_cache")),
    *(f"lavaclient._decode.{name}" for name in ("coercion", "nesting", "reader")),
    *(f"lavaclient._decode.{name}" for name in ("timestamps", "types")),
    *(f"lavaclient._http.{name}" for name in ("connections", "error_response", "exchange")),
    *(f"lavaclient._http.{name}" for name in ("failures", "messages", "paths", "proxies")),
    *(f"lavaclient._http.{name}" for name in ("redaction", "retry", "service_client")),
    *(f"lavaclient._http.{name}" for name in ("session", "socks")),
    "lavaclient.identity",
]
TESTS = [
    *("tests/http", "tests/auth", "tests/decode", "tests/test_identity.py"),
    *("tests/test_client.py", "tests/config/test_options.py", "tests/faults"),
    *("tests/interop/test_openstack.py", "tests/interop/test_readers.py"),
]
# What takes long, starts processes or draws its cases.
_SLOW = "any_ or full_disk or processes or threads or takes_no_time"


def main() -> int:
    """Run it.

    Returns:
        0 if every change that can be made and is not listed as one that may live was
        noticed, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("results", type=Path, help="file for the results, a line of JSON each")
    parser.add_argument("patterns", nargs="*", default=["*"], help="names of changes, with *")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="what pytest is to collect")
    parser.add_argument(
        "--longest", type=float, default=10.0, help="seconds of the tests that one change meets"
    )
    options = parser.parse_args()
    os.environ["CI"] = "true"  # cases that are drawn are the same each time
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.unlink(missing_ok=True)
    may_live = MayLive()
    changes = _matching(options.patterns)
    plugin = MutationPlugin(changes, may_live, options.results, options.longest)
    quiet = ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "timeout=10"]
    ended = pytest.main([*quiet, "-k", f"not ({_SLOW})", *options.tests], [plugin])
    if ended not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        return int(ended)
    _report(options.results)
    for place, line in may_live.unmet() if options.patterns == ["*"] else []:
        print(f"no change in {place} becomes what may_live.toml lists: {line}")
    print(", ".join(f"{count} {verdict}" for verdict, count in plugin.counts.items()))
    return 0 if plugin.counts[LIVES] == plugin.counts[NOT_REACHED] == 0 else 1


def _matching(patterns: list[str]) -> Iterator[Change]:
    for module in MODULES:
        for change in changes_of(module):
            if any(fnmatch.fnmatch(change.name, pattern) for pattern in patterns):
                yield change


def _report(results: Path) -> None:
    for line in results.read_text(encoding="utf-8").splitlines():
        change = json.loads(line)
        if change["verdict"] != NOTICED:
            print(f"{change['name']} in line {change['line']}: {change['verdict']}")
            print(f"  - {change['was']}\n  + {change['becomes']}")


if __name__ == "__main__":
    sys.exit(main())
