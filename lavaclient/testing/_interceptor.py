"""Which requests are for the sandbox, and its answers as http.client reads them."""

from __future__ import annotations

import errno
import http.client
import io
import ipaddress
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from lavaclient._http.failures import FOREIGN
from lavaclient.sandbox.core.clock import Clock
from lavaclient.sandbox.core.urls import locate
from lavaclient.sandbox.http.app import Application, phrase
from lavaclient.sandbox.http.messages import Reply
from lavaclient.sandbox.service import Sandbox

__all__ = ["Interceptor", "LateAnswerError", "UrlMatcher"]

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class UrlMatcher:
    """Which URLs are the sandbox's.

    Attributes:
        auth_url: Identity's, as the code under test knows it.
        identity: The same, as the sandbox knows it.
        base_url: An origin that is all the sandbox's.
    """

    auth_url: str
    identity: str
    base_url: str | None

    def match(self, url: str) -> str | None:
        """Return the URL as the sandbox knows it; None if it is not for the sandbox."""
        origin, rest = _split(url)
        auth_origin, auth_path = _split(self.auth_url)
        if origin == auth_origin and (rest + "/").startswith((auth_path + "/", auth_path + "?")):
            return self.identity + rest[len(auth_path) :]
        if self.base_url is not None and origin == _split(self.base_url)[0]:
            return origin + rest
        return url if locate(url, "").urls.public else None

    def owns_host(self, host: str) -> bool:
        """Return whether a host name stands for the sandbox; names of this machine never do."""
        host = host.rstrip(".").lower()
        own = {urlsplit(url).hostname for url in (self.auth_url, self.base_url or "")}
        return locate(f"https://{host}/", "").urls.public or (host in own and not _is_local(host))


class LateAnswerError(Exception):
    """A fault lets an answer take longer than the request may."""


class _RequestTimeout(threading.local):
    """The timeout of this thread's request: a fault's latency moves the clock up to it."""

    limit = float("inf")
    elapsed = 0.0


class _AnswerSocket:
    """A socket that an answer was written to, for http.client to read."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, mode: str) -> io.BytesIO:
        del mode
        return io.BytesIO(self._answer)


class Interceptor:
    """Answers requests out of a sandbox.

    Args:
        sandbox: The service.
        urls: Which URLs are its own.

    Attributes:
        urls: Which URLs are its own.
    """

    def __init__(self, sandbox: Sandbox, urls: UrlMatcher) -> None:
        self.urls = urls
        self._clock: Clock = sandbox.clock
        self._application = Application(sandbox, sleep=self._wait)
        self._timeout = _RequestTimeout()

    def answer(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str | bytes],
        body: object,
        timeout: float,
    ) -> http.client.HTTPResponse:
        """Answer a request.

        Args:
            method: The method.
            url: The URL as the sandbox knows it.
            headers: The headers.
            body: The body in one of the forms that requests and urllib3 take.
            timeout: Seconds within which the answer must begin.

        Raises:
            LateAnswerError: A fault takes longer than that. The clock has moved up to the timeout.
            ConnectionResetError: A fault breaks the connection.
            Exception: Any error of the sandbox itself, which is no failure of the network.
        """
        self._timeout.limit = timeout
        self._timeout.elapsed = 0.0
        pairs = [(_text(name), _text(value)) for name, value in headers.items()]
        try:
            reply = self._application.handle(method, url, pairs, _bytes(body))
        except ConnectionResetError as error:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)) from error
        except Exception as error:
            setattr(error, FOREIGN, True)
            raise
        if self._timeout.elapsed > timeout:
            raise LateAnswerError(f"mock_lava: no answer within {timeout:g} s")
        return _response(method, reply)

    def _wait(self, seconds: float) -> None:
        remaining = max(self._timeout.limit - self._timeout.elapsed, 0.0)
        self._timeout.elapsed += seconds
        self._clock.advance(min(seconds, remaining))


def _response(method: str, reply: Reply) -> http.client.HTTPResponse:
    head = [f"HTTP/1.1 {reply.status} {phrase(reply.status)}"]
    head += [f"{name}: {value}" for name, value in reply.headers]
    answer = "\r\n".join([*head, "", ""]).encode("latin-1") + reply.body
    response = http.client.HTTPResponse(_AnswerSocket(answer), method=method)  # type: ignore[arg-type]  # only makefile is used
    response.begin()
    return response


def _split(url: str) -> tuple[str, str]:
    """Return the origin of a URL, in lower case and without a default port, and the rest of it."""
    parts = urlsplit(url)
    default = parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    rest = parts.path + (f"?{parts.query}" if parts.query else "")
    return f"{parts.scheme}://{host}" + ("" if default else f":{parts.port}"), rest


def _is_local(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _bytes(body: object) -> bytes:
    """Return a request's body in one piece."""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    return b"".join(_bytes(part) for part in body) if isinstance(body, Iterable) else b""
