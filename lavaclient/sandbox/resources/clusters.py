"""Clusters: making, showing and deleting them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lavaclient.sandbox.core import lifecycle
from lavaclient.sandbox.core.context import Context, optional_timestamp, timestamp
from lavaclient.sandbox.core.decoding import decode
from lavaclient.sandbox.core.errors import bad_request, conflict
from lavaclient.sandbox.core.pagination import page
from lavaclient.sandbox.core.state import (
    Cluster,
    ClusterScript,
    CredentialName,
    Node,
    NodeGroup,
    Stack,
    StackNodeGroup,
)
from lavaclient.sandbox.core.urls import REGIONS
from lavaclient.sandbox.resources import cluster_requests, credentials, flavors, limits, nodes
from lavaclient.sandbox.resources import scripts as script_rules
from lavaclient.sandbox.resources import stacks as stack_rules


def list_clusters(context: Context) -> dict[str, object]:
    """Lists clusters."""
    table = context.account.clusters
    clusters, links = page(
        context,
        list(table.values()),
        "clusters",
        lambda cluster: table.positions[cluster.id],
        table.departed,
    )
    return {"clusters": [_summary(context, c) for c in clusters], "links": links}


def get_cluster(context: Context, cluster_id: str) -> dict[str, object]:
    """Shows a cluster."""
    return {"cluster": view(context, context.cluster(cluster_id))}


def create_cluster(context: Context) -> dict[str, object]:
    """Creates a cluster, and starts to build it."""
    wanted = decode(context.body, cluster_requests.NewClusterBody).cluster
    stack = _stack(context, wanted.stack_id)
    if wanted.region is not None and wanted.region.upper() not in REGIONS:
        regions = ", ".join(REGIONS)
        raise bad_request(f"region: there is no region '{wanted.region}'; there are {regions}")
    cluster = Cluster(
        id="",
        name=wanted.name,
        username=wanted.username,
        stack_id=stack.id,
        region=(wanted.region or context.region).upper(),
        created=context.now,
        groups=_groups(context, stack, wanted.node_groups or []),
        credentials=_credentials(context, wanted),
        scripts=_scripts(context, wanted.scripts),
    )
    limits.check_quota(context, [g.flavor_id for g in cluster.groups for _ in range(g.count)])
    cluster.id = context.new_id("cluster")
    context.failures.schedule(cluster)
    lifecycle.build(cluster, context.now, context.timings.build, node_maker(context))
    context.account.clusters.store(cluster, context.now)
    return {"cluster": view(context, cluster)}


def delete_cluster(context: Context, cluster_id: str) -> None:
    """Deletes a cluster.

    Not while it is in progress; a second time changes nothing.
    """
    cluster = context.cluster(cluster_id)
    status = lifecycle.status(cluster, context.now)
    if status not in {*lifecycle.FINAL, "DELETING"}:
        message = f"Cluster {cluster.id} is {status}; it can be deleted only when that is over"
        raise conflict(message)
    if status != "DELETING":
        lifecycle.delete(cluster, context.now, context.timings.delete)
        context.account.clusters.store(cluster, context.now)


def node_maker(context: Context) -> Callable[[NodeGroup, str], Node]:
    """What makes new nodes for the state machine, with ids and serial numbers of this account."""

    def make(group: NodeGroup, name: str) -> Node:
        return Node(
            id=context.new_id("node"),
            name=name,
            node_group=group.id,
            flavor_id=group.flavor_id,
            serial=context.serial(),
            born=0.0,
            configuring=0.0,
            ready=0.0,
        )

    return make


def view(context: Context, cluster: Cluster) -> dict[str, object]:
    """A cluster with all its details, as answers show it."""
    keys = [c.name for c in cluster.credentials if c.type == "ssh_keys"]
    return {
        **_summary(context, cluster),
        "username": cluster.username,
        "progress": str(lifecycle.progress(cluster, context.now)),
        "ssh_keys": keys,
        "node_groups": [_group_view(group) for group in cluster.groups],
        "credentials": [{"type": c.type, "name": c.name} for c in cluster.credentials],
        "connectors": [
            {"type": c.type, "credential": {"name": c.name}}
            for c in cluster.credentials
            if c.type != "ssh_keys"
        ],
        "scripts": nodes.script_views(context, cluster),
    }


def _summary(context: Context, cluster: Cluster) -> dict[str, object]:
    return {
        "id": cluster.id,
        "name": cluster.name,
        "status": lifecycle.status(cluster, context.now),
        "stack_id": cluster.stack_id,
        "cbd_version": 2,
        "created": timestamp(cluster.created),
        "updated": optional_timestamp(cluster.updated),
        "links": context.links.of(f"clusters/{cluster.id}"),
    }


def _group_view(group: NodeGroup) -> dict[str, object]:
    return {
        "id": group.id,
        "count": group.count,
        "flavor_id": group.flavor_id,
        "components": [{"name": name} for name in group.components],
    }


def _stack(context: Context, stack_id: str) -> Stack:
    stack = stack_rules.known(context).get(stack_id)
    if stack is None:
        raise bad_request(f"stack_id: there is no stack '{stack_id}'")
    return stack


def _groups(
    context: Context, stack: Stack, groups: Sequence[cluster_requests.NewNodeGroup]
) -> list[NodeGroup]:
    wanted: dict[str, cluster_requests.NewNodeGroup] = {}
    for group in groups:
        if group.id in wanted:
            raise bad_request(f"node_groups: '{group.id}' is given twice")
        wanted[group.id] = group
    names = [group.id for group in stack.node_groups]
    for group_id in wanted:
        if group_id not in names:
            message = f"node_groups: {stack.id} has no '{group_id}'; it has {', '.join(names)}"
            raise bad_request(message)
    return [_group(context, group, wanted.get(group.id)) for group in stack.node_groups]


def _group(
    context: Context, proposed: StackNodeGroup, wanted: cluster_requests.NewNodeGroup | None
) -> NodeGroup:
    bounds = proposed.resource_limits
    count = wanted.count if wanted is not None else None
    if count is None:
        count = bounds.min_count if proposed.count is None else proposed.count
    flavor_id = (wanted.flavor_id if wanted is not None else None) or proposed.flavor_id
    if flavor_id is None:
        flavor_id = flavors.smallest(context, bounds.min_ram).id
    flavors.fitting(context, flavor_id, bounds.min_ram, f"node_groups: {proposed.id}: flavor_id")
    group = NodeGroup(proposed.id, count, flavor_id, list(proposed.components), bounds)
    check_count(group, count)
    return group


def check_count(group: NodeGroup, count: int) -> None:
    """See that a node group may have so many nodes.

    Raises:
        ApiFault: 400, naming the group and its bounds.
    """
    bounds = group.resource_limits
    if not bounds.min_count <= count <= bounds.max_count:
        raise bad_request(
            f"node_groups: {group.id}: count: must be from {bounds.min_count} "
            f"to {bounds.max_count}, not {count}"
        )


def _credentials(context: Context, wanted: cluster_requests.NewCluster) -> list[CredentialName]:
    chosen: list[CredentialName] = []
    for name in wanted.ssh_keys:
        key = CredentialName("ssh_keys", name)
        credentials.check_exists(context, key, "ssh_keys")
        chosen.append(key)
    for where, connectors in (
        ("connectors", wanted.connectors),
        ("credentials", wanted.credentials),
    ):
        for connector in connectors:
            credential = CredentialName(connector.type, connector.credential.name)
            credentials.check_exists(context, credential, where)
            chosen.append(credential)
    return list(dict.fromkeys(chosen))


def _scripts(
    context: Context, wanted: Sequence[cluster_requests.Identified]
) -> list[ClusterScript]:
    known = script_rules.known(context)
    for script in wanted:
        if script.id not in known:
            raise bad_request(f"scripts: there is no script '{script.id}'")
    ids = dict.fromkeys(script.id for script in wanted)
    return [ClusterScript(script_id, known[script_id].name) for script_id in ids]
