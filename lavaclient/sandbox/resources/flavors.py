"""Flavors: the sizes of servers."""

from __future__ import annotations

import msgspec

from lavaclient.sandbox.core.context import Context
from lavaclient.sandbox.core.errors import bad_request, record_of
from lavaclient.sandbox.core.pagination import page
from lavaclient.sandbox.core.reference_data import Flavor


def list_flavors(context: Context) -> dict[str, object]:
    """Lists flavors."""
    flavors, links = page(context, list(context.reference.flavors.values()), "flavors")
    return {"flavors": [_view(context, f) for f in flavors], "links": links}


def get_flavor(context: Context, flavor_id: str) -> dict[str, object]:
    """Shows a flavor."""
    flavor = record_of(context.reference.flavors, "Flavor", flavor_id)
    return {"flavor": _view(context, flavor)}


def fitting(context: Context, flavor_id: str, min_ram: int, where: str) -> Flavor:
    """The flavor of this id, if a node group may use it.

    Raises:
        ApiFault: 400; there is none, or it has too little memory.
    """
    flavor = context.reference.flavors.get(flavor_id)
    if flavor is None:
        raise bad_request(f"{where}: there is no flavor '{flavor_id}'")
    if flavor.ram < min_ram:
        message = f"{where}: {flavor_id} has {flavor.ram} MB of memory; {min_ram} MB are needed"
        raise bad_request(message)
    return flavor


def smallest(context: Context, min_ram: int) -> Flavor:
    """The smallest flavor with so much memory, in MB.

    Raises:
        ApiFault: 400; none is large enough.
    """
    fits = [f for f in context.reference.flavors.values() if f.ram >= min_ram]
    if not fits:
        message = f"no flavor has {min_ram} MB of memory: spread the components over more groups"
        raise bad_request(message)
    return min(fits, key=lambda flavor: flavor.ram)


def _view(context: Context, flavor: Flavor) -> dict[str, object]:
    links = context.links.of(f"flavors/{flavor.id}")
    return {**msgspec.to_builtins(flavor), "links": links}
