"""Pages of a list: `limit`, `marker`, `offset`, and the link to the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from lavaclient.sandbox.core.context import Context
from lavaclient.sandbox.core.errors import bad_request

PAGE_SIZE = 100
MAX_LIMIT = 200
PARAMETERS = frozenset({"limit", "marker", "offset"})


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Identified)

# How the documented next links of each list go wrong.
_MALFORMED = {
    "clusters": "https://dfw.bigdata.example.com/{tenant}/{path}&limit={limit}&marker={marker}",
    "flavors": "{service}/{path}?limit={limit}&amp;marker={marker}",
    "scripts": "https://dfw.bigdata.example.com/{tenant}/{path}?limit={limit}&amp;marker={marker}",
    "stacks": "https://ord.bigdata.example.com/v2/{tenant}/{path}?limit={limit}&marker={marker}",
    "nodes": "https://dfw.bigdata.example.com/v2/{tenant}/{path}?limit={limit}&marker={marker}",
}


def page(
    context: Context,
    items: Sequence[T],
    path: str,
    place: Callable[[T], float] = lambda _: 0.0,
    departed: Mapping[str, float] | None = None,
) -> tuple[list[T], list[dict[str, str]]]:
    """Cut the page that the query asks for out of a list.

    Args:
        context: The request.
        items: The whole list.
        path: Where the list stands below the endpoint.
        place: An item's place in the list's order.
        departed: The places of items that were deleted, which a marker may still name.

    Returns:
        The items of the page, and the body's `links`.

    Raises:
        ApiFault: 400 for a limit, marker or offset that is not valid.
    """
    limit = _number(context.query, "limit", PAGE_SIZE)
    if not 1 <= limit <= MAX_LIMIT:
        raise bad_request(f"limit: must be from 1 to {MAX_LIMIT}, not {limit}")
    limit = min(limit, PAGE_SIZE)
    start = _number(context.query, "offset", 0)
    marker = context.query.get("marker")
    if marker is not None:
        start += _index_after(marker, items, place, departed or {})
    chosen = list(items[start : start + limit])
    if not chosen or start + limit >= len(items):
        return chosen, []
    return chosen, [next_link(context, path, limit, chosen[-1].id)]


def next_link(context: Context, path: str, limit: int, marker: str) -> dict[str, str]:
    """The link to the page after a marker, malformed where the sandbox was told so."""
    template = "{service}/{path}?limit={limit}&marker={marker}"
    if context.malformed_links:
        template = _MALFORMED[path.rsplit("/", 1)[-1]]
    service = context.links.service
    href = template.format(
        service=service,
        tenant=service.rsplit("/", 1)[-1],
        path=path,
        limit=limit,
        marker=marker,
    )
    return {"rel": "next", "href": href}


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise bad_request(f"{name}: must be a whole number, not '{text[:40]}'")
    return int(text)


def _index_after(
    marker: str,
    items: Sequence[T],
    place: Callable[[T], float],
    departed: Mapping[str, float],
) -> int:
    for index, item in enumerate(items):
        if item.id == marker:
            return index + 1
    if marker in departed:
        return sum(1 for item in items if place(item) < departed[marker])
    raise bad_request(f"marker: nothing in this list has the id '{marker[:64]}'")
