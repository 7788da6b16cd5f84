"""Nodes as hosts: who may log in, their names, their components."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lavaclient.sandbox.core import lifecycle
from lavaclient.sandbox.core.accounts import Account
from lavaclient.sandbox.core.state import Cluster, Node
from lavaclient.sandbox.resources.nodes import component_uri, private_ip, public_ip
from lavaclient.sandbox.service import Sandbox

_ITSELF = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Program:
    """A component on a node. `uri` is where it answers, None for one that does not."""

    name: str
    nice_name: str
    uri: str | None

    @property
    def web_port(self) -> int | None:
        """The port of its web page, if it has one."""
        parts = urlsplit(self.uri or "")
        return parts.port if parts.scheme == "http" else None


@dataclass(frozen=True, slots=True)
class Host:
    """A node that can be reached."""

    sandbox: Sandbox
    account: Account
    cluster: Cluster
    node: Node

    @property
    def names(self) -> tuple[str, ...]:
        """Its names, the host name first."""
        node = self.node
        return (f"{node.name}.local", node.name, public_ip(node), private_ip(node))

    @property
    def region(self) -> str:
        """Its address."""
        return self.account.key.rsplit("/", 1)[1]

    @property
    def uptime(self) -> float:
        """Seconds since its creation."""
        return self.sandbox.clock.time() - self.node.born

    @property
    def status(self) -> str:
        """The node's status."""
        with self.sandbox.lock:
            return lifecycle.node_status(self.cluster, self.node, self.sandbox.clock.time())

    def programs(self) -> list[Program]:
        """The components that run on it."""
        group = next(g for g in self.cluster.groups if g.id == self.node.node_group)
        known = self.sandbox.reference.components
        return [
            Program(
                name, known[name].nice_name, component_uri(known[name], self.cluster, self.node)
            )
            for name in group.components
        ]

    def neighbours(self) -> list[Host]:
        """All nodes of its cluster, itself among them."""
        with self.sandbox.lock:
            return list(_hosts_of(self.sandbox, self.account, self.cluster))

    def find(self, name: str) -> Host | None:
        """The node of its cluster with a name or an address."""
        if name.lower() in _ITSELF:
            return self
        return next((host for host in self.neighbours() if name.lower() in host.names), None)

    def authorizes(self, username: str, fingerprint: str) -> bool:
        """Whether this key may log in."""
        keys = [c.name for c in self.cluster.credentials if c.type == "ssh_keys"]
        with self.sandbox.lock:
            known = self.account.fingerprints
        return username == self.cluster.username and fingerprint in [known.get(k) for k in keys]


def called(sandbox: Sandbox, name: str) -> list[Host]:
    """The hosts of a name or an address that are up; tenants and regions share addresses.

    Args:
        sandbox: Whose nodes these are.
        name: The name or address, in any case.

    Returns:
        The newest first.
    """
    with sandbox.lock:
        hosts = [
            host
            for account in sandbox.accounts()
            for cluster in account.clusters.values()
            for host in _hosts_of(sandbox, account, cluster)
            if name.lower() in host.names and host.status != "BUILDING"
        ]
    return sorted(hosts, key=lambda host: host.node.born, reverse=True)


def _hosts_of(sandbox: Sandbox, account: Account, cluster: Cluster) -> Iterator[Host]:
    for node in lifecycle.visible(cluster, sandbox.clock.time()):
        yield Host(sandbox, account, cluster, node)
