"""One HTTP exchange: a request out, a whole answer in, or a clear failure.

Everything that requests, urllib3 and keystoneauth1 may raise becomes a
:class:`Broken` here, which knows whether the request may have reached the
service. Nothing is retried, redirected or interpreted at this level.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lavaclient._carrier import Carrier, send
from lavaclient._http.failures import BODY_LIMIT, Broken, TooLargeError, UnpackableError, broken
from lavaclient._http.redaction import Secrets
from lavaclient._log import LOG

if TYPE_CHECKING:
    import requests
    import urllib3

__all__ = ["Answer", "Broken", "exchange"]

_CHUNK = 16 * 2**10
_PACKINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_REQUEST_IDS = (
    "x-request-id",
    "x-openstack-request-id",
    "x-compute-request-id",
    "Client-Request-ID",
)


class Answer:
    """A whole HTTP answer."""

    __slots__ = ("_secrets", "_sent_id", "body", "headers", "method", "path", "status")

    def __init__(
        self,
        method: str,
        path: str,
        status: int,
        headers: Mapping[str, str],
        sent_id: str,
        secrets: Secrets,
    ) -> None:
        self.method = method
        self.path = path
        self.status = status
        self.headers = headers
        self.body = b""
        self._sent_id = sent_id
        self._secrets = secrets

    @property
    def request_id(self) -> str:
        """The service's id of the request, fit to be shown, else the one that was sent."""
        given = next(filter(None, map(self.headers.get, _REQUEST_IDS)), self._sent_id)
        return self._secrets.plain(given)


def exchange(
    session: Carrier,
    method: str,
    url: str,
    path: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    timeout: float,
    secrets: Secrets,
) -> Answer:
    """Send one request and read the whole answer, within ``timeout`` seconds.

    Args:
        session: What sends it.
        method: HTTP method.
        url: Absolute URL.
        path: What logs and errors call it.
        headers: All headers but ``Client-Request-ID``, which is made here.
        body: JSON, or None.
        timeout: Seconds for everything but name resolution.
        secrets: What the log must not show.

    Raises:
        Broken: There was no whole answer.
    """
    started = time.monotonic()
    sent_id = str(uuid.uuid4())
    try:
        response = send(
            session,
            method,
            url,
            headers={**headers, "Client-Request-ID": sent_id},
            data=body,
            timeout=timeout,
        )
        answer = Answer(method, path, response.status_code, response.headers, sent_id, secrets)
        with response:
            ours = getattr(session.session, "keeps_deadlines", False)
            answer.body = _read(response, started + timeout, at_once=ours)
    except Exception as cause:  # noqa: BLE001 (whatever they raise is one of ours from here on)
        judged = broken(cause, method, path, sent_id, timeout)
        _log(method, path, judged.kind.__name__, started, sent_id)
        raise judged from judged.__cause__
    if LOG.isEnabledFor(logging.DEBUG):
        _log(method, path, answer.status, started, answer.request_id)
    return answer


def _log(method: str, path: str, outcome: object, started: float, request_id: str) -> None:
    spent = (time.monotonic() - started) * 1000
    LOG.debug("%s %s %s %.0f ms %s", method, path, outcome, spent, request_id)


def _read(response: requests.Response, deadline: float, *, at_once: bool) -> bytes:
    raw = response.raw
    packing = response.headers.get("Content-Encoding", "").strip().lower()
    if packing not in _PACKINGS:
        raise UnpackableError
    length = raw.length_remaining
    if length is not None and length > BODY_LIMIT:
        raise TooLargeError
    if at_once and not packing and length is not None:
        whole: bytes = raw.read()
        return whole
    return b"".join(_bounded(raw, deadline))


def _bounded(raw: urllib3.HTTPResponse, deadline: float) -> Iterator[bytes]:
    size = 0
    while chunk := raw.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > BODY_LIMIT:
            raise TooLargeError
        if time.monotonic() > deadline:
            raise TimeoutError
        yield chunk
