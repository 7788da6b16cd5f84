"""The time, as a value that is passed in, so that a test can move it."""

from __future__ import annotations

import time

__all__ = ["Clock"]


class Clock:
    """The machine's own time; a test passes an object with the same methods."""

    def time(self) -> float:
        """Return the wall clock, in seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return a clock that only goes forward, in seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; Ctrl-C ends it at once."""
        time.sleep(seconds)
