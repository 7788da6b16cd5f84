"""The ``lava`` program: a command line over the SDK.

``lava --help`` shows its commands; ``python -m lavaclient.cli`` is the same.
"""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys
from collections.abc import Sequence

__all__ = ["main"]

_INTERRUPTED = 130
# Imports make many objects and no garbage; collections would take a tenth of a short command.
_OBJECTS_BETWEEN_COLLECTIONS = 200_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The arguments; those of the process if None.

    Returns:
        The exit status: 0, 1 for an error, 2 for wrong usage, 130 for Ctrl-C.
    """
    if argv is None:  # the process runs nothing but the program
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        atexit.register(gc.freeze)  # the interpreter collects once more when it ends
    _open_missing_streams()
    try:
        # Ctrl-C while this is imported ends the program quietly too.
        from lavaclient.cli.run import run

        status = run(sys.argv[1:] if argv is None else list(argv))
    except KeyboardInterrupt:
        if sys.stderr.isatty():  # which shows ^C on this line
            print(file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        status = 0
    _silence_streams()
    return status


def _open_missing_streams() -> None:
    """Open streams that are closed, and make stdout escape what it cannot encode."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (stays open)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _silence_streams() -> None:
    """Redirect broken streams to the null device, as the interpreter flushes them at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
