"""What the service has, as a table, delimited text, CSV, JSON, or ids alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click

from lavaclient.cli.options.settings import Settings
from lavaclient.cli.output.columns import Column, Section, Thing, printable

__all__ = ["Column", "Section", "Thing", "printable", "show_list", "show_one", "show_parts"]


def show_list(
    settings: Settings,
    things: Sequence[Thing],
    columns: Sequence[Column],
    *,
    key: str = "id",
) -> None:
    """Print a list of things.

    Args:
        settings: Say how.
        things: The rows.
        columns: The columns.
        key: The attribute that ``--quiet`` prints.
    """
    if _kind(settings) == "json":
        _print_json([thing.to_dict() for thing in things])
    else:
        _show_rows(settings, things, columns, key)


def show_parts(
    settings: Settings,
    thing: Thing,
    parts: Sequence[object],
    columns: Sequence[Column],
    *,
    key: str,
) -> None:
    """Print a thing that is a list to people, and one object as JSON.

    Args:
        settings: Say how.
        thing: The thing.
        parts: The rows.
        columns: The columns.
        key: The attribute of a row that ``--quiet`` prints.
    """
    if _kind(settings) == "json":
        _print_json(thing.to_dict())
    else:
        _show_rows(settings, parts, columns, key)


def show_one(
    settings: Settings,
    thing: Thing,
    columns: Sequence[Column],
    sections: Sequence[Section] = (),
    *,
    key: str = "id",
) -> None:
    """Print one thing.

    Args:
        settings: Say how.
        thing: The thing.
        columns: What a table shows line by line, and text as one row.
        sections: Lists within it that a table shows below.
        key: The attribute that ``--quiet`` prints.
    """
    if _kind(settings) == "table":
        from lavaclient.cli.output import tables

        tables.show_one(thing, columns, sections, header=_header(settings))
    else:
        show_parts(settings, thing, [thing], columns, key=key)


def _show_rows(
    settings: Settings, things: Sequence[object], columns: Sequence[Column], key: str
) -> None:
    kind = _kind(settings)
    if kind == "quiet":
        _print_lines(printable(getattr(thing, key)) for thing in things)
    elif kind == "table":
        from lavaclient.cli.output import tables

        tables.show_list(things, columns, header=_header(settings))
    else:
        _print_delimited(settings, kind, things, columns)


def _kind(settings: Settings) -> str:
    if settings.choice("quiet"):
        return "quiet"
    if chosen := settings.text("output"):
        return chosen
    wants_table = settings.choice("format")
    if wants_table is None:
        wants_table = sys.stdout.isatty()
    return "table" if wants_table else "text"


def _header(settings: Settings) -> bool:
    return settings.choice("header") is not False


def _print_delimited(
    settings: Settings, kind: str, things: Sequence[object], columns: Sequence[Column]
) -> None:
    delimiter = (settings.text("delimiter") or ",").replace("\\t", "\t")
    if kind == "csv" and len(delimiter) != 1:
        raise click.UsageError("--delimiter must be one character with --output csv")
    if _header(settings):
        header = delimiter.join(column.title for column in columns)
        print(header, file=sys.stdout if kind == "csv" else sys.stderr, flush=True)
    _print_lines(_line(thing, columns, delimiter) for thing in things)


def _line(thing: object, columns: Sequence[Column], delimiter: str) -> str:
    return delimiter.join(_field(printable(column.of(thing)), delimiter) for column in columns)


def _field(text: str, delimiter: str) -> str:
    """Quote a field as CSV does, where it would be taken for two."""
    if delimiter in text or '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def _print_lines(lines: Iterator[str]) -> None:
    for line in lines:
        print(line)


def _print_json(value: object) -> None:
    import json

    print(json.dumps(value, indent=2, default=_plain, ensure_ascii=not _speaks_unicode()))


def _plain(value: object) -> str:
    from datetime import datetime

    return value.isoformat() if isinstance(value, datetime) else str(value)


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().startswith("utf")
