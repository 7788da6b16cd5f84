"""HTML tables of models and lists for notebooks, with every text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lavaclient._system.escaping import escape_html

__all__ = ["columns_of", "fields_table", "items_table", "rows_table"]

_MOST_ROWS = 100
_HIDDEN = frozenset({"links"})  # URLs for programs


def fields_table(model: object) -> str:
    """Return the fields of a model as a table of two columns."""
    names = [name for name in getattr(model, "__struct_fields__", ()) if name[0] != "_"]
    units: Mapping[str, str] = getattr(model, "_units", {})
    rows = [
        (_heading(name, units), getattr(model, name))
        for name in dict.fromkeys([*names, *columns_of(model)])
        if name not in _HIDDEN
    ]
    body = "".join(f"<tr><th>{escape_html(name)}</th>{_cell(value)}</tr>" for name, value in rows)
    return f"<table><tbody>{body}</tbody></table>"


def items_table(items: Sequence[object]) -> str | None:
    """Return models or dicts as a table with a row for each; None if they have no columns.

    Of a long list the first rows are shown, and the number of the others.
    """
    shown = [item for item in items[:_MOST_ROWS] if columns_of(item)]
    if not shown:
        return None
    names = dict.fromkeys(name for item in shown[:1] for name in columns_of(item))
    if isinstance(shown[0], Mapping):
        names = dict.fromkeys(name for item in shown for name in columns_of(item))
    units: Mapping[str, str] = getattr(shown[0], "_units", {})
    headings = [_heading(name, units) for name in names]
    rows = ([_value(item, name) for name in names] for item in shown)
    return rows_table(headings, rows, more=len(items) - len(shown))


def rows_table(headings: Iterable[str], rows: Iterable[Iterable[object]], *, more: int = 0) -> str:
    """Return a table of these rows.

    Args:
        headings: The titles of the columns.
        rows: The values, row by row.
        more: How many rows are not shown.
    """
    head = "".join(f"<th>{escape_html(name)}</th>" for name in headings)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    foot = f"<caption>and {more} more</caption>" if more else ""
    return f"<table>{foot}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def columns_of(item: object) -> tuple[str, ...]:
    """Return the fields that the repr of a model shows, or the keys of a dict."""
    if isinstance(item, Mapping):
        return tuple(map(str, item))
    return getattr(item, "_repr_fields", ())


def _heading(name: str, units: Mapping[str, str]) -> str:
    return f"{name} ({units[name]})" if name in units else name


def _value(item: object, name: str) -> object:
    return item.get(name) if isinstance(item, Mapping) else getattr(item, name)


def _cell(value: object) -> str:
    return f"<td>{_text(value)}</td>"


def _text(value: object) -> str:
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, list):
        return items_table(value) or escape_html(", ".join(map(str, value)))
    table = getattr(value, "_repr_html_", None)
    return str(table()) if table else escape_html(str(value))
