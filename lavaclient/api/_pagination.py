"""Lists that come in pages, fetched whole."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

from lavaclient._http.retry import GET
from lavaclient._http.service_client import ServiceClient
from lavaclient.api._base import Link
from lavaclient.api._table_list import TableList

__all__ = ["Page", "list_pages", "next_query"]

T = TypeVar("T")

_MOST_PAGES = 9_999
_QUERY = r"(?:^|[?&;/]|&amp;)(marker|limit)=([^&;#]*)"


class Page(msgspec.Struct, Generic[T]):
    """A page of a list. The type of a noun's pages gives ``items`` the name in its bodies."""

    items: list[T]
    links: list[Link] = []


def list_pages(client: ServiceClient, path: str, page_type: type[Page[T]]) -> TableList[T]:
    """GET all pages of a list.

    Only the marker and the limit of a next link are used, never its URL.

    Args:
        client: The way to the service.
        path: Relative to the endpoint.
        page_type: What a page decodes to.
    """
    items: TableList[T] = TableList()
    markers = {""}
    query = ""
    for _ in range(_MOST_PAGES):
        response = client.request("GET", path + query, GET)
        page = client.decode(response, page_type)
        items += page.items
        following = next_query(page.links) if page.items else None
        if following is None:
            return items
        if following["marker"] in markers:
            raise client.unreadable(response, "its next link leads nowhere new")
        markers.add(following["marker"])
        query = f"?{urllib.parse.urlencode(following, errors='replace')}"
    raise client.unreadable(response, f"the list does not end after {_MOST_PAGES} pages")


def next_query(links: Sequence[Link]) -> dict[str, str] | None:
    """Return marker (``""`` where there is none) and limit of the next page's link."""
    for link in links:
        if link.rel == "next":
            values = dict(reversed(re.findall(_QUERY, link.href or "")))
            query = {"marker": urllib.parse.unquote(values.get("marker", ""))}
            if (limit := values.get("limit", "")).isdecimal() and limit.isascii():
                query["limit"] = limit
            return query
    return None
