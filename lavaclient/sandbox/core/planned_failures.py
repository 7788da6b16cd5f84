"""Clusters that are to fail, planned before anybody makes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lavaclient.sandbox.core import lifecycle
from lavaclient.sandbox.core.state import Cluster


@dataclass(frozen=True, slots=True)
class _Plan:
    after: float
    name: str | None
    known: frozenset[str]

    def fits(self, cluster: Cluster) -> bool:
        return cluster.id not in self.known and self.name in {None, cluster.name}


class Failures:
    """What is to become of clusters that are not there yet; used under the sandbox's lock."""

    def __init__(self) -> None:
        self._plans: list[_Plan] = []
        self._due: dict[str, float] = {}
        self._scheduled: set[str] = set()

    def plan(self, after: float, name: str | None, clusters: Iterable[Cluster]) -> None:
        """Let the next cluster fail.

        Args:
            after: Seconds from its making.
            name: Only one of this name; any if None.
            clusters: Those that are there, and are not meant.

        Raises:
            ValueError: The seconds are negative or not finite.
        """
        if not 0 <= after < float("inf"):
            message = f"after must be a number of seconds from 0 up, not {after}"
            raise ValueError(message)
        self._plans.append(_Plan(after, name, frozenset(cluster.id for cluster in clusters)))

    def apply_due(self, clusters: Iterable[Cluster], now: float) -> None:
        """Break the clusters whose time has come; before they are settled."""
        for cluster in clusters:
            self._schedule(cluster)
            due = self._due.get(cluster.id)
            if due is None or due > now:
                continue
            del self._due[cluster.id]
            if cluster.job is None or not cluster.job.deletes:
                lifecycle.fail(cluster, due)

    def _schedule(self, cluster: Cluster) -> None:
        if cluster.id in self._scheduled:
            return
        plan = next((plan for plan in self._plans if plan.fits(cluster)), None)
        if plan is not None:
            self._plans.remove(plan)
            self._scheduled.add(cluster.id)
            self._due[cluster.id] = cluster.created + plan.after
