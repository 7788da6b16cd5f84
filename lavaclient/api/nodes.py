"""Nodes: the servers that a cluster is made of."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Final

import msgspec

from lavaclient._decode.types import Status, Text, Timestamp, TimestampOrBlank
from lavaclient._http.paths import path_segment
from lavaclient._ssh.command import execute
from lavaclient.api._base import (
    Component,
    Id,
    Link,
    Manager,
    Model,
    ServerStatus,
    show_as_tables,
)
from lavaclient.api._pagination import Page, list_pages
from lavaclient.api._resolve import by_id_or_name, find
from lavaclient.error import InvalidError

__all__ = [
    "Address",
    "Addresses",
    "Node",
    "NodeGroup",
    "NodeManager",
    "NodeScript",
    "NodeStatus",
    "ScriptStatus",
]


class NodeStatus(ServerStatus):
    """The known statuses of a node; there may be others.

    Each is a ``str``, to be compared with ``node.status``.

    Attributes:
        DEACTIVATING: It is about to leave its cluster.
    """

    DEACTIVATING: Final = "DEACTIVATING"


class ScriptStatus:
    """The known statuses of a script on a node; there may be others.

    Each is a ``str``, to be compared with ``script.status``.

    Attributes:
        PENDING: The node is not ready for it.
        DELIVERED: The node has it.
        RUNNING: It runs.
        SUCCEEDED: It has ended with status 0.
        FAILED: It could not be fetched, or has ended with another status.
    """

    PENDING: Final = "PENDING"
    DELIVERED: Final = "DELIVERED"
    RUNNING: Final = "RUNNING"
    SUCCEEDED: Final = "SUCCEEDED"
    FAILED: Final = "FAILED"


class Address(Model, frozen=True, kw_only=True, gc=False):
    """An IP address.

    Attributes:
        address: The address.
        version: ``"4"`` or ``"6"``.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("address", "version")
    _identity: ClassVar[tuple[str, ...]] = ("address", "version")

    address: str = msgspec.field(name="addr")
    version: Text = ""


class Addresses(Model, frozen=True, kw_only=True):
    """The addresses of a node.

    Attributes:
        public: Addresses on the internet.
        private: Addresses on the region's internal network.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("public", "private")
    _identity: ClassVar[tuple[str, ...]] = ("public", "private")

    public: list[Address] = []
    private: list[Address] = []

    def __post_init__(self) -> None:
        """Show lists as tables in notebooks."""
        show_as_tables(self, "public", "private")


class Node(Model, frozen=True, kw_only=True):
    """A server of a cluster.

    Attributes:
        id: The node's id.
        name: Its name, e.g. ``"slave0-1"``.
        status: See :class:`NodeStatus`.
        node_group: Id of the group that it belongs to; in older answers its role.
        flavor_id: Id of its flavor, None in older answers.
        created: When it was made, or None.
        updated: When it was last changed, or None.
        addresses: Its IP addresses.
        components: What runs on it, see :class:`Component`.
        links: URLs of it.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("id", "name", "status", "node_group", "public_ip")

    id: str
    name: str
    status: Status = ""
    node_group: str | None = None
    flavor_id: str | None = None
    created: Timestamp = None
    updated: TimestampOrBlank = None
    addresses: Addresses = msgspec.field(default_factory=Addresses)
    components: list[Component] = []
    links: list[Link] = []
    _role: str | None = msgspec.field(default=None, name="role")
    _services: list[Component] | None = msgspec.field(default=None, name="services")

    def __post_init__(self) -> None:
        """Accept the field names of older answers, and show lists as tables in notebooks."""
        if self._role is not None:
            _move_field(self, "_role", "node_group", keep=self.node_group)
        if self._services is not None:
            _move_field(self, "_services", "components", keep=self.components)
        show_as_tables(self, "components")

    @property
    def public_ip(self) -> str | None:
        """The first public address, or None."""
        return next((address.address for address in self.addresses.public), None)

    @property
    def private_ip(self) -> str | None:
        """The first private address, or None."""
        return next((address.address for address in self.addresses.private), None)

    def execute(
        self, username: str, command: str, ssh_command: str | Sequence[str] | None = None
    ) -> str:
        """Run a command on the node, with the ``ssh`` program of this machine.

        Args:
            username: Login name on the nodes of the cluster, ``ClusterDetail.username``.
            command: Text for the shell of the node. Nothing in it is expanded here.
            ssh_command: Another ssh program or options for it, as a text that is split
                as a shell would, or as a list; by default ``ssh``.

        Returns:
            What the command wrote to its standard output, as UTF-8.

        Raises:
            InvalidError: An argument is invalid, or the node has no address. Nothing was run.
            FailedError: The command or ssh failed: ``.returncode`` is the exit status (255
                is ssh's own), ``.output`` what came on both streams.

        Example::

            print(node.execute("analyst", "hdfs dfs -ls /"))
        """
        return execute(username, login_address(self), command, ssh_command=ssh_command)


def login_address(node: Node) -> str:
    """Return the address to log in at: the public one, else the private one.

    Raises:
        InvalidError: The node has neither.
    """
    address = node.public_ip or node.private_ip
    if not address:
        raise InvalidError(f"node {node.name!r} has no address (its status is {node.status!r})")
    return address


def _move_field(model: Model, old: str, new: str, keep: object) -> None:
    """Move the value of an older field to the current one, unless that has a value."""
    msgspec.structs.force_setattr(model, new, keep or getattr(model, old))
    msgspec.structs.force_setattr(model, old, None)


class NodeGroup(Model, frozen=True, kw_only=True):
    """A group of nodes of a cluster, with one flavor and the same components.

    Attributes:
        id: The group's id, e.g. ``"slave0"``.
        flavor_id: Id of the flavor of its nodes.
        count: How many nodes it has.
        components: What runs on each, see :class:`Component`.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("id", "count", "flavor_id")

    id: str
    flavor_id: str = ""
    count: int
    components: list[Component] = []

    def __post_init__(self) -> None:
        """Show lists as tables in notebooks."""
        show_as_tables(self, "components")


class NodeScript(Model, frozen=True, kw_only=True, gc=False):
    """The status of a script on a node.

    Attributes:
        id: The script's id.
        node_id: The node's id, or None while there is no node.
        name: The script's name.
        status: See :class:`ScriptStatus`.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("id", "name", "status", "node_id")
    _identity: ClassVar[tuple[str, ...]] = ("id", "node_id")

    id: str = ""
    node_id: str | None = None
    name: str
    status: Status = ""
    _script_id: str | None = msgspec.field(default=None, name="script_id")

    def __post_init__(self) -> None:
        """Prefer ``script_id``, as ``id`` may have another meaning."""
        if self._script_id:
            _move_field(self, "_script_id", "id", keep=None)
        if not self.id:
            raise ValueError("Object missing required field `id`")


class _NodesPage(Page[Node]):
    items: list[Node] = msgspec.field(name="nodes")


class NodeManager(Manager):
    """The nodes of clusters: ``lava.nodes``."""

    def list(self, cluster_id: Id) -> builtins.list[Node]:
        """Return all nodes of a cluster.

        Sends ``GET clusters/{id}/nodes``, page after page.

        Args:
            cluster_id: Id or name of the cluster.

        Returns:
            The nodes of all groups, in the service's order.

        Raises:
            NotFoundError: There is no such cluster.
            InvalidError: The argument is not a valid id, or several clusters have that name.

        Example::

            for node in lava.nodes.list("my-cluster"):
                print(node.name, node.public_ip)
        """
        fetch = partial(list_pages, self._client, page_type=_NodesPage)
        return by_id_or_name(self._client, cluster_id, "clusters/{}/nodes", fetch)

    def get(self, cluster_id: Id, node_id: Id) -> Node:
        """Return one node of a cluster, which is looked for in the list.

        Sends ``GET clusters/{id}/nodes``, page after page.

        Args:
            cluster_id: Id or name of the cluster.
            node_id: Id or name of the node.

        Returns:
            The node as it is now.

        Raises:
            NotFoundError: There is no such cluster, or it has no such node.
            InvalidError: An argument is not a valid id, or several have that name.

        Example::

            print(lava.nodes.get("my-cluster", "master0-1").public_ip)
        """
        path_segment("node_id", node_id)
        return find("node", self.list(cluster_id), node_id)

    def delete(self, cluster_id: Id, node_id: Id) -> None:
        """Delete a node; the count of its group decreases by one.

        Sends ``DELETE clusters/{id}/nodes/{node_id}``.

        Args:
            cluster_id: Id or name of the cluster.
            node_id: Id of the node.

        Raises:
            NotFoundError: There is no such cluster, or it has no such node.
            ConflictError: The cluster is not ``ACTIVE``, or its group needs the node.
            InvalidError: An argument is not a valid id, or several clusters have that name.

        Example::

            node = lava.nodes.get("my-cluster", "slave0-3")
            lava.nodes.delete("my-cluster", node.id)
        """
        path = f"clusters/{{}}/nodes/{path_segment('node_id', node_id)}"
        by_id_or_name(self._client, cluster_id, path, self._client.delete)
