"""Rows 16 to 19, 26: what breaks on the way."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path

import pytest
import trustme

from lavaclient import ConnectionError, Lava, LavaError, NotFoundError, TimeoutError
from tests.faults.conftest import Client, Serve
from tests.support.clock import MovedClock, takes
from tests.support.fault_server import (
    CLUSTERS,
    DETAIL,
    Step,
    answer,
    cut,
    dead_port,
    drip,
    fin,
    raw,
    reset,
    stall,
)


def _stalled(connection: socket.socket) -> None:
    answer(body=b"{", length=90)(connection)
    stall(connection)


BREAKS: dict[str, Step] = {
    "reset": reset,
    "fin": fin,
    "timeout": stall,
    "cut": cut,
    "garbage": raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "cut head": raw(b"HTTP/1.1 200 OK\r\nContent-Type: applica"),
    "cut after a header": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"),
    "bad chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
    "stalled body": _stalled,
}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
NEAR = "http://127.0.0.1:9/v2/123456"


def create(lava: Lava) -> object:
    return lava.clusters.create("nightly", "HDP2.3_Hadoop", username="analyst", ssh_keys=["k"])


@pytest.mark.parametrize("kind", BREAKS)
def test_17_reset_after_a_post_arrives_once(kind: str, serve: Serve, client: Client) -> None:
    server = serve(BREAKS[kind])
    with pytest.raises(LavaError, match="look before trying again") as caught:
        create(client(server, timeout=0.3))
    assert isinstance(caught.value, ConnectionError | TimeoutError)
    assert caught.value.maybe_applied
    assert (caught.value.method, caught.value.path) == ("POST", "clusters")
    assert len(server.requests) == 1
    assert server.requests[0].json()
    assert server.requests[0].headers["client-request-id"] == caught.value.request_id


@pytest.mark.parametrize("kind", BREAKS)
def test_17_reset_after_a_post_arrives_once_through_a_proxy(
    kind: str, serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(BREAKS[kind])
    monkeypatch.setenv("ALL_PROXY", server.url)
    with pytest.raises(LavaError, match="look before trying again") as caught:
        create(client(NEAR, timeout=0.3))
    assert caught.value.maybe_applied
    assert f"127.0.0.1:9 through the proxy localhost:{server.port}" in str(caught.value)
    assert [request.method for request in server.requests] == ["POST"]


@pytest.mark.parametrize("kind", BREAKS)
def test_17_reset_after_a_restart_arrives_once(kind: str, serve: Serve, client: Client) -> None:
    server = serve(BREAKS[kind])
    with pytest.raises(LavaError) as caught:
        client(server, timeout=0.3).clusters.services("restart", "c-1", [])
    assert caught.value.maybe_applied
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", BREAKS)
@pytest.mark.parametrize("method", ["get", "resize", "delete"])
def test_18_reset_after_a_get_put_or_delete_is_repeated(
    kind: str, method: str, serve: Serve, client: Client
) -> None:
    server = serve(BREAKS[kind], BREAKS[kind], answer(body=DETAIL))
    clusters = client(server, timeout=0.2).clusters
    if method == "resize":
        assert clusters.resize("c-1", {"slave": {"count": 3}}).name == "nightly"
    else:
        getattr(clusters, method)("c-1")
    assert len(server.requests) == 3
    assert len({request.body for request in server.requests}) == 1
    assert len({request.headers["client-request-id"] for request in server.requests}) == 3


def test_18_resets_of_a_get_are_tried_max_retries_and_once_more(
    serve: Serve, client: Client
) -> None:
    server = serve(reset)
    with pytest.raises(ConnectionError) as caught:
        client(server, max_retries=4).clusters.list()
    assert len(server.requests) == 5
    assert not caught.value.maybe_applied


def test_18_reset_of_a_get_without_retries_is_one_attempt(serve: Serve, client: Client) -> None:
    server = serve(reset)
    with pytest.raises(ConnectionError) as caught:
        client(server, max_retries=0).clusters.resize("c-1", {"slave": {"count": 3}})
    assert len(server.requests) == 1
    assert caught.value.maybe_applied


def test_16_what_was_never_sent_is_tried_again_for_a_create(
    client: Client, clock: MovedClock
) -> None:
    with dead_port() as port:
        lava = client(f"http://127.0.0.1:{port}/v2/123456")
        with pytest.raises(ConnectionError, match="refused") as caught:
            create(lava)
    assert len(clock.pauses) == 3
    assert not caught.value.maybe_applied
    assert "look before" not in str(caught.value)


def test_16_a_name_that_is_not_known_was_never_sent(client: Client, clock: MovedClock) -> None:
    with pytest.raises(ConnectionError) as caught:
        create(client("https://no-such-host.invalid/v2/123456", timeout=5))
    assert not caught.value.maybe_applied
    assert len(clock.pauses) == 3


def test_16_tls_that_stalls_was_never_sent(serve: Serve, client: Client) -> None:
    server = serve("mute")
    started = time.monotonic()
    with pytest.raises(TimeoutError) as caught:
        create(client(f"https://localhost:{server.port}/v2/123456", timeout=0.3, max_retries=1))
    assert not caught.value.maybe_applied
    assert time.monotonic() - started < 3
    assert server.connections == 2


def test_16_a_certificate_is_refused_once(serve: Serve, client: Client) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    server = serve(answer(), context=context)
    with pytest.raises(ConnectionError, match="certificate refused") as caught:
        create(client(server))
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
    assert not caught.value.maybe_applied
    assert server.connections == 1
    assert not server.requests


def test_a_bundle_of_ones_own_is_trusted(serve: Serve, client: Client, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    server = serve(answer(), context=context)
    lava = client(server, verify_ssl=str(bundle))
    assert [lava.clusters.list() for _ in range(3)] == [[], [], []]
    assert server.connections == 1


def test_19_a_delete_that_worked_before_is_a_success(serve: Serve, client: Client) -> None:
    server = serve(reset, answer(404, b'{"fault": {"code": 404, "message": "gone"}}'))
    client(server).scripts.delete("s-1")
    assert len(server.requests) == 2


def test_19_a_delete_of_what_was_never_there_is_not_found(serve: Serve, client: Client) -> None:
    server = serve(answer(404, b'{"fault": {"code": 404, "message": "gone"}}'))
    with pytest.raises(NotFoundError, match="gone"):
        client(server).scripts.delete("s-1")


def test_19_a_delete_that_was_turned_away_before_is_not_found(serve: Serve, client: Client) -> None:
    missing = answer(404, b'{"fault": {"code": 404, "message": "gone"}}')
    server = serve(answer(429, b"", {"Retry-After": "0"}), missing)
    with pytest.raises(NotFoundError):
        client(server).scripts.delete("s-1")


DRIPS = {
    "status line": drip(b"HTTP/1.1 2", b"0"),
    "headers": drip(HEAD + b"X-Slow: ", b"a"),
    "body": drip(HEAD + b"Content-Length: 9000\r\n\r\n[", b" "),
    "body of no length": drip(HEAD + b"Connection: close\r\n\r\n[", b" "),
    "chunks": drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n", b"1\r\n \r\n"),
}


@pytest.mark.parametrize("where", DRIPS)
def test_26_a_drip_ends_when_the_time_is_over(where: str, serve: Serve, client: Client) -> None:
    lava = client(serve(DRIPS[where]), timeout=1.0, max_retries=0)

    def run_out() -> None:
        with pytest.raises(TimeoutError, match="within 1 s"):
            lava.clusters.list()

    assert takes(0.95, 1.1, run_out)


@pytest.mark.parametrize("timeout", [1e-9, 1e-6])
def test_26_a_timeout_that_is_over_before_sending_is_one(
    timeout: float, serve: Serve, client: Client
) -> None:
    lava = client(serve(stall), timeout=timeout, max_retries=0)
    with pytest.raises(TimeoutError):
        lava.limits.get()


def test_26_a_drip_over_tls_ends_as_well(serve: Serve, client: Client, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    server = serve(DRIPS["body"], context=context)
    lava = client(server, verify_ssl=str(bundle), timeout=1.0, max_retries=0)

    def run_out() -> None:
        with pytest.raises(TimeoutError):
            lava.clusters.list()

    assert takes(0.95, 1.1, run_out)


def test_a_kept_connection_has_the_whole_time_again(serve: Serve, client: Client) -> None:
    def late(connection: object) -> None:
        time.sleep(0.3)
        answer()(connection)  # type: ignore[arg-type]

    server = serve(late)
    lava = client(server, timeout=0.5, max_retries=0)
    for _ in range(3):
        lava.clusters.list()
    assert server.connections == 1


def test_connections_are_kept_after_answers_of_every_kind(serve: Serve, client: Client) -> None:
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
    fault = answer(404, b'{"fault": {"code": 404, "message": "no"}}')
    server = serve(
        answer(),
        lambda connection: connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n"),
        fault,
        lambda connection: connection.sendall(chunked % (len(CLUSTERS), CLUSTERS)),
        answer(200, b""),
        answer(),
    )
    lava = client(server)
    lava.clusters.list()
    lava.scripts.delete("s-1")
    with pytest.raises(NotFoundError):
        lava.scripts.delete("s-1")
    lava.clusters.list()
    with pytest.raises(LavaError, match="empty"):
        lava.clusters.list()
    lava.clusters.list()
    assert server.connections == 1
