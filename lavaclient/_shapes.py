"""What modules expect of one another's objects: for the type checker, which alone imports this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from lavaclient._carrier import Carrier

__all__ = ["Authority", "ClusterShape", "Held", "Link", "Page", "TimeSource"]

Item_co = TypeVar("Item_co", covariant=True)


class TimeSource(Protocol):
    """What is needed of a clock."""

    def time(self) -> float:
        """Return the wall clock, in seconds since the epoch."""

    def monotonic(self) -> float:
        """Return a clock that only goes forward, in seconds."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Link(Protocol):
    """Where an answer says that something is to be found."""

    @property
    def rel(self) -> str | None:
        """What is there."""

    @property
    def href(self) -> str | None:
        """Its URL."""


class Page(Protocol[Item_co]):
    """A page of a list, as it is decoded."""

    @property
    def items(self) -> Sequence[Item_co]:
        """What the page holds."""

    @property
    def links(self) -> Sequence[Link]:
        """Where it says that there is more."""


class Held(Protocol):
    """A sign-in that requests are sent with."""

    @property
    def token(self) -> str:
        """The token."""


class Authority(Protocol):
    """Where tokens come from."""

    def ticket(self) -> int:
        """Return a mark of this moment, to tell which failures came after it."""

    def signed_in(self, session: Carrier) -> Held:
        """Return a sign-in to use, made or renewed if need be."""

    def renew(self, session: Carrier, dead: Held, ticket: int) -> Held:
        """Return a sign-in other than the one that was refused."""


class ClusterShape(Protocol):
    """What changing a cluster and going into it need to know of it."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def status(self) -> str:
        """Its status."""

    @property
    def username(self) -> str | None:
        """Login name on its nodes, or None."""
