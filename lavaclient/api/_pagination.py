"""Lists that come in pages, fetched completely."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from lavaclient._http.retry import GET
from lavaclient._http.service_client import ServiceClient
from lavaclient.api._base import Link
from lavaclient.api._table_list import TableList
from lavaclient.error import (
    ApiError,
    BadRequestError,
    LavaError,
    NotFoundError,
    RequestError,
    failed_request,
)

__all__ = ["Page", "list_pages", "next_query"]


class _Item(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Item)

_MOST_PAGES = 9_999
_QUERY = r"(?:^|[?&;/]|&amp;)(marker|limit)=([^&;#]*)"


class Page(msgspec.Struct, Generic[T]):
    """A page of a list; the subclass of each noun sets the name of ``items`` in the body."""

    items: list[T]
    links: list[Link] = []


def list_pages(client: ServiceClient, path: str, page_type: type[Page[T]]) -> TableList[T]:
    """GET all pages of a list, each item once.

    Only the marker and the limit of a next link are used, never its URL. If the item of a
    marker was deleted between two pages, the list is fetched from the start again, once.

    Args:
        client: Sends the requests.
        path: Relative to the endpoint.
        page_type: What a page decodes to.
    """
    items: TableList[T] = TableList()
    ids: set[str] = set()
    markers = {""}
    query = ""
    was_restarted = False
    for _ in range(_MOST_PAGES):
        try:
            response = client.request("GET", path + query, GET)
        except (BadRequestError, NotFoundError) as reason:
            if not query:
                raise
            if was_restarted:
                raise _unknown_marker(reason) from reason
            items, ids, markers, query, was_restarted = TableList(), set(), {""}, "", True
            continue
        page = client.decode(response, page_type)
        items += [item for item in page.items if item.id not in ids] if query else page.items
        following = next_query(page.links) if page.items else None
        if following is None:
            return items
        if following["marker"] in markers:
            raise client.unreadable(
                response, "its next link points to a page that was read already"
            )
        markers.add(following["marker"])
        ids.update(item.id for item in page.items)
        query = f"?{urllib.parse.urlencode(following, errors='replace')}"
    raise client.unreadable(response, f"the list does not end after {_MOST_PAGES} pages")


def _unknown_marker(reason: RequestError) -> LavaError:
    return failed_request(
        ApiError,
        "the list changed while it was read, and again when it was read again:"
        f" the service does not know its own marker ({reason.code} {reason.message})",
        method="GET",
        path=reason.path or "",
        request_id=reason.request_id or "",
        code=reason.code,
    )


def next_query(links: Sequence[Link]) -> dict[str, str] | None:
    """Return marker (``""`` by default) and limit of the link to the next page."""
    for link in links:
        if link.rel == "next":
            values = dict(reversed(re.findall(_QUERY, link.href or "")))
            query = {"marker": urllib.parse.unquote(values.get("marker", ""))}
            if (limit := values.get("limit", "")).isdecimal() and limit.isascii():
                query["limit"] = limit
            return query
    return None
