"""A new cluster, which is checked as far as possible before a key is uploaded."""

from __future__ import annotations

import difflib
import getpass
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from lavaclient import Lava
from lavaclient.api._requests.clusters import new_cluster
from lavaclient.api.clusters import ClusterDetail
from lavaclient.cli.commands._confirm import can_ask, confirmed
from lavaclient.cli.commands._resolve import by_id_or_name, get_by_name
from lavaclient.cli.options.settings import Settings

__all__ = ["NewCluster", "create"]

_KEY_FILES = ("id_rsa.pub", "id_ed25519.pub", "id_ecdsa.pub")


class NewCluster(NamedTuple):
    """The arguments of ``clusters.create``, as the command line has them."""

    name: str
    stack_id: str
    username: str | None
    ssh_keys: Sequence[str] | None
    user_scripts: Sequence[str]
    node_groups: list[dict[str, object]]
    credentials: list[Mapping[str, str]]
    region: str | None


def create(settings: Settings, new: NewCluster) -> ClusterDetail:
    """Check a new cluster, offer to upload a missing key, and build it."""
    # The name of a default key may be invalid too: everything is checked before a request.
    new_cluster(**new._asdict(), connectors=None)
    lava = settings.lava
    stack = get_by_name("stack", new.stack_id, lava.stacks.get, lava.stacks.list)
    known = [group.id for group in stack.node_groups]
    for group in new.node_groups:
        if known and group["id"] not in known:
            raise _unknown("node group", group["id"], known)
    _check_flavors(lava, new.node_groups)
    scripts = _script_ids(lava, new.user_scripts)
    _check_keys(settings, new.ssh_keys or ())
    checked = new._replace(stack_id=stack.id, user_scripts=scripts)
    return lava.clusters.create(**checked._asdict())


def _unknown(noun: str, word: object, known: Iterable[str]) -> click.ClickException:
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(str(word), names, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names)}"
    return click.ClickException(f"there is no {noun} {word}: {hint if names else 'none at all'}")


def _check_flavors(lava: Lava, groups: Sequence[Mapping[str, object]]) -> None:
    wanted = [group["flavor_id"] for group in groups if "flavor_id" in group]
    known = [flavor.id for flavor in lava.flavors.list()] if wanted else []
    for flavor in wanted:
        if flavor not in known:
            raise _unknown("flavor", flavor, known)


def _script_ids(lava: Lava, names_or_ids: Sequence[str]) -> list[str]:
    known = lava.scripts.list() if names_or_ids else []
    ids = []
    for word in names_or_ids:
        script = by_id_or_name("script", word, known)
        if script is None:
            raise _unknown("script", word, [model.name for model in known])
        ids.append(script.id)
    return ids


def _check_keys(settings: Settings, names: Sequence[str]) -> None:
    """Check that the service has the public keys; offer to upload the default one."""
    if not names and not can_ask(settings):
        return  # The service refuses the request if the key is missing.
    try:
        wanted = names or [f"{getpass.getuser()}@{socket.gethostname()}"]
    except (OSError, KeyError, ImportError):
        return  # There is no local user: the request's own error asks for --ssh-key.
    manager = settings.lava.credentials
    known = [key.name for key in manager.list_ssh_keys()]
    missing = [name for name in wanted if name not in known]
    if not missing:
        return
    if names:
        raise _unknown("SSH key", missing[0], known)
    key = missing[0]
    path = _public_key()
    if path is None:
        text = f"The service has no SSH key {key}, and there is no public key in ~/.ssh"
        raise click.ClickException(f"{text}: make one with ssh-keygen, or give --ssh-key")
    click.echo(f"The service has no SSH key {key}.", err=True)
    if not confirmed(f"Upload {path} under this name?", default=True):
        raise click.ClickException("a cluster needs an SSH key: give --ssh-key")
    manager.create_ssh_key(key, path)


def _public_key() -> Path | None:
    home = Path(os.path.expanduser("~/.ssh"))
    paths = (*(home / name for name in _KEY_FILES), *sorted(home.glob("id_*.pub")))
    return next((path for path in paths if path.is_file()), None)
