"""The manager of clusters: build, watch, change and enter them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from lavaclient._config.checks import port_number
from lavaclient._http.paths import path_segment
from lavaclient._ssh import forward
from lavaclient._ssh.command import check_command, check_ssh_command
from lavaclient.api._base import Id, Manager, bind, bind_all
from lavaclient.api._pagination import Page, list_pages
from lavaclient.api._polling import PollSettings, PollState
from lavaclient.api._requests import clusters as requests
from lavaclient.api._requests.clusters import ChangeBody, NewCredentials, UpdatedCredentials
from lavaclient.api._requests.node_groups import NodeGroups
from lavaclient.api._resolve import by_id_or_name
from lavaclient.api.clusters._node_choice import login_name, node_by_name, node_with_component
from lavaclient.api.clusters.models import Cluster, ClusterDetail, ClusterStatus
from lavaclient.api.credentials import CredentialManager, bind_credentials
from lavaclient.api.nodes import Node, NodeManager, login_address
from lavaclient.error import FailedError, InvalidError, LavaError, TimeoutError

__all__ = ["ClusterManager"]

_PROXY_PORT = 12345
_UNUSABLE = frozenset({ClusterStatus.ERROR, ClusterStatus.DELETING, ClusterStatus.DELETED})


class _ClustersPage(Page[Cluster]):
    items: list[Cluster] = msgspec.field(name="clusters")


class _ClusterBody(msgspec.Struct):
    cluster: ClusterDetail


class ClusterManager(Manager):
    """The clusters: ``lava.clusters``.

    Where a method takes a ``cluster_id``, a cluster's name does as well. The
    errors are then a NotFoundError if there is neither, and an InvalidError
    that gives the ids if there are several of that name. An argument that is
    invalid is an InvalidError, and nothing was sent or run.
    """

    def nodes(self, cluster_id: Id) -> list[Node]:
        """Return all nodes of a cluster, as ``lava.nodes.list`` does."""
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
        get = partial(self._client.get, answer_type=_ClusterBody)
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
            BadRequestError: The service knows no such stack, key, script or flavor.
            OverLimitError: A quota is used up, or clusters were made too fast.
            FailedError: With ``wait``: building it failed.

        Example::

            cluster = lava.clusters.create(
                "my-cluster", "HDP2.2_Hadoop", ssh_keys=["laptop"], wait=True
            )
        """
        if connectors is not None:
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
        cluster = self._bound(self._client.post("clusters", body, _ClusterBody))
        return self.wait(cluster.id) if wait else cluster

    def resize(
        self, cluster_id: Id, node_groups: NodeGroups | None = None, wait: bool = False
    ) -> ClusterDetail:
        """Change the number of nodes of one or more groups.

        Args:
            cluster_id: Id or name of the cluster.
            node_groups: At least one group, written as for `create`, each with
                its new count.
            wait: Return only when the cluster is ``ACTIVE`` again.

        Raises:
            ConflictError: The cluster is not ``ACTIVE``.
            OverLimitError: A quota is used up.
            FailedError: With ``wait``: resizing it failed.

        Example::

            lava.clusters.resize("my-cluster", {"slave": {"count": 5}})
        """
        return self._change(cluster_id, requests.resize(node_groups), wait)

    def update_credentials(
        self, cluster_id: Id, credentials: UpdatedCredentials | None = None, wait: bool = False
    ) -> ClusterDetail:
        """Let a cluster use more credentials.

        Args:
            cluster_id: Id or name of the cluster.
            credentials: Lists of names by type, ``{"ssh_keys": ["laptop"],
                "cloud_files": "user"}``; a single name needs no list.
            wait: Return only when the cluster is ``ACTIVE`` again.

        Raises:
            ConflictError: The cluster is not ``ACTIVE``.
        """
        return self._change(cluster_id, requests.update_credentials(credentials), wait)

    def delete_ssh_credentials(
        self, cluster_id: Id, keynames: Sequence[str], wait: bool = False
    ) -> ClusterDetail:
        """Take SSH keys away from a cluster.

        Args:
            cluster_id: Id or name of the cluster.
            keynames: Names of the keys, at least one.
            wait: Return only when the cluster is ``ACTIVE`` again.

        Raises:
            ConflictError: The cluster is not ``ACTIVE``.
        """
        return self._change(cluster_id, requests.remove_keys(keynames), wait)

    def services(self, action: str, cluster_id: Id, service_names: Sequence[str]) -> ClusterDetail:
        """Start, stop or restart services of a cluster.

        The request is never sent twice, as restarting twice is not restarting once.

        Args:
            action: ``"start"``, ``"stop"`` or ``"restart"``.
            cluster_id: Id or name of the cluster.
            service_names: Names of the services; an empty list means all.

        Raises:
            ConflictError: The cluster is not ``ACTIVE``.

        Example::

            lava.clusters.services("restart", "my-cluster", ["HDFS"])
        """
        body = requests.control(action, service_names)
        return self._change(cluster_id, body, wait=False, repeatable=False)

    def delete(self, cluster_id: Id) -> None:
        """Delete a cluster, its nodes and all that is on them.

        Args:
            cluster_id: Id or name of the cluster.
        """
        by_id_or_name(self._client, cluster_id, "clusters/{}", self._client.delete)

    def wait(
        self,
        cluster_id: Id,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        *,
        on_progress: Callable[[ClusterDetail], object] | None = None,
    ) -> ClusterDetail:
        """Wait until a cluster is ``ACTIVE``.

        A failure that could pass (no connection, 5xx, a rate limit) does not
        end the wait. Ctrl-C does, at once.

        Args:
            cluster_id: Id or name of the cluster.
            timeout: Minutes, or None for no end.
            interval: Seconds between two polls, by default 30.
            on_progress: Called with the cluster after each poll.

        Returns:
            The cluster, ``ACTIVE``.

        Raises:
            FailedError: Its status is one that does not lead to ``ACTIVE``.
            TimeoutError: The time is over, no later than one request after it.

        Example::

            lava.clusters.wait("my-cluster", timeout=45, on_progress=print)
        """
        polling = PollState(self._client, settings := PollSettings(timeout, interval))
        cluster: ClusterDetail | None = None
        while True:
            try:
                # A cluster is found by its name once: another one of that name is not followed.
                cluster = self.get(cluster_id) if cluster is None else self._fetch(cluster)
            except LavaError as failure:
                polling.record(failure)
            else:
                if on_progress is not None:
                    on_progress(cluster)
                if _is_active(cluster):
                    return cluster
            if not polling.pause():
                state = "was not seen" if cluster is None else f"is {cluster.status}, not ACTIVE,"
                raise TimeoutError(
                    f"cluster {cluster_id} {state} within {settings.timeout:g} minutes"
                ) from polling.failure

    def ssh_execute(
        self,
        cluster_id: Id,
        node_name: str | None,
        command: str,
        ssh_command: str | Sequence[str] | None = None,
        wait: bool = False,
    ) -> str:
        """Run a command on a node, with the ``ssh`` program of this machine.

        Args:
            cluster_id: Id or name of the cluster. One that is in progress is an InvalidError
                unless ``wait`` is given, one in ``ERROR`` always.
            node_name: Name of the node, in any case; None for the first that is not the
                Ambari host.
            command: Text for the shell of the node. Nothing in it is expanded here.
            ssh_command: Another ssh program or options for it, as a text that is split
                as a shell would (``"ssh -i ~/.ssh/lava"``), or as a list; by default ``ssh``.
            wait: Wait first until the cluster is ``ACTIVE``.

        Returns:
            What the command wrote to its standard output, as UTF-8.

        Raises:
            FailedError: The command or ssh failed: ``.returncode`` is the exit status (255
                is ssh's own), ``.output`` what came on both streams.

        Example::

            print(lava.clusters.ssh_execute("my-cluster", "master-1", "hdfs dfs -ls /"))
        """
        check_command(command)
        check_ssh_command(ssh_command)
        cluster = self._ready(cluster_id, wait)
        node = node_by_name(self.nodes(cluster.id), node_name, cluster)
        return node.execute(login_name(cluster), command, ssh_command)

    def ssh_proxy(
        self,
        cluster_id: Id,
        port: int | str | None = None,
        node_name: str | None = None,
        ssh_command: str | Sequence[str] | None = None,
        wait: bool = False,
    ) -> forward.Forward:
        """Open a SOCKS5 proxy on localhost whose connections start within a cluster.

        Through it the names and private addresses of the nodes can be reached, e.g. by a
        browser that also resolves names through it (``socks5h``).

        Args:
            cluster_id: As for `ssh_execute`, as are ``node_name``, ``ssh_command`` and ``wait``.
            port: Port on 127.0.0.1, by default 12345; 0 for a free one.
            node_name: As for `ssh_execute`.
            ssh_command: As for `ssh_execute`.
            wait: As for `ssh_execute`.

        Returns:
            The running proxy. Leaving its ``with`` block ends it, as does ``kill()``.

        Raises:
            ProxyError: ssh could not start, ended, or the proxy did not answer in 30 s.

        Example::

            with lava.clusters.ssh_proxy("my-cluster", port=0) as proxy:
                url = f"socks5h://localhost:{proxy.port}"
                print(requests.get("http://master-1.local:8088", proxies={"http": url}))
        """
        local_port = port_number("port", _PROXY_PORT if port is None else port, lowest=0)
        check_ssh_command(ssh_command)
        cluster = self._ready(cluster_id, wait)
        node = node_by_name(self.nodes(cluster.id), node_name, cluster)
        return forward.proxy(
            login_name(cluster), login_address(node), port=local_port, ssh_command=ssh_command
        )

    def ssh_tunnel(
        self,
        cluster_id: Id,
        local_port: int | str,
        remote_port: int | str,
        node_name: str | None = None,
        component: str | None = None,
        ssh_command: str | Sequence[str] | None = None,
        wait: bool = False,
    ) -> forward.Forward:
        """Forward a port of localhost to a port of one node.

        Args:
            cluster_id: As for `ssh_execute`.
            local_port: Port on 127.0.0.1; 0 for a free one.
            remote_port: Port on the node, at its private address if it has one, as that is
                where the programs of a cluster listen.
            node_name: Name of the node, in any case. Either this or ``component`` is required.
            component: What runs on the node, by ``name`` or ``nice_name`` in any case, e.g.
                ``"ResourceManager"``; the first node that has it is taken.
            ssh_command: As for `ssh_execute`.
            wait: As for `ssh_execute`.

        Returns:
            The running tunnel. Leaving its ``with`` block ends it, as does ``kill()``. Whether
            anything listens on the far port shows only when it is used.

        Raises:
            FailedError: ssh could not start, ended, or the port did not answer in 30 s.

        Example::

            with lava.clusters.ssh_tunnel("my-cluster", 0, 8088, component="ResourceManager") as t:
                print(requests.get(f"http://localhost:{t.port}"))
        """
        if (node_name is None) == (component is None):
            raise InvalidError("give either node_name or component, and not both")
        local_port = port_number("local_port", local_port, lowest=0)
        remote_port = port_number("remote_port", remote_port, lowest=1)
        check_ssh_command(ssh_command)
        cluster = self._ready(cluster_id, wait)
        nodes = self.nodes(cluster.id)
        if component is None:
            node = node_by_name(nodes, node_name, cluster)
        else:
            node = node_with_component(nodes, component, cluster)
        return forward.tunnel(
            login_name(cluster),
            login_address(node),
            local_port=local_port,
            remote_host=node.private_ip or "localhost",
            remote_port=remote_port,
            ssh_command=ssh_command,
        )

    def _change(
        self, cluster_id: Id, body: ChangeBody, wait: bool, *, repeatable: bool = True
    ) -> ClusterDetail:
        put = partial(self._client.put, body=body, answer_type=_ClusterBody, repeatable=repeatable)
        cluster = self._bound(by_id_or_name(self._client, cluster_id, "clusters/{}", put))
        return self.wait(cluster.id) if wait else cluster

    def _fetch(self, cluster: ClusterDetail) -> ClusterDetail:
        path = f"clusters/{path_segment('cluster_id', cluster.id)}"
        return self._bound(self._client.get(path, _ClusterBody))

    def _ready(self, cluster_id: Id, wait: bool) -> ClusterDetail:
        """Return a cluster whose nodes can be logged in to."""
        cluster = self.get(cluster_id)
        if cluster.status in _UNUSABLE:
            raise InvalidError(f"cluster {cluster.name!r} is {cluster.status}: no node can be used")
        if cluster.status not in ClusterStatus.IN_PROGRESS:
            return cluster
        if not wait:
            raise InvalidError(
                f"cluster {cluster.name!r} is {cluster.status}: to wait for it, give wait=True"
            )
        return self.wait(cluster.id)

    def _bound(self, body: _ClusterBody) -> ClusterDetail:
        bind(body.cluster, self)
        bind_credentials(body.cluster.credentials, CredentialManager(self._client))
        return body.cluster


def _is_active(cluster: ClusterDetail) -> bool:
    if cluster.status == ClusterStatus.ACTIVE:
        return True
    if cluster.status not in ClusterStatus.IN_PROGRESS:
        raise FailedError(f"cluster {cluster.name!r} ({cluster.id}) is {cluster.status}")
    return False
