"""The methods of the manager that use ssh."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from lavaclient._config.checks import port_number
from lavaclient._ssh import forward
from lavaclient._ssh.command import check_command, check_ssh_command
from lavaclient.api._base import Id, Manager
from lavaclient.api.clusters import _node_choice as choice
from lavaclient.api.clusters._waiting import PollSettings
from lavaclient.api.clusters.models import ClusterDetail, OnProgress
from lavaclient.api.nodes import NodeManager, login_address
from lavaclient.error import InvalidError

__all__ = ["ClusterSSHAccess"]

_PROXY_PORT = 12345


class ClusterSSHAccess(Manager, ABC):
    """Commands on nodes, proxies and tunnels, with the ``ssh`` program of this machine."""

    @abstractmethod
    def get(self, cluster_id: Id) -> ClusterDetail:
        """Return one cluster with all details."""

    @abstractmethod
    def _usable(self, cluster: ClusterDetail, wait: bool, settings: PollSettings) -> ClusterDetail:
        """Return the cluster once its nodes can be logged in to."""

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

        Sends ``GET clusters/{id}`` and ``GET clusters/{id}/nodes`` to find the node.

        Args:
            cluster_id: Id or name of the cluster. One that is in progress is an
                InvalidError unless ``wait`` is given, one in ``ERROR`` always.
            node_name: Name of the node, in any case; None for the first that is not the
                Ambari host.
            command: Text for the shell of the node. Nothing in it is expanded here.
            ssh_command: Another ssh program or options for it, as a text that is split
                as a shell would (``"ssh -i ~/.ssh/lava"``), or as a list; by default ``ssh``.
            wait: Wait first until the cluster is ``ACTIVE``.
            timeout: Minutes to wait at most, as for `wait`.
            interval: Seconds between two polls, as for `wait`.
            on_progress: Called with the cluster after each poll.

        Returns:
            What the command wrote to its standard output, as UTF-8.

        Raises:
            FailedError: The command or ssh failed; it has ``.returncode`` and ``.output``.

        Example::

            print(lava.clusters.ssh_execute("my-cluster", "master0-1", "hdfs dfs -ls /"))
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

        Sends ``GET clusters/{id}`` and ``GET clusters/{id}/nodes`` to find the node.

        Args:
            cluster_id: Id or name of the cluster.
            port: Port on 127.0.0.1, by default 12345; 0 for a free one.
            node_name: Name of the node, as for `ssh_execute`.
            ssh_command: Another ssh program or options for it, as for `ssh_execute`.
            wait: Wait first until the cluster is ``ACTIVE``.
            timeout: Minutes to wait at most, as for `wait`.
            interval: Seconds between two polls, as for `wait`.
            on_progress: Called with the cluster after each poll.

        Returns:
            The running proxy. Leaving its ``with`` block ends it, as does ``kill()``.

        Raises:
            ProxyError: ssh could not start, ended, or the proxy did not answer in 30 s.

        Example::

            with lava.clusters.ssh_proxy("my-cluster", port=0) as proxy:
                url = f"socks5h://localhost:{proxy.port}"
                print(requests.get("http://master0-1.local:8088", proxies={"http": url}))
        """
        settings = PollSettings(timeout, interval, on_progress)
        local_port = port_number("port", _PROXY_PORT if port is None else port, lowest=0)
        check_ssh_command(ssh_command)
        cluster = self._usable(self.get(cluster_id), wait, settings)
        node = choice.node_by_name(NodeManager(self._client).list(cluster.id), node_name, cluster)
        user, address = choice.login_name(cluster), login_address(node)
        return forward.proxy(user, address, port=local_port, ssh_command=ssh_command)

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

        Sends ``GET clusters/{id}`` and ``GET clusters/{id}/nodes`` to find the node.

        Args:
            cluster_id: Id or name of the cluster.
            local_port: Port on 127.0.0.1; 0 for a free one.
            remote_port: Port on the node, at its private address if it has one.
            node_name: Name of the node, in any case. Either this or ``component`` is required.
            component: What the node runs, by ``name`` or ``nice_name`` in any case.
            ssh_command: Another ssh program or options for it, as for `ssh_execute`.
            wait: Wait first until the cluster is ``ACTIVE``.
            timeout: Minutes to wait at most, as for `wait`.
            interval: Seconds between two polls, as for `wait`.
            on_progress: Called with the cluster after each poll.

        Returns:
            The running tunnel, as for `ssh_proxy`. Whether anything listens on the remote port
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
