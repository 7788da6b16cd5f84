"""``lava nodes``."""

from __future__ import annotations

import click

from lavaclient.cli.commands._confirm import delete_each, force_option
from lavaclient.cli.commands._resolve import by_id_or_name
from lavaclient.cli.options.completion import CLUSTER, NODE
from lavaclient.cli.options.groups import Command, ListCommand, Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.columns import printable
from lavaclient.cli.output.render import show_list, show_one
from lavaclient.cli.output.views import NODES, node_sections

__all__ = ["nodes"]


@click.group("nodes", cls=Noun)
def nodes() -> None:
    """The servers of a cluster."""


@nodes.command("list", cls=ListCommand, view=NODES)
@click.argument("cluster", type=CLUSTER)
@pass_settings
def list_nodes(settings: Settings, cluster: str) -> None:
    """List the nodes of a cluster."""
    show_list(settings, settings.lava.nodes.list(cluster), NODES)


@nodes.command("get", cls=Command, view=NODES)
@click.argument("cluster", type=CLUSTER)
@click.argument("node", type=NODE)
@pass_settings
def get(settings: Settings, cluster: str, node: str) -> None:
    """Show one node of a cluster and what runs on it, by id or by name."""
    model = settings.lava.nodes.get(cluster, node)
    show_one(settings, model, NODES, node_sections(model))


@nodes.command("delete")
@click.argument("cluster", type=CLUSTER)
@click.argument("nodes", type=NODE, nargs=-1, required=True, metavar="NODE...")
@force_option
@pass_settings
def delete(settings: Settings, cluster: str, nodes: tuple[str, ...], force: bool) -> None:
    """Delete nodes of a cluster, by id or by name."""
    lava = settings.lava
    known = lava.nodes.list(cluster)
    owner = f"cluster {printable(cluster)}"
    labels, errors = {}, []
    for word in nodes:
        node = by_id_or_name("node", word, known)
        if node is None:
            errors.append(f"{owner} has no node {printable(word)}")
        else:
            labels[node.id] = f"{printable(node.name)} of {owner} ({node.id})"
    delete_each(
        settings,
        "node",
        labels,
        lambda node_id: lava.nodes.delete(cluster, node_id),
        force=force,
        errors=errors,
    )
