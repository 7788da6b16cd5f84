"""What requests to the control API say, and what its answers do."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from lavaclient.sandbox.core.decoding import Name
from lavaclient.sandbox.core.request_verification import Expectation
from lavaclient.sandbox.faults.model import Fault, Seconds


class Advance(Struct, forbid_unknown_fields=True):
    """By how many seconds the clock is moved, or until what.

    Attributes:
        advance: Seconds.
        until: `done`: until nothing is under way.
    """

    advance: Seconds = 0.0
    until: Literal["done"] | None = None

    def __post_init__(self) -> None:
        """See that it says one thing."""
        if (self.advance > 0) is (self.until is not None):
            raise ValueError("give either advance or until")


class NewUser(Struct, forbid_unknown_fields=True):
    """One more user."""

    username: Name
    api_key: Name
    roles: tuple[str, ...] = ("admin",)
    tenant_id: Name | None = None
    password: Name | None = None


class FailNext(Struct, forbid_unknown_fields=True):
    """What is to become of the next cluster."""

    after: Seconds = 60.0
    name: Name | None = None


class InOrder(Struct, forbid_unknown_fields=True):
    """What is expected, each after the one before it."""

    in_order: Annotated[list[Expectation], Meta(min_length=1)]


class Health(Struct):
    """That the sandbox answers."""

    status: str


class ShownRequest(Struct):
    """A request as it arrived, without its secrets; status 0 means that its connection broke."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: Any
    status: int
    time: float
    answer: Any
    seconds: float
    faults: tuple[str, ...]
    message: str | None
    number: int


class OneRequest(Struct):
    """A request."""

    request: ShownRequest


class ShownRequests(Struct):
    """Requests, oldest first."""

    requests: list[ShownRequest]


class RequestCount(Struct):
    """How many requests there were."""

    count: int


class ShownNearMiss(Struct):
    """A request that was almost as expected, and where it differs."""

    request: ShownRequest
    differences: list[str]


class VerificationFailure(Struct):
    """Why an expectation was not met: `message` says it for people."""

    code: int
    message: str
    count: int
    nearest: list[ShownNearMiss]


class FailedVerification(Struct):
    """The answer where an expectation was not met."""

    fault: VerificationFailure


class FaultHits(Struct):
    """A fault, the same as a line, and how many requests it has hit."""

    fault: Fault
    line: str
    hits: int


class ShownFaults(Struct):
    """The faults that can still hit, and all since they were last cleared with their hits."""

    faults: list[Fault]
    hits: list[FaultHits]


class AddedFault(Struct):
    """A fault that was added."""

    fault: Fault


class ClockTime(Struct):
    """Seconds since 1970 on the sandbox's clock."""

    time: float


class ShownClock(Struct):
    """The clock."""

    clock: ClockTime


class ShownState(Struct):
    """The accounts as plain values, for people to look at."""

    state: dict[str, Any]


class SnapshotNames(Struct):
    """The names of snapshots."""

    snapshots: list[str]
