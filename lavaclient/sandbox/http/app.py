"""The HTTP side: requests in, replies out, as a WSGI application or without any server."""

from __future__ import annotations

import time
import traceback
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from wsgiref.headers import Headers
from wsgiref.types import StartResponse, WSGIEnvironment

import werkzeug
from werkzeug.exceptions import ClientDisconnected

from lavaclient.sandbox.core.calls import Call, region_of
from lavaclient.sandbox.core.context import Answer
from lavaclient.sandbox.core.errors import ApiFault, bad_request
from lavaclient.sandbox.core.request_log import SeenRequest
from lavaclient.sandbox.core.routing import NOT_FOUND
from lavaclient.sandbox.core.urls import REGIONS, locate
from lavaclient.sandbox.faults import outcomes
from lavaclient.sandbox.faults.model import Fault
from lavaclient.sandbox.faults.syntax import line_of
from lavaclient.sandbox.http import control_api, dashboard
from lavaclient.sandbox.http.access import check_access
from lavaclient.sandbox.http.event_stream import EventStream
from lavaclient.sandbox.http.fault_injection import inject_fault
from lavaclient.sandbox.http.messages import MAX_BODY, Reply, Request, encode, fault_answer
from lavaclient.sandbox.resources import identity
from lavaclient.sandbox.service import Sandbox

_RESET = Reply(0, [], b"")


class Application:
    """The sandbox as a WSGI application.

    Args:
        sandbox: The service to put a face on; a new one if none is given.
        sleep: What waits, in real seconds, when a fault says so.
        log: Gets one line for each request.
        allowed_hosts: Names in `Host` headers beside those of the loopback interface. They matter
            to requests that come over a server, and not to `handle`.
    """

    def __init__(
        self,
        sandbox: Sandbox | None = None,
        *,
        sleep: Callable[[float], object] = time.sleep,
        log: Callable[[str], object] | None = None,
        allowed_hosts: Collection[str] = (),
    ) -> None:
        self.sandbox: Sandbox = sandbox if sandbox is not None else Sandbox()
        self.sleep = sleep
        self._log = log
        self._allowed_hosts = frozenset(name.rstrip(".").lower() for name in allowed_hosts)

    def handle(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Reply:
        """Answer one request, without sockets.

        Args:
            method: The method.
            url: The absolute URL, or path and query alone.
            headers: Its headers.
            body: Its body.

        Returns:
            Status, headers and body.

        Raises:
            ConnectionResetError: A fault says that the connection breaks here.
            Exception: An error of the sandbox's own, or of the clock that it was given.
        """
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        target = locate(url, self.sandbox.base_url)
        reply = self._handle(Request(method.upper(), target, Headers(list(pairs)), body))
        if reply.seconds:
            self.sleep(reply.seconds)
        if reply.stream is not None:
            # Without a connection to keep open, the reply ends with what is there.
            reply = reply._replace(body=reply.stream.read(0.0), stream=None)
        return reply

    def serve(self, environ: WSGIEnvironment) -> Reply:
        """Answer one request from a server; an unexpected error is a 500.

        Args:
            environ: The request as WSGI has it.

        Raises:
            ConnectionResetError: A fault says that the connection breaks here.
        """
        incoming = werkzeug.Request(environ)
        # One more than allowed, as werkzeug truncates a chunked body silently.
        incoming.max_content_length = MAX_BODY + 1
        request_id = _new_request_id()
        try:
            target = locate(_url(incoming), self.sandbox.base_url)
        except ValueError as error:
            message = f"The URL or the Host header is not one: {error}"
            return encode(fault_answer(bad_request(message), identity=False), request_id)
        request = Request(
            incoming.method.upper(), target, Headers(list(incoming.headers.items())), b""
        )
        try:
            check_access(request, self._allowed_hosts)
            return self._handle(replace(request, body=_read_body(incoming)), request_id)
        except ApiFault as fault:
            reply = encode(fault_answer(fault, identity=request.is_identity), request_id)
            # The rest of the body would be read as the next request.
            reply.headers.append(("Connection", "close"))
            return reply
        except ConnectionResetError:
            raise
        except Exception as error:  # noqa: BLE001 (whoever waits for an answer gets one)
            if self._log is not None:
                self._log(traceback.format_exc())
            failure = ApiFault(500, f"The sandbox failed: {type(error).__name__}: {error}")
            return encode(fault_answer(failure, identity=request.is_identity), request_id)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request from a WSGI server."""
        reply = self.serve(environ)
        if reply.seconds:
            self.sleep(reply.seconds)
        start_response(f"{reply.status} {phrase(reply.status)}", reply.headers)
        if reply.stream is not None and environ["REQUEST_METHOD"] != "HEAD":
            return _pieces(reply.stream)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else reply.body]

    def _handle(self, request: Request, request_id: str | None = None) -> Reply:
        started = time.monotonic()
        request_id = request_id or _new_request_id()
        reply = _RESET
        try:
            reply = self._reply(request, request_id)
        finally:
            self._note(request, reply, started)
            self._write_line(request, reply.status, started, request_id)
        return reply

    def _reply(self, request: Request, request_id: str) -> Reply:
        if not request.is_control:
            request.faults.extend(self._faults_of(request))
            for fault in tuple(request.faults):
                if fault.kind != "latency":
                    return inject_fault(self.sandbox, fault, request, self._carry_out, request_id)
                self.sleep(self.sandbox.faults.draw(fault))
        return encode(self._carry_out(request), request_id)

    def _faults_of(self, request: Request) -> list[Fault]:
        """The faults of a request: those of the hooks, else those in force; latency first."""
        hooks = self.sandbox.hooks
        faults = hooks.run(_seen(request, self.sandbox.clock.time())) if hooks else []
        if not faults:
            region = request.target.segments[0].upper()
            username = self.sandbox.username_of(request.token)
            path = request.target.path
            return list(self.sandbox.faults.take(request.method, path, region, username))
        return sorted(faults, key=lambda fault: fault.kind != "latency")

    def _carry_out(self, request: Request) -> Answer:
        if request.method == "HEAD":
            request = replace(request, method="GET")
        try:
            with self.sandbox.lock:
                answer = self._dispatch(request)
                if request.method != "GET":
                    self.sandbox.commit()
                return answer
        except ApiFault as fault:
            return fault_answer(fault, identity=request.is_identity)

    def _dispatch(self, request: Request) -> Answer:
        _check_content_type(request)
        path = request.target.path
        if request.is_root:
            return dashboard.redirect(request.method)
        match request.target.segments:
            case ("_sandbox", name) if name in dashboard.FILES:
                return dashboard.show(request.method, name)
            case ("_sandbox", *_):
                return control_api.answer(self.sandbox, request)
            case ("identity" | "v2.0", *_):
                route, arguments = identity.ROUTER.find(
                    request.method, path.removeprefix("/identity").removesuffix(".json")
                )
                urls = request.target.urls
                identity_call = self.sandbox.identity_call(urls, request.body, request.token)
                return route.answer(identity_call, *arguments)
            case (region, "v2", tenant_id, *_):
                call = _call(request, region, tenant_id, below=3)
                answer = self.sandbox.call(call)
                request.faults.extend(outcomes.apply_job_faults(self.sandbox, call, answer, path))
                return answer
            # The links without a version are there to be read.
            case (region, tenant_id, _, *_) if (
                request.method == "GET" and region.upper() in REGIONS and tenant_id != "v1.0"
            ):
                return self.sandbox.call(_call(request, region, tenant_id, below=2))
        raise ApiFault(404, NOT_FOUND)

    def _note(self, request: Request, reply: Reply, started: float) -> None:
        if request.is_control or request.is_root:
            return
        now = self.sandbox.clock.time()
        entry = self.sandbox.requests.append(_seen(request, now, reply, time.monotonic() - started))
        self.sandbox.events.publish("request", now, entry.summary())

    def _write_line(self, request: Request, status: int, started: float, request_id: str) -> None:
        if self._log is None:
            return
        spent = (time.monotonic() - started) * 1000
        query = f"?{request.target.raw_query}" if request.target.raw_query else ""
        url, outcome = request.target.path + query, status or "reset"
        self._log(f"{request.method} {url} {outcome} {spent:.0f}ms {request_id}")


def _seen(request: Request, now: float, reply: Reply = _RESET, seconds: float = 0.0) -> SeenRequest:
    """A request as the log has it, and without its answer as hooks do."""
    return SeenRequest(
        method=request.method,
        path=request.target.path,
        query=request.target.raw_query,
        headers=request.headers,
        body=request.body,
        status=reply.status,
        time=now,
        answer=reply.body,
        seconds=seconds,
        faults=tuple(map(line_of, request.faults)),
    )


def _pieces(stream: EventStream) -> Iterator[bytes]:
    """The pieces of a stream, for a server that iterates over them."""
    stream.open()
    try:
        while True:
            yield stream.read()
    finally:
        stream.close()


def phrase(status: int) -> str:
    """The reason phrase of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _new_request_id() -> str:
    return f"req-{uuid.uuid4()}"


def _check_content_type(request: Request) -> None:
    if not request.body or request.method not in {"POST", "PUT"}:
        return
    content_type = (request.headers["Content-Type"] or "").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise bad_request(f"Content-Type: must be application/json, not '{content_type}'")


def _call(request: Request, region: str, tenant_id: str, *, below: int) -> Call:
    return Call(
        method=request.method,
        region=region_of(region),
        tenant_id=tenant_id,
        path="/" + "/".join(request.target.path.split("/")[1 + below :]),
        query=request.target.query,
        body=request.body,
        token=request.token,
        urls=request.target.urls,
    )


def _url(request: werkzeug.Request) -> str:
    # The raw form keeps segments apart, and may be absolute, as proxies send it.
    environ = request.environ
    raw: str | None = environ.get("RAW_URI")
    if raw is None:
        return request.url
    if "://" in raw.split("?", 1)[0]:
        return raw
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return f"{request.scheme}://{host}{raw}"


def _read_body(request: werkzeug.Request) -> bytes:
    length = request.environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise bad_request(f"Content-Length: must be a whole number, not '{length[:40]}'")
    try:
        body = b"" if int(length) > MAX_BODY else request.get_data(cache=False)
    except (ClientDisconnected, OSError) as error:
        raise bad_request(f"The body cannot be read: {error}") from error
    if int(length) > MAX_BODY or len(body) > MAX_BODY:
        raise ApiFault(413, f"The body is longer than {MAX_BODY} bytes")
    return body
