"""The URLs that a caller gives: identity's and the service's."""

from __future__ import annotations

import re
import string
import urllib.parse

from lavaclient import error

__all__ = ["DEFAULT_AUTH_URL", "endpoint_url", "identity_url", "is_open", "origin_of", "tenant_of"]

DEFAULT_AUTH_URL = "https://identity.api.rackspacecloud.com/v2.0"
_PORTS = {"http": 80, "https": 443}
_LETTERS = string.ascii_letters + string.digits + "_.-"
_ADDRESS = r"\[[0-9A-Fa-f:.]+(%[0-9A-Za-z.\-]+)?\]"
_LONGEST_HOST = 253

Origin = tuple[str, str, int]


def origin_of(name: str, url: object) -> Origin:
    """Return scheme, host and port of an absolute URL.

    Args:
        name: What the caller knows the URL as, for the error.
        url: The URL.

    Raises:
        InvalidError: It is none that requests could be sent to.
    """
    if not isinstance(url, str):
        raise error.InvalidError(f"{name} must be a string, not {type(url).__name__}")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise error.InvalidError(f"{name} must hold plain characters only")
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError:
        raise error.InvalidError(f"{name} is no URL, or its port is none") from None
    if parts.scheme not in _PORTS:
        raise error.InvalidError(f"{name} must begin with https:// or http://")
    if "@" in parts.netloc:
        raise error.InvalidError(f"{name} must not hold credentials")
    if port == 0 or not parts.hostname or not _is_host(_without_port(parts.netloc)):
        raise error.InvalidError(f"{name} names no host, or not a good one")
    if "?" in url or "#" in url:
        raise error.InvalidError(f"{name} must not hold '?' or '#'")
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def _without_port(netloc: str) -> str:
    host, colon, port = netloc.rpartition(":")
    return host if colon and port.strip(string.digits) == "" else netloc


# Every client is told a URL, and a pattern costs more to compile than to do without.
def _is_host(text: str) -> bool:
    if text.startswith("["):
        return re.fullmatch(_ADDRESS, text) is not None
    return 0 < len(text) <= _LONGEST_HOST and text.strip(_LETTERS) == ""


def _root_and_path(name: str, url: object) -> tuple[str, str]:
    """Return scheme and host in lower case, and the path without slashes at its end."""
    origin_of(name, url)
    parts = urllib.parse.urlsplit(str(url))
    return f"{parts.scheme}://{parts.netloc.lower()}", parts.path.rstrip("/")


def identity_url(auth_url: object) -> str:
    """Return the base URL of identity v2.0, however it was written.

    Args:
        auth_url: What the caller gave; None is Rackspace's own.

    Raises:
        InvalidError: It is no URL, or one of version 3.
    """
    if auth_url is None:
        return DEFAULT_AUTH_URL
    root, path = _root_and_path("auth_url", auth_url)
    if "/v3/" in f"{path}/":
        raise error.InvalidError("auth_url must be one of v2.0: API keys exist in v2.0 only")
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


def is_open(url: str) -> bool:
    """Tell whether what is sent there goes to another machine over plain HTTP."""
    scheme, host, _ = origin_of("the URL", url)
    return scheme == "http" and not _is_loopback(host)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
