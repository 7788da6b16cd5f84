"""Which node ssh logs in to, and as which user; whether a cluster can be used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lavaclient.api.clusters.models import ClusterDetail, ClusterStatus
from lavaclient.api.nodes import Node
from lavaclient.error import InvalidError

__all__ = ["is_usable", "login_name", "node_by_name", "node_with_component"]

_AMBARI = frozenset({"ambari", "ambariserver"})
_UNUSABLE = frozenset({ClusterStatus.ERROR, ClusterStatus.DELETING, ClusterStatus.DELETED})


def is_usable(cluster: ClusterDetail, *, wait: bool) -> bool:
    """Tell whether the nodes can be logged in to now; False means later, with ``wait``.

    Raises:
        InvalidError: They cannot.
    """
    if cluster.status in _UNUSABLE:
        raise InvalidError(f"cluster {cluster.name!r} is {cluster.status}: no node can be used")
    if cluster.status not in ClusterStatus.IN_PROGRESS:
        return True
    if not wait:
        raise InvalidError(
            f"cluster {cluster.name!r} is {cluster.status}: to wait for it, give wait=True"
        )
    return False


def login_name(cluster: ClusterDetail) -> str:
    """Return the user to log in as."""
    if not cluster.username:
        raise InvalidError(f"cluster {cluster.name!r}: the service names no user to log in as")
    return cluster.username


def node_by_name(nodes: Sequence[Node], name: str | None, cluster: ClusterDetail) -> Node:
    """Return the node of a name, or without one the first that is not the Ambari host."""
    for node in nodes:
        if not _is_ambari(node) if name is None else _same(node.name, name):
            return node
    listing = _listing("nodes", (node.name for node in nodes))
    if name is None:
        raise InvalidError(f"cluster {cluster.name!r} has no node besides Ambari's; {listing}")
    raise InvalidError(f"node_name: cluster {cluster.name!r} has no node {name!r}; {listing}")


def node_with_component(nodes: Sequence[Node], component: str, cluster: ClusterDetail) -> Node:
    """Return the first node that runs a component."""
    for node in nodes:
        if any(_same(name, component) for name in _component_names(node)):
            return node
    listing = _listing("components", (part["name"] for node in nodes for part in node.components))
    raise InvalidError(
        f"component: no node of cluster {cluster.name!r} runs {component!r}; {listing}"
    )


def _component_names(node: Node) -> Iterable[str]:
    for component in node.components:
        yield component["name"]
        yield component.get("nice_name", "")


def _is_ambari(node: Node) -> bool:
    """Tell by the group, the name or a component: older answers differ."""
    return "ambari" in f"{node.node_group or ''} {node.name}".lower() or any(
        "".join(name.lower().split()) in _AMBARI for name in _component_names(node)
    )


def _same(name: str, wanted: object) -> bool:
    if not isinstance(wanted, str) or not name:
        return False
    return name.casefold() == wanted.strip().casefold()


def _listing(plural: str, names: Iterable[str]) -> str:
    unique = ", ".join(dict.fromkeys(names))
    return f"its {plural} are {unique}" if unique else f"it has no {plural} yet"
