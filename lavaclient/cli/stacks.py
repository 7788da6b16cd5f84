"""``lava stacks``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lavaclient.cli.asking import delete_each, force_option
from lavaclient.cli.grammar import Noun
from lavaclient.cli.names import DISTRO, STACK
from lavaclient.cli.output import Column, Section, printable, show_list, show_one
from lavaclient.cli.parsing import JSON
from lavaclient.cli.settings import Settings, pass_settings
from lavaclient.cli.views import component_names

if TYPE_CHECKING:
    from lavaclient.api.stacks import StackDetail

__all__ = ["stacks"]

_COLUMNS = (
    Column("ID", "id", whole=True),
    Column("Name", "name"),
    Column("Distro", "distro"),
    Column("Services", lambda stack: [one.name for one in stack.services]),
    Column("Description", "description"),
)
_STACK = (*_COLUMNS, Column("Created", "created"), Column("Deletable", "is_deletable"))
_SERVICES = (
    Column("Name", "name"),
    Column("Version", "version"),
    Column("Components", lambda service: component_names(service.components)),
    Column("Modes", "modes"),
)
_GROUPS = (
    Column("ID", "id"),
    Column("Flavor", "flavor_id"),
    Column("Count", "count"),
    Column("Least", lambda group: group.resource_limits and group.resource_limits.min_count),
    Column("Most", lambda group: group.resource_limits and group.resource_limits.max_count),
    Column("Components", lambda group: component_names(group.components)),
)


@click.group("stacks", cls=Noun)
def stacks() -> None:
    """Plans of clusters."""


@stacks.command("list")
@pass_settings
def list_stacks(settings: Settings) -> None:
    """List the stacks, your own and the service's."""
    show_list(settings, settings.lava.stacks.list(), _COLUMNS)


@stacks.command("get")
@click.argument("stack", type=STACK)
@pass_settings
def get(settings: Settings, stack: str) -> None:
    """Show one stack, its services and node groups."""
    _show(settings, settings.lava.stacks.get(stack))


@stacks.command("create")
@click.argument("name")
@click.argument("distro", type=DISTRO)
@click.argument("services", type=JSON)
@click.option(
    "--node-groups",
    type=JSON,
    help="The groups, as JSON or a file: id, flavor_id, count, components.",
)
@click.option("--description", metavar="TEXT", help="What it is for.")
@pass_settings
def create(
    settings: Settings,
    name: str,
    distro: str,
    services: list[dict[str, object]],
    node_groups: list[dict[str, object]] | None,
    description: str | None,
) -> None:
    """Make a stack of some SERVICES of a DISTRO.

    SERVICES is JSON, or the path of a file that holds it, or - for standard
    input: a list of {"name": ..., "modes": [...]}.

    \b
    Examples:
      lava stacks create mine HDP2.3 '[{"name": "HDFS"}, {"name": "YARN"}]'
      lava stacks create mine HDP2.3 services.json --node-groups groups.json
    """
    made = settings.lava.stacks.create(name, distro, services, node_groups, description)
    _show(settings, made)


@stacks.command("delete")
@click.argument("stacks", type=STACK, nargs=-1, required=True, metavar="STACK...")
@force_option
@pass_settings
def delete(settings: Settings, stacks: tuple[str, ...], force: bool) -> None:
    """Delete stacks of your own, by id."""
    manager = settings.lava.stacks
    names = {one.id: printable(one.name) for one in manager.list()}
    things = {one: f"{names[one]} ({one})" if one in names else printable(one) for one in stacks}
    delete_each(settings, "stack", things, manager.delete, force=force)


def _show(settings: Settings, stack: StackDetail) -> None:
    sections = (
        Section("Services", stack.services, _SERVICES),
        Section("Node groups", stack.node_groups, _GROUPS),
    )
    show_one(settings, stack, _STACK, sections)
