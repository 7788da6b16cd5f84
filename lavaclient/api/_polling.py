"""Waiting until something is in the state that it should come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from lavaclient._config.checks import number
from lavaclient._http.service_client import ServiceClient, may_pass
from lavaclient.error import InvalidError, LavaError, TimeoutError

__all__ = ["Pace", "wait_until"]

T = TypeVar("T")

_LONGEST = 1_000_000.0


class Pace:
    """How often to look, and for how long.

    Args:
        timeout: Minutes, None for no end.
        interval: Seconds between two looks, None for 30.

    Raises:
        InvalidError: One of them is no good.
    """

    def __init__(self, timeout: float | str | None, interval: float | str | None) -> None:
        self.timeout = None if timeout is None else number("timeout", timeout)
        self.interval = 30.0 if interval is None else number("interval", interval)
        if self.timeout is not None and self.timeout < 0:
            raise InvalidError("timeout must be 0 minutes or more")
        if not 0 < self.interval <= _LONGEST:
            raise InvalidError("interval must be more than 0 seconds, and at most a million")


class _Looks(Generic[T]):
    """What was seen last, and what went wrong since."""

    def __init__(self) -> None:
        self.seen: T | None = None
        self.failure: LavaError | None = None

    def take(self, look: Callable[[], T]) -> T | None:
        """Look once; None for a failure that could pass."""
        try:
            self.seen = look()
        except LavaError as failure:
            if not may_pass(failure):
                raise
            self.failure = failure
            return None
        self.failure = None
        return self.seen


def wait_until(
    client: ServiceClient,
    pace: Pace,
    look: Callable[[], T],
    *,
    done: Callable[[T], bool],
    waiting_for: Callable[[T | None], str],
) -> T:
    """Look until what is seen is as it should be.

    Args:
        client: Whose clock to go by.
        pace: How often, and how long.
        look: Makes the request. A failure of it that could pass is passed over.
        done: Tells whether this is it; raises if it will never be.
        waiting_for: Says, given what was seen last, what did not come about.

    Raises:
        TimeoutError: The time is over. The last look begins no later than that.
    """
    clock = client.clock
    started = clock.monotonic()
    looks: _Looks[T] = _Looks()
    while True:
        seen = looks.take(look)
        if seen is not None and done(seen):
            return seen
        pause = _pause(pace, looks.failure, clock.monotonic() - started)
        if pause is None:
            words = f"{waiting_for(looks.seen)} within {pace.timeout:g} minutes"
            raise TimeoutError(words) from looks.failure
        clock.sleep(pause)


def _pause(pace: Pace, failure: LavaError | None, elapsed: float) -> float | None:
    """Return for how long to sleep, None when the time is over."""
    asked = (failure.retry_after or 0.0) if failure else 0.0
    pause = min(max(pace.interval, asked), _LONGEST)
    if pace.timeout is None:
        return pause
    left = pace.timeout * 60 - elapsed
    return min(pause, left) if left > 0 else None
