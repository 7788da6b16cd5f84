"""``lava clusters ssh``, ``ssh-proxy`` and ``ssh-tunnel``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from lavaclient.cli.commands._waiting import wait_for
from lavaclient.cli.options.completion import CLUSTER
from lavaclient.cli.options.groups import Command
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.error import FailedError

if TYPE_CHECKING:
    from lavaclient import Lava
    from lavaclient._ssh.forward import Forward

__all__ = ["proxy", "session", "tunnel"]

F = TypeVar("F", bound=Callable[..., object])
_SSH_FAILED = 255


def _ssh_options(command: F) -> F:
    for option in (
        click.option("--wait", is_flag=True, help="Wait first until the cluster is ACTIVE."),
        click.option(
            "--ssh-command",
            metavar="COMMAND",
            help="Your ssh with its options, e.g. 'ssh -i ~/.ssh/lava'.  [default: ssh]",
        ),
        click.option(
            "--node-name",
            "--node",
            metavar="NAME",
            help="The node.  [default: the first that is not Ambari's]",
        ),
    ):
        command = option(command)
    return command


@click.command("ssh", cls=Command)
@click.argument("cluster", type=CLUSTER)
@click.argument("command", nargs=-1, metavar="[COMMAND]...")
@_ssh_options
@pass_settings
def session(
    settings: Settings,
    cluster: str,
    command: tuple[str, ...],
    node_name: str | None,
    ssh_command: str | None,
    wait: bool,
) -> None:
    """Log in to a node, or run a COMMAND on it.

    \b
    Examples:
      lava clusters ssh logs
      lava clusters ssh logs --node-name master-1 -- hdfs dfs -ls /
    """
    _wait_first(settings, cluster, wait=wait)
    manager = settings.lava.clusters
    if command:
        with _when_told(_leave):
            words = " ".join(command)
            sys.stdout.write(manager.ssh_execute(cluster, node_name, words, ssh_command))
    else:
        _log_in(_session_words(settings.lava, cluster, node_name, ssh_command))


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
    manager = settings.lava.clusters
    with _when_told(_leave), manager.ssh_proxy(cluster, port, node_name, ssh_command) as running:
        _stay(running, f"SOCKS5 proxy on localhost:{running.port}")


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
    """Carry a port of localhost to a port of a node, until Ctrl-C.

    The node is given by --node-name or by --component.

    \b
    Example:
      lava clusters ssh-tunnel logs 8088 8088 --component ResourceManager
    """
    if (node_name is None) == (component is None):
        raise click.UsageError("give either --node-name or --component")
    _wait_first(settings, cluster, wait=wait)
    manager = settings.lava.clusters
    with (
        _when_told(_leave),
        manager.ssh_tunnel(
            cluster, local_port, remote_port, node_name, component, ssh_command
        ) as running,
    ):
        _stay(running, f"localhost:{running.port} leads to port {remote_port} of the node")


def _wait_first(settings: Settings, name: str, *, wait: bool) -> None:
    """Wait for a cluster that is in progress; what cannot be used, the call itself refuses."""
    if not wait:
        return
    from lavaclient.api.clusters import ClusterStatus

    cluster = settings.lava.clusters.get(name)
    if cluster.status in ClusterStatus.IN_PROGRESS:
        wait_for(settings, cluster, None, None)


def _session_words(
    lava: Lava, name: str, node_name: str | None, ssh_command: str | None
) -> list[str]:
    """Return the words that start ssh as one would by hand: it may ask, and has a terminal."""
    from lavaclient._ssh.command import check_ssh_command, command_line
    from lavaclient.api.clusters._node_choice import is_usable, login_name, node_by_name
    from lavaclient.api.nodes import login_address

    program = check_ssh_command(ssh_command)
    cluster = lava.clusters.get(name)
    is_usable(cluster, wait=False)
    node = node_by_name(lava.clusters.nodes(cluster.id), node_name, cluster)
    login, host = login_name(cluster), login_address(node)
    command_line(program, (), login, host)  # refuses what must not come to a shell
    return [*program, "-l", login, "--", host]


@contextmanager
def _when_told(end: Callable[[int, object], None]) -> Iterator[None]:
    """Let a closed terminal and SIGTERM end ssh as well, as Ctrl-C does."""
    names = [name for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name)]
    numbers = [signal.Signals[name] for name in names]
    # nohup ignores SIGHUP, and means it.
    before = {one: held for one in numbers if (held := signal.getsignal(one)) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, held in before.items():
            signal.signal(number, held)


def _leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _log_in(words: list[str]) -> None:
    from lavaclient._ssh.command import cannot_start

    # Ctrl-C is for what runs on the node; a handler, unlike SIG_IGN, is not ssh's as well.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        status = _session(words)
    except OSError as error:
        raise FailedError(cannot_start(words[0], error)) from error
    finally:
        signal.signal(signal.SIGINT, before)
    # Any other status is that of the last command there, which concerns who typed it.
    if status == _SSH_FAILED:
        raise FailedError(f"ssh to {words[-1]} failed")


def _session(words: list[str]) -> int:
    """Run ssh to its end, which it has the time for: it gives the terminal back as it was."""
    import subprocess

    running: list[subprocess.Popen[bytes]] = []
    told: list[int] = []

    def end(number: int, _frame: object) -> None:
        told.append(number)
        for ssh in running:
            ssh.terminate()

    with _when_told(end):
        running.append(subprocess.Popen(words))
        if told:  # while it was started
            running[0].terminate()
        status = running[0].wait()
    if told:
        raise SystemExit(128 + told[0])
    return status


def _stay(running: Forward, words: str) -> None:
    from lavaclient._ssh.command import failure_reason

    print(f"{words}; Ctrl-C ends it.", flush=True)
    status = running.wait()
    raise FailedError(f"ssh ended with status {status}: {failure_reason(running.stderr_tail())}")
