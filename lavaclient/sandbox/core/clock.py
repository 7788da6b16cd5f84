"""Clocks: the sandbox's only source of time."""

from __future__ import annotations

import math
import threading
import time
from typing import Protocol

LATEST = 2e11
"""The last moment, in seconds since 1970, that a clock can be moved to from outside: no date can
be written of what happens long after it."""


class Clock(Protocol):
    """What the sandbox needs of a clock."""

    def time(self) -> float:
        """Seconds since 1970 in the sandbox's world."""

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""


def _forward(seconds: float) -> float:
    if not 0 <= seconds < math.inf:
        raise ValueError(f"seconds must be a number from 0 up, not {seconds}")
    return seconds


class SystemClock:
    """The machine's clock, sped up if wanted.

    It follows `time.time()`, so a clock that freezegun or time-machine has frozen stands still
    here too, and goes back where they go back.

    Args:
        speed: Sandbox seconds for one real second; 60 builds a ten-minute cluster in ten seconds.

    Raises:
        ValueError: The speed is not a positive number.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if not 0 < speed < math.inf:
            raise ValueError(f"speed must be a positive number, not {speed}")
        self.speed = speed
        self._start = time.time()
        self._ahead = 0.0

    def time(self) -> float:
        """Seconds since 1970, counted at the clock's speed from the moment it was made."""
        return self._start + self._ahead + (time.time() - self._start) * self.speed

    def advance(self, seconds: float) -> None:
        """Jump forward.

        Args:
            seconds: Sandbox seconds.

        Raises:
            ValueError: The number is negative or not finite.
        """
        self._ahead += _forward(seconds)


class ManualClock:
    """A clock that stands still until a test moves it.

    Args:
        start: Seconds since 1970; now if None.
    """

    def __init__(self, start: float | None = None) -> None:
        self._now = float(int(time.time())) if start is None else start
        self._lock = threading.Lock()

    def time(self) -> float:
        """Seconds since 1970."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward.

        Args:
            seconds: Sandbox seconds.

        Raises:
            ValueError: The number is negative or not finite.
        """
        with self._lock:
            self._now += _forward(seconds)


def speed_of(clock: Clock) -> float:
    """How many of a clock's seconds pass in a real one, as long as nobody moves it."""
    return clock.speed if isinstance(clock, SystemClock) else 0.0


def caller_seconds(clock: Clock, seconds: float) -> float:
    """How long a span of the sandbox's time takes for somebody who waits for it."""
    return seconds / clock.speed if isinstance(clock, SystemClock) else seconds


def caller_time(clock: Clock, moment: float) -> float:
    """A moment of the sandbox's time on the clock of the machine that the caller looks at.

    With a `ManualClock` there is one time for all.
    """
    if not isinstance(clock, SystemClock):
        return moment
    return time.time() + caller_seconds(clock, moment - clock.time())
