"""A request to Cloud Big Data, before it is routed."""

from __future__ import annotations

from dataclasses import dataclass

from lavaclient.sandbox.core.errors import bad_request, not_found
from lavaclient.sandbox.core.pagination import PARAMETERS
from lavaclient.sandbox.core.urls import REGIONS, Urls


@dataclass(frozen=True, slots=True)
class Call:
    """One request to Cloud Big Data: its address, its token and its body.

    `path` stands below the endpoint, begins with a slash and is still encoded.
    """

    method: str
    region: str
    tenant_id: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes
    token: str | None
    urls: Urls


def query_of(pairs: tuple[tuple[str, str], ...], *, paged: bool) -> dict[str, str]:
    """The checked query of a call; only pages have parameters.

    Raises:
        ApiFault: 400; a parameter is unknown or given twice.
    """
    query: dict[str, str] = {}
    for name, value in pairs:
        if not paged or name not in PARAMETERS:
            raise bad_request(f"{name[:64]}: there is no such query parameter here")
        if name in query:
            raise bad_request(f"{name}: is given twice")
        query[name] = value
    return query


def region_of(name: str) -> str:
    """The region that a URL names, in any case.

    Raises:
        ApiFault: 404; there is none.
    """
    if name.upper() not in REGIONS:
        raise not_found("Region", name)
    return name.upper()
