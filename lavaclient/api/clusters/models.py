"""Models of clusters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import ClassVar, Protocol, TypeAlias, TypedDict, Unpack

import msgspec

from lavaclient._decode.types import Number, Timestamp, TimestampOrBlank
from lavaclient._ssh.process import Forward
from lavaclient.api._base import Bound, Id, Link, Model, ServerStatus, show_as_tables
from lavaclient.api._pagination import Page
from lavaclient.api._requests.node_groups import NodeGroups
from lavaclient.api.credentials.models import Credentials, DecodedCredentials
from lavaclient.api.nodes import Node, NodeGroup, NodeScript

__all__ = [
    "Cluster",
    "ClusterBody",
    "ClusterDetail",
    "ClusterStatus",
    "ClustersPage",
    "Connector",
    "OnProgress",
    "capitalize_statuses",
]


class ClusterStatus(ServerStatus):
    """The known statuses of a cluster; there may be others.

    Each is a ``str``, so that ``cluster.status == ClusterStatus.ACTIVE`` and
    ``cluster.status in ClusterStatus.IN_PROGRESS`` are plain comparisons.
    """


class Connector(TypedDict, total=False):
    """A credential of a cluster in older answers: a plain dict.

    Attributes:
        type: Type of the credential, e.g. ``"cloud_files"``.
        credential: ``{"name": ...}``.
    """

    type: str
    credential: dict[str, str]


class _WaitOptions(TypedDict, total=False):
    timeout: float | str | None
    interval: float | str | None
    on_progress: OnProgress | None


class _Operations(Protocol):
    """The part of the manager that clusters use; its module imports this one."""

    def nodes(self, cluster_id: Id) -> list[Node]: ...

    def get(self, cluster_id: Id) -> ClusterDetail: ...

    def delete(self, cluster_id: Id, wait: bool, **options: Unpack[_WaitOptions]) -> None: ...

    def resize(
        self, cluster_id: Id, node_groups: NodeGroups, wait: bool, **options: Unpack[_WaitOptions]
    ) -> ClusterDetail: ...

    def wait(
        self,
        cluster_id: Id,
        timeout: float | str | None,
        interval: float | str | None,
        until: str,
        *,
        on_progress: OnProgress | None,
    ) -> ClusterDetail: ...

    def ssh_execute(
        self,
        cluster_id: Id,
        node_name: str | None,
        command: str,
        ssh_command: str | Sequence[str] | None,
        wait: bool,
        **options: Unpack[_WaitOptions],
    ) -> str: ...

    def ssh_proxy(
        self,
        cluster_id: Id,
        port: int | str | None,
        node_name: str | None,
        ssh_command: str | Sequence[str] | None,
        wait: bool,
        **options: Unpack[_WaitOptions],
    ) -> Forward: ...

    def ssh_tunnel(
        self,
        cluster_id: Id,
        local_port: int | str,
        remote_port: int | str,
        node_name: str | None,
        component: str | None,
        ssh_command: str | Sequence[str] | None,
        wait: bool,
        **options: Unpack[_WaitOptions],
    ) -> Forward: ...


class Cluster(Bound[_Operations], Model, frozen=True, kw_only=True, gc=False):
    """A cluster in a list.

    Attributes:
        id: The cluster's id.
        name: Its name.
        status: See :class:`ClusterStatus`.
        stack_id: Id of the stack that it was made from.
        created: When it was made, or None.
        updated: When it was last changed, or None.
        cbd_version: Version of the service that made it, or None.
        links: URLs of it.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("id", "name", "status", "stack_id")

    id: str
    name: str
    status: str = ""
    stack_id: str = ""
    created: Timestamp = None
    updated: TimestampOrBlank = None
    cbd_version: int | None = None
    links: list[Link] = []

    @property
    def nodes(self) -> list[Node]:
        """The cluster's nodes. Reading this asks the service, each time.

        Sends ``GET clusters/{id}/nodes``, page after page, as ``lava.nodes.list`` does.
        """
        return self._manager.nodes(self.id)

    def refresh(self) -> ClusterDetail:
        """Return the cluster as it is now, with all details, as ``lava.clusters.get`` does.

        Example::

            cluster = cluster.refresh()
        """
        return self._manager.get(self.id)

    def delete(
        self,
        wait: bool = False,
        *,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Delete it, as ``lava.clusters.delete`` does.

        Example::

            cluster.delete(wait=True)
        """
        self._manager.delete(
            self.id, wait, timeout=timeout, interval=interval, on_progress=on_progress
        )

    def resize(
        self,
        node_groups: NodeGroups,
        wait: bool = False,
        *,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> ClusterDetail:
        """Resize it, as ``lava.clusters.resize`` does.

        Example::

            cluster = cluster.resize({"slave0": {"count": 5}}, wait=True)
        """
        return self._manager.resize(
            self.id, node_groups, wait, timeout=timeout, interval=interval, on_progress=on_progress
        )

    def wait(
        self,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        until: str = ClusterStatus.ACTIVE,
        *,
        on_progress: OnProgress | None = None,
    ) -> ClusterDetail:
        """Wait until it is ``ACTIVE``, or gone, as ``lava.clusters.wait`` does.

        Example::

            cluster = cluster.wait(timeout=45)
        """
        return self._manager.wait(self.id, timeout, interval, until, on_progress=on_progress)

    def execute_on_node(
        self,
        node_name: str | None,
        command: str,
        ssh_command: str | Sequence[str] | None = None,
        wait: bool = False,
        *,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> str:
        """Run a command on a node, as ``lava.clusters.ssh_execute`` does.

        Example::

            print(cluster.execute_on_node("master0-1", "hdfs dfs -ls /"))
        """
        return self._manager.ssh_execute(
            self.id,
            node_name,
            command,
            ssh_command,
            wait,
            timeout=timeout,
            interval=interval,
            on_progress=on_progress,
        )

    def ssh_proxy(
        self,
        port: int | str | None = None,
        node_name: str | None = None,
        ssh_command: str | Sequence[str] | None = None,
        wait: bool = False,
        *,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> Forward:
        """Open a SOCKS5 proxy into it, as ``lava.clusters.ssh_proxy`` does.

        Example::

            with cluster.ssh_proxy(port=0) as proxy:
                print(f"socks5h://localhost:{proxy.port}")
        """
        return self._manager.ssh_proxy(
            self.id,
            port,
            node_name,
            ssh_command,
            wait,
            timeout=timeout,
            interval=interval,
            on_progress=on_progress,
        )

    def ssh_tunnel(
        self,
        local_port: int | str,
        remote_port: int | str,
        node_name: str | None = None,
        component: str | None = None,
        ssh_command: str | Sequence[str] | None = None,
        wait: bool = False,
        *,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> Forward:
        """Forward a port to one of its nodes, as ``lava.clusters.ssh_tunnel`` does.

        Example::

            with cluster.ssh_tunnel(0, 8088, component="ResourceManager") as tunnel:
                print(f"http://localhost:{tunnel.port}")
        """
        return self._manager.ssh_tunnel(
            self.id,
            local_port,
            remote_port,
            node_name,
            component,
            ssh_command,
            wait,
            timeout=timeout,
            interval=interval,
            on_progress=on_progress,
        )


class ClusterDetail(Cluster, frozen=True, kw_only=True):
    """A cluster with all details.

    Attributes:
        node_groups: The groups of its nodes.
        username: Login name on its nodes, or None.
        scripts: The statuses of scripts on its nodes.
        progress: Progress of what is under way, in percent, or None.
        credentials: The credentials that it uses.
        ssh_keys: Names of the public keys on its nodes.
        connectors: Credentials in the format of older answers.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("id", "name", "status", "stack_id", "progress")
    _units: ClassVar[Mapping[str, str]] = {"progress": "%"}

    node_groups: list[NodeGroup] = []
    username: str | None = None
    scripts: list[NodeScript] = []
    progress: Number = None
    credentials: DecodedCredentials = msgspec.field(default_factory=Credentials)
    ssh_keys: list[str] = []
    connectors: list[Connector] = []

    def __post_init__(self) -> None:
        """Show lists as tables in notebooks."""
        show_as_tables(self, "node_groups", "scripts", "connectors")


def capitalize_statuses(clusters: Collection[Cluster]) -> None:
    """Convert statuses to upper case, as the service usually writes them.

    A custom type of the field, as in nodes, makes decoding a list a fifth slower.
    """
    if all(map(str.isupper, {cluster.status for cluster in clusters})):
        return
    for cluster in clusters:
        msgspec.structs.force_setattr(cluster, "status", cluster.status.upper())


class ClustersPage(Page[Cluster]):
    """A page of the list of clusters."""

    items: list[Cluster] = msgspec.field(name="clusters")


class ClusterBody(msgspec.Struct):
    """The body of an answer with one cluster."""

    cluster: ClusterDetail


OnProgress: TypeAlias = Callable[[ClusterDetail], object]
"""A function that a wait calls after each poll."""
