"""``lava clusters create``."""

from __future__ import annotations

import click

from lavaclient.cli.commands._waiting import Waiting, wait_options
from lavaclient.cli.options.completion import SCRIPT, SSH_KEY, STACK
from lavaclient.cli.options.global_types import REGION
from lavaclient.cli.options.groups import Command
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.options.types import NEW_NODE_GROUPS, PAIR
from lavaclient.cli.output.views import CLUSTER

__all__ = ["create"]


@click.command("create", cls=Command, view=CLUSTER)
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
    type=NEW_NODE_GROUPS,
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
@click.option("--cluster-region", type=REGION, metavar="ID", help="Region to build it in.")
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
    waiting: Waiting,
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
    # Help and completion do not wait for the client: it takes 100 ms and more.
    from lavaclient.cli.commands import _new_cluster

    groups = [group for option in node_groups for group in option]
    new = _new_cluster.NewCluster(
        name=name,
        stack_id=stack,
        username=username,
        ssh_keys=ssh_keys or None,
        user_scripts=user_scripts,
        node_groups=groups,
        credentials=[{kind: credential} for kind, credential in connectors + credentials],
        region=cluster_region,
    )
    waiting.show(settings, _new_cluster.create(settings, new))
