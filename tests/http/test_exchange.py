"""The session that all goes over, and one exchange, where a healthy client does not get."""

from __future__ import annotations

import email.utils
import gzip
import http.client
import os
import re
import signal
import socket
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses
import urllib3
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token

from lavaclient import ConnectionError, Lava, LavaError, OverLimitError, TimeoutError
from lavaclient._system.clock import use_clock
from tests.support.clock import START, MovedClock, takes
from tests.support.fault_server import (
    CLUSTERS,
    FaultServer,
    Step,
    answer,
    drip,
    fin,
    raw,
    reset,
    stall,
)
from tests.support.threads import until

TCP_NODELAY = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
TOKEN = "f00dfeedf00dfeedf00dfeedf00dfeed"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as fault_server:
        yield fault_server


@pytest.fixture
def lava(server: FaultServer) -> Iterator[Lava]:
    with use_clock(MovedClock()):
        lava = Lava("user", token=TOKEN, endpoint=server.endpoint, timeout=2)
    with lava:
        yield lava


@pytest.fixture
def outside(server: FaultServer) -> Iterator[Lava]:
    """A client over a session from outside, which knows nothing of our deadlines."""
    with requests.Session() as wire:
        session = Session(auth=Token(server.endpoint, TOKEN), session=wire)
        with use_clock(MovedClock()):
            yield Lava(None, endpoint=server.endpoint, session=session, timeout=0.5, max_retries=1)


def create(lava: Lava) -> object:
    return lava.clusters.create("nightly", "HDP2.3_Hadoop", username="analyst", ssh_keys=["k"])


def test_a_session_from_outside_sends_a_create_once(server: FaultServer, outside: Lava) -> None:
    server.script = [reset]
    with pytest.raises(ConnectionError) as caught:
        create(outside)
    assert caught.value.maybe_applied
    assert len(server.requests) == 1


@pytest.mark.parametrize("step", [reset, fin])
def test_17_a_session_from_outside_sends_a_create_once_through_a_proxy(
    step: Step, server: FaultServer, outside: Lava, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.script = [step]
    with (
        Lava(None, endpoint="http://127.0.0.1:9/v2/1", session=outside.session) as lava,
        pytest.raises(
            ConnectionError, match=r"127\.0\.0\.1:9 through the proxy localhost"
        ) as caught,
    ):
        create(lava)
    assert caught.value.maybe_applied
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [403, 407])
def test_44_a_session_from_outside_tells_what_a_proxy_refused_to_carry(
    status: int, server: FaultServer, outside: Lava, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.script = [answer(status)]
    with (
        Lava(
            None, endpoint="https://dfw.example/v2/1", session=outside.session, max_retries=0
        ) as lava,
        pytest.raises(
            ConnectionError, match=f"the proxy localhost:{server.port} .*{status}"
        ) as caught,
    ):
        create(lava)
    assert not caught.value.maybe_applied


def test_26_silence_ends_in_time_over_a_session_from_outside(
    server: FaultServer, outside: Lava
) -> None:
    server.script = [stall]
    with pytest.raises(TimeoutError):
        create(outside)


def test_an_error_without_a_body_that_a_hook_has_read_says_what_its_status_means(
    server: FaultServer, lava: Lava
) -> None:
    server.script = [answer(404, b"")]
    lava.session.session.hooks["response"].append(
        lambda response, **_: response.content[:0] or None
    )
    with pytest.raises(LavaError) as caught:
        lava.scripts.delete("s")
    assert caught.value.message == "Not Found"


def test_each_exchange_is_a_line_in_the_log(
    server: FaultServer, lava: Lava, caplog: pytest.LogCaptureFixture
) -> None:
    server.script = [answer(headers={"x-request-id": "req-7"}), reset]
    started = time.monotonic()
    with caplog.at_level("DEBUG"):
        lava.clusters.list()
        with pytest.raises(ConnectionError) as caught:
            create(lava)
    lines = [entry.getMessage() for entry in caplog.records if entry.name == "lavaclient"]
    parts = [re.fullmatch(r"(\w+ \S+ \w+) (\d+) ms (\S+)", line) for line in lines]
    assert [match and (match[1], match[3]) for match in parts] == [
        ("GET clusters 200", "req-7"),
        ("POST clusters ConnectionError", caught.value.request_id),
    ]
    assert not any(entry.name.startswith("keystoneauth") for entry in caplog.records)
    spent = (time.monotonic() - started) * 1000
    assert all(match and int(match[2]) <= spent + 1 for match in parts)


BODIES = {
    "known length": answer(),
    "chunks": raw(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (29, CLUSTERS)
    ),
    "packed": answer(body=gzip.compress(CLUSTERS), headers={"Content-Encoding": "gzip"}),
    "packed, by its old name": answer(
        body=gzip.compress(CLUSTERS), headers={"Content-Encoding": "X-GZIP"}
    ),
    "deflated": answer(body=zlib.compress(CLUSTERS), headers={"Content-Encoding": "deflate"}),
    "not packed": answer(headers={"Content-Encoding": "identity"}),
    "no length": raw(HEAD + b"\r\n" + CLUSTERS),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_of_each_kind_is_read_over_a_session_of_ours_and_from_outside(
    kind: str, server: FaultServer, lava: Lava, outside: Lava
) -> None:
    server.script = [BODIES[kind], BODIES[kind]]
    assert lava.clusters.list() == outside.clusters.list() == []


@pytest.mark.parametrize(
    ("status", "names"),
    [
        *((status, True) for status in (401, 403, 407, 502, 503, 504)),
        *((status, False) for status in (400, 402, 404, 405, 408, 500, 505)),
    ],
)
def test_44_an_answer_that_a_proxy_may_have_given_names_the_proxy(
    status: int, names: bool, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.script = [answer(status)]
    with (
        Lava("user", token=TOKEN, endpoint="http://127.0.0.1:9/v2/1", max_retries=0) as lava,
        pytest.raises(LavaError) as caught,
    ):
        lava.clusters.list()
    message = f"{status} through the proxy localhost:{server.port}: "
    assert (message in f"{caught.value} {caught.value.__cause__}") is names


@pytest.mark.parametrize("head", [b"Content-Length: 99", b"Transfer-Encoding: chunked"])
def test_24_a_cut_body_over_a_session_from_outside_is_a_connection_error(
    head: bytes, server: FaultServer, outside: Lava
) -> None:
    server.script = [raw(HEAD + head + b"\r\n\r\n50\r\n{")]
    with pytest.raises(ConnectionError):
        outside.clusters.list()
    assert len(server.requests) == 2


def test_a_session_from_outside_tells_what_was_never_sent(outside: Lava) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        lava = Lava(
            None,
            endpoint=f"http://127.0.0.1:{holder.getsockname()[1]}/v2/1",
            session=outside.session,
            max_retries=0,
        )
        with pytest.raises(ConnectionError, match="refused") as caught:
            create(lava)
    assert not caught.value.maybe_applied


DRIPS = {
    "chunks": drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "known length": drip(HEAD + b"Content-Length: 9999\r\n\r\n"),
    "no length": drip(HEAD + b"Connection: close\r\n\r\n"),
}


@pytest.mark.parametrize("kind", DRIPS)
def test_26_a_body_that_drips_ends_in_time_over_a_session_from_outside(
    kind: str, server: FaultServer, outside: Lava
) -> None:
    server.script = [DRIPS[kind]]

    def run_out() -> None:
        with pytest.raises(TimeoutError):
            create(outside)

    assert takes(0.0, 0.75, run_out)


@pytest.mark.parametrize("path", ["", "?a=b", "/", "/two words", "/grün", "#part"])
def test_the_session_takes_any_url(path: str, server: FaultServer, lava: Lava) -> None:
    response = lava.session.get(f"{server.url}{path}", authenticated=False)
    assert response.content == CLUSTERS
    wanted = {"": "/", "?a=b": "/?a=b", "/two words": "/two%20words", "/grün": "/gr%C3%BCn"}
    assert server.requests[0].path == wanted.get(path, "/")


@pytest.mark.parametrize("body", ["grün", {"a": "b c"}, b"bytes", None])
def test_the_session_takes_any_body(body: object, server: FaultServer, lava: Lava) -> None:
    lava.session.post(f"{server.url}/x", data=body, authenticated=False)
    wanted = {str: "grün".encode(), dict: b"a=b+c", bytes: b"bytes", type(None): b""}
    assert server.requests[0].body == wanted[type(body)]


def test_the_session_works_without_a_timeout(server: FaultServer, lava: Lava) -> None:
    wire = lava.session.session
    assert wire.get(f"{server.url}/x").content == CLUSTERS
    assert wire.get(f"{server.url}/x", timeout=(1, 1)).content == CLUSTERS


def test_reading_on_after_the_time_is_over_is_an_error(server: FaultServer, lava: Lava) -> None:
    server.script = [answer(body=b" " * 10**6)]
    with lava.session.session.get(f"{server.url}/x", timeout=0.2, stream=True) as response:
        time.sleep(0.25)
        with pytest.raises(requests.ConnectionError, match="timed out"):
            response.raw.read(10)
            _ = response.content


def test_what_is_no_header_is_in_no_log(
    server: FaultServer, lava: Lava, caplog: pytest.LogCaptureFixture
) -> None:
    body = b"Content-Length: %d\r\n%s\r\n\r\n%s" % (len(CLUSTERS), TOKEN.encode(), CLUSTERS)
    server.script = [raw(b"HTTP/1.1 200 OK\r\n" + body)]
    with caplog.at_level("DEBUG"):
        lava.clusters.list()
    assert TOKEN not in caplog.text
    assert "Failed to parse" not in caplog.text


def test_31_no_header_is_printed_whatever_http_client_is_told(
    lava: Lava, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    lava.clusters.list()
    assert capsys.readouterr() == ("", "")


def test_connecting_is_an_audit_event_as_it_is_with_http_client(
    server: FaultServer, lava: Lava, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[tuple[object, ...]] = []
    monkeypatch.setattr(sys, "audit", lambda *event: events.append(event))
    lava.clusters.list()
    ((_, connection, *place),) = [event for event in events if event[0] == "http.client.connect"]
    assert isinstance(connection, http.client.HTTPConnection)
    assert place == ["localhost", server.port]


def test_42_a_search_for_hosts_that_is_patched_is_told_the_time(
    server: FaultServer, lava: Lava, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[float] = []
    source = ("127.0.0.1", 0)
    connect = urllib3.util.connection.create_connection

    def search(address: tuple[str, int], timeout: float, **options: Any) -> socket.socket:
        times.append(timeout)
        assert options == {"source_address": source, "socket_options": TCP_NODELAY}
        return connect(address, timeout, **options)

    pools = lava.session.session.get_adapter(server.url).poolmanager  # type: ignore[attr-defined]
    pools.connection_pool_kw["source_address"] = source
    monkeypatch.setattr(urllib3.util.connection, "create_connection", search)
    lava.clusters.list()
    assert [0.5 < seconds <= 2 for seconds in times] == [True]


def test_a_connection_begins_where_the_pools_are_told(server: FaultServer, lava: Lava) -> None:
    places: list[object] = []

    def note(connection: socket.socket) -> None:
        places.append(connection.getpeername())
        answer()(connection)

    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        place = chosen.getsockname()
    server.script = [note]
    adapter: Any = lava.session.session.get_adapter(server.url)
    adapter.poolmanager.connection_pool_kw["source_address"] = place
    lava.clusters.list()
    assert places == [place]
    (pool,) = adapter._pools.values()
    connection = pool._get_conn()
    assert connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    connection.close()


@pytest.mark.parametrize(("written", "host"), [("localhost", "localhost"), ("[::1]", "::1")])
def test_42_a_host_is_looked_up_as_it_is_written(
    written: str, host: str, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts: list[str] = []
    look_up = socket.getaddrinfo

    def search(name: str, port: int, *kind: Any) -> object:
        hosts.append(name)
        return look_up("localhost", server.port, *kind)

    monkeypatch.setattr(socket, "getaddrinfo", search)
    with Lava("user", token=TOKEN, endpoint=f"http://{written}:9/v2/1") as lava:
        assert lava.clusters.list() == []
    assert hosts == [host]


@pytest.mark.parametrize("lengths", [b"5, 6", b"5\r\nContent-Length: 6"])
def test_24_two_lengths_are_refused_and_the_socket_is_closed(
    lengths: bytes, server: FaultServer, lava: Lava
) -> None:
    ends: list[str] = []

    def wait(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: " + lengths + b"\r\n\r\n{}1234")
        connection.settimeout(5)
        try:
            ends.append(connection.recv(1).decode() or "closed")
        except OSError as failure:
            ends.append("closed" if isinstance(failure, ConnectionResetError) else str(failure))

    server.script = [wait]
    with pytest.raises(ConnectionError):
        create(lava)
    until(lambda: bool(ends))
    assert ends == ["closed"]


def test_27_no_spelling_of_a_host_leads_a_redirect_away(server: FaultServer, lava: Lava) -> None:
    with FaultServer() as foreign:
        evil = f"http://127.0.0.1:{foreign.port}\\@localhost:{server.port}/x"
        server.script = [answer(302, b"", {"Location": evil}), answer()]
        assert lava.clusters.list() == []
        assert foreign.connections == 0
    assert [request.path for request in server.requests] == ["/v2/123456/clusters", "/x"]


def test_28_a_marker_that_comes_again_with_another_limit_ends_the_list(
    server: FaultServer, lava: Lava
) -> None:
    page = b'{"clusters": [{"id": "c", "name": "n"}], "links": [{"rel": "next", "href": "%s"}]}'
    server.script = [answer(body=page % b"?marker=c&limit=%d" % n) for n in range(5)]
    with pytest.raises(Exception, match="points to a page that was read already"):
        lava.clusters.list()
    assert len(server.requests) == 2


def test_20_a_create_that_was_turned_away_each_time_was_not_carried_out(
    server: FaultServer, lava: Lava
) -> None:
    server.script = [answer(503, b"", {"Retry-After": "1"})]
    with pytest.raises(Exception, match="503") as caught:
        create(lava)
    assert not getattr(caught.value, "maybe_applied", None)
    assert len(server.requests) == 4


def test_19_a_404_after_a_503_with_retry_after_is_an_error(server: FaultServer, lava: Lava) -> None:
    server.script = [answer(503, b"", {"Retry-After": "1"}), answer(404, b"")]
    with pytest.raises(Exception, match="404"):
        lava.scripts.delete("s-1")


def test_18_maybe_applied_outlives_a_401(server: FaultServer, lava: Lava) -> None:
    server.script = [reset, answer(401, b"")]
    with pytest.raises(Exception, match="look before trying again") as caught:
        lava.clusters.resize("c-1", {"slave": {"count": 3}})
    assert getattr(caught.value, "maybe_applied", None)
    server.script = [reset, answer(401, b"")]
    with pytest.raises(Exception, match="no longer accepted") as caught:
        lava.clusters.get("c-1")
    assert not getattr(caught.value, "maybe_applied", None)


@responses.activate
@pytest.mark.parametrize("is_doubtful", [False, True])
def test_18_maybe_applied_outlives_an_attempt_that_was_never_sent(is_doubtful: bool) -> None:
    never_sent = requests.exceptions.ConnectTimeout()
    first = requests.exceptions.ReadTimeout() if is_doubtful else never_sent
    url = "http://localhost:1/v2/1"
    for failure in (first, never_sent):
        responses.delete(f"{url}/scripts/s", body=failure)
    with use_clock(MovedClock()):
        lava = Lava("user", token=TOKEN, endpoint=url, max_retries=1)
    with lava, pytest.raises(TimeoutError) as caught:
        lava.scripts.delete("s")
    assert caught.value.maybe_applied is is_doubtful


def test_21_a_date_counts_from_the_wall_clock_in_the_error_too(
    server: FaultServer, lava: Lava
) -> None:
    date = email.utils.formatdate(START + 90, usegmt=True)
    server.script = [raw(f"HTTP/1.1 429 No\r\nRetry-After: {date}\r\n\r\n".encode())]
    with pytest.raises(OverLimitError) as caught:
        lava.clusters.list()
    assert caught.value.retry_after == 90.0
    assert caught.value.request_id == server.requests[0].headers["client-request-id"]


def test_27_a_redirect_is_followed_in_the_last_second_too(server: FaultServer) -> None:
    server.script = [answer(302, headers={"Location": "/there"}), answer()]
    with Lava("user", token=TOKEN, endpoint=server.endpoint, timeout=0.95) as lava:
        assert lava.clusters.list() == []


def test_33_ctrl_c_in_the_middle_of_a_body_leaves_the_pool_usable(
    server: FaultServer, lava: Lava
) -> None:
    server.script = [drip(HEAD + b"Content-Length: 9999\r\n\r\n["), answer()]
    timer = threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        create(lava)
    timer.join()
    assert lava.clusters.list() == []
    assert len(server.requests) == 2


@responses.activate
def test_tools_that_hook_requests_see_each_request() -> None:
    responses.get("http://localhost:1/v2/1/clusters", body=CLUSTERS)
    responses.delete("http://localhost:1/v2/1/scripts/s", status=204)
    with Lava("user", token=TOKEN, endpoint="http://localhost:1/v2/1") as lava:
        assert lava.clusters.list() == []
        lava.scripts.delete("s")
    assert [call.request.headers["X-Auth-Token"] for call in responses.calls] == [TOKEN] * 2


def test_a_kept_connection_that_was_closed_meanwhile_is_opened_anew(
    server: FaultServer, lava: Lava
) -> None:
    def last(connection: socket.socket) -> None:
        answer()(connection)
        fin(connection)

    server.script = [last, answer()]
    assert lava.clusters.list() == []
    assert lava.clusters.list() == []
    assert (server.connections, len(server.requests)) == (2, 2)
