"""Row 45: proxies that speak SOCKS."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
import warnings

import pytest
import trustme

from lavaclient import ConnectionError, InsecureTransportWarning, TimeoutError
from tests.faults.conftest import TOKEN, Client, Serve
from tests.support.fault_server import answer
from tests.support.socks_server import SocksServer

pytest.importorskip("socks", reason="PySocks is not installed")


@pytest.fixture
def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    return context


def use(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """Set the proxy of all URLs."""
    monkeypatch.setenv("ALL_PROXY", proxy)


@pytest.mark.parametrize("password", ["", "me:a-secret-4711"])
@pytest.mark.parametrize("scheme", ["socks5h", "socks5"])
def test_45_a_socks_proxy_carries_every_connection(
    password: str, scheme: str, serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    with SocksServer(password) as proxy:
        use(monkeypatch, proxy.url.replace("socks5h", scheme))
        assert client(server).clusters.list() == []
    host = "localhost" if scheme == "socks5h" else "127.0.0.1"
    assert proxy.destinations == [(host, server.port)]


@pytest.mark.parametrize(
    "options", [{"silent": True}, {"pause": 0.4}], ids=["silent", "a byte at a time"]
)
def test_45_what_a_socks_proxy_says_takes_of_the_one_deadline(
    options: dict[str, float], serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    with SocksServer(**options) as proxy:  # type: ignore[arg-type]
        use(monkeypatch, proxy.url)
        with pytest.raises(TimeoutError) as caught:
            client(server, timeout=0.6, max_retries=0).clusters.services("stop", "c", [])
    assert not caught.value.maybe_applied
    assert not server.connections


def test_45_a_connection_through_a_socks_proxy_serves_when_the_first_deadline_is_over(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer_later(connection: socket.socket) -> None:
        time.sleep(0.05)  # more than a read gets whose deadline is over
        answer()(connection)

    server = serve(answer(), answer_later)
    with SocksServer() as proxy:
        use(monkeypatch, proxy.url)
        lava = client(server, max_retries=0)
        assert lava.clusters.list() == []
        monotonic = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 1000)
        assert lava.clusters.list() == []
    assert len(proxy.destinations) == 1


def test_45_a_socks_proxy_that_is_not_willing_was_never_asked_to_send(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SocksServer(willing=False) as proxy:
        use(monkeypatch, proxy.url)
        with pytest.raises(ConnectionError, match="not allowed by ruleset") as caught:
            client(serve(), max_retries=2).clusters.services("stop", "c", [])
    assert not caught.value.maybe_applied
    assert len(proxy.destinations) == 3


def test_45_the_next_address_of_a_socks_proxy_is_tried(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # This machine may have no ::1; the proxy does not listen there in any case.
    with SocksServer() as proxy:
        use(monkeypatch, proxy.url.replace("127.0.0.1", "localhost"))
        assert client(serve()).clusters.list() == []
    assert len(proxy.destinations) == 1


def test_45_no_header_is_printed_and_one_warning_given_behind_a_socks_proxy(
    serve: Serve,
    client: Client,
    tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with SocksServer() as proxy, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        use(monkeypatch, proxy.url)
        lava = client(serve(context=tls), verify_ssl=False)
        for _ in range(3):
            assert lava.clusters.list() == []
    assert [warning.category for warning in caught] == [InsecureTransportWarning]
    assert TOKEN not in "".join(capfd.readouterr())
    assert len(proxy.destinations) == 1
