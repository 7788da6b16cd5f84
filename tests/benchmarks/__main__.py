"""Measure all rows, print the table, fail where a goal is missed."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.process import EMPTY
from tests.benchmarks.program_rows import PROGRAM_ROWS
from tests.benchmarks.rows import ROWS, Row
from tests.benchmarks.sandbox_rows import SANDBOX_ROWS

_TRIES = 3


@contextmanager
def serving() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.benchmarks.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def measured(row: Row, url: str) -> float:
    """Measure a row, and again if it misses its goal: other work on the machine is noise."""
    best = float("inf")
    for _ in range(_TRIES):
        best = min(best, row.measure(url))
        if is_met(best, row):
            break
    return best


def is_met(ratio: float, row: Row) -> bool:
    """Tell whether a ratio meets its goal as both are printed: the goals have two decimals."""
    return round(ratio, 2) <= row.goal


def main() -> int:
    """Return 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", help="rows whose text has one of these in it")
    only = parser.parse_args().only
    rows = [
        row
        for row in [*ROWS, *PROGRAM_ROWS, *SANDBOX_ROWS]
        if not only or any(word in row.what for word in only)
    ]
    missed = 0
    print(f"{'what':<38} {'beside':<40} {'ratio':>6} {'goal':>6}")
    with serving() as url:
        for row in rows:
            ratio = measured(row, url)
            good = is_met(ratio, row)
            missed += not good
            mark = "" if good else "  missed"
            print(
                f"{row.what:<38} {row.beside:<40} {ratio:>6.2f} {row.goal:>6.2f}{mark}", flush=True
            )
    return 1 if missed else 0


if __name__ == "__main__":
    if os.environ.keys() - EMPTY.keys() - {"LC_CTYPE", "__PYVENV_LAUNCHER__"}:
        os.execve(sys.executable, [sys.executable, "-m", "tests.benchmarks", *sys.argv[1:]], EMPTY)
    sys.exit(main())
