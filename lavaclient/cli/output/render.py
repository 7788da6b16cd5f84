"""Prints objects as a table, delimited text, CSV, JSON, YAML, or ids only."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

from lavaclient.cli.options.settings import Settings
from lavaclient.cli.output.columns import Column, Model, Section, View, plain_text, printable
from lavaclient.cli.output.layout import Layout, extra

__all__ = ["show_list", "show_one", "show_parts"]


def show_list(settings: Settings, models: Sequence[Model], view: View) -> None:
    """Print a list of objects.

    Args:
        settings: The run's settings.
        models: The objects.
        view: What is shown of each.
    """
    layout = Layout.of(settings, view)
    chosen = layout.chosen(models)
    if layout.kind in {"json", "yaml"} or layout.query:
        _print_data(layout, [_data(layout, model) for model in chosen])
    else:
        _print_rows(layout, chosen, matched=len(chosen) != len(models))


def show_parts(settings: Settings, model: Model, parts: Sequence[object], view: View) -> None:
    """Print an object: as rows in tables and text, as one object in JSON.

    Args:
        settings: The run's settings.
        model: The object.
        parts: The rows.
        view: What is shown of each row.
    """
    layout = Layout.of(settings, view)
    chosen = layout.chosen(parts)
    if layout.kind in {"json", "yaml"} or layout.query:
        rows = layout.columns is not None or layout.patterns or layout.orders
        columns = layout.columns or view.columns
        data: object = [_fields(columns, part) for part in chosen] if rows else model.to_dict()
        _print_data(layout, data)
    else:
        _print_rows(layout, chosen, matched=len(chosen) != len(parts))


def show_one(
    settings: Settings, model: Model, view: View, sections: Sequence[Section] = ()
) -> None:
    """Print one object.

    Args:
        settings: The run's settings.
        model: The object.
        view: What is shown of it: line by line in a table, as one row in text.
        sections: Lists within it, which a table shows below.
    """
    layout = Layout.of(settings, view)
    if layout.kind in {"json", "yaml"} or layout.query:
        _print_data(layout, _data(layout, model))
    elif layout.kind == "table":
        shown = sections if layout.columns is None else ()
        # Importing rich takes 40 ms, which output into a pipe does not need.
        from lavaclient.cli.output import tables

        columns = layout.columns or view.columns
        tables.show_one(model, columns, shown, header=layout.header is not False)
    else:
        _print_rows(layout, [model], matched=False)


def _data(layout: Layout, model: Model) -> object:
    return model.to_dict() if layout.columns is None else _fields(layout.columns, model)


def _fields(columns: Sequence[Column], model: object) -> dict[str, object]:
    return {column.key: column.of(model) for column in columns}


def _print_rows(layout: Layout, models: Sequence[object], *, matched: bool) -> None:
    """Print objects, one a line.

    Args:
        layout: The layout.
        models: The objects.
        matched: Whether a filter left out others.
    """
    if layout.kind == "quiet":
        _print_lines(printable(getattr(model, layout.view.key)) for model in models)
    elif layout.kind == "csv":
        _print_csv(layout, models)
    elif layout.kind == "text":
        _print_text(layout, models)
    else:
        # Importing rich takes 40 ms, which output into a pipe does not need.
        from lavaclient.cli.output import tables

        if models:
            tables.show_list(
                models,
                layout.columns or layout.view.columns,
                header=layout.header is not False,
                fixed=layout.columns is not None,
            )
        else:
            tables.show_nothing(f"No {layout.view.noun}{' match' if matched else ''}.")


def _print_csv(layout: Layout, models: Sequence[object]) -> None:
    writer = csv.writer(sys.stdout, delimiter=layout.delimiter, lineterminator="\n")
    if layout.header is not False:
        writer.writerow(column.name for column in layout.fields)
    for model in models:
        writer.writerow(_csv_field(column.of(model)) for column in layout.fields)


def _csv_field(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(plain_text, value))
    return plain_text(value)


def _print_text(layout: Layout, models: Sequence[object]) -> None:
    """Print text for scripts, as 0.3.x did: the header on stderr unless it is asked for."""
    if layout.header is not False:
        header = layout.delimiter.join(column.name for column in layout.fields)
        print(header, file=sys.stdout if layout.header else sys.stderr, flush=True)
    _print_lines(
        layout.delimiter.join(
            plain_text(column.of(model)).replace(",", " ").replace(layout.delimiter, " ")
            for column in layout.fields
        )
        for model in models
    )


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _print_data(layout: Layout, data: object) -> None:
    encoded = json.dumps(data, default=_plain)
    if layout.query is not None:
        encoded = json.dumps(layout.query.search(json.loads(encoded)))
    plain = json.loads(encoded)
    speaks_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    if layout.kind == "text":
        _print_lines(_text_lines(plain, layout.delimiter))
    elif layout.kind == "yaml":
        yaml = extra("yaml", "--output yaml needs PyYAML")
        text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=speaks_unicode)
        sys.stdout.write(text.removesuffix("...\n"))
    else:
        print(json.dumps(plain, indent=2, ensure_ascii=not speaks_unicode))


def _text_lines(value: object, delimiter: str) -> Iterable[str]:
    """Yield the lines of a query's result: one for each item, with its fields if it has any."""
    for item in value if isinstance(value, list) else [value]:
        fields = list(item.values()) if isinstance(item, dict) else item
        if isinstance(fields, list):
            yield delimiter.join(plain_text(field).replace(delimiter, " ") for field in fields)
        else:
            yield plain_text(fields)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
