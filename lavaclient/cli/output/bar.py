"""A progress bar for waits, drawn with rich."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    Progress,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from lavaclient.cli.output.tables import console

__all__ = ["bar"]

_COMPLETE = 100.0


class _Elapsed(TimeElapsedColumn):
    def render(self, task: Task) -> Text:
        """Return the time without rich's colour."""
        return Text(super().render(task).plain)


@contextmanager
def bar(description: str, percent: float) -> Iterator[Callable[[str, float, str], None]]:
    """Show a progress bar on stderr.

    Args:
        description: The text beside it.
        percent: The progress at first.

    Yields:
        A function that takes a text, a percentage, and an estimate of what is left.
    """
    progress = Progress(
        TextColumn("{task.description}", markup=False),
        # Readable on light and dark backgrounds, unlike rich's own yellow and grey.
        BarColumn(bar_width=20, style="dim", complete_style="green", finished_style="green"),
        TextColumn("{task.percentage:>3.0f}%"),
        _Elapsed(),
        TextColumn("{task.fields[estimate]}", markup=False, style="dim"),
        console=console(stderr=True),
    )
    task = progress.add_task(description, total=_COMPLETE, completed=int(percent), estimate="")
    with progress:

        def move(description: str, percent: float, estimate: str) -> None:
            progress.update(task, description=description, completed=percent, estimate=estimate)

        yield move
