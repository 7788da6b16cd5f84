"""Turns an unsuccessful response into the error to raise."""

from __future__ import annotations

import http
import re

from lavaclient import error
from lavaclient._decode.reader import UnreadableError, decode_untyped
from lavaclient._http.messages import Response
from lavaclient._http.redaction import Redactor
from lavaclient._http.retry import may_have_worked, retry_after

__all__ = ["error_from_response"]

_TAGS = r"(?is)<(script|style)\b.*?(</\1\s*>|$)|<[^>]*(>|$)"
_TITLE = r"(?is)<title[^>]*>(.*?)</title"
# Where tags are not closed, the time of a search grows with the square of this.
_LONGEST_READ = 8 * 2**10
_MESSAGE_KEYS = ("message", "details", "description", "detail", "title")


def error_from_response(
    response: Response,
    redactor: Redactor,
    now: float,
    *,
    maybe_applied: bool = False,
    changes: bool = True,
    kind: type[error.LavaError] | None = None,
) -> error.LavaError:
    """Return the error for a response whose status is not 2xx.

    Args:
        response: The response.
        redactor: Removes secrets.
        now: The wall clock, for a ``Retry-After`` that is a date.
        maybe_applied: An attempt before this one may have been carried out.
        changes: Whether a request that is not a GET changes something.
        kind: The error's class; by default the one of the status table.
    """
    pause = retry_after(response.headers, now)
    applied = maybe_applied or may_have_worked(response.status, pause)
    message = redactor.sanitize(_message(response)) or _phrase(response.status)
    if response.proxy:
        message = redactor.sanitize(f"through the proxy {response.proxy}: {message}")
    return error.failed_request(
        kind or error.for_status(response.status),
        message,
        code=response.status,
        method=response.method,
        path=response.path,
        request_id=response.request_id,
        retry_after=pause,
        maybe_applied=applied and changes and response.method != "GET",
    )


def _message(response: Response) -> str:
    if 300 <= response.status < 400:
        target = response.headers.get("Location", "")
        where = f", to {target}" if target else ""
        return f"{_phrase(response.status)}: a redirect that is not followed{where}"
    if response.status < 200:
        return "an interim status, where the final one is expected"
    if response.status == 407:
        return "the proxy wants a user name and a password"
    try:
        text = _from_json(decode_untyped(response.body))
    except (UnreadableError, RecursionError):
        text = _from_text(response.body.decode("utf-8", "replace"))
    # A proxy's page repeats the status, which the error has already.
    text = re.sub(rf"\A\s*{response.status}\s", "", text)
    # All pages of squid have one title; this header has the reason and the system's number.
    reason = response.headers.get("X-Squid-Error")
    return f"{text} ({reason})" if reason else text


def _from_json(body: object) -> str:
    """Find the message in ``{"fault": {"message": ...}}`` and bodies like it."""
    if isinstance(body, str):
        return body
    if not isinstance(body, dict):
        return ""
    for name in _MESSAGE_KEYS:
        if isinstance(text := body.get(name), str) and text.strip():
            return text
    for inner in body.values():
        if isinstance(inner, dict) and (text := _from_json(inner)):
            return text
    return next((value for value in body.values() if isinstance(value, str)), "")


def _from_text(text: str) -> str:
    if len(text) > _LONGEST_READ:
        # Cut between words: a part of a secret would not be recognised.
        text = text[:_LONGEST_READ].rpartition(" ")[0]
    title = re.search(_TITLE, text)
    if title and title[1].strip():
        return title[1]
    # A tag separates words, as the end of a line does.
    return re.sub(_TAGS, "\n", text)


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"
