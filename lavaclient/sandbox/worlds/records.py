"""Checking and restoring the records that a sandbox has exported."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping

from lavaclient.sandbox.core.accounts import Account
from lavaclient.sandbox.core.reference_data import ReferenceData
from lavaclient.sandbox.core.state import Cluster, Stack
from lavaclient.sandbox.core.urls import REGIONS
from lavaclient.sandbox.resources.credentials import KINDS
from lavaclient.sandbox.worlds.model import Records, WorldError

# The limits of dates.
_EARLIEST, _LATEST = -5e10, 2.5e11
_NODE_NAME = re.compile(r".*-\d{1,9}", re.DOTALL)


def restore(
    account: Account, records: Records, shift: float, reference: ReferenceData, place: str
) -> None:
    """Put records into an account.

    Args:
        account: The account.
        records: What was written down.
        shift: By how many seconds all of it happened later.
        reference: What the service offers.
        place: Where in the file they are.

    Raises:
        WorldError: A record names what is not there; the text begins with its place.
    """
    moved = copy.deepcopy(records)
    for cluster in moved.clusters:
        _move(cluster, shift)
    for script in moved.scripts:
        script.created += shift
        script.updated = None if script.updated is None else script.updated + shift
    for stack in moved.stacks:
        stack.created += shift
    problem = next(_problems(moved, reference), None)
    if problem is not None:
        raise WorldError(f"{place}.{problem}")
    account.stacks.update({stack.id: stack for stack in moved.stacks})
    account.scripts.update({script.id: script for script in moved.scripts})
    account.credentials.update({f"{c.type}/{c.name}": c for c in moved.credentials})
    account.clusters.update({cluster.id: cluster for cluster in moved.clusters})


def _problems(records: Records, reference: ReferenceData) -> Iterator[str]:
    for number, credential in enumerate(records.credentials):
        if credential.type not in KINDS:
            yield f"credentials[{number}].type: there is no {credential.type!r}"
    for number, script in enumerate(records.scripts):
        yield from _time_problems(f"scripts[{number}]", [script.created, script.updated])
    for number, stack in enumerate(records.stacks):
        place = f"stacks[{number}]"
        yield from _time_problems(place, [stack.created])
        yield from _stack_problems(place, stack, reference)
    stacks = {**reference.stacks, **{stack.id: stack for stack in records.stacks}}
    for number, cluster in enumerate(records.clusters):
        place = f"clusters[{number}]"
        yield from _cluster_problems(place, cluster, stacks)
        yield from _time_problems(place, _moments(cluster))
        for group in cluster.groups:
            yield from _unknown(f"{place}.groups", group.components, reference.components)
            yield from _unknown(f"{place}.groups", [group.flavor_id], reference.flavors)
        yield from _node_problems(place, cluster, reference)


def _time_problems(place: str, moments: Iterable[float | None]) -> Iterator[str]:
    for moment in moments:
        if moment is not None and not _EARLIEST < moment < _LATEST:
            yield f"{place}: {moment:g} is not a time in seconds since 1970"


def _stack_problems(place: str, stack: Stack, reference: ReferenceData) -> Iterator[str]:
    for group in stack.node_groups:
        yield from _unknown(f"{place}.node_groups", group.components, reference.components)
        flavors = [] if group.flavor_id is None else [group.flavor_id]
        yield from _unknown(f"{place}.node_groups", flavors, reference.flavors)


def _cluster_problems(place: str, cluster: Cluster, stacks: Mapping[str, Stack]) -> Iterator[str]:
    yield from _unknown(f"{place}.stack_id", [cluster.stack_id], stacks)
    yield from _unknown(f"{place}.region", [cluster.region], dict.fromkeys(REGIONS))
    yield from _unknown(f"{place}.credentials", [c.type for c in cluster.credentials], KINDS)
    if not cluster.id:
        yield f"{place}.id: is empty"
    if cluster.job is not None and not cluster.job.steps:
        yield f"{place}.job.steps: is empty"


def _node_problems(place: str, cluster: Cluster, reference: ReferenceData) -> Iterator[str]:
    groups = dict.fromkeys(group.id for group in cluster.groups)
    for number, node in enumerate(cluster.nodes):
        where = f"{place}.nodes[{number}]"
        yield from _unknown(f"{where}.flavor_id", [node.flavor_id], reference.flavors)
        yield from _unknown(f"{where}.node_group", [node.node_group], groups)
        if not _NODE_NAME.fullmatch(node.name):
            yield f"{where}.name: {node.name!r} does not end in a number, as slave0-1 does"


def _unknown(place: str, names: Iterable[str], known: Mapping[str, object]) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"{place}: there is no {name!r}"


def _moments(cluster: Cluster) -> Iterator[float | None]:
    yield from (cluster.created, cluster.updated, cluster.failed)
    if cluster.job is not None:
        yield from (cluster.job.started, cluster.job.ends)
        yield from (step.at for step in cluster.job.steps)
    for node in cluster.nodes:
        yield from (node.born, node.configuring, node.ready, node.leaves)


def _move(cluster: Cluster, shift: float) -> None:
    """Shift all times of a cluster by some seconds."""
    cluster.created += shift
    cluster.updated = None if cluster.updated is None else cluster.updated + shift
    cluster.failed = None if cluster.failed is None else cluster.failed + shift
    if cluster.job is not None:
        cluster.job.started += shift
        cluster.job.ends += shift
        for step in cluster.job.steps:
            step.at += shift
    for node in cluster.nodes:
        node.born += shift
        node.configuring += shift
        node.ready += shift
        node.leaves = None if node.leaves is None else node.leaves + shift
