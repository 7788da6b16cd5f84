"""Lines of Python in a process of their own, where its start, imports or end are what is tested."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["run_python"]

ROOT = Path(__file__).resolve().parents[2]


def run_python(
    lines: str,
    *arguments: str,
    flags: Sequence[str] = (),
    stdin: str | None = None,
    environ: Mapping[str, str] | None = None,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run lines, with this tree's package, and return what they printed.

    Args:
        lines: What to run; they may be indented.
        *arguments: What follows in ``sys.argv``.
        flags: Options of the interpreter.
        stdin: Its input; by default, that of the tests.
        environ: All its variables; by default, those of the tests.
        check: Whether to fail, showing stderr, where it does not end with 0.
    """
    ran = subprocess.run(
        [sys.executable, *flags, "-c", textwrap.dedent(lines), *arguments],
        cwd=ROOT,
        env=environ,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert not check or ran.returncode == 0, ran.stderr
    return ran
