from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from lavaclient import (
    AuthorizationError,
    FailedError,
    InvalidError,
    Lava,
    LavaError,
    NotFoundError,
    OverLimitError,
    ServerError,
    TimeoutError,
)
from lavaclient.api.clusters import ClusterDetail, ClusterManager, ClusterStatus
from lavaclient.sandbox import Fault
from lavaclient.sandbox.http.server import SandboxServer
from tests.api.conftest import PUBLIC_KEY
from tests.support.clock import MovedClock
from tests.support.recorder import Wire


@pytest.fixture
def building(patient: Lava, wire: Wire) -> ClusterDetail:
    """A cluster that takes 600 seconds."""
    patient.credentials.create_ssh_key("desk", PUBLIC_KEY)
    cluster = patient.clusters.create("logs", "HDP2.2_Hadoop", "ada", ["desk"])
    wire.clear()
    return cluster


@pytest.fixture
def built(sandbox: SandboxServer, building: ClusterDetail) -> ClusterDetail:
    """The same, 600 seconds later."""
    sandbox.sandbox.clock.advance(600)
    return building


def _break(sandbox: SandboxServer, **fault: Any) -> None:
    sandbox.sandbox.faults.add(Fault(**{"kind": "status", "path": "/clusters/", **fault}))


def test_wait_polls_ever_more_slowly_until_the_cluster_is_active(
    patient: Lava, wire: Wire, clock: MovedClock, building: ClusterDetail
) -> None:
    done = patient.clusters.wait(building.id)
    assert (done.id, done.status) == (building.id, "ACTIVE")
    growing = [2.0 * 1.5**number for number in range(7)]
    assert clock.pauses[:9] == pytest.approx([*growing, 30.0, 30.0])
    assert set(clock.pauses[7:]) == {30.0}
    assert 600 <= sum(clock.pauses) < 630
    assert wire.lines == [f"GET clusters/{building.id}"] * (len(clock.pauses) + 1)


def test_wait_takes_any_positive_interval(
    patient: Lava, clock: MovedClock, building: ClusterDetail
) -> None:
    clock.sleep(590)
    clock.pauses.clear()
    assert patient.clusters.wait(building.id, interval="2.5").status == "ACTIVE"
    assert clock.pauses == [2.5] * 4


def test_wait_finds_a_cluster_by_name_once(
    patient: Lava, wire: Wire, building: ClusterDetail
) -> None:
    patient.clusters.wait("logs", interval=300)
    assert wire.lines == [
        "GET clusters/logs",
        "GET clusters",
        *[f"GET clusters/{building.id}"] * 3,
    ]


def test_each_look_is_reported(patient: Lava, building: ClusterDetail) -> None:
    clusters: list[ClusterDetail] = []
    done = patient.clusters.wait(building.id, interval=200, on_progress=clusters.append)
    statuses = [cluster.status for cluster in clusters]
    assert statuses == ["BUILDING", "BUILDING", "BUILDING", "ACTIVE"]
    assert clusters[0].progress == 5.0
    assert clusters[-1] is done


def test_what_a_report_raises_ends_the_wait(patient: Lava, building: ClusterDetail) -> None:
    def stop(cluster: ClusterDetail) -> None:
        raise KeyError(cluster.id)

    with pytest.raises(KeyError):
        building.wait(on_progress=stop)


def test_a_cluster_that_fails_ends_the_wait_and_its_status_is_named(
    patient: Lava, sandbox: SandboxServer, clock: MovedClock, building: ClusterDetail
) -> None:
    sandbox.sandbox.fail_cluster(building.id)
    statuses: list[str] = []
    with pytest.raises(FailedError, match=rf"'logs' \({building.id}\) is ERROR") as caught:
        patient.clusters.wait(
            building.id, on_progress=lambda cluster: statuses.append(cluster.status)
        )
    assert caught.value.returncode is None
    assert isinstance(caught.value.cluster, ClusterDetail)
    assert caught.value.cluster.status == "ERROR"
    assert statuses == ["ERROR"]
    assert clock.pauses == []


def test_a_cluster_that_is_being_deleted_ends_the_wait(
    patient: Lava, sandbox: SandboxServer, building: ClusterDetail
) -> None:
    sandbox.sandbox.clock.advance(600)
    building.delete()
    with pytest.raises(FailedError, match="is DELETING"):
        building.wait()


def test_a_cluster_that_is_gone_ends_the_wait_though_another_has_its_id_for_a_name(
    patient: Lava, sandbox: SandboxServer, building: ClusterDetail
) -> None:
    patient.clusters.create(building.id, "HDP2.2_Hadoop", "ada", ["desk"])

    def drop(cluster: ClusterDetail) -> None:
        del sandbox.sandbox.account().clusters[cluster.id]

    with pytest.raises(NotFoundError):
        patient.clusters.wait("logs", on_progress=drop)


def test_a_wait_for_the_end_returns_what_was_seen_last(
    patient: Lava, wire: Wire, built: ClusterDetail
) -> None:
    built.delete()
    last = patient.clusters.wait("logs", until="deleted")
    assert (last.id, last.status) == (built.id, "DELETING")
    assert wire.lines[-1] == f"GET clusters/{built.id}"
    with pytest.raises(NotFoundError):
        patient.clusters.wait(built.id, until="DELETED")


def test_delete_can_wait_until_the_cluster_is_gone(
    patient: Lava, wire: Wire, built: ClusterDetail
) -> None:
    clusters: list[ClusterDetail] = []
    patient.clusters.delete("logs", True, interval=5, on_progress=clusters.append)
    path = f"clusters/{built.id}"
    assert wire.lines[:5] == [
        *("GET clusters/logs", "GET clusters", f"GET {path}"),
        *(f"DELETE {path}", f"GET {path}"),
    ]
    assert [cluster.status for cluster in clusters[:2]] == ["ACTIVE", "DELETING"]
    with pytest.raises(NotFoundError):
        built.refresh()


def test_a_cluster_that_is_not_being_deleted_any_more_ends_the_wait_for_that(
    patient: Lava, sandbox: SandboxServer, built: ClusterDetail
) -> None:
    def fail(cluster: ClusterDetail) -> None:
        if cluster.status == "DELETING":
            sandbox.sandbox.account().clusters[cluster.id].job = None
            sandbox.sandbox.fail_cluster(cluster.id)

    with pytest.raises(FailedError, match="is ERROR") as caught:
        built.delete(wait=True, on_progress=fail)
    assert isinstance(caught.value.cluster, ClusterDetail)


@pytest.mark.parametrize("status", ["ACTIVE", "ERROR"])
def test_a_wait_for_the_end_passes_over_what_is_not_being_deleted_yet(
    patient: Lava, sandbox: SandboxServer, clock: MovedClock, status: str
) -> None:
    patient.credentials.create_ssh_key("desk", PUBLIC_KEY)
    cluster = patient.clusters.create("logs", "HDP2.2_Hadoop", "ada", ["desk"])
    cluster.wait()
    if status == "ERROR":
        sandbox.sandbox.fail_cluster(cluster.id)
    statuses: list[str] = []

    def delete_at_third(now: ClusterDetail) -> None:
        statuses.append(now.status)
        if len(statuses) == 3:
            now.delete()

    cluster.wait(until="DELETED", on_progress=delete_at_third)
    assert statuses[:3] == [status] * 3
    assert set(statuses[3:]) == {"DELETING"}


def test_the_time_for_a_deletion_may_be_over(patient: Lava, built: ClusterDetail) -> None:
    with pytest.raises(TimeoutError, match=r"not DELETED within 0\.1 minutes: it is DELETING"):
        built.delete(wait=True, timeout=0.1)


def test_a_change_counts_as_seen_but_only_a_poll_ends_the_wait(
    patient: Lava, wire: Wire, clock: MovedClock, building: ClusterDetail
) -> None:
    cluster = building.wait()
    wire.clear()
    clock.pauses.clear()
    clusters: list[ClusterDetail] = []
    options: Any = {"timeout": 20, "interval": 100, "on_progress": clusters.append}
    resized = cluster.resize({"slave": {"count": 2}}, wait=True, **options)
    assert [cluster.status for cluster in clusters[:1]] == ["UPDATING"]
    assert clusters[-1] is resized
    assert set(clock.pauses) == {100.0}
    assert wire.lines == [
        f"PUT clusters/{cluster.id}",
        *[f"GET clusters/{cluster.id}"] * len(clock.pauses),
    ]
    with pytest.raises(
        TimeoutError, match="was not ACTIVE within 0 minutes: it is UPDATING"
    ) as caught:
        cluster.resize({"slave": {"count": 3}}, wait=True, timeout=0)
    assert isinstance(caught.value.cluster, ClusterDetail)


def test_whatever_waits_takes_the_options_of_a_wait_by_name() -> None:
    methods = [
        method
        for owner in (ClusterManager, ClusterDetail)
        for name, method in inspect.getmembers(owner, inspect.isfunction)
        if name[0] != "_" and "wait" in inspect.signature(method).parameters
    ]
    assert len(methods) == 8 + 5
    for method in methods:
        parameters = inspect.signature(method).parameters
        for name in ("timeout", "interval", "on_progress"):
            assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY, method
            assert parameters[name].default is None


@pytest.mark.parametrize(
    "call",
    [
        lambda lava, **o: lava.clusters.create("x", "HDP2.2_Hadoop", "ada", ["desk"], **o),
        lambda lava, **o: lava.clusters.resize("logs", {"slave": {"count": 2}}, **o),
        lambda lava, **o: lava.clusters.update_credentials("logs", {"ssh_keys": "desk"}, **o),
        lambda lava, **o: lava.clusters.delete_ssh_credentials("logs", ["desk"], **o),
        lambda lava, **o: lava.clusters.delete("logs", **o),
        lambda lava, **o: lava.clusters.ssh_execute("logs", None, "true", **o),
        lambda lava, **o: lava.clusters.ssh_proxy("logs", **o),
        lambda lava, **o: lava.clusters.ssh_tunnel("logs", 0, 80, "n", **o),
    ],
)
def test_times_of_a_wait_are_judged_before_anything_is_sent(
    patient: Lava, wire: Wire, call: Callable[..., object]
) -> None:
    for options in ({"timeout": "soon"}, {"interval": 0}):
        with pytest.raises(InvalidError, match=f"^{next(iter(options))} must"):
            call(patient, wait=True, **options)
    assert wire.lines == []


class NoText:
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize("until", ["ERROR", "", None, 1, NoText()])
def test_until_names_a_status_that_a_wait_may_have(
    patient: Lava, wire: Wire, until: object
) -> None:
    with pytest.raises(InvalidError, match="until must be one of ACTIVE, DELETED"):
        patient.clusters.wait("logs", until=until)  # type: ignore[arg-type]
    assert wire.lines == []


@pytest.mark.parametrize(
    ("timeout", "interval", "pauses"),
    [
        (1, 30, [30.0, 30.0]),
        (1, 45, [45.0, 15.0]),
        ("0.5", 3600, [30.0]),
        (0.05, 2, [2.0, 1.0]),
        (0, 30, []),
    ],
)
def test_the_time_is_over_at_the_deadline_and_not_later(
    patient: Lava,
    wire: Wire,
    clock: MovedClock,
    building: ClusterDetail,
    timeout: float | str,
    interval: float,
    pauses: list[float],
) -> None:
    with pytest.raises(
        TimeoutError, match=f"{building.id} was not ACTIVE within .*: it is BUILDING"
    ):
        patient.clusters.wait(building.id, timeout, interval)
    assert clock.pauses == pytest.approx(pauses)
    assert len(wire.lines) == len(pauses) + 1


def test_a_cluster_that_becomes_active_at_the_deadline_is_in_time(
    patient: Lava, building: ClusterDetail
) -> None:
    assert patient.clusters.wait(building.id, 10, 599).status == "ACTIVE"


@pytest.mark.parametrize(
    "fault",
    [
        {"code": 500},
        {"code": 503},
        {"code": 502},
        {"code": 429},
        {"code": 413, "retry_after": "1"},
        {"kind": "reset_before"},
        {"kind": "cut"},
        {"kind": "expired_token", "times": 1},
    ],
)
def test_a_failure_that_could_pass_does_not_end_the_wait(
    patient: Lava, sandbox: SandboxServer, building: ClusterDetail, fault: dict[str, Any]
) -> None:
    _break(sandbox, **{"times": 6, **fault})
    assert patient.clusters.wait(building.id, interval=300).status == "ACTIVE"


def test_a_failure_of_identity_that_could_pass_does_not_end_the_wait(
    patient: Lava, sandbox: SandboxServer, building: ClusterDetail
) -> None:
    sandbox.sandbox.expire_tokens()
    sandbox.sandbox.faults.add(Fault("status", path="/tokens$", code=503, times=4))
    assert patient.clusters.wait(building.id, interval=300).status == "ACTIVE"


def test_the_pause_is_no_shorter_than_the_service_asks_for(
    patient: Lava, sandbox: SandboxServer, clock: MovedClock, building: ClusterDetail
) -> None:
    _break(sandbox, code=429, retry_after="100")
    assert patient.clusters.wait(building.id, interval=50).status == "ACTIVE"
    assert clock.pauses[0] == 100.0
    assert set(clock.pauses[1:]) == {50.0}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"code": 404}, NotFoundError),
        ({"code": 403}, LavaError),
        ({"code": 400}, LavaError),
        ({"code": 413}, OverLimitError),
        ({"kind": "wrong_body"}, LavaError),
    ],
)
def test_a_failure_that_cannot_pass_ends_the_wait(
    patient: Lava,
    sandbox: SandboxServer,
    clock: MovedClock,
    building: ClusterDetail,
    fault: dict[str, Any],
    error: type[LavaError],
) -> None:
    _break(sandbox, **fault)
    with pytest.raises(error):
        patient.clusters.wait(building.id)
    assert clock.pauses == []


def test_a_token_that_is_refused_for_ever_ends_the_wait(
    patient: Lava, sandbox: SandboxServer, building: ClusterDetail
) -> None:
    _break(sandbox, kind="expired_token", times=None)
    with pytest.raises(AuthorizationError):
        patient.clusters.wait(building.id)


def test_the_end_of_the_time_is_chained_to_the_last_failure(
    patient: Lava, sandbox: SandboxServer, building: ClusterDetail
) -> None:
    _break(sandbox, code=500, times=None)
    with pytest.raises(TimeoutError, match="was not seen within 2 minutes") as caught:
        patient.clusters.wait(building.id, 2)
    assert isinstance(caught.value.__cause__, ServerError)
    assert caught.value.cluster is None


@pytest.mark.parametrize(
    ("timeout", "interval", "named"),
    [
        (-1, None, "timeout"),
        ("soon", None, "timeout"),
        (float("nan"), None, "timeout"),
        (float("inf"), None, "timeout"),
        (True, None, "timeout"),
        ([], None, "timeout"),
        (10**400, None, "timeout"),
        (None, 0, "interval"),
        (None, -5, "interval"),
        (None, "x", "interval"),
        (None, 1e9, "interval"),
        (None, False, "interval"),
    ],
)
def test_times_that_are_none_are_refused(
    patient: Lava, wire: Wire, timeout: Any, interval: Any, named: str
) -> None:
    with pytest.raises(InvalidError, match=f"^{named} must"):
        patient.clusters.wait("logs", timeout, interval)
    assert wire.lines == []


def test_ctrl_c_ends_the_wait_at_once(
    patient: Lava,
    clock: MovedClock,
    building: ClusterDetail,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt(seconds)

    monkeypatch.setattr(clock, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        patient.clusters.wait(building.id)


def test_the_statuses_in_progress_are_those_that_pass() -> None:
    final = {"ACTIVE", "ERROR", "IMPAIRED", "DELETING", "DELETED"}
    known = {name for name in dir(ClusterStatus) if getattr(ClusterStatus, name) == name}
    assert final & ClusterStatus.IN_PROGRESS == set()
    assert final | ClusterStatus.IN_PROGRESS <= known
