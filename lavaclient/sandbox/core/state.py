"""The sandbox's state, as plain records that can be written to a file.

Times are seconds since 1970. Secrets of credentials are checked when they come and never kept.
"""

from __future__ import annotations

from msgspec import Struct, field


class User(Struct):
    """Somebody who may sign in."""

    id: str
    username: str
    api_key: str
    tenant_id: str
    roles: list[str]
    enabled: bool = True
    password: str | None = None


class Token(Struct):
    """One sign-in."""

    id: str
    username: str
    tenant_id: str
    expires: float


class Step(Struct):
    """A status, and when it starts."""

    at: float
    status: str


class Job(Struct):
    """What a cluster is busy with, laid out on the clock beforehand."""

    steps: list[Step]
    started: float
    ends: float
    deletes: bool = False


class Node(Struct):
    """One server of a cluster, from before it is born until it has left."""

    id: str
    name: str
    node_group: str
    flavor_id: str
    serial: int
    born: float
    configuring: float
    ready: float
    leaves: float | None = None
    failed: bool = False


class ResourceLimits(Struct):
    """How far a node group may be changed; memory in MB."""

    min_count: int
    max_count: int
    min_ram: int


class NodeGroup(Struct):
    """A node group of a cluster."""

    id: str
    count: int
    flavor_id: str
    components: list[str]
    resource_limits: ResourceLimits


class CredentialName(Struct, frozen=True):
    """A stored credential, by its type and the field that identifies it."""

    type: str
    name: str


class Credential(Struct):
    """A stored credential. `fingerprint` tells SSH keys apart."""

    type: str
    name: str
    fingerprint: str = ""


class ClusterScript(Struct):
    """A script that a cluster runs on each of its nodes."""

    id: str
    name: str


class Cluster(Struct):
    """A cluster. `failed` is when it breaks, which may be a time to come."""

    id: str
    name: str
    username: str
    stack_id: str
    region: str
    created: float
    groups: list[NodeGroup]
    credentials: list[CredentialName]
    scripts: list[ClusterScript]
    nodes: list[Node] = field(default_factory=list)
    updated: float | None = None
    job: Job | None = None
    failed: float | None = None
    impaired: bool = False


class Script(Struct):
    """A script that users may have run on new nodes."""

    id: str
    name: str
    type: str
    url: str
    created: float
    updated: float | None = None
    is_public: bool = False


class StackService(Struct):
    """A service of a stack, with the components it brings."""

    name: str
    version: str
    modes: list[str]
    components: list[str]


class StackNodeGroup(Struct):
    """A node group as a stack proposes it; some leave count and flavor to the cluster."""

    id: str
    components: list[str]
    resource_limits: ResourceLimits
    count: int | None = None
    flavor_id: str | None = None


class Stack(Struct):
    """A stack: a distribution's services, laid out on node groups."""

    id: str
    name: str
    distro: str
    services: list[StackService]
    node_groups: list[StackNodeGroup]
    created: float
    description: str | None = None
    is_deletable: bool = False
