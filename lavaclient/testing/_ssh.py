"""ssh within a ``mock_lava`` block: answered by the sandbox's nodes, and never run."""

from __future__ import annotations

import functools
import getopt
import getpass
import inspect
import io
import ipaddress
import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from typing import IO, Any, NamedTuple

from lavaclient.sandbox.service import Sandbox
from lavaclient.sandbox.ssh import commands, hosts
from lavaclient.sandbox.ssh.answers import Outcome
from lavaclient.testing._blocks import active_blocks, current

__all__ = ["answer_ssh"]

_OPTIONS = "46AaB:b:Cc:D:E:e:F:fGgI:i:J:KkL:l:Mm:NnO:o:P:p:Q:qR:S:sTtVvW:w:XxYy"
_FAILED = 255
# The networks of the sandbox's nodes, and an id that no process has.
_NETWORKS = [ipaddress.ip_network(n) for n in ("203.0.113.0/24", "198.51.100.0/24", "10.0.0.0/8")]
_NO_PROCESS = 2**22 + 1


class _Call(NamedTuple):
    """What a command line of ssh says.

    Attributes:
        username: The login name.
        host: The node.
        command: The command; empty for a session without one.
        forwards: Whether it opens ports instead.
    """

    username: str
    host: str
    command: str
    forwards: bool


def answer_ssh(original: Any) -> Any:  # noqa: ANN401 (a class with a hundred overloads)
    """Wrap ``subprocess.Popen``."""
    signature = inspect.signature(original)

    class Popen(original):  # type: ignore[misc]
        """A process; or what ssh would have been, at its end already."""

        def __init__(self, args: Any, *positional: Any, **options: Any) -> None:  # noqa: ANN401
            self._answered = False
            outcome = _outcome(args)
            if outcome is None:
                super().__init__(args, *positional, **options)
                return
            chosen = signature.bind(args, *positional, **options)
            chosen.apply_defaults()
            self._answered = True
            self._finish(outcome, chosen.arguments)

        def communicate(self, input: Any = None, timeout: float | None = None) -> Any:  # noqa: ANN401
            """Return what was written."""
            if not self._answered:
                return super().communicate(input, timeout)
            return tuple(map(_read_and_close, (self.stdout, self.stderr)))

        def _finish(self, outcome: Outcome, chosen: dict[str, Any]) -> None:
            self.args = chosen["args"]
            self.pid = _NO_PROCESS
            self.returncode = outcome.status
            text = any(
                chosen[name] for name in ("text", "encoding", "errors", "universal_newlines")
            )
            self.text_mode = text
            self.stdin = open(os.devnull, "w" if text else "wb") if chosen["stdin"] == -1 else None  # noqa: SIM115 (Popen closes it)
            stdout, stderr = outcome.stdout.encode(), outcome.stderr.encode()
            if chosen["stderr"] == subprocess.STDOUT:
                stdout, stderr = stdout + stderr, b""
            wrap = (
                functools.partial(
                    io.TextIOWrapper, encoding=chosen["encoding"], errors=chosen["errors"]
                )
                if text
                else None
            )
            self.stdout = _deliver(stdout, chosen["stdout"], 1, wrap)
            self.stderr = _deliver(stderr, chosen["stderr"], 2, wrap)

    return Popen


def _deliver(
    output: bytes,
    target: Any,  # noqa: ANN401 (what Popen takes)
    own: int,
    wrap: Callable[[IO[bytes]], IO[str]] | None,
) -> IO[bytes] | IO[str] | None:
    """Give the output to whom it is for: a pipe's reader, a file, or who has this one's own."""
    if target == subprocess.PIPE:
        stream: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (Popen closes it)
        stream.write(output)
        stream.seek(0)
        return stream if wrap is None else wrap(stream)
    if target not in {subprocess.DEVNULL, subprocess.STDOUT}:
        number = own if target is None else target if isinstance(target, int) else target.fileno()
        os.write(number, output)
    return None


def _read_and_close(stream: IO[Any] | None) -> str | bytes | None:
    if stream is None:
        return None
    with stream:
        content: str | bytes = stream.read()
        return content


def _outcome(args: object) -> Outcome | None:
    """Return what ssh would have come to; None for another program, or one that is to be run."""
    if not active_blocks():
        return None
    call = _read(args)
    if call is None:
        return None
    block = current()
    if block is None:
        return _failure("this code belongs to none of the mock_lava blocks that are active")
    while not _is_node(block.sandbox, call.host):
        if not block.passthrough:
            return _failure(
                f"{call.host} is no node of the sandbox; with mock_lava(passthrough=True) ssh would"
                " be run"
            )
        if block.around is None:
            return None
        block = block.around
    return _run(block.sandbox, call)


def _run(sandbox: Sandbox, call: _Call) -> Outcome:
    nodes = hosts.called(sandbox, call.host)
    if not nodes or _meets(nodes[0], "ssh_refused"):
        reason = "Connection refused" if nodes else "No route to host"
        return Outcome("", f"ssh: connect to host {call.host} port 22: {reason}\n", _FAILED)
    host = next((node for node in nodes if _may_log_in(node, call.username)), None)
    if host is None:
        where = f"{call.username}@{call.host}"
        return Outcome("", f"{where}: Permission denied (publickey).\n", _FAILED)
    if call.forwards:
        return _failure("it opens no ports: for proxies and tunnels use LavaSandbox(ssh=True)")
    if not call.command:
        return Outcome("", "sandbox: there is no shell here; give a command\n", 1)
    outcome = commands.run(host, call.command)
    if _meets(host, "ssh_lost"):
        return Outcome("", f"Connection to {call.host} closed by remote host.\n", _FAILED)
    return outcome


def _meets(host: hosts.Host, kind: str) -> bool:
    """Return whether a fault of a kind hits what is done on a node."""
    return host.sandbox.faults.take_ssh(kind, host.node.name, host.region)


def _may_log_in(host: hosts.Host, username: str) -> bool:
    """Return whether a user may log in, who is taken to have all keys that the cluster knows."""
    has_key = any(credential.type == "ssh_keys" for credential in host.cluster.credentials)
    return has_key and username == host.cluster.username


def _failure(reason: str) -> Outcome:
    return Outcome("", f"mock_lava: {reason}\n", _FAILED)


def _is_node(sandbox: Sandbox, host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.lower().endswith(".local") or bool(hosts.called(sandbox, host))
    return any(address in network for network in _NETWORKS)


def _read(args: object) -> _Call | None:
    """Parse a command line; None if it does not run ssh to a host."""
    argv = _argv(args)
    if not argv:
        return None
    if os.path.basename(argv[0]) == "ssh":
        return _parse(argv[1:])
    # What lavaclient starts, whatever program stands before it: "sshpass -e ssh".
    if "BatchMode=yes" in argv and "--" in argv:
        return _parse(argv[argv.index("BatchMode=yes") - 1 :])
    return None


def _argv(args: object) -> list[str]:
    if isinstance(args, str | bytes | os.PathLike):
        try:
            return shlex.split(os.fsdecode(args))
        except ValueError:
            return []
    return [os.fsdecode(word) for word in args] if isinstance(args, Sequence) else []


def _parse(arguments: Sequence[str]) -> _Call | None:
    try:
        options, rest = getopt.getopt(list(arguments), _OPTIONS)
        if not rest:
            return None
        destination, rest = rest[0], rest[1:]
        ended = arguments[len(arguments) - len(rest) - 2 : len(arguments) - len(rest) - 1] == ["--"]
        if not ended:
            more, rest = getopt.getopt(rest, _OPTIONS)
            options += more
    except getopt.GetoptError:
        return None
    named = dict(reversed(options))
    username, _, host = destination.removeprefix("ssh://").rpartition("@")
    return _Call(
        username=username or named.get("-l") or getpass.getuser(),
        host=host.partition("/")[0] if destination.startswith("ssh://") else host,
        command=" ".join(rest),
        forwards=bool(named.keys() & {"-D", "-L", "-R", "-N", "-W"}),
    )
