"""Rows 41, 42 and 49: interim responses, several addresses, and what a user sets on the session."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import requests.auth
import urllib3.util.connection

from lavaclient import ApiError, ConnectionError, Lava, LavaError, NotFoundError
from tests.faults.conftest import Client, Serve
from tests.support.fake_cloud import FakeCloud
from tests.support.fault_server import CLUSTERS, DETAIL, answer

EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
OTHER = b'{"clusters": [{"id": "c-9", "name": "somebody-elses"}], "links": []}'


def whole(body: bytes, status: int = 200) -> bytes:
    head = f"HTTP/1.1 {status} OK\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def after(*parts: bytes) -> Callable[[socket.socket], None]:
    """Send these one after the other, each in a packet of its own."""

    def send(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            time.sleep(0.02)

    return send


INTERIM = {
    "103, with the final one": after(EARLY_HINTS + whole(OTHER)),
    "103, early": after(EARLY_HINTS, whole(OTHER)),
    "102": after(b"HTTP/1.1 102 Processing\r\n\r\n", whole(OTHER)),
    "100 unasked": after(b"HTTP/1.1 100 Continue\r\n\r\n", whole(OTHER)),
    "199": after(b"HTTP/1.1 199 Whatever\r\n\r\n", whole(OTHER)),
    "often": after(EARLY_HINTS * 20, EARLY_HINTS, whole(OTHER)),
}


@pytest.mark.parametrize("kind", INTERIM)
def test_41_an_interim_response_is_passed_over_and_nothing_is_left_of_it(
    kind: str, serve: Serve, client: Client
) -> None:
    server = serve(INTERIM[kind], answer(body=CLUSTERS))
    lava = client(server, max_retries=0)
    assert [cluster.id for cluster in lava.clusters.list()] == ["c-9"]
    assert lava.clusters.list() == []
    assert server.connections == 1


def test_41_a_create_after_an_interim_response_is_made_once(serve: Serve, client: Client) -> None:
    server = serve(after(EARLY_HINTS, whole(DETAIL, 202)), answer(body=CLUSTERS))
    lava = client(server)
    assert lava.clusters.create("n", "s", "ada", ["k"]).id == "c-1"
    assert [request.method for request in server.requests] == ["POST"]


def test_41_an_interim_response_to_a_sign_in_is_passed_over(serve: Serve) -> None:
    with FakeCloud() as cloud:
        reply = cloud.access()
        body = json.dumps(reply).encode()
        server = serve(after(EARLY_HINTS, whole(body)))
        lava = Lava("u", api_key="k" * 32, auth_url=server.url, endpoint=cloud.endpoint())
        with lava:
            assert lava.token == reply["access"]["token"]["id"]  # type: ignore[index]


def test_41_of_more_than_100_interim_responses_none_is_passed_over(
    serve: Serve, client: Client
) -> None:
    server = serve(after(EARLY_HINTS * 100 + whole(CLUSTERS)), after(EARLY_HINTS * 101))
    lava = client(server, max_retries=0, timeout=5)
    assert lava.clusters.list() == []
    with pytest.raises(ConnectionError, match="more than 100 interim responses"):
        lava.clusters.list()


def test_41_after_101_the_connection_is_not_used_again(serve: Serve, client: Client) -> None:
    switching = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + whole(OTHER)
    server = serve(after(switching), answer(body=CLUSTERS))
    lava = client(server, max_retries=0)
    with pytest.raises(ApiError) as caught:
        lava.clusters.list()
    assert caught.value.code == 101
    assert lava.clusters.list() == []
    assert server.connections == 2


@pytest.mark.parametrize(
    "first", [whole(CLUSTERS), b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"]
)
def test_41_a_response_that_nobody_asked_for_is_given_to_nobody(
    first: bytes, serve: Serve, client: Client
) -> None:
    server = serve(after(first + whole(OTHER)), answer(body=CLUSTERS))
    lava = client(server, max_retries=0)
    with suppress(NotFoundError):
        assert lava.clusters.list() == []
    assert lava.clusters.list() == []
    assert server.connections == 2


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port whose host drops every packet: its queue of connections is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for connection in waiting:
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", port))
        yield port
        for connection in waiting:
            connection.close()


def addresses(
    monkeypatch: pytest.MonkeyPatch, *ends: tuple[socket.AddressFamily, tuple[object, ...]]
) -> None:
    """Let every name have these addresses."""
    stream = socket.SOCK_STREAM
    resolved = [(family, stream, 6, "", address) for family, address in ends]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: resolved)


@pytest.mark.parametrize("silent", [1, 2])
def test_42_an_address_that_drops_packets_leaves_time_for_the_next(
    silent: int, deaf: int, serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    lava = client(server, max_retries=0, timeout=3)
    dead = (socket.AF_INET, ("127.0.0.1", deaf))
    good = (socket.AF_INET, ("127.0.0.1", server.port))
    addresses(monkeypatch, *[dead] * silent, good)
    started = time.monotonic()
    assert lava.clusters.list() == []
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    "first",
    [
        (socket.AF_INET6, ("::1", 1, 0, 0)),
        (socket.AF_INET, ("127.0.0.1", 1)),
        (socket.AF_AX25, ("nowhere",)),
    ],
)
def test_42_an_address_that_refuses_or_is_of_another_family_is_passed_over(
    first: tuple[socket.AddressFamily, tuple[object, ...]],
    serve: Serve,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = serve()
    lava = client(server, max_retries=0, timeout=5)
    addresses(monkeypatch, first, (socket.AF_INET, ("127.0.0.1", server.port)))
    assert lava.clusters.list() == []


def test_42_when_no_address_answers_the_time_is_kept(
    deaf: int, serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    lava = client(server, max_retries=0, timeout=1)
    addresses(monkeypatch, *[(socket.AF_INET, ("127.0.0.1", deaf))] * 4)
    started = time.monotonic()
    with pytest.raises(LavaError) as caught:
        lava.clusters.list()
    assert 0.9 < time.monotonic() - started < 1.5
    assert not caught.value.maybe_applied


def test_49_headers_of_the_users_session_are_sent(serve: Serve, client: Client) -> None:
    server = serve()
    lava = client(server)
    lava.session.session.headers["X-Team"] = "data"
    lava.clusters.list()
    assert server.requests[-1].headers["X-Team"] == "data"
    assert server.requests[-1].headers["User-Agent"].startswith("python-lavaclient/")


def test_49_parameters_and_credentials_of_the_users_session_are_sent(
    serve: Serve, client: Client
) -> None:
    server = serve()
    lava = client(server)
    lava.session.session.params = {"trace": "1"}
    lava.session.session.auth = requests.auth.HTTPBasicAuth("gate", "keeper")
    lava.clusters.list()
    assert server.requests[-1].path.endswith("/clusters?trace=1")
    assert server.requests[-1].headers["Authorization"].startswith("Basic ")
    assert server.requests[-1].headers["X-Auth-Token"]


def test_49_proxies_of_the_users_session_are_used(serve: Serve, client: Client) -> None:
    proxy = serve()
    lava = client("http://bigdata.localhost/v2/123456")
    lava.session.session.proxies["http"] = proxy.url
    lava.clusters.list()
    assert proxy.requests[-1].path == "http://bigdata.localhost/v2/123456/clusters"


def test_49_a_patched_way_to_connect_is_used(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    wanted = []

    def connect(address: tuple[str, int], *args: object, **options: object) -> socket.socket:
        wanted.append(address)
        return socket.create_connection(("127.0.0.1", server.port))

    monkeypatch.setattr(urllib3.util.connection, "create_connection", connect)
    assert client("http://bigdata.localhost:81/v2/123456").clusters.list() == []
    assert wanted == [("bigdata.localhost", 81)]


def test_49_a_patched_family_of_addresses_is_asked_for(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    families = []
    resolve = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, family: int = 0, *args: object) -> object:
        families.append(family)
        return resolve(host, port, family, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(urllib3.util.connection, "allowed_gai_family", lambda: socket.AF_INET)
    client(server).clusters.list()
    assert families == [socket.AF_INET]


def test_41_after_a_switch_of_protocols_a_connection_is_not_used_again(
    serve: Serve, client: Client
) -> None:
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"
    server = serve(lambda connection: connection.sendall(switch), answer())
    lava = client(server, max_retries=0)
    with pytest.raises(LavaError):
        lava.clusters.list()
    assert lava.clusters.list() == []
    assert server.connections == 2
