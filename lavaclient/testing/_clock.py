"""The sandbox's clock, as clients use one."""

from __future__ import annotations

import time

from lavaclient.sandbox.core.clock import Clock, SystemClock

__all__ = ["SandboxTime"]


class SandboxTime:
    """Lets a client live in the sandbox's time.

    A pause on a clock that runs by itself takes as long as the clock's speed makes it; on any
    other it moves the clock, and takes no time.

    Args:
        clock: The sandbox's.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def time(self) -> float:
        """Seconds since 1970."""
        return self._clock.time()

    def monotonic(self) -> float:
        """The same: a sandbox's clock goes forward only."""
        return self._clock.time()

    def sleep(self, seconds: float) -> None:
        """Let time pass.

        Args:
            seconds: Sandbox seconds.
        """
        if isinstance(self._clock, SystemClock):
            time.sleep(seconds / self._clock.speed)
        else:
            self._clock.advance(seconds)
