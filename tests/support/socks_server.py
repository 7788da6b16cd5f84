"""A SOCKS5 proxy on loopback, which may be silent, slow or unwilling."""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import threading
import time
from typing import Self

__all__ = ["SocksServer"]

_NO_PASSWORD, _PASSWORD = 0, 2
_SUCCESS, _NOT_ALLOWED = 0, 2


class SocksServer:
    """Carries connections on to where they are to go.

    Args:
        password: ``user:password`` that it wants, or none.
        silent: It accepts connections and never answers.
        pause: Seconds before each byte of what it says.
        willing: Whether it lets anybody through.

    Attributes:
        destinations: Host and port of each connection that was asked for.
    """

    def __init__(
        self, password: str = "", *, silent: bool = False, pause: float = 0, willing: bool = True
    ) -> None:
        self.password = password
        self.silent = silent
        self.pause = pause
        self.willing = willing
        self.closing = threading.Event()
        self.destinations: list[tuple[str, int]] = []
        self._server = _Server(self)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        """What goes into a proxy variable; names are resolved by the proxy."""
        credentials = f"{self.password}@" if self.password else ""
        return f"socks5h://{credentials}127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = False

    def __init__(self, proxy: SocksServer) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Log no traceback of a client that has disconnected."""


class _Handler(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        proxy = self.server.proxy
        if proxy.silent:
            proxy.closing.wait(10)
            return
        if not self._is_admitted():
            return
        host, port = self._destination()
        proxy.destinations.append((host, port))
        if not proxy.willing:
            self._say(bytes([5, _NOT_ALLOWED, 0, 1]) + bytes(6))
            return
        with socket.create_connection((host, port)) as far:
            self._say(bytes([5, _SUCCESS, 0, 1]) + bytes(6))
            self._carry(far)

    def _is_admitted(self) -> bool:
        password = self.server.proxy.password.partition(":")
        methods = self._read(self._read(2)[1])
        wanted = _PASSWORD if password[0] else _NO_PASSWORD
        if wanted not in methods:
            self._say(b"\x05\xff")
            return False
        self._say(bytes([5, wanted]))
        if wanted == _NO_PASSWORD:
            return True
        user = self._read(self._read(2)[1])
        secret = self._read(self._read(1)[0])
        is_right = (user.decode(), secret.decode()) == (password[0], password[2])
        self._say(b"\x01\x00" if is_right else b"\x01\x01")
        return is_right

    def _destination(self) -> tuple[str, int]:
        kind = self._read(4)[3]
        host = socket.inet_ntoa(self._read(4)) if kind == 1 else self._read(self._read(1)[0])
        name = host if isinstance(host, str) else host.decode()
        return name, int.from_bytes(self._read(2), "big")

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            received = self.request.recv(count - len(data))
            if not received:
                raise ConnectionError
            data += received
        return data

    def _say(self, data: bytes) -> None:
        for number in data if self.server.proxy.pause else b"":
            time.sleep(self.server.proxy.pause)
            self.request.sendall(bytes([number]))
        if not self.server.proxy.pause:
            self.request.sendall(data)

    def _carry(self, far: socket.socket) -> None:
        other = {self.request: far, far: self.request}
        with contextlib.suppress(OSError):
            while not self.server.proxy.closing.is_set():
                for sock in select.select([self.request, far], [], [], 0.05)[0]:
                    data = sock.recv(65536)
                    if not data:
                        return
                    other[sock].sendall(data)
