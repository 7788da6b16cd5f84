"""The input of a rule, and its answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

from lavaclient.sandbox.core.accounts import Account
from lavaclient.sandbox.core.errors import record_of
from lavaclient.sandbox.core.planned_failures import PlannedFailures
from lavaclient.sandbox.core.reference_data import ReferenceData
from lavaclient.sandbox.core.state import Cluster, User
from lavaclient.sandbox.core.urls import Links


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Numbers from 0 up, by name."""

    def __post_init__(self) -> None:
        for number in fields(self):
            value = getattr(self, number.name)
            if not (isinstance(value, int | float) and 0 <= value < math.inf):
                raise ValueError(f"{number.name}: must be a number from 0 up, not {value!r}")


@dataclass(frozen=True, slots=True)
class Timings(_Numbers):
    """How long the service takes, in seconds of its clock; 0 means that it is done at once.

    Raises:
        ValueError: One is negative or no number.
    """

    build: float = 600.0
    resize: float = 300.0
    update: float = 60.0
    delete: float = 60.0


@dataclass(frozen=True, slots=True)
class Quotas(_Numbers):
    """What one tenant may use in one region: nodes, MB, GB, virtual CPUs.

    Raises:
        ValueError: One is negative or no number.
    """

    node_count: int = 100
    ram: int = 819_200
    disk: int = 200_000
    vcpus: int = 400


@dataclass(frozen=True, slots=True)
class Context:
    """One request to Cloud Big Data whose token is valid."""

    account: Account
    reference: ReferenceData
    user: User
    region: str
    links: Links
    query: Mapping[str, str]
    body: bytes
    now: float
    new_id: Callable[[str], str]
    serial: Callable[[], int]
    failures: PlannedFailures
    quotas: Quotas
    timings: Timings
    malformed_links: bool = False

    def cluster(self, cluster_id: str) -> Cluster:
        """The account's cluster of an id.

        Raises:
            ApiFault: 404; there is none.
        """
        return record_of(self.account.clusters, "Cluster", cluster_id)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the content of the body; None for no body."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


def optional_timestamp(seconds: float | None) -> str | None:
    """A time as the service writes it; None for an unknown time."""
    return None if seconds is None else timestamp(seconds)


def timestamp(seconds: float) -> str:
    """A time as the service writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
