"""``lava clusters``."""

from __future__ import annotations

import click

from lavaclient.cli.commands._confirm import agree, delete_each, force_option, lookup
from lavaclient.cli.commands._waiting import pace_options, wait_for, wait_options
from lavaclient.cli.commands.cluster_create import create
from lavaclient.cli.commands.cluster_ssh import proxy, session, tunnel
from lavaclient.cli.options.completion import CLUSTER, SSH_KEY
from lavaclient.cli.options.groups import Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.options.types import NODE_GROUPS, PAIR
from lavaclient.cli.output.render import printable
from lavaclient.cli.output.views import show_cluster, show_clusters, show_nodes

__all__ = ["clusters"]


@click.group("clusters", cls=Noun)
def clusters() -> None:
    """Build, watch, resize and reach clusters.

    Where a command takes a CLUSTER, its id or its name will do.
    """


clusters.add_command(create)
for _command in (session, proxy, tunnel):
    clusters.add_command(_command)


@clusters.command("list")
@pass_settings
def list_clusters(settings: Settings) -> None:
    """List the clusters."""
    show_clusters(settings, settings.lava.clusters.list())


@clusters.command("get")
@click.argument("cluster", type=CLUSTER)
@pass_settings
def get(settings: Settings, cluster: str) -> None:
    """Show one cluster."""
    show_cluster(settings, settings.lava.clusters.get(cluster))


@clusters.command("resize")
@click.argument("cluster", type=CLUSTER)
@click.option(
    "--node-groups",
    type=NODE_GROUPS,
    multiple=True,
    required=True,
    help="The groups to change, each with its new count.",
)
@wait_options
@pass_settings
def resize(
    settings: Settings,
    cluster: str,
    node_groups: tuple[list[dict[str, object]], ...],
    wait: bool,
    timeout: float | None,
    interval: float | None,
) -> None:
    """Change how many nodes a cluster has.

    \b
    Example:
      lava clusters resize logs --node-groups 'slave(count=5)' --wait
    """
    groups = [group for given in node_groups for group in given]
    changed = settings.lava.clusters.resize(cluster, groups)
    show_cluster(settings, wait_for(settings, changed, timeout, interval) if wait else changed)


@clusters.command("delete")
@click.argument("clusters", type=CLUSTER, nargs=-1, required=True, metavar="CLUSTER...")
@force_option
@pass_settings
def delete(settings: Settings, clusters: tuple[str, ...], force: bool) -> None:
    """Delete clusters, their nodes and all that is on them."""
    manager = settings.lava.clusters
    found, missing = lookup(clusters, manager.get)
    things = {one.id: f"{printable(one.name)} ({one.id}, {printable(one.status)})" for one in found}
    delete_each(settings, "cluster", things, manager.delete, force=force, missing=missing)


@clusters.command("wait")
@click.argument("cluster", type=CLUSTER)
@pace_options
@pass_settings
def wait(settings: Settings, cluster: str, timeout: float | None, interval: float | None) -> None:
    """Wait until a cluster is ACTIVE; fail if it never will be."""
    found = settings.lava.clusters.get(cluster)
    show_cluster(settings, wait_for(settings, found, timeout, interval))


@clusters.command("nodes")
@click.argument("cluster", type=CLUSTER)
@pass_settings
def nodes(settings: Settings, cluster: str) -> None:
    """List the nodes of a cluster."""
    show_nodes(settings, settings.lava.clusters.nodes(cluster))


@clusters.command("services")
@click.argument("action", type=click.Choice(["start", "stop", "restart"]))
@click.argument("cluster", type=CLUSTER)
@click.argument("services", nargs=-1, metavar="[SERVICE]...")
@pass_settings
def services(settings: Settings, action: str, cluster: str, services: tuple[str, ...]) -> None:
    """Start, stop or restart services of a cluster, by default all.

    \b
    Example:
      lava clusters services restart logs HDFS YARN
    """
    show_cluster(settings, settings.lava.clusters.services(action, cluster, services))


@clusters.command("update-credentials")
@click.argument("cluster", type=CLUSTER)
@click.argument("pairs", type=PAIR, nargs=-1, metavar="[TYPE=NAME]...")
@click.option("--credential", type=PAIR, multiple=True, help="One more; may be repeated.")
@wait_options
@pass_settings
def update_credentials(
    settings: Settings,
    cluster: str,
    pairs: tuple[tuple[str, str], ...],
    credential: tuple[tuple[str, str], ...],
    wait: bool,
    timeout: float | None,
    interval: float | None,
) -> None:
    """Let a cluster use more credentials.

    \b
    Example:
      lava clusters update-credentials logs ssh_keys=laptop cloud_files=user
    """
    if not (given := pairs + credential):
        raise click.UsageError("give at least one TYPE=NAME")
    lists: dict[str, list[str]] = {}
    for kind, name in given:
        lists.setdefault(kind, []).append(name)
    changed = settings.lava.clusters.update_credentials(cluster, lists)
    show_cluster(settings, wait_for(settings, changed, timeout, interval) if wait else changed)


@clusters.command("delete-ssh-credentials")
@click.argument("cluster", type=CLUSTER)
@click.argument("keys", type=SSH_KEY, nargs=-1, required=True, metavar="KEY...")
@force_option
@wait_options
@pass_settings
def delete_ssh_credentials(
    settings: Settings,
    cluster: str,
    keys: tuple[str, ...],
    force: bool,
    wait: bool,
    timeout: float | None,
    interval: float | None,
) -> None:
    """Take SSH keys away from a cluster; the keys themselves stay."""
    manager = settings.lava.clusters
    found = manager.get(cluster)
    labels = [f"{printable(key)} of cluster {printable(found.name)}" for key in keys]
    agree(settings, "SSH key", labels, force=force)
    changed = manager.delete_ssh_credentials(found.id, keys)
    show_cluster(settings, wait_for(settings, changed, timeout, interval) if wait else changed)
