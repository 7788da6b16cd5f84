"""Rate limits, which are off unless asked for."""

from __future__ import annotations

import pytest

from lavaclient.sandbox import ManualClock, Quotas, Sandbox
from lavaclient.sandbox.core.rate_limits import RateLimits, Rule
from tests.support.sandbox_callers import Caller, DirectCaller


@pytest.fixture
def limited(clock: ManualClock) -> DirectCaller:
    """Asks a sandbox that keeps the rate limits."""
    quotas = Quotas(node_count=1000, disk=10**9, ram=10**9, vcpus=10**6)
    return DirectCaller(Sandbox(clock, rate_limits=True, quotas=quotas, token_lifetime=10**7))


def test_there_are_none_by_default(caller: Caller) -> None:
    """Many requests in no time are answered."""
    assert {caller.delete("scripts/none").status for _ in range(20)} == {404}


def test_two_clusters_a_minute(limited: DirectCaller, clock: ManualClock) -> None:
    """The third is a 413 that says when to come again."""
    limited.cluster(stack_id="HDP2.3_Kafka")
    clock.advance(20)
    limited.cluster(stack_id="HDP2.3_Kafka")
    answer = limited.post("clusters", limited.cluster_body())
    assert answer.status == 413
    assert answer.headers["Retry-After"] == "40"
    assert "rate-limited" in answer.message
    clock.advance(39)
    assert limited.post("clusters", limited.cluster_body()).headers["Retry-After"] == "1"
    clock.advance(1)
    assert limited.post("clusters", limited.cluster_body()).status == 202


def test_fifty_clusters_a_day(limited: DirectCaller, clock: ManualClock) -> None:
    """Then only tomorrow."""
    for _ in range(50):
        limited.cluster(stack_id="HDP2.3_Kafka")
        clock.advance(30)
    answer = limited.post("clusters", limited.cluster_body())
    assert answer.status == 413
    assert answer.headers["Retry-After"] == str(86_400 - 50 * 30)


@pytest.mark.parametrize(("method", "count"), [("PUT", 2), ("DELETE", 5)])
def test_so_many_of_a_method_a_minute(limited: DirectCaller, method: str, count: int) -> None:
    """To clusters; what is not there counts too."""
    body: dict[str, object] | None = {"cluster": {}} if method == "PUT" else None
    statuses = [limited.call(method, "clusters/none", body).status for _ in range(count + 1)]
    assert statuses == [404] * count + [413]


def test_changes_to_other_things_are_not_limited(limited: DirectCaller) -> None:
    body = {"script": {"name": "x"}}
    assert {limited.put("scripts/none", body).status for _ in range(10)} == {404}
    assert {limited.delete("scripts/none").status for _ in range(10)} == {404}


def test_other_posts_and_reads_are_not_limited(limited: DirectCaller) -> None:
    """Keys and scripts are free."""
    for number in range(10):
        limited.script(f"script {number}")
        assert limited.get("scripts").status == 200


def test_reset_forgets_what_was_counted(limited: DirectCaller) -> None:
    """As everything else."""
    for _ in range(2):
        limited.cluster()
    limited.sandbox.reset()
    limited.token = None
    assert limited.cluster()


@pytest.mark.parametrize(("method", "count"), [("POST", 2), ("PUT", 2), ("DELETE", 5)])
def test_a_minute_after_the_first_of_them_one_more_is_let_through(method: str, count: int) -> None:
    limits = RateLimits()
    moments = [float(second) for second in range(count)]
    assert [limits.check("1", method, moment) for moment in moments] == [None] * count
    refused = limits.check("1", method, 59.5)
    assert refused is not None
    assert (refused[0].count, refused[0].seconds, refused[1]) == (count, 60, 0.5)
    assert limits.check("1", method, 60.0) is None
    assert limits.check("1", method, 60.0) is not None


def test_tenants_and_methods_are_counted_apart() -> None:
    limits = RateLimits((Rule("POST", 1, 60), Rule("PUT", 1, 60)))
    calls = [("1", "POST"), ("2", "POST"), ("1", "PUT"), ("2", "PUT"), ("1", "DELETE")]
    assert [limits.check(tenant, method, 0.0) for tenant, method in calls] == [None] * 5
    assert [bool(limits.check(tenant, method, 0.0)) for tenant, method in calls] == [
        *[True] * 4,
        False,
    ]


def test_what_one_rule_refuses_counts_for_none() -> None:
    limits = RateLimits((Rule("POST", 1, 60), Rule("POST", 2, 3600)))
    assert limits.check("1", "POST", 0.0) is None
    for moment in (1.0, 2.0, 3.0):
        assert limits.check("1", "POST", moment) == (Rule("POST", 1, 60), 60 - moment)
    assert limits.check("1", "POST", 60.0) is None
    assert limits.check("1", "POST", 120.0) == (Rule("POST", 2, 3600), 3480.0)


def test_what_a_clock_that_goes_back_has_yet_to_come_to_did_not_happen() -> None:
    limits = RateLimits((Rule("POST", 1, 60),))
    assert limits.check("1", "POST", 1000.0) is None
    assert limits.check("1", "POST", 999.0) is None
    assert limits.check("1", "POST", 999.0) == (Rule("POST", 1, 60), 60.0)
