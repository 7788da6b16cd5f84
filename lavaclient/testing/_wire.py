"""Where requests and urllib3 meet the sandbox, and what no other library may reach.

Requests for the service are taken at the session, above the adapter that ``responses`` and its
users replace, so that these may come first or last. Whatever would be sent, be it by requests, by
what another mock passes on or by urllib3 itself, comes to a connection pool: there it is answered,
refused or passed on. The names of the service's hosts are not resolved while a block is active.
"""

from __future__ import annotations

import errno
import http.client
import inspect
import socket
from collections.abc import Callable, Mapping
from typing import NamedTuple

import requests
import requests.adapters
import urllib3
from urllib3.connection import HTTPConnection

from lavaclient._http.failures import FOREIGN
from lavaclient.testing._blocks import Block, active_blocks, current
from lavaclient.testing._interceptor import LateAnswerError

__all__ = ["intercept_adapters", "intercept_pools", "pass_on", "refuse_names"]

_Send = Callable[..., requests.Response]

_SEND = requests.adapters.HTTPAdapter.send
_URLOPEN = inspect.signature(urllib3.HTTPConnectionPool.urlopen)
_UNCLEAR = (
    "several mock_lava blocks are active in parallel, and this code belongs to none of them: start"
    " its thread within a block"
)


class _Route(NamedTuple):
    """Where a request goes that is not sent: to a block's sandbox, or nowhere.

    Attributes:
        block: The block; None where it is unclear which one is meant.
        url: The URL as the sandbox knows it; None if the request is refused.
    """

    block: Block | None
    url: str | None


def _route(url: str) -> _Route | None:
    """Return where a request goes; None if it is sent."""
    block = current()
    if block is None:
        blocks = active_blocks()
        sent = all(each.passthrough and each.interceptor.urls.match(url) is None for each in blocks)
        return None if sent else _Route(None, None)
    while block is not None:
        match = block.interceptor.urls.match(url)
        if match is not None or not block.passthrough:
            return _Route(block, match)
        block = block.around
    return None


class _Adapter(requests.adapters.BaseAdapter):
    """Stands before a session's adapter for one request.

    Args:
        adapter: The session's.
        block: Where the request is made, if others than the sandbox may answer it.
    """

    def __init__(self, adapter: requests.adapters.HTTPAdapter, block: Block | None) -> None:
        super().__init__()
        self._adapter = adapter
        self._block = block

    def send(
        self, request: requests.PreparedRequest, *args: object, **options: object
    ) -> requests.Response:
        """Send what is for the sandbox past other mocks, and the rest by what was registered."""
        if self._block is not None:
            return pass_on(self._block, self._adapter, request, *args, **options)
        kind = type(self._adapter)
        inherited = kind.send is requests.adapters.HTTPAdapter.send
        send: _Send = _SEND.__get__(self._adapter, kind) if inherited else self._adapter.send
        try:
            response = send(request, *args, **options)
        except requests.RequestException as error:
            cause: BaseException | None = error
            while cause is not None:
                if vars(cause).get(FOREIGN):
                    raise cause from None
                cause = cause.__cause__ or cause.__context__
            raise
        return response

    def close(self) -> None:
        """Close the session's."""
        self._adapter.close()


def pass_on(
    block: Block | None,
    adapter: requests.adapters.HTTPAdapter,
    request: requests.PreparedRequest,
    *args: object,
    **options: object,
) -> requests.Response:
    """Send a request by what is registered in a block or around it, else by the adapter."""
    while block is not None:
        if block.responses.registered():
            answer: _Send = block.responses.unbound_on_send()
            return answer(adapter, request, *args, **options)
        block = block.around
    send: _Send = adapter.send
    return send(request, *args, **options)


def intercept_adapters(
    original: Callable[[requests.Session, str], requests.adapters.BaseAdapter],
) -> Callable[[requests.Session, str], requests.adapters.BaseAdapter]:
    """Wrap ``requests.Session.get_adapter``."""

    def get_adapter(session: requests.Session, url: str) -> requests.adapters.BaseAdapter:
        adapter = original(session, url)
        block = current()
        if block is None or not isinstance(adapter, requests.adapters.HTTPAdapter):
            return adapter
        route = _route(url)
        for_sandbox = route is not None and route.url is not None
        return _Adapter(adapter, None if for_sandbox else block)

    return get_adapter


def intercept_pools(original: Callable[..., object]) -> Callable[..., object]:
    """Wrap ``urllib3.HTTPConnectionPool.urlopen``."""

    def urlopen(pool: urllib3.HTTPConnectionPool, *args: object, **options: object) -> object:
        if not active_blocks() or isinstance(pool, _Pool):
            return original(pool, *args, **options)
        call = _URLOPEN.bind(pool, *args, **options)
        url = _whole_url(pool, str(call.arguments["url"]))
        route = _route(url)
        if route is None:
            return original(pool, *args, **options)
        limit = _limit(call.arguments.get("timeout", pool.timeout), pool)
        call.arguments["self"] = _Pool(pool, route, url, limit)
        return original(*call.args, **call.kwargs)

    return urlopen


def refuse_names(original: Callable[..., object]) -> Callable[..., object]:
    """Wrap ``socket.getaddrinfo``."""

    def getaddrinfo(host: object, *args: object, **options: object) -> object:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if isinstance(name, str):
            for block in active_blocks():
                if block.interceptor.urls.owns_host(name):
                    message = (
                        f"mock_lava: {name} is the sandbox's, which answers requests and urllib3"
                        " alone"
                    )
                    raise socket.gaierror(socket.EAI_NONAME, message)
        return original(host, *args, **options)

    return getaddrinfo


class _Connection(HTTPConnection):
    """Carries one request to the sandbox, or refuses it as a closed port would."""

    is_verified = True
    _pool: _Pool

    def connect(self) -> None:
        """Open nothing."""

    @property
    def is_closed(self) -> bool:
        return False

    @property
    def is_connected(self) -> bool:
        return True

    def request(  # type: ignore[override]  # only what answers need is named
        self,
        method: str,
        url: str,
        body: object = None,
        headers: Mapping[str, str | bytes] | None = None,
        *,
        preload_content: bool = True,
        decode_content: bool = True,
        enforce_content_length: bool = True,
        **options: object,
    ) -> None:
        del url, options
        if self._pool.route.url is None:
            cause = ConnectionRefusedError(errno.ECONNREFUSED, self._pool.reason(method))
            raise urllib3.exceptions.NewConnectionError(self, cause.args[1]) from cause
        self._request = method, headers or {}, body
        self._preload = preload_content
        self._decode = decode_content
        self._enforce = enforce_content_length

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as urllib3's does
        method, headers, body = self._request
        pool = self._pool
        raw = pool.answer(method, headers, body)
        return urllib3.HTTPResponse(
            body=raw,
            headers=urllib3.HTTPHeaderDict(raw.msg.items()),
            status=raw.status,
            version=raw.version,
            reason=raw.reason,
            original_response=raw,
            request_method=method,
            request_url=pool.url,
            preload_content=self._preload,
            decode_content=self._decode,
            enforce_content_length=self._enforce,
        )


class _Pool(urllib3.HTTPConnectionPool):
    """Stands in for a pool in one call of its ``urlopen``, whose retries are urllib3's own."""

    ConnectionCls = _Connection

    def __init__(
        self, pool: urllib3.HTTPConnectionPool, route: _Route, url: str, limit: float
    ) -> None:
        super().__init__(pool.host, pool.port, headers=pool.headers, retries=pool.retries)
        self.scheme = pool.scheme
        self.route = route
        self.url = url
        self._limit = limit

    def answer(
        self, method: str, headers: Mapping[str, str | bytes], body: object
    ) -> http.client.HTTPResponse:
        """Return the sandbox's answer, or raise the error of a connection that failed."""
        block, url = self.route
        assert block is not None and url is not None  # noqa: S101, PT018 - for mypy
        try:
            return block.interceptor.answer(method, url, headers, body, self._limit)
        except LateAnswerError as error:
            raise urllib3.exceptions.ReadTimeoutError(self, url, str(error)) from error

    def reason(self, method: str) -> str:
        """Return why the request is refused."""
        if self.route.block is None:
            return f"mock_lava: {method} {self.url} is refused: {_UNCLEAR}"
        return (
            f"mock_lava: {method} {self.url} is not for the sandbox;"
            " with mock_lava(passthrough=True) it would be sent"
        )

    def _new_conn(self) -> _Connection:
        connection = _Connection(self.host, self.port)
        connection._pool = self  # noqa: SLF001 - the two are one
        return connection


def _whole_url(pool: urllib3.HTTPConnectionPool, url: str) -> str:
    if not url.startswith("/"):
        return url
    host = f"[{pool.host}]" if ":" in pool.host else pool.host
    default = pool.port in {None, {"http": 80, "https": 443}[str(pool.scheme)]}
    return f"{pool.scheme}://{host}" + ("" if default else f":{pool.port}") + url


def _limit(timeout: object, pool: urllib3.HTTPConnectionPool) -> float:
    """Return how long a request may take until its answer begins, however that was said."""
    if not isinstance(timeout, urllib3.Timeout | int | float | None):
        timeout = pool.timeout
    if isinstance(timeout, urllib3.Timeout):
        total = timeout.total
        timeout = total if isinstance(total, int | float) else timeout.read_timeout
    return float(timeout) if isinstance(timeout, int | float) else float("inf")
