"""``--wait``, ``--timeout`` and ``--interval``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import click

from lavaclient.cli.options.abbreviations import AddedOption
from lavaclient.cli.options.settings import Settings
from lavaclient.cli.output.columns import printable
from lavaclient.cli.output.progress import progress
from lavaclient.error import InvalidError, NotFoundError

# Help and completion wait for nothing, and need no client.
if TYPE_CHECKING:
    from lavaclient.api.clusters import ClusterDetail

__all__ = ["Waiting", "pace_options", "wait_options"]

ACTIVE, DELETED = "ACTIVE", "DELETED"


class Waiting(NamedTuple):
    """Whether to wait for a cluster, and how.

    Attributes:
        wanted: Whether to wait.
        timeout: Minutes to wait, None for no end.
        interval: Seconds between two looks, None for the usual.
    """

    wanted: bool = True
    timeout: float | None = None
    interval: float | None = None

    def finish(
        self,
        settings: Settings,
        cluster: ClusterDetail,
        until: str = ACTIVE,
        *,
        status: str | None = None,
    ) -> ClusterDetail:
        """Wait, if that is wanted, and show how it goes.

        Args:
            settings: The run's settings.
            cluster: The cluster as it was last.
            until: The status to wait for.
            status: The status by now, where it is not that of ``cluster``.

        Returns:
            The cluster as it is then.
        """
        if not self.wanted:
            return cluster
        timeout = self._setting(settings, "timeout", self.timeout)
        interval = self._setting(settings, "interval", self.interval)
        try:
            with progress(cluster, status, until=until, quiet=settings.quiet) as show:
                return settings.lava.clusters.wait(
                    cluster.id, timeout, interval, until=until, on_progress=show
                )
        except NotFoundError:
            if until == DELETED:  # between the last look and this wait
                return cluster
            raise
        except KeyboardInterrupt:
            option = f" --until {until}" if until != ACTIVE else ""
            name = printable(cluster.name)
            click.echo(
                f"The work on cluster {name} goes on; this waits for it again: "
                f"lava clusters wait {cluster.id}{option}",
                err=True,
            )
            raise

    def _setting(self, settings: Settings, name: str, value: float | None) -> float | None:
        """Return an option, or what the profile says."""
        if value is not None:
            return value
        configured = settings.account.configured(f"wait_{name}")
        try:
            return None if configured is None else float(configured)
        except ValueError:
            profile = settings.account.profile()
            origin = profile.origin(f"wait_{name}") if profile else name
            raise InvalidError(f"{origin} must be a number") from None


def pace_options(
    command: Callable[..., object], *, kind: type[click.Option] = click.Option
) -> Callable[..., object]:
    """Give a command the options that say how long and how often, as a `Waiting`."""

    @click.option(
        "--timeout",
        type=float,
        cls=kind,
        metavar="MINUTES",
        help="Give up after these.  [default: never]",
    )
    @click.option(
        "--interval",
        type=float,
        cls=kind,
        metavar="SECONDS",
        help="Between two looks.  [default: 2, growing to 30]",
    )
    @functools.wraps(command)
    def with_pace(
        *args: object,
        timeout: float | None,
        interval: float | None,
        wait: bool = True,
        **kwargs: object,
    ) -> object:
        return command(*args, waiting=Waiting(wait, timeout, interval), **kwargs)

    return with_pace


def wait_options(command: Callable[..., object]) -> Callable[..., object]:
    """Give a command ``--wait`` as well."""
    with_pace = pace_options(command, kind=AddedOption)
    return click.option("--wait", is_flag=True, help="Wait until it is done.")(with_pace)
