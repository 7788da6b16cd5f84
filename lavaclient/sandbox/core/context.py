"""What a rule gets to see of one request, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lavaclient.sandbox.core.reference_data import ReferenceData
from lavaclient.sandbox.core.state import Account, User
from lavaclient.sandbox.core.urls import Links


@dataclass(frozen=True, slots=True)
class Timings:
    """How long the service takes, in seconds of its clock."""

    build: float = 600.0
    resize: float = 300.0
    update: float = 60.0
    delete: float = 60.0


@dataclass(frozen=True, slots=True)
class Quotas:
    """What one tenant may use in one region: nodes, MB, GB, virtual CPUs."""

    node_count: int = 100
    ram: int = 819_200
    disk: int = 200_000
    vcpus: int = 400


@dataclass(frozen=True, slots=True)
class Context:
    """One request to Cloud Big Data, after its token was found good."""

    account: Account
    reference: ReferenceData
    user: User
    region: str
    links: Links
    query: Mapping[str, str]
    body: bytes
    now: float
    new_id: Callable[[], str]
    quotas: Quotas
    timings: Timings
    malformed_links: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and what the body says; no body at all is None."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


def timestamp(seconds: float | None) -> str:
    """A time as the service writes it; one that is not known is the empty string."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
