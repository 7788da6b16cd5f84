"""Tables, drawn with rich."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lavaclient.cli.output.columns import Column, Section, printable

__all__ = ["show_list", "show_one"]

_COLOURS = {"ACTIVE": "green", "SUCCEEDED": "green", "ERROR": "red", "FAILED": "red"}
_GAP = 2


def show_list(things: Sequence[object], columns: Sequence[Column], *, header: bool) -> None:
    """Print a table with one row for each thing; where none fits, a block of lines for each."""
    console = _console()
    if not things:
        console.print("None.", style="dim")
        return
    needed = [column for column in columns if not column.spare]
    for chosen, broken in ((columns, False), (needed, False), (needed, True)):
        if widths := _widths(things, chosen, console.width, broken=broken):
            console.print(_table(things, chosen, widths, header=header))
            return
    for number, thing in enumerate(things):
        if number:
            console.print()
        console.print(_lines(thing, columns))


def show_one(
    thing: object, columns: Sequence[Column], sections: Sequence[Section], *, header: bool
) -> None:
    """Print a thing line by line, and then the lists within it."""
    console = _console()
    console.print(_lines(thing, columns))
    for section in sections:
        if section.things:
            console.print(Text(f"\n{section.title}", style="bold"))
            show_list(section.things, section.columns, header=header)


def _lines(thing: object, columns: Sequence[Column]) -> Table:
    lines = Table(box=None, show_header=False, pad_edge=False, padding=(0, _GAP, 0, 0))
    lines.add_column(no_wrap=True, style="bold")
    lines.add_column(overflow="fold")
    for column in columns:
        if cell := _cell(thing, column):
            lines.add_row(column.title, cell)
    return lines


def _table(
    things: Sequence[object], columns: Sequence[Column], widths: Sequence[int], *, header: bool
) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, _GAP - 1, 0, 0),
        show_edge=False,
        show_header=header,
        header_style="bold",
    )
    for column, width in zip(columns, widths, strict=True):
        numbers = all(isinstance(column.of(thing), int | float | None) for thing in things)
        table.add_column(
            column.title,
            justify="right" if numbers else "left",
            no_wrap=column.whole,
            width=width,
            overflow="fold",
        )
    for thing in things:
        table.add_row(*(_cell(thing, column) for column in columns))
    return table


def _widths(
    things: Sequence[object], columns: Sequence[Column], total: int, *, broken: bool
) -> list[int] | None:
    """Share out a width among columns, or return None where it is too little.

    Args:
        things: The rows.
        columns: The columns.
        total: The width.
        broken: Whether words may be broken over lines.
    """
    texts = [[column.title, *(_shown(one, column) for one in things)] for column in columns]
    wanted = [max(map(cell_len, column)) for column in texts]
    least = [
        width if column.whole else _least(column, lines, broken=broken)
        for column, lines, width in zip(columns, texts, wanted, strict=True)
    ]
    left = total - sum(least) - _GAP * (len(columns) - 1)
    if left < 0:
        return None
    short = [most - width for most, width in zip(wanted, least, strict=True)]
    share = min(left / (sum(short) or 1), 1.0)
    return [width + int(more * share) for width, more in zip(least, short, strict=True)]


def _least(column: Column, texts: Sequence[str], *, broken: bool) -> int:
    longest = max(cell_len(word) for text in texts for word in text.split() or [""])
    return min(longest, column.least) if broken else longest


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
