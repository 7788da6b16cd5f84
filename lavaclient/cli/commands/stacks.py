"""``lava stacks``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from lavaclient.cli.commands._confirm import delete_each, force_option
from lavaclient.cli.options.completion import DISTRO, STACK
from lavaclient.cli.options.groups import Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.options.types import JSON, JSON_OBJECT
from lavaclient.cli.output.render import Column, Section, printable, show_list, show_one
from lavaclient.cli.output.views import component_names

if TYPE_CHECKING:
    from lavaclient.api.stacks import StackDetail

__all__ = ["stacks"]

_OF_A_STACK: Final = {"name", "distro", "services", "node_groups", "description"}
_OF_THE_SERVICE: Final = {"id", "links", "created", "is_deletable"}

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
@click.argument("name", metavar="NAME|STACK")
@click.argument("distro", type=DISTRO, required=False)
@click.argument("services", type=JSON, required=False)
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
    distro: str | None,
    services: list[dict[str, object]] | None,
    node_groups: list[dict[str, object]] | None,
    description: str | None,
) -> None:
    """Make a stack of some SERVICES of a DISTRO.

    SERVICES is JSON, or the path of a file that holds it, or - for standard
    input: a list of {"name": ..., "modes": [...]}. In place of NAME, DISTRO and
    SERVICES there may be one STACK, JSON with all of it, as 'stacks get --output
    json' shows one.

    \b
    Examples:
      lava stacks create mine.json
      lava stacks create mine HDP2.3 '[{"name": "HDFS"}, {"name": "YARN"}]'
      lava stacks create mine HDP2.3 services.json --node-groups groups.json
    """
    if distro is None:
        given = _read_whole(name)
    elif services is None:
        raise click.UsageError("Missing argument 'SERVICES'.")
    else:
        given = {"name": name, "distro": distro, "services": services}
    if node_groups is not None:
        given["node_groups"] = node_groups
    if description is not None:
        given["description"] = description
    _show(settings, settings.lava.stacks.create(**given))  # type: ignore[arg-type]


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


def _read_whole(text: str) -> dict[str, object]:
    """Return what ``create`` takes of a whole stack, without what only the service adds."""
    (stack,) = JSON_OBJECT.convert(text, None, click.get_current_context())
    if missing := [name for name in ("name", "distro", "services") if not stack.get(name)]:
        raise click.UsageError(f"the stack has no {' and no '.join(missing)}")
    if unknown := sorted(stack.keys() - _OF_A_STACK - _OF_THE_SERVICE):
        raise click.UsageError(f"the stack has {', '.join(unknown)}, which no stack has")
    given = {name: stack[name] for name in _OF_A_STACK if stack.get(name)}
    given["services"] = _parts(given["services"], ("name", "modes"))
    if groups := given.get("node_groups"):
        given["node_groups"] = _parts(groups, ("id", "flavor_id", "count", "components"))
    return given


def _parts(parts: object, names: Sequence[str]) -> object:
    """Keep what ``create`` takes of each part; what is no list of objects, it refuses itself."""
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        return parts
    # What is not set, 'stacks get' shows as null or as an empty list.
    kept = [
        {name: part[name] for name in names if part.get(name) not in (None, [])} for part in parts
    ]
    for part in kept:
        if "components" in part:
            part["components"] = _parts(part["components"], ("name",))
    return kept


def _show(settings: Settings, stack: StackDetail) -> None:
    sections = (
        Section("Services", stack.services, _SERVICES),
        Section("Node groups", stack.node_groups, _GROUPS),
    )
    show_one(settings, stack, _STACK, sections)
