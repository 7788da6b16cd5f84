"""The URLs that a caller gives: identity's and the service's."""

from __future__ import annotations

import ipaddress
import re
import urllib.parse

from lavaclient import error

__all__ = [
    "DEFAULT_AUTH_URL",
    "checked_origin",
    "endpoint_url",
    "identity_url",
    "is_unprotected",
    "origin",
    "tenant_of",
]

DEFAULT_AUTH_URL = "https://identity.api.rackspacecloud.com/v2.0"
_PORTS = {"http": 80, "https": 443}
_PORT = r":[0-9]*$"
_HOST = r"[A-Za-z0-9_.\-]{1,253}|\[[0-9A-Fa-f:.]+(%[0-9A-Za-z.\-]+)?\]"

Origin = tuple[str, str, int]


def origin(url: str) -> Origin:
    """Return the origin of a URL: scheme, host and port.

    Raises:
        ValueError: It is not a URL, or its port is not valid.
    """
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def checked_origin(name: str, url: object) -> Origin:
    """Return the origin of an absolute URL that requests can be sent to.

    Args:
        name: The argument, for the error.
        url: The URL.

    Raises:
        InvalidError: It is not valid.
    """
    if not isinstance(url, str):
        raise error.InvalidError(f"{name} must be a string, not {type(url).__name__}")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise error.InvalidError(f"{name} must hold plain characters only")
    try:
        scheme, host, port = origin(url)
    except ValueError:
        raise error.InvalidError(f"{name} is not a URL, or its port is not valid") from None
    netloc = urllib.parse.urlsplit(url).netloc
    if scheme not in _PORTS:
        raise error.InvalidError(f"{name} must begin with https:// or http://")
    if "@" in netloc:
        raise error.InvalidError(f"{name} must not hold credentials")
    if not re.fullmatch(_HOST, re.sub(_PORT, "", netloc)) or netloc.endswith(":0"):
        raise error.InvalidError(f"{name} must name a host, and a port other than 0")
    if "?" in url or "#" in url:
        raise error.InvalidError(f"{name} must not hold '?' or '#'")
    return scheme, host, port


def _root_and_path(name: str, url: object) -> tuple[str, str]:
    """Return scheme and host in lower case, and the path without slashes at its end."""
    checked_origin(name, url)
    parts = urllib.parse.urlsplit(str(url))
    return f"{parts.scheme}://{parts.netloc.lower()}", parts.path.rstrip("/")


def identity_url(auth_url: object) -> str:
    """Return the base URL of identity v2.0, however it was written.

    Args:
        auth_url: The caller's URL; None for Rackspace's own.

    Raises:
        InvalidError: It is not a URL, or one of version 3.
    """
    if auth_url is None:
        return DEFAULT_AUTH_URL
    root, path = _root_and_path("auth_url", auth_url)
    if "/v3/" in f"{path}/":
        raise error.InvalidError("auth_url must be a v2.0 URL: API keys exist in v2.0 only")
    before = path.removesuffix("/tokens").rstrip("/")
    if before.endswith("/v2.0"):
        path = before.removesuffix("/v2.0")
    return f"{root}{path.rstrip('/')}/v2.0"


def endpoint_url(endpoint: object, tenant_id: str | None) -> str | None:
    """Return the service's URL without a slash at its end, checked; None for None.

    Raises:
        InvalidError: It ends neither in ``v2/{tenant}`` nor, with a tenant
            given, in ``v2``; or it names another tenant.
    """
    if endpoint is None:
        return None
    root, path = _root_and_path("endpoint", endpoint)
    if path.endswith("/v2"):
        if tenant_id is None:
            raise error.InvalidError("endpoint must end in v2/{tenant}, or give tenant_id as well")
        return f"{root}{path}/{urllib.parse.quote(tenant_id, safe='')}"
    named = tenant_of(path)
    if named is None:
        raise error.InvalidError("endpoint must end in v2/{tenant}, or in v2 with a tenant_id")
    if tenant_id is not None and named != tenant_id:
        raise error.InvalidError(f"endpoint names another tenant than tenant_id {tenant_id!r}")
    return root + path


def tenant_of(endpoint: str) -> str | None:
    """Return the tenant that a URL ends in after ``v2/``, or None."""
    before, _, last = endpoint.rstrip("/").rpartition("/")
    return urllib.parse.unquote(last) if last and before.endswith("/v2") else None


def is_unprotected(url: str) -> bool:
    """Tell whether a URL leads to another machine over plain HTTP."""
    scheme, host, _ = checked_origin("the URL", url)
    return scheme == "http" and not _is_loopback(host)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
