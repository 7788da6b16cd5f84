"""The body that carries a new stack, made of checked arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from lavaclient._config.checks import items, mapping, names, text, whole_number
from lavaclient.api._requests.node_groups import NodeGroups, groups_by_id
from lavaclient.error import InvalidError

__all__ = ["NodeGroups", "StackBody", "stack"]


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


def stack(
    name: str,
    distro: str,
    services: Sequence[Mapping[str, object]],
    node_groups: NodeGroups | None,
    description: str | None,
) -> StackBody:
    """Check the arguments and make the body of them."""
    return StackBody(
        _Stack(
            name=text("name", name),
            distro=text("distro", distro),
            services=[_service(given) for given in items("services", services, 1)],
            node_groups=_groups(node_groups) if node_groups else UNSET,
            description=UNSET
            if description is None
            else text("description", description, most=1024),
        )
    )


def _service(service: object) -> _Service:
    given = mapping("services: each service", service, ("name", "modes"))
    if "name" not in given:
        raise InvalidError("services: each service needs a name")
    modes = names("services: modes", given["modes"]) if "modes" in given else UNSET
    return _Service(text("services: name", given["name"]), modes)


def _groups(node_groups: NodeGroups) -> list[_Group]:
    keys = ("id", "flavor_id", "count", "components")
    given = groups_by_id(node_groups, 36, keys)
    return [_group(group_id, group) for group_id, group in given.items()]


def _group(group_id: str, given: Mapping[str, object]) -> _Group:
    where = f"node_groups: {group_id!r}"
    flavor_id: str | UnsetType = UNSET
    count: int | UnsetType = UNSET
    components: list[_Component] | UnsetType = UNSET
    if "flavor_id" in given:
        flavor_id = text(f"{where}: flavor_id", given["flavor_id"])
    if "count" in given:
        count = whole_number(f"{where}: count", given["count"], 0, 100)
    if "components" in given:
        listed = items(f"{where}: components", given["components"])
        components = [_component(f"{where}: components", item) for item in listed]
    return _Group(group_id, flavor_id, count, components)


def _component(where: str, component: object) -> _Component:
    given = mapping(f"{where}: each one", component, ("name",))
    return _Component(text(f"{where}: name", given.get("name")))
