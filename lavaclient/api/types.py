"""Types that arguments and results of several nouns have in common."""

from __future__ import annotations

from lavaclient._ssh.process import Forward
from lavaclient.api._base import Component, Id, Link, Model
from lavaclient.api._requests.clusters import NewCredentials, UpdatedCredentials
from lavaclient.api._requests.node_groups import NodeGroups
from lavaclient.api.clusters.models import Connector, OnProgress

__all__ = [
    "Component",
    "Connector",
    "Forward",
    "Id",
    "Link",
    "Model",
    "NewCredentials",
    "NodeGroups",
    "OnProgress",
    "UpdatedCredentials",
]
