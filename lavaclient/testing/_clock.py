"""The sandbox's clock in a test, and the time of clients that live by it."""

from __future__ import annotations

import sys
import threading
import time
import types

from lavaclient.sandbox.core.clock import Clock, ManualClock, SystemClock

__all__ = ["FollowingClock", "SandboxTime"]

_REAL_SLEEP = time.sleep


class FollowingClock(ManualClock):
    """A clock that stands still until it is moved, from the time at which it is made.

    While freezegun or time-machine sets the time of the process, it shows that time, also where it
    goes back, and what it was moved by in addition.
    """

    def __init__(self) -> None:
        super().__init__()
        self._start = self._now

    def time(self) -> float:
        """Seconds since 1970."""
        base = time.time() if _is_frozen() else self._start
        return base + (self._now - self._start)


def _is_frozen() -> bool:
    """Return whether freezegun or time-machine sets the time of the process."""
    time_machine = sys.modules.get("time_machine")
    if time_machine is not None and time_machine.escape_hatch.is_travelling():
        return True
    # freezegun puts a function of its own there.
    return not isinstance(time.time, types.BuiltinFunctionType)


class SandboxTime:
    """Lets a client live in the sandbox's time.

    A pause on a clock that runs by itself takes as long as the clock's speed makes it; on any
    other it moves the clock, and takes no time.

    Args:
        clock: The sandbox's.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._latest = clock.time()
        self._gone_back = 0.0

    def time(self) -> float:
        """Seconds since 1970."""
        return self._clock.time()

    def monotonic(self) -> float:
        """Seconds that only go forward, also where the sandbox's clock goes back."""
        with self._lock:
            now = self._clock.time()
            self._gone_back += max(self._latest - now, 0.0)
            self._latest = now
            return now + self._gone_back

    def sleep(self, seconds: float) -> None:
        """Let time pass.

        Args:
            seconds: Sandbox seconds.
        """
        if isinstance(self._clock, SystemClock):
            _REAL_SLEEP(seconds / self._clock.speed)
        else:
            self._clock.advance(seconds)
