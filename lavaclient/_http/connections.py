"""Connections that keep one deadline from connecting to the last byte.

urllib3 gives a timeout to each step: to each address of a host, to each read.
Here one exchange has one deadline. ``Timeout(total=...)`` counts the time spent
connecting; from then on the socket's timeout is set to what is left before
each read, so that a server which sends a byte now and then gains nothing.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import sys
import time
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from lavaclient._http.failures import NEVER_SENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from _typeshed import WriteableBuffer
    from urllib3.poolmanager import PoolManager

__all__ = ["keep_deadlines"]

_BUFFER = 64 * 2**10  # a list of some hundred items comes with its headers in one read


class _DeadlineReader(socket.SocketIO):
    """The reading side of a socket, up to a moment."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        super().__init__(sock, "r")
        self._socket = sock
        self._deadline = deadline

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this request is over")
        self._socket.settimeout(left)
        return super().readinto(buffer)


class _Source:
    """What http.client reads an answer from, in place of the socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def makefile(self, mode: str) -> io.BufferedIOBase:
        """Open the reading side; the time left for it is the socket's timeout."""
        left = self._socket.gettimeout()
        if left is None:
            return self._socket.makefile(mode)  # type: ignore[call-overload, no-any-return]
        # As socket.makefile does: the socket stays open until its files are closed.
        # TLS within TLS stands on another one, which counts for it.
        counting: Any = getattr(self._socket, "socket", self._socket)
        counting._io_refs += 1  # noqa: SLF001
        reader = _DeadlineReader(self._socket, time.monotonic() + left)
        return io.BufferedReader(reader, _BUFFER)


class _DeadlineResponse(http.client.HTTPResponse):
    """Reads through :class:`_DeadlineReader`."""

    def __init__(self, sock: socket.socket, *args: object, **kwargs: object) -> None:
        super().__init__(_Source(sock), *args, **kwargs)  # type: ignore[arg-type]

    def begin(self) -> None:
        """Read the head.

        What in it is no header is forgotten: urllib3 would log it. Lengths that
        differ are refused here: urllib3 does it too late to close the socket.
        """
        super().begin()
        self.headers.defects.clear()
        self.headers.set_payload("")
        if self.length is None and "," in self.headers.get("Content-Length", ""):
            raise http.client.HTTPException("several lengths")


class _Connecting:
    """Marks what fails before the connection stands, and shares one time out."""

    def __init__(self, connection: _DeadlineMixin) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        timeout = self._connection.timeout
        self._connection.deadline = None if timeout is None else time.monotonic() + timeout

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None:
            self._connection.spend()
        else:
            setattr(error, NEVER_SENT, True)
            _close_half_made(error)


def _close_half_made(error: BaseException) -> None:
    """Close what is forgotten where a connection breaks before it stands.

    That is ssl's socket when the other side resets before the handshake, and, by
    http.client before Python 3.11.4, a proxy's answer that is no 200.
    """
    trace = error.__traceback__
    while trace is not None:
        names = trace.tb_frame.f_locals
        for made in (names.get("self"), names.get("response")):
            if isinstance(made, ssl.SSLSocket | _DeadlineResponse):
                made.close()
        trace = trace.tb_next


class _DeadlineMixin(HTTPConnection):
    """What plain and TLS connections share."""

    response_class = _DeadlineResponse
    debuglevel = 0  # http.client prints headers, hence tokens, at any other level
    deadline: float | None = None

    def connecting(self) -> AbstractContextManager[None]:
        return _Connecting(self)

    def left(self) -> float | None:
        """Return the seconds left for connecting, never 0 (which would not block)."""
        if self.deadline is None:
            return None
        return max(self.deadline - time.monotonic(), 0.001)

    def spend(self) -> None:
        """Give the next step on this socket only the time that is left."""
        if self.sock is not None:  # pragma: no branch
            self.sock.settimeout(self.left())

    def _new_conn(self) -> socket.socket:
        try:
            sock = self._first_open()
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"Connection to {self.host} timed out") from error
        except OSError as error:
            raise NewConnectionError(self, f"No connection to {self.host}: {error}") from error
        sys.audit("http.client.connect", self, self.host, self.port)
        return sock

    def _first_open(self) -> socket.socket:
        """Connect to the first address that answers, all within one deadline."""
        error: OSError = OSError("the name has no address")
        for family, kind, protocol, address in self._addresses():
            sock = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(self.left())
                sock.connect(address)
            except BaseException as failure:
                sock.close()
                if not isinstance(failure, OSError):
                    raise
                error = failure
            else:
                sock.settimeout(self.left())
                return sock
        raise error

    def _addresses(self) -> Iterator[tuple[int, int, int, tuple[object, ...]]]:
        host = self._dns_host.strip("[]")
        found = socket.getaddrinfo(host, self.port, allowed_gai_family(), socket.SOCK_STREAM)
        # Name resolution has no timeout of its own and is not counted.
        if self.timeout is not None:
            self.deadline = time.monotonic() + self.timeout
        for family, kind, protocol, _, address in found:
            yield family, kind, protocol, address

    def _tunnel(self) -> None:
        self.spend()
        super()._tunnel()
        self.spend()


class _PlainConnection(_DeadlineMixin, HTTPConnection):
    def connect(self) -> None:
        with self.connecting():
            super().connect()


class _TLSConnection(_DeadlineMixin, HTTPSConnection):
    def connect(self) -> None:
        with self.connecting():
            super().connect()


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection

    def _validate_conn(self, conn: _TLSConnection) -> None:  # type: ignore[override]
        # Not urllib3's: it warns of missing verification at each request, we do once.
        if conn.is_closed:
            conn.connect()


def keep_deadlines(manager: PoolManager) -> None:
    """Make a pool manager open connections that keep their deadline."""
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TLSPool}
