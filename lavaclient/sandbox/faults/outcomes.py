"""Faults of jobs: builds, resizes, scripts and nodes that fail after the request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec import Struct

from lavaclient.sandbox.core.calls import Call
from lavaclient.sandbox.core.context import Answer
from lavaclient.sandbox.core.decoding import convert, decode
from lavaclient.sandbox.core.state import Cluster, Job
from lavaclient.sandbox.faults.model import Fault
from lavaclient.sandbox.service import Sandbox

_AT_THE_LATEST = 0.99
_WHILE_SCRIPTS_RUN = 0.85


class _Change(Struct):
    node_groups: Any = None


class _ChangeBody(Struct):
    cluster: _Change


class _Identified(Struct):
    id: str


class _Work(NamedTuple):
    """The job that a request has started: its cluster, and whether it builds or resizes it."""

    cluster: Cluster
    job: Job
    builds: bool
    resizes: bool

    @property
    def fresh(self) -> bool:
        """Whether it creates nodes."""
        return any(node.born > self.job.started for node in self.cluster.nodes)


def apply_job_faults(sandbox: Sandbox, call: Call, answer: Answer, path: str) -> tuple[Fault, ...]:
    """Make the job that a request has started fail, if a fault says so.

    Args:
        sandbox: The sandbox, locked.
        call: The request.
        answer: What it was answered.
        path: Its whole path.

    Returns:
        The faults that it met: at most one of each kind.
    """
    if answer.status != 202 or not isinstance(answer.body, dict):
        return ()
    cluster_id = convert(answer.body["cluster"], _Identified).id
    account, cluster = sandbox.find_cluster(cluster_id)
    if cluster.job is None:
        return ()
    resizes = (
        call.method == "PUT" and decode(call.body, _ChangeBody).cluster.node_groups is not None
    )
    work = _Work(cluster, cluster.job, call.method == "POST", resizes)
    kinds = {kind for kind, outcome in _OUTCOMES.items() if outcome.concerns(work)}
    username = sandbox.username_of(call.token)
    faults = sandbox.faults.take_each(kinds, call.method, path, call.region, username)
    for fault in faults:
        _OUTCOMES[fault.kind].happen(work, fault)
    if faults:
        account.clusters[cluster.id] = cluster
    return faults


def _break_off(work: _Work, fault: Fault) -> None:
    job = work.job
    latest = _AT_THE_LATEST * (job.ends - job.started)
    work.cluster.failed = job.started + min(fault.seconds, latest)


def _fail_scripts(work: _Work, _fault: Fault) -> None:
    job = work.job
    work.cluster.failed = job.started + _WHILE_SCRIPTS_RUN * (job.ends - job.started)


def _fail_newest_node(work: _Work, _fault: Fault) -> None:
    newest = max(work.cluster.nodes, key=lambda node: node.serial)
    newest.failed = work.cluster.impaired = True


class _Outcome(NamedTuple):
    concerns: Callable[[_Work], bool]
    happen: Callable[[_Work, Fault], None]


_OUTCOMES = {
    "fail_build": _Outcome(lambda work: work.builds, _break_off),
    "fail_resize": _Outcome(lambda work: work.resizes, _break_off),
    "fail_script": _Outcome(lambda work: work.fresh and bool(work.cluster.scripts), _fail_scripts),
    "fail_node": _Outcome(lambda work: work.fresh, _fail_newest_node),
}
