"""Ports of localhost that ssh forwards to a node: a SOCKS5 proxy, and tunnels to one port.

A port counts as open when nothing listened on it before, something answers on it,
and ssh still runs after that. Threads of one process never get the same port. If
another process takes it between the check and ssh's own bind, ssh exits, which is
detected if it happens before the answer.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from lavaclient._config.checks import port_number
from lavaclient._ssh.command import (
    cannot_start,
    check_host,
    command_line,
    failure_reason,
    is_older_ssh,
)
from lavaclient._ssh.process import Forward
from lavaclient._system.clock import Clock, SystemClock
from lavaclient._system.fork import no_fork
from lavaclient.error import FailedError, LavaError, ProxyError

__all__ = ["Forward", "proxy", "tunnel"]

# A connection shared through ControlPath would take over the forward, and this ssh would exit.
_OPTIONS = (
    *("-N", "-o", "ExitOnForwardFailure=yes"),
    *("-o", "ControlMaster=no", "-o", "ControlPath=none"),
)
_LOCALHOST = "127.0.0.1"
_GREETING, _WELCOME = b"\x05\x01\x00", b"\x05\x00"  # SOCKS5, one method, none; SOCKS5, none
_POLL_INTERVAL = 0.02  # seconds between two checks of a port that does not answer yet
_ANSWER_TIMEOUT = 0.5  # seconds for one answer
_TRIES = 5  # free ports to try

_CLAIMED: set[int] = set()


def proxy(
    username: str,
    host: str,
    *,
    port: int | str = 12345,
    ssh_command: str | Sequence[str] | None = None,
    timeout: float = 30.0,
    clock: Clock | None = None,
) -> Forward:
    """Open a SOCKS5 proxy on 127.0.0.1 whose connections start at the host.

    Args:
        username: Login name on the host.
        host: Name or address of the host.
        port: Port on 127.0.0.1, 1-65535; 0: a free one, which is then in ``.port``.
        ssh_command: As for :func:`lavaclient._ssh.command.execute`.
        timeout: Seconds until the proxy has to answer.
        clock: The clock; tests pass one that they move.

    Returns:
        The running ssh; the proxy has answered a SOCKS5 greeting.

    Raises:
        InvalidError: An argument is invalid; nothing was run.
        ProxyError: ssh could not be started, ended, or the proxy did not answer in time.
    """

    def argv(number: int, *, newer: bool) -> list[str]:
        option = ("-D", f"{_LOCALHOST}:{number}")
        return command_line(ssh_command, (*_OPTIONS, *option), username, host, newer=newer)

    kind = _ForwardKind(argv, f"SOCKS proxy through {host}", _is_socks, ProxyError)
    return _open(kind, port_number("port", port, lowest=0), timeout, clock or SystemClock())


def tunnel(
    username: str,
    host: str,
    *,
    local_port: int | str,
    remote_host: str,
    remote_port: int | str,
    ssh_command: str | Sequence[str] | None = None,
    timeout: float = 30.0,
    clock: Clock | None = None,
) -> Forward:
    """Open a port on 127.0.0.1 whose connections end at a port that the host can reach.

    Whether anything listens on the remote port shows only when the tunnel is used.

    Args:
        username: Login name on the host.
        host: Name or address of the host.
        local_port: Port on 127.0.0.1, 1-65535; 0: a free one, which is then in ``.port``.
        remote_host: Where connections go, a name or an address as the host knows it.
        remote_port: Port there, 1-65535.
        ssh_command: As for :func:`lavaclient._ssh.command.execute`.
        timeout: Seconds until the port has to answer.
        clock: The clock; tests pass one that they move.

    Returns:
        The running ssh; the local port has accepted a connection.

    Raises:
        InvalidError: An argument is invalid; nothing was run.
        FailedError: ssh could not be started, ended, or the port did not answer in time.
    """
    address = check_host("remote_host", remote_host)
    target = f"[{address}]" if ":" in address else address
    target += f":{port_number('remote_port', remote_port, lowest=1)}"

    def argv(number: int, *, newer: bool) -> list[str]:
        option = ("-L", f"{_LOCALHOST}:{number}:{target}")
        return command_line(ssh_command, (*_OPTIONS, *option), username, host, newer=newer)

    kind = _ForwardKind(argv, f"tunnel to {target} through {host}", _is_open, FailedError)
    return _open(
        kind, port_number("local_port", local_port, lowest=0), timeout, clock or SystemClock()
    )


class _CommandLine(Protocol):
    def __call__(self, number: int, *, newer: bool) -> list[str]: ...


class _ForwardKind(NamedTuple):
    argv: _CommandLine
    name: str
    answers: Callable[[socket.socket], bool]
    error: type[LavaError]

    def failure(self, forward: Forward, when: str) -> LavaError:
        reason = failure_reason(forward.stderr_tail())
        return self.error(f"no {self.name} on port {forward.port}{when}: {reason}")


def _open(kind: _ForwardKind, port: int, timeout: float, clock: Clock) -> Forward:
    kind.argv(port, newer=True)  # an invalid argument is reported rather than a port that is in use
    deadline = clock.monotonic() + timeout
    tries = 1 if port else _TRIES
    while True:
        tries -= 1
        number = _claim(kind, port)
        try:
            return _start(kind, number, deadline, clock)
        except kind.error:
            if not tries or _is_free(number):
                raise
        finally:
            _CLAIMED.discard(number)


def _start(
    kind: _ForwardKind, port: int, deadline: float, clock: Clock, *, newer: bool = True
) -> Forward:
    argv = kind.argv(port, newer=newer)
    try:
        forward = Forward(argv, port, kind.name)
    except OSError as reason:
        raise kind.error(cannot_start(argv[0], reason)) from reason
    try:
        _wait_until_open(forward, kind, deadline, clock)
    except BaseException:
        forward.kill()
        if newer and is_older_ssh(forward.stderr_tail()):
            return _start(kind, port, deadline, clock, newer=False)
        raise
    return forward


def _wait_until_open(forward: Forward, kind: _ForwardKind, deadline: float, clock: Clock) -> None:
    """Return when the port answers, or raise the error if it does not."""
    while True:
        answered = _answers(forward.port, kind.answers)
        if forward.poll() is not None:
            raise kind.failure(forward, "")
        if answered:
            return
        if clock.monotonic() >= deadline:
            forward.kill()
            raise kind.failure(forward, " in time")
        clock.sleep(_POLL_INTERVAL)


def _answers(port: int, answers: Callable[[socket.socket], bool]) -> bool:
    try:
        with socket.create_connection((_LOCALHOST, port), timeout=_ANSWER_TIMEOUT) as connection:
            return answers(connection)
    except OSError:
        return False


def _is_socks(connection: socket.socket) -> bool:
    connection.sendall(_GREETING)
    return connection.recv(2) == _WELCOME


def _is_open(connection: socket.socket) -> bool:
    return connection.fileno() >= 0


def _claim(kind: _ForwardKind, port: int) -> int:
    """Return a port that is free and that no other start in this process uses."""
    with no_fork():
        number = _free_port(kind, port)
        while number in _CLAIMED:
            if port:
                raise kind.error(f"no {kind.name}: another thread is opening port {port}")
            number = _free_port(kind, port)
        _CLAIMED.add(number)
    return number


def _free_port(kind: _ForwardKind, port: int) -> int:
    try:
        with socket.create_server((_LOCALHOST, port)) as listener:
            return int(listener.getsockname()[1])
    except OSError as reason:
        raise kind.error(
            f"no {kind.name}: port {port} on localhost cannot be used: {reason.strerror}"
        ) from reason


def _is_free(port: int) -> bool:
    try:
        socket.create_server((_LOCALHOST, port)).close()
    except OSError:
        return False
    return True
