"""The options of the output, which are checked before a request is sent."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from importlib import import_module
from typing import NamedTuple, Protocol, TypeVar

import click

from lavaclient.cli.options.settings import Settings
from lavaclient.cli.output.columns import Column, View, printable

__all__ = ["KINDS", "Layout", "extra"]

T = TypeVar("T")

KINDS = ("table", "text", "csv", "json", "yaml")
_OF_A_QUERY = ("json", "yaml", "text")


class _Query(Protocol):
    def search(self, value: object) -> object: ...


class _Extra(Protocol):
    def compile(self, expression: str) -> _Query: ...
    def safe_dump(self, value: object, **options: object) -> str: ...


class _Order(NamedTuple):
    column: Column
    downwards: bool

    def key(self, model: object) -> tuple[bool, float, str]:
        value = self.column.of(model)
        number = value if isinstance(value, int | float) else 0
        return value is None, number, printable(value).casefold()


class Layout(NamedTuple):
    """How to print the objects of a view.

    Attributes:
        view: The columns of such objects.
        kind: One of `KINDS`, or ``quiet``.
        columns: The columns that were chosen, None for the default.
        orders: The columns to sort by.
        patterns: The filters: columns, and patterns that their texts must match.
        query: The part of the JSON to show, None for all.
        delimiter: The delimiter of fields of text.
        header: Whether a header was asked for (True), or none (False).
    """

    view: View
    kind: str
    columns: Sequence[Column] | None
    orders: Sequence[_Order]
    patterns: Sequence[tuple[Column, str]]
    query: _Query | None
    delimiter: str
    header: bool | None

    @classmethod
    def of(cls, settings: Settings, view: View) -> Layout:
        """Read the options.

        Raises:
            UsageError: An option is invalid.
            ClickException: One of them needs a library that is not installed.
        """
        query, names = settings.text("query"), settings.text("columns")
        sort = settings.text("sort")
        layout = cls(
            view=view,
            kind=_kind(settings, has_query=query is not None),
            columns=None if names is None else [view.column(name) for name in names.split(",")],
            orders=[
                _Order(view.column(name.strip().removeprefix("-")), name.strip().startswith("-"))
                for name in (sort.split(",") if sort else ())
            ],
            patterns=[_pattern(view, text) for text in settings.texts("filter")],
            query=None if query is None else _compiled(query),
            delimiter=(settings.text("delimiter") or ",").replace("\\t", "\t"),
            header=settings.choice("header"),
        )
        if layout.kind == "csv" and len(layout.delimiter) != 1:
            raise click.UsageError("--delimiter must be one character with --output csv")
        if layout.kind == "yaml":
            extra("yaml", "--output yaml needs PyYAML")
        return layout

    def chosen(self, models: Sequence[T]) -> list[T]:
        """Return the objects that match the filters, sorted."""
        kept = [
            model
            for model in models
            if all(
                fnmatchcase(printable(column.of(model)).lower(), pattern)
                for column, pattern in self.patterns
            )
        ]
        for order in reversed(self.orders):
            kept.sort(key=order.key, reverse=order.downwards)
        return kept

    @property
    def fields(self) -> Sequence[Column]:
        """The columns of text and CSV."""
        if self.columns is not None:
            return self.columns
        if self.kind == "csv":
            return self.view.columns
        return [self.view.column(name) for name in self.view.text]


def extra(module: str, need: str) -> _Extra:
    """Import a library of the extra ``cli``.

    Args:
        module: Its name.
        need: The beginning of the error: what needs it.

    Raises:
        ClickException: It is not installed.
    """
    try:
        library: _Extra = import_module(module)
    except ImportError as error:
        text = f"{need}: pip install 'lavaclient[cli]' ({error.name} is missing)"
        raise click.ClickException(text) from error
    return library


def _kind(settings: Settings, *, has_query: bool) -> str:
    if settings.choice("quiet"):
        return "quiet"
    kind = settings.text("output")
    wants_table = settings.choice("format")
    if kind is None and wants_table is not None:
        kind = "table" if wants_table else "text"
    if has_query:
        if kind is not None and kind.lower() not in _OF_A_QUERY:
            raise click.UsageError(f"--query goes with --output {' or '.join(_OF_A_QUERY)}")
        return (kind or "json").lower()
    default = "table" if sys.stdout.isatty() else "text"
    kind = kind or settings.account.configured("output") or default
    if kind.lower() not in KINDS:
        raise click.UsageError(f"output must be one of {', '.join(KINDS)}, not {kind!r}")
    return kind.lower()


def _pattern(view: View, text: str) -> tuple[Column, str]:
    name, sign, pattern = text.partition("=")
    if not sign:
        raise click.UsageError(f"--filter {text!r} is not like name=log*")
    return view.column(name), pattern.lower()


def _compiled(query: str) -> _Query:
    jmespath = extra("jmespath", "--query needs jmespath")
    compile_query: Callable[[str], _Query] = jmespath.compile
    try:
        return compile_query(query)
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise click.UsageError(f"--query {query!r} cannot be read: {reason}") from error
