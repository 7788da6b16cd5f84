"""Absolute limits: what a tenant may use, and what is left of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from lavaclient.sandbox.core.context import Answer, Context
from lavaclient.sandbox.core.errors import over_quota

RESOURCES = ("node_count", "ram", "disk", "vcpus")


def get_limits(context: Context) -> Answer:
    """`GET limits`."""
    taken = used(context)
    absolute = {
        name: {"limit": _limit(context, name), "remaining": _limit(context, name) - taken[name]}
        for name in RESOURCES
    }
    return Answer(200, {"limits": {"absolute": absolute}})


def used(context: Context) -> dict[str, int]:
    """What the account's clusters take, nodes that are planned or leaving included."""
    uses = context.account.clusters.uses
    return _cost(context, {i: uses["flavor", i] for i in context.reference.flavors})


def check_quota(context: Context, flavor_ids: Iterable[str]) -> None:
    """See that nodes of these flavors may be added.

    Raises:
        ApiFault: 413, naming the resource.
    """
    wanted, taken = _cost(context, Counter(flavor_ids)), used(context)
    for name in RESOURCES:
        remaining = _limit(context, name) - taken[name]
        if wanted[name] > remaining:
            message = f"Quota exceeded for {name}: {wanted[name]} needed, {remaining} remaining"
            raise over_quota(message)


def _limit(context: Context, name: str) -> int:
    quota: int = getattr(context.quotas, name)
    return quota


def _cost(context: Context, counts: Mapping[str, int]) -> dict[str, int]:
    flavors = [(context.reference.flavors[key], count) for key, count in counts.items()]
    return {
        "node_count": sum(counts.values()),
        "ram": sum(flavor.ram * count for flavor, count in flavors),
        "disk": sum(flavor.disk * count for flavor, count in flavors),
        "vcpus": sum(flavor.vcpus * count for flavor, count in flavors),
    }
