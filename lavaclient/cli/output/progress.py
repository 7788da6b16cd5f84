"""How far a cluster is: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lavaclient.cli.output.render import printable

if TYPE_CHECKING:
    from rich.progress import Progress

    from lavaclient.api.clusters import ClusterDetail

__all__ = ["progress"]

_COMPLETE = 100.0


@contextmanager
def progress(cluster: ClusterDetail, *, quiet: bool) -> Iterator[Callable[[ClusterDetail], None]]:
    """Give what shows a cluster as each look finds it, on stderr.

    Args:
        cluster: The cluster as it was seen last.
        quiet: Show nothing.
    """
    if quiet:
        yield lambda _cluster: None
    elif sys.stderr.isatty():
        with _bar() as bar:
            task = bar.add_task(_words(cluster), total=_COMPLETE, completed=int(_percent(cluster)))

            def move(cluster: ClusterDetail) -> None:
                bar.update(task, description=_words(cluster), completed=int(_percent(cluster)))

            yield move
    else:
        yield _lines()


def _lines() -> Callable[[ClusterDetail], None]:
    started = time.monotonic()
    said: list[str] = []

    def tell(cluster: ClusterDetail) -> None:
        words = f"{_words(cluster)} {_percent(cluster):.0f}%"
        if [words] != said:
            said[:] = [words]
            minutes, seconds = divmod(int(time.monotonic() - started), 60)
            print(f"{words} after {minutes}:{seconds:02}", file=sys.stderr, flush=True)

    return tell


def _words(cluster: ClusterDetail) -> str:
    return f"{printable(cluster.name)}: {printable(cluster.status)}"


def _percent(cluster: ClusterDetail) -> float:
    if cluster.status == "ACTIVE":
        return _COMPLETE
    return min(max(cluster.progress or 0.0, 0.0), _COMPLETE)


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True, highlight=False, markup=False),
    )
