"""Clusters that are to fail, planned before anybody makes them."""

from __future__ import annotations

import math
from typing import NamedTuple

from lavaclient.sandbox.core.state import Cluster


class Plan(NamedTuple):
    """Seconds from a cluster's making to its failure, and its name if a certain one is meant."""

    after: float
    name: str | None


class PlannedFailures:
    """What is to become of clusters that are not there yet; used under the sandbox's lock."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []

    def plan(self, after: float, name: str | None) -> None:
        """Let the next cluster fail.

        Args:
            after: Seconds from its making.
            name: Only one of this name; any if None.

        Raises:
            ValueError: The seconds are negative or not finite.
        """
        if not 0 <= after < math.inf:
            message = f"after must be a number of seconds from 0 up, not {after}"
            raise ValueError(message)
        self.plans.append(Plan(after, name))

    def schedule(self, cluster: Cluster) -> None:
        """Let a new cluster fail when its time comes, if one like it was meant to."""
        for plan in self.plans:
            if plan.name in {None, cluster.name}:
                self.plans.remove(plan)
                cluster.failed = cluster.created + plan.after
                return
