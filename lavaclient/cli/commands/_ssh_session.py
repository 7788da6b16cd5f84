"""Runs ssh in the foreground, with the streams of this program, and returns its status."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence

from lavaclient._ssh.command import (
    cannot_start,
    check_ssh_command,
    command_line,
    failure_reason,
)
from lavaclient.api.clusters._node_choice import is_usable, login_name, node_by_name
from lavaclient.api.nodes import login_address
from lavaclient.cli.commands._signals import end_signals
from lavaclient.cli.options.settings import Settings
from lavaclient.error import FailedError

__all__ = ["failure_reason", "run"]


def run(
    settings: Settings,
    name: str,
    node_name: str | None,
    ssh_command: str | None,
    command: Sequence[str],
) -> int:
    """Log in to a node, or run a command on it; return the exit status of ssh.

    Args:
        settings: The run's settings.
        name: The cluster.
        node_name: The node, None for the first that is not the Ambari host.
        ssh_command: Another ssh program or options for it.
        command: The command's words; empty for a login.

    Raises:
        InvalidError: The cluster cannot be used, or there is no such node.
        FailedError: ssh could not be started.
    """
    arguments = _ssh_words(settings, name, node_name, ssh_command)
    # Ctrl-C is for the command on the node. ssh inherits SIG_IGN, but not a handler.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return _run_to_end([*arguments, *command])
    except OSError as error:
        raise FailedError(cannot_start(arguments[0], error)) from error
    finally:
        signal.signal(signal.SIGINT, before)


def _ssh_words(
    settings: Settings, name: str, node_name: str | None, ssh_command: str | None
) -> list[str]:
    program = check_ssh_command(ssh_command)
    cluster = settings.lava.clusters.get(name)
    is_usable(cluster, wait=False)
    node = node_by_name(settings.lava.clusters.nodes(cluster.id), node_name, cluster)
    login, host = login_name(cluster), login_address(node)
    command_line(ssh_command, (), login, host)  # refuses what a shell might expand
    # ssh may ask for a passphrase, unless questions are not allowed.
    batch = ["-o", "BatchMode=yes"] if settings.headless else []
    return [*program, *batch, "-l", login, "--", host]


def _run_to_end(arguments: list[str]) -> int:
    """Run ssh and wait for its end also after a signal, so that it restores the terminal."""
    processes: list[subprocess.Popen[bytes]] = []
    signals: list[int] = []

    def end(number: int, _frame: object) -> None:
        signals.append(number)
        for process in processes:
            process.terminate()

    with end_signals(end):
        processes.append(subprocess.Popen(arguments))
        if signals:  # that came while it was started
            processes[0].terminate()
        status = processes[0].wait()
    if signals:
        raise SystemExit(128 + signals[0])
    return status if status >= 0 else 128 - status
