"""The sandbox as a real HTTP server, in a thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Collection

from lavaclient.sandbox.core.closing import Closing
from lavaclient.sandbox.http.app import Application
from lavaclient.sandbox.http.connections import Server
from lavaclient.sandbox.http.tls import Authority
from lavaclient.sandbox.service import Sandbox

_POLL = 0.02
_PATIENCE = 5.0


class SandboxServer(Closing):
    """A sandbox on a port. It serves from its start until its `with` block ends or it is closed.

    Args:
        sandbox: The service; a new one if none is given.
        host: The address to listen on.
        port: The port; 0 for any that is free.
        tls: Whether to speak TLS, with a certificate made on the spot.
        log: Gets one line for each request.
        allowed_hosts: Names for this server beside those of the loopback interface and `host`.

    Attributes:
        sandbox: The service.
        url: Scheme, host and port.

    Raises:
        OSError: The port cannot be had.

    Example:
        >>> from lavaclient.sandbox.http.server import SandboxServer
        >>> with SandboxServer() as server:
        ...     server.auth_url.endswith("/identity/v2.0")
        True
    """

    def __init__(
        self,
        sandbox: Sandbox | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        log: Callable[[str], object] | None = None,
        allowed_hosts: Collection[str] = (),
    ) -> None:
        self.sandbox: Sandbox = sandbox if sandbox is not None else Sandbox()
        self._closing = threading.Event()
        application = Application(
            self.sandbox,
            sleep=self._closing.wait,
            log=log,
            allowed_hosts=[host, *allowed_hosts],
        )
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family, backlog=128) as listener:
            self._authority = Authority() if tls else None
            context = self._authority.context(host) if self._authority is not None else None
            self._server = Server(application, listener, context)
        shown = f"[{host}]" if ":" in host else host
        self.url: str = f"{'https' if tls else 'http'}://{shown}:{self._server.port}"
        self.sandbox.base_url = self.url
        if self._authority is not None:
            self.sandbox.certificate_path = self._authority.path
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL,), name="sandbox-server", daemon=True
        )
        self._thread.start()

    def __repr__(self) -> str:
        """Where it is."""
        return f"<SandboxServer {self.url}>"

    @property
    def auth_url(self) -> str:
        """The identity URL."""
        return f"{self.url}/identity/v2.0"

    def endpoint(self, region: str = "DFW") -> str:
        """The URL of Cloud Big Data in a region."""
        return f"{self.url}/{region.lower()}/v2/{self.sandbox.tenant_id}"

    def environ(self) -> dict[str, str]:
        """The environment variables that point a client here."""
        return self.sandbox.environ()

    def close(self) -> None:
        """Stop serving, after the running requests; threads and sockets are closed.

        The sandbox releases its state file, and continues in memory alone.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        self._server.shutdown()
        self._thread.join(_PATIENCE)
        self._server.end_connections(_PATIENCE)
        if self._authority is not None:
            self._authority.close()
        self.sandbox.close()
