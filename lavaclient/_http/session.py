"""The requests session that a client sends everything over.

What requests does anew for each request is done once here, where the answer
cannot change: proxies and CA bundle of the environment, the pool of an origin.
.netrc and cookies are not used at all.
"""

from __future__ import annotations

import os
import string
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import requests
import requests.adapters
import requests.cookies
import requests.structures
import requests.utils
import urllib3

from lavaclient._http.connections import keep_deadlines
from lavaclient._http.failures import NEVER_SENT

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import Request

__all__ = ["WireSession"]

Verify: TypeAlias = bool | str | None
Certificate: TypeAlias = str | tuple[str, str] | None

_POOL_SIZE = 64
_HOST_LETTERS = string.ascii_letters + string.digits + "_.:[]%-"
_PLAIN_OPTIONS = frozenset({"headers", "data", "verify", "stream", "allow_redirects"})


@contextmanager
def _nothing_sent() -> Iterator[None]:
    """Mark what is raised before there is a connection: a bundle that is missing, say."""
    try:
        yield
    except Exception as failure:
        setattr(failure, NEVER_SENT, True)
        raise


def _is_whole(url: str) -> bool:
    """Tell whether a URL can be sent as it stands."""
    scheme, _, rest = url.partition("://")
    host, slash, _ = rest.partition("/")
    return (
        scheme in {"http", "https"}
        and host.strip(_HOST_LETTERS) == ""
        and slash != ""
        and host != ""
        and url.isascii()
        and url.isprintable()
        and " " not in url
    )


def _origin(url: str) -> str:
    """Return scheme, host and port of a URL that is known to be a whole one."""
    return url[: url.find("/", 8)]


class _NoCookies(requests.cookies.RequestsCookieJar):
    def extract_cookies(self, response: HTTPResponse, request: Request) -> None:
        """Keep none: the service knows nobody by cookies."""


class _Adapter(requests.adapters.HTTPAdapter):
    """Pools of connections that keep their deadline, wide enough for 64 threads."""

    def __init__(self) -> None:
        self._pools: dict[tuple[str, Verify], urllib3.HTTPConnectionPool] = {}
        super().__init__(pool_maxsize=_POOL_SIZE)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: object
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **options)
        keep_deadlines(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: object) -> urllib3.ProxyManager:
        known = proxy in self.proxy_manager
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **options)
        if not known and not proxy.lower().startswith("socks"):
            keep_deadlines(manager)
        return manager

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: Verify,
        proxies: dict[str, str] | None = None,
        cert: Certificate = None,
    ) -> urllib3.HTTPConnectionPool:
        """Return the pool of the request's origin, looked for once."""
        key = (_origin(str(request.url)), verify)
        plain = not proxies and cert is None
        pool = self._pools.get(key) if plain else None
        if pool is None:
            with _nothing_sent():
                pool = super().get_connection_with_tls_context(request, verify, proxies, cert)  # type: ignore[arg-type]
                super().cert_verify(pool, str(request.url), verify, cert)  # type: ignore[arg-type]
            if plain:
                self._pools[key] = pool
        return pool

    def cert_verify(
        self, conn: urllib3.HTTPConnectionPool, url: str, verify: Verify, cert: Certificate
    ) -> None:
        """Do nothing: the pool was told how to verify when it was looked for."""

    def request_url(
        self, request: requests.PreparedRequest, proxies: Mapping[str, str] | None
    ) -> str:
        """Return what stands in the request line."""
        if proxies:
            return super().request_url(request, proxies)  # type: ignore[arg-type]
        return str(request.url)[len(_origin(str(request.url))) :]

    def build_response(
        self, req: requests.PreparedRequest, resp: urllib3.BaseHTTPResponse
    ) -> requests.Response:
        """Wrap an answer, without looking for cookies or an encoding of text in it."""
        response = requests.Response()
        response.status_code = resp.status
        response.headers = requests.structures.CaseInsensitiveDict(resp.headers)
        response.raw = resp
        response.reason = resp.reason  # type: ignore[assignment]
        response.url = str(req.url)
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        response.request = req
        response.connection = self
        return response

    def close(self) -> None:
        self._pools.clear()
        super().close()

    def renew_pools(self) -> None:
        """Begin with fresh pools; the old ones stay referenced, but unused.

        A forked child must not read from its parent's sockets, and must not
        end its parent's TLS sessions by closing them either.
        """
        self._parents_pools = (self.poolmanager, self.proxy_manager, self._pools)
        self._pools = {}
        self.proxy_manager = {}
        self.init_poolmanager(self._pool_connections, self._pool_maxsize, self._pool_block)


class WireSession(requests.Session):
    """A requests session without .netrc and cookies, with a total deadline."""

    keeps_deadlines = True

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies = _NoCookies()
        self._surroundings: dict[str, tuple[dict[str, str], str | None]] = {}
        self._adapter = _Adapter()
        self.mount("https://", self._adapter)
        self.mount("http://", self._adapter)
        _LIVING.add(self)

    def renew_pools(self) -> None:
        """Share no connection with the process that this one was forked from."""
        self._adapter.renew_pools()

    def request(  # type: ignore[override]
        self, method: str, url: str, *args: object, timeout: object = None, **options: object
    ) -> requests.Response:
        """Send a request; ``timeout`` in seconds is for all of it."""
        if isinstance(timeout, int | float):
            timeout = urllib3.Timeout(total=timeout)
        plain = not args and not options.keys() - _PLAIN_OPTIONS and _is_whole(url)
        if plain and isinstance(options.get("data"), bytes | None):
            return self._plain_request(method, url, timeout, **options)  # type: ignore[arg-type]
        options["timeout"] = timeout
        return super().request(method, url, *args, **options)  # type: ignore[arg-type]

    def _plain_request(
        self,
        method: str,
        url: str,
        timeout: object,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        verify: Verify = None,
        stream: bool | None = None,
        allow_redirects: bool = True,
    ) -> requests.Response:
        """Send what needs no preparing: a whole URL, headers that stand, bytes."""
        prepared = requests.PreparedRequest()
        prepared.method = method
        prepared.url = url
        prepared.headers = requests.structures.CaseInsensitiveDict(headers or {})
        prepared.hooks = self.hooks
        if data is not None:
            prepared.body = data
            prepared.headers["Content-Length"] = str(len(data))
        options = self.merge_environment_settings(url, {}, stream, verify, None)
        return self.send(prepared, timeout=timeout, allow_redirects=allow_redirects, **options)

    def merge_environment_settings(
        self,
        url: str,
        proxies: Mapping[str, str] | None,
        stream: bool | None,
        verify: Verify,
        cert: Certificate,
    ) -> dict[str, object]:
        """Return proxies, bundle and the rest; the environment's are looked up once an origin."""
        found, bundle = self._surroundings_of(url)
        if verify is None or verify is True:
            verify = bundle or self.verify
        return {
            "proxies": {**found, **self.proxies, **(proxies or {})},
            "stream": self.stream if stream is None else stream,
            "verify": verify,
            "cert": self.cert if cert is None else cert,
        }

    def _surroundings_of(self, url: str) -> tuple[dict[str, str], str | None]:
        origin = _origin(url)
        known = self._surroundings.get(origin)
        if known is None:
            proxies = requests.utils.get_environ_proxies(url, no_proxy=None)
            bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
            known = self._surroundings[origin] = (proxies, bundle)
        return known

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Return None: redirects are judged where the caller's rules are known."""
        return None


_LIVING: weakref.WeakSet[WireSession] = weakref.WeakSet()


def _renew_all_pools() -> None:
    for session in list(_LIVING):
        session.renew_pools()


if hasattr(os, "register_at_fork"):  # pragma: no branch
    os.register_at_fork(after_in_child=_renew_all_pools)
