"""The service catalog: the URLs of services in each region."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeGuard

from lavaclient import error
from lavaclient._config.urls import checked_origin, tenant_of
from lavaclient.error import plain_line

__all__ = ["SERVICE_TYPE", "Catalog", "checked_catalog"]

SERVICE_TYPE = "rax:bigdata"
_VERSION = "2"
_TEXTS = ("region", "publicURL", "internalURL", "adminURL")


class Catalog:
    """The entries of a catalog, as identity gave them.

    Args:
        entries: The entries; those of an unexpected form are ignored.
    """

    def __init__(self, entries: Iterable[object]) -> None:
        self._entries = entries

    def endpoint(self, region: str | None, auth_url: str, tenant_id: str | None = None) -> str:
        """Return the URL of version 2 of Cloud Big Data in a region.

        Each region has versions 1 and 2, which differ in ``versionId``.

        Args:
            region: Region id in any case; None for the first.
            auth_url: The URL of the catalog's identity; if it is https, the endpoint must be.
            tenant_id: The account that it must be one of, or None.

        Raises:
            AuthenticationError: The region has no endpoint (the text names those that have
                one), or the endpoint is another account's.
        """
        urls = self.regions()
        wanted = next(iter(urls), "") if region is None else region.strip().upper()
        url = urls.get(wanted)
        if url is None:
            names = ", ".join(sorted(urls)) or "none"
            raise error.AuthenticationError(
                f"no endpoint of {SERVICE_TYPE} version {_VERSION} in region {wanted or 'any'!r}; "
                f"regions that have one: {plain_line(names)}"
            )
        account = tenant_of(url)
        if tenant_id is not None and account is not None and account != tenant_id:
            raise error.AuthenticationError(
                f"the user signs in to account {plain_line(account)!r},"
                f" not to tenant_id {tenant_id!r}"
            )
        return _safe_url(url, auth_url)

    def regions(self) -> dict[str, str]:
        """Return the URLs of version 2 of Cloud Big Data, by region in upper case."""
        urls: dict[str, str] = {}
        for endpoint in self._bigdata_endpoints():
            region, url = endpoint.get("region"), endpoint.get("publicURL")
            if isinstance(region, str) and isinstance(url, str):
                urls.setdefault(region.upper(), url)
        return urls

    def _bigdata_endpoints(self) -> Iterator[dict[str, object]]:
        for entry in self._entries:
            if isinstance(entry, dict) and entry.get("type") == SERVICE_TYPE:
                for endpoint in _endpoints(entry):
                    if isinstance(endpoint, dict) and endpoint.get("versionId") == _VERSION:
                        yield endpoint

    def plain_entries(self) -> list[dict[str, object]]:
        """Return the entries of all services, without those of an unexpected form."""
        return [
            {**entry, "endpoints": [item for item in _endpoints(entry) if _is_plain(item, *_TEXTS)]}
            for entry in self._entries
            if _is_plain(entry, "type", "name")
        ]

    def entries_for_tools(self) -> list[object]:
        """Return the entries in a form that OpenStack's tools can read.

        They ignore ``versionId`` and take the first endpoint of a region: version 2 comes
        first here. Some look for ``interface`` and ``url``, the names of identity v3.
        """
        return [_for_tools(entry) if isinstance(entry, dict) else entry for entry in self._entries]


def _for_tools(entry: dict[str, object]) -> dict[str, object]:
    endpoints = [_with_interface(item) for item in _endpoints(entry) if isinstance(item, dict)]
    if entry.get("type") == SERVICE_TYPE:
        endpoints.sort(key=lambda endpoint: endpoint.get("versionId") != _VERSION)
    return {**entry, "endpoints": endpoints}


def _with_interface(endpoint: dict[str, object]) -> dict[str, object]:
    names = [f"{interface}URL" for interface in ("public", "internal", "admin")]
    name = next((name for name in names if name in endpoint), names[0])
    url = endpoint.get(name, "")
    return {"interface": name.removesuffix("URL"), "url": url, **endpoint}


def _endpoints(entry: dict[str, object]) -> list[object]:
    endpoints = entry.get("endpoints")
    return endpoints if isinstance(endpoints, list) else []


def _is_plain(entry: object, *names: str) -> TypeGuard[dict[str, object]]:
    """Tell whether it is an object whose fields of these names are strings or missing."""
    return isinstance(entry, dict) and all(isinstance(entry.get(name, ""), str) for name in names)


def _safe_url(url: str, auth_url: str) -> str:
    try:
        scheme, _, _ = checked_origin("the catalog's endpoint", url)
    except error.InvalidError as reason:
        raise error.AuthenticationError(str(reason)) from reason
    if scheme == "http" and auth_url.lower().startswith("https:"):
        raise error.AuthenticationError(
            "the catalog leads from https to an http endpoint, which would expose the token"
        )
    return url.rstrip("/")


def checked_catalog(catalog: object) -> list[object]:
    """Check a catalog's entry of Cloud Big Data, and return the catalog.

    Raises:
        ValueError: Says in one line what is wrong with it.
    """
    if not isinstance(catalog, list):
        raise ValueError("access.serviceCatalog is missing or not a list")
    for entry in catalog:
        if not isinstance(entry, dict) or entry.get("type") != SERVICE_TYPE:
            continue
        if not isinstance(entry.get("endpoints"), list):
            raise ValueError(f"the catalog's entry of {SERVICE_TYPE} has no endpoints")
        for endpoint in _endpoints(entry):
            if not isinstance(endpoint, dict):
                raise ValueError(f"an endpoint of {SERVICE_TYPE} is missing or not an object")
            is_ours = endpoint.get("versionId") == _VERSION
            if is_ours and not isinstance(endpoint.get("publicURL"), str):
                raise ValueError(f"an endpoint of {SERVICE_TYPE} has no publicURL")
    return catalog
