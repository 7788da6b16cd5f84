"""One HTTP exchange: a request out, a whole answer in, or a clear failure.

Everything that requests, urllib3 and keystoneauth1 may raise becomes a
:class:`Broken` here, which knows whether the request may have reached the
service. Nothing is retried, redirected or interpreted at this level.
"""

from __future__ import annotations

import logging
import time
import urllib.parse
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lavaclient._broken import BODY_LIMIT, Broken, TooLargeError, UnpackableError, broken
from lavaclient._log import LOG

if TYPE_CHECKING:
    import requests
    import urllib3
    from keystoneauth1.session import Session

__all__ = ["Answer", "Broken", "exchange", "origin"]

_CHUNK = 16 * 2**10
_PACKINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_REQUEST_IDS = ("x-request-id", "x-openstack-request-id", "x-compute-request-id")


class Answer:
    """A whole HTTP answer."""

    __slots__ = ("body", "headers", "method", "path", "request_id", "status")

    def __init__(
        self, method: str, path: str, status: int, headers: Mapping[str, str], request_id: str
    ) -> None:
        self.method = method
        self.path = path
        self.status = status
        self.headers = headers
        self.request_id = request_id
        self.body = b""


def exchange(
    session: Session,
    method: str,
    url: str,
    path: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    timeout: float,
) -> Answer:
    """Send one request and read the whole answer, within ``timeout`` seconds.

    Args:
        session: The keystoneauth1 session; its own retries stay unused.
        method: HTTP method.
        url: Absolute URL.
        path: What logs and errors call it.
        headers: All headers but ``Client-Request-ID``, which is made here.
        body: JSON, or None.
        timeout: Seconds for everything but name resolution.

    Raises:
        Broken: There was no whole answer.
    """
    started = time.monotonic()
    sent_id = str(uuid.uuid4())
    try:
        response = session.request(
            url,
            method,
            headers={**headers, "Client-Request-ID": sent_id},
            data=body,
            timeout=timeout,
            stream=True,
            authenticated=False,
            raise_exc=False,
            redirect=False,
            log=False,
            connect_retries=0,
            status_code_retries=0,
        )
        answer = Answer(
            method,
            path,
            response.status_code,
            response.headers,
            _request_id(response.headers, sent_id),
        )
        with response:
            answer.body = _read(response, started + timeout)
    except Exception as cause:  # noqa: BLE001 (whatever they raise is one of ours from here on)
        judged = broken(cause, method, path, sent_id, timeout)
        LOG.debug("%s %s failed: %s %s", method, path, judged.kind.__name__, sent_id)
        raise judged from judged.__cause__
    if LOG.isEnabledFor(logging.DEBUG):
        spent = (time.monotonic() - started) * 1000
        LOG.debug("%s %s %d %.0f ms %s", method, path, answer.status, spent, answer.request_id)
    return answer


def _request_id(headers: Mapping[str, str], sent_id: str) -> str:
    for name in _REQUEST_IDS:
        if given := headers.get(name):
            return given
    return headers.get("Client-Request-ID") or sent_id


def _read(response: requests.Response, deadline: float) -> bytes:
    raw = response.raw
    packing = response.headers.get("Content-Encoding", "").strip().lower()
    if packing not in _PACKINGS:
        raise UnpackableError
    length = raw.length_remaining
    if not packing and length is not None and length <= BODY_LIMIT:
        whole: bytes = raw.read()
        return whole
    return b"".join(_bounded(raw, deadline))


def _bounded(raw: urllib3.HTTPResponse, deadline: float) -> Iterator[bytes]:
    size = 0
    while chunk := raw.read(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > BODY_LIMIT:
            raise TooLargeError
        if time.monotonic() > deadline:
            raise TimeoutError
        yield chunk


def origin(url: str) -> tuple[str, str, int | None]:
    """Return what must be equal for two URLs to be of one origin."""
    parts = urllib.parse.urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port
