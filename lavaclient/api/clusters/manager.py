"""The manager of clusters: build, watch, change and enter them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial

from lavaclient._config.checks import port_number
from lavaclient._ssh import forward
from lavaclient._ssh.command import check_command, check_ssh_command
from lavaclient.api._base import Id, Manager, bind, bind_all
from lavaclient.api._pagination import list_pages
from lavaclient.api._requests import clusters as requests
from lavaclient.api._requests.clusters import ChangeBody, NewCredentials, UpdatedCredentials
from lavaclient.api._requests.node_groups import NodeGroups
from lavaclient.api._resolve import by_id_or_name
from lavaclient.api.clusters import _node_choice as choice
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
from lavaclient.api.credentials import CredentialManager, bind_credentials
from lavaclient.api.nodes import Node, NodeManager, login_address
from lavaclient.error import InvalidError

__all__ = ["ClusterManager"]

_PROXY_PORT = 12345


class ClusterManager(Manager):
    """The clusters: ``lava.clusters``.

    Where a method takes a ``cluster_id``, a cluster's name does as well. The
    errors are then a NotFoundError if there is neither, and an InvalidError
    that gives the ids if there are several of that name. An argument that is
    invalid is an InvalidError, and nothing was sent or run. A change of a
    cluster that is not ``ACTIVE`` is a ConflictError.

    What takes ``wait`` takes the ``timeout``, ``interval`` and ``on_progress`` of
    `wait` too, and raises its errors.
    """

    def nodes(self, cluster_id: Id) -> list[Node]:
        """Return all nodes of a cluster, as ``lava.nodes.list`` does."""
        return NodeManager(self._client).list(cluster_id)

    def list(self) -> list[Cluster]:
        """Return all clusters.

        Example::

            active = [cluster for cluster in lava.clusters.list() if cluster.status == "ACTIVE"]
        """
        clusters = list_pages(self._client, "clusters", ClustersPage)
        capitalize_statuses(clusters)
        bind_all(clusters, self)
        return clusters

    def get(self, cluster_id: Id) -> ClusterDetail:
        """Return one cluster with all details."""
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
            wait: Return only when the cluster is ``ACTIVE``.
            credentials: What the cluster may use, ``[{"cloud_files": "user"}]``.
            region: Id of the region to build it in.

        Raises:
            BadRequestError: The service knows no such stack, key, script or flavor.
            OverLimitError: A quota is used up, or clusters were made too fast.

        Example::

            cluster = lava.clusters.create(
                "my-cluster", "HDP2.2_Hadoop", ssh_keys=["laptop"], wait=True
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

        Args:
            node_groups: At least one group, written as for `create`, each with
                its new count.
            wait: Return only when it is ``ACTIVE`` again.

        Raises:
            OverLimitError: A quota is used up.

        Example::

            lava.clusters.resize("my-cluster", {"slave": {"count": 5}})
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

        Args:
            credentials: Lists of names by type, ``{"ssh_keys": ["laptop"],
                "cloud_files": "user"}``; a single name needs no list.
            wait: Return only when it is ``ACTIVE`` again.
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
        """Take SSH keys away from a cluster.

        Args:
            keynames: Names of the keys, at least one.
            wait: Return only when it is ``ACTIVE`` again.
        """
        settings = PollSettings(timeout, interval, on_progress)
        cluster = self._change(cluster_id, requests.remove_keys(keynames))
        return self._waiting(settings, cluster.id, cluster).run() if wait else cluster

    def services(self, action: str, cluster_id: Id, service_names: Sequence[str]) -> ClusterDetail:
        """Start, stop or restart services of a cluster.

        The request is never sent twice, as restarting twice is not restarting once.

        Args:
            action: ``"start"``, ``"stop"`` or ``"restart"``.
            service_names: Names of the services; an empty list means all.

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

        With ``wait`` it returns only when the cluster is gone.
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

        A failure that could pass (no connection, 5xx, a rate limit) does not
        end the wait. Ctrl-C does, at once.

        Args:
            timeout: Minutes, or None for no end.
            interval: Seconds between two polls, by default 2, growing to 30.
            until: ``"ACTIVE"`` or ``"DELETED"``, in any case.
            on_progress: Called with the cluster after each poll.

        Returns:
            The cluster as it was seen last. The errors have it as ``.cluster``.

        Raises:
            FailedError: Its status is one that does not lead there.
            TimeoutError: The time is over, no later than one request after it.

        Example::

            lava.clusters.wait("my-cluster", timeout=45, on_progress=print)
        """
        settings = PollSettings(timeout, interval, on_progress, until)
        return self._waiting(settings, cluster_id).run()

    def ssh_execute(
        self,
        cluster_id: Id,
        node_name: str | None,
        command: str,
        ssh_command: str | Sequence[str] | None = None,
        wait: bool = False,
        *,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> str:
        """Run a command on a node, with the ``ssh`` program of this machine.

        Args:
            cluster_id: One that is in progress is an InvalidError unless ``wait`` is given,
                one in ``ERROR`` always.
            node_name: Name of the node, in any case; None for the first that is not the
                Ambari host.
            command: Text for the shell of the node. Nothing in it is expanded here.
            ssh_command: Another ssh program or options for it, as a text that is split
                as a shell would (``"ssh -i ~/.ssh/lava"``), or as a list; by default ``ssh``.
            wait: Wait first until the cluster is ``ACTIVE``.

        Returns:
            What the command wrote to its standard output, as UTF-8.

        Raises:
            FailedError: The command or ssh failed; it has ``.returncode`` and ``.output``.

        Example::

            print(lava.clusters.ssh_execute("my-cluster", "master-1", "hdfs dfs -ls /"))
        """
        settings = PollSettings(timeout, interval, on_progress)
        check_command(command)
        check_ssh_command(ssh_command)
        cluster = self._usable(self.get(cluster_id), wait, settings)
        node = choice.node_by_name(NodeManager(self._client).list(cluster.id), node_name, cluster)
        return node.execute(choice.login_name(cluster), command, ssh_command)

    def ssh_proxy(
        self,
        cluster_id: Id,
        port: int | str | None = None,
        node_name: str | None = None,
        ssh_command: str | Sequence[str] | None = None,
        wait: bool = False,
        *,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> forward.Forward:
        """Open a SOCKS5 proxy on localhost whose connections start within a cluster.

        Through it the names and private addresses of the nodes can be reached (``socks5h``).
        What is not told here is as for `ssh_execute`.

        Args:
            port: Port on 127.0.0.1, by default 12345; 0 for a free one.

        Returns:
            The running proxy. Leaving its ``with`` block ends it, as does ``kill()``.

        Raises:
            ProxyError: ssh could not start, ended, or the proxy did not answer in 30 s.

        Example::

            with lava.clusters.ssh_proxy("my-cluster", port=0) as proxy:
                url = f"socks5h://localhost:{proxy.port}"
                print(requests.get("http://master-1.local:8088", proxies={"http": url}))
        """
        settings = PollSettings(timeout, interval, on_progress)
        local_port = port_number("port", _PROXY_PORT if port is None else port, lowest=0)
        check_ssh_command(ssh_command)
        cluster = self._usable(self.get(cluster_id), wait, settings)
        node = choice.node_by_name(NodeManager(self._client).list(cluster.id), node_name, cluster)
        return forward.proxy(
            choice.login_name(cluster),
            login_address(node),
            port=local_port,
            ssh_command=ssh_command,
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
        *,
        timeout: float | str | None = None,
        interval: float | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> forward.Forward:
        """Forward a port of localhost to a port of one node.

        What is not told here is as for `ssh_execute`.

        Args:
            local_port: Port on 127.0.0.1; 0 for a free one.
            remote_port: Port on the node, at its private address if it has one.
            node_name: Name of the node, in any case. Either this or ``component`` is required.
            component: What the node runs, by ``name`` or ``nice_name`` in any case.

        Returns:
            The running tunnel, as for `ssh_proxy`. Whether anything listens on the far port
            shows only when it is used.

        Raises:
            FailedError: ssh could not start, ended, or the port did not answer in 30 s.

        Example::

            with lava.clusters.ssh_tunnel("my-cluster", 0, 8088, component="ResourceManager") as t:
                print(requests.get(f"http://localhost:{t.port}"))
        """
        if (node_name is None) == (component is None):
            raise InvalidError("give either node_name or component, and not both")
        settings = PollSettings(timeout, interval, on_progress)
        local_port = port_number("local_port", local_port, lowest=0)
        remote_port = port_number("remote_port", remote_port, lowest=1)
        check_ssh_command(ssh_command)
        cluster = self._usable(self.get(cluster_id), wait, settings)
        nodes = NodeManager(self._client).list(cluster.id)
        if component is None:
            node = choice.node_by_name(nodes, node_name, cluster)
        else:
            node = choice.node_with_component(nodes, component, cluster)
        return forward.tunnel(
            choice.login_name(cluster),
            login_address(node),
            local_port=local_port,
            remote_host=node.private_ip or "localhost",
            remote_port=remote_port,
            ssh_command=ssh_command,
        )

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
        """Return the cluster when its nodes can be logged in to."""
        if choice.is_usable(cluster, wait=wait):
            return cluster
        return self._waiting(settings, cluster.id, cluster).run()

    def _bound(self, body: ClusterBody) -> ClusterDetail:
        capitalize_statuses([body.cluster])
        bind(body.cluster, self)
        bind_credentials(body.cluster.credentials, CredentialManager(self._client))
        return body.cluster
