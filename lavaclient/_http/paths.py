"""Where requests go: ids in paths, and redirects."""

from __future__ import annotations

import re
import urllib.parse
import uuid

from lavaclient import error
from lavaclient._config.urls import origin
from lavaclient._http.messages import Response

__all__ = ["path_segment", "redirect_target"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PLAIN = re.compile(r"[!-~]+")
_SLASHES = re.compile(r"[/\\]")


def path_segment(name: str, value: object) -> str:
    """Return an id as one percent-encoded segment of a path.

    Args:
        name: What the caller knows the id as, for the error.
        value: A string that cannot change the path around it; an int; a UUID.

    Raises:
        InvalidError: It is anything else.
    """
    if isinstance(value, uuid.UUID) or (isinstance(value, int) and not isinstance(value, bool)):
        try:
            return str(value)
        except ValueError:  # Python writes no int of more than some thousand digits
            raise error.InvalidError(f"{name} is too large a number") from None
    if not isinstance(value, str):
        raise error.InvalidError(f"{name} must be a string, not {type(value).__name__}")
    if not value:
        raise error.InvalidError(f"{name} must not be empty")
    if any(part in {".", ".."} for part in _SLASHES.split(value)):
        raise error.InvalidError(f"{name} must not hold '.' or '..' as a part of a path")
    if not value.isprintable():
        raise error.InvalidError(f"{name} must not hold control characters")
    return urllib.parse.quote(value, safe="")


def redirect_target(response: Response, url: str) -> str | None:
    """Return where a GET may be sent on to: a place of the same origin.

    Of the ``Location`` only path and query are used, after the origin that
    stands: there are hosts that one parser of URLs sees and another does not.
    """
    location = response.headers.get("Location")
    if response.method != "GET" or response.status not in _REDIRECTS or not location:
        return None
    try:
        target = urllib.parse.urljoin(url, location)
        same = origin(target) == origin(url)
    except ValueError:
        return None
    if not same or not _PLAIN.fullmatch(target):
        return None
    _, _, path, query, _ = urllib.parse.urlsplit(target)
    return urllib.parse.urljoin(url, "/") + path.lstrip("/") + (f"?{query}" if query else "")
