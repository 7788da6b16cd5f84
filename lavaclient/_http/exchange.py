"""One HTTP exchange: a request is sent, and a complete response or a failure returned.

Whatever requests, urllib3 and keystoneauth1 raise for a network that fails
becomes a :class:`TransportFailure` here, which knows whether the request may
have reached the service. Nothing is retried, redirected or interpreted.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lavaclient._http.failures import (
    BODY_LIMIT,
    TooLargeError,
    TransportFailure,
    UnsupportedEncodingError,
    classify_failure,
    foreign_exception,
)
from lavaclient._http.messages import OutgoingRequest, Response
from lavaclient._http.proxies import proxy_in_use
from lavaclient._http.redaction import without_library_frames

if TYPE_CHECKING:
    import requests
    import urllib3
    from keystoneauth1.session import Session

__all__ = ["send_request"]

LOG = logging.getLogger("lavaclient")
LOG.addHandler(logging.NullHandler())

_CHUNK = 16 * 2**10
_SHORTEST = 0.001  # urllib3 accepts no timeout that is over
_OF_PROXIES = frozenset({401, 403, 407, 502, 503, 504})
_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
# Values that some services and gateways send although the body is not encoded.
_NO_ENCODINGS = frozenset({"utf-8", "utf8", "none", "aws-chunked", "binary"})


def send_request(
    session: Session, request: OutgoingRequest, timeout: float
) -> Response | TransportFailure:
    """Send one request and read the complete response, within ``timeout`` seconds.

    Args:
        session: keystoneauth1's session; only its sending is used.
        request: What to send.
        timeout: Seconds for everything but name resolution.

    Returns:
        The response, whatever its status, or the failure. An exception that does not come from
        the network (a signal handler's, a bug in a hook) is raised as it is.
    """
    timeout = max(timeout, _SHORTEST)
    started = time.monotonic()
    sent_id = str(uuid.uuid4())
    try:
        answer = session.request(
            request.url,
            request.method,
            headers={**request.headers, "Client-Request-ID": sent_id},
            data=request.body,
            timeout=timeout,
            stream=True,
            authenticated=False,
            raise_exc=False,
            redirect=False,
            log=False,
            logger=LOG,  # keystoneauth1 would look its own up for each request
            connect_retries=0,
            status_code_retries=0,
        )
        with answer:
            body = _read_body(answer, started + timeout)
    except BaseException as cause:  # noqa: BLE001 (what does not come from the network is raised again)
        if (foreign := foreign_exception(cause)) is not None:
            foreign.__traceback__ = without_library_frames(foreign.__traceback__)
            raise foreign from foreign.__cause__
        proxy = proxy_in_use(session.session, request.url)
        failure = classify_failure(cause, request, sent_id, timeout, proxy)
        _log(request, failure.kind.__name__, started, sent_id)
        return failure
    response = Response(
        request.method,
        request.path,
        answer.status_code,
        answer.headers,
        body=body,
        sent_id=sent_id,
        redactor=request.redactor,
    )
    if response.status in _OF_PROXIES and request.url.startswith("http:"):
        response.proxy = proxy_in_use(session.session, request.url)
    if LOG.isEnabledFor(logging.DEBUG):
        _log(request, response.status, started, response.request_id)
    return response


def _log(request: OutgoingRequest, outcome: object, started: float, request_id: str) -> None:
    spent = (time.monotonic() - started) * 1000
    LOG.debug("%s %s %s %.0f ms %s", request.method, request.path, outcome, spent, request_id)


def _read_body(answer: requests.Response, deadline: float) -> bytes:
    """Read the body, and store it in the response for code that reads it later."""
    content = answer._content  # noqa: SLF001 (False until it is read)
    if isinstance(content, bytes | None):
        if len(content or b"") > BODY_LIMIT:
            raise TooLargeError
        if answer.raw is None:  # a tool made it, with nothing to be closed
            answer._content_consumed = True  # noqa: SLF001
        return content or b""
    raw = answer.raw
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS | _NO_ENCODINGS:
        raise UnsupportedEncodingError
    if encoding:
        # urllib3 does not accept blanks around it; only our own adapter has removed them.
        raw.headers["Content-Encoding"] = encoding
    length = raw.length_remaining
    if length is not None and length > BODY_LIMIT:
        raise TooLargeError
    if not encoding and length is not None and getattr(answer, "keeps_deadline", False):
        body: bytes = raw.read()
    else:
        body = b"".join(_bounded(raw, deadline))
    # requests has no other way to store it so that it can be iterated over again.
    answer._content = body  # noqa: SLF001
    answer._content_consumed = True  # noqa: SLF001
    return body


def _bounded(raw: urllib3.HTTPResponse, deadline: float) -> Iterator[bytes]:
    size = 0
    while chunk := raw.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > BODY_LIMIT:
            raise TooLargeError
        if time.monotonic() > deadline:
            raise TimeoutError
        yield chunk
