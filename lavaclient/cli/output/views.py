"""The columns of each kind of object: those of 0.3.x, and newer ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from lavaclient.cli.output.columns import Column, Section, View, printable

# Help and completion do not load the client and its models.
if TYPE_CHECKING:
    from lavaclient.api.clusters import ClusterDetail
    from lavaclient.api.credentials import (
        AmbariCredential,
        CloudFilesCredential,
        Credentials,
        S3Credential,
        SSHKey,
    )
    from lavaclient.api.nodes import Node

__all__ = [
    "CLUSTER",
    "CLUSTERS",
    "NODES",
    "SCRIPTS",
    "cluster_sections",
    "component_names",
    "credential_pairs",
    "node_sections",
]


def component_names(components: Sequence[Mapping[str, object]]) -> list[str]:
    """Return the display names of components."""
    return [printable(part.get("nice_name") or part.get("name")) for part in components]


def credential_pairs(credentials: Credentials) -> list[tuple[str, str]]:
    """Return type and name of each credential."""
    known: dict[str, Sequence[SSHKey | CloudFilesCredential | S3Credential | AmbariCredential]] = {
        "ssh_keys": credentials.ssh_keys,
        "cloud_files": credentials.cloud_files,
        "s3": credentials.s3,
        "ambari": credentials.ambari,
    }
    return [
        *((kind, credential.id) for kind, members in known.items() for credential in members),
        # Types that this version does not know.
        *(
            (kind, str(member.get("name", "")) if isinstance(member, dict) else "")
            for kind, members in credentials.other.items()
            for member in members
        ),
    ]


def _used(cluster: ClusterDetail) -> list[str]:
    pairs = credential_pairs(cluster.credentials)
    return [f"{kind}={name}" for kind, name in pairs if kind != "ssh_keys"]


_STARTED: Final = (
    Column("id", "ID", "id", whole=True),
    Column("name", "Name", "name"),
    Column("status", "Status", "status", whole=True),
)
_STACK: Final = Column("stack", "Stack", "stack_id", rank=1)
_CREATED: Final = Column("created", "Created", "created", rank=2, whole=True)
_UPDATED: Final = Column("updated", "Updated", "updated", rank=4, whole=True)
_VERSION: Final = Column("cbd_version", "CBD version", "cbd_version", rank=None)
CLUSTERS: Final = View(
    "clusters",
    (*_STARTED, _STACK, _CREATED, _UPDATED, _VERSION),
    ("id", "name", "status", "stack", "created"),
)
CLUSTER: Final = View(
    "clusters",
    (
        *_STARTED,
        Column("progress", "Progress (%)", "progress"),
        _STACK,
        _CREATED,
        _UPDATED,
        Column("username", "Username", "username"),
        Column("ssh_keys", "SSH keys", "ssh_keys"),
        Column("credentials", "Credentials", _used),
        _VERSION,
    ),
    ("id", "name", "status", "stack", "created", "cbd_version", "username", "progress"),
)
_GROUPS: Final = (
    Column("id", "ID", "id"),
    Column("flavor", "Flavor", "flavor_id", whole=True),
    Column("count", "Count", "count"),
    Column("components", "Components", lambda group: component_names(group.components), rank=1),
)
_NODE_SCRIPTS: Final = (
    Column("script", "Script", "id", rank=1, whole=True),
    Column("name", "Name", "name"),
    Column("node", "Node", "node_id", rank=2, whole=True),
    Column("status", "Status", "status", whole=True),
)
NODES: Final = View(
    "nodes",
    (
        *_STARTED,
        Column("role", "Role", "node_group", rank=2),
        Column("flavor", "Flavor", "flavor_id", rank=4),
        Column("public_ip", "Public IP", "public_ip", whole=True),
        Column("private_ip", "Private IP", "private_ip", rank=3, whole=True),
        Column(
            "components",
            "Components",
            lambda node: component_names(node.components),
            rank=5,
            is_section=True,
        ),
        Column(
            "urls",
            "URLs",
            lambda node: [part["uri"] for part in node.components if part.get("uri")],
            rank=6,
            is_section=True,
        ),
        Column("created", "Created", "created", rank=None, whole=True),
        Column("updated", "Updated", "updated", rank=None, whole=True),
    ),
    ("id", "name", "role", "status", "public_ip", "private_ip"),
)
_COMPONENTS: Final = (
    Column("name", "Name", lambda part: part.get("nice_name") or part.get("name")),
    Column("url", "URL", lambda part: part.get("uri")),
)
SCRIPTS: Final = View(
    "scripts",
    (
        Column("id", "ID", "id", whole=True),
        Column("name", "Name", "name"),
        Column("type", "Type", "type", rank=3),
        Column("public", "Public", "is_public", rank=2),
        Column("url", "URL", "url", rank=1),
        Column("created", "Created", "created", rank=4, whole=True),
        Column("updated", "Updated", "updated", rank=None, whole=True),
    ),
    ("id", "name", "type", "public", "created", "url"),
)


def cluster_sections(cluster: ClusterDetail) -> list[Section]:
    """Return the lists within a cluster."""
    return [
        Section("Node groups", cluster.node_groups, _GROUPS),
        Section("Scripts", cluster.scripts, _NODE_SCRIPTS),
    ]


def node_sections(node: Node) -> list[Section]:
    """Return the lists within a node."""
    return [Section("Components", node.components, _COMPONENTS)]
