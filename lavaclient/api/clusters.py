"""Clusters: the main thing."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, TypedDict

import msgspec

from lavaclient._decode.reader import Number, Timestamp
from lavaclient.api._base import Bound, Id, Link, Model, bind, bind_all
from lavaclient.api._cluster_changes import ClusterStatus
from lavaclient.api._cluster_parts import (
    ClusterCredentials,
    ClusterGroups,
    ClusterScripts,
    bind_parts,
    no_credentials,
)
from lavaclient.api._pagination import list_pages
from lavaclient.api._remote import RemoteCluster, RemoteClusters
from lavaclient.api._resolve import with_cluster

if TYPE_CHECKING:
    from lavaclient.api._requests.clusters import ChangeBody, NewCredentials, NodeGroups
    from lavaclient.api.nodes import Node

__all__ = [
    "Cluster",
    "ClusterDetail",
    "ClusterManager",
    "ClusterStatus",
    "Connector",
]


class Connector(TypedDict, total=False):
    """A credential that a cluster uses, as older answers have it: a plain dict.

    Attributes:
        type: Type of the credential, e.g. ``"cloud_files"``.
        credential: ``{"name": ...}``.
    """

    type: str
    credential: dict[str, str]


class Cluster(RemoteCluster, Bound["ClusterManager"], Model, frozen=True, kw_only=True, gc=False):
    """A cluster, as lists have it.

    Attributes:
        id: The cluster's id.
        name: Its name.
        status: See :class:`ClusterStatus`.
        stack_id: Id of the stack that it was made from.
        created: When it was made, or None.
        updated: When it was last changed, or None.
        cbd_version: Version of the service that made it, or None.
        links: Where the service has it.
    """

    _shown: ClassVar[tuple[str, ...]] = ("id", "name", "status", "stack_id")

    id: str
    name: str
    status: str = ""
    stack_id: str = ""
    created: Timestamp = None
    updated: Timestamp = None
    cbd_version: int | None = None
    links: list[Link] = []

    @property
    def nodes(self) -> list[Node]:
        """The cluster's nodes. Reading this asks the service, each time."""
        return self._manager.nodes(self.id)

    def refresh(self) -> ClusterDetail:
        """Return the cluster as it is now, with all details."""
        return self._manager.get(self.id)

    def delete(self) -> None:
        """Delete it, as ``lava.clusters.delete`` does."""
        self._manager.delete(self.id)

    def resize(self, node_groups: NodeGroups, wait: bool = False) -> ClusterDetail:
        """Resize it, as ``lava.clusters.resize`` does."""
        return self._manager.resize(self.id, node_groups, wait)

    def wait(
        self,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        *,
        on_progress: Callable[[ClusterDetail], object] | None = None,
    ) -> ClusterDetail:
        """Wait until it is ``ACTIVE``, as ``lava.clusters.wait`` does."""
        return self._manager.wait(self.id, timeout, interval, on_progress=on_progress)


class ClusterDetail(Cluster, frozen=True, kw_only=True):
    """A cluster with all details.

    Attributes:
        node_groups: The groups of its nodes.
        username: Login name on its nodes, or None.
        scripts: How the user's scripts fare on its nodes.
        progress: How far what is in progress is, in percent, or None.
        credentials: The credentials that it uses.
        ssh_keys: Names of the public keys on its nodes.
        connectors: Credentials in the shape of older answers.
    """

    _shown: ClassVar[tuple[str, ...]] = ("id", "name", "status", "stack_id", "progress")

    node_groups: ClusterGroups = []
    username: str | None = None
    scripts: ClusterScripts = []
    progress: Number = None
    credentials: ClusterCredentials = msgspec.field(default_factory=no_credentials)
    ssh_keys: list[str] = []
    connectors: list[Connector] = []


class _ClustersPage(msgspec.Struct):
    clusters: list[Cluster]
    links: list[Link] = []

    @property
    def items(self) -> list[Cluster]:
        return self.clusters


class _ClusterBody(msgspec.Struct):
    cluster: ClusterDetail


class ClusterManager(RemoteClusters[ClusterDetail]):
    """The clusters: ``lava.clusters``.

    Where a method takes a ``cluster_id``, a cluster's name does as well. The
    errors are then a NotFoundError if there is neither, and an InvalidError
    that gives the ids if there are several of that name.
    """

    def nodes(self, cluster_id: Id) -> list[Node]:
        """Return all nodes of a cluster, as ``lava.nodes.list`` does."""
        from lavaclient.api.nodes import NodeManager

        return NodeManager(self._client).list(cluster_id)

    def list(self) -> list[Cluster]:
        """Return all clusters.

        Example::

            active = [cluster for cluster in lava.clusters.list() if cluster.status == "ACTIVE"]
        """
        clusters = list_pages(self._client, "clusters", _ClustersPage)
        bind_all(clusters, self)
        return clusters

    def get(self, cluster_id: Id) -> ClusterDetail:
        """Return one cluster with all details.

        Args:
            cluster_id: Id or name of the cluster.

        Example::

            print(lava.clusters.get("my-cluster").progress)
        """
        return with_cluster(self._client, cluster_id, self._fetch)

    def create(
        self,
        name: str,
        stack_id: Id,
        username: str | None = None,
        ssh_keys: Sequence[str] | None = None,
        user_scripts: Sequence[Id] | None = None,
        node_groups: NodeGroups | None = None,
        connectors: NewCredentials | None = None,
        wait: bool = False,
        credentials: NewCredentials | None = None,
        region: str | None = None,
    ) -> ClusterDetail:
        """Build a cluster.

        Args:
            name: What to call it, 1 to 255 characters.
            stack_id: Id of the stack to make it from.
            username: Login name on the nodes, 2 to 32 letters, digits, ``_``
                and ``-``, with a letter or ``_`` first; not root. By default
                the local user's.
            ssh_keys: Names of public keys that the service has; by default
                ``["<local user>@<hostname>"]``.
            user_scripts: Ids of scripts to run on the nodes.
            node_groups: Counts (1 to 100) and flavors where they are to differ
                from the stack's, ``{"slave": {"count": 3, "flavor_id":
                "hadoop1-7"}}`` or ``[{"id": "slave", "count": 3}]``.
            connectors: The older name of ``credentials``; deprecated.
            wait: Return only when the cluster is ``ACTIVE``, see `wait`.
            credentials: What the cluster may use, ``[{"cloud_files": "user"}]``.
            region: Id of the region to build it in.

        Returns:
            The cluster as the service began it, or with ``wait`` as it became.

        Raises:
            InvalidError: An argument is no good. Nothing was sent.
            BadRequestError: The service knows no such stack, key, script or flavor.
            OverLimitError: A quota is used up, or clusters were made too fast.
            FailedError: With ``wait``: it went wrong.

        Example::

            cluster = lava.clusters.create(
                "my-cluster", "HDP2.2_Hadoop", ssh_keys=["laptop"], wait=True
            )
        """
        if connectors is not None:
            warnings.warn(
                "connectors is deprecated: use credentials", DeprecationWarning, stacklevel=2
            )
        from lavaclient.api._requests.clusters import new_cluster

        body = new_cluster(
            name=name,
            stack_id=stack_id,
            username=username,
            ssh_keys=ssh_keys,
            user_scripts=user_scripts,
            node_groups=node_groups,
            connectors=connectors,
            credentials=credentials,
            region=region,
        )
        made = self._bound(self._client.post("clusters", body, _ClusterBody))
        return self._when_done(made, wait)

    def delete(self, cluster_id: Id) -> None:
        """Delete a cluster, its nodes and all that is on them.

        Args:
            cluster_id: Id or name of the cluster.
        """
        with_cluster(
            self._client,
            cluster_id,
            lambda cluster: self._client.delete(f"clusters/{cluster}"),
        )

    def _fetch(self, cluster: str) -> ClusterDetail:
        return self._bound(self._client.get(f"clusters/{cluster}", _ClusterBody))

    def _send(self, cluster: str, body: ChangeBody, *, repeatable: bool) -> ClusterDetail:
        path = f"clusters/{cluster}"
        return self._bound(self._client.put(path, body, _ClusterBody, repeatable=repeatable))

    def _bound(self, body: _ClusterBody) -> ClusterDetail:
        bind(body.cluster, self)
        bind_parts(body.cluster.credentials, self._client)
        return body.cluster
