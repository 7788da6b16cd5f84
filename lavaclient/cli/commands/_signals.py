"""Handlers of signals that end the program."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["end_signals"]


@contextmanager
def end_signals(handler: Callable[[int, object], None]) -> Iterator[None]:
    """Handle SIGHUP (a closed terminal) and SIGTERM with a function within the block.

    Args:
        handler: Takes the number of the signal, and a frame.
    """
    names = [name for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name)]
    previous = {signal.Signals[name]: signal.getsignal(signal.Signals[name]) for name in names}
    # nohup ignores SIGHUP, and it stays ignored.
    changed = {number: old for number, old in previous.items() if old != signal.SIG_IGN}
    for number in changed:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in changed.items():
            signal.signal(number, old)
