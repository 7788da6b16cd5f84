"""Nodes: the servers of a cluster."""

from __future__ import annotations

from lavaclient.sandbox.core import lifecycle
from lavaclient.sandbox.core.context import Context, optional_timestamp, timestamp
from lavaclient.sandbox.core.errors import conflict, not_found
from lavaclient.sandbox.core.pagination import page
from lavaclient.sandbox.core.reference_data import Component
from lavaclient.sandbox.core.state import Cluster, Node

# Two networks that RFC 5737 keeps for documentation, so that nobody's server is ever meant.
_PUBLIC = ("203.0.113", "198.51.100")
_HOSTS = 254


def list_nodes(context: Context, cluster_id: str) -> dict[str, object]:
    """Lists the nodes of a cluster."""
    cluster = context.cluster(cluster_id)
    nodes = lifecycle.visible(cluster, context.now)
    chosen, links = page(
        context,
        nodes,
        f"clusters/{cluster.id}/nodes",
        lambda node: node.serial,
        context.account.clusters.departed_nodes,
    )
    body = [_view(context, cluster, node) for node in chosen]
    return {"nodes": body, "links": links}


def get_node(context: Context, cluster_id: str, node_id: str) -> dict[str, object]:
    """Shows a node."""
    cluster = context.cluster(cluster_id)
    return {"node": _view(context, cluster, _find(context, cluster, node_id))}


def delete_node(context: Context, cluster_id: str, node_id: str) -> None:
    """Deletes a node."""
    cluster = context.cluster(cluster_id)
    node = _find(context, cluster, node_id)
    status = lifecycle.status(cluster, context.now)
    if status != "ACTIVE":
        message = f"Cluster {cluster.id} is {status}; nodes can be deleted only when it is ACTIVE"
        raise conflict(message)
    group = next(group for group in cluster.groups if group.id == node.node_group)
    if group.count <= group.resource_limits.min_count:
        message = f"Node group {group.id} needs {group.count} nodes; {node.name} cannot be deleted"
        raise conflict(message)
    lifecycle.remove_node(cluster, node, context.now, context.timings.update)
    context.account.clusters.store(cluster, context.now)


def script_views(context: Context, cluster: Cluster) -> list[dict[str, object]]:
    """A cluster's scripts: one entry for each node, planned ones too as long as there are none."""
    nodes = lifecycle.visible(cluster, context.now) or cluster.nodes[:1]
    return [
        {
            "id": script.id,
            "script_id": script.id,
            "node_id": node.id,
            "name": script.name,
            "status": lifecycle.script_status(cluster, node, context.now),
        }
        for script in cluster.scripts
        for node in nodes
    ]


def public_ip(node: Node) -> str:
    """The node's public address."""
    network, host = divmod(node.serial, _HOSTS)
    return f"{_PUBLIC[network % len(_PUBLIC)]}.{host + 1}"


def private_ip(node: Node) -> str:
    """The node's private address."""
    network, host = divmod(node.serial, _HOSTS)
    return f"10.{network // 256 % 256}.{network % 256}.{host + 1}"


def component_uri(component: Component, cluster: Cluster, node: Node) -> str | None:
    """Where a component on a node answers; None for one that does not."""
    if component.uri is None:
        return None
    return component.uri.format(
        node=node.name, username=cluster.username, public_ip=public_ip(node)
    )


def _find(context: Context, cluster: Cluster, node_id: str) -> Node:
    for node in lifecycle.visible(cluster, context.now):
        if node.id == node_id:
            return node
    raise not_found("Node", node_id)


def _view(context: Context, cluster: Cluster, node: Node) -> dict[str, object]:
    updated = node.ready if lifecycle.is_ready(cluster, node, context.now) else None
    group = next(group for group in cluster.groups if group.id == node.node_group)
    return {
        "id": node.id,
        "name": node.name,
        "node_group": node.node_group,
        "flavor_id": node.flavor_id,
        "status": lifecycle.node_status(cluster, node, context.now),
        "created": timestamp(node.born),
        "updated": optional_timestamp(updated),
        "addresses": {
            "public": [{"addr": public_ip(node), "version": 4}],
            "private": [{"addr": private_ip(node), "version": 4}],
        },
        "components": [_component(context, cluster, node, name) for name in group.components],
        "links": context.links.of(f"clusters/{cluster.id}/nodes/{node.id}"),
    }


def _component(context: Context, cluster: Cluster, node: Node, name: str) -> dict[str, str]:
    component = context.reference.components[name]
    uri = component_uri(component, cluster, node)
    body = {"name": name, "nice_name": component.nice_name}
    return body if uri is None else {**body, "uri": uri}
