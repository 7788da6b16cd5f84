"""What the service's answers say: the structs that its API is described by.

The rules write plain values; tests hold every answer against these.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct, field

Timestamp = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")]


def _answer(name: str, text: str, **fields: type) -> type[Struct]:
    """The struct of an answer's body, which has these fields and no others."""
    return defstruct(
        name,
        list(fields.items()),
        forbid_unknown_fields=True,
        module=__name__,
        namespace={"__doc__": text},
    )


class Link(Struct, forbid_unknown_fields=True):
    """Where a thing, or the next page, is."""

    rel: str
    href: str


class NameView(Struct, forbid_unknown_fields=True):
    """Something by its name."""

    name: str


class FaultDetails(Struct, forbid_unknown_fields=True):
    """A status, and what is wrong."""

    code: int
    message: str


FaultAnswer: type[Struct] = _answer(
    "FaultAnswer", "A request that was refused.", fault=FaultDetails
)
UnauthorizedAnswer: type[Struct] = _answer(
    "UnauthorizedAnswer",
    "A request without a token that is good for it.",
    unauthorized=FaultDetails,
)


class NodeGroupView(Struct, forbid_unknown_fields=True):
    """A node group of a cluster."""

    id: str
    count: int
    flavor_id: str
    components: list[NameView]


class CredentialView(Struct, forbid_unknown_fields=True):
    """A credential of a cluster."""

    type: str
    name: str


class ConnectorView(Struct, forbid_unknown_fields=True):
    """The same in its older form, without SSH keys."""

    type: str
    credential: NameView


class ClusterScriptView(Struct, forbid_unknown_fields=True):
    """A script of a cluster, on one of its nodes."""

    id: str
    script_id: str
    node_id: str
    name: str
    status: str


class ClusterSummary(Struct, forbid_unknown_fields=True):
    """A cluster, as the list has it."""

    id: str
    name: str
    status: str
    stack_id: str
    cbd_version: int
    created: Timestamp
    updated: Timestamp | None
    links: list[Link]


class ClusterView(ClusterSummary, forbid_unknown_fields=True):
    """A cluster with all its details; `progress` is in per cent."""

    username: str
    progress: str
    ssh_keys: list[str]
    node_groups: list[NodeGroupView]
    credentials: list[CredentialView]
    connectors: list[ConnectorView]
    scripts: list[ClusterScriptView]


ClusterAnswer: type[Struct] = _answer("ClusterAnswer", "A cluster.", cluster=ClusterView)
ClustersAnswer: type[Struct] = _answer(
    "ClustersAnswer", "A page of clusters.", clusters=list[ClusterSummary], links=list[Link]
)


class Address(Struct, forbid_unknown_fields=True):
    """An address, and the version of its protocol."""

    addr: str
    version: int


class Addresses(Struct, forbid_unknown_fields=True):
    """The addresses of a node."""

    public: list[Address]
    private: list[Address]


class ComponentView(Struct, forbid_unknown_fields=True):
    """A program on a node."""

    name: str
    nice_name: str
    uri: str | UnsetType = UNSET


class NodeView(Struct, forbid_unknown_fields=True):
    """A node."""

    id: str
    name: str
    node_group: str
    flavor_id: str
    status: str
    created: Timestamp
    updated: Timestamp | None
    addresses: Addresses
    components: list[ComponentView]
    links: list[Link]


NodeAnswer: type[Struct] = _answer("NodeAnswer", "A node.", node=NodeView)
NodesAnswer: type[Struct] = _answer(
    "NodesAnswer", "A page of nodes.", nodes=list[NodeView], links=list[Link]
)


class FlavorView(Struct, forbid_unknown_fields=True):
    """A size of server: memory in MB, disk in GB."""

    id: str
    name: str
    ram: int
    disk: int
    vcpus: int
    flavor_class: str = field(name="class")
    links: list[Link]


FlavorAnswer: type[Struct] = _answer("FlavorAnswer", "A flavor.", flavor=FlavorView)
FlavorsAnswer: type[Struct] = _answer(
    "FlavorsAnswer", "A page of flavors.", flavors=list[FlavorView], links=list[Link]
)


class Limit(Struct, forbid_unknown_fields=True):
    """How much there may be of a resource, and how much more."""

    limit: int
    remaining: int


class AbsoluteLimits(Struct, forbid_unknown_fields=True):
    """Limits of nodes, memory in MB, disk in GB and virtual CPUs."""

    node_count: Limit
    ram: Limit
    disk: Limit
    vcpus: Limit


class Limits(Struct, forbid_unknown_fields=True):
    """The limits of a tenant in a region."""

    absolute: AbsoluteLimits


LimitsAnswer: type[Struct] = _answer("LimitsAnswer", "Limits.", limits=Limits)


class DistroSummary(Struct, forbid_unknown_fields=True):
    """A distribution, as the list has it."""

    id: str
    name: str
    version: str
    links: list[Link]


class DistroComponentView(Struct, forbid_unknown_fields=True):
    """A component of a service; with a mode it belongs to that mode alone."""

    name: str
    mode: str | UnsetType = UNSET


class DistroServiceView(Struct, forbid_unknown_fields=True):
    """A service of a distribution."""

    name: str
    version: str
    description: str
    components: list[DistroComponentView]
    modes: list[NameView] | UnsetType = UNSET


class DistroView(DistroSummary, forbid_unknown_fields=True):
    """A distribution with its services."""

    services: list[DistroServiceView]


DistroAnswer: type[Struct] = _answer("DistroAnswer", "A distribution.", distro=DistroView)
DistrosAnswer: type[Struct] = _answer(
    "DistrosAnswer", "All distributions.", distros=list[DistroSummary]
)


class ShortServiceView(Struct, forbid_unknown_fields=True):
    """A service of a stack, as the list has it."""

    name: str
    modes: list[str]


class StackSummary(Struct, forbid_unknown_fields=True):
    """A stack, as the list has it."""

    id: str
    name: str
    description: str
    distro: str
    services: list[ShortServiceView]
    links: list[Link]


class ServiceView(ShortServiceView, forbid_unknown_fields=True):
    """A service of a stack."""

    version: str
    components: list[NameView]


class ResourceLimitsView(Struct, forbid_unknown_fields=True):
    """How far a node group may be changed; memory in MB."""

    min_count: int
    max_count: int
    min_ram: int


class StackGroupView(Struct, forbid_unknown_fields=True):
    """A node group as a stack proposes it."""

    id: str
    components: list[NameView]
    resource_limits: ResourceLimitsView
    count: int
    flavor_id: str


class StackView(Struct, forbid_unknown_fields=True):
    """A stack with its services and node groups."""

    id: str
    name: str
    description: str
    distro: str
    created: Timestamp
    is_deletable: bool
    services: list[ServiceView]
    node_groups: list[StackGroupView]
    links: list[Link]


StackAnswer: type[Struct] = _answer("StackAnswer", "A stack.", stack=StackView)
StacksAnswer: type[Struct] = _answer(
    "StacksAnswer", "A page of stacks.", stacks=list[StackSummary], links=list[Link]
)


class ScriptView(Struct, forbid_unknown_fields=True):
    """A script."""

    id: str
    name: str
    type: str
    url: str
    is_public: bool
    created: Timestamp
    updated: Timestamp | None
    links: list[Link]


ScriptAnswer: type[Struct] = _answer("ScriptAnswer", "A script.", script=ScriptView)
ScriptsAnswer: type[Struct] = _answer(
    "ScriptsAnswer", "A page of scripts.", scripts=list[ScriptView], links=list[Link]
)
CredentialAnswer: type[Struct] = _answer(
    "CredentialAnswer",
    "What identifies a credential, under its type.",
    credentials=dict[str, dict[str, str]],
)
CredentialsAnswer: type[Struct] = _answer(
    "CredentialsAnswer",
    "What identifies each credential, under its type.",
    credentials=dict[str, list[dict[str, str]]],
)


class CredentialTypeView(Struct, forbid_unknown_fields=True):
    """A type of credential: the fields it has, the first of which identifies it."""

    type: str
    schema: list[str]
    connector: bool
    links: list[Link]


CredentialTypesAnswer: type[Struct] = _answer(
    "CredentialTypesAnswer", "The types of credentials.", credentials=list[CredentialTypeView]
)
ConnectorsAnswer: type[Struct] = _answer(
    "ConnectorsAnswer",
    "The types that connect a cluster with another service.",
    connectors=list[CredentialTypeView],
)
