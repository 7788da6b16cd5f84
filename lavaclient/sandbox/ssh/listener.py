"""SSH servers for nodes, behind one port.

A connection to SSH does not say which address it was meant for. So the port is a jump host's: it
asks for no key and leads to port 22 of nodes alone, by their address, and the node's own server
at the far end of that way asks for the key. The module needs asyncssh.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
from collections.abc import Awaitable, Callable, Sequence

import asyncssh

from lavaclient.sandbox.service import Sandbox
from lavaclient.sandbox.ssh import commands, hosts, pages
from lavaclient.sandbox.ssh.hosts import Host, Program

__all__ = ["Listener", "new_key"]

_SSH_PORT = 22
_CHUNK = 65_536
_MOST_HEAD = 65_536
_PATIENCE = 5.0

Handler = Callable[["asyncssh.SSHReader[bytes]", "asyncssh.SSHWriter[bytes]"], Awaitable[None]]


def new_key() -> asyncssh.SSHKey:
    """A new key pair."""
    return asyncssh.generate_private_key("ssh-ed25519")


class Listener:
    """The port, and all connections that came in over it.

    Args:
        sandbox: Whose nodes these are.
        key: The host key of all nodes.
    """

    def __init__(self, sandbox: Sandbox, key: asyncssh.SSHKey) -> None:
        self.sandbox = sandbox
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self._key = key

    async def serve(self, host: str, port: int, ready: Callable[[int], object]) -> None:
        """Listen until cancelled.

        Args:
            host: The address.
            port: The port, 0 for a free one.
            ready: Gets the port when it can be connected to.

        Raises:
            OSError: The port cannot be had.
        """
        gateway = functools.partial(_Gateway, self)
        acceptor = await asyncssh.listen(
            host, port, server_factory=gateway, server_host_keys=[self._key]
        )
        try:
            ready(acceptor.get_port())
            await asyncio.get_running_loop().create_future()
        finally:
            acceptor.close()
            await self._end()

    async def enter(
        self,
        hosts: Sequence[Host],
        reader: asyncssh.SSHReader[bytes],
        writer: asyncssh.SSHWriter[bytes],
    ) -> None:
        """Connect a channel with a node's own server."""
        near, far = socket.socketpair()
        near_reader, near_writer = await asyncio.open_connection(sock=near)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_pump(reader, near_writer))
            tasks.create_task(_pump(near_reader, writer))
            tasks.create_task(self._log_in(hosts, far))

    async def _log_in(self, hosts: Sequence[Host], far: socket.socket) -> None:
        node = _Node(self, hosts)
        # The protocol reports a refused login.
        with contextlib.suppress(OSError, asyncssh.Error):
            await asyncssh.run_server(
                far,
                server_factory=lambda: node,
                server_host_keys=[self._key],
                process_factory=node.run,
            )

    async def _end(self) -> None:
        ending = list(self.connections)
        for connection in ending:
            connection.abort()
        closed = [asyncio.ensure_future(connection.wait_closed()) for connection in ending]
        if closed:
            await asyncio.wait(closed, timeout=_PATIENCE)


class _Counted(asyncssh.SSHServer):
    """A server that its listener tracks while it is connected."""

    _connection: asyncssh.SSHServerConnection

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._listener.connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._listener.connections.discard(self._connection)


class _Gateway(_Counted):
    """The jump host."""

    def begin_auth(self, username: str) -> bool:
        del username
        return False

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> Handler:
        del orig_host, orig_port
        called = hosts.called(self._listener.sandbox, dest_host)
        if not called or dest_port != _SSH_PORT:
            raise _refused("the sandbox has no such node that is up")
        node = called[0]
        faults = self._listener.sandbox.faults
        if faults.take_ssh("ssh_refused", node.node.name, node.region):
            raise _refused("Connection refused")
        return functools.partial(self._listener.enter, called)


class _Node(_Counted):
    """A node; the key selects one of those with its address."""

    def __init__(self, listener: Listener, hosts: Sequence[Host]) -> None:
        super().__init__(listener)
        self._hosts = hosts
        self._host: Host | None = None

    def begin_auth(self, username: str) -> bool:
        del username
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        print_ = key.get_fingerprint()
        self._host = next((host for host in self._hosts if host.authorizes(username, print_)), None)
        return self._host is not None

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> Handler:
        del orig_host, orig_port
        target = self._host and self._host.find(dest_host)
        if target is None:
            raise _refused(f"{dest_host}: the cluster has no such node")
        program = pages.program_at(target, dest_port)
        if program is None:
            raise _refused(f"nothing listens on port {dest_port} of {target.node.name}")
        return functools.partial(_show, target, program)

    async def run(self, process: asyncssh.SSHServerProcess[str]) -> None:
        """Answer a command; without one there is nothing to do, as there is no shell."""
        if self._host is None or process.command is None:
            process.stderr.write("sandbox: there is no shell here; give a command\n")
            process.exit(1)
            return
        outcome = commands.run(self._host, process.command)
        node = self._host
        if node.sandbox.faults.take_ssh("ssh_lost", node.node.name, node.region):
            self._connection.abort()
            return
        process.stdout.write(outcome.stdout)
        process.stderr.write(outcome.stderr)
        process.exit(outcome.status)


async def _show(
    host: Host,
    program: Program,
    reader: asyncssh.SSHReader[bytes],
    writer: asyncssh.SSHWriter[bytes],
) -> None:
    try:
        # A port probe sends nothing.
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            head = await reader.readuntil(b"\r\n\r\n", _MOST_HEAD)
            writer.write(pages.reply(host, program, head))
    finally:
        writer.close()


async def _pump(
    reader: asyncssh.SSHReader[bytes] | asyncio.StreamReader,
    writer: asyncssh.SSHWriter[bytes] | asyncio.StreamWriter,
) -> None:
    try:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                writer.write(chunk)
                await writer.drain()
    finally:
        writer.close()


def _refused(reason: str) -> asyncssh.ChannelOpenError:
    return asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, reason)
