"""Rows 16, 17, 26 and 40 over TLS, through proxies, and with several addresses."""

from __future__ import annotations

import builtins
import gc
import os
import select
import signal
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from lavaclient import ConnectionError, Lava, LavaError, TimeoutError
from lavaclient._http import connections
from tests.faults.conftest import TOKEN, Client, Serve
from tests.support.clock import MovedClock, takes
from tests.support.fault_server import (
    CLUSTERS,
    DETAIL,
    FaultServer,
    answer,
    cut,
    drip,
    fin,
    raw,
    reset,
    stall,
    tunnel,
)

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CLUSTERS_ANSWER = HEAD + b"Content-Length: %d\r\n\r\n" % len(CLUSTERS) + CLUSTERS


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Whose certificates are trusted, by the environment."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    return authority


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    """A certificate for localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def over(proxy: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go through a proxy, by the environment."""
    scheme = proxy.url.partition(":")[0]
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://localhost:{proxy.port}")


def create(lava: Lava) -> object:
    return lava.clusters.create("nightly", "HDP2.3_Hadoop", username="analyst", ssh_keys=["k"])


def create_in_vain(lava: Lava) -> None:
    """Create a cluster over a connection that never stands."""
    with pytest.raises(TimeoutError) as caught:
        create(lava)
    assert not caught.value.maybe_applied


def test_40_a_tunnel_of_a_proxy_is_used_again(
    serve: Serve, client: Client, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(context=context)
    proxy = serve(tunnel(server.port))
    over(proxy, monkeypatch)
    lava = client(server)
    assert [lava.clusters.list() for _ in range(3)] == [[], [], []]
    assert [request.method for request in proxy.requests] == ["CONNECT"]
    assert [request.headers["x-auth-token"] for request in server.requests] == [TOKEN] * 3
    assert "x-auth-token" not in proxy.requests[0].headers


def test_40_a_proxy_may_itself_speak_tls(
    serve: Serve, client: Client, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(answer(), answer(body=DETAIL), context=context)
    proxy = serve(tunnel(server.port), context=context)
    over(proxy, monkeypatch)
    lava = client(server)
    assert lava.clusters.list() == []
    assert lava.clusters.get("c-1").name == "nightly"
    assert proxy.connections == 1


def test_41_an_unasked_response_through_a_proxy_that_speaks_tls_is_given_to_nobody(
    context: ssl.SSLContext, serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two_records(connection: socket.socket) -> None:
        connection.sendall(CLUSTERS_ANSWER)
        connection.sendall(CLUSTERS_ANSWER.replace(b"[]", b"7 "))

    def hold_back(connection: socket.socket) -> None:
        """Carry on, whole packets of several records at once."""
        with socket.create_connection(("127.0.0.1", server.port)) as far:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ends: list[Any] = [connection, far]
            while ready := select.select(ends, [], [], 10)[0]:
                time.sleep(0.05)
                data = ready[0].recv(65536)
                if not data:
                    return
                ends[1 - ends.index(ready[0])].sendall(data)

    server = serve(two_records, answer(), context=context)
    over(serve(hold_back, context=context), monkeypatch)
    lava = client(server, max_retries=0)
    assert lava.clusters.list() == []
    assert lava.clusters.list() == []
    assert server.connections == 2


@pytest.mark.parametrize("step", [reset, fin, cut, raw(b"nonsense\r\n\r\n")])
@pytest.mark.parametrize("earlier", [0, 1])
def test_17_a_post_that_is_lost_in_a_tunnel_arrives_once(
    earlier: int,
    step: Callable[[socket.socket], object],
    serve: Serve,
    client: Client,
    context: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = serve(*[answer()] * earlier, step, context=context)
    proxy = serve(tunnel(server.port))
    over(proxy, monkeypatch)
    lava = client(server, timeout=2)
    assert [lava.clusters.list() for _ in range(earlier)] == [[]] * earlier
    with pytest.raises(ConnectionError, match="look before trying again") as caught:
        create(lava)
    assert caught.value.maybe_applied
    assert f"connection to localhost:{server.port} through the proxy" in str(caught.value)
    assert [request.method for request in server.requests] == ["GET"] * earlier + ["POST"]


@pytest.mark.parametrize("proxy_speaks_tls", [False, True])
def test_26_a_drip_through_a_tunnel_ends(
    proxy_speaks_tls: bool,
    serve: Serve,
    client: Client,
    context: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = serve(drip(HEAD + b"X-Slow: ", b"a"), context=context)
    proxy = serve(tunnel(server.port), context=context if proxy_speaks_tls else None)
    over(proxy, monkeypatch)
    lava = client(server, timeout=0.5, max_retries=0)

    def run_out() -> None:
        with pytest.raises(TimeoutError) as caught:
            create(lava)
        assert caught.value.maybe_applied

    assert takes(0.45, 0.55 + 0.1, run_out)


def test_26_a_proxy_that_drips_ends_and_nothing_was_sent(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"))
    over(proxy, monkeypatch)
    lava = client("https://localhost:1/v2/123456", timeout=0.4, max_retries=0)
    assert takes(0.35, 0.44 + 0.1, lambda: create_in_vain(lava))


def test_26_what_a_proxy_took_is_not_there_for_the_handshake(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [0.0]

    def connected_late(connection: socket.socket) -> None:
        late[0] = 60.0
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        stall(connection)

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + late[0])
    monkeypatch.setattr(connections, "time", clock)
    over(serve(connected_late), monkeypatch)
    lava = client("https://localhost:1/v2/123456", timeout=9, max_retries=0)
    started = time.monotonic()
    with pytest.raises(TimeoutError) as caught:
        create(lava)
    assert time.monotonic() - started < 5
    assert not caught.value.maybe_applied


@pytest.mark.parametrize("step", [reset, fin, raw(b"nonsense\r\n\r\n"), answer(502, b"<html>")])
def test_16_what_a_proxy_breaks_was_never_sent(
    step: Callable[[socket.socket], object],
    serve: Serve,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = serve(step)
    over(proxy, monkeypatch)
    with pytest.raises(ConnectionError) as caught:
        create(client("https://localhost:1/v2/123456", timeout=1, max_retries=2))
    assert not caught.value.maybe_applied
    assert len(proxy.requests) == 3


@pytest.mark.parametrize("step", ["refuse", "babble"])
def test_16_a_handshake_that_breaks_was_never_sent(
    step: str, client: Client, clock: MovedClock
) -> None:
    with FaultServer(step) as server:
        lava = client(f"https://localhost:{server.port}/v2/123456", timeout=1, max_retries=2)
        with pytest.raises(ConnectionError) as caught:
            create(lava)
        assert server.connections == 3
    assert not caught.value.maybe_applied
    assert len(clock.pauses) == 2


def test_16_a_bundle_that_is_gone_sends_nothing(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    server = serve()
    with pytest.raises(ConnectionError) as caught:
        create(client(f"https://localhost:{server.port}/v2/123456", max_retries=0))
    assert not caught.value.maybe_applied
    assert server.connections == 0


def test_16_a_host_that_resets_before_the_handshake_leaves_nothing_open(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrap_socket = ssl.SSLContext.wrap_socket

    def wrap_after_the_reset(
        context: ssl.SSLContext, sock: socket.socket, **options: Any
    ) -> ssl.SSLSocket:
        reset(listener.accept()[0])
        waiting = select.poll()
        waiting.register(sock, select.POLLHUP)
        assert waiting.poll(10_000)
        return wrap_socket(context, sock, **options)

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap_after_the_reset)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always", ResourceWarning)
        lava = client(f"https://127.0.0.1:{listener.getsockname()[1]}/v2/1", max_retries=0)
        with pytest.raises(ConnectionError):
            lava.clusters.list()
        gc.collect()
    assert not caught


@pytest.mark.parametrize("step", [reset, stall])
def test_17_reset_after_a_post_over_tls_arrives_once(
    step: Callable[[socket.socket], object],
    serve: Serve,
    client: Client,
    context: ssl.SSLContext,
    authority: trustme.CA,
) -> None:
    server = serve(step, context=context)
    with pytest.raises(LavaError, match="look before trying again") as caught:
        create(client(server, timeout=0.5))
    assert caught.value.maybe_applied
    assert len(server.requests) == 1


@pytest.fixture
def full_backlogs(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a name with three addresses, at none of which a connection comes to stand."""
    opened = [socket.create_server(("127.0.0.1", 0), backlog=0)]
    port = opened[0].getsockname()[1]
    with pytest.raises(builtins.TimeoutError):
        while len(opened) < 20:
            opened.append(socket.socket())
            opened[-1].settimeout(0.1)
            opened[-1].connect(("127.0.0.1", port))

    def resolve(*_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))] * 3

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    yield port
    for connection in opened:
        connection.close()


def test_26_all_addresses_of_a_host_share_the_time(full_backlogs: int, client: Client) -> None:
    lava = client(f"http://localhost:{full_backlogs}/v2/123456", timeout=0.4, max_retries=0)
    assert takes(0.35, 0.44 + 0.1, lambda: create_in_vain(lava))


def test_45_all_addresses_of_a_socks_proxy_share_the_time(
    full_backlogs: int, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("socks", reason="PySocks is not installed")
    monkeypatch.setenv("ALL_PROXY", f"socks5h://localhost:{full_backlogs}")
    lava = client("https://198.51.100.1/v2/123456", timeout=0.4, max_retries=0)
    assert takes(0.35, 0.44 + 0.1, lambda: create_in_vain(lava))


def test_33_ctrl_c_while_connecting_propagates(full_backlogs: int, client: Client) -> None:
    lava = client(f"http://localhost:{full_backlogs}/v2/123456", timeout=5)
    timer = threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        create(lava)
    timer.join()


def test_the_second_address_of_a_host_is_tried(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()

    def resolve(*_: object) -> list[tuple[object, ...]]:
        addresses = [("127.0.0.2", server.port), ("127.0.0.1", server.port)]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert client(server).clusters.list() == []


class LateContext(ssl.SSLContext):
    """Begins its handshake late."""

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        time.sleep(0.2)
        return super().wrap_socket(*arguments, **options)


def test_42_a_handshake_has_more_than_the_share_of_its_address(
    serve: Serve, client: Client, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = LateContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(late)
    server = serve(context=late)

    def resolve(*_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))] * 100

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert client(server, timeout=10, max_retries=0).clusters.list() == []


def test_16_a_host_without_an_address_was_never_asked(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
    with pytest.raises(ConnectionError) as caught:
        create(client("http://localhost:1/v2/123456", max_retries=0))
    assert caught.value.message == "connection to localhost:1 failed: the name has no address"
    assert not caught.value.maybe_applied


def test_16_a_label_that_is_too_long_for_dns_is_an_error_of_ours(client: Client) -> None:
    with pytest.raises(ConnectionError) as caught:
        create(client(f"https://{'a' * 70}.example/v2/123456", max_retries=0))
    assert not caught.value.maybe_applied
