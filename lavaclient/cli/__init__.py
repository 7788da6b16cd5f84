"""The ``lava`` program: a thin face on the SDK.

``lava --help`` tells what it can do; ``python -m lavaclient.cli`` is the same.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The arguments; those of the process if None.

    Returns:
        The exit status: 0, 1 for an error, 2 for wrong usage, 130 for Ctrl-C.
    """
    try:
        from lavaclient.cli.run import run

        status = run(sys.argv[1:] if argv is None else list(argv))
    except KeyboardInterrupt:
        # The terminal shows ^C on this line.
        _end_line()
        return _INTERRUPTED
    except BrokenPipeError:
        status = 0
    _hush()
    return status


def _end_line() -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)


def _hush() -> None:
    """Let what can no longer be written go nowhere, so that the interpreter's end is quiet."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
