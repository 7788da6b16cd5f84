"""Tables, drawn with rich."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lavaclient.cli.cells import Column, Section, printable

__all__ = ["show_list", "show_one"]

_COLOURS = {"ACTIVE": "green", "SUCCEEDED": "green", "ERROR": "red", "FAILED": "red"}
_NARROW = 10  # a column that may wrap gets at least this, if it has as much to say
_GAP = 2


def show_list(things: Sequence[object], columns: Sequence[Column]) -> None:
    """Print a table with one row for each thing; where none fits, a block of lines for each."""
    console = _console()
    if not things:
        console.print("None.", style="dim")
        return
    for chosen in (columns, [column for column in columns if not column.spare]):
        if _least_width(things, chosen) <= console.width:
            console.print(_table(things, chosen))
            return
    for number, thing in enumerate(things):
        if number:
            console.print()
        console.print(_lines(thing, columns))


def show_one(thing: object, columns: Sequence[Column], sections: Sequence[Section]) -> None:
    """Print a thing line by line, and then the lists within it."""
    console = _console()
    console.print(_lines(thing, columns))
    for section in sections:
        if section.things:
            console.print(Text(f"\n{section.title}", style="bold"))
            show_list(section.things, section.columns)


def _lines(thing: object, columns: Sequence[Column]) -> Table:
    lines = Table(box=None, show_header=False, pad_edge=False, padding=(0, _GAP, 0, 0))
    lines.add_column(no_wrap=True, style="bold")
    lines.add_column(overflow="fold")
    for column in columns:
        if cell := _cell(thing, column):
            lines.add_row(column.title, cell)
    return lines


def _table(things: Sequence[object], columns: Sequence[Column]) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, _GAP - 1, 0, 0),
        show_edge=False,
        header_style="bold",
    )
    for column in columns:
        numbers = all(isinstance(column.of(thing), int | float | None) for thing in things)
        table.add_column(
            column.title,
            justify="right" if numbers else "left",
            no_wrap=column.whole,
            min_width=_least(things, column),
            overflow="fold",
        )
    for thing in things:
        table.add_row(*(_cell(thing, column) for column in columns))
    return table


def _least_width(things: Sequence[object], columns: Sequence[Column]) -> int:
    return sum(_least(things, column) + _GAP for column in columns) - _GAP


def _least(things: Sequence[object], column: Column) -> int:
    texts = [column.title, *(_shown(thing, column) for thing in things)]
    if column.whole:
        return max(map(cell_len, texts))
    words = max(cell_len(word) for text in texts for word in text.split() or [""])
    return min(words, _NARROW)


def _shown(thing: object, column: Column) -> str:
    value = column.of(thing)
    text = printable(value)
    return text.replace("T", " ") if isinstance(value, datetime) else text


def _cell(thing: object, column: Column) -> Text:
    text = _shown(thing, column)
    is_state = column.title == "Status" and text
    return Text(text, style=_COLOURS.get(text, "yellow") if is_state else "")


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the program, where rich would end it with status 1."""
        raise BrokenPipeError


def _console() -> Console:
    return _Console(highlight=False, markup=False, emoji=False)
