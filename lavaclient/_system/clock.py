"""Clocks, which are passed in so that tests can move the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

__all__ = ["Clock", "SystemClock", "current_clock", "default_clock", "use_clock"]


class Clock(Protocol):
    """The interface of a clock."""

    def time(self) -> float:
        """Return the wall clock, in seconds since the epoch."""

    def monotonic(self) -> float:
        """Return the monotonic clock, in seconds."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The system clock."""

    def time(self) -> float:
        """Return the wall clock, in seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return the monotonic clock, in seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; Ctrl-C ends it at once."""
        time.sleep(seconds)


_SYSTEM: Clock = SystemClock()
_CLOCK = ContextVar[Clock | None]("lavaclient_clock", default=None)


def current_clock() -> Clock:
    """Return the clock of clients that are made in this context."""
    return _CLOCK.get() or default_clock()


def default_clock() -> Clock:
    """Return the clock where no other is chosen; the testing kit replaces this function."""
    return _SYSTEM


@contextmanager
def use_clock(clock: Clock) -> Iterator[None]:
    """Give this clock to clients that are made within the block; they keep it afterwards."""
    token = _CLOCK.set(clock)
    try:
        yield
    finally:
        _CLOCK.reset(token)
