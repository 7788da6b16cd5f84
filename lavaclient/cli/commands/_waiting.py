"""``--wait``, ``--timeout`` and ``--interval``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from lavaclient.cli.options.settings import Settings
from lavaclient.cli.output.progress import progress

if TYPE_CHECKING:
    from lavaclient.api.clusters import ClusterDetail

__all__ = ["pace_options", "wait_for", "wait_options"]

F = TypeVar("F", bound=Callable[..., object])


def pace_options(command: F) -> F:
    """Give a command the options that say how long and how often."""
    command = click.option(
        "--interval", type=float, metavar="SECONDS", help="Between two looks.  [default: 30]"
    )(command)
    return click.option(
        "--timeout", type=float, metavar="MINUTES", help="Give up after these.  [default: never]"
    )(command)


def wait_options(command: F) -> F:
    """Give a command ``--wait`` as well."""
    command = pace_options(command)
    return click.option("--wait", is_flag=True, help="Wait until the cluster is ACTIVE.")(command)


def wait_for(
    settings: Settings, cluster: ClusterDetail, timeout: float | None, interval: float | None
) -> ClusterDetail:
    """Wait until a cluster is active, and show how it goes."""
    with progress(cluster, quiet=settings.choice("quiet") is True) as tell:
        return settings.lava.clusters.wait(cluster.id, timeout, interval, on_progress=tell)
