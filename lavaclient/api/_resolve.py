"""Finding a cluster by what may be its id or its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from lavaclient._http.paths import path_segment
from lavaclient._http.service_client import ServiceClient
from lavaclient.api._base import Id, Link
from lavaclient.api._pagination import list_pages
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


def with_cluster(client: ServiceClient, cluster_id: Id, request: Callable[[str], T]) -> T:
    """Make a request with a cluster's id, and if there is none of that id, by its name.

    Args:
        client: The way to the service.
        cluster_id: Id or name.
        request: Gets the id as a segment of a path.

    Raises:
        InvalidError: The argument is no id, or several clusters have that name.
        NotFoundError: There is none.
    """
    first = path_segment("cluster_id", cluster_id)
    try:
        return request(first)
    except NotFoundError:
        found = _id_of(client, str(cluster_id))
        if found is None:
            raise
    return request(path_segment("cluster_id", found))


def _id_of(client: ServiceClient, name: str) -> str | None:
    """Return the id of the cluster of this name, None where there is none."""
    clusters = list_pages(client, "clusters", _ClustersPage)
    if any(cluster.id == name for cluster in clusters):
        return None  # It was an id, and what was not found is something else.
    ids = [cluster.id for cluster in clusters if cluster.name == name]
    if len(ids) > 1:
        raise InvalidError(
            f"cluster_id: {len(ids)} clusters are named {name!r}: give one of the ids"
            f" {', '.join(ids)}"
        )
    return ids[0] if ids else None
