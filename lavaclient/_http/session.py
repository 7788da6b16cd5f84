"""The requests session that a client sends everything over.

What requests looks up for each request is looked up once here: proxies and CA
bundle of the environment, the pool of an origin. .netrc and cookies are not used.
"""

from __future__ import annotations

import os
import re
import ssl
import threading
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, TypeAlias

import requests
import requests.adapters
import requests.models
import requests.sessions
import requests.structures
import requests.utils
import urllib3

from lavaclient import error
from lavaclient._http.connections import keep_deadlines
from lavaclient._http.failures import (
    BODY_LIMIT,
    NEVER_SENT,
    TooLargeError,
    UnusableSettingError,
)
from lavaclient._http.proxies import shown_proxy
from lavaclient._system.fork import no_fork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keystoneauth1.session import Session

__all__ = ["HTTPSession", "check_bundle", "renew_session"]

Verify: TypeAlias = bool | str | None
Certificate: TypeAlias = str | tuple[str, str] | None

_POOL_SIZE = 64
# With a host, a path without dots to resolve, and nothing to encode: it is sent as it is.
# Other patterns are compiled when they are first used; this one is, in each request.
_PREPARED = re.compile(r"(?!.*/\.)https?://[A-Za-z0-9_.:\[\]%-]+/[!-~]*")
_UNPREPARED = frozenset({"headers", "data", "verify", "stream", "allow_redirects"})
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
# The pools that a forked child has from its parent, referenced so that they are not closed.
_parents_pools: list[dict[str, object]] = []


def _of_requests(parent: type[object], module: str) -> type[object]:
    """Return requests' own class, even if a tool has replaced it when this is imported."""
    return next(cls for cls in parent.__subclasses__() if cls.__module__ == module)


if TYPE_CHECKING:
    _Session = requests.Session
    _HTTPAdapter = requests.adapters.HTTPAdapter
else:
    _Session = _of_requests(requests.sessions.SessionRedirectMixin, "requests.sessions")
    _HTTPAdapter = _of_requests(requests.adapters.BaseAdapter, "requests.adapters")


def _is_own(method: Callable[..., object]) -> bool:
    """Tell whether a method of a session is requests' own, and not replaced by a tool."""
    code = getattr(method, "__code__", None)
    return getattr(code, "co_filename", None) == requests.sessions.__file__


def _origin(url: str) -> str:
    """Return the origin of a URL that is prepared: scheme, host and port."""
    return url[: url.find("/", 8)]


class _BoundedResponse(requests.models.Response):
    """Enforces the limit of a body, whatever code reads it."""

    keeps_deadline = True

    def iter_content(  # type: ignore[override]
        self, chunk_size: int | None = 1, decode_unicode: bool = False
    ) -> Iterator[bytes | str]:
        size = 0
        for chunk in super().iter_content(chunk_size, decode_unicode=decode_unicode):  # type: ignore[call-overload]
            size += len(chunk)
            if size > BODY_LIMIT:
                self.close()  # a hook may be reading; the caller does not get this response
                raise TooLargeError
            yield chunk


class _Adapter(_HTTPAdapter):
    """Pools of connections that keep their deadline, large enough for 64 threads."""

    def __init__(self) -> None:
        self._pools: dict[tuple[str, Verify], urllib3.HTTPConnectionPool] = {}
        self._bundles: set[str] = set()
        super().__init__(pool_maxsize=_POOL_SIZE)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: object
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **options)
        keep_deadlines(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: object) -> urllib3.ProxyManager:
        known = proxy in self.proxy_manager
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **options)
        if not known:
            keep_deadlines(manager)
        return manager

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: Verify,
        proxies: dict[str, str] | None = None,
        cert: Certificate = None,
    ) -> urllib3.HTTPConnectionPool:
        """Return the pool of the request's origin, which is looked up once."""
        key = (_origin(str(request.url)), verify)
        plain = not proxies and cert is None
        pool = self._pools.get(key) if plain else None
        if pool is None:
            # The first TLS context sets OpenSSL up; a child forked meanwhile never could.
            with no_fork():
                pool = self._new_pool(request, verify, proxies, cert)
            if plain:
                self._pools[key] = pool
        return pool

    def _new_pool(
        self,
        request: requests.PreparedRequest,
        verify: Verify,
        proxies: dict[str, str] | None,
        cert: Certificate,
    ) -> urllib3.HTTPConnectionPool:
        url = str(request.url)
        try:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)  # type: ignore[arg-type]
        except Exception as reason:
            proxy = shown_proxy(url, proxies)
            if not proxy:
                setattr(reason, NEVER_SENT, True)
                raise
            text = f"the proxy {proxy!r} cannot be used: {reason}"
            raise UnusableSettingError(text) from reason
        try:
            super().cert_verify(pool, url, verify, cert)  # type: ignore[arg-type]
        except OSError as reason:
            raise UnusableSettingError(str(reason)) from reason
        if pool.scheme == "https" and isinstance(verify, str) and verify not in self._bundles:
            if problem := _bundle_problem(verify):
                raise UnusableSettingError(problem)
            self._bundles.add(verify)
        return pool

    def cert_verify(
        self, conn: urllib3.HTTPConnectionPool, url: str, verify: Verify, cert: Certificate
    ) -> None:
        """Do nothing: the pool was told how to verify when it was made."""

    def build_response(
        self, req: requests.PreparedRequest, resp: urllib3.BaseHTTPResponse
    ) -> requests.Response:
        """Wrap a response, without reading its cookies."""
        if encoding := resp.headers.get("Content-Encoding"):
            # urllib3 does not accept blanks around it, and a hook may read the body before us.
            resp.headers["Content-Encoding"] = encoding.strip()
        response = _BoundedResponse()
        response.status_code = resp.status
        response.headers = requests.structures.CaseInsensitiveDict(resp.headers)
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        response.raw = resp
        response.reason = resp.reason  # type: ignore[assignment]
        response.url = str(req.url)
        response.request = req
        response.connection = self
        return response

    def close(self) -> None:
        self._pools.clear()
        super().close()

    def __setstate__(self, state: dict[str, object]) -> None:
        self._pools = {}
        self._bundles = set()
        super().__setstate__(state)


class HTTPSession(_Session):
    """A requests session without .netrc and cookies, with a total deadline."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.headers.clear()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._environment: dict[str, tuple[dict[str, str], str | None]] = {}
        self.mount("https://", _Adapter())
        self.mount("http://", self.adapters["https://"])

    def request(  # type: ignore[override]
        self, method: str, url: str, *args: object, timeout: object = None, **options: object
    ) -> requests.Response:
        """Send a request; ``timeout`` in seconds is for all of it.

        A request that needs no preparation by requests (of URL, headers and body) is sent as it
        is, at two thirds of the cost.
        """
        if isinstance(timeout, int | float):
            timeout = urllib3.Timeout(total=timeout)
        data = options.get("data")
        if (
            args
            or options.keys() - _UNPREPARED
            or not isinstance(data, bytes | None)
            or self.headers
            or self.auth
            or self.params
            or not _PREPARED.fullmatch(url)
            or not (_is_own(_Session.request) and _is_own(_Session.prepare_request))
        ):
            options["timeout"] = timeout
            return super().request(method, url, *args, **options)  # type: ignore[arg-type]
        prepared = requests.PreparedRequest()
        prepared.method = method
        prepared.url = url
        prepared.headers = requests.structures.CaseInsensitiveDict(options.get("headers") or {})  # type: ignore[arg-type]
        prepared.hooks = self.hooks
        if data is not None:
            prepared.body = data
            prepared.headers["Content-Length"] = str(len(data))
        settings = self.merge_environment_settings(
            url,
            {},
            options.get("stream"),  # type: ignore[arg-type]
            options.get("verify"),  # type: ignore[arg-type]
            None,
        )
        return self.send(prepared, timeout=timeout, allow_redirects=False, **settings)

    def merge_environment_settings(
        self,
        url: str,
        proxies: Mapping[str, str] | None,
        stream: bool | None,
        verify: Verify,
        cert: Certificate,
    ) -> dict[str, object]:
        """Return proxies, bundle and so on; the environment's are looked up once per origin."""
        origin = _origin(url)
        if origin not in self._environment:
            bundle = next(filter(None, map(os.environ.get, _BUNDLES)), None)
            self._environment[origin] = (requests.utils.get_environ_proxies(url, None), bundle)
        environment_proxies, bundle = self._environment[origin]
        if verify is None or verify is True:
            verify = self.verify if self.verify is not True else bundle or True
        return {
            "proxies": {**environment_proxies, **self.proxies, **(proxies or {})},
            "stream": self.stream if stream is None else stream,
            "verify": verify,
            "cert": self.cert if cert is None else cert,
        }

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return None: the service client follows redirects, by its own rules."""
        return None


def check_bundle(verify: bool | str) -> None:
    """Raise InvalidError for a CA bundle that cannot be read.

    Args:
        verify: The checked ``verify_ssl``.
    """
    if isinstance(verify, str) and (problem := _bundle_problem(verify)):
        raise error.InvalidError(f"verify_ssl: {problem}")


def _bundle_problem(path: str) -> str:
    """Return what is wrong with a file or directory of certificates, or ""."""
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(**{"capath" if os.path.isdir(path) else "cafile": path})
    except FileNotFoundError:
        return f"there is no file {path!r}"
    except (OSError, ValueError):
        return f"{path!r} is not a readable CA bundle"
    return ""


def renew_session(session: Session) -> None:
    """Give a session new pools of connections and new locks, in a forked child.

    A child must neither read from its parent's sockets nor close them, which would end the
    parent's TLS sessions: the old pools stay referenced, but unused.

    Args:
        session: keystoneauth1's session, with whatever adapters are mounted when the fork comes.
    """
    for adapter in set(session.session.adapters.values()):
        if isinstance(adapter, requests.adapters.HTTPAdapter):
            _parents_pools.append(dict(vars(adapter)))
            adapter.__setstate__(adapter.__getstate__())
    # http.cookiejar holds its lock while it reads a response, a plugin while it signs in.
    for owner, name in ((session.session.cookies, "_cookies_lock"), (session.auth, "_lock")):
        if hasattr(owner, name):
            setattr(owner, name, threading.RLock())
