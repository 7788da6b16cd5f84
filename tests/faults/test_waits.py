"""Row 32: what becomes of a wait when the service, or the caller, has had enough."""

from __future__ import annotations

import pytest

from lavaclient import FailedError, NotFoundError, TimeoutError
from tests.faults.conftest import Client, Serve
from tests.support.clock import MovedClock
from tests.support.fault_server import CLUSTERS, DETAIL, answer, reset

BUILDING = answer(body=DETAIL.replace(b"ACTIVE", b"BUILDING"))
ACTIVE = answer(body=DETAIL)


def test_32_a_wait_for_a_cluster_in_error_fails(serve: Serve, client: Client) -> None:
    server = serve(BUILDING, answer(body=DETAIL.replace(b"ACTIVE", b"ERROR")))
    with pytest.raises(FailedError, match="is ERROR"):
        client(server).clusters.wait("c-1")
    assert len(server.requests) == 2


def test_32_a_wait_for_a_cluster_that_is_gone_is_not_found(serve: Serve, client: Client) -> None:
    gone = answer(404, b'{"fault": {"code": 404, "message": "gone"}}')
    with pytest.raises(NotFoundError):
        client(serve(BUILDING, gone, answer(body=CLUSTERS))).clusters.wait("c-1")


def test_32_the_deadline_of_a_wait_is_a_timeout(
    serve: Serve, client: Client, clock: MovedClock
) -> None:
    with pytest.raises(TimeoutError, match="is BUILDING"):
        client(serve(BUILDING)).clusters.wait("c-1", 2, 45)
    assert sum(clock.pauses) == pytest.approx(120)


@pytest.mark.parametrize("fault", [answer(503, b""), reset])
@pytest.mark.parametrize("max_retries", [0, 3])
def test_32_a_wait_goes_on_after_one_failure(
    fault: object, max_retries: int, serve: Serve, client: Client
) -> None:
    server = serve(BUILDING, fault, BUILDING, ACTIVE)
    assert client(server, max_retries=max_retries).clusters.wait("c-1").status == "ACTIVE"
    assert len(server.requests) == 4


@pytest.mark.parametrize("kind", [KeyError, KeyboardInterrupt])
def test_32_what_the_callback_of_a_wait_raises_propagates(
    kind: type[BaseException], serve: Serve, client: Client
) -> None:
    def stop(_: object) -> None:
        raise kind("enough")

    lava = client(serve(BUILDING, ACTIVE))
    with pytest.raises(kind, match="enough"):
        lava.clusters.wait("c-1", on_progress=stop)
    assert lava.clusters.get("c-1").status == "ACTIVE"


def test_32_ctrl_c_in_the_pause_of_a_wait_propagates(
    serve: Serve, client: Client, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(clock, "sleep", interrupted)
    lava = client(serve(BUILDING, ACTIVE))
    with pytest.raises(KeyboardInterrupt):
        lava.clusters.wait("c-1")
    assert lava.clusters.get("c-1").status == "ACTIVE"
