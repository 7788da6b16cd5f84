"""``lava clusters ssh``, ``ssh-proxy`` and ``ssh-tunnel``."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from lavaclient.cli.commands._signals import end_signals
from lavaclient.cli.commands._waiting import Waiting
from lavaclient.cli.options.abbreviations import AddedOption, parts
from lavaclient.cli.options.completion import CLUSTER, NODE
from lavaclient.cli.options.groups import Command
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.error import FailedError

# Help and completion do not wait for the client: it takes 100 ms and more.
if TYPE_CHECKING:
    from lavaclient._ssh.forward import Forward

__all__ = ["proxy", "session", "tunnel"]

F = TypeVar("F", bound=Callable[..., object])


class _SSHCommand(Command):
    """A command whose arguments end with another command and its options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options before the cluster and directly behind it, and nothing further."""
        arguments = deque(args)
        options: list[str] = []
        cluster: list[str] = []
        for part in parts(arguments, self.get_params(ctx)):
            if part.lacks_value and ctx.resilient_parsing:
                continue
            if part.is_option:
                options += part.arguments
            elif cluster:
                arguments.extendleft(reversed(part.arguments))
                break
            else:
                cluster = part.arguments
        if arguments and arguments[0] == "--":
            arguments.popleft()
        # The words that are left are the command, if there was a cluster.
        return click.Command.parse_args(self, ctx, [*options, "--", *cluster, *arguments])


def _ssh_options(command: F) -> F:
    for option in (
        click.option("--wait", is_flag=True, help="Wait first until the cluster is ACTIVE."),
        click.option(
            "--ssh-command",
            metavar="COMMAND",
            envvar="LAVA_SSH_COMMAND",
            help="Your ssh with its options, e.g. 'ssh -i ~/.ssh/lava'.  "
            "[LAVA_SSH_COMMAND; default: ssh]",
        ),
        click.option(
            "--node-name",
            type=NODE,
            metavar="NAME",
            help="The node.  [default: the first that is not Ambari's]",
        ),
        click.option("--node", "node_name", type=NODE, cls=AddedOption, hidden=True),
    ):
        command = option(command)
    return command


@click.command("ssh", cls=_SSHCommand)
@click.argument("cluster", type=CLUSTER)
@click.argument("command", nargs=-1, metavar="[--] [COMMAND]...", type=click.UNPROCESSED)
@click.option("--command", "command_option", metavar="COMMAND", help="The same, as one word.")
@_ssh_options
@pass_settings
def session(
    settings: Settings,
    cluster: str,
    command: tuple[str, ...],
    command_option: str | None,
    node_name: str | None,
    ssh_command: str | None,
    wait: bool,
) -> None:
    """Log in to a node, or run a COMMAND on it.

    What follows the cluster is the command, its options included. Its input and
    output are those of this program, and so is its exit status.

    \b
    Examples:
      lava clusters ssh logs
      lava clusters ssh --node-name master-1 logs hdfs dfs -ls /
      lava clusters ssh logs 'cat > data.csv' < data.csv
    """
    if command and command_option is not None:
        raise click.UsageError("give COMMAND or --command, and not both")
    _wait_first(settings, cluster, wait=wait)
    # Help and completion do not wait for the client: it takes 100 ms and more.
    from lavaclient.cli.commands import _ssh_session

    command_words = command if command_option is None else (command_option,)
    program = _ssh_command(settings, ssh_command)
    status = _ssh_session.run(settings, cluster, node_name, program, command_words)
    if status:
        raise click.exceptions.Exit(status)


@click.command("ssh-proxy", cls=Command)
@click.argument("cluster", type=CLUSTER)
@click.option("--port", metavar="PORT", help="On localhost; 0: a free one.  [default: 12345]")
@_ssh_options
@pass_settings
def proxy(
    settings: Settings,
    cluster: str,
    port: str | None,
    node_name: str | None,
    ssh_command: str | None,
    wait: bool,
) -> None:
    """Run a SOCKS5 proxy on localhost into a cluster, until Ctrl-C."""
    _wait_first(settings, cluster, wait=wait)
    manager, program = settings.lava.clusters, _ssh_command(settings, ssh_command)
    with end_signals(_exit), manager.ssh_proxy(cluster, port, node_name, program) as running:
        _run_until_end(running, f"SOCKS5 proxy on localhost:{running.port}")


@click.command("ssh-tunnel", cls=Command)
@click.argument("cluster", type=CLUSTER)
@click.argument("local_port")
@click.argument("remote_port")
@click.option("--component", metavar="NAME", help="A node that runs this, e.g. ResourceManager.")
@_ssh_options
@pass_settings
def tunnel(
    settings: Settings,
    cluster: str,
    local_port: str,
    remote_port: str,
    component: str | None,
    node_name: str | None,
    ssh_command: str | None,
    wait: bool,
) -> None:
    """Forward a port of localhost to a port of a node, until Ctrl-C.

    The node is given by --node-name or by --component.

    \b
    Example:
      lava clusters ssh-tunnel logs 8088 8088 --component ResourceManager
    """
    if (node_name is None) == (component is None):
        raise click.UsageError("give either --node-name or --component")
    _wait_first(settings, cluster, wait=wait)
    manager, program = settings.lava.clusters, _ssh_command(settings, ssh_command)
    with (
        end_signals(_exit),
        manager.ssh_tunnel(
            cluster, local_port, remote_port, node_name, component, program
        ) as running,
    ):
        _run_until_end(running, f"localhost:{running.port} leads to port {remote_port} of the node")


def _ssh_command(settings: Settings, option: str | None) -> str | None:
    return option or settings.account.configured("ssh_command")


def _wait_first(settings: Settings, name: str, *, wait: bool) -> None:
    """Wait for a cluster that is in progress; the call refuses one that cannot be used."""
    if not wait:
        return
    cluster = settings.lava.clusters.get(name)
    # Help and completion do not wait for the client: it takes 100 ms and more.
    from lavaclient.api.clusters import ClusterStatus

    if cluster.status in ClusterStatus.IN_PROGRESS:
        Waiting.checked(settings).finish(settings, cluster)


def _exit(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _run_until_end(running: Forward, description: str) -> None:
    print(f"{description}; Ctrl-C ends it.", flush=True)
    status = running.wait()
    # Help and completion do not wait for the client: it takes 100 ms and more.
    from lavaclient.cli.commands import _ssh_session

    reason = _ssh_session.failure_reason(running.stderr_tail())
    raise FailedError(f"ssh ended with status {status}: {reason}")
