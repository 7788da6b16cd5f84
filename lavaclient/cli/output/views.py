"""How clusters and nodes are shown, by the commands that share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lavaclient.cli.options.settings import Settings
from lavaclient.cli.output.render import Column, Section, printable, show_list, show_one

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lavaclient.api.clusters import Cluster, ClusterDetail
    from lavaclient.api.credentials import Credentials
    from lavaclient.api.nodes import Node

__all__ = ["component_names", "credential_pairs", "show_cluster", "show_clusters", "show_nodes"]


def component_names(components: Sequence[Mapping[str, object]]) -> list[str]:
    """Return what programs are called."""
    return [printable(one.get("nice_name") or one.get("name")) for one in components]


def credential_pairs(credentials: Credentials) -> list[tuple[str, str]]:
    """Return type and name of each credential."""
    return [
        *(("ssh_keys", one.id) for one in credentials.ssh_keys),
        *(("cloud_files", one.id) for one in credentials.cloud_files),
        *(("s3", one.id) for one in credentials.s3),
        *(("ambari", one.id) for one in credentials.ambari),
        *((kind, _name(one)) for kind, ones in credentials.other.items() for one in ones),
    ]


def _name(unknown: object) -> str:
    """Return the name of a credential of a type that came after this program."""
    return str(unknown.get("name", "")) if isinstance(unknown, dict) else ""


def _used(cluster: ClusterDetail) -> list[str]:
    pairs = credential_pairs(cluster.credentials)
    return [f"{kind}={name}" for kind, name in pairs if kind != "ssh_keys"]


_CLUSTERS: Final = (
    Column("ID", "id", whole=True),
    Column("Name", "name"),
    Column("Status", "status", whole=True),
    Column("Stack", "stack_id"),
    Column("Created", "created", spare=True),
)
_CLUSTER: Final = (
    *_CLUSTERS[:3],
    Column("Progress (%)", "progress"),
    *_CLUSTERS[3:],
    Column("Updated", "updated"),
    Column("Username", "username"),
    Column("SSH keys", "ssh_keys"),
    Column("Credentials", _used),
    Column("CBD version", "cbd_version"),
)
_GROUPS: Final = (
    Column("ID", "id"),
    Column("Flavor", "flavor_id", whole=True),
    Column("Count", "count"),
    Column("Components", lambda group: component_names(group.components)),
)
_SCRIPTS: Final = (
    Column("Script", "id", whole=True),
    Column("Name", "name"),
    Column("Node", "node_id"),
    Column("Status", "status", whole=True),
)
_NODES: Final = (
    Column("ID", "id", whole=True),
    Column("Name", "name"),
    Column("Status", "status", whole=True),
    Column("Group", "node_group", spare=True),
    Column("Flavor", "flavor_id", spare=True),
    Column("Public IP", "public_ip", whole=True),
    Column("Private IP", "private_ip", whole=True, spare=True),
)


def show_clusters(settings: Settings, clusters: Sequence[Cluster]) -> None:
    """Print a list of clusters."""
    show_list(settings, clusters, _CLUSTERS)


def show_cluster(settings: Settings, cluster: ClusterDetail) -> None:
    """Print one cluster, with its groups and scripts."""
    sections = (
        Section("Node groups", cluster.node_groups, _GROUPS),
        Section("Scripts", cluster.scripts, _SCRIPTS),
    )
    show_one(settings, cluster, _CLUSTER, sections)


def show_nodes(settings: Settings, nodes: Sequence[Node]) -> None:
    """Print a list of nodes."""
    show_list(settings, nodes, _NODES)
