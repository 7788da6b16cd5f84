"""Give a cluster more nodes."""

from __future__ import annotations

from lavaclient import Lava


def grow(lava: Lava, name: str, group_id: str, more: int) -> int:
    """Add nodes to a group of a cluster, and return how many it has then."""
    cluster = lava.clusters.get(name)
    group = next(group for group in cluster.node_groups if group.id == group_id)
    wanted = {group_id: {"count": group.count + more}}
    lava.clusters.resize(cluster.id, wanted, wait=True)
    return sum(node.node_group == group_id for node in lava.nodes.list(cluster.id))
