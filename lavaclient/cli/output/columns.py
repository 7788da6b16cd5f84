"""The columns of objects, for every kind of output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

import click

__all__ = ["Column", "Model", "Section", "View", "plain_text", "printable"]


class Model(Protocol):
    """A model of the SDK."""

    def to_dict(self) -> dict[str, object]:
        """Return all of it as plain values."""


class Column(NamedTuple):
    """A column of a list, or a line of a single object.

    Attributes:
        name: Its name in headers of text, as in 0.3.x.
        title: Its title in tables.
        source: The attribute, or a function that computes the value from the object.
        rank: How soon a table that is too wide leaves it out: 0 never, 9 first. A column
            without a rank is shown only in the table of one object.
        whole: Whether its text stays on one line.
        is_section: Whether the table of one object shows it as a section below.
    """

    name: str
    title: str
    source: str | Callable[..., object]
    rank: int | None = 0
    whole: bool = False
    is_section: bool = False

    @property
    def key(self) -> str:
        """Its name in ``--columns`` and in JSON: without the unit."""
        return self.name.partition("_(")[0]

    def of(self, model: object) -> object:
        """Return the value for one object."""
        if callable(self.source):
            return self.source(model)
        return getattr(model, self.source)


class View(NamedTuple):
    """How objects of one kind are shown.

    Attributes:
        noun: Their noun in the plural.
        columns: All columns, in the order of tables.
        text: Names of the columns of delimited text: those of 0.3.x, in its order.
        key: The attribute that ``--quiet`` prints.
    """

    noun: str
    columns: Sequence[Column]
    text: Sequence[str]
    key: str = "id"

    def column(self, name: str) -> Column:
        """Return a column by its name, in text or in the SDK.

        Raises:
            UsageError: There is no such column.
        """
        word = name.strip().lower().replace("-", "_")
        for column in self.columns:
            if word in {column.name, column.key, column.source}:
                return column
        names = ", ".join(column.key for column in self.columns)
        raise click.UsageError(f"{self.noun} have no column {name!r}; there are {names}")


class Section(NamedTuple):
    """A list within a single object.

    Attributes:
        title: Its title.
        models: Its rows.
        columns: Its columns.
    """

    title: str
    models: Sequence[object]
    columns: Sequence[Column]


def printable(value: object) -> str:
    """Return a value for display, as one line without control characters."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, datetime):
        try:
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
        except OverflowError:  # near the minimum or maximum of datetime
            return str(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(printable, value))
    return _escaped(str(value))


def plain_text(value: object) -> str:
    """Return a value as text for programs, as in 0.3.x."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(map(plain_text, value))
    return "" if value is None else _escaped(str(value))


def _escaped(text: str) -> str:
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )
