"""What the page shows of the state: structs, and how they are made of the records."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated

from msgspec import Meta, Struct

from lavaclient.sandbox.core import lifecycle
from lavaclient.sandbox.core.accounts import Account
from lavaclient.sandbox.core.clock import speed_of
from lavaclient.sandbox.core.state import Cluster, Node
from lavaclient.sandbox.core.urls import REGIONS
from lavaclient.sandbox.resources import limits
from lavaclient.sandbox.resources.nodes import private_ip, public_ip
from lavaclient.sandbox.service import Sandbox


class SignIn(Struct):
    """How to sign in, and the environment variables that do."""

    username: str
    api_key: str
    tenant_id: str
    environ: dict[str, str]


class AccountName(Struct):
    """A tenant and a region, and how many clusters there are."""

    tenant_id: str
    region: str
    clusters: int


class ShownUser(Struct):
    """A user, and the tokens that are good: how many, and until when the last one is."""

    username: str
    api_key: str
    tenant_id: str
    roles: list[str]
    enabled: bool
    tokens: int
    expires: float | None


class Overview(Struct):
    """What a page shows first."""

    sign_in: SignIn
    accounts: list[AccountName]
    users: list[ShownUser]
    snapshots: list[str]
    time: float
    speed: float


class Quota(Struct):
    """What a tenant may use of something, and what is used."""

    name: str
    used: int
    limit: int


class Named(Struct):
    """Something by its name, with a detail or two."""

    name: str
    detail: str


class AccountView(Struct):
    """What one tenant has in one region, apart from clusters."""

    tenant_id: str
    region: str
    quotas: list[Quota]
    credentials: list[Named]
    scripts: list[Named]
    stacks: list[Named]


class Progress(Struct):
    """A job under way: when it began and will be done, on the sandbox's clock."""

    started: float
    ends: float


class ClusterLine(Struct):
    """A cluster in a list."""

    id: str
    name: str
    status: str
    stack_id: str
    nodes: int
    created: float
    progress: Progress | None


class ClusterPage(Struct):
    """Some of an account's clusters, newest first."""

    clusters: list[ClusterLine]
    total: int
    offset: int


class Milestone(Struct):
    """A status of a cluster, when it begins, and whether it has."""

    status: str
    at: float
    reached: bool


class ShownNode(Struct):
    """A node."""

    id: str
    name: str
    node_group: str
    status: str
    flavor_id: str
    public_ip: str
    private_ip: str
    components: list[str]
    scripts: list[Named]


class ClusterView(Struct):
    """A cluster with its timeline and its nodes."""

    id: str
    name: str
    status: str
    stack_id: str
    nodes: list[ShownNode]
    created: float
    progress: Progress | None
    tenant_id: str
    region: str
    username: str
    credentials: list[Named]
    timeline: list[Milestone]


class OneCluster(Struct):
    """A cluster."""

    cluster: ClusterView


class FaultLine(Struct, forbid_unknown_fields=True):
    """A fault as a line."""

    line: Annotated[str, Meta(max_length=1000)]


def overview(sandbox: Sandbox) -> Overview:
    """What a page shows first."""
    store = sandbox.store
    tenants = dict.fromkeys([sandbox.tenant_id, *(u.tenant_id for u in store.users.values())])
    tenants |= dict.fromkeys(key.rsplit("/", 1)[0] for key in store.accounts)
    return Overview(
        sign_in=SignIn(sandbox.username, sandbox.api_key, sandbox.tenant_id, sandbox.environ()),
        accounts=[
            AccountName(tenant, region, len(_account(sandbox, tenant, region).clusters))
            for tenant in tenants
            for region in REGIONS
        ],
        users=_users(sandbox),
        snapshots=sorted(sandbox.snapshots),
        time=sandbox.clock.time(),
        speed=speed_of(sandbox.clock),
    )


def account_view(sandbox: Sandbox, tenant_id: str, region: str) -> AccountView:
    """What a tenant has in a region; nothing, if nobody has asked for either so far."""
    account = _account(sandbox, tenant_id, region)
    used = limits.used_by(account, sandbox.reference)
    return AccountView(
        tenant_id=tenant_id,
        region=region,
        quotas=[
            Quota(name, used[name], getattr(sandbox.quotas, name)) for name in limits.RESOURCES
        ],
        credentials=[Named(c.name, c.type) for c in account.credentials.values()],
        scripts=[Named(script.name, script.url) for script in account.scripts.values()],
        stacks=[Named(stack.name, stack.distro) for stack in account.stacks.values()],
    )


def cluster_page(
    sandbox: Sandbox, tenant_id: str, region: str, search: str, offset: int, limit: int
) -> ClusterPage:
    """A page of the clusters whose name, status or id holds a text."""
    now, text = sandbox.clock.time(), search.lower()
    clusters = [
        cluster
        for cluster in reversed(list(_account(sandbox, tenant_id, region).clusters.values()))
        if not text
        or text in cluster.name.lower()
        or text in cluster.id
        or text == lifecycle.status(cluster, now).lower()
    ]
    chosen = clusters[offset : offset + limit]
    return ClusterPage([_line(cluster, now) for cluster in chosen], len(clusters), offset)


def cluster_view(account: Account, cluster: Cluster, now: float) -> ClusterView:
    """A cluster with all that there is to show of it."""
    tenant_id, region = account.key.rsplit("/", 1)
    components = {group.id: group.components for group in cluster.groups}
    return ClusterView(
        id=cluster.id,
        name=cluster.name,
        status=lifecycle.status(cluster, now),
        stack_id=cluster.stack_id,
        nodes=[
            _node(cluster, node, components[node.node_group], now)
            for node in lifecycle.visible(cluster, now)
        ],
        created=cluster.created,
        progress=_progress(cluster, now),
        tenant_id=tenant_id,
        region=region,
        username=cluster.username,
        credentials=[Named(c.name, c.type) for c in cluster.credentials],
        timeline=_timeline(cluster, now),
    )


def _account(sandbox: Sandbox, tenant_id: str, region: str) -> Account:
    """An account, up to date; it is not made by being looked at."""
    if f"{tenant_id}/{region}" in sandbox.store.accounts:
        return sandbox.account(region, tenant_id)
    return Account(f"{tenant_id}/{region}")


def _users(sandbox: Sandbox) -> list[ShownUser]:
    now = sandbox.clock.time()
    expiries: defaultdict[str, list[float]] = defaultdict(list)
    for token in sandbox.store.tokens.values():
        if token.expires > now:
            expiries[token.username].append(token.expires)
    return [
        ShownUser(
            username=user.username,
            api_key=user.api_key,
            tenant_id=user.tenant_id,
            roles=user.roles,
            enabled=user.enabled,
            tokens=len(expiries[user.username]),
            expires=max(expiries[user.username], default=None),
        )
        for user in sandbox.store.users.values()
    ]


def _line(cluster: Cluster, now: float) -> ClusterLine:
    return ClusterLine(
        id=cluster.id,
        name=cluster.name,
        status=lifecycle.status(cluster, now),
        stack_id=cluster.stack_id,
        nodes=len(lifecycle.visible(cluster, now)),
        created=cluster.created,
        progress=_progress(cluster, now),
    )


def _progress(cluster: Cluster, now: float) -> Progress | None:
    if cluster.job is None or lifecycle.has_failed(cluster, now):
        return None
    return Progress(cluster.job.started, cluster.job.ends)


def _timeline(cluster: Cluster, now: float) -> list[Milestone]:
    status, job = lifecycle.status(cluster, now), cluster.job
    if job is None:
        return [Milestone(status, cluster.updated or cluster.created, reached=True)]
    steps = [(step.status, step.at) for step in job.steps]
    if cluster.failed is not None and cluster.failed <= now:
        steps = [step for step in steps if step[1] <= cluster.failed]
        steps.append(("ERROR", cluster.failed))
    else:
        settled = "IMPAIRED" if cluster.impaired else "ACTIVE"
        steps.append(("DELETED" if job.deletes else settled, job.ends))
    return [Milestone(name, at, reached=at <= now) for name, at in steps]


def _node(cluster: Cluster, node: Node, components: list[str], now: float) -> ShownNode:
    return ShownNode(
        id=node.id,
        name=node.name,
        node_group=node.node_group,
        status=lifecycle.node_status(cluster, node, now),
        flavor_id=node.flavor_id,
        public_ip=public_ip(node),
        private_ip=private_ip(node),
        components=components,
        scripts=[
            Named(script.name, lifecycle.script_status(cluster, node, now))
            for script in cluster.scripts
        ],
    )
