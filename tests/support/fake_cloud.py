"""Identity and a service of one resource on one port, whose answers a test scripts."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self

from lavaclient import Lava
from lavaclient._system.clock import use_clock
from tests.support.clock import MovedClock
from tests.support.recorder import SentRequest, recorded

USER = "myusername"
KEY = "807895ec1ec4ca255e49ccc6715bf29f"
TENANT = "123456"
LIMIT = {"limit": 10, "remaining": 7}
LIMITS = {"limits": {"absolute": dict.fromkeys(("node_count", "ram", "disk", "vcpus"), LIMIT)}}


class Reply(NamedTuple):
    status: int = 200
    body: object = None
    headers: Mapping[str, str] = {}


Break = type("Break", (), {})
BREAK = Break()
"""In place of a reply: the connection is closed without one."""


class FakeCloud:
    """Signs in whoever has the key, and answers whoever has one of its tokens.

    Attributes:
        replies: What the next sign-ins are answered with, oldest first; then the usual.
        outage: What every sign-in is answered with, while it is set.
        good: The tokens that the service takes.
        requests: Every request.
        before: Called with each request before it is answered.
        lifetime: Seconds that a token is good for.
        change: Changes the body of a usual sign-in.
    """

    def __init__(self, clock: MovedClock | None = None) -> None:
        self.clock = clock or MovedClock()
        self.replies: list[object] = []
        self.outage: object = None
        self.good: set[str] = set()
        self.requests: list[SentRequest] = []
        self.before: Callable[[SentRequest], object] = lambda request: None
        self.lifetime = 86_400.0
        self.change: Callable[[dict[str, object]], None] = lambda access: None
        self.lock = threading.Lock()
        self._issued = 0
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.end_connections()
        self._server.server_close()

    @property
    def auth_url(self) -> str:
        return f"{self.url}/identity/v2.0"

    def endpoint(self, region: str = "DFW") -> str:
        return f"{self.url}/{region.lower()}/v2/{TENANT}"

    def client(self, **options: object) -> Lava:
        """A client of this cloud, on its clock; an option of None is left out."""
        defaults = {"username": USER, "api_key": KEY, "auth_url": self.auth_url, "region": "DFW"}
        named = {
            name: value for name, value in {**defaults, **options}.items() if value is not None
        }
        named.setdefault("username", None)
        with use_clock(self.clock):
            return Lava(**named)  # type: ignore[arg-type]

    @property
    def sign_ins(self) -> int:
        return len([request for request in self.requests if request.path.endswith("/tokens")])

    @property
    def calls(self) -> int:
        return len(self.requests) - self.sign_ins

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """Go on over TLS."""
        self._server.tls = context
        self.url = self.url.replace("http:", "https:")

    def kill(self) -> None:
        """Let the service refuse every token of until now."""
        self.good.clear()

    def access(self) -> dict[str, object]:
        """A usual answer; its token is good from now on."""
        with self.lock:
            self._issued += 1
            token = f"token-{self._issued:04d}-{'abcdef' * 3}"
            self.good.add(token)
        expires = datetime.fromtimestamp(self.clock.time() + self.lifetime, UTC)
        access: dict[str, object] = {
            "token": {
                "id": token,
                "expires": expires.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "tenant": {"id": TENANT, "name": TENANT},
                "RAX-AUTH:authenticatedBy": ["APIKEY"],
            },
            "user": {"id": "170454", "name": USER, "roles": []},
            "serviceCatalog": self.catalog(),
        }
        self.change(access)
        return {"access": access}

    def catalog(self) -> list[object]:
        def entry(region: str, version: str, path: str) -> dict[str, str]:
            url = f"{self.url}/{region.lower()}/{path}/{TENANT}"
            return {"region": region, "versionId": version, "publicURL": url, "tenantId": TENANT}

        regions = ("DFW", "ORD", "IAD")
        files = [
            {"region": region, "publicURL": f"{self.url}/files/{region}"} for region in regions
        ]
        data = [entry(region, v, p) for region in regions for v, p in (("1", "v1.0"), ("2", "v2"))]
        return [
            {"type": "rax:dns", "name": "dns", "endpoints": [{"publicURL": f"{self.url}/dns"}]},
            {"type": "object-store", "name": "cloudFiles", "endpoints": files},
            {"type": "rax:bigdata", "name": "cloudBigData", "endpoints": data},
        ]

    def answer(self, request: SentRequest, /) -> object:
        if not request.path.endswith("/tokens"):
            known = request.headers.get("X-Auth-Token") in self.good
            return Reply(200, LIMITS) if known else Reply(401, _fault(401, "not valid"))
        with self.lock:
            scripted = self.replies.pop(0) if self.replies else self.outage
        return self.usual(request) if scripted is None else scripted

    def usual(self, request: SentRequest, /) -> Reply:
        auth = json.loads(request.body)["auth"]
        key = auth.get("RAX-KSKEY:apiKeyCredentials")
        by_key = key == {"username": USER, "apiKey": KEY}
        by_token = auth.get("token", {}).get("id") in self.good
        if by_key or (by_token and auth.get("tenantId", TENANT) == TENANT):
            return Reply(200, self.access())
        return Reply(401, {"unauthorized": {"code": 401, "message": "Unable to authenticate."}})


def _fault(code: int, message: str) -> dict[str, object]:
    return {"fault": {"code": code, "message": message}}


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, cloud: FakeCloud) -> None:
        self.cloud = cloud
        self.open: set[socket.socket] = set()
        self.tls: ssl.SSLContext | None = None
        super().__init__(("127.0.0.1", 0), _Handler)

    def finish_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        """Serve a connection, in its own thread."""
        if self.tls is not None:
            request = self.tls.wrap_socket(request, server_side=True)
        with request:
            super().finish_request(request, client_address)

    def end_connections(self) -> None:
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: object, client_address: object) -> None:
        """Log no traceback of a client that has disconnected."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def log_message(self, *args: object) -> None:
        """Log no requests on stderr."""

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = recorded(self.command, self.path, dict(self.headers.items()), body)
        cloud = self.server.cloud
        with cloud.lock:
            cloud.requests.append(request)
        cloud.before(request)
        reply = cloud.answer(request)
        if isinstance(reply, Reply):
            self._send(reply)
        else:
            self.close_connection = True

    def _send(self, reply: Reply) -> None:
        raw = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        head = [f"HTTP/1.1 {reply.status} X", f"Content-Length: {len(raw)}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        self.wfile.write("\r\n".join(head).encode() + b"\r\n\r\n" + raw)

    do_GET = do_POST = do_PUT = do_DELETE = _any  # noqa: N815 (what http.server looks for)
