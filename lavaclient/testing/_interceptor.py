"""What stands between requests and the sandbox: which are for it, and how its answers look."""

from __future__ import annotations

import errno
import http.client
import io
import os
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
import responses
import urllib3

from lavaclient.sandbox.core.clock import Clock
from lavaclient.sandbox.core.urls import locate
from lavaclient.sandbox.http.app import Application
from lavaclient.sandbox.http.messages import Reply
from lavaclient.sandbox.service import Sandbox

__all__ = ["Interceptor", "UrlMatcher"]


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
        """The URL as the sandbox knows it; None if it is not for the sandbox."""
        if re.match(re.escape(self.auth_url) + r"(/|$)", url):
            return self.identity + url[len(self.auth_url) :]
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc.lower()}" == self.base_url:
            return url
        return url if locate(url, "").urls.public else None


class _RequestTimeout(threading.local):
    """The timeout of this thread's request: a fault's latency moves the clock up to it."""

    limit = float("inf")
    exceeded = False


class _CutBody(io.BufferedReader):
    """A body that ends too early, and is read as http.client reads one."""

    def __init__(self, part: bytes, missing: int) -> None:
        super().__init__(io.BytesIO(part))
        self._missing = missing

    def read(self, size: int | None = -1, /) -> bytes:
        """Read so many bytes; only a read of the whole body raises."""
        part = super().read(size)
        if size is None or size < 0:
            raise http.client.IncompleteRead(part, self._missing)
        return part


class Interceptor(responses.CallbackResponse):
    """Answers requests out of a sandbox.

    Args:
        sandbox: The service.
        urls: Which URLs are its own.
        passthrough: Whether other requests are left alone; they are refused otherwise.
    """

    def __init__(self, sandbox: Sandbox, urls: UrlMatcher, *, passthrough: bool) -> None:
        super().__init__("any", re.compile(""), self._answer, content_type=None)
        self._clock: Clock = sandbox.clock
        self._application = Application(sandbox, sleep=self._wait)
        self._urls = urls
        self._passthrough = passthrough
        self._timeout = _RequestTimeout()

    def matches(self, request: requests.PreparedRequest) -> tuple[bool, str]:
        """Tell whether a request is to be answered or refused here."""
        if self._passthrough and self._urls.match(str(request.url)) is None:
            return False, "URL is not the sandbox's"
        return True, ""

    def _answer(
        self, request: requests.PreparedRequest
    ) -> tuple[int, list[tuple[str, str]], bytes | io.BufferedReader]:
        url = self._urls.match(str(request.url))
        if url is None:
            raise _refused(request)
        self._timeout.limit = _seconds(vars(request)["req_kwargs"].get("timeout"))
        self._timeout.exceeded = False
        headers = [(_text(name), _text(value)) for name, value in request.headers.items()]
        try:
            reply = self._application.handle(
                str(request.method), url, headers, _bytes(request.body)
            )
        except ConnectionResetError as error:
            raise _reset(request) from error
        if self._timeout.exceeded:
            message = f"mock_lava: no answer within {self._timeout.limit:g} s"
            raise requests.ReadTimeout(message, request=request)
        return reply.status, reply.headers, _body(reply)

    def _wait(self, seconds: float) -> None:
        self._timeout.exceeded = seconds > self._timeout.limit
        self._clock.advance(min(seconds, self._timeout.limit))


def _body(reply: Reply) -> bytes | io.BufferedReader:
    missing = int(dict(reply.headers).get("Content-Length", "0")) - len(reply.body)
    return _CutBody(reply.body, missing) if missing > 0 else reply.body


def _refused(request: requests.PreparedRequest) -> requests.ConnectionError:
    message = (
        f"mock_lava: {request.method} {request.url} is not for the sandbox;"
        " with mock_lava(passthrough=True) it would be sent"
    )
    # With an errno, so that whoever wraps this finds the message where the system's would be.
    error = requests.ConnectionError(errno.ECONNREFUSED, message, request=request)
    error.__cause__ = urllib3.exceptions.NewConnectionError(None, message)  # type: ignore[arg-type]
    return error


def _reset(request: requests.PreparedRequest) -> requests.ConnectionError:
    reset = ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
    aborted = urllib3.exceptions.ProtocolError("Connection aborted.", reset)
    return requests.ConnectionError(aborted, request=request)


def _seconds(timeout: object) -> float:
    """How long a request may take until its answer begins, however that was said."""
    if isinstance(timeout, urllib3.Timeout):
        total = timeout.total
        timeout = total if isinstance(total, int | float) else timeout.read_timeout
    elif isinstance(timeout, tuple):
        timeout = timeout[-1]
    return float(timeout) if isinstance(timeout, int | float) else float("inf")


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _bytes(body: object) -> bytes:
    """A request's body in one piece; requests takes it in many forms."""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    return b"".join(_bytes(part) for part in body) if isinstance(body, Iterable) else b""
