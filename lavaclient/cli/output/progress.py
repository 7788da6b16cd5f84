"""Shows the progress of a cluster: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lavaclient.cli.output.columns import printable

# Help and completion wait for nothing, and need no client.
if TYPE_CHECKING:
    from lavaclient.api.clusters import ClusterDetail

__all__ = ["Estimate", "progress"]

_COMPLETE = 100.0


class Estimate:
    """Estimates from the progress so far how much time is left.

    Attributes:
        percent: The progress at the last poll.
    """

    def __init__(self, percent: float, now: float) -> None:
        self.percent: float = percent
        self._first = (percent, now)

    def remaining(self, percent: float, now: float) -> float | None:
        """Return the seconds that are left, None if they cannot be estimated."""
        self.percent = percent
        first_percent, started = self._first
        if percent < first_percent:  # another stage has begun
            self._first = (percent, now)
        if percent <= first_percent or percent >= _COMPLETE:
            return None
        return (now - started) * (_COMPLETE - percent) / (percent - first_percent)


@contextmanager
def progress(
    cluster: ClusterDetail, status: str | None, *, until: str, quiet: bool
) -> Iterator[Callable[[ClusterDetail], None]]:
    """Return a function that shows the cluster of each poll on stderr.

    Args:
        cluster: The cluster before the wait.
        status: Its status now, if it differs.
        until: The status that is waited for.
        quiet: Show nothing.
    """
    if quiet:
        yield lambda _cluster: None
    elif not sys.stderr.isatty():
        yield _lines(until)
    else:
        # Importing rich takes 40 ms, which output into a pipe does not need.
        from lavaclient.cli.output.bar import bar

        estimate = Estimate(_percent(cluster, until), time.monotonic())
        description = _description(cluster, status or cluster.status)
        with bar(description, estimate.percent) as move:

            def show(cluster: ClusterDetail) -> None:
                percent = _percent(cluster, until)
                remaining = estimate.remaining(percent, time.monotonic())
                left = "" if remaining is None else f"about {_minutes(remaining)} left"
                move(_description(cluster, cluster.status), percent, left)

            yield show


def _lines(until: str) -> Callable[[ClusterDetail], None]:
    started = time.monotonic()
    last = ""

    def show(cluster: ClusterDetail) -> None:
        nonlocal last
        line = f"{_description(cluster, cluster.status)} {_percent(cluster, until):.0f}%"
        if line != last:
            last = line
            elapsed = _minutes(time.monotonic() - started)
            print(f"{line} after {elapsed}", file=sys.stderr, flush=True)

    return show


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


def _description(cluster: ClusterDetail, status: str) -> str:
    return f"{printable(cluster.name)}: {printable(status)}"


def _percent(cluster: ClusterDetail, until: str) -> float:
    if cluster.status == until:
        return _COMPLETE
    if until != "ACTIVE":  # a deletion has no progress
        return 0.0
    return min(max(cluster.progress or 0.0, 0.0), _COMPLETE)
