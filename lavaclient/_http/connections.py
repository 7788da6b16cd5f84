"""Connections that keep one deadline from connecting to the last byte.

urllib3 applies its timeout to each address of a host and to each read. Here
one exchange has one deadline: ``Timeout(total=...)`` counts the time spent
connecting, and before each read the socket's timeout is set to the time that
is left, so that a server cannot extend it by sending a byte now and then.
"""

from __future__ import annotations

import collections
import functools
import http.client
import io
import queue
import re
import socket
import ssl
import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

import urllib3.connection
import urllib3.util.connection
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from lavaclient._http.failures import NEVER_SENT
from lavaclient._http.socks import SocksOptions, proxy_address, socks_socket

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from urllib3.poolmanager import PoolManager

    _AnyConnection = HTTPConnection
    _AnyPool = HTTPConnectionPool
else:
    # The mixins get their real bases later. Named here, the bases would be a recording tool's
    # classes for the whole process, if it has replaced urllib3's during this import.
    _AnyConnection = _AnyPool = object

__all__ = ["keep_deadlines"]

_BUFFER = 64 * 2**10  # one read gets the headers and a list of some hundred items
_SWITCHING_PROTOCOLS = 101
_MOST_INTERIM = 100
# A header, a line that continues one, or the line that ends them.
_HEADER_LINE = re.compile(rb"([!-9;-~]+:|[ \t])[^\r]*\r?\n|\r?\n|\Z")


class _DeadlineFile(socket.SocketIO):
    """The reading side of a socket, with a deadline.

    Attributes:
        at_end: Whether the other side has ended the connection.
    """

    at_end = False

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        super().__init__(sock, "r")
        self._socket = sock
        self._deadline = deadline
        self._finished = False

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        if self._finished:
            return None
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the time for this request is over")
        self._socket.settimeout(remaining)
        count = super().readinto(buffer)
        self.at_end = count == 0
        return count

    def finish(self) -> None:
        """Read nothing more from the socket."""
        self._finished = True

    def has_decrypted(self) -> bool:
        """Tell whether TLS has more for the reader, which no check of the socket would show."""
        incoming = getattr(self._socket, "incoming", None)  # of TLS within TLS
        if incoming is not None:
            return bool(incoming.pending)
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def end_connection(self) -> None:
        """Shut the socket down, so that no other request is sent over it."""
        with suppress(OSError):  # it is gone already
            getattr(self._socket, "socket", self._socket).shutdown(socket.SHUT_RDWR)


class _DeadlineReader(io.BufferedReader):
    """Buffers a :class:`_DeadlineFile`.

    Attributes:
        reads_headers: Whether lines that are not headers are dropped. The parser of http.client
            ends the headers at such a line, and so loses the length of the body.
    """

    reads_headers = False

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read a line."""
        line = super().readline(size)
        while self.reads_headers and not _HEADER_LINE.match(line) and len(line) < (size or 0):
            line = super().readline(size)
        return line

    def read(self, size: int | None = None, /) -> bytes:
        """Read; a negative size is a chunk's that urllib3 has read, and would have no limit."""
        if size is not None and size < 0:
            raise http.client.HTTPException("a chunk has a negative size")
        return super().read(size)


class _DeadlineSocket:
    """Stands for the socket that http.client reads a response from."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def makefile(self, mode: str) -> io.BufferedIOBase:
        """Open the reading side; the time left for it is the socket's timeout."""
        remaining = self._socket.gettimeout()
        # As socket.makefile does: the socket stays open until its files are closed.
        # TLS within TLS counts the files on the socket below it.
        counting: Any = getattr(self._socket, "socket", self._socket)
        # The socket of a tool that fakes sockets can only be read through its own file.
        if remaining is None or not hasattr(type(counting), "_io_refs"):
            return self._socket.makefile(mode)  # type: ignore[call-overload, no-any-return]
        counting._io_refs += 1  # noqa: SLF001
        return _DeadlineReader(_DeadlineFile(self._socket, time.monotonic() + remaining), _BUFFER)


class _DeadlineResponse(http.client.HTTPResponse):
    """Reads through :class:`_DeadlineFile`, the final response and nothing beyond it."""

    def __init__(self, sock: socket.socket, *args: object, **kwargs: object) -> None:
        super().__init__(_DeadlineSocket(sock), *args, **kwargs)  # type: ignore[arg-type]

    def _read_status(self) -> tuple[str, int, str]:
        """Read the status line of the final response: http.client skips 100 only."""
        for _ in range(_MOST_INTERIM + 1):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == _SWITCHING_PROTOCOLS:
                self._read_headers_only(on=True)
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException(f"more than {_MOST_INTERIM} interim responses")

    def _read_headers_only(self, *, on: bool) -> None:
        if isinstance(self.fp, _DeadlineReader):
            self.fp.reads_headers = on

    def begin(self) -> None:
        """Read the head.

        What the parser takes for no header is dropped, as urllib3 would log it. Different
        lengths are refused here, as urllib3 does it too late to close the socket.
        After 101 the connection has another protocol. A head that ends with the
        connection is not complete, though http.client accepts it.
        """
        super().begin()
        self._read_headers_only(on=False)
        if getattr(getattr(self.fp, "raw", None), "at_end", False):
            raise http.client.IncompleteRead(b"")
        self.headers.defects.clear()
        self.headers.set_payload("")
        if self.length is None and "," in self.headers.get("Content-Length", ""):
            raise http.client.HTTPException("several lengths")
        if self.status == _SWITCHING_PROTOCOLS:
            self.will_close = True

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if size < 0:
            raise ValueError("a chunk has a negative size")
        return size

    def _close_conn(self) -> None:
        """End the connection if more was received than this response."""
        file = self.fp
        raw = getattr(file, "raw", None)
        if isinstance(raw, _DeadlineFile):
            raw.finish()
            if not file.closed and (file.peek(1) or raw.has_decrypted()):
                raw.end_connection()
        super()._close_conn()  # type: ignore[misc]


class _ConnectPhase:
    """Marks what fails before there is a connection, and limits the time for connecting."""

    def __init__(self, connection: _DeadlineMixin) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        timeout = self._connection.timeout
        self._connection.deadline = None if timeout is None else time.monotonic() + timeout

    def __exit__(
        self, kind: object, failure: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if failure is None:
            self._connection.apply_remaining()
            return
        setattr(failure, NEVER_SENT, True)
        # Close what is left open where connecting fails: ssl's socket when the other side resets
        # before the handshake, and, by http.client before Python 3.11.4, a proxy's response
        # that is not 200.
        while traceback is not None:
            local = traceback.tb_frame.f_locals
            for resource in (local.get("self"), local.get("response")):
                if isinstance(resource, ssl.SSLSocket | _DeadlineResponse):
                    resource.close()
            traceback = traceback.tb_next


class _DeadlineMixin(_AnyConnection):
    """The deadline of connections of all kinds."""

    response_class = _DeadlineResponse
    debuglevel = 0  # http.client prints headers, hence tokens, at any other level
    deadline: float | None = None

    def connect(self) -> None:
        with _ConnectPhase(self):
            super().connect()

    def remaining(self, shares: int = 1) -> float | None:
        """Return the seconds left for connecting, never 0 (which would not block).

        Args:
            shares: Return the share of one of so many attempts.
        """
        if self.deadline is None:
            return None
        return max((self.deadline - time.monotonic()) / shares, 0.001)

    def apply_remaining(self) -> None:
        """Set the socket's timeout to the time that is left."""
        if self.sock is not None:  # pragma: no branch
            self.sock.settimeout(self.remaining())

    def _new_conn(self) -> socket.socket:
        try:
            sock = self._open_socket()
        except socket.gaierror as failure:
            raise NameResolutionError(self.host, self, failure) from failure
        except TimeoutError as failure:
            raise ConnectTimeoutError(self, f"Connection to {self.host} timed out") from failure
        except OSError as failure:
            raise NewConnectionError(self, f"No connection to {self.host}: {failure}") from failure
        sys.audit("http.client.connect", self, self.host, self.port)
        return sock

    def _open_socket(self) -> socket.socket:
        module = urllib3.util.connection
        code = getattr(module.create_connection, "__code__", None)
        if getattr(code, "co_filename", None) != module.__file__:
            # It is patched, to connect in another way.
            return module.create_connection(
                (self._dns_host, self.port),
                self.remaining(),
                source_address=self.source_address,
                socket_options=self.socket_options,
            )
        return self._first_that_connects(self._dns_host.strip("[]"), self.port)

    def _first_that_connects(self, host: str, port: int) -> socket.socket:
        """Connect to the first address that answers; those left share the time evenly."""
        family = urllib3.util.connection.allowed_gai_family()
        addresses = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        # Name resolution has no timeout of its own and is not counted.
        if self.timeout is not None:
            self.deadline = time.monotonic() + self.timeout
        failure = OSError("the name has no address")
        for index, (family, kind, protocol, _, address) in enumerate(addresses):
            try:
                return self._connect_to(
                    (family, kind, protocol), address, self.remaining(len(addresses) - index)
                )
            except OSError as refusal:
                failure = refusal
        raise failure

    def _make_socket(self, kind: tuple[int, int, int], address: tuple[Any, ...]) -> socket.socket:
        return socket.socket(*kind)

    def _destination(self, address: tuple[Any, ...]) -> tuple[Any, ...]:
        return address

    def _connect_to(
        self, kind: tuple[int, int, int], address: tuple[Any, ...], seconds: float | None
    ) -> socket.socket:
        sock = self._make_socket(kind, address)
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            if self.source_address:
                sock.bind(self.source_address)
            sock.settimeout(seconds)
            sock.connect(self._destination(address))
        except BaseException:
            sock.close()
            raise
        sock.settimeout(self.remaining())
        return sock

    def _tunnel(self) -> None:
        self.apply_remaining()
        super()._tunnel()
        self.apply_remaining()


class _SocksMixin(_DeadlineMixin):
    """Connections through a SOCKS proxy, whose handshake counts for the deadline."""

    _socks_options: SocksOptions

    def _open_socket(self) -> socket.socket:
        return self._first_that_connects(*proxy_address(self._socks_options))

    def _make_socket(self, kind: tuple[int, int, int], address: tuple[Any, ...]) -> socket.socket:
        return socks_socket(kind, address, self._socks_options, self.remaining)

    def _destination(self, address: tuple[Any, ...]) -> tuple[Any, ...]:
        return self._dns_host.strip("[]"), self.port


class _Stack(queue.LifoQueue[Any]):
    """A queue without locks, so that a signal handler may use it while its thread does.

    A deque's methods are atomic, which is all that pools need: they never wait.
    """

    def __init__(self, maxsize: int = 0) -> None:
        self.maxsize = maxsize
        self._items: collections.deque[Any] = collections.deque()

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ANN401
        if len(self._items) >= self.maxsize:
            raise queue.Full
        self._items.append(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: ANN401
        try:
            return self._items.pop()
        except IndexError:
            raise queue.Empty from None

    def qsize(self) -> int:
        return len(self._items)


class _PoolMixin(_AnyPool):
    """Opens connections that keep their deadline.

    While a tool that records or replays traffic has replaced urllib3's class of connections,
    the tool's class is used.
    """

    QueueCls = _Stack
    base_pool: type[HTTPConnectionPool]

    @property
    def ConnectionCls(self) -> type[HTTPConnection]:  # type: ignore[override]  # noqa: N802
        base: type[HTTPConnection] = self.base_pool.ConnectionCls  # type: ignore[assignment]
        if not base.__module__.startswith("urllib3."):
            return base
        ours: type[HTTPConnection] = _deadline_class(base)  # type: ignore[arg-type]
        return ours

    def _get_conn(self, timeout: float | None = None) -> HTTPConnection:
        connection: HTTPConnection = super()._get_conn(timeout)  # type: ignore[assignment]
        if type(connection) is self.ConnectionCls:
            return connection
        connection.close()
        return self._new_conn()  # type: ignore[return-value]

    def _validate_conn(self, conn: HTTPConnection) -> None:  # type: ignore[override]
        # urllib3's warns of missing verification at each request; we do once.
        if self.scheme == "https" and conn.is_closed:
            conn.connect()


@functools.cache
def _deadline_class(base: type[HTTPConnection]) -> type[HTTPConnection]:
    """Return a class of connections that keep their deadline."""
    is_socks = any(parent.__module__ == "urllib3.contrib.socks" for parent in base.__mro__)
    mixin = _SocksMixin if is_socks else _DeadlineMixin
    return type(f"Deadline{base.__name__}", (mixin, base), {})


@functools.cache
def _deadline_pool(base: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    return type(f"Deadline{base.__name__}", (_PoolMixin, base), {"base_pool": base})


def keep_deadlines(manager: PoolManager) -> None:
    """Make a pool manager open connections that keep their deadline."""
    manager.pool_classes_by_scheme = {
        scheme: _deadline_pool(base) for scheme, base in manager.pool_classes_by_scheme.items()
    }
