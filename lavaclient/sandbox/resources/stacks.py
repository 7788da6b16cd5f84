"""Stacks: what clusters are made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct, to_builtins

from lavaclient.sandbox.core.context import Context
from lavaclient.sandbox.core.decoding import Name, decode
from lavaclient.sandbox.core.errors import bad_request, forbidden, record_of
from lavaclient.sandbox.core.pagination import page
from lavaclient.sandbox.core.state import Stack, StackNodeGroup, StackService
from lavaclient.sandbox.resources import flavors, stack_layouts


class GroupComponent(Struct, forbid_unknown_fields=True):
    """A component of a node group."""

    name: Name


class StackGroup(Struct, forbid_unknown_fields=True):
    """A node group of a new stack."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,36}$")]
    components: list[GroupComponent] | None = None
    flavor_id: Name | None = None
    count: Annotated[int, Meta(ge=0, le=100)] | None = None


class ChosenService(Struct, forbid_unknown_fields=True):
    """A service, and those of its modes that are wanted."""

    name: Name
    modes: list[Name] = []


class NewStack(Struct, forbid_unknown_fields=True):
    """A new stack."""

    name: Name
    distro: Name
    services: Annotated[list[ChosenService], Meta(min_length=1)]
    description: Annotated[str, Meta(min_length=1, max_length=1024)] | None = None
    node_groups: Annotated[list[StackGroup], Meta(min_length=1)] | None = None


class NewStackBody(Struct, forbid_unknown_fields=True):
    """The body of `POST stacks`."""

    stack: NewStack


def list_stacks(context: Context) -> dict[str, object]:
    """Lists stacks."""
    table = context.account.stacks
    stacks, links = page(
        context,
        list(known(context).values()),
        "stacks",
        lambda stack: table.positions.get(stack.id, -1),
        table.departed,
    )
    return {"stacks": [_summary(context, s) for s in stacks], "links": links}


def get_stack(context: Context, stack_id: str) -> dict[str, object]:
    """Shows a stack."""
    return {"stack": _view(context, record_of(known(context), "Stack", stack_id))}


def create_stack(context: Context) -> dict[str, object]:
    """Creates a stack."""
    wanted = decode(context.body, NewStackBody).stack
    _check(context, wanted)
    distro = context.reference.distros[wanted.distro]
    chosen = [(service.name, service.modes) for service in wanted.services]
    placed = [c.name for group in wanted.node_groups or [] for c in group.components or []]
    services = stack_layouts.services_of(distro, chosen, placed)
    groups = stack_layouts.default_groups(context, distro, services)
    if wanted.node_groups is not None:
        base = stack_layouts.base_groups(context, distro)
        groups = _custom_groups(context, wanted.node_groups, groups, base, services)
    stack = Stack(
        id=context.new_id("stack"),
        name=wanted.name,
        distro=wanted.distro,
        services=services,
        node_groups=groups,
        created=context.now,
        description=wanted.description,
        is_deletable=True,
    )
    context.account.stacks[stack.id] = stack
    return {"stack": _view(context, stack)}


def delete_stack(context: Context, stack_id: str) -> None:
    """Deletes a stack."""
    stack = record_of(known(context), "Stack", stack_id)
    if not stack.is_deletable:
        raise forbidden(f"Stack {stack_id} is part of the service and cannot be deleted")
    context.account.check_unused("stack", stack_id, f"Stack {stack_id}")
    del context.account.stacks[stack_id]


def known(context: Context) -> dict[str, Stack]:
    """All stacks the tenant may use: the built-in ones, then its own."""
    return {**context.reference.stacks, **context.account.stacks}


def _check(context: Context, wanted: NewStack) -> None:
    if wanted.distro not in context.reference.distros:
        raise bad_request(f"distro: there is no distro '{wanted.distro}'")
    if any(stack.name == wanted.name for stack in context.account.stacks.values()):
        raise bad_request(f"A stack named '{wanted.name}' exists already")
    _check_unique("services", [service.name for service in wanted.services])
    _check_unique("node_groups", [group.id for group in wanted.node_groups or []])


def _check_unique(where: str, names: Sequence[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise bad_request(f"{where}: '{name}' is given {times} times")


def _custom_groups(
    context: Context,
    wanted: Sequence[StackGroup],
    defaults: Sequence[StackNodeGroup],
    base: Sequence[StackNodeGroup],
    services: Sequence[StackService],
) -> list[StackNodeGroup]:
    by_id = {group.id: group for group in defaults}
    groups = [_custom_group(context, group, by_id.get(group.id)) for group in wanted]
    ids = {group.id for group in groups}
    groups = [*(group for group in base if group.id not in ids), *groups]
    _check_placing(groups, base, services)
    return groups


def _custom_group(
    context: Context, wanted: StackGroup, default: StackNodeGroup | None
) -> StackNodeGroup:
    where = f"node_groups: {wanted.id}"
    components = [c.name for c in wanted.components or []]
    if not components and default is not None:
        components = default.components
    if not components:
        raise bad_request(f"{where}: components: name at least one")
    unknown = [name for name in components if name not in context.reference.components]
    if unknown:
        raise bad_request(f"{where}: components: there is no component '{unknown[0]}'")
    limits = stack_layouts.limits_for(context, wanted.id, components)
    if wanted.flavor_id is None:
        flavor = flavors.smallest(context, limits.min_ram)
    else:
        flavor = flavors.fitting(context, wanted.flavor_id, limits.min_ram, f"{where}: flavor_id")
    return StackNodeGroup(
        id=wanted.id,
        components=list(components),
        resource_limits=limits,
        count=limits.min_count if wanted.count is None else wanted.count,
        flavor_id=flavor.id,
    )


def _check_placing(
    groups: Sequence[StackNodeGroup],
    base: Sequence[StackNodeGroup],
    services: Sequence[StackService],
) -> None:
    placed = {name for group in groups for name in group.components}
    needed = {name: service.name for service in services for name in service.components}
    allowed = {*needed, *(name for group in base for name in group.components)}
    for name in sorted(placed - allowed):
        message = f"node_groups: component '{name}' belongs to none of the stack's services"
        raise bad_request(message)
    for name, service in needed.items():
        if name not in placed:
            raise bad_request(f"node_groups: component '{name}' of {service} is in none of them")


def _summary(context: Context, stack: Stack) -> dict[str, object]:
    return {
        "id": stack.id,
        "name": stack.name,
        "description": stack.description or "",
        "distro": stack.distro,
        # The list leaves out versions and components.
        "services": [{"name": service.name, "modes": service.modes} for service in stack.services],
        "links": context.links.of(f"stacks/{stack.id}"),
    }


def _service_view(service: StackService) -> dict[str, object]:
    return {
        "name": service.name,
        "version": service.version,
        "modes": service.modes,
        "components": _named(service.components),
    }


def _view(context: Context, stack: Stack) -> dict[str, object]:
    return {
        **_summary(context, stack),
        "created": datetime.fromtimestamp(int(stack.created), UTC).isoformat(),
        "is_deletable": stack.is_deletable,
        "services": [_service_view(service) for service in stack.services],
        "node_groups": [_group_view(context, group) for group in stack.node_groups],
    }


def _group_view(context: Context, group: StackNodeGroup) -> dict[str, object]:
    limits = group.resource_limits
    # A group that leaves count and flavor to the cluster shows what a cluster would get.
    return {
        "id": group.id,
        "components": _named(group.components),
        "resource_limits": to_builtins(limits),
        "count": limits.min_count if group.count is None else group.count,
        "flavor_id": group.flavor_id or flavors.smallest(context, limits.min_ram).id,
    }


def _named(components: Sequence[str]) -> list[dict[str, str]]:
    return [{"name": name} for name in components]
