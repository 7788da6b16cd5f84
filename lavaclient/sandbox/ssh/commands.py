"""A node's answers to commands, from a table; no shell is run."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

from lavaclient.sandbox.core.context import timestamp
from lavaclient.sandbox.ssh.answers import Outcome, SeenCommand
from lavaclient.sandbox.ssh.hosts import Host

_FOLDERS = ("app-logs", "apps", "mr-history", "tmp", "user")
_SHELL_SIGNS = frozenset("|&;<>`$*?~(){}\n")


def run(host: Host, text: str) -> Outcome:
    """Answer a command, from the scripted answers or else from the table, and log it.

    Args:
        host: The node that it was given to.
        text: A program and its arguments, quoted as for a shell. Nothing is expanded.
    """
    answers = host.sandbox.ssh_answers
    outcome = answers.find(host.node.name, text) or _run(host, text)
    cluster = host.cluster
    answers.note(SeenCommand(cluster.id, host.node.name, cluster.username, text, outcome.status))
    return outcome


def _run(host: Host, text: str) -> Outcome:
    try:
        arguments = shlex.split(text)
    except ValueError as error:
        return Outcome(stderr=f"sandbox: {error}\n", status=2)
    if not arguments:
        return Outcome()
    answer = _TABLE.get(arguments[0])
    if answer is not None:
        return answer(host, arguments[1:])
    lines = [f"sandbox: {arguments[0]}: command not found; there are {', '.join(_TABLE)}"]
    if _SHELL_SIGNS.intersection(text):
        lines.insert(0, "sandbox: a node of the sandbox has no shell: no pipes, no variables")
    return Outcome(stderr="".join(f"{line}\n" for line in lines), status=127)


def _exit(_host: Host, arguments: Sequence[str]) -> Outcome:
    if arguments and not arguments[0].isdecimal():
        return Outcome(stderr=f"exit: {arguments[0]}: numeric argument required\n", status=2)
    return Outcome(status=int(arguments[0]) % 256 if arguments else 0)


def _hdfs(host: Host, arguments: Sequence[str]) -> Outcome:
    if not any(p.name == "Namenode" for near in host.neighbours() for p in near.programs()):
        return Outcome(stderr="sandbox: hdfs: this cluster has no Namenode\n", status=127)
    if list(arguments) != ["dfs", "-ls", "/"]:
        return Outcome(stderr="sandbox: hdfs: knows no more than 'hdfs dfs -ls /'\n", status=1)
    day, clock = timestamp(host.cluster.created)[:16].split("T")
    rows = [f"drwxr-xr-x   - hdfs hdfs          0 {day} {clock} /{name}" for name in _FOLDERS]
    return Outcome("\n".join([f"Found {len(rows)} items", *rows]) + "\n")


def _hostname(host: Host, arguments: Sequence[str]) -> Outcome:
    return Outcome(host.names[3 if list(arguments) == ["-I"] else 0] + "\n")


def _jps(host: Host, _arguments: Sequence[str]) -> Outcome:
    names = [program.name for program in host.programs() if program.uri is not None]
    return Outcome("".join(f"{1000 + 37 * n} {name}\n" for n, name in enumerate(names, 1)))


def _uptime(host: Host, _arguments: Sequence[str]) -> Outcome:
    now = timestamp(host.sandbox.clock.time())[11:19]
    minutes = int(host.uptime // 60)
    days = f"{minutes // 1440} days, " if minutes >= 1440 else ""
    up = f"{days}{minutes // 60 % 24:2}:{minutes % 60:02}"
    return Outcome(f" {now} up {up},  1 user,  load average: 0.00, 0.01, 0.05\n")


_TABLE: dict[str, Callable[[Host, Sequence[str]], Outcome]] = {
    "echo": lambda _host, arguments: Outcome(" ".join(arguments) + "\n"),
    "exit": _exit,
    "false": lambda _host, _arguments: Outcome(status=1),
    "hdfs": _hdfs,
    "hostname": _hostname,
    "jps": _jps,
    "nproc": lambda host, _arguments: Outcome(
        f"{host.sandbox.reference.flavors[host.node.flavor_id].vcpus}\n"
    ),
    "true": lambda _host, _arguments: Outcome(),
    "uptime": _uptime,
    "whoami": lambda host, _arguments: Outcome(f"{host.cluster.username}\n"),
}
