"""Clusters that are planned to fail, and what is put there past the HTTP face."""

from __future__ import annotations

import pytest

from lavaclient.sandbox import ManualClock, Sandbox
from lavaclient.sandbox.core.errors import ApiFault
from tests.support.sandbox_callers import Caller, DirectCaller


def _status(caller: Caller, cluster_id: str) -> str:
    return str(caller.get(f"clusters/{cluster_id}").body["cluster"]["status"])


def test_the_next_cluster_fails_at_its_time(caller: Caller, clock: ManualClock) -> None:
    """Those that are there already do not, nor does the one after it."""
    first = caller.cluster(name="first")
    assert caller.ask("POST", "/_sandbox/clusters/fail-next").status == 204
    second, third = caller.cluster(name="second"), caller.cluster(name="third")
    clock.advance(59)
    assert _status(caller, second) == "BUILDING"
    clock.advance(1)
    assert [_status(caller, cluster_id) for cluster_id in (first, second, third)] == [
        "BUILDING", "ERROR", "BUILDING",
    ]  # fmt: skip
    clock.advance(600)
    assert [_status(caller, cluster_id) for cluster_id in (first, second, third)] == [
        "ACTIVE", "ERROR", "ACTIVE",
    ]  # fmt: skip


def test_a_name_may_say_which_one(direct: DirectCaller, clock: ManualClock) -> None:
    """Others are left alone; several plans are kept apart."""
    body = {"after": 10, "name": "second"}
    assert direct.ask("POST", "/_sandbox/clusters/fail-next", body).status == 204
    direct.sandbox.fail_next_cluster(after=20, name="third")
    clusters = [direct.cluster(name=name) for name in ("first", "second", "third")]
    clock.advance(10)
    assert [_status(direct, cluster_id) for cluster_id in clusters] == [
        "BUILDING",
        "ERROR",
        "BUILDING",
    ]
    clock.advance(10)
    assert [_status(direct, cluster_id) for cluster_id in clusters] == [
        "BUILDING",
        "ERROR",
        "ERROR",
    ]


def test_two_plans_are_for_two_clusters(direct: DirectCaller, clock: ManualClock) -> None:
    """One each."""
    for _ in range(2):
        direct.sandbox.fail_next_cluster(after=0)
    clusters = [direct.cluster(), direct.cluster(), direct.cluster()]
    clock.advance(1)
    assert [_status(direct, cluster_id) for cluster_id in clusters] == [
        "ERROR",
        "ERROR",
        "BUILDING",
    ]


def test_a_cluster_fails_though_nobody_looked(direct: DirectCaller, clock: ManualClock) -> None:
    """Even after it was built; it is as it was when it failed."""
    direct.sandbox.fail_next_cluster(after=300)
    cluster_id = direct.cluster()
    clock.advance(5000)
    cluster = direct.get(f"clusters/{cluster_id}").body["cluster"]
    assert (cluster["status"], cluster["progress"]) == ("ERROR", "52")
    direct.sandbox.fail_next_cluster(after=700)
    other = direct.cluster()
    clock.advance(650)
    assert _status(direct, other) == "ACTIVE"
    clock.advance(50)
    assert _status(direct, other) == "ERROR"


def test_a_cluster_that_is_deleted_first_is_gone(direct: DirectCaller, clock: ManualClock) -> None:
    """It does not come back to fail."""
    direct.sandbox.fail_next_cluster(after=700)
    cluster_id = direct.cluster()
    clock.advance(650)
    assert direct.delete(f"clusters/{cluster_id}").status == 204
    clock.advance(55)
    assert _status(direct, cluster_id) == "DELETING"
    clock.advance(5)
    assert direct.get(f"clusters/{cluster_id}").status == 404


def test_a_plan_is_forgotten_with_everything_else(direct: DirectCaller, clock: ManualClock) -> None:
    """By a reset."""
    direct.sandbox.fail_next_cluster(after=0)
    direct.sandbox.reset()
    direct.token = None
    assert _status(direct, direct.active_cluster()) == "ACTIVE"


@pytest.mark.parametrize("after", [-1, float("nan"), float("inf")])
def test_seconds_are_a_number_from_0_up(sandbox: Sandbox, after: float) -> None:
    """Others are refused."""
    with pytest.raises(ValueError, match="after must be a number of seconds from 0 up"):
        sandbox.fail_next_cluster(after)


def test_a_plan_that_makes_no_sense_is_a_400(direct: DirectCaller) -> None:
    """Over HTTP."""
    answer = direct.ask("POST", "/_sandbox/clusters/fail-next", {"after": -1})
    assert (answer.status, "after" in answer.message) == (400, True)


def test_seeds_keep_the_rules_and_are_not_seen(sandbox: Sandbox, clock: ManualClock) -> None:
    """They may have happened before."""
    script = {"script": {"name": "setup", "type": "POST_INIT", "url": "https://example.com/x"}}
    body = sandbox.seed("POST", ["scripts"], script, region="ord", ago=60)
    assert isinstance(body, dict)
    (clusters,) = sandbox.account("ORD").scripts.values()
    assert (clusters.id, clusters.created) == (body["script"]["id"], clock.time() - 60)
    assert len(sandbox.requests) == 0
    with pytest.raises(ApiFault, match="exists already"):
        sandbox.seed("POST", ["scripts"], script, region="ORD")
    assert sandbox.seed("DELETE", ["scripts", clusters.id], region="ORD") is None
