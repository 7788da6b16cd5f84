"""Where requests go: ids in paths, and redirects."""

from __future__ import annotations

import re
import urllib.parse

from lavaclient import error
from lavaclient._config.checks import number_text
from lavaclient._config.urls import origin
from lavaclient._http.messages import Response

__all__ = ["path_segment", "redirect_target"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PLAIN = r"[!-~]+"
_SLASHES = r"[/\\]"


def path_segment(name: str, value: object) -> str:
    """Return an id as one percent-encoded segment of a path.

    Args:
        name: The argument, for the error.
        value: A string that cannot change the path around it; an int; a UUID.

    Raises:
        InvalidError: It is anything else.
    """
    if (number := number_text(name, value)) is not None:
        return number
    if not isinstance(value, str):
        raise error.InvalidError(f"{name} must be a string, not {type(value).__name__}")
    if not value:
        raise error.InvalidError(f"{name} must not be empty")
    if any(part in {".", ".."} for part in re.split(_SLASHES, value)):
        raise error.InvalidError(f"{name} must not hold '.' or '..' as a part of a path")
    if not value.isprintable():
        raise error.InvalidError(f"{name} must not hold control characters")
    return urllib.parse.quote(value, safe="")


def redirect_target(response: Response, url: str) -> str | None:
    """Return the URL that a GET may be redirected to, which has the same origin.

    Only path and query of the ``Location`` are used, with the origin of ``url``:
    parsers of URLs differ in what they take for the host.
    """
    location = response.headers.get("Location")
    if response.method != "GET" or response.status not in _REDIRECTS or not location:
        return None
    try:
        target = urllib.parse.urljoin(url, location)
        same = origin(target) == origin(url)
    except ValueError:
        return None
    if not same or not re.fullmatch(_PLAIN, target):
        return None
    _, _, path, query, _ = urllib.parse.urlsplit(target)
    return urllib.parse.urljoin(url, "/") + path.lstrip("/") + (f"?{query}" if query else "")
