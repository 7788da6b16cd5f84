"""``--wait``, ``--timeout`` and ``--interval``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import click

from lavaclient._config.profiles import named_by_origin
from lavaclient.cli.options.abbreviations import AddedOption
from lavaclient.cli.options.settings import Settings
from lavaclient.cli.output.columns import printable
from lavaclient.cli.output.progress import progress
from lavaclient.cli.output.render import show_one
from lavaclient.cli.output.views import CLUSTER, cluster_sections
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
        timeout: Minutes to wait, None for no limit.
        interval: Seconds between two polls, None for the default.
    """

    wanted: bool = False
    timeout: float | str | None = None
    interval: float | str | None = None

    @classmethod
    def checked(
        cls, settings: Settings, timeout: float | None = None, interval: float | None = None
    ) -> Waiting:
        """Return a wait with these options, or else with what the profile says.

        Args:
            settings: The run's settings.
            timeout: The option of that name, if it was given.
            interval: The option of that name, if it was given.

        Raises:
            InvalidError: A value is invalid; the text says where it comes from.
        """
        # Help and completion do not wait for the client: it takes 100 ms and more.
        from lavaclient.api.clusters._waiting import PollSettings

        configured = {
            name: value
            for name, option in (("timeout", timeout), ("interval", interval))
            if option is None and (value := settings.account.configured(f"wait_{name}"))
        }
        waiting = cls(
            wanted=True,
            timeout=configured.get("timeout", timeout),
            interval=configured.get("interval", interval),
        )
        try:
            PollSettings(waiting.timeout, waiting.interval, None)
        except InvalidError as error:
            profile = settings.account.profile() if configured else None
            origins = {name: profile.origin(f"wait_{name}") for name in configured if profile}
            raise InvalidError(named_by_origin(str(error), origins)) from error
        return waiting

    def finish(
        self,
        settings: Settings,
        cluster: ClusterDetail,
        until: str = ACTIVE,
        *,
        status: str | None = None,
    ) -> ClusterDetail:
        """Wait, if that is wanted, and show the progress.

        Args:
            settings: The run's settings.
            cluster: The cluster before the wait.
            until: The status to wait for.
            status: Its status now, if it differs from that of ``cluster``.

        Returns:
            The cluster after the wait.
        """
        if not self.wanted:
            return cluster
        try:
            with progress(cluster, status, until=until, quiet=settings.quiet) as show:
                return settings.lava.clusters.wait(
                    cluster.id, self.timeout, self.interval, until=until, on_progress=show
                )
        except NotFoundError:
            if until == DELETED:  # it was deleted before the first poll
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

    def show(self, settings: Settings, cluster: ClusterDetail, until: str = ACTIVE) -> None:
        """Wait as `finish` does, and print the cluster."""
        detail = self.finish(settings, cluster, until)
        show_one(settings, detail, CLUSTER, cluster_sections(detail))


def pace_options(
    command: Callable[..., object], *, kind: type[click.Option] = click.Option
) -> Callable[..., object]:
    """Add ``--timeout`` and ``--interval`` to a command, which gets them as a `Waiting`."""

    @click.option(
        "--timeout",
        type=float,
        cls=kind,
        metavar="MINUTES",
        help="Give up after this time.  [default: never]",
    )
    @click.option(
        "--interval",
        type=float,
        cls=kind,
        metavar="SECONDS",
        help="Between two polls.  [default: 2, growing to 30]",
    )
    @functools.wraps(command)
    def with_pace(
        *args: object,
        timeout: float | None,
        interval: float | None,
        wait: bool = True,
        **kwargs: object,
    ) -> object:
        settings = click.get_current_context().ensure_object(Settings)
        # Checked before the command changes anything.
        waiting = Waiting.checked(settings, timeout, interval) if wait else Waiting()
        return command(*args, waiting=waiting, **kwargs)

    return with_pace


def wait_options(command: Callable[..., object]) -> Callable[..., object]:
    """Add ``--wait``, ``--timeout`` and ``--interval`` to a command."""
    with_pace = pace_options(command, kind=AddedOption)
    return click.option("--wait", is_flag=True, help="Wait until it is done.")(with_pace)
