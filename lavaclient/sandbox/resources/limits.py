"""Absolute limits: what a tenant may use, and what is left of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from lavaclient.sandbox.core.accounts import Account
from lavaclient.sandbox.core.context import Context
from lavaclient.sandbox.core.errors import over_quota
from lavaclient.sandbox.core.reference_data import ReferenceData

RESOURCES = ("node_count", "ram", "disk", "vcpus")


def get_limits(context: Context) -> dict[str, object]:
    """Shows the limits, and what is left of them."""
    taken = used(context)
    absolute = {
        name: {"limit": _limit(context, name), "remaining": _limit(context, name) - taken[name]}
        for name in RESOURCES
    }
    return {"limits": {"absolute": absolute}}


def used(context: Context) -> dict[str, int]:
    """What the account of a request uses."""
    return used_by(context.account, context.reference)


def used_by(account: Account, reference: ReferenceData) -> dict[str, int]:
    """What an account's clusters take, nodes that are planned or leaving included."""
    uses = account.clusters.uses
    return _cost(reference, {i: uses["flavor", i] for i in reference.flavors})


def check_quota(context: Context, flavor_ids: Iterable[str]) -> None:
    """See that nodes of these flavors may be added.

    Raises:
        ApiFault: 413, naming the resource.
    """
    wanted = _cost(context.reference, Counter(flavor_ids))
    taken = used(context)
    for name in RESOURCES:
        remaining = _limit(context, name) - taken[name]
        if wanted[name] > remaining:
            message = f"Quota exceeded for {name}: {wanted[name]} needed, {remaining} remaining"
            raise over_quota(message)


def _limit(context: Context, name: str) -> int:
    quota: int = getattr(context.quotas, name)
    return quota


def _cost(reference: ReferenceData, counts: Mapping[str, int]) -> dict[str, int]:
    flavors = [(reference.flavors[key], count) for key, count in counts.items()]
    return {
        "node_count": sum(counts.values()),
        "ram": sum(flavor.ram * count for flavor, count in flavors),
        "disk": sum(flavor.disk * count for flavor, count in flavors),
        "vcpus": sum(flavor.vcpus * count for flavor, count in flavors),
    }
