"""Clocks: the sandbox asks one for the time, and nothing else."""

from __future__ import annotations

import threading
import time
from typing import Protocol

DEFAULT_START = 1_445_000_000.0
"""Where a `ManualClock` starts: 2015-10-16T12:53:20Z."""


class Clock(Protocol):
    """What the sandbox needs of a clock."""

    def time(self) -> float:
        """Seconds since 1970 in the sandbox's world."""

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""


def _forward(seconds: float) -> float:
    if not 0 <= seconds < float("inf"):
        msg = f"seconds must be a number from 0 up, not {seconds}"
        raise ValueError(msg)
    return seconds


class SystemClock:
    """The machine's clock, which may run faster than it does.

    Args:
        speed: Sandbox seconds for one real second; 60 builds a ten-minute cluster in ten seconds.

    Raises:
        ValueError: The speed is not a positive number.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if not 0 < speed < float("inf"):
            msg = f"speed must be a positive number, not {speed}"
            raise ValueError(msg)
        self.speed = speed
        self._start = time.time()
        self._origin = time.monotonic()
        self._ahead = 0.0

    def time(self) -> float:
        """Seconds since 1970, counted at the clock's speed from the moment it was made."""
        return self._start + self._ahead + (time.monotonic() - self._origin) * self.speed

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
        start: Seconds since 1970.
    """

    def __init__(self, start: float = DEFAULT_START) -> None:
        self._now = start
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
