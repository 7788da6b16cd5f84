"""The state machine of clusters, nodes and their scripts: their statuses over time.

Every operation lays its course out on the clock once (`Job`, and the times of each `Node`);
afterwards status and progress are functions of the time alone. Nothing runs in the background.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lavaclient.sandbox.core.state import Cluster, Job, Node, NodeGroup, Step

FINAL = ("ACTIVE", "ERROR", "IMPAIRED")
"""The statuses of clusters without a job."""

FIRST_PROGRESS = 5
LAST_PROGRESS = 99

NewNode = Callable[[NodeGroup, str], Node]
"""Makes the node of a group that has this name; its times are set here."""


def build(cluster: Cluster, now: float, seconds: float, new_node: NewNode) -> None:
    """Start to build a cluster: all of its nodes are planned, and appear one by one."""
    job = cluster.job = Job(
        steps=[Step(now, "BUILDING"), Step(now + 0.7 * seconds, "CONFIGURING")],
        started=now,
        ends=now + seconds,
    )
    _grow(cluster, job, {group.id: group.count for group in cluster.groups}, new_node)


def resize(
    cluster: Cluster, counts: dict[str, int], now: float, seconds: float, new_node: NewNode
) -> None:
    """Start to resize node groups; the newest nodes of a group are removed first."""
    cluster.updated = now
    job = cluster.job = Job(
        steps=_resize_steps(now, now + seconds),
        started=now,
        ends=now + seconds,
    )
    missing: dict[str, int] = {}
    for group in cluster.groups:
        change = counts.get(group.id, group.count) - group.count
        missing[group.id] = max(change, 0)
        _retire(members(cluster, group.id)[group.count + min(change, 0) :], now + 0.8 * seconds)
        group.count += change
    _grow(cluster, job, missing, new_node)


def remove_node(cluster: Cluster, node: Node, now: float, seconds: float) -> None:
    """Start to remove one node."""
    update(cluster, now, seconds)
    _retire([node], now + 0.8 * seconds)
    next(group for group in cluster.groups if group.id == node.node_group).count -= 1


def update(cluster: Cluster, now: float, seconds: float) -> None:
    """Start a change that leaves the nodes as they are."""
    cluster.updated = now
    cluster.job = Job(steps=[Step(now, "UPDATING")], started=now, ends=now + seconds)


def mark_resizing(cluster: Cluster) -> None:
    """Turn an update into a resize that changes no counts."""
    if cluster.job is not None:
        cluster.job.steps = _resize_steps(cluster.job.started, cluster.job.ends)


def delete(cluster: Cluster, now: float, seconds: float) -> None:
    """Start to delete; planned nodes are not built."""
    cluster.nodes = visible(cluster, now)
    for group in cluster.groups:
        group.count = len(members(cluster, group.id))
    cluster.failed = None
    cluster.job = Job(steps=[Step(now, "DELETING")], started=now, ends=now + seconds, deletes=True)


def fail(cluster: Cluster, now: float) -> None:
    """Stop a cluster in `ERROR`; one that has failed already stays as it is."""
    if not has_failed(cluster, now):
        cluster.failed = now


def finish(cluster: Cluster, now: float) -> bool:
    """Finish a cluster's job now, successfully.

    Returns:
        False when it is busy with nothing, or broken.
    """
    job = cluster.job
    if job is None or has_failed(cluster, now):
        return False
    cluster.failed = None
    job.started, job.ends = min(job.started, now), now
    for step in job.steps:
        step.at = min(step.at, now)
    for node in cluster.nodes:
        node.born, node.configuring = min(node.born, now), min(node.configuring, now)
        node.ready = min(node.ready, now)
        node.leaves = None if node.leaves is None else min(node.leaves, now)
    return True


def has_failed(cluster: Cluster, now: float) -> bool:
    """Whether a cluster has failed by this time."""
    return cluster.failed is not None and cluster.failed <= now


def next_event(cluster: Cluster) -> float | None:
    """When `settle` next has something to do for a cluster; None if never."""
    moments = [node.leaves for node in cluster.nodes if node.leaves is not None]
    if cluster.job is not None:
        moments.append(cluster.job.ends)
    moment = min(moments, default=None)
    if moment is not None and cluster.failed is not None and cluster.failed < moment:
        return None
    return moment


def next_change(cluster: Cluster, now: float) -> float | None:
    """When the status of a cluster changes next; None if it does not."""
    moments = [] if cluster.failed is None else [cluster.failed]
    if cluster.job is not None:
        moments += [step.at for step in cluster.job.steps] + [cluster.job.ends]
    return min((moment for moment in moments if moment > now), default=None)


def settle(cluster: Cluster, now: float) -> bool:
    """Complete the steps and removals whose time has passed.

    Returns:
        False when the cluster is gone.
    """
    moment = _moment(cluster, now)
    cluster.nodes = [n for n in cluster.nodes if n.leaves is None or n.leaves > moment]
    if cluster.job is not None and moment >= cluster.job.ends:
        if cluster.job.deletes:
            return False
        cluster.job = None
    return True


def status(cluster: Cluster, now: float) -> str:
    """The status of a settled cluster."""
    if has_failed(cluster, now):
        return "ERROR"
    if cluster.job is None:
        return "IMPAIRED" if cluster.impaired else "ACTIVE"
    # The clock may have been set back to before the first step.
    reached = [step.status for step in cluster.job.steps if step.at <= now]
    return reached[-1] if reached else cluster.job.steps[0].status


def progress(cluster: Cluster, now: float) -> int:
    """The progress of the cluster's job in per cent."""
    job = cluster.job
    if job is None:
        return 100
    share = (_moment(cluster, now) - job.started) / max(job.ends - job.started, 1e-9)
    return max(FIRST_PROGRESS, min(LAST_PROGRESS, FIRST_PROGRESS + int(95 * share)))


def visible(cluster: Cluster, now: float) -> list[Node]:
    """The nodes that a list shows: created and not yet removed."""
    moment = _moment(cluster, now)
    return [node for node in cluster.nodes if node.born <= moment]


def members(cluster: Cluster, group_id: str) -> list[Node]:
    """The nodes that a group counts, planned ones too, oldest first."""
    return [n for n in cluster.nodes if n.node_group == group_id and n.leaves is None]


def node_status(cluster: Cluster, node: Node, now: float) -> str:
    """The status of a node that is visible."""
    if cluster.job is not None and cluster.job.deletes:
        return "DELETING"
    if node.leaves is not None:
        return "DEACTIVATING"
    if node.failed:
        return "ERROR"
    if is_ready(cluster, node, now):
        return "ACTIVE"
    if has_failed(cluster, now):
        return "ERROR"
    return "CONFIGURING" if now >= node.configuring else "BUILDING"


def is_ready(cluster: Cluster, node: Node, now: float) -> bool:
    """Whether a node's build was completed."""
    return _moment(cluster, now) >= node.ready


def script_status(cluster: Cluster, node: Node, now: float) -> str:
    """The status of the cluster's scripts on a node."""
    moment = _moment(cluster, now)
    if moment >= node.ready:
        return "SUCCEEDED"
    if has_failed(cluster, now):
        return "FAILED"
    if moment < node.configuring:
        return "PENDING"
    share = (moment - node.configuring) / (node.ready - node.configuring)
    return "DELIVERED" if share < 1 / 3 else "RUNNING"


def _resize_steps(start: float, end: float) -> list[Step]:
    return [Step(start, "UPDATING"), Step(start + 0.1 * (end - start), "RESIZING")]


def _moment(cluster: Cluster, now: float) -> float:
    return now if cluster.failed is None else min(now, cluster.failed)


def _retire(nodes: Sequence[Node], when: float) -> None:
    for node in nodes:
        node.leaves = when


def _grow(cluster: Cluster, job: Job, missing: dict[str, int], new_node: NewNode) -> None:
    fresh = [
        new_node(group, f"{group.id}-{number}")
        for group in cluster.groups
        for number in _free_numbers(cluster, group.id, missing.get(group.id, 0))
    ]
    span = job.ends - job.started
    for position, node in enumerate(fresh):
        node.born = job.started + span * (0.1 + 0.4 * position / len(fresh))
        node.configuring = job.started + span * 0.7
        node.ready = job.started + span * 0.95
    cluster.nodes.extend(fresh)


def _free_numbers(cluster: Cluster, group_id: str, wanted: int) -> range:
    used = [int(n.name.rsplit("-", 1)[1]) for n in cluster.nodes if n.node_group == group_id]
    first = max(used, default=0) + 1
    return range(first, first + wanted)
