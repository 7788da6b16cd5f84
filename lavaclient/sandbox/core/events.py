"""Events: what has happened, for listeners.

The last ones are kept in one ring for all. Whoever listens knows how far they have come, and
reads on from there; whoever is too slow misses some, and nobody else waits for them.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

MOST_EVENTS = 2_000
"""How many events are kept."""


class Event(NamedTuple):
    """An event: its number, its kind, its time and its details."""

    number: int
    kind: str
    time: float
    data: Mapping[str, object]


class Events:
    """The last events, in order. May be used from many threads.

    Attributes:
        epoch: Tells the numbers of these events from those of another run.
        listeners: How many listen now; whoever begins or ends to counts it.
    """

    def __init__(self) -> None:
        self.epoch: str = os.urandom(4).hex()
        self.listeners: int = 0
        self._ring: deque[Event] = deque(maxlen=MOST_EVENTS)
        self._last = 0
        self._changed = threading.Condition()

    @property
    def last(self) -> int:
        """The number of the last event; 0 if there was none."""
        return self._last

    @property
    def first(self) -> int:
        """The number of the oldest event that is kept; of the next one if none is."""
        with self._changed:
            return self._last - len(self._ring) + 1

    def publish(self, kind: str, time: float, data: Mapping[str, object]) -> None:
        """Add an event, and wake the listeners that wait for one.

        Args:
            kind: What kind of event it is.
            time: When it happened, on the sandbox's clock.
            data: What there is to tell of it, as values that JSON has.
        """
        with self._changed:
            self._last += 1
            self._ring.append(Event(self._last, kind, time, data))
            self._changed.notify_all()

    def wait(self, number: int, timeout: float) -> list[Event]:
        """The events after a number that are kept.

        Args:
            number: The last one that is known already.
            timeout: For how many seconds to wait if there is none yet.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._last > number, timeout)
            count = min(self._last - number, len(self._ring))
            return [self._ring[place] for place in range(len(self._ring) - count, len(self._ring))]

    def count_listener(self, change: int) -> None:
        """Count a listener that comes (1) or goes (-1)."""
        with self._changed:
            self.listeners += change
