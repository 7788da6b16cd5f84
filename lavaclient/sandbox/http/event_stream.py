"""Server-sent events: what has happened in the sandbox, to one listener, as it happens."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

import msgspec

from lavaclient.sandbox.core.clock import speed_of
from lavaclient.sandbox.core.errors import ApiFault
from lavaclient.sandbox.service import Sandbox

MOST_LISTENERS = 50
HEARTBEAT = 5.0
"""Seconds after which a listener hears that the sandbox is still there."""

_LOOK = 0.2
_PLACE = re.compile(r"([0-9a-f]{8})-(\d{1,15})")


class EventStream:
    """A body without an end: events for one listener, who may have heard some before.

    Args:
        sandbox: Whose events they are.
        place: The id of the last event that the listener has; `0` for all that are kept, None for
            those from now on.

    Raises:
        ApiFault: 503; too many listen already.
    """

    content_type: str = "text/event-stream"

    def __init__(self, sandbox: Sandbox, place: str | None = None) -> None:
        if sandbox.events.listeners >= MOST_LISTENERS:
            raise ApiFault(503, f"{MOST_LISTENERS} listen already", retry_after=10)
        self._sandbox = sandbox
        self._events = sandbox.events
        self._number, self._missed = self._start(place)
        self._heartbeat = 0.0

    def open(self) -> None:
        """Begin to listen; `close` ends it."""
        self._events.count_listener(1)

    def close(self) -> None:
        """Listen no more."""
        self._events.count_listener(-1)

    def read(self, timeout: float = _LOOK) -> bytes:
        """The next bytes to send; none if nothing happens within the timeout.

        Args:
            timeout: For how many seconds to wait if there is nothing yet.
        """
        self._sandbox.announce()
        events = self._events.wait(self._number, timeout)
        if events and events[0].number > self._number + 1:
            self._missed = True
        parts = []
        if self._missed:
            parts.append(_message("missed", {}))
            self._missed = False
        for event in events:
            place = f"{self._events.epoch}-{event.number}"
            parts.append(_message(event.kind, {"time": event.time, **event.data}, place))
        self._number = events[-1].number if events else self._number
        if time.monotonic() >= self._heartbeat:
            self._heartbeat = time.monotonic() + HEARTBEAT
            clock = self._sandbox.clock
            data = {"time": clock.time(), "speed": speed_of(clock)}
            parts.append(_message("heartbeat", data))
        return b"".join(parts)

    def _start(self, place: str | None) -> tuple[int, bool]:
        """The number of the last event that is known, and whether any after it are lost."""
        oldest = self._events.first - 1
        if place is None:
            return self._events.last, False
        match = _PLACE.fullmatch(place)
        if match is None:
            return oldest, False
        number = int(match[2])
        if match[1] != self._events.epoch or not oldest <= number <= self._events.last:
            return oldest, True
        return number, False


def _message(kind: str, data: object, place: str | None = None) -> bytes:
    lines: Iterable[bytes] = (
        *((f"id: {place}".encode(),) if place is not None else ()),
        f"event: {kind}".encode(),
        b"data: " + msgspec.json.encode(data),
    )
    return b"\n".join(lines) + b"\n\n"
