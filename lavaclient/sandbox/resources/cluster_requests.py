"""What requests about clusters may say."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from lavaclient.sandbox.core.decoding import Name
from lavaclient.sandbox.core.state import CredentialName

Count = Annotated[int, Meta(ge=1, le=100)]
Login = Annotated[
    str, Meta(pattern=r"^(?![rR][oO][oO][tT]$)[A-Za-z_][A-Za-z0-9_-]{1,31}$", max_length=32)
]


class NewNodeGroup(Struct, forbid_unknown_fields=True):
    """A node group of a new cluster; what it leaves out, the stack says."""

    id: Name
    count: Count | None = None
    flavor_id: Name | None = None


class Named(Struct, forbid_unknown_fields=True):
    """Something by its name."""

    name: Name


class Identified(Struct, forbid_unknown_fields=True):
    """Something by its id."""

    id: Name


class Connector(Struct, forbid_unknown_fields=True):
    """A credential of a new cluster."""

    type: Name
    credential: Named


class NewCluster(Struct, forbid_unknown_fields=True):
    """A new cluster. `connectors` is the older name of `credentials`."""

    name: Name
    username: Login
    ssh_keys: Annotated[list[Name], Meta(min_length=1)]
    stack_id: Name
    node_groups: Annotated[list[NewNodeGroup], Meta(min_length=1)] | None = None
    scripts: list[Identified] = []
    credentials: list[Connector] = []
    connectors: list[Connector] = []
    region: Name | None = None


class NewClusterBody(Struct, forbid_unknown_fields=True):
    """The body of `POST clusters`."""

    cluster: NewCluster


class GroupCount(Struct, forbid_unknown_fields=True):
    """A node group's new count."""

    id: Name
    count: Count
    flavor_id: Name | None = None


class CredentialRef(Struct, forbid_unknown_fields=True):
    """A stored credential."""

    type: Name
    name: Name

    def stored(self) -> CredentialName:
        """As the state names it."""
        return CredentialName(self.type, self.name)


class Control(Struct, forbid_unknown_fields=True):
    """What to do with which services; none named means all."""

    action: Literal["start", "stop", "restart"]
    services: list[Named]


class ClusterChange(Struct, forbid_unknown_fields=True):
    """A change to a cluster: exactly one of the fields."""

    node_groups: Annotated[list[GroupCount], Meta(min_length=1)] | UnsetType = UNSET
    credentials: Annotated[list[CredentialRef], Meta(min_length=1)] | UnsetType = UNSET
    remove_credentials: Annotated[list[CredentialRef], Meta(min_length=1)] | UnsetType = UNSET
    control_services: Control | UnsetType = UNSET


class ClusterChangeBody(Struct, forbid_unknown_fields=True):
    """The body of `PUT clusters/{id}`."""

    cluster: ClusterChange
