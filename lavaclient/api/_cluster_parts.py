"""What a cluster's details are made of; the models of it are imported with the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lavaclient._decode.reader import odd, read
from lavaclient._http.service_client import ServiceClient

if TYPE_CHECKING:
    from lavaclient.api.credentials import Credentials
    from lavaclient.api.nodes import NodeGroup, NodeScript

__all__ = [
    "ClusterCredentials",
    "ClusterGroups",
    "ClusterScripts",
    "bind_parts",
    "no_credentials",
]


def no_credentials() -> Credentials:
    """Return the credentials of a cluster that uses none."""
    from lavaclient.api.credentials import Credentials

    return Credentials()


def bind_parts(credentials: Credentials, client: ServiceClient) -> None:
    """Let the methods of all these credentials go to the service this way."""
    from lavaclient.api.credentials import CredentialManager, bind_credentials

    bind_credentials(credentials, CredentialManager(client))


def _credentials(value: object) -> Credentials:
    from lavaclient.api.credentials import read_credentials

    return read_credentials(value)


def _groups(value: object) -> list[NodeGroup]:
    from lavaclient.api.nodes import NodeGroup

    return read(value, list[NodeGroup])


def _scripts(value: object) -> list[NodeScript]:
    from lavaclient.api.nodes import NodeScript

    return read(value, list[NodeScript])


if TYPE_CHECKING:
    ClusterCredentials: TypeAlias = Credentials
    ClusterGroups: TypeAlias = list[NodeGroup]
    ClusterScripts: TypeAlias = list[NodeScript]
else:
    ClusterCredentials = odd("Credentials", _credentials)
    ClusterGroups = odd("NodeGroups", _groups)
    ClusterScripts = odd("NodeScripts", _scripts)
