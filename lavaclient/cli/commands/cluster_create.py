"""``lava clusters create``, and the public key that it may need."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lavaclient.cli.commands._confirm import confirmed, somebody_is_there
from lavaclient.cli.commands._waiting import wait_for, wait_options
from lavaclient.cli.options.completion import SCRIPT, SSH_KEY, STACK
from lavaclient.cli.options.groups import Command
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.options.types import NODE_GROUPS, PAIR
from lavaclient.cli.output.views import show_cluster

if TYPE_CHECKING:
    from lavaclient import Lava

__all__ = ["create"]

_KEY_FILES = ("id_rsa.pub", "id_ed25519.pub", "id_ecdsa.pub")


@click.command("create", cls=Command)
@click.argument("name")
@click.argument("stack", type=STACK)
@click.option("--username", metavar="NAME", help="Login name on the nodes.  [default: yours]")
@click.option(
    "--ssh-key",
    "ssh_keys",
    type=SSH_KEY,
    multiple=True,
    metavar="NAME",
    help="A public key that the service has; may be repeated.  [default: USER@HOST, see above]",
)
@click.option(
    "--user-script",
    "user_scripts",
    type=SCRIPT,
    multiple=True,
    metavar="ID",
    help="A script to run on the nodes; may be repeated.",
)
@click.option(
    "--node-groups",
    type=NODE_GROUPS,
    multiple=True,
    help="Where groups are to differ from the stack's; commas between, or repeated.",
)
@click.option(
    "--credential",
    "credentials",
    type=PAIR,
    multiple=True,
    help="What the cluster may use, e.g. cloud_files=user; may be repeated.",
)
@click.option("--connector", "connectors", type=PAIR, multiple=True, hidden=True)
@click.option("--cluster-region", metavar="ID", help="Region to build it in.")
@wait_options
@pass_settings
def create(
    settings: Settings,
    name: str,
    stack: str,
    username: str | None,
    ssh_keys: tuple[str, ...],
    user_scripts: tuple[str, ...],
    node_groups: tuple[list[dict[str, object]], ...],
    credentials: tuple[tuple[str, str], ...],
    connectors: tuple[tuple[str, str], ...],
    cluster_region: str | None,
    wait: bool,
    timeout: float | None,
    interval: float | None,
) -> None:
    """Build a cluster called NAME from a STACK.

    Without --ssh-key it gets the key that is called after you and this
    machine. If the service has no such key, you are asked whether to upload
    your public key from ~/.ssh under that name.

    \b
    Examples:
      lava clusters create logs HDP2.3_Hadoop --wait
      lava clusters create logs HDP2.3_Hadoop --ssh-key laptop \\
        --node-groups 'slave(count=3, flavor_id=hadoop1-7)' \\
        --credential cloud_files=user
    """
    if not ssh_keys and somebody_is_there(settings):
        _offer_upload(settings.lava)
    made = settings.lava.clusters.create(
        name,
        stack,
        username,
        list(ssh_keys) or None,
        user_scripts,
        [group for groups in node_groups for group in groups],
        credentials=[{kind: credential} for kind, credential in connectors + credentials],
        region=cluster_region,
    )
    show_cluster(settings, wait_for(settings, made, timeout, interval) if wait else made)


def _offer_upload(lava: Lava) -> None:
    """Upload the user's public key, if they like, where their default key is missing."""
    import getpass
    import socket

    key = f"{getpass.getuser()}@{socket.gethostname()}"
    if key in {held.name for held in lava.credentials.list_ssh_keys()}:
        return
    path = _public_key()
    if path is None:
        words = f"The service has no SSH key {key}, and there is no public key in ~/.ssh"
        raise click.ClickException(f"{words}: make one with ssh-keygen, or give --ssh-key")
    click.echo(f"The service has no SSH key {key}.", err=True)
    if not confirmed(f"Upload {path} under this name?", default=True):
        raise click.ClickException("no SSH key, no cluster: give --ssh-key")
    lava.credentials.create_ssh_key(key, path)


def _public_key() -> Path | None:
    home = Path(os.path.expanduser("~/.ssh"))
    others = sorted(home.glob("id_*.pub"))
    return next(
        (path for path in (*(home / one for one in _KEY_FILES), *others) if path.is_file()), None
    )
