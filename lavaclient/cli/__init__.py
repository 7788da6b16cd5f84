"""The ``lava`` program: a thin face on the SDK.

``lava --help`` tells what it can do; ``python -m lavaclient.cli`` is the same.
"""

from __future__ import annotations

import io
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
    _open_what_is_closed()
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


def _open_what_is_closed() -> None:
    """Let there be three streams, and let each write what its encoding lacks in another way."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (stays open)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


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
