"""Row 32: what becomes of a wait when the service, or the caller, has had enough."""

from __future__ import annotations

import pytest

from lavaclient import FailedError, NotFoundError, TimeoutError
from tests.faults.conftest import Client, Serve
from tests.support.fake_identity import MovedClock
from tests.support.fault_server import CLUSTERS, DETAIL, answer, reset

BUILDING = answer(body=DETAIL.replace(b"ACTIVE", b"BUILDING"))
ACTIVE = answer(body=DETAIL)


def test_row_32_a_cluster_in_error_is_a_failure(serve: Serve, client: Client) -> None:
    server = serve(BUILDING, answer(body=DETAIL.replace(b"ACTIVE", b"ERROR")))
    with pytest.raises(FailedError, match="is ERROR"):
        client(server).clusters.wait("c-1")
    assert len(server.seen) == 2


def test_row_32_a_cluster_that_is_gone_is_not_found(serve: Serve, client: Client) -> None:
    gone = answer(404, b'{"fault": {"code": 404, "message": "gone"}}')
    with pytest.raises(NotFoundError):
        client(serve(BUILDING, gone, answer(body=CLUSTERS))).clusters.wait("c-1")


def test_row_32_the_deadline_is_a_timeout(serve: Serve, client: Client, clock: MovedClock) -> None:
    with pytest.raises(TimeoutError, match="is BUILDING"):
        client(serve(BUILDING)).clusters.wait("c-1", 2, 45)
    assert sum(clock.slept) == pytest.approx(120)


@pytest.mark.parametrize("fault", [answer(503, b""), reset])
@pytest.mark.parametrize("max_retries", [0, 3])
def test_row_32_one_failure_that_passes_is_passed_over(
    fault: object, max_retries: int, serve: Serve, client: Client
) -> None:
    server = serve(BUILDING, fault, BUILDING, ACTIVE)
    assert client(server, max_retries=max_retries).clusters.wait("c-1").status == "ACTIVE"
    assert len(server.seen) == 4


@pytest.mark.parametrize("kind", [KeyError, KeyboardInterrupt])
def test_row_32_what_a_callback_raises_propagates(
    kind: type[BaseException], serve: Serve, client: Client
) -> None:
    def stop(_: object) -> None:
        raise kind("enough")

    lava = client(serve(BUILDING, ACTIVE))
    with pytest.raises(kind, match="enough"):
        lava.clusters.wait("c-1", on_progress=stop)
    assert lava.clusters.get("c-1").status == "ACTIVE"


def test_row_32_ctrl_c_in_the_pause_propagates(
    serve: Serve, client: Client, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(clock, "sleep", interrupted)
    lava = client(serve(BUILDING, ACTIVE))
    with pytest.raises(KeyboardInterrupt):
        lava.clusters.wait("c-1")
    assert lava.clusters.get("c-1").status == "ACTIVE"
