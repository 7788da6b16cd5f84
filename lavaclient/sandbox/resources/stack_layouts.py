"""How a stack's components are spread over node groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lavaclient.sandbox.core.context import Context
from lavaclient.sandbox.core.errors import bad_request
from lavaclient.sandbox.core.reference_data import Distro, DistroService
from lavaclient.sandbox.core.state import ResourceLimits, StackNodeGroup, StackService
from lavaclient.sandbox.resources import flavors

ANY_COUNT = 999


def services_of(
    distro: Distro, chosen: Sequence[tuple[str, Sequence[str]]], placed: Iterable[str] = ()
) -> list[StackService]:
    """The services of a stack.

    Args:
        distro: The distribution they come from.
        chosen: Names of services, each with the modes that were asked for.
        placed: Components that node groups name; a mode they belong to is on.

    Raises:
        ApiFault: 400; the distribution has no such service or mode.
    """
    offered = [_find(distro, name) for name, _ in chosen]
    names = set(placed)
    services = []
    for service, (_, modes) in zip(offered, chosen, strict=True):
        implied = [c.mode for c in service.components if c.mode is not None and c.name in names]
        services.append(_service(service, [*modes, *implied]))
    return services


def default_groups(
    context: Context, distro: Distro, services: Sequence[StackService]
) -> list[StackNodeGroup]:
    """The node groups that follow from the services alone."""
    components = [name for service in services for name in service.components]
    known = context.reference.components
    spread = {
        place: [name for name in components if known[name].place == place]
        for place in context.reference.places
    }
    groups = [_group(context, place, names) for place, names in spread.items() if names]
    return [*base_groups(context, distro), *groups]


def base_groups(context: Context, distro: Distro) -> list[StackNodeGroup]:
    """The node group that every stack of the distribution has, if there is one."""
    return [_group(context, "base", distro.base)] if distro.base else []


def limits_for(context: Context, group_id: str, components: Sequence[str]) -> ResourceLimits:
    """How far a node group of these components may be changed."""
    known = context.reference.components
    places = context.reference.places
    place = places[known[components[0]].place]
    if all(known[name].place == "slave" for name in components):
        place = places["slave"]
    elif group_id not in {p.id for p in places.values()}:
        place = min((places[known[name].place] for name in components), key=lambda p: p.max_count)
    return ResourceLimits(place.min_count, place.max_count, min_ram(context, components))


def min_ram(context: Context, components: Sequence[str]) -> int:
    """The memory that a node with these components needs, in MB."""
    return sum(context.reference.components[name].ram for name in components)


def _find(distro: Distro, name: str) -> DistroService:
    for service in distro.services:
        if service.name == name:
            return service
    names = ", ".join(service.name for service in distro.services)
    raise bad_request(f"services: {distro.id} has no service '{name}'; it has {names}")


def _service(service: DistroService, modes: Sequence[str]) -> StackService:
    for mode in modes:
        if mode not in service.modes:
            raise bad_request(f"services: {service.name} has no mode '{mode}'")
    return StackService(
        name=service.name,
        version=service.version,
        modes=list(dict.fromkeys(modes)),
        components=[c.name for c in service.components if c.mode is None or c.mode in modes],
    )


def _group(context: Context, place_name: str, components: Sequence[str]) -> StackNodeGroup:
    place = context.reference.places[place_name]
    ram = min_ram(context, components)
    return StackNodeGroup(
        id=place.id,
        components=list(components),
        resource_limits=ResourceLimits(place.min_count, place.max_count, ram),
        count=place.min_count,
        flavor_id=place.flavor_id or flavors.smallest(context, ram).id,
    )
