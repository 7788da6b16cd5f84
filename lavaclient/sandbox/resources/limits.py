"""Absolute limits: what a tenant may use, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterable

from lavaclient.sandbox.core.context import Answer, Context
from lavaclient.sandbox.core.errors import over_quota

RESOURCES = ("node_count", "ram", "disk", "vcpus")


def get_limits(context: Context) -> Answer:
    """`GET limits`."""
    taken = used(context)
    absolute = {
        name: {"limit": limit(context, name), "remaining": limit(context, name) - taken[name]}
        for name in RESOURCES
    }
    return Answer(200, {"limits": {"absolute": absolute}})


def used(context: Context) -> dict[str, int]:
    """What the account's clusters take, nodes that are planned or leaving included."""
    clusters = context.account.clusters.values()
    return cost(context, (node.flavor_id for cluster in clusters for node in cluster.nodes))


def limit(context: Context, name: str) -> int:
    """The quota of one resource."""
    return {
        "node_count": context.quotas.node_count,
        "ram": context.quotas.ram,
        "disk": context.quotas.disk,
        "vcpus": context.quotas.vcpus,
    }[name]


def cost(context: Context, flavor_ids: Iterable[str]) -> dict[str, int]:
    """What nodes of these flavors take together."""
    flavors = [context.reference.flavors[flavor_id] for flavor_id in flavor_ids]
    return {
        "node_count": len(flavors),
        "ram": sum(flavor.ram for flavor in flavors),
        "disk": sum(flavor.disk for flavor in flavors),
        "vcpus": sum(flavor.vcpus for flavor in flavors),
    }


def check_quota(context: Context, flavor_ids: Iterable[str]) -> None:
    """See that nodes of these flavors may be added.

    Raises:
        ApiFault: 413, naming the resource.
    """
    wanted, taken = cost(context, flavor_ids), used(context)
    for name in RESOURCES:
        remaining = limit(context, name) - taken[name]
        if wanted[name] > remaining:
            message = f"Quota exceeded for {name}: {wanted[name]} needed, {remaining} remaining"
            raise over_quota(message)
