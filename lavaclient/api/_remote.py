"""Commands, proxies and tunnels: from a cluster's name to a node that ssh can reach."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from lavaclient.api._base import Id
from lavaclient.api._cluster_changes import ClusterChanges, ClusterStatus
from lavaclient.api._resolve import with_cluster
from lavaclient.error import InvalidError

# Most clients never run ssh, so what runs it is imported by the methods that do.
if TYPE_CHECKING:
    from lavaclient._shapes import ClusterShape
    from lavaclient._ssh.forward import Forward
    from lavaclient.api.nodes import Node

__all__ = ["RemoteCluster", "RemoteClusters"]

_PROXY_PORT = 12345
_NO_USE = frozenset({ClusterStatus.ERROR, ClusterStatus.DELETING, ClusterStatus.DELETED})
_AMBARI = frozenset({"ambari", "ambariserver"})


D = TypeVar("D", bound="ClusterShape")

if TYPE_CHECKING:

    class _Own(Protocol[D]):
        @property
        def id(self) -> str: ...
        @property
        def _manager(self) -> RemoteClusters[D]: ...


class RemoteClusters(ClusterChanges[D], Generic[D]):
    """The methods of the cluster manager that go through ssh."""

    @abstractmethod
    def nodes(self, cluster_id: Id) -> list[Node]:
        """Return all nodes of a cluster."""

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
            cluster_id: Id or name of the cluster.
            node_name: Name of the node, in any case; None for the first that is not the
                Ambari host.
            command: Text for the shell of the node. Nothing in it is expanded here.
            ssh_command: Another ssh program or options for it, as a text that is split
                as a shell would (``"ssh -i ~/.ssh/lava"``), or as a list; by default ``ssh``.
            wait: Wait first until the cluster is ``ACTIVE``.

        Returns:
            What the command wrote to its standard output, as UTF-8.

        Raises:
            InvalidError: An argument is no good, there is no such node, or the cluster is in
                progress or broken. Nothing was run.
            FailedError: The command or ssh failed: ``.returncode`` is the exit status (255
                is ssh's own), ``.output`` what came on both streams.

        Example::

            print(lava.clusters.ssh_execute("my-cluster", "master-1", "hdfs dfs -ls /"))
        """
        from lavaclient._ssh.command import check_command, check_ssh_command

        check_command(command)
        check_ssh_command(ssh_command)
        cluster = self._ready(cluster_id, wait)
        node = _named(self.nodes(cluster.id), node_name, cluster)
        return node.execute(_login(cluster), command, ssh_command)

    def ssh_proxy(
        self,
        cluster_id: Id,
        port: int | str | None = None,
        node_name: str | None = None,
        ssh_command: str | Sequence[str] | None = None,
        wait: bool = False,
    ) -> Forward:
        """Open a SOCKS5 proxy on localhost whose connections start within a cluster.

        Through it the names and private addresses of the nodes can be reached, e.g. by a
        browser that also resolves names through it (``socks5h``).

        Args:
            cluster_id: Id or name of the cluster.
            port: Port on 127.0.0.1, by default 12345; 0 for a free one.
            node_name: Name of the node, in any case; None for the first that is not the
                Ambari host.
            ssh_command: As for `ssh_execute`.
            wait: Wait first until the cluster is ``ACTIVE``.

        Returns:
            The running proxy. Leaving its ``with`` block ends it, as does ``kill()``.

        Raises:
            InvalidError: An argument is no good, there is no such node, or the cluster is in
                progress or broken. Nothing was run.
            ProxyError: ssh could not start, ended, or the proxy did not answer in 30 s.

        Example::

            with lava.clusters.ssh_proxy("my-cluster", port=0) as proxy:
                url = f"socks5h://localhost:{proxy.port}"
                print(requests.get("http://master-1.local:8088", proxies={"http": url}))
        """
        from lavaclient._ssh import command, forward
        from lavaclient.api.nodes import login_address

        number = forward.check_port("port", _PROXY_PORT if port is None else port, lowest=0)
        command.check_ssh_command(ssh_command)
        cluster = self._ready(cluster_id, wait)
        node = _named(self.nodes(cluster.id), node_name, cluster)
        return forward.proxy(
            _login(cluster), login_address(node), port=number, ssh_command=ssh_command
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
    ) -> Forward:
        """Forward a port of localhost to a port of one node.

        Args:
            cluster_id: Id or name of the cluster.
            local_port: Port on 127.0.0.1; 0 for a free one.
            remote_port: Port on the node, at its private address if it has one, as that is
                where the programs of a cluster listen.
            node_name: Name of the node, in any case. Either this or ``component`` is required.
            component: What runs on the node, by ``name`` or ``nice_name`` in any case, e.g.
                ``"ResourceManager"``; the first node that has it is taken.
            ssh_command: As for `ssh_execute`.
            wait: Wait first until the cluster is ``ACTIVE``.

        Returns:
            The running tunnel. Leaving its ``with`` block ends it, as does ``kill()``. Whether
            anything listens on the far port shows only when it is used.

        Raises:
            InvalidError: An argument is no good, there is no such node, or the cluster is in
                progress or broken. Nothing was run.
            FailedError: ssh could not start, ended, or the port did not answer in 30 s.

        Example::

            with lava.clusters.ssh_tunnel("my-cluster", 0, 8088, component="ResourceManager") as t:
                print(requests.get(f"http://localhost:{t.port}"))
        """
        if (node_name is None) == (component is None):
            raise InvalidError("give either node_name or component, and not both")
        from lavaclient._ssh import command, forward
        from lavaclient.api.nodes import login_address

        near = forward.check_port("local_port", local_port, lowest=0)
        far = forward.check_port("remote_port", remote_port, lowest=1)
        command.check_ssh_command(ssh_command)
        cluster = self._ready(cluster_id, wait)
        nodes = self.nodes(cluster.id)
        if component is None:
            node = _named(nodes, node_name, cluster)
        else:
            node = _running(nodes, component, cluster)
        return forward.tunnel(
            _login(cluster),
            login_address(node),
            local_port=near,
            remote_host=node.private_ip or "localhost",
            remote_port=far,
            ssh_command=ssh_command,
        )

    def _ready(self, cluster_id: Id, wait: bool) -> D:
        """Return a cluster whose nodes can be logged in to."""
        cluster = with_cluster(self._client, cluster_id, self._fetch)
        if cluster.status in _NO_USE:
            raise InvalidError(f"cluster {cluster.name!r} is {cluster.status}: no node can be used")
        if cluster.status not in ClusterStatus.IN_PROGRESS:
            return cluster
        if not wait:
            raise InvalidError(
                f"cluster {cluster.name!r} is {cluster.status}: to wait for it, give wait=True"
            )
        return self.wait(cluster.id)


class RemoteCluster:
    """What a cluster itself does over SSH."""

    __slots__ = ()

    def execute_on_node(
        self: _Own[D],
        node_name: str | None,
        command: str,
        ssh_command: str | Sequence[str] | None = None,
        wait: bool = False,
    ) -> str:
        """Run a command on a node, as ``lava.clusters.ssh_execute`` does."""
        return self._manager.ssh_execute(self.id, node_name, command, ssh_command, wait)

    def ssh_proxy(
        self: _Own[D],
        port: int | str | None = None,
        node_name: str | None = None,
        ssh_command: str | Sequence[str] | None = None,
        wait: bool = False,
    ) -> Forward:
        """Open a SOCKS5 proxy into it, as ``lava.clusters.ssh_proxy`` does."""
        return self._manager.ssh_proxy(self.id, port, node_name, ssh_command, wait)

    def ssh_tunnel(
        self: _Own[D],
        local_port: int | str,
        remote_port: int | str,
        node_name: str | None = None,
        component: str | None = None,
        ssh_command: str | Sequence[str] | None = None,
        wait: bool = False,
    ) -> Forward:
        """Forward a port to one of its nodes, as ``lava.clusters.ssh_tunnel`` does."""
        return self._manager.ssh_tunnel(
            self.id, local_port, remote_port, node_name, component, ssh_command, wait
        )


def _login(cluster: ClusterShape) -> str:
    if not cluster.username:
        raise InvalidError(f"cluster {cluster.name!r}: the service names no user to log in as")
    return cluster.username


def _named(nodes: Sequence[Node], name: str | None, cluster: ClusterShape) -> Node:
    """Return the node of a name, or without one the first that is not the Ambari host."""
    for node in nodes:
        if not _is_ambari(node) if name is None else _same(node.name, name):
            return node
    there = _listed("nodes", (node.name for node in nodes))
    if name is None:
        raise InvalidError(f"cluster {cluster.name!r} has no node besides Ambari's; {there}")
    raise InvalidError(f"node_name: cluster {cluster.name!r} has no node {name!r}; {there}")


def _running(nodes: Sequence[Node], component: str, cluster: ClusterShape) -> Node:
    """Return the first node that runs a component."""
    for node in nodes:
        if any(_same(name, component) for name in _names(node)):
            return node
    there = _listed("components", (part["name"] for node in nodes for part in node.components))
    raise InvalidError(
        f"component: no node of cluster {cluster.name!r} runs {component!r}; {there}"
    )


def _names(node: Node) -> Iterable[str]:
    for part in node.components:
        yield part["name"]
        yield part.get("nice_name", "")


def _is_ambari(node: Node) -> bool:
    """Tell by the group, the name or the component, as bodies of different age differ."""
    called = f"{node.node_group or ''} {node.name}".lower()
    return "ambari" in called or any(
        "".join(name.lower().split()) in _AMBARI for name in _names(node)
    )


def _same(name: str, asked: str) -> bool:
    return bool(name) and name.casefold() == str(asked).strip().casefold()


def _listed(what: str, names: Iterable[str]) -> str:
    unique = ", ".join(dict.fromkeys(names))
    return f"its {what} are {unique}" if unique else f"it has no {what} yet"
