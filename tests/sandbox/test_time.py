"""Time: moved by hand, by speed, or by a clock that others move, also back."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from lavaclient.sandbox import ManualClock, Sandbox, SystemClock, Timings
from tests.support.sandbox_callers import DirectCaller


class Wall:
    """The machine's time, as freezegun and time-machine give it to all that ask `time.time`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_700_000_000.0
        monkeypatch.setattr(time, "time", lambda: self.now)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """A machine's clock that a test moves."""
    return Wall(monkeypatch)


def _expires(caller: DirectCaller) -> float:
    auth = {"username": "sandbox", "apiKey": caller.sandbox.api_key}
    answer = caller.auth({"RAX-KSKEY:apiKeyCredentials": auth})
    return datetime.fromisoformat(answer.body["access"]["token"]["expires"]).timestamp()


def test_clocks_start_now() -> None:
    for clock in (ManualClock(), SystemClock(), SystemClock(60)):
        assert abs(clock.time() - time.time()) < 60


def test_a_system_clock_follows_the_machines(wall: Wall) -> None:
    """By its speed, forward and back."""
    clock, fast = SystemClock(), SystemClock(60)
    wall.now += 10
    assert clock.time() == wall.now
    assert fast.time() == 1_700_000_000 + 600
    clock.advance(100)
    assert clock.time() == wall.now + 100
    wall.now -= 20
    assert clock.time() == wall.now + 100
    assert fast.time() == 1_700_000_000 - 600


def test_a_clock_that_goes_back_breaks_nothing(wall: Wall) -> None:
    """A cluster is as if it had just begun."""
    caller = DirectCaller(Sandbox(SystemClock(), token_lifetime=1e6, rate_limits=True))
    cluster_id = caller.cluster(scripts=[{"id": caller.script()}])
    wall.now += 300
    assert caller.nodes(cluster_id)
    wall.now -= 4000
    cluster = caller.get(f"clusters/{cluster_id}").body["cluster"]
    assert (cluster["status"], cluster["progress"]) == ("BUILDING", "5")
    assert caller.nodes(cluster_id) == []
    assert caller.get("limits").status == 200
    # Requests that are yet to come count for no limit.
    assert [caller.post("clusters", caller.cluster_body()).status for _ in range(3)] == [
        202, 202, 413,
    ]  # fmt: skip
    wall.now += 4000 + 600
    assert caller.get(f"clusters/{cluster_id}").body["cluster"]["status"] == "ACTIVE"


@pytest.mark.parametrize("speed", [1, 60, 400])
def test_expires_is_in_the_callers_time(wall: Wall, speed: float) -> None:
    """A token is over then, and not before."""
    caller = DirectCaller(Sandbox(SystemClock(speed), token_lifetime=86_400))
    wall.now += 100
    caller.sandbox.clock.advance(5000)
    expires = _expires(caller)
    assert expires == pytest.approx(wall.now + 86_400 / speed, abs=0.002)
    caller.sign_in()
    wall.now = expires - 0.1
    assert caller.get("limits").status == 200
    wall.now = expires + 0.1
    assert caller.get("limits").status == 401


def test_retry_after_is_in_the_callers_time(wall: Wall) -> None:
    caller = DirectCaller(Sandbox(SystemClock(10), rate_limits=True, token_lifetime=1e6))
    caller.sign_in()
    for _ in range(2):
        assert caller.put("clusters/none", {"cluster": {}}).status == 404
    assert caller.put("clusters/none", {"cluster": {}}).headers["Retry-After"] == "6"
    wall.now += 6
    assert caller.put("clusters/none", {"cluster": {}}).status == 404


def test_a_timing_of_0_is_at_once(clock: ManualClock) -> None:
    caller = DirectCaller(Sandbox(clock, timings=Timings(0, 0, 0, 0)))
    caller.key()
    cluster = caller.post("clusters", caller.cluster_body()).body["cluster"]
    assert (cluster["status"], cluster["progress"]) == ("ACTIVE", "100")
    path = f"clusters/{cluster['id']}"
    group = {"id": "slave0", "count": 3}
    changed = caller.put(path, {"cluster": {"node_groups": [group]}}).body["cluster"]
    assert changed["status"] == "ACTIVE"
    nodes = caller.nodes(cluster["id"])
    assert {node["status"] for node in nodes} == {"ACTIVE"}
    assert len(nodes) == 6
    smaller = {"node_groups": [{"id": "slave0", "count": 1}]}
    assert caller.put(path, {"cluster": smaller}).status == 202
    assert len(caller.nodes(cluster["id"])) == 4
    assert caller.delete(path).status == 204
    assert caller.get(path).status == 404


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "1", None])
def test_a_timing_is_a_number_from_0_up(value: float) -> None:
    with pytest.raises(ValueError, match="build: must be a number from 0 up"):
        Timings(build=value)


def test_the_same_seed_gives_the_same_ids_whatever_is_read() -> None:
    """Reads, requests that are refused and more sign-ins change nothing."""

    def ids(*, curious: bool) -> list[str]:
        caller = DirectCaller(Sandbox(ManualClock(), seed=7))
        ids_in_order = []
        for number in range(3):
            if curious:
                caller.sign_in()
                caller.get("clusters")
                caller.get("clusters/none")
            cluster_id = caller.cluster(name=f"c{number}")
            caller.sandbox.clock.advance(600)
            ids_in_order += [cluster_id, *(node["id"] for node in caller.nodes(cluster_id))]
        return ids_in_order

    assert ids(curious=True) == ids(curious=False)
    assert len(set(ids(curious=True))) == 3 * 5
