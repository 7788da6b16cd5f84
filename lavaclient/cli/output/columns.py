"""What a list or a single thing shows of itself, however it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

__all__ = ["Column", "Section", "Thing", "printable"]


class Thing(Protocol):
    """A model of the SDK."""

    def to_dict(self) -> dict[str, object]:
        """Return all of it as plain values."""


class Column(NamedTuple):
    """A column of a list, or a line of a single thing.

    Attributes:
        title: What stands over it.
        source: The attribute, or what makes a value of the thing.
        whole: Whether it may not be broken over lines.
        spare: Whether a table leaves it out where it would be too wide.
        least: The width that a column keeps that may be broken, if it has as much to say.
    """

    title: str
    source: str | Callable[..., object]
    whole: bool = False
    spare: bool = False
    least: int = 10

    def of(self, thing: object) -> object:
        """Return the value for one thing."""
        if callable(self.source):
            return self.source(thing)
        return getattr(thing, self.source)


class Section(NamedTuple):
    """A list within a single thing.

    Attributes:
        title: What stands over it.
        things: Its rows.
        columns: Its columns.
    """

    title: str
    things: Sequence[object]
    columns: Sequence[Column]


def printable(value: object) -> str:
    """Return a value as text of one line that does nothing to a terminal."""
    from datetime import UTC, datetime

    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, datetime):
        try:
            return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        except OverflowError:  # at the ends of time
            return value.isoformat()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(printable(one) for one in value)
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in str(value))
