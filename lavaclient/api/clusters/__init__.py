"""Clusters: sets of nodes that the service builds and keeps running."""

from __future__ import annotations

from lavaclient.api.clusters.manager import ClusterManager
from lavaclient.api.clusters.models import Cluster, ClusterDetail, ClusterStatus, Connector

__all__ = [
    "Cluster",
    "ClusterDetail",
    "ClusterManager",
    "ClusterStatus",
    "Connector",
]
