"""Whatever is asked in whatever order, what must hold holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lavaclient.sandbox import ManualClock, Quotas, Sandbox
from lavaclient.sandbox.core import lifecycle
from lavaclient.sandbox.core.context import Context
from lavaclient.sandbox.core.reference_data import load
from lavaclient.sandbox.core.state import Cluster, Node
from lavaclient.sandbox.resources import limits
from tests.support.sandbox_callers import Answer, DirectCaller, every_get

# Which status may follow which, when somebody looks now and then.
FOLLOWS = {
    "BUILDING": {"BUILDING", "CONFIGURING", "ACTIVE", "ERROR"},
    "CONFIGURING": {"CONFIGURING", "ACTIVE", "ERROR"},
    "ACTIVE": {"ACTIVE", "UPDATING", "RESIZING", "ERROR", "DELETING"},
    "UPDATING": {"UPDATING", "RESIZING", "ACTIVE", "ERROR"},
    "RESIZING": {"RESIZING", "ACTIVE", "ERROR"},
    "ERROR": {"ERROR", "DELETING"},
    "DELETING": {"DELETING"},
}
QUOTAS = Quotas(node_count=25, ram=150_000, disk=25_000, vcpus=50)
FLAVORS = load().flavors


class Service(RuleBasedStateMachine):
    """Makes, changes, breaks and deletes clusters, and lets the time pass."""

    clusters = Bundle("clusters")
    came_to: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.caller = DirectCaller(Sandbox(self.clock, quotas=QUOTAS, token_lifetime=1e9, seed=1))
        self.known: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.broken: dict[str, object] = {}

    @property
    def active(self) -> list[str]:
        return [cluster_id for cluster_id, status in self.known.items() if status == "ACTIVE"]

    @initialize()
    def upload(self) -> None:
        self.caller.key()

    @rule(target=clusters, count=st.integers(1, 12), name=st.sampled_from(["a", "b"]))
    def create(self, count: int, name: str) -> Any:
        groups = [{"id": "slave0", "count": count, "flavor_id": "hadoop1-2"}]
        wanted = self.caller.cluster_body(name=name, stack_id="HDP2.3_Kafka", node_groups=groups)
        answer = self._expect(self.caller.post("clusters", wanted), 202, 413)
        if answer.status == 413:
            return multiple()
        cluster_id = answer.body["cluster"]["id"]
        self.known[cluster_id] = "BUILDING"
        return cluster_id

    @rule(cluster=clusters, count=st.integers(1, 12))
    def resize(self, cluster: str, count: int) -> None:
        groups = {"node_groups": [{"id": "slave0", "count": count}]}
        self._change(cluster, groups)

    @precondition(lambda self: self.active)
    @rule(
        which=st.integers(0, 5),
        how=st.sampled_from(["shrunk", "grown", "shrunk", "node deleted"]),
        number=st.integers(1, 5),
    )
    def change_what_is_active(self, which: int, how: str, number: int) -> None:
        cluster = self.active[which % len(self.active)]
        before = self.caller.sandbox.cluster(cluster).groups[-1].count
        if how == "node deleted":
            self.delete_node(cluster, number)
        else:
            wanted = before + number if how == "grown" else max(before - number, 1)
            self.resize(cluster, wanted)
        after = self.caller.sandbox.cluster(cluster).groups[-1].count
        if after != before:
            self.came_to[how] += 1

    @precondition(lambda self: self.active)
    @rule(which=st.integers(0, 5), number=st.integers(0, 12))
    def replace_a_node(self, which: int, number: int) -> None:
        cluster = self.active[which % len(self.active)]
        before = self.caller.sandbox.cluster(cluster).groups[-1].count
        self.delete_node(cluster, number)
        if self.caller.sandbox.cluster(cluster).groups[-1].count != before:
            self.came_to["node deleted"] += 1
        self.clock.advance(600)
        self.what_must_hold_holds()
        for how, change in (("grown", 1), ("shrunk", -1)):
            if self.known.get(cluster) == "ACTIVE":
                self.change_a_count(cluster, how, change)
                self.clock.advance(300)
                self.what_must_hold_holds()

    def change_a_count(self, cluster: str, how: str, change: int) -> None:
        before = self.caller.sandbox.cluster(cluster).groups[-1].count
        self.resize(cluster, max(before + change, 1))
        if self.caller.sandbox.cluster(cluster).groups[-1].count != before:
            self.came_to[how] += 1

    @rule(cluster=clusters)
    def restart(self, cluster: str) -> None:
        self._change(cluster, {"control_services": {"action": "restart", "services": []}})

    def _change(self, cluster: str, change: Mapping[str, object]) -> None:
        before = self.known.get(cluster)
        answer = self.caller.put(f"clusters/{cluster}", {"cluster": change})
        if before is None:
            assert answer.status == 404
        else:
            self._expect(answer, *((202, 413) if before == "ACTIVE" else (409,)))

    @rule(cluster=clusters, which=st.integers(0, 12))
    def delete_node(self, cluster: str, which: int) -> None:
        if cluster in self.known:
            nodes = self.caller.nodes(cluster)
            node_id = nodes[which % len(nodes)]["id"] if nodes else "none"
            self._expect(self.caller.delete(f"clusters/{cluster}/nodes/{node_id}"), 204, 404, 409)

    @rule(cluster=clusters)
    def delete(self, cluster: str) -> None:
        status = self.known.get(cluster)
        expected = 204 if status in {"ACTIVE", "ERROR", "DELETING"} else 409
        answer = self.caller.delete(f"clusters/{cluster}")
        self._expect(answer, 404 if status is None else expected)
        if answer.status == 204:
            self.deleted.add(cluster)

    @rule(cluster=clusters)
    def fail(self, cluster: str) -> None:
        if self.known.get(cluster, "DELETING") != "DELETING":
            self.caller.sandbox.fail_cluster(cluster)
            self.came_to[f"failed when {self.known[cluster]}"] += 1

    @precondition(lambda self: self.active)
    @rule(which=st.integers(0, 5))
    def fail_what_is_active(self, which: int) -> None:
        self.fail(self.active[which % len(self.active)])

    @rule()
    def wait_until_all_is_done(self) -> None:
        self.clock.advance(600)

    @rule(seconds=st.sampled_from([1, 30, 60, 61, 290, 600, 5000]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @staticmethod
    def _expect(answer: Answer, *statuses: int) -> Answer:
        assert answer.status in statuses, answer
        return answer

    @invariant()
    def what_must_hold_holds(self) -> None:
        self.statuses_follow_each_other_and_nothing_is_lost()
        nodes = {cluster_id: self.caller.nodes(cluster_id) for cluster_id in self.known}
        self.groups_count_the_nodes_that_stay(nodes)
        self.limits_are_what_is_there()
        self.what_failed_stays_as_it_is(nodes)

    def statuses_follow_each_other_and_nothing_is_lost(self) -> None:
        shown = {c["id"]: c["status"] for c in self.caller.get("clusters").body["clusters"]}
        assert set(self.known) - self.deleted <= set(shown) <= set(self.known)
        for cluster_id, status in shown.items():
            assert status in FOLLOWS[self.known[cluster_id]], (self.known[cluster_id], status)
        self.known = shown

    def groups_count_the_nodes_that_stay(self, shown: Mapping[str, list[dict[str, Any]]]) -> None:
        for cluster_id, status in self.known.items():
            cluster = self.caller.sandbox.cluster(cluster_id)
            for group in cluster.groups:
                assert len(lifecycle.members(cluster, group.id)) == group.count
            nodes = shown[cluster_id]
            assert len({node["name"] for node in nodes}) == len(nodes)
            if status == "ACTIVE":
                assert len(nodes) == sum(group.count for group in cluster.groups)
                assert {node["status"] for node in nodes} == {"ACTIVE"}

    def limits_are_what_is_there(self) -> None:
        absolute = self.caller.get("limits").body["limits"]["absolute"]
        nodes = [
            FLAVORS[node.flavor_id]
            for cluster_id in self.known
            for node in self.caller.sandbox.cluster(cluster_id).nodes
        ]
        used = {name: entry["limit"] - entry["remaining"] for name, entry in absolute.items()}
        assert used["node_count"] == len(nodes)
        assert used["ram"] == sum(flavor.ram for flavor in nodes)
        assert all(entry["remaining"] >= 0 for entry in absolute.values())

    def what_failed_stays_as_it_is(self, nodes: Mapping[str, list[dict[str, Any]]]) -> None:
        failed = [cluster for cluster, status in self.known.items() if status == "ERROR"]
        shown = {
            cluster: (self.caller.get(f"clusters/{cluster}").body, nodes[cluster])
            for cluster in failed
        }
        assert {cluster: shown[cluster] for cluster in self.broken if cluster in shown} == {
            cluster: answers for cluster, answers in self.broken.items() if cluster in shown
        }
        self.broken = dict(shown)


class SavedService(Service):
    """Is written down in the end, whatever it came to, and made again: it answers alike."""

    def teardown(self) -> None:
        world = msgspec.json.encode(self.caller.sandbox.world())
        clock = ManualClock(self.clock.time())
        copy = DirectCaller(Sandbox(clock, world=json.loads(world), token_lifetime=1e9))
        for _ in range(2):
            assert every_get(copy) == every_get(self.caller)
            for each in (clock, self.clock):
                each.advance(45)


SETTINGS = settings(
    max_examples=40,  # three times what finds any of the planted bugs
    stateful_step_count=40,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(600)
def test_any_sequence_of_calls_and_waits_keeps_the_invariants() -> None:
    Service.came_to.clear()
    run_state_machine_as_test(SavedService, settings=SETTINGS)
    wanted = {"grown", "shrunk", "node deleted", "failed when BUILDING", "failed when ACTIVE"}
    assert wanted - set(Service.came_to) == set()


def _forget_to_count_less(patch: pytest.MonkeyPatch) -> None:
    real = lifecycle.remove_node

    def planted(cluster: Cluster, node: Node, now: float, seconds: float) -> None:
        real(cluster, node, now, seconds)
        next(g for g in cluster.groups if g.id == node.node_group).count += 1

    patch.setattr(lifecycle, "remove_node", planted)


def _keep_a_node_that_should_go(patch: pytest.MonkeyPatch) -> None:
    real = lifecycle._retire

    def planted(nodes: Sequence[Node], when: float) -> None:
        real(nodes[1:] or nodes, when)

    patch.setattr(lifecycle, "_retire", planted)


def _number_nodes_by_how_many_there_are(patch: pytest.MonkeyPatch) -> None:
    def planted(cluster: Cluster, group_id: str, wanted: int) -> range:
        first = sum(node.node_group == group_id for node in cluster.nodes) + 1
        return range(first, first + wanted)

    patch.setattr(lifecycle, "_free_numbers", planted)


def _let_a_failed_build_go_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lifecycle, "_moment", lambda _cluster, now: now)


def _count_only_nodes_that_are_there(patch: pytest.MonkeyPatch) -> None:
    def planted(context: Context) -> dict[str, int]:
        clusters = context.account.clusters.values()
        nodes = [n for c in clusters for n in c.nodes if n.born <= context.now]
        return limits._cost(context.reference, Counter(node.flavor_id for node in nodes))

    patch.setattr(limits, "used", planted)


def _resize_through_building(patch: pytest.MonkeyPatch) -> None:
    real = lifecycle.resize

    def planted(cluster: Cluster, counts: dict[str, int], *rest: Any) -> None:
        real(cluster, counts, *rest)
        assert cluster.job is not None
        cluster.job.steps[0].status = "BUILDING"

    patch.setattr(lifecycle, "resize", planted)


@pytest.mark.parametrize(
    "plant",
    [
        _forget_to_count_less,
        _keep_a_node_that_should_go,
        _number_nodes_by_how_many_there_are,
        _let_a_failed_build_go_on,
        _count_only_nodes_that_are_there,
        _resize_through_building,
    ],
)
def test_a_planted_bug_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Service, settings=settings(SETTINGS, max_examples=800))
