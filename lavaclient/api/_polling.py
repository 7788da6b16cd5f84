"""Waiting until something is in the state that it should come to."""

from __future__ import annotations

from lavaclient._config.checks import number
from lavaclient._http.service_client import ServiceClient, is_transient
from lavaclient.error import InvalidError, LavaError

__all__ = ["PollSettings", "PollState"]

_LONGEST = 1_000_000.0


class PollSettings:
    """How often to poll, and for how long.

    Args:
        timeout: Minutes, None for no end.
        interval: Seconds between two polls, None for 30.

    Raises:
        InvalidError: One of them is invalid.
    """

    def __init__(self, timeout: float | str | None, interval: float | str | None) -> None:
        self.timeout = None if timeout is None else number("timeout", timeout)
        self.interval = 30.0 if interval is None else number("interval", interval)
        if self.timeout is not None and self.timeout < 0:
            raise InvalidError("timeout must be 0 minutes or more")
        if not 0 < self.interval <= _LONGEST:
            raise InvalidError("interval must be more than 0 seconds, and at most a million")


class PollState:
    """One wait under way.

    Args:
        client: Whose clock is used.
        settings: How often to poll, and for how long.

    Attributes:
        failure: What the last poll failed with, None if it did not.
    """

    def __init__(self, client: ServiceClient, settings: PollSettings) -> None:
        self.failure: LavaError | None = None
        self._clock = client.clock
        self._settings = settings
        self._started = self._clock.monotonic()

    def record(self, failure: LavaError) -> None:
        """Remember the failure of a poll; raise it unless it could pass by itself."""
        if not is_transient(failure):
            raise failure
        self.failure = failure

    def pause(self) -> bool:
        """Sleep until the next poll, or return False if the time is over."""
        retry_after = (self.failure.retry_after or 0.0) if self.failure else 0.0
        seconds = min(max(self._settings.interval, retry_after), _LONGEST)
        if self._settings.timeout is not None:
            elapsed = self._clock.monotonic() - self._started
            remaining = self._settings.timeout * 60 - elapsed
            if remaining <= 0:
                return False
            seconds = min(seconds, remaining)
        self._clock.sleep(seconds)
        self.failure = None
        return True
