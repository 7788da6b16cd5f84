"""Changes to clusters: `PUT clusters/{id}`, in the four ways it can be meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import UNSET

from lavaclient.sandbox.core import lifecycle
from lavaclient.sandbox.core.context import Context
from lavaclient.sandbox.core.decoding import decode
from lavaclient.sandbox.core.errors import bad_request, conflict
from lavaclient.sandbox.core.state import Cluster, NodeGroup
from lavaclient.sandbox.resources import clusters, credentials, limits
from lavaclient.sandbox.resources import stacks as stack_rules
from lavaclient.sandbox.resources.cluster_requests import (
    ClusterChangeBody,
    Control,
    CredentialRef,
    GroupCount,
)


def change_cluster(context: Context, cluster_id: str) -> dict[str, object]:
    """Resizes a cluster, or changes its credentials or services."""
    cluster = context.cluster(cluster_id)
    change = decode(context.body, ClusterChangeBody).cluster
    names = [name for name in _RULES if getattr(change, name) is not UNSET]
    if len(names) != 1:
        raise bad_request(f"cluster: give exactly one of {', '.join(_RULES)}")
    check_active(context, cluster)
    _RULES[names[0]](context, cluster, getattr(change, names[0]))
    context.account.clusters.store(cluster, context.now)
    return {"cluster": clusters.view(context, cluster)}


def check_active(context: Context, cluster: Cluster) -> None:
    """See that a cluster is in the state in which it can be changed.

    Raises:
        ApiFault: 409, naming the state it is in.
    """
    status = lifecycle.status(cluster, context.now)
    if status != "ACTIVE":
        message = f"Cluster {cluster.id} is {status}; it can be changed only when it is ACTIVE"
        raise conflict(message)


def _resize(context: Context, cluster: Cluster, wanted: Sequence[GroupCount]) -> None:
    groups = {group.id: group for group in cluster.groups}
    counts: dict[str, int] = {}
    for group_count in wanted:
        if group_count.id in counts:
            raise bad_request(f"node_groups: '{group_count.id}' is given twice")
        _check_group(groups.get(group_count.id), group_count)
        counts[group_count.id] = group_count.count
    added = [
        groups[group_id].flavor_id
        for group_id, count in counts.items()
        for _ in range(count - groups[group_id].count)
    ]
    limits.check_quota(context, added)
    maker = clusters.node_maker(context)
    lifecycle.resize(cluster, counts, context.now, context.timings.resize, maker)


def _check_group(group: NodeGroup | None, wanted: GroupCount) -> None:
    if group is None:
        raise bad_request(f"node_groups: the cluster has no '{wanted.id}'")
    if wanted.flavor_id not in {None, group.flavor_id}:
        message = f"node_groups: {group.id}: flavor_id: is {group.flavor_id} and cannot be changed"
        raise bad_request(message)
    clusters.check_count(group, wanted.count)


def _add_credentials(context: Context, cluster: Cluster, wanted: Sequence[CredentialRef]) -> None:
    chosen = [reference.stored() for reference in wanted]
    for credential in chosen:
        credentials.check_exists(context, credential, "credentials")
    cluster.credentials = list(dict.fromkeys([*cluster.credentials, *chosen]))
    lifecycle.update(cluster, context.now, context.timings.update)


def _remove_credentials(
    context: Context, cluster: Cluster, wanted: Sequence[CredentialRef]
) -> None:
    chosen = [reference.stored() for reference in wanted]
    for credential in chosen:
        if credential not in cluster.credentials:
            raise bad_request(
                f"remove_credentials: the cluster has no {credential.type} "
                f"named '{credential.name}'"
            )
    cluster.credentials = [c for c in cluster.credentials if c not in chosen]
    lifecycle.update(cluster, context.now, context.timings.update)


def _control(context: Context, cluster: Cluster, wanted: Control) -> None:
    stack = stack_rules.known(context)[cluster.stack_id]
    names = [service.name for service in stack.services]
    for service in wanted.services:
        if service.name not in names:
            raise bad_request(
                f"control_services.services: the cluster has no service '{service.name}'; "
                f"it has {', '.join(names)}"
            )
    lifecycle.update(cluster, context.now, context.timings.update)


_RULES: dict[str, Callable[..., None]] = {
    "node_groups": _resize,
    "credentials": _add_credentials,
    "remove_credentials": _remove_credentials,
    "control_services": _control,
}
