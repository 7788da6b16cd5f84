"""The HTTP face: requests in, replies out, as a WSGI application or without any server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from lavaclient.sandbox.core.calls import Call, region_of
from lavaclient.sandbox.core.context import Answer
from lavaclient.sandbox.core.errors import ApiFault, bad_request
from lavaclient.sandbox.core.request_log import SeenRequest, headers_of
from lavaclient.sandbox.core.urls import locate
from lavaclient.sandbox.http import control_api
from lavaclient.sandbox.http.fault_injection import inject_fault
from lavaclient.sandbox.http.messages import Reply, Request, encode, fault_answer
from lavaclient.sandbox.service import Sandbox

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_NO_SUCH = "The resource could not be found"


class Application:
    """The sandbox as a WSGI application.

    Args:
        sandbox: The service to put a face on; a new one if none is given.
        sleep: What waits, in real seconds, when a fault says so.
        log: Gets one line for each request.
    """

    def __init__(
        self,
        sandbox: Sandbox | None = None,
        *,
        sleep: Callable[[float], object] = time.sleep,
        log: Callable[[str], object] | None = None,
    ) -> None:
        self.sandbox = sandbox if sandbox is not None else Sandbox()
        self._sleep = sleep
        self._log = log

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
        """
        started = time.monotonic()
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        target = locate(url, self.sandbox.base_url)
        request = Request(method.upper(), target, headers_of(pairs), body)
        request_id = f"req-{self.sandbox.new_id()}"
        status = 0
        try:
            reply = self._reply(request, request_id)
            status = reply.status
        finally:
            self._note(request, status)
            self._tell(request, status, started, request_id)
        return reply

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Answer one request from a WSGI server."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        reply = self.handle(environ["REQUEST_METHOD"], _url(environ), _headers(environ), body)
        start_response(f"{reply.status} {phrase(reply.status)}", reply.headers)
        return [reply.body]

    def _reply(self, request: Request, request_id: str) -> Reply:
        if request.segments[0] == "_sandbox":
            return encode(self._carry_out(request), request_id)
        faults = self.sandbox.faults.take(request.method, request.target.path)
        for fault in faults:
            if fault.kind == "latency":
                self._sleep(fault.seconds)
            else:
                return inject_fault(self.sandbox, fault, request, self._carry_out, request_id)
        return encode(self._carry_out(request), request_id)

    def _carry_out(self, request: Request) -> Answer:
        try:
            with self.sandbox.lock:
                answer = self._dispatch(request)
                if request.method != "GET" and not request.is_identity:
                    self.sandbox.save()
                return answer
        except ApiFault as fault:
            return fault_answer(fault, identity=request.is_identity)

    def _dispatch(self, request: Request) -> Answer:
        _check_content_type(request)
        match request.segments:
            case ("_sandbox", *_):
                return control_api.answer(self.sandbox, request)
            case ("identity", "v2.0", "tokens"):
                return self._sign_in(request)
            case (region, "v2", tenant_id, *path):
                return self.sandbox.call(_call(request, region, tenant_id, tuple(path)))
        raise ApiFault(404, _NO_SUCH)

    def _sign_in(self, request: Request) -> Answer:
        if request.method != "POST":
            raise ApiFault(405, f"{request.method} is not allowed here; POST is")
        return self.sandbox.sign_in(request.body, request.target.urls)

    def _note(self, request: Request, status: int) -> None:
        if request.segments[0] == "_sandbox":
            return
        seen = SeenRequest(
            method=request.method,
            path=request.target.path,
            query=request.target.raw_query,
            headers=request.headers,
            body=request.body,
            status=status,
            time=self.sandbox.clock.time(),
        )
        self.sandbox.requests.append(seen)

    def _tell(self, request: Request, status: int, started: float, request_id: str) -> None:
        if self._log is None:
            return
        spent = (time.monotonic() - started) * 1000
        query = f"?{request.target.raw_query}" if request.target.raw_query else ""
        url, said = request.target.path + query, status or "reset"
        self._log(f"{request.method} {url} {said} {spent:.0f}ms {request_id}")


def phrase(status: int) -> str:
    """What HTTP calls a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _check_content_type(request: Request) -> None:
    if not request.body or request.method not in {"POST", "PUT"}:
        return
    given = (request.headers["Content-Type"] or "").split(";")[0].strip().lower()
    if given != "application/json":
        message = f"Content-Type: must be application/json, not '{given}'"
        raise bad_request(message)


def _call(request: Request, region: str, tenant_id: str, path: tuple[str, ...]) -> Call:
    return Call(
        method=request.method,
        region=region_of(region),
        tenant_id=tenant_id,
        segments=path,
        query=request.target.query,
        body=request.body,
        token=request.token,
        urls=request.target.urls,
    )


def _url(environ: WSGIEnvironment) -> str:
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    origin = f"{environ['wsgi.url_scheme']}://{host}"
    if "RAW_URI" in environ:
        return f"{origin}{environ['RAW_URI']}"
    query = environ.get("QUERY_STRING")
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return f"{origin}{path}?{query}" if query else f"{origin}{path}"


def _headers(environ: WSGIEnvironment) -> list[tuple[str, str]]:
    named = [
        (name.removeprefix("HTTP_").replace("_", "-").title(), value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    if environ.get("CONTENT_TYPE"):
        named.append(("Content-Type", environ["CONTENT_TYPE"]))
    return named
