"""Node groups as callers write them: a list of dicts, or a dict of them by id."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from lavaclient._config.checks import items, mapping, text, whole_number
from lavaclient.error import InvalidError

__all__ = [
    "Group",
    "NodeGroups",
    "cluster_groups",
    "count_field",
    "flavor_field",
    "groups_by_id",
    "resize_groups",
]

NodeGroups: TypeAlias = Mapping[str, Mapping[str, object]] | Sequence[Mapping[str, object]]
"""E.g. ``{"slave": {"count": 3}}`` or ``[{"id": "slave", "count": 3}]``."""


class Group(msgspec.Struct, frozen=True):
    """A node group in a request body."""

    id: str
    count: int | UnsetType = UNSET
    flavor_id: str | UnsetType = UNSET


def cluster_groups(node_groups: NodeGroups) -> list[Group]:
    """Return the groups of a new cluster: id and, where given, count and flavor."""
    groups = groups_by_id(node_groups, 255, ("id", "count", "flavor_id"))
    return [
        Group(
            id=group_id,
            count=count_field(f"node_groups: {group_id!r}", group, lowest=1),
            flavor_id=flavor_field(f"node_groups: {group_id!r}", group),
        )
        for group_id, group in groups.items()
    ]


def resize_groups(node_groups: NodeGroups | None) -> list[Group]:
    """Return the groups to resize: at least one, each with a count."""
    groups = cluster_groups(node_groups or [])
    if not groups:
        raise InvalidError("node_groups must have at least one group")
    for group in groups:
        if group.count is UNSET:
            raise InvalidError(f"node_groups: {group.id!r} needs a count")
    return groups


def groups_by_id(
    node_groups: NodeGroups, longest_id: int, keys: Collection[str]
) -> dict[str, dict[str, object]]:
    """Return the groups as new dicts by id, from a list or a dict."""
    groups: dict[str, dict[str, object]] = {}
    for group in _as_list(node_groups, keys):
        if group.get("id") is None:
            raise InvalidError("node_groups: each group needs an id")
        group_id = text("node_groups: id", group["id"], most=longest_id)
        if group_id in groups:
            raise InvalidError(f"node_groups: {group_id!r} is given twice")
        groups[group_id] = group
    return groups


def _as_list(node_groups: NodeGroups, keys: Collection[str]) -> list[dict[str, object]]:
    if not isinstance(node_groups, Mapping):
        groups = items("node_groups", node_groups)
        return [mapping("node_groups: each group", group, keys) for group in groups]
    keys_within = [key for key in keys if key != "id"]
    return [
        {**mapping(f"node_groups[{group_id!r}]", group, keys_within), "id": group_id}
        for group_id, group in node_groups.items()
    ]


def count_field(where: str, group: Mapping[str, object], *, lowest: int) -> int | UnsetType:
    """Return the count of a group, if it has one: from ``lowest`` to 100."""
    if "count" not in group:
        return UNSET
    return whole_number(f"{where}: count", group["count"], lowest, 100)


def flavor_field(where: str, group: Mapping[str, object]) -> str | UnsetType:
    """Return the flavor of a group, if it has one."""
    return text(f"{where}: flavor_id", group["flavor_id"]) if "flavor_id" in group else UNSET
