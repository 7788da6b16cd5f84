"""Tables, drawn with rich."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lavaclient.cli.output.columns import Column, Section, printable

__all__ = ["console", "show_list", "show_nothing", "show_one"]

# Colours that are readable on light and dark backgrounds.
_COLOURS = {"ACTIVE": "green", "SUCCEEDED": "green", "ERROR": "red", "FAILED": "red"}
_IN_PROGRESS = "magenta"
_GAP = 2
_WIDE = 100_000


def show_nothing(text: str) -> None:
    """Print a note that a list is empty."""
    console().print(text, style="dim", soft_wrap=True)


def show_list(
    models: Sequence[object], columns: Sequence[Column], *, header: bool, fixed: bool = False
) -> None:
    """Print a table with one row for each object; if it does not fit, a block of lines for each.

    Args:
        models: The objects.
        columns: The columns; those that do not fit are left out.
        header: Whether to print a header.
        fixed: Whether no column may be left out.
    """
    screen = console()
    wanted = [column for column in columns if fixed or _is_worth_showing(column, models)]
    chosen = [column for column in wanted if fixed or not column.rank]
    widths = _widths(models, chosen, screen.width)
    if widths is None:
        for number, model in enumerate(models):
            if number:
                screen.print()
            _print_lines(screen, model, wanted)
        return
    for spare in sorted(wanted, key=lambda column: column.rank or 0):
        more = [column for column in wanted if column in chosen or column is spare]
        if wider := _widths(models, more, screen.width):
            chosen, widths = more, wider
    screen.print(_table(models, chosen, widths, header=header))
    if missing := [column.key for column in wanted if column not in chosen]:
        them = "it" if len(missing) == 1 else "them"
        note = f"Too narrow for {', '.join(missing)}: --columns shows {them}."
        console(stderr=True).print(note, style="dim", soft_wrap=True)


def show_one(
    model: object, columns: Sequence[Column], sections: Sequence[Section], *, header: bool
) -> None:
    """Print an object line by line, and then the lists within it."""
    screen = console()
    shown_below = {column for column in columns if column.is_section and sections}
    _print_lines(screen, model, [column for column in columns if column not in shown_below])
    for section in sections:
        if section.models:
            screen.print(Text(f"\n{section.title}", style="bold"))
            show_list(section.models, section.columns, header=header)


def console(*, stderr: bool = False) -> Console:
    """Return a console for stdout or stderr; one that is not a terminal has no width limit."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else _WIDE
    return _Console(
        stderr=stderr, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False
    )


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Raise the error: rich would end the program with status 1."""
        raise BrokenPipeError


def _is_worth_showing(column: Column, models: Sequence[object]) -> bool:
    """Tell whether tables show a column; one that would be empty is left out."""
    if not column.rank:
        return column.rank is not None
    return any(printable(column.of(model)) for model in models)


def _print_lines(screen: Console, model: object, columns: Sequence[Column]) -> None:
    """Print a line for each column; a word that is too long is not broken."""
    margin = max(cell_len(column.title) for column in columns) + _GAP
    for column in columns:
        cell = _cell(model, column)
        if not cell:
            continue
        room = max(screen.width - margin, *map(cell_len, cell.plain.split()))
        first, *others = cell.wrap(screen, room)
        title = (column.title.ljust(margin), "bold")
        screen.print(Text.assemble(title, first), soft_wrap=True)
        for line in others:
            screen.print(Text(" " * margin) + line, soft_wrap=True)


def _table(
    models: Sequence[object], columns: Sequence[Column], widths: Sequence[int], *, header: bool
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
        numbers = all(isinstance(column.of(model), int | float | None) for model in models)
        table.add_column(
            column.title, justify="right" if numbers else "left", no_wrap=column.whole, width=width
        )
    for model in models:
        table.add_row(*(_cell(model, column) for column in columns))
    return table


def _widths(models: Sequence[object], columns: Sequence[Column], total: int) -> list[int] | None:
    """Divide a width among columns; return None if words would have to be broken."""
    texts = [
        [column.title, *(printable(column.of(model)) for model in models)] for column in columns
    ]
    wanted = [max(map(cell_len, lines)) for lines in texts]
    least = [
        width if column.whole else _longest_word(lines, width)
        for column, lines, width in zip(columns, texts, wanted, strict=True)
    ]
    remaining = total - sum(least) - _GAP * (len(columns) - 1)
    if remaining < 0:
        return None
    short = [most - width for most, width in zip(wanted, least, strict=True)]
    share = min(remaining / (sum(short) or 1), 1.0)
    return [width + int(more * share) for width, more in zip(least, short, strict=True)]


def _longest_word(texts: Sequence[str], width: int) -> int:
    """Return the minimum width of a column: its longest word, or a few words for readability."""
    longest = max(cell_len(word) for text in texts for word in text.split() or [""])
    return max(longest, min(width, 20))


def _cell(model: object, column: Column) -> Text:
    text = printable(column.of(model))
    is_state = column.title == "Status" and text
    return Text(text, style=_COLOURS.get(text, _IN_PROGRESS) if is_state else "")
