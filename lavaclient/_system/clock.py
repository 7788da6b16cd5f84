"""The time, as a value that is passed in, so that a test can move it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

__all__ = ["Clock", "SystemClock", "current_clock", "default_clock", "use_clock"]


class Clock(Protocol):
    """What is needed of a clock."""

    def time(self) -> float:
        """Return the wall clock, in seconds since the epoch."""

    def monotonic(self) -> float:
        """Return the seconds of a clock that never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own time."""

    def time(self) -> float:
        """Return the wall clock, in seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return the seconds of a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; Ctrl-C ends it at once."""
        time.sleep(seconds)


_SYSTEM: Clock = SystemClock()
_CLOCK = ContextVar[Clock | None]("lavaclient_clock", default=None)


def current_clock() -> Clock:
    """Return the clock that clients made in this context go by."""
    return _CLOCK.get() or default_clock()


def default_clock() -> Clock:
    """Return the clock of contexts in which none is chosen. The testing kit has another here."""
    return _SYSTEM


@contextmanager
def use_clock(clock: Clock) -> Iterator[None]:
    """Let clients that are made within the block go by this clock, for as long as they live."""
    token = _CLOCK.set(clock)
    try:
        yield
    finally:
        _CLOCK.reset(token)
