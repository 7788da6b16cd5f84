"""What is a mistake of the test, or of the sandbox itself, is not dressed up as the service's."""

from __future__ import annotations

from typing import NoReturn

import pytest
import requests

from lavaclient.testing import Fault, SandboxHandle, Timings, mock_lava

LIMITS = "https://dfw.bigdata.api.rackspacecloud.com/v2/123456/limits"


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("bug"), OSError(28, "bug"), KeyError("bug"), TimeoutError("bug")]
)
def test_an_error_of_the_sandbox_is_raised_as_itself(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mock_lava() as sandbox:
        lava = sandbox.lava()

        def fail(*_: object, **__: object) -> NoReturn:
            raise error

        monkeypatch.setattr(sandbox.sandbox, "call", fail)
        for call in (lava.limits.get, lambda: requests.get(LIMITS, timeout=5)):
            with pytest.raises(type(error), match="bug") as caught:
                call()
            assert caught.value is error


def test_builds_may_take_no_time() -> None:
    with mock_lava(timings=Timings(build=0, resize=0, update=0, delete=0)) as sandbox:
        lava = sandbox.lava()
        sandbox.add_ssh_key("laptop")
        cluster = lava.clusters.create("numbers", "HDP2.3_Kafka", "worker", ["laptop"])
        assert lava.clusters.get(cluster.id).status == "ACTIVE"


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "1"])
def test_timings_that_are_none_are_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="build"):
        Timings(build=seconds)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("limits: bogus", "bogus"),
        ("limits: reset_before", "is not a fault"),
        ("GET: 503: x", "is not a fault"),
        ("get: 503", "get"),
        ("/clustres$: 503", "has no path"),
        ("limits: 503 x0", "times"),
        ("limits: latency=-1", "latency"),
        ("(a+)+$: 503", "pattern"),
    ],
)
def test_a_fault_that_is_not_understood_is_refused(
    handle: SandboxHandle, line: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        handle.add_fault(line)
    assert handle.faults.list() == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "bogus"},
        {"kind": "reset-before"},
        {"kind": "status", "code": 99},
        {"kind": "status", "times": 0},
        {"kind": "status", "method": "FETCH"},
        {"kind": "status", "path": "/clustres$"},
        {"kind": "latency", "seconds": -1.0},
        {"kind": "wrong_body", "body": "pdf"},
    ],
    ids=str,
)
def test_a_fault_of_python_that_is_not_understood_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"^{list(fields)[-1]}"):
        Fault(**fields)  # type: ignore[arg-type]


def test_a_fault_that_is_understood_strikes_what_it_names(handle: SandboxHandle) -> None:
    handle.add_fault("GET|PUT /clusters/*/nodes$: 503 x*")
    lava = handle.lava(max_retries=0)
    cluster_id = handle.add_cluster("numbers")
    assert lava.clusters.list()
    with pytest.raises(Exception, match="503"):
        lava.nodes.list(cluster_id)


def test_the_same_seed_gives_the_same_ids_whatever_is_read_in_between() -> None:
    ids = []
    for reads in (0, 3):
        with mock_lava(seed=1) as sandbox:
            lava = sandbox.lava()
            for _ in range(reads):
                lava.flavors.list()
            ids.append((sandbox.add_cluster("numbers"), sandbox.add_script("setup")))
    assert ids[0] == ids[1]
