"""Changing clusters and waiting for them: the part of their manager that needs no model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from lavaclient._http.paths import path_segment
from lavaclient.api._base import Id, Manager
from lavaclient.api._resolve import with_cluster
from lavaclient.error import FailedError

# What only lists clusters does not wait for what changes them.
if TYPE_CHECKING:
    from lavaclient._shapes import ClusterShape
    from lavaclient.api._requests.clusters import ChangeBody, NodeGroups, UpdatedCredentials

__all__ = ["ClusterChanges", "ClusterStatus"]


D = TypeVar("D", bound="ClusterShape")


class ClusterStatus:
    """The statuses of a cluster that are known; there may be others.

    Attributes:
        IN_PROGRESS: Those that pass by themselves.
    """

    BUILDING: Final = "BUILDING"
    BUILD: Final = "BUILD"
    CONFIGURING: Final = "CONFIGURING"
    CONFIGURED: Final = "CONFIGURED"
    UPDATING: Final = "UPDATING"
    REBOOTING: Final = "REBOOTING"
    RESIZING: Final = "RESIZING"
    WAITING: Final = "WAITING"
    ACTIVE: Final = "ACTIVE"
    ERROR: Final = "ERROR"
    IMPAIRED: Final = "IMPAIRED"
    DELETING: Final = "DELETING"
    DELETED: Final = "DELETED"

    IN_PROGRESS: Final = frozenset(
        {BUILDING, BUILD, CONFIGURING, CONFIGURED, UPDATING, REBOOTING, RESIZING, WAITING}
    )


class ClusterChanges(Manager, ABC, Generic[D]):
    """The methods of the cluster manager that change clusters or wait for them."""

    def resize(
        self, cluster_id: Id, node_groups: NodeGroups | None = None, wait: bool = False
    ) -> D:
        """Change the number of nodes of one or more groups.

        Args:
            cluster_id: Id or name of the cluster.
            node_groups: At least one group, written as for `ClusterManager.create`, each with
                its new count.
            wait: Return only when the cluster is ``ACTIVE`` again.

        Raises:
            InvalidError: An argument is no good. Nothing was sent.
            ConflictError: The cluster is not ``ACTIVE``.
            OverLimitError: A quota is used up.
            FailedError: With ``wait``: it went wrong.

        Example::

            lava.clusters.resize("my-cluster", {"slave": {"count": 5}})
        """
        from lavaclient.api._requests import clusters as bodies

        return self._change(cluster_id, bodies.resize(node_groups), wait)

    def update_credentials(
        self, cluster_id: Id, credentials: UpdatedCredentials | None = None, wait: bool = False
    ) -> D:
        """Let a cluster use more credentials.

        Args:
            cluster_id: Id or name of the cluster.
            credentials: Lists of names by type, ``{"ssh_keys": ["laptop"],
                "cloud_files": "user"}``; a single name needs no list.
            wait: Return only when the cluster is ``ACTIVE`` again.

        Raises:
            InvalidError: An argument is no good. Nothing was sent.
            ConflictError: The cluster is not ``ACTIVE``.
        """
        from lavaclient.api._requests import clusters as bodies

        return self._change(cluster_id, bodies.update_credentials(credentials), wait)

    def delete_ssh_credentials(
        self, cluster_id: Id, keynames: Sequence[str], wait: bool = False
    ) -> D:
        """Take SSH keys away from a cluster.

        Args:
            cluster_id: Id or name of the cluster.
            keynames: Names of the keys, at least one.
            wait: Return only when the cluster is ``ACTIVE`` again.

        Raises:
            InvalidError: An argument is no good. Nothing was sent.
            ConflictError: The cluster is not ``ACTIVE``.
        """
        from lavaclient.api._requests import clusters as bodies

        return self._change(cluster_id, bodies.remove_keys(keynames), wait)

    def services(self, action: str, cluster_id: Id, service_names: Sequence[str]) -> D:
        """Start, stop or restart services of a cluster.

        The request is never sent twice, as restarting twice is not restarting once.

        Args:
            action: ``"start"``, ``"stop"`` or ``"restart"``.
            cluster_id: Id or name of the cluster.
            service_names: Names of the services; an empty list means all.

        Raises:
            InvalidError: An argument is no good. Nothing was sent.
            ConflictError: The cluster is not ``ACTIVE``.

        Example::

            lava.clusters.services("restart", "my-cluster", ["HDFS"])
        """
        from lavaclient.api._requests import clusters as bodies

        body = bodies.control(action, service_names)
        return self._change(cluster_id, body, wait=False, repeatable=False)

    def wait(
        self,
        cluster_id: Id,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        *,
        on_progress: Callable[[D], object] | None = None,
    ) -> D:
        """Wait until a cluster is ``ACTIVE``.

        A failure that could pass (no connection, 5xx, a rate limit) does not
        end the wait. Ctrl-C does, at once.

        Args:
            cluster_id: Id or name of the cluster.
            timeout: Minutes, or None to wait as long as it takes.
            interval: Seconds between two looks, by default 30.
            on_progress: Called with the cluster as each look finds it.

        Returns:
            The cluster, ``ACTIVE``.

        Raises:
            FailedError: Its status is one that does not lead to ``ACTIVE``.
            TimeoutError: The time is over, no later than one request after it.
            InvalidError: An argument is no good. Nothing was sent.

        Example::

            lava.clusters.wait("my-cluster", timeout=45, on_progress=print)
        """
        from lavaclient.api._polling import Pace, wait_until

        pace = Pace(timeout, interval)
        found: list[str] = []

        def look() -> D:
            # A cluster is found by its name once: another one of that name is not followed.
            if found:
                return self._fetch(found[0])
            seen = with_cluster(self._client, cluster_id, self._fetch)
            found.append(path_segment("cluster_id", seen.id))
            return seen

        def done(seen: D) -> bool:
            if on_progress is not None:
                on_progress(seen)
            return _is_active(seen)

        def missing(seen: D | None) -> str:
            last = "was not seen" if seen is None else f"is {seen.status}, not ACTIVE,"
            return f"cluster {cluster_id} {last}"

        return wait_until(self._client, pace, look, done=done, waiting_for=missing)

    @abstractmethod
    def _fetch(self, cluster: str) -> D:
        """Ask for the cluster whose id this segment of a path is."""

    @abstractmethod
    def _send(self, cluster: str, body: ChangeBody, *, repeatable: bool) -> D:
        """Send a change to it."""

    def _change(
        self, cluster_id: Id, body: ChangeBody, wait: bool, *, repeatable: bool = True
    ) -> D:
        def send(cluster: str) -> D:
            return self._send(cluster, body, repeatable=repeatable)

        return self._when_done(with_cluster(self._client, cluster_id, send), wait)

    def _when_done(self, cluster: D, wait: bool) -> D:
        return self.wait(cluster.id) if wait else cluster


def _is_active(cluster: ClusterShape) -> bool:
    if cluster.status == ClusterStatus.ACTIVE:
        return True
    if cluster.status not in ClusterStatus.IN_PROGRESS:
        raise FailedError(f"cluster {cluster.name!r} ({cluster.id}) is {cluster.status}")
    return False
