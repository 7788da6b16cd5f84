"""Arguments that a shell completes with names from the service."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from lavaclient.cli.options.completion_cache import load, save
from lavaclient.cli.options.param_types import TextType
from lavaclient.cli.options.settings import Settings
from lavaclient.cli.output.views import credential_pairs
from lavaclient.error import LavaError

# Cached names are completed without the client, which takes 100 ms and more.
if TYPE_CHECKING:
    from lavaclient import Lava

__all__ = [
    "CLUSTER",
    "CREDENTIAL",
    "DISTRO",
    "FLAVOR",
    "NODE",
    "NODE_GROUP",
    "SCRIPT",
    "SERVICE",
    "SSH_KEY",
    "STACK",
    "STACK_GROUP",
    "CompletedParam",
]

_TIMEOUT = "5"

Pairs = Iterable[tuple[str, str]]


class CompletedParam(TextType):
    """An id or a name that the service knows.

    Args:
        name: Its noun.
        find: Asks the service for pairs of a name and its description.
        within: Another argument that ``find`` needs, such as the cluster of a node.
    """

    def __init__(
        self, name: str, find: Callable[[Lava, str], Pairs], *, within: str | None = None
    ) -> None:
        self.name = name
        self._find = find
        self._within = within

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the possible values; none if the service cannot be asked."""
        del param
        settings = ctx.ensure_object(Settings)
        settings.for_completion(_TIMEOUT)
        owner = str(ctx.params.get(self._within) or "") if self._within else ""
        if self._within and not owner:
            return []
        return [
            CompletionItem(name, help=help)
            for name, help in dict(self._names(settings, owner)).items()
            if name.startswith(incomplete)
        ]

    def _names(self, settings: Settings, owner: str) -> list[tuple[str, str]]:
        kind = re.sub(r"[^\w-]", "-", f"{self.name}{owner and '-'}{owner}")[:80]
        names = load(kind, settings.account.owner)
        if names is None:
            try:
                names = list(self._find(settings.lava, owner))
            except Exception:  # noqa: BLE001 (no traceback in a shell's prompt)
                return []
            save(kind, settings.account.owner, names)
        return names


def _clusters(lava: Lava, _owner: str) -> Pairs:
    clusters = lava.clusters.list()
    names = [cluster.name for cluster in clusters]
    for cluster in clusters:
        if names.count(cluster.name) == 1:
            yield cluster.name, cluster.status
        yield cluster.id, f"{cluster.name}, {cluster.status}"


def _services(lava: Lava, cluster: str) -> Pairs:
    stack = lava.stacks.get(lava.clusters.get(cluster).stack_id)
    return [(service.name, service.version or "") for service in stack.services]


def _node_groups(lava: Lava, owner: str) -> Pairs:
    """Return the groups of a cluster, or of a stack for a new cluster."""
    try:
        cluster = lava.clusters.get(owner)
    except LavaError:
        return [(group.id, group.flavor_id or "") for group in lava.stacks.get(owner).node_groups]
    return [(group.id, f"{group.count} of {group.flavor_id}") for group in cluster.node_groups]


CLUSTER = CompletedParam("cluster", _clusters)
NODE = CompletedParam(
    "node",
    lambda lava, cluster: [(node.name, node.status) for node in lava.nodes.list(cluster)],
    within="cluster",
)
NODE_GROUP = CompletedParam("node-group", _node_groups, within="cluster")
STACK_GROUP = CompletedParam("stack-group", _node_groups, within="stack")
SERVICE = CompletedParam("service", _services, within="cluster")
STACK = CompletedParam("stack", lambda lava, _: [(s.id, s.name) for s in lava.stacks.list()])
FLAVOR = CompletedParam("flavor", lambda lava, _: [(f.id, f.name) for f in lava.flavors.list()])
DISTRO = CompletedParam("distro", lambda lava, _: [(d.id, d.name) for d in lava.distros.list()])
SCRIPT = CompletedParam("script", lambda lava, _: [(s.id, s.name) for s in lava.scripts.list()])
SSH_KEY = CompletedParam(
    "ssh-key",
    lambda lava, _: [(key.name, "SSH key") for key in lava.credentials.list_ssh_keys()],
)
CREDENTIAL = CompletedParam(
    "credential",
    lambda lava, _: [
        (f"{kind}={name}", "") for kind, name in credential_pairs(lava.credentials.list())
    ],
)
