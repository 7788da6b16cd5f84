"""From an HTTP answer that is no success to the error that tells of it."""

from __future__ import annotations

import http
import re

import msgspec

from lavaclient import error
from lavaclient._http.exchange import Answer
from lavaclient._http.redaction import Secrets
from lavaclient._http.retry import may_have_worked, retry_after

__all__ = ["error_of"]

_TAGS = r"(?is)<(script|style)\b.*?(</\1\s*>|$)|<[^>]*(>|$)"
_TITLE = r"(?is)<title[^>]*>(.*?)</title"
# Searching takes time with the square of this where tags are left open.
_MOST_READ = 8 * 2**10
_WORDS = ("message", "details", "description", "detail", "title")


def error_of(
    answer: Answer,
    secrets: Secrets,
    now: float,
    *,
    doubtful: bool = False,
    kind: type[error.LavaError] | None = None,
) -> error.LavaError:
    """Return the error for an answer whose status is not 2xx.

    Args:
        answer: The answer.
        secrets: What must not be shown.
        now: The wall clock, for a ``Retry-After`` that is a date.
        doubtful: An attempt before this answer may have been carried out.
        kind: The error's class; by default the one of the status table.
    """
    pause = retry_after(answer.headers, now)
    applied = doubtful or may_have_worked(answer.status, pause)
    return error.failed_request(
        kind or error.for_status(answer.status),
        secrets.plain(_message(answer)) or _reason(answer.status),
        code=answer.status,
        method=answer.method,
        path=answer.path,
        request_id=answer.request_id,
        retry_after=pause,
        maybe_applied=applied and answer.method != "GET",
    )


def _message(answer: Answer) -> str:
    if 300 <= answer.status < 400:
        return f"{_reason(answer.status)}: a redirect that is not followed"
    if answer.status < 200:
        return "a status that no answer ends with"
    try:
        return _from_json(msgspec.json.decode(answer.body))
    except (msgspec.DecodeError, RecursionError, ValueError):
        return _from_text(answer.body.decode("utf-8", "replace"))


def _from_json(body: object) -> str:
    """Find the message in ``{"fault": {"message": ...}}`` and bodies like it."""
    if isinstance(body, str):
        return body
    if not isinstance(body, dict):
        return ""
    for name in _WORDS:
        if isinstance(found := body.get(name), str) and found.strip():
            return found
    for inner in body.values():
        if isinstance(inner, dict) and (found := _from_json(inner)):
            return found
    return next((value for value in body.values() if isinstance(value, str)), "")


def _from_text(text: str) -> str:
    if len(text) > _MOST_READ:
        # Between words, for half a secret would not be known for one.
        text = text[:_MOST_READ].rpartition(" ")[0]
    title = re.search(_TITLE, text)
    if title and title[1].strip():
        return title[1]
    return re.sub(_TAGS, " ", text)


def _reason(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"
