"""Lists that a notebook shows as a table."""

from __future__ import annotations

import html
from typing import TypeVar

__all__ = ["TableList"]

T = TypeVar("T")

_MOST_ROWS = 100


class TableList(list[T]):
    """A list like any other, which notebooks show as a table of its first rows."""

    def _repr_html_(self) -> str:
        """Return the table, its texts escaped."""
        rows = [item for item in self[:_MOST_ROWS] if _columns(item)]
        if not rows:
            return f"<pre>{html.escape(repr(list(self)))}</pre>"
        names = _columns(rows[0])
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        body = "".join(f"<tr>{''.join(_cell(row, name) for name in names)}</tr>" for row in rows)
        more = len(self) - len(rows)
        foot = f"<caption>and {more} more</caption>" if more else ""
        return f"<table>{foot}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _columns(row: object) -> tuple[str, ...]:
    """Return the fields that the repr of a model shows, none for what is no model."""
    return getattr(row, "_repr_fields", ())


def _cell(row: object, name: str) -> str:
    value = getattr(row, name)
    return f"<td>{'' if value is None else html.escape(str(value))}</td>"
