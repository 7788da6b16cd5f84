"""Signals that end the program, and what it has started."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["when_told"]


@contextmanager
def when_told(end: Callable[[int, object], None]) -> Iterator[None]:
    """Let a closed terminal and SIGTERM call a function, as Ctrl-C does its own.

    Args:
        end: Takes the number of the signal, and a frame.
    """
    names = [name for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name)]
    handlers = {signal.Signals[name]: signal.getsignal(signal.Signals[name]) for name in names}
    # nohup ignores SIGHUP, and that is to last.
    changed = {number: handler for number, handler in handlers.items() if handler != signal.SIG_IGN}
    for number in changed:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in changed.items():
            signal.signal(number, handler)
