"""``lava nodes``."""

from __future__ import annotations

import click

from lavaclient.cli.commands._confirm import delete_each, force_option
from lavaclient.cli.options.completion import CLUSTER
from lavaclient.cli.options.groups import Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.render import printable
from lavaclient.cli.output.views import show_nodes

__all__ = ["nodes"]


@click.group("nodes", cls=Noun)
def nodes() -> None:
    """The servers of a cluster."""


@nodes.command("list")
@click.argument("cluster", type=CLUSTER)
@pass_settings
def list_nodes(settings: Settings, cluster: str) -> None:
    """List the nodes of a cluster."""
    show_nodes(settings, settings.lava.nodes.list(cluster))


@nodes.command("delete")
@click.argument("cluster", type=CLUSTER)
@click.argument("nodes", nargs=-1, required=True, metavar="NODE...")
@force_option
@pass_settings
def delete(settings: Settings, cluster: str, nodes: tuple[str, ...], force: bool) -> None:
    """Delete nodes of a cluster, by id or by name."""
    lava = settings.lava
    known = lava.nodes.list(cluster)
    found = {one.name: one for one in known} | {one.id: one for one in known}
    whose = f"cluster {printable(cluster)}"
    chosen = {found[name].id: found[name] for name in nodes if name in found}
    things = {one.id: f"{printable(one.name)} of {whose} ({one.id})" for one in chosen.values()}
    delete_each(
        settings,
        "node",
        things,
        lambda node: lava.nodes.delete(cluster, node),
        force=force,
        missing=[f"{whose} has no node {printable(name)}" for name in nodes if name not in found],
    )
