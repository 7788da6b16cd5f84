"""HTTP/1.1 over sockets: connections that stay open, can be reset, and end with the server."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import sys
import threading
from typing import ClassVar

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from lavaclient.sandbox.http.app import Application, phrase
from lavaclient.sandbox.http.event_stream import EventStream
from lavaclient.sandbox.http.messages import Reply

_IDLE = 60.0
_HANDSHAKE = 10.0
_PIECES = 10
_BREATH = 0.05


class Handler(WSGIRequestHandler):
    """Keeps connections open, unlike werkzeug's own handler."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout: ClassVar[float | None] = _IDLE
    close_connection: bool
    server: Server

    def run_wsgi(self) -> None:
        """Answer one request; the name is werkzeug's."""
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        try:
            reply = self.server.application.serve(self.make_environ())
        except ConnectionResetError:
            self.close_connection = True
            self.server.reset(self.connection)
            return
        self._send(reply)

    def log(self, type: str, message: str, *args: object) -> None:
        """Log nothing: the application logs requests, and broken connections are usual."""

    def _send(self, reply: Reply) -> None:
        if reply.interim:
            self.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\n")
            self.wfile.flush()
        self.send_response(reply.status, phrase(reply.status))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self._send_body(reply)
        self.wfile.flush()
        if self.command != "HEAD" and reply.stream is not None:
            self._send_stream(reply.stream)
        headers = dict(reply.headers)
        cut = headers.get("Content-Length", "0") != str(len(reply.body))
        if cut or headers.get("Connection") == "close":
            self.close_connection = True

    def _send_body(self, reply: Reply) -> None:
        if not reply.seconds:
            self.wfile.write(reply.body)
            return
        step = max(len(reply.body) // _PIECES, 1)
        pieces = [reply.body[at : at + step] for at in range(0, len(reply.body), step)]
        for piece in pieces:
            self.wfile.flush()
            self.server.application.sleep(reply.seconds / len(pieces))
            self.wfile.write(piece)

    def _send_stream(self, stream: EventStream) -> None:
        stream.open()
        try:
            while not self.server.ending.is_set():
                self.wfile.write(stream.read())
                self.wfile.flush()
                # Else fifty listeners that wake for each event make a request cost eight times
                # as much.
                self.server.ending.wait(_BREATH)
        finally:
            stream.close()


class Server(ThreadedWSGIServer):
    """Knows its connections, so that it can end them and wait for their threads.

    Args:
        application: What answers.
        listener: A socket that listens; the server works on a copy of it.
        tls: What encrypts connections, if anything does.

    Attributes:
        ending: Set when connections are to end; streams do then.
    """

    def __init__(
        self, application: Application, listener: socket.socket, tls: ssl.SSLContext | None = None
    ) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__(host, port, application, handler=Handler, fd=listener.fileno())
        self.application = application
        self.ssl_context: ssl.SSLContext | None = tls
        self.ending: threading.Event = threading.Event()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._resets: set[int] = set()
        self._guard = threading.Lock()

    def process_request(  # type: ignore[override]  # typeshed has UDP in mind too
        self, request: socket.socket, client_address: object
    ) -> None:
        """Serve a connection in a thread of its own."""
        thread = threading.Thread(
            target=self._serve,
            args=(request, client_address),
            name="sandbox-connection",
            daemon=True,
        )
        with self._guard:
            self._open[thread] = request
        thread.start()

    def handle_error(self, request: object, client_address: object) -> None:
        """Log no broken connections: listeners disconnect without notice."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # likewise

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]  # likewise
        """End a connection: with FIN, or with RST when it is to be reset."""
        if id(request) in self._resets:
            self._resets.discard(id(request))
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def reset(self, connection: socket.socket) -> None:
        """Make a connection end with RST, by a linger time of 0."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._resets.add(id(connection))

    def end_connections(self, timeout: float) -> None:
        """Let running requests finish, and wait for their threads."""
        self.ending.set()
        with self._guard:
            open_now = dict(self._open)
        for connection in open_now.values():
            with contextlib.suppress(OSError):
                # Not the method: an SSLSocket's would drop the encryption of what is under way.
                socket.socket.shutdown(connection, socket.SHUT_RD)
        for thread in open_now:
            thread.join(timeout)

    def _serve(self, request: socket.socket, client_address: tuple[str, int]) -> None:
        try:
            if self.ssl_context is not None:
                request.settimeout(_HANDSHAKE)
                request = self.ssl_context.wrap_socket(request, server_side=True)
                with self._guard:
                    self._open[threading.current_thread()] = request
            self.process_request_thread(request, client_address)
        except OSError:
            request.close()
        finally:
            with self._guard:
                del self._open[threading.current_thread()]
