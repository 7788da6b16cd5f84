"""``lava stacks``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from lavaclient.cli.commands._confirm import delete_each, force_option
from lavaclient.cli.commands._resolve import get_by_name, labels_of
from lavaclient.cli.options.completion import DISTRO, STACK
from lavaclient.cli.options.groups import Command, ListCommand, Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.options.types import JSON, JSON_OBJECT
from lavaclient.cli.output.columns import Column, Section, View
from lavaclient.cli.output.render import show_list, show_one
from lavaclient.cli.output.views import component_names

# Help and completion do not load the client and its models.
if TYPE_CHECKING:
    from lavaclient.api.stacks import StackDetail

__all__ = ["stacks"]

_OF_A_STACK: Final = {"name", "distro", "services", "node_groups", "description"}
_OF_THE_SERVICE: Final = {"id", "links", "created", "is_deletable"}

_COLUMNS: Final = (
    Column("id", "ID", "id", whole=True),
    Column("name", "Name", "name"),
    Column("distro", "Distro", "distro", rank=3),
    Column(
        "services", "Services", lambda stack: [service.name for service in stack.services], rank=2
    ),
    Column("description", "Description", "description", rank=1),
)
_STACKS: Final = View("stacks", _COLUMNS, ("id", "name", "distro", "description"))
_STACK: Final = View(
    "stacks",
    (
        *_COLUMNS,
        Column("created", "Created", "created"),
        Column("deletable", "Deletable", "is_deletable"),
        Column(
            "node_groups",
            "Node groups",
            lambda stack: [group.id for group in stack.node_groups],
            rank=None,
            is_section=True,
        ),
    ),
    ("id", "name", "distro", "created", "description", "services", "node_groups"),
)
_SERVICES: Final = (
    Column("name", "Name", "name"),
    Column("version", "Version", "version"),
    Column("components", "Components", lambda service: component_names(service.components)),
    Column("modes", "Modes", "modes", rank=1),
)
_GROUPS: Final = (
    Column("id", "ID", "id"),
    Column("flavor", "Flavor", "flavor_id"),
    Column("count", "Count", "count"),
    Column(
        "least",
        "Least",
        lambda group: group.resource_limits and group.resource_limits.min_count,
        rank=3,
    ),
    Column(
        "most",
        "Most",
        lambda group: group.resource_limits and group.resource_limits.max_count,
        rank=2,
    ),
    Column("components", "Components", lambda group: component_names(group.components), rank=1),
)


@click.group("stacks", cls=Noun)
def stacks() -> None:
    """Plans of clusters.

    A STACK is given by its id or its name.
    """


@stacks.command("list", cls=ListCommand, view=_STACKS)
@pass_settings
def list_stacks(settings: Settings) -> None:
    """List the stacks, your own and the service's."""
    show_list(settings, settings.lava.stacks.list(), _STACKS)


@stacks.command("get", cls=Command, view=_STACK)
@click.argument("stack", type=STACK)
@pass_settings
def get(settings: Settings, stack: str) -> None:
    """Show one stack, its services and node groups."""
    manager = settings.lava.stacks
    _show(settings, get_by_name("stack", stack, manager.get, manager.list))


@stacks.command("create", cls=Command, view=_STACK)
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
        fields = _read_whole(name)
    elif services is None:
        raise click.UsageError("Missing argument 'SERVICES'.")
    else:
        fields = {"name": name, "distro": distro, "services": services}
    if node_groups is not None:
        fields["node_groups"] = node_groups
    if description is not None:
        fields["description"] = description
    _show(settings, settings.lava.stacks.create(**fields))  # type: ignore[arg-type]


@stacks.command("delete")
@click.argument("stacks", type=STACK, nargs=-1, required=True, metavar="STACK...")
@force_option
@pass_settings
def delete(settings: Settings, stacks: tuple[str, ...], force: bool) -> None:
    """Delete stacks of your own."""
    manager = settings.lava.stacks
    labels = labels_of("stack", stacks, manager.list())
    delete_each(settings, "stack", labels, manager.delete, force=force)


def _read_whole(text: str) -> dict[str, object]:
    """Return the fields of a stack that ``create`` accepts, without those of the service."""
    (stack,) = JSON_OBJECT.convert(text, None, click.get_current_context())
    if missing := [name for name in ("name", "distro", "services") if not stack.get(name)]:
        raise click.UsageError(f"the stack has no {' and no '.join(missing)}")
    if unknown := sorted(stack.keys() - _OF_A_STACK - _OF_THE_SERVICE):
        raise click.UsageError(f"a stack has no {' and no '.join(unknown)}")
    fields = {name: stack[name] for name in _OF_A_STACK if stack.get(name)}
    fields["services"] = _parts(fields["services"], ("name", "modes"))
    if groups := fields.get("node_groups"):
        fields["node_groups"] = _parts(groups, ("id", "flavor_id", "count", "components"))
    return fields


def _parts(parts: object, names: Sequence[str]) -> object:
    """Return the fields of each part that ``create`` accepts; it refuses what is not a list."""
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        return parts
    # 'stacks get' shows a field without a value as null or as an empty list.
    chosen = [
        {name: part[name] for name in names if part.get(name) not in (None, [])} for part in parts
    ]
    for part in chosen:
        if "components" in part:
            part["components"] = _parts(part["components"], ("name",))
    return chosen


def _show(settings: Settings, stack: StackDetail) -> None:
    sections = (
        Section("Services", stack.services, _SERVICES),
        Section("Node groups", stack.node_groups, _GROUPS),
    )
    show_one(settings, stack, _STACK, sections)
