"""Ports on localhost that ssh carries to a node: a SOCKS5 proxy, and tunnels to one port.

A port counts as open when something answers on it, ssh still runs after that,
and nobody held the port before. Within one process no two starts get the same
port; another process that takes it in the moment between the look and ssh's own
bind makes ssh exit, which is noticed here if it happens before the answer.
"""

from __future__ import annotations

import re
import socket
import threading
from typing import TYPE_CHECKING, NamedTuple

from lavaclient._ssh.command import cannot_start, check_host, command_line, ssh_words
from lavaclient._ssh.process import Forward
from lavaclient._system.clock import Clock
from lavaclient.error import FailedError, InvalidError, LavaError, ProxyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Forward", "check_port", "proxy", "tunnel"]

# A connection shared through ControlPath would take the forward on, and this ssh be done.
_OPTIONS = (
    *("-N", "-o", "ExitOnForwardFailure=yes"),
    *("-o", "ControlMaster=no", "-o", "ControlPath=none"),
)
_LOCALHOST = "127.0.0.1"
_GREETING, _WELCOME = b"\x05\x01\x00", b"\x05\x00"  # SOCKS5, one method, none; SOCKS5, none
_DIGITS = re.compile(r"[0-9]{1,5}")
_LAST_PORT = 65535
_POLL = 0.02  # seconds between looks at a port that does not answer yet
_PATIENCE = 0.5  # seconds for one answer
_TRIES = 5  # free ports to try

_LOCK = threading.Lock()
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
        clock: The time; tests move one of their own.

    Returns:
        The running ssh; the proxy has answered a SOCKS5 greeting.

    Raises:
        InvalidError: An argument cannot be used; nothing was run.
        ProxyError: ssh could not be started, ended, or the proxy did not answer in time.
    """

    def argv(number: int) -> list[str]:
        option = ("-D", f"{_LOCALHOST}:{number}")
        return command_line(ssh_command, (*_OPTIONS, *option), username, host)

    plan = _Plan(argv, f"SOCKS proxy through {host}", _is_socks, ProxyError)
    return _open(plan, check_port("port", port, lowest=0), timeout, clock or Clock())


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

    Whether anything listens at that far port shows only when the tunnel is used.

    Args:
        username: Login name on the host.
        host: Name or address of the host.
        local_port: Port on 127.0.0.1, 1-65535; 0: a free one, which is then in ``.port``.
        remote_host: Where connections go, a name or an address as the host knows it.
        remote_port: Port there, 1-65535.
        ssh_command: As for :func:`lavaclient._ssh.command.execute`.
        timeout: Seconds until the port has to answer.
        clock: The time; tests move one of their own.

    Returns:
        The running ssh; the local port has accepted a connection.

    Raises:
        InvalidError: An argument cannot be used; nothing was run.
        FailedError: ssh could not be started, ended, or the port did not answer in time.
    """
    far = check_host("remote_host", remote_host)
    target = f"[{far}]" if ":" in far else far
    target += f":{check_port('remote_port', remote_port, lowest=1)}"

    def argv(number: int) -> list[str]:
        option = ("-L", f"{_LOCALHOST}:{number}:{target}")
        return command_line(ssh_command, (*_OPTIONS, *option), username, host)

    plan = _Plan(argv, f"tunnel to {target} through {host}", _is_open, FailedError)
    return _open(plan, check_port("local_port", local_port, lowest=0), timeout, clock or Clock())


class _Plan(NamedTuple):
    argv: Callable[[int], list[str]]
    name: str
    answers: Callable[[socket.socket], bool]
    error: type[LavaError]


def _open(plan: _Plan, port: int, timeout: float, clock: Clock) -> Forward:
    plan.argv(port)  # what is wrong with an argument comes before what is wrong with a port
    deadline = clock.monotonic() + timeout
    tries = 1 if port else _TRIES
    while True:
        tries -= 1
        number = _claim(plan, port)
        try:
            return _start(plan, number, deadline, clock)
        except plan.error:
            if not tries or _is_free(number):
                raise
        finally:
            _CLAIMED.discard(number)


def _start(plan: _Plan, port: int, deadline: float, clock: Clock) -> Forward:
    argv = plan.argv(port)
    try:
        forward = Forward(argv, port, plan.name)
    except OSError as error:
        raise plan.error(cannot_start(argv[0], error)) from error
    try:
        _await(forward, plan, deadline, clock)
    except BaseException:
        forward.kill()
        raise
    return forward


def _await(forward: Forward, plan: _Plan, deadline: float, clock: Clock) -> None:
    """Return when the port answers, or raise why it never will."""
    while True:
        answered = _answers(forward.port, plan.answers)
        if forward.poll() is not None:
            text = f"no {plan.name} on port {forward.port}: {ssh_words(forward.said())}"
            raise plan.error(text)
        if answered:
            return
        if clock.monotonic() >= deadline:
            forward.kill()
            text = f"no {plan.name} on port {forward.port} in time: {ssh_words(forward.said())}"
            raise plan.error(text)
        clock.sleep(_POLL)


def _answers(port: int, answers: Callable[[socket.socket], bool]) -> bool:
    try:
        with socket.create_connection((_LOCALHOST, port), timeout=_PATIENCE) as connection:
            return answers(connection)
    except OSError:
        return False


def _is_socks(connection: socket.socket) -> bool:
    connection.sendall(_GREETING)
    return connection.recv(2) == _WELCOME


def _is_open(connection: socket.socket) -> bool:
    return connection.fileno() >= 0


def _claim(plan: _Plan, port: int) -> int:
    """Return a port that is free and that no other start in this process has in hand."""
    with _LOCK:
        number = _free_port(plan, port)
        while number in _CLAIMED:
            if port:
                text = f"no {plan.name}: port {port} is just being opened by another thread"
                raise plan.error(text)
            number = _free_port(plan, port)
        _CLAIMED.add(number)
    return number


def _free_port(plan: _Plan, port: int) -> int:
    try:
        with socket.create_server((_LOCALHOST, port)) as listener:
            return int(listener.getsockname()[1])
    except OSError as error:
        text = f"no {plan.name}: port {port} on localhost cannot be used: {error.strerror}"
        raise plan.error(text) from error


def _is_free(port: int) -> bool:
    try:
        socket.create_server((_LOCALHOST, port)).close()
    except OSError:
        return False
    return True


def check_port(argument: str, port: int | str, *, lowest: int) -> int:
    """Return a port as a number.

    Raises:
        InvalidError: It is none, or less than ``lowest``; the text names the argument.
    """
    if isinstance(port, str) and _DIGITS.fullmatch(port):
        port = int(port)
    if isinstance(port, int) and not isinstance(port, bool) and lowest <= port <= _LAST_PORT:
        return port
    text = f"{argument} must be a whole number from {lowest} to {_LAST_PORT}, not {port!r}"
    raise InvalidError(text)
