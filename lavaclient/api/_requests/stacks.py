"""The request body of a new stack, from checked arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from lavaclient._config.checks import items, mapping, names, text
from lavaclient.api._requests.node_groups import (
    NodeGroups,
    count_field,
    flavor_field,
    groups_by_id,
)
from lavaclient.error import InvalidError

__all__ = ["StackBody", "new_stack"]


class _Service(msgspec.Struct, frozen=True):
    name: str
    modes: list[str] | UnsetType = UNSET


class _Component(msgspec.Struct, frozen=True):
    name: str


class _Group(msgspec.Struct, frozen=True):
    id: str
    flavor_id: str | UnsetType = UNSET
    count: int | UnsetType = UNSET
    components: list[_Component] | UnsetType = UNSET


class _Stack(msgspec.Struct, frozen=True):
    name: str
    distro: str
    services: list[_Service]
    node_groups: list[_Group] | UnsetType = UNSET
    description: str | UnsetType = UNSET


class StackBody(msgspec.Struct, frozen=True):
    """The body of ``POST stacks``."""

    stack: _Stack


def new_stack(
    name: str,
    distro: str,
    services: Sequence[Mapping[str, object]],
    node_groups: NodeGroups | None,
    description: str | None,
) -> StackBody:
    """Check the arguments, and return the body."""
    return StackBody(
        _Stack(
            name=text("name", name),
            distro=text("distro", distro),
            services=[_service(service) for service in items("services", services, 1)],
            node_groups=_groups(node_groups) if node_groups else UNSET,
            description=UNSET
            if description is None
            else text("description", description, most=1024),
        )
    )


def _service(service: object) -> _Service:
    fields = mapping("services: each service", service, ("name", "modes"))
    if "name" not in fields:
        raise InvalidError("services: each service needs a name")
    modes = names("services: modes", fields["modes"]) if "modes" in fields else UNSET
    return _Service(text("services: name", fields["name"]), modes)


def _groups(node_groups: NodeGroups) -> list[_Group]:
    keys = ("id", "flavor_id", "count", "components")
    groups = groups_by_id(node_groups, 36, keys)
    return [_group(group_id, group) for group_id, group in groups.items()]


def _group(group_id: str, fields: Mapping[str, object]) -> _Group:
    where = f"node_groups: {group_id!r}"
    components: list[_Component] | UnsetType = UNSET
    if "components" in fields:
        elements = items(f"{where}: components", fields["components"])
        components = [_component(f"{where}: components", element) for element in elements]
    return _Group(
        id=group_id,
        flavor_id=flavor_field(where, fields),
        count=count_field(where, fields, lowest=0),
        components=components,
    )


def _component(where: str, component: object) -> _Component:
    fields = mapping(f"{where}: each one", component, ("name",))
    return _Component(text(f"{where}: name", fields.get("name")))
