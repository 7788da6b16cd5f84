"""A server that misbehaves on request: raw sockets on loopback.

Each request gets the next step of a script; the last step repeats. A step is a
function that is handed the connection after the request was read, or a string
for what acts before: ``"refuse"`` resets at once, ``"mute"`` never reads,
``"babble"`` speaks first, and no HTTP.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Self

from tests.support.recorder import SentRequest, recorded

Step = Callable[[socket.socket], object]

CLUSTERS = b'{"clusters": [], "links": []}'
DETAIL = b'{"cluster": {"id": "c-1", "name": "nightly", "status": "ACTIVE", "stack_id": "s"}}'


def answer(
    status: int = 200,
    body: bytes = CLUSTERS,
    headers: Mapping[str, str] | None = None,
    length: int | None = None,
) -> Step:
    """A whole answer; ``length`` tells a lie about its body."""
    lines = [f"HTTP/1.1 {status} Some Reason", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    data = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
    return lambda connection: connection.sendall(data)


def raw(data: bytes) -> Step:
    """These bytes, and then the end of the connection."""

    def send(connection: socket.socket) -> None:
        connection.sendall(data)
        fin(connection)

    return send


def reset(connection: socket.socket) -> None:
    """End the connection with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def fin(connection: socket.socket) -> None:
    """End the connection as one does."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def stall(connection: socket.socket) -> None:
    """Send nothing until the other side closes the connection."""
    connection.settimeout(10)
    with contextlib.suppress(OSError):
        while connection.recv(65536):
            pass


def cut(connection: socket.socket) -> None:
    """Send half of a body."""
    answer(body=DETAIL, length=len(DETAIL) * 2)(connection)
    fin(connection)


def drip(before: bytes, piece: bytes = b" ", pause: float = 0.02) -> Step:
    """Send the beginning at once, and then a piece now and then without end."""

    def send(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(before)
            for _ in range(500):
                time.sleep(pause)
                connection.sendall(piece)

    return send


def bomb(size: int) -> Step:
    """A body of zeros that is small while it is packed."""

    def send(connection: socket.socket) -> None:
        head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        zeros = bytes(2**20)
        with contextlib.suppress(OSError):
            connection.sendall(head.encode())
            for _ in range(size // len(zeros)):
                connection.sendall(packer.compress(zeros))
            connection.sendall(packer.flush())
        fin(connection)

    return send


def tunnel(port: int) -> Step:
    """Carry everything on to a port of this machine, as a proxy does for CONNECT."""

    def carry(connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as far:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            other = {connection: far, far: connection}
            while ready := select.select([connection, far], [], [], 10)[0]:
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        with contextlib.suppress(OSError):
                            other[end].shutdown(socket.SHUT_RDWR)
                        return
                    other[end].sendall(data)

    return carry


_AT_ONCE: dict[str, Step] = {
    "refuse": reset,
    "mute": stall,
    "babble": raw(b"220 mail.example ESMTP ready\r\n"),
}


class FaultServer:
    """Serves a script.

    Args:
        *script: The steps.
        context: Speaks TLS with it.

    Attributes:
        requests: The requests that arrived, whole.
        connections: How many connections were opened.
    """

    def __init__(self, *script: Step | str, context: ssl.SSLContext | None = None) -> None:
        self.script: list[Step | str] = list(script) or [answer()]
        self.requests: list[SentRequest] = []
        self.connections = 0
        self._context = context
        self._lock = threading.Lock()
        self._own = threading.local()
        self._open: set[socket.socket] = set()
        self._closing = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://localhost:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"{self.url}/v2/123456"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            waiting = list(self._open)
        for connection in waiting:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket) -> None:
        connection = plain
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                connection = self._context.wrap_socket(plain, server_side=True)
            self._converse(connection)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(plain)
            connection.close()
            plain.close()

    def _converse(self, connection: socket.socket) -> None:
        buffered = b""
        while not self._closing:
            if isinstance(step := self._step(), str):
                self._take()
                _AT_ONCE[step](connection)
                return
            while b"\r\n\r\n" not in buffered:
                buffered += (received := connection.recv(65536))
                if not received:
                    return
            head, _, buffered = buffered.partition(b"\r\n\r\n")
            method, target, headers = _head(head.decode("latin-1"))
            while len(buffered) < int(headers.get("content-length", 0)):
                buffered += (received := connection.recv(65536))
                if not received:
                    return
            self._own.request = recorded(method, target, headers, buffered)
            with self._lock:
                self.requests.append(self._own.request)
            buffered = b""
            step = self._take()
            if callable(step):
                step(connection)

    def current(self) -> SentRequest:
        """The request that the calling step answers."""
        request: SentRequest = self._own.request
        return request

    def _step(self) -> Step | str:
        with self._lock:
            return self.script[0]

    def _take(self) -> Step | str:
        with self._lock:
            return self.script[0] if len(self.script) == 1 else self.script.pop(0)


def _head(text: str) -> tuple[str, str, dict[str, str]]:
    line, *rest = text.split("\r\n")
    method, target, _ = line.split(" ", 2)
    pairs = (line.partition(":") for line in rest)
    return method, target, {name.strip().lower(): value.strip() for name, _, value in pairs}


@contextlib.contextmanager
def dead_port() -> Iterator[int]:
    """A port where nobody listens, kept from others for the while."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
