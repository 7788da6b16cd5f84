"""Publishing changes of state, those that requests make and those that come with time."""

from __future__ import annotations

import contextlib
import heapq
import time
from collections.abc import Iterator
from typing import NamedTuple

from lavaclient.sandbox.core import lifecycle
from lavaclient.sandbox.core.accounts import RecordKey
from lavaclient.sandbox.core.clock import Clock, speed_of
from lavaclient.sandbox.core.events import Events
from lavaclient.sandbox.core.state import Cluster
from lavaclient.sandbox.core.store import Store

MOST_CHANGES = 100
"""More changes than this at once are published as one."""

_JUMP = 1.0


class _Reading(NamedTuple):
    """What the clock showed, and when."""

    shown: float
    moment: float


class Announcer:
    """Publishes what has changed since it was last asked to; used under the sandbox's lock.

    Args:
        store: The records.
        clock: The sandbox's clock.
        events: Where to publish.
    """

    def __init__(self, store: Store, clock: Clock, events: Events) -> None:
        self._store = store
        self._clock = clock
        self._events = events
        self._statuses: dict[RecordKey, str] = {}
        self._agenda: list[tuple[float, RecordKey]] = []
        self._next: dict[RecordKey, float] = {}
        self._reading = _Reading(clock.time(), time.monotonic())
        self._all_changed = False
        self._postponed = False

    def forget(self) -> None:
        """Make the next announcement say that everything has changed."""
        self._all_changed = True

    @contextlib.contextmanager
    def as_one(self) -> Iterator[None]:
        """Publish all that changes within a block as one change, at its end."""
        self._postponed = True
        try:
            yield
        finally:
            self._postponed = False
            self.forget()
            self.announce()

    def announce(self) -> None:
        """Publish what has changed."""
        if self._postponed:
            return
        now = self._clock.time()
        self._announce_clock(now)
        keys = self._store.take_touched()
        if self._all_changed or len(keys) > MOST_CHANGES:
            self._start_over(now)
            return
        for key in keys:
            self._announce_record(key, now)
        while self._agenda and self._agenda[0][0] <= now:
            key = heapq.heappop(self._agenda)[1]
            self._next.pop(key, None)
            self._announce_record(key, now)

    def _announce_clock(self, now: float) -> None:
        """Publish a clock that was moved; one that stands still is not published."""
        moment = time.monotonic()
        elapsed = moment - self._reading.moment
        speed = speed_of(self._clock)
        moved = now - self._reading.shown - elapsed * speed
        # The machine's own clock is adjusted by small amounts.
        stands = now == self._reading.shown
        if not stands and abs(moved) > _JUMP + 0.01 * elapsed * speed:
            self._events.publish("clock", now, {"moved": round(moved, 3), "speed": speed})
        self._reading = _Reading(now, moment)

    def _start_over(self, now: float) -> None:
        self._all_changed = False
        self._statuses.clear()
        self._agenda.clear()
        self._next.clear()
        for account in self._store.accounts.values():
            for cluster in account.clusters.values():
                self._plan(("cluster", account.key, cluster.id), cluster, now)
        self._events.publish("state", now, {"what": "all"})

    def _announce_record(self, key: RecordKey, now: float) -> None:
        kind, owner, name = key
        record = self._store.record(key)
        data: dict[str, object] = {"what": kind, "account": owner, "id": name}
        if kind == "token":
            # The name of a token is a secret.
            data = {"what": kind}
        elif isinstance(record, Cluster):
            before = self._statuses.get(key)
            self._plan(key, record, now)
            if self._statuses[key] == before:
                return
            data |= {"name": record.name, "status": self._statuses[key]}
        elif kind == "cluster":
            self._next.pop(key, None)
            if self._statuses.pop(key, None) is None:
                return
            data["status"] = "DELETED"
        self._events.publish("state", now, data)

    def _plan(self, key: RecordKey, cluster: Cluster, now: float) -> None:
        self._statuses[key] = lifecycle.status(cluster, now)
        moment = lifecycle.next_change(cluster, now)
        if moment is not None and self._next.get(key) != moment:
            self._next[key] = moment
            heapq.heappush(self._agenda, (moment, key))
