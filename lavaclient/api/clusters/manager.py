"""The manager of clusters."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Sequence
from functools import partial

from lavaclient.api._base import Id, bind, bind_all
from lavaclient.api._pagination import list_pages
from lavaclient.api._requests import clusters as requests
from lavaclient.api._requests.clusters import ChangeBody, NewCredentials, UpdatedCredentials
from lavaclient.api._requests.node_groups import NodeGroups
from lavaclient.api._resolve import by_id_or_name
from lavaclient.api.clusters._node_choice import is_usable
from lavaclient.api.clusters._ssh_access import ClusterSSHAccess
from lavaclient.api.clusters._waiting import PollSettings, PollState, path_of
from lavaclient.api.clusters.models import (
    Cluster,
    ClusterBody,
    ClusterDetail,
    ClustersPage,
    ClusterStatus,
    OnProgress,
    capitalize_statuses,
)
from lavaclient.api.credentials import CredentialManager
from lavaclient.api.credentials.models import bind_credentials
from lavaclient.api.nodes import Node, NodeManager

__all__ = ["ClusterManager"]


class ClusterManager(ClusterSSHAccess):
    """The clusters: ``lava.clusters``.

    A ``cluster_id`` may be a cluster's name: if there is no such id, ``GET
    clusters`` is searched for the name. If there is neither, that is a
    NotFoundError; several clusters of that name are an InvalidError with their
    ids. An invalid argument is an InvalidError, and nothing was sent or run. A
    change of a cluster that is not ``ACTIVE`` is a ConflictError.

    Methods that have ``wait`` raise the errors of `wait` as well.
    """

    def nodes(self, cluster_id: Id) -> builtins.list[Node]:
        """Return all nodes of a cluster, as ``lava.nodes.list`` does.

        Sends ``GET clusters/{id}/nodes``, page after page.

        Args:
            cluster_id: Id or name of the cluster.

        Returns:
            The nodes of all groups, in the service's order.

        Raises:
            NotFoundError: There is no such cluster.

        Example::

            names = [node.name for node in lava.clusters.nodes("my-cluster")]
        """
        return NodeManager(self._client).list(cluster_id)

    def list(self) -> builtins.list[Cluster]:
        """Return all clusters.

        Sends ``GET clusters``, page after page.

        Returns:
            The clusters of the account in this region, without details.

        Raises:
            ApiError: The pages do not end, or changed twice while they were read.

        Example::

            active = [cluster for cluster in lava.clusters.list() if cluster.status == "ACTIVE"]
        """
        clusters = list_pages(self._client, "clusters", ClustersPage)
        capitalize_statuses(clusters)
        bind_all(clusters, self)
        return clusters

    def get(self, cluster_id: Id) -> ClusterDetail:
        """Return one cluster with all details.

        Sends ``GET clusters/{id}``.

        Args:
            cluster_id: Id or name of the cluster.

        Returns:
            The cluster as it is now; the object does not update itself.

        Raises:
            NotFoundError: There is no such cluster.

        Example::

            print(lava.clusters.get("my-cluster").status)
        """
        get = partial(self._client.get, answer_type=ClusterBody)
        return self._bound(by_id_or_name(self._client, cluster_id, "clusters/{}", get))

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
        *,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> ClusterDetail:
        """Build a cluster.

        Sends ``POST clusters``, which is not repeated once it may have arrived.

        Args:
            name: Its name, 1 to 255 characters.
            stack_id: Id of the stack to make it from.
            username: Login name on the nodes, 2 to 32 letters, digits, ``_``
                and ``-``, with a letter or ``_`` first; not root. By default
                the local user's.
            ssh_keys: Names of public keys that the service has; by default
                ``["<local user>@<hostname>"]``.
            user_scripts: Ids of scripts to run on the nodes.
            node_groups: Counts (1 to 100) and flavors where they are to differ
                from the stack's, ``{"slave0": {"count": 3, "flavor_id":
                "hadoop1-7"}}`` or ``[{"id": "slave0", "count": 3}]``.
            connectors: The older name of ``credentials``; deprecated.
            wait: Return only when the cluster is ``ACTIVE``.
            credentials: What the cluster may use, ``[{"cloud_files": "user"}]``.
            region: Id of the region to build it in.
            timeout: Minutes to wait at most, as for `wait`.
            interval: Seconds between two polls, as for `wait`.
            on_progress: Called with the cluster after each poll.

        Returns:
            The cluster, ``BUILDING`` unless ``wait`` was given.

        Raises:
            BadRequestError: The service knows no such stack, key, script or flavor.
            OverLimitError: A quota or rate limit is exceeded.

        Example::

            cluster = lava.clusters.create(
                "my-cluster", "HDP2.3_Hadoop", username="analyst", ssh_keys=["laptop"]
            )
        """
        settings = PollSettings(timeout, interval, on_progress)
        if connectors:
            warnings.warn(
                "connectors is deprecated: use credentials", DeprecationWarning, stacklevel=2
            )
        body = requests.new_cluster(
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
        cluster = self._bound(self._client.post("clusters", body, ClusterBody))
        return self._waiting(settings, cluster.id, cluster).run() if wait else cluster

    def resize(
        self,
        cluster_id: Id,
        node_groups: NodeGroups | None = None,
        wait: bool = False,
        *,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> ClusterDetail:
        """Change the number of nodes of one or more groups.

        Sends ``PUT clusters/{id}``.

        Args:
            cluster_id: Id or name of the cluster.
            node_groups: At least one group, written as for `create`, each with
                its new count.
            wait: Return only when it is ``ACTIVE`` again.
            timeout: Minutes to wait at most, as for `wait`.
            interval: Seconds between two polls, as for `wait`.
            on_progress: Called with the cluster after each poll.

        Returns:
            The cluster, ``UPDATING`` unless ``wait`` was given.

        Raises:
            OverLimitError: A quota is used up.

        Example::

            lava.clusters.resize("my-cluster", {"slave0": {"count": 5}})
        """
        settings = PollSettings(timeout, interval, on_progress)
        cluster = self._change(cluster_id, requests.resize(node_groups))
        return self._waiting(settings, cluster.id, cluster).run() if wait else cluster

    def update_credentials(
        self,
        cluster_id: Id,
        credentials: UpdatedCredentials | None = None,
        wait: bool = False,
        *,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> ClusterDetail:
        """Let a cluster use more credentials.

        Sends ``PUT clusters/{id}``.

        Args:
            cluster_id: Id or name of the cluster.
            credentials: Lists of names by type, ``{"ssh_keys": ["laptop"],
                "cloud_files": "user"}``; a single name needs no list.
            wait: Return only when it is ``ACTIVE`` again.
            timeout: Minutes to wait at most, as for `wait`.
            interval: Seconds between two polls, as for `wait`.
            on_progress: Called with the cluster after each poll.

        Returns:
            The cluster, ``UPDATING`` unless ``wait`` was given.

        Raises:
            BadRequestError: The service has no such credential.

        Example::

            lava.clusters.update_credentials("my-cluster", {"ssh_keys": ["desktop"]})
        """
        settings = PollSettings(timeout, interval, on_progress)
        cluster = self._change(cluster_id, requests.update_credentials(credentials))
        return self._waiting(settings, cluster.id, cluster).run() if wait else cluster

    def delete_ssh_credentials(
        self,
        cluster_id: Id,
        keynames: Sequence[str],
        wait: bool = False,
        *,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> ClusterDetail:
        """Remove SSH keys from a cluster.

        Sends ``PUT clusters/{id}``. The keys stay in ``lava.credentials``.

        Args:
            cluster_id: Id or name of the cluster.
            keynames: Names of the keys, at least one.
            wait: Return only when it is ``ACTIVE`` again.
            timeout: Minutes to wait at most, as for `wait`.
            interval: Seconds between two polls, as for `wait`.
            on_progress: Called with the cluster after each poll.

        Returns:
            The cluster, ``UPDATING`` unless ``wait`` was given.

        Raises:
            BadRequestError: The cluster has no such key.

        Example::

            lava.clusters.delete_ssh_credentials("my-cluster", ["desktop"])
        """
        settings = PollSettings(timeout, interval, on_progress)
        cluster = self._change(cluster_id, requests.remove_keys(keynames))
        return self._waiting(settings, cluster.id, cluster).run() if wait else cluster

    def services(self, action: str, cluster_id: Id, service_names: Sequence[str]) -> ClusterDetail:
        """Start, stop or restart services of a cluster.

        Sends ``PUT clusters/{id}``, which is not repeated once it may have arrived.

        Args:
            cluster_id: Id or name of the cluster.
            action: ``"start"``, ``"stop"`` or ``"restart"``.
            service_names: Names of the services; an empty list means all.

        Returns:
            The cluster, which is ``UPDATING``.

        Raises:
            BadRequestError: The cluster has no such service.

        Example::

            lava.clusters.services("restart", "my-cluster", ["HDFS"])
        """
        body = requests.control(action, service_names)
        return self._change(cluster_id, body, repeatable=False)

    def delete(
        self,
        cluster_id: Id,
        wait: bool = False,
        *,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Delete a cluster, its nodes and all that is on them.

        Sends ``DELETE clusters/{id}``.

        Args:
            cluster_id: Id or name of the cluster.
            wait: Return only when it is gone.
            timeout: Minutes to wait at most, as for `wait`.
            interval: Seconds between two polls, as for `wait`.
            on_progress: Called with the cluster after each poll.

        Raises:
            ConflictError: The cluster is in progress.

        Example::

            lava.clusters.delete("my-cluster", wait=True, timeout=30)
        """
        settings = PollSettings(timeout, interval, on_progress, ClusterStatus.DELETED)
        if not wait:
            by_id_or_name(self._client, cluster_id, "clusters/{}", self._client.delete)
            return
        cluster = self.get(cluster_id)
        self._client.delete(path_of(cluster))
        self._waiting(settings, cluster.id, cluster).run()

    def wait(
        self,
        cluster_id: Id,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        until: str = ClusterStatus.ACTIVE,
        *,
        on_progress: OnProgress | None = None,
    ) -> ClusterDetail:
        """Wait until a cluster is ``ACTIVE``, or until it is gone.

        Sends ``GET clusters/{id}`` at each poll. A failure that may be
        temporary (no connection, 5xx, a rate limit) does not end the wait; Ctrl-C does.

        Args:
            cluster_id: Id or name of the cluster.
            timeout: Minutes, or None for no limit.
            interval: Seconds between two polls, by default 2, growing to 30.
            until: ``"ACTIVE"`` or ``"DELETED"``, in any case.
            on_progress: Called with the cluster after each poll.

        Returns:
            The cluster at the last poll. The errors have it as ``.cluster``.

        Raises:
            FailedError: Its status cannot become the one that is waited for.
            TimeoutError: The timeout is over; the last request may end after it.

        Example::

            lava.clusters.wait("my-cluster", timeout=45, on_progress=print)
        """
        settings = PollSettings(timeout, interval, on_progress, until)
        return self._waiting(settings, cluster_id).run()

    def _change(
        self, cluster_id: Id, body: ChangeBody, *, repeatable: bool = True
    ) -> ClusterDetail:
        put = partial(self._client.put, body=body, answer_type=ClusterBody, repeatable=repeatable)
        return self._bound(by_id_or_name(self._client, cluster_id, "clusters/{}", put))

    def _waiting(
        self, settings: PollSettings, cluster_id: Id, last: ClusterDetail | None = None
    ) -> PollState:
        get = partial(self._client.get, answer_type=ClusterBody)
        find = partial(by_id_or_name, self._client, cluster_id, "clusters/{}", get)
        return PollState(
            *(self._client, settings, cluster_id, last), find=find, fetch=get, adopt=self._bound
        )

    def _usable(self, cluster: ClusterDetail, wait: bool, settings: PollSettings) -> ClusterDetail:
        if is_usable(cluster, wait=wait):
            return cluster
        return self._waiting(settings, cluster.id, cluster).run()

    def _bound(self, body: ClusterBody) -> ClusterDetail:
        capitalize_statuses([body.cluster])
        bind(body.cluster, self)
        bind_credentials(body.cluster.credentials, CredentialManager(self._client))
        return body.cluster
