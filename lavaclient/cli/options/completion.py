"""Arguments that a shell completes with what the service has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from lavaclient.cli.options.settings import Settings

if TYPE_CHECKING:
    from lavaclient import Lava

if TYPE_CHECKING:
    _ParamType = click.ParamType[str]
else:  # of click before 8.3 it takes no type
    _ParamType = click.ParamType

__all__ = ["CLUSTER", "CREDENTIAL", "DISTRO", "FLAVOR", "SCRIPT", "SSH_KEY", "STACK", "Known"]

_PATIENCE = "5"


class Known(_ParamType):
    """An id or a name that the service knows.

    Args:
        name: What it is.
        find: Asks the service for pairs of a word and what it stands for.
    """

    def __init__(self, name: str, find: Callable[[Lava], Iterable[tuple[str, str]]]) -> None:
        self.name = name
        self._find = find

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return what may stand here; nothing if the service cannot be asked."""
        del param
        settings = ctx.ensure_object(Settings)
        settings.hurry(_PATIENCE)
        return [
            CompletionItem(word, help=words)
            for word, words in dict(self._known(settings)).items()
            if word.startswith(incomplete)
        ]

    def _known(self, settings: Settings) -> list[tuple[str, str]]:
        from lavaclient.cli.options.completion_cache import recall, remember

        kind, owner = self.name.replace(" ", "-"), settings.owner
        found = recall(kind, owner)
        if found is None:
            try:
                found = list(self._find(settings.lava))
            except Exception:  # noqa: BLE001 (a traceback within someone's prompt helps nobody)
                return []
            remember(kind, owner, found)
        return found


def _clusters(lava: Lava) -> Iterable[tuple[str, str]]:
    clusters = lava.clusters.list()
    names = [cluster.name for cluster in clusters]
    for cluster in clusters:
        if names.count(cluster.name) == 1:
            yield cluster.name, cluster.status
        yield cluster.id, f"{cluster.name}, {cluster.status}"


def _stacks(lava: Lava) -> Iterable[tuple[str, str]]:
    return [(stack.id, stack.name) for stack in lava.stacks.list()]


def _flavors(lava: Lava) -> Iterable[tuple[str, str]]:
    return [(flavor.id, flavor.name) for flavor in lava.flavors.list()]


def _distros(lava: Lava) -> Iterable[tuple[str, str]]:
    return [(distro.id, distro.name) for distro in lava.distros.list()]


def _scripts(lava: Lava) -> Iterable[tuple[str, str]]:
    return [(script.id, script.name) for script in lava.scripts.list()]


def _keys(lava: Lava) -> Iterable[tuple[str, str]]:
    return [(key.name, "SSH key") for key in lava.credentials.list_ssh_keys()]


def _credentials(lava: Lava) -> Iterable[tuple[str, str]]:
    from lavaclient.cli.output.views import credential_pairs

    return [(f"{kind}={name}", "") for kind, name in credential_pairs(lava.credentials.list())]


CLUSTER = Known("cluster", _clusters)
STACK = Known("stack", _stacks)
FLAVOR = Known("flavor", _flavors)
DISTRO = Known("distro", _distros)
SCRIPT = Known("script", _scripts)
SSH_KEY = Known("ssh key", _keys)
CREDENTIAL = Known("credential", _credentials)
