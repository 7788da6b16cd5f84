"""``lava clusters``."""

from __future__ import annotations

import click

from lavaclient.cli.commands._confirm import agreed, delete_each, force_option
from lavaclient.cli.commands._resolve import resolve_each
from lavaclient.cli.commands._waiting import ACTIVE, DELETED, Waiting, pace_options, wait_options
from lavaclient.cli.commands.cluster_create import create
from lavaclient.cli.commands.cluster_ssh import proxy, session, tunnel
from lavaclient.cli.options.abbreviations import AddedOption
from lavaclient.cli.options.completion import CLUSTER, SERVICE, SSH_KEY
from lavaclient.cli.options.groups import Command, ListCommand, Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.options.types import NODE_GROUPS, PAIR
from lavaclient.cli.output.columns import printable
from lavaclient.cli.output.render import show_list, show_one
from lavaclient.cli.output.views import CLUSTER as VIEW
from lavaclient.cli.output.views import CLUSTERS, NODES, cluster_sections

__all__ = ["clusters"]

_DELETING = "DELETING"


@click.group("clusters", cls=Noun)
def clusters() -> None:
    """Build, watch, resize and reach clusters.

    A CLUSTER is given by its id or its name.
    """


for _command in (create, session, proxy, tunnel):
    clusters.add_command(_command)


@clusters.command("list", cls=ListCommand, view=CLUSTERS)
@pass_settings
def list_clusters(settings: Settings) -> None:
    """List the clusters."""
    show_list(settings, settings.lava.clusters.list(), CLUSTERS)


@clusters.command("get", cls=Command, view=VIEW)
@click.argument("cluster", type=CLUSTER)
@pass_settings
def get(settings: Settings, cluster: str) -> None:
    """Show one cluster."""
    detail = settings.lava.clusters.get(cluster)
    show_one(settings, detail, VIEW, cluster_sections(detail))


@clusters.command("resize", cls=Command, view=VIEW)
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
    waiting: Waiting,
) -> None:
    """Change how many nodes a cluster has.

    \b
    Example:
      lava clusters resize logs --node-groups 'slave(count=5)' --wait
    """
    groups = [group for option in node_groups for group in option]
    resizing = settings.lava.clusters.resize(cluster, groups)
    waiting.show(settings, resizing)


@clusters.command("delete")
@click.argument("clusters", type=CLUSTER, nargs=-1, required=True, metavar="CLUSTER...")
@force_option
@wait_options
@pass_settings
def delete(settings: Settings, clusters: tuple[str, ...], force: bool, waiting: Waiting) -> None:
    """Delete clusters, their nodes and all that is on them."""
    manager = settings.lava.clusters
    details, errors = resolve_each(clusters, manager.get)
    by_id = {detail.id: detail for detail in details}
    labels = {
        key: f"{printable(detail.name)} ({key}, {printable(detail.status)})"
        for key, detail in by_id.items()
    }

    def delete_one(cluster_id: str) -> None:
        manager.delete(cluster_id)
        waiting.finish(settings, by_id[cluster_id], DELETED, status=_DELETING)

    delete_each(settings, "cluster", labels, delete_one, force=force, errors=errors)


@clusters.command("wait", cls=Command, view=VIEW)
@click.argument("cluster", type=CLUSTER)
@click.option(
    "--until",
    cls=AddedOption,
    type=click.Choice([ACTIVE, DELETED], case_sensitive=False),
    default=ACTIVE,
    help=f"What to wait for.  [default: {ACTIVE}]",
)
@pace_options
@pass_settings
def wait(settings: Settings, cluster: str, until: str, waiting: Waiting) -> None:
    """Wait until a cluster is ACTIVE, or DELETED; fail if it cannot become so."""
    waiting.show(settings, settings.lava.clusters.get(cluster), until.upper())


@clusters.command("nodes", cls=ListCommand, view=NODES)
@click.argument("cluster", type=CLUSTER)
@pass_settings
def nodes(settings: Settings, cluster: str) -> None:
    """List the nodes of a cluster."""
    show_list(settings, settings.lava.clusters.nodes(cluster), NODES)


@clusters.command("services", cls=Command, view=VIEW)
@click.argument("action", type=click.Choice(["start", "stop", "restart"]))
@click.argument("cluster", type=CLUSTER)
@click.argument("services", type=SERVICE, nargs=-1, metavar="[SERVICE]...")
@force_option
@wait_options
@pass_settings
def services(
    settings: Settings,
    action: str,
    cluster: str,
    services: tuple[str, ...],
    force: bool,
    waiting: Waiting,
) -> None:
    """Start, stop or restart services of a cluster, by default all.

    \b
    Example:
      lava clusters services restart logs HDFS YARN
    """
    which = ", ".join(map(printable, services)) or "all services"
    question = f"{action.capitalize()} {which} of cluster {printable(cluster)}?"
    if agreed(settings, question, force=force):
        changing = settings.lava.clusters.services(action, cluster, services)
        waiting.show(settings, changing)


@clusters.command("update-credentials", cls=Command, view=VIEW)
@click.argument("cluster", type=CLUSTER)
@click.argument("pairs", type=PAIR, nargs=-1, metavar="[TYPE=NAME]...")
@click.option(
    "--credential", "credentials", type=PAIR, multiple=True, help="One more; may be repeated."
)
@wait_options
@pass_settings
def update_credentials(
    settings: Settings,
    cluster: str,
    pairs: tuple[tuple[str, str], ...],
    credentials: tuple[tuple[str, str], ...],
    waiting: Waiting,
) -> None:
    """Let a cluster use more credentials.

    \b
    Example:
      lava clusters update-credentials logs ssh_keys=laptop cloud_files=user
    """
    if not pairs + credentials:
        raise click.UsageError("give at least one TYPE=NAME")
    names: dict[str, list[str]] = {}
    for kind, name in pairs + credentials:
        names.setdefault(kind, []).append(name)
    changing = settings.lava.clusters.update_credentials(cluster, names)
    waiting.show(settings, changing)


@clusters.command("delete-ssh-credentials", cls=Command, view=VIEW)
@click.argument("cluster", type=CLUSTER)
@click.argument("keys", type=SSH_KEY, nargs=-1, required=True, metavar="KEY...")
@force_option
@wait_options
@pass_settings
def delete_ssh_credentials(
    settings: Settings, cluster: str, keys: tuple[str, ...], force: bool, waiting: Waiting
) -> None:
    """Remove SSH keys from a cluster; the keys themselves stay stored."""
    which = f"SSH key{'s' * (len(keys) > 1)} {', '.join(map(printable, keys))}"
    question = f"Take {which} away from cluster {printable(cluster)}?"
    if agreed(settings, question, force=force):
        changing = settings.lava.clusters.delete_ssh_credentials(cluster, keys)
        waiting.show(settings, changing)
