"""All models under one path, as they were in version 0.3."""

from __future__ import annotations

from lavaclient.api._base import Link
from lavaclient.api.clusters import Cluster, ClusterDetail
from lavaclient.api.credentials import (
    AmbariCredential,
    CloudFilesCredential,
    Credentials,
    CredentialType,
    S3Credential,
    SSHKey,
)
from lavaclient.api.distros import Distro, DistroDetail, DistroService
from lavaclient.api.flavors import Flavor
from lavaclient.api.limits import AbsoluteLimit, AbsoluteLimits
from lavaclient.api.nodes import Address, Addresses, Node, NodeGroup, NodeScript
from lavaclient.api.scripts import Script
from lavaclient.api.stacks import (
    ResourceLimits,
    Stack,
    StackDetail,
    StackNodeGroup,
    StackService,
)

__all__ = [
    "AbsoluteLimit",
    "AbsoluteLimits",
    "Address",
    "Addresses",
    "AmbariCredential",
    "CloudFilesCredential",
    "Cluster",
    "ClusterDetail",
    "CredentialType",
    "Credentials",
    "Distro",
    "DistroDetail",
    "DistroService",
    "Flavor",
    "Link",
    "Node",
    "NodeGroup",
    "NodeScript",
    "ResourceLimits",
    "S3Credential",
    "SSHKey",
    "Script",
    "Stack",
    "StackDetail",
    "StackNodeGroup",
    "StackService",
]
