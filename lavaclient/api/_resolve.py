"""Finding a cluster by what may be its id or its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from lavaclient._http.paths import segment
from lavaclient._http.service_client import Transport
from lavaclient.api._base import Id, Link
from lavaclient.error import InvalidError, NotFoundError

__all__ = ["with_cluster"]

T = TypeVar("T")


class _Cluster(msgspec.Struct, gc=False):
    id: str
    name: str


class _ClustersPage(msgspec.Struct):
    clusters: list[_Cluster]
    links: list[Link] = []

    @property
    def items(self) -> list[_Cluster]:
        return self.clusters


def with_cluster(transport: Transport, cluster_id: Id, request: Callable[[str], T]) -> T:
    """Make a request with a cluster's id, and if there is none of that id, by its name.

    Args:
        transport: The way to the service.
        cluster_id: Id or name.
        request: Gets the id as a segment of a path.

    Raises:
        InvalidError: The argument is no id, or several clusters have that name.
        NotFoundError: There is none.
    """
    first = segment("cluster_id", cluster_id)
    try:
        return request(first)
    except NotFoundError:
        found = _id_of(transport, str(cluster_id))
        if found is None:
            raise
    return request(segment("cluster_id", found))


def _id_of(transport: Transport, name: str) -> str | None:
    """Return the id of the cluster of this name, None where there is none."""
    clusters = transport.list("clusters", _ClustersPage)
    if any(cluster.id == name for cluster in clusters):
        return None  # It was an id, and what was not found is something else.
    ids = [cluster.id for cluster in clusters if cluster.name == name]
    if len(ids) > 1:
        raise InvalidError(
            f"cluster_id: {len(ids)} clusters are named {name!r}: give one of the ids"
            f" {', '.join(ids)}"
        )
    return ids[0] if ids else None
