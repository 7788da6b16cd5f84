"""Access checks: programs of the machine may send requests, pages of other sites may not.

A browser sends what any page tells it to. A page cannot choose the `Host`, `Origin` and
`Sec-Fetch-Site` headers, though, and they give it away.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from lavaclient.sandbox.core.errors import forbidden
from lavaclient.sandbox.http.messages import Request

_OWN_FETCHES = frozenset({"same-origin", "none"})


def check_access(request: Request, allowed_hosts: Collection[str]) -> None:
    """Check where a request comes from.

    Args:
        request: The request.
        allowed_hosts: Names that stand for this server beside those of the loopback interface.

    Raises:
        ApiFault: 403; it was sent to another name, which DNS may have led here, or it is for the
            control API and a page of another origin sent it.
    """
    host = _host(request.target.urls.base)
    if not _is_loopback(host) and host not in allowed_hosts:
        raise forbidden(f"Host: {host!r} is not this server; --allow-host {host} lets it be")
    if request.is_control:
        _check_origin(request)


def _check_origin(request: Request) -> None:
    origin = request.headers["Origin"]
    if origin is not None and origin.lower() != request.target.urls.base.lower():
        raise forbidden(f"Origin: {origin!r} may not use the sandbox's control API")
    site = request.headers["Sec-Fetch-Site"]
    if site is not None and site not in _OWN_FETCHES:
        raise forbidden(f"Sec-Fetch-Site: a {site} request may not use the sandbox's control API")


def _host(base: str) -> str:
    try:
        return (urlsplit(base).hostname or "").rstrip(".").lower()
    except ValueError:
        return base


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
