"""Failures of clusters, planned before the clusters are created."""

from __future__ import annotations

import math
from typing import NamedTuple

from lavaclient.sandbox.core.state import Cluster


class Plan(NamedTuple):
    """The seconds from a cluster's creation to its failure; its name, or None for any."""

    after: float
    name: str | None


class PlannedFailures:
    """The planned failures of future clusters; used under the sandbox's lock."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []

    def plan(self, after: float, name: str | None) -> None:
        """Plan the failure of the next cluster.

        Args:
            after: Seconds from its making.
            name: Only one of this name; any if None.

        Raises:
            ValueError: The seconds are negative or not finite.
        """
        if not 0 <= after < math.inf:
            raise ValueError(f"after must be a number of seconds from 0 up, not {after}")
        self.plans.append(Plan(after, name))

    def schedule(self, cluster: Cluster) -> None:
        """Apply the first plan that is for a new cluster, if there is one."""
        for plan in self.plans:
            if plan.name in {None, cluster.name}:
                self.plans.remove(plan)
                cluster.failed = cluster.created + plan.after
                return
