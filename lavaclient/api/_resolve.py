"""Finds objects by an id or a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from lavaclient._http.paths import path_segment
from lavaclient._http.service_client import ServiceClient
from lavaclient.api._base import Id
from lavaclient.api._pagination import Page, list_pages
from lavaclient.error import InvalidError, NotFoundError

__all__ = ["by_id_or_name", "find"]

T = TypeVar("T")


class _Cluster(msgspec.Struct, gc=False):
    id: str
    name: str


class _ClustersPage(Page[_Cluster]):
    items: list[_Cluster] = msgspec.field(name="clusters")


def by_id_or_name(client: ServiceClient, cluster_id: Id, path: str, send: Callable[[str], T]) -> T:
    """Make a request for the cluster with this id or, if there is none, with this name.

    Args:
        client: Sends the requests.
        cluster_id: Id or name.
        path: Path of the request, with ``{}`` in place of the id.
        send: Makes the request to a path.

    Raises:
        InvalidError: The argument is not a valid id, or several clusters have that name.
        NotFoundError: No cluster has that id or name.
    """
    segment = path_segment("cluster_id", cluster_id)
    try:
        return send(path.format(segment))
    except NotFoundError:
        named = _id_by_name(client, str(cluster_id))
        if named is None:
            raise
    return send(path.format(path_segment("cluster_id", named)))


def _id_by_name(client: ServiceClient, name: str) -> str | None:
    """Return the id of the cluster of this name, None if no cluster has it."""
    clusters = list_pages(client, "clusters", _ClustersPage)
    if any(cluster.id == name for cluster in clusters):
        return None  # The cluster exists; something else was not found.
    cluster = _by_name("cluster", clusters, name)
    return None if cluster is None else cluster.id


class _Named(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def find(noun: str, items: Sequence[N], wanted: Id) -> N:
    """Return the item of a list with this id, or else with this name.

    Args:
        noun: The noun in the name of the argument: ``"node"`` for ``node_id``.
        items: The list.
        wanted: The id or name.

    Raises:
        InvalidError: Several have this name.
        NotFoundError: None has this id or name.
    """
    for item in items:
        if item.id == str(wanted):
            return item
    named = _by_name(noun, items, str(wanted))
    if named is None:
        raise NotFoundError(f"there is no {noun} {str(wanted)!r}", code=404)
    return named


def _by_name(noun: str, items: Sequence[N], name: str) -> N | None:
    named = [item for item in items if item.name == name]
    if len(named) > 1:
        raise InvalidError(
            f"{noun}_id: {len(named)} {noun}s are named {name!r}: give one of the ids"
            f" {', '.join(item.id for item in named)}"
        )
    return named[0] if named else None
