"""Lists that a notebook shows as a table."""

from __future__ import annotations

import html
from typing import SupportsIndex, TypeVar, overload

from lavaclient.api._html import items_table

__all__ = ["TableList"]

T = TypeVar("T")


class TableList(list[T]):
    """A list like any other, which notebooks show as a table of its first rows."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> T: ...
    @overload
    def __getitem__(self, index: slice, /) -> TableList[T]: ...
    def __getitem__(self, index: SupportsIndex | slice, /) -> T | TableList[T]:
        """Return an item, or a part that is shown as a table too."""
        if isinstance(index, slice):
            return TableList(super().__getitem__(index))
        return super().__getitem__(index)

    def _repr_html_(self) -> str:
        """Return the table, its texts escaped."""
        return items_table(self) or f"<pre>{html.escape(repr(list(self)))}</pre>"
