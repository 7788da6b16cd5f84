"""The one clock of the tests: it stands still until a pause or a test moves it; and real time."""

from __future__ import annotations

import time
from collections.abc import Callable

from lavaclient.sandbox.core.clock import Clock

__all__ = ["START", "MovedClock", "takes"]

START = 1_700_000_000.0


class MovedClock:
    """A client's clock on which a pause takes no time.

    Args:
        now: Seconds since 1970 at the start.
        sandbox: A sandbox's clock to go by instead: a pause moves both.

    Attributes:
        pauses: The seconds of each pause so far.
    """

    def __init__(self, now: float = START, *, sandbox: Clock | None = None) -> None:
        self.pauses: list[float] = []
        self._now = now
        self._sandbox = sandbox

    @property
    def now(self) -> float:
        """Seconds since 1970; a test may set it, backwards too."""
        return self._now if self._sandbox is None else self._sandbox.time()

    @now.setter
    def now(self, moment: float) -> None:
        if self._sandbox is None:
            self._now = moment
        else:
            self._sandbox.advance(moment - self._sandbox.time())

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def takes(least: float, most: float, work: Callable[[], object]) -> bool:
    """Tell whether work takes so many seconds.

    Others use this machine too: of three tries one has to be in time, and none too early.
    """
    for _ in range(3):
        started = time.monotonic()
        work()
        seconds = time.monotonic() - started
        if seconds <= least or seconds < most:
            return seconds > least
    return False
