"""SSH for the sandbox's nodes, so that commands, proxies and tunnels can be tried on a laptop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import tempfile
import threading
from pathlib import Path

from lavaclient.sandbox.core.closing import Closing
from lavaclient.sandbox.service import Sandbox

__all__ = ["SandboxSSH"]

_LOCALHOST = "127.0.0.1"
_PATIENCE = 10.0
_NAME = "lavaclient-sandbox"
# The networks of the nodes' addresses, and their names; the way there is through the listener.
_CONFIG = """\
Host {name}
  HostName {host}
  Port {port}
  User sandbox

Host 203.0.113.* 198.51.100.* 10.* *.local
  ProxyJump {name}

Host *
  HostKeyAlias {name}
  UserKnownHostsFile "{known_hosts}"
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  IdentitiesOnly yes
  PreferredAuthentications publickey
"""


class SandboxSSH(Closing):
    """A real SSH server for each node of a sandbox; leave it or `close()` it.

    The nodes' addresses are nobody's. What leads there is an ssh configuration that goes through
    a port of localhost: `ssh -F CONFIG -i KEY USER@NODE`. A key is good when the node's cluster
    has it in its ssh_keys, with the cluster's user name alone. Commands are answered from a table
    and never run; proxies and tunnels lead to a small page for each component with a web port.

    Args:
        sandbox: Whose nodes these are.
        port: The port of localhost; 0 for any that is free.

    Attributes:
        port: The port.
        config_path: The configuration for ssh.

    Raises:
        RuntimeError: The package asyncssh is not installed.
        OSError: The port cannot be had.

    Example:
        >>> from lavaclient.sandbox import Sandbox
        >>> from lavaclient.sandbox.ssh.server import SandboxSSH
        >>> with SandboxSSH(Sandbox()) as ssh:
        ...     key = ssh.new_key("laptop")
        ...     ssh.ssh_command(key)[:2]
        ['ssh', '-F']
    """

    def __init__(self, sandbox: Sandbox, port: int = 0) -> None:
        try:
            from lavaclient.sandbox.ssh import listener
        except ImportError as error:
            message = "SSH needs the package asyncssh: pip install 'lavaclient[sandbox-ssh]'"
            raise RuntimeError(message) from error
        self._make_key = listener.new_key
        host_key = self._make_key()
        self._listener = listener.Listener(sandbox, host_key)
        self.port: int = self._start(port)
        self._directory = tempfile.TemporaryDirectory(prefix="lavaclient-sandbox-ssh-")
        known_hosts = Path(self._directory.name) / "known_hosts"
        known_hosts.write_text(f"{_NAME} {host_key.export_public_key().decode()}")
        self.config_path: Path = Path(self._directory.name) / "config"
        self.config_path.write_text(
            _CONFIG.format(
                name=_NAME,
                host=_LOCALHOST,
                port=self.port,
                known_hosts=str(known_hosts).replace("%", "%%"),
            )
        )

    def __repr__(self) -> str:
        """Their address."""
        return f"<SandboxSSH port={self.port} config={self.config_path}>"

    def ssh_command(self, key: str | os.PathLike[str]) -> list[str]:
        """What the client's `ssh_command` arguments take, to reach the nodes with a key.

        Args:
            key: The path of the private key.
        """
        return ["ssh", "-F", str(self.config_path), "-i", os.fspath(key)]

    def new_key(self, name: str) -> Path:
        """Make a key pair that lasts as long as the servers.

        Args:
            name: The file's name, and the key's comment.

        Returns:
            The path of the private key; the public one is beside it, in a file that ends in
            `.pub`.
        """
        key = self._make_key()
        key.set_comment(name)
        path = Path(self._directory.name) / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key.export_private_key())
        key.write_public_key(path.with_suffix(".pub"))
        return path

    def close(self) -> None:
        """Stop: close the connections and the thread, remove the files."""
        with contextlib.suppress(RuntimeError):  # The loop is closed already.
            self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join(_PATIENCE)
        self._directory.cleanup()

    def _start(self, port: int) -> int:
        started: concurrent.futures.Future[int] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=asyncio.run, args=(self._serve(port, started),), name="sandbox-ssh", daemon=True
        )
        self._thread.start()
        try:
            return started.result(_PATIENCE)
        except OSError:
            self._thread.join(_PATIENCE)
            raise

    async def _serve(self, port: int, started: concurrent.futures.Future[int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._serving = asyncio.ensure_future(
            self._listener.serve(_LOCALHOST, port, started.set_result)
        )
        try:
            await self._serving
        except asyncio.CancelledError:
            pass
        except OSError as error:
            started.set_exception(error)
