"""An SSH server on loopback, in a process of its own, with keys made for the occasion.

It stands for a node of a cluster. Nothing that it is asked to run is run on the
machine: it knows a few commands of its own and sends any other text back as it
came. Names that end in ``.cluster.test`` exist behind it alone.

    with SSHServer(directory) as server:
        execute("hadoop", "127.0.0.1", "anything", ssh_command=server.ssh())
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable

    import asyncssh

__all__ = ["SSHServer"]

_READY_WITHIN = 30
_FAR_NAMES = ".cluster.test"
_NO_FILE = Path("/dev/null")


class SSHServer:
    """The server's process, as its tests see it.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        key: Path of the private key that it lets in.
        stranger: Path of a private key that it does not.
        known_hosts: Path of a file that holds its host key.
    """

    def __init__(self, directory: Path) -> None:
        self.key = directory / "key"
        self.stranger = directory / "stranger"
        self.known_hosts = directory / "known_hosts"
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(directory)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(json.loads(self._process.stdout.readline())["port"])

    def ssh(self, *options: str, key: Path | None = None, config: Path = _NO_FILE) -> list[str]:
        """Return an ``ssh_command`` that reaches the server and reads no file of the user."""
        return [
            *("ssh", "-F", str(config), "-p", str(self.port), "-i", str(key or self.key)),
            *("-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"),
            *options,
            *("-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "StrictHostKeyChecking=yes"),
            *("-o", "GlobalKnownHostsFile=/dev/null"),
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(_READY_WITHIN)
        assert self._process.stdout is not None
        self._process.stdout.close()


async def _answer(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Carry out one command: ``fail``, ``spew``, ``raw``, ``input``, ``hang``, or send it back."""
    text = process.command or ""
    verb, _, rest = text.partition(" ")
    status = 0
    if verb == "fail":
        process.stdout.write(b"half of it\n")
        process.stderr.write(b"first\nno such \x1b[31mtable\n")
        status = int(rest)
    elif verb == "spew":
        process.stdout.write(b"x" * int(rest))
        process.stderr.write(b"y" * int(rest))
    elif verb == "raw":
        process.stdout.write(bytes.fromhex(rest))
    elif verb == "input":
        process.stdout.write(repr(await process.stdin.read()).encode())
    elif verb == "hang":
        Path(rest).touch()  # noqa: ASYNC240 - quick, and nobody waits
        await process.wait_closed()
    else:
        process.stdout.write(text.encode())
    process.exit(status)


async def _serve(directory: Path) -> None:
    import asyncssh  # tests import this module too, and have no use for it

    class Node(asyncssh.SSHServer):
        _peer: asyncssh.SSHServerConnection

        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            self._peer = conn

        def connection_requested(
            self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
        ) -> bool | Awaitable[asyncssh.SSHTCPSession[bytes]]:
            del orig_host, orig_port
            if not dest_host.endswith(_FAR_NAMES):
                return False
            # What asyncssh itself does for True, but for the name.
            return self._peer.forward_connection("127.0.0.1", dest_port)  # type: ignore[return-value]

    host_key, key, stranger = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))
    key.write_private_key(directory / "key")
    stranger.write_private_key(directory / "stranger")
    (directory / "key").chmod(0o600)
    (directory / "stranger").chmod(0o600)
    authorized = asyncssh.import_authorized_keys(key.export_public_key().decode())
    acceptor = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Node,
        server_host_keys=[host_key],
        authorized_client_keys=authorized,
        process_factory=_answer,
        encoding=None,
    )
    port = acceptor.get_port()
    public = host_key.export_public_key().decode().strip()
    (directory / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}\n")
    sys.stdout.write(json.dumps({"port": port}) + "\n")
    sys.stdout.flush()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
