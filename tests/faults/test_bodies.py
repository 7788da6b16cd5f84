"""Rows 24, 25, 27 to 29: bodies, redirects and next links that lie."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable

import pytest
import requests

from lavaclient import ApiError, ConnectionError, LavaError, NotFoundError
from tests.faults.conftest import TOKEN, Client, Serve
from tests.faults.test_transit import create
from tests.support.fault_server import CLUSTERS, FaultServer, answer, bomb, fin, raw, stall
from tests.support.programs import run_python

pytestmark = pytest.mark.usefixtures("no_collection")

SENSELESS = {
    "html": (b"<html><body>hi</body></html>", "HTML"),
    "empty": (b"", "empty"),
    "cut": (b'{"clusters": [', "truncated"),
    "not json": (b"hello", "not JSON"),
    "a list": (b"[]", "array"),
    "null": (b"null", "null"),
    "a missing key": (b"{}", "clusters"),
    "a wrong type": (b'{"clusters": 7}', "int"),
    "a wrong type within": (b'{"clusters": [{"id": [], "name": "n"}]}', r"clusters\[0\]\.id"),
    "not utf-8": (b'{"clusters": [{"id": "\xff", "name": "n"}]}', "UTF-8|utf-8"),
    "nan": (b'{"clusters": NaN}', "not JSON"),
    "deep": (b"[" * 200_000, "deep"),
}


@pytest.mark.parametrize("kind", SENSELESS)
def test_24_a_body_that_makes_no_sense_says_where(kind: str, serve: Serve, client: Client) -> None:
    body, message = SENSELESS[kind]
    server = serve(answer(body=body))
    with pytest.raises(ApiError, match=message) as caught:
        client(server).clusters.list()
    assert (caught.value.method, caught.value.path, caught.value.code) == ("GET", "clusters", 200)
    assert not caught.value.maybe_applied
    assert len(server.requests) == 1


def test_24_a_create_that_was_answered_with_nonsense_may_be_applied(
    serve: Serve, client: Client
) -> None:
    server = serve(answer(202, b"<html>"))
    with pytest.raises(ApiError, match="look before trying again") as caught:
        create(client(server))
    assert caught.value.maybe_applied
    assert len(server.requests) == 1


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TRANSFERS = {
    "bad gzip": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    "cut gzip": HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(CLUSTERS)[:-9],
    "unknown packing": HEAD + b"Content-Encoding: br\r\nContent-Length: 5\r\n\r\nhello",
    "packed twice": HEAD + b"Content-Encoding: gzip, gzip\r\nContent-Length: 5\r\n\r\nhello",
    "bad chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "short": HEAD + b"Content-Length: 900\r\n\r\n{}",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
    "a length that is none": HEAD + b"Content-Length: many\r\n\r\n{}",
    "a negative length": HEAD + b"Content-Length: -5\r\n\r\n{}",
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    "a long header": b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("kind", TRANSFERS)
def test_24_a_wrong_length_or_encoding_is_an_error_of_ours(
    kind: str, serve: Serve, client: Client
) -> None:
    server = serve(raw(TRANSFERS[kind]))
    with pytest.raises((ApiError, ConnectionError)):
        client(server, max_retries=1, timeout=2).clusters.list()


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("sent", ["", "1d\r\n", "1d\r\n{", "1\r\n{\r\n", "1\r\n{\r\n1", "xyz\r\n"])
def test_44_a_body_in_chunks_that_ends_too_early_is_said_to_break_off(
    sent: str, serve: Serve, client: Client
) -> None:
    def send(connection: socket.socket) -> None:
        connection.sendall(CHUNKED + sent.encode())
        fin(connection)

    with pytest.raises(ConnectionError, match="the answer broke off") as caught:
        client(serve(send), max_retries=0).clusters.list()
    assert "int()" not in str(caught.value)


@pytest.mark.parametrize("reads_first", [False, True])
def test_25_a_chunk_of_a_negative_size_is_not_read(
    reads_first: bool, serve: Serve, client: Client
) -> None:
    def send(connection: socket.socket) -> None:
        connection.sendall(CHUNKED + b"-1\r\n" + CLUSTERS)

    def read(response: requests.Response, **options: object) -> None:
        response.content  # noqa: B018 (a property that reads)

    lava = client(serve(send), max_retries=0, timeout=5)
    if reads_first:
        lava.session.session.hooks["response"].append(read)
    with pytest.raises(
        ConnectionError,
        match=r"failed: a chunk has a negative size \(" if reads_first else "broke off",
    ):
        lava.clusters.list()


def test_24_a_header_that_does_not_end_after_a_line_that_is_none_is_refused(
    serve: Serve, client: Client
) -> None:
    def send(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"no header\r\nX-Long: " + b"a" * 2**17)
        stall(connection)

    with pytest.raises(ConnectionError, match="got more than 65536 bytes"):
        client(serve(send), max_retries=0, timeout=5).limits.get()


@pytest.mark.parametrize(
    "line", [b"no header", b"A name: b", b"\xff: b", b"A: b\rc", b": b", b"A\x00: b"]
)
@pytest.mark.parametrize("after_103", [False, True])
def test_24_a_line_that_is_no_header_hides_no_other(
    line: bytes, after_103: bool, serve: Serve, client: Client
) -> None:
    def send(connection: socket.socket) -> None:
        interim = b"HTTP/1.1 103 Early Hints\r\n" + line + b"\r\n\r\n" if after_103 else b""
        length = b"\r\nContent-Length: %d\r\n\r\n" % len(CLUSTERS)
        connection.sendall(interim + HEAD + line + length + CLUSTERS)

    server = serve(send)
    lava = client(server, max_retries=0, timeout=5)
    assert lava.clusters.list() == lava.clusters.list() == []
    assert server.connections == 1


def test_a_packed_body_is_unpacked(serve: Serve, client: Client) -> None:
    server = serve(answer(body=gzip.compress(CLUSTERS), headers={"Content-Encoding": "gzip"}))
    assert client(server).clusters.list() == []
    assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


def test_25_a_body_over_the_limit_is_refused(serve: Serve, client: Client) -> None:
    def endless(connection: object) -> None:
        raw(HEAD + b"\r\n" + bytes(65 * 2**20))(connection)  # type: ignore[arg-type]

    with pytest.raises(ApiError, match="larger than 64 MiB"):
        client(serve(endless)).clusters.list()


def test_25_a_length_over_the_limit_is_not_even_read(serve: Serve, client: Client) -> None:
    server = serve(answer(length=2**40))
    with pytest.raises((ApiError, ConnectionError)):
        client(server, timeout=0.5, max_retries=0).clusters.list()


BOMBED = """
import resource, sys
from lavaclient import ApiError, Lava
with Lava("user", token="t" * 32, endpoint=sys.argv[1], timeout=60) as lava:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        lava.clusters.list()
    except ApiError as failure:
        print(failure.message)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_25_a_bomb_of_300_megabytes_takes_less_than_100() -> None:
    with FaultServer(bomb(300 * 2**20)) as server:
        ran = run_python(BOMBED, server.endpoint)
    message, taken = ran.stdout.splitlines()
    assert message == "the body is larger than 64 MiB"
    assert int(taken) < 100


REDIRECTS = {
    "another host": "http://127.0.0.1:{port}/v2/123456/clusters",
    "another port": "http://localhost:{port}/v2/123456/clusters",
    "another scheme": "https://localhost:{own}/v2/123456/clusters",
    "no scheme": "//127.0.0.1:{port}/x",
    "a file": "file:///etc/passwd",
    "nonsense": "http://[::1",
    "an odd port": "http://localhost:99999/",
    "nothing": "",
}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("kind", REDIRECTS)
def test_27_nothing_is_sent_to_another_place(
    status: int, kind: str, serve: Serve, client: Client
) -> None:
    foreign = serve()
    server = serve()
    target = REDIRECTS[kind].format(port=foreign.port, own=server.port)
    server.script = [answer(status, b"", {"Location": target})]
    lava = client(server)
    calls: tuple[Callable[[], object], ...] = (
        lava.clusters.list,
        lambda: create(lava),
        lambda: lava.scripts.delete("s"),
    )
    for call in calls:
        with pytest.raises(ApiError, match="redirect that is not followed") as caught:
            call()
        assert caught.value.code == status
    assert foreign.connections == 0
    assert len(server.requests) == 3


def test_27_a_redirect_without_a_location_is_an_error(serve: Serve, client: Client) -> None:
    with pytest.raises(ApiError):
        client(serve(answer(302, b""))).clusters.list()


def test_27_a_loop_ends(serve: Serve, client: Client) -> None:
    server = serve(answer(302, b"", {"Location": "/v2/123456/clusters"}))
    with pytest.raises(ApiError):
        client(server).clusters.list()
    assert len(server.requests) == 6


def test_a_get_follows_within_its_origin(serve: Serve, client: Client) -> None:
    server = serve(answer(302, b"", {"Location": "/other/path"}), answer())
    assert client(server).clusters.list() == []
    assert [request.path for request in server.requests] == ["/v2/123456/clusters", "/other/path"]
    assert server.requests[1].headers["x-auth-token"] == TOKEN


def page(numbers: range, href: str | None = None) -> bytes:
    links = [] if href is None else [{"rel": "next", "href": href}]
    clusters = [{"id": f"c-{number}", "name": "n"} for number in numbers]
    return json.dumps({"clusters": clusters, "links": links}).encode()


NEXT = [
    "http://127.0.0.1:{port}/1234/clusters&limit=2&marker=c-1",
    "https://other.example/v2/1234/clusters?limit=2&amp;marker=c-1",
    "/clusters?marker=c-1&limit=2",
    "file:///etc/passwd?limit=2&marker=c-1",
]


@pytest.mark.parametrize("href", NEXT)
def test_28_only_the_marker_of_a_next_link_counts(href: str, serve: Serve, client: Client) -> None:
    foreign = serve()
    first = page(range(2), href.format(port=foreign.port))
    server = serve(answer(body=first), answer(body=page(range(2, 4))))
    assert [cluster.id for cluster in client(server).clusters.list()] == [
        "c-0",
        "c-1",
        "c-2",
        "c-3",
    ]
    assert [request.path for request in server.requests] == [
        "/v2/123456/clusters",
        "/v2/123456/clusters?marker=c-1&limit=2",
    ]
    assert foreign.connections == 0


def test_28_an_empty_page_ends_the_list(serve: Serve, client: Client) -> None:
    server = serve(
        answer(body=page(range(1), "?marker=c-0")), answer(body=page(range(0), "?marker=c-9"))
    )
    assert len(client(server).clusters.list()) == 1
    assert len(server.requests) == 2


def test_28_a_marker_is_sent_as_it_was_meant(serve: Serve, client: Client) -> None:
    first = page(range(1), "?marker=a%2Fb%20c&limit=oops")
    server = serve(answer(body=first), answer(body=page(range(0))))
    client(server).clusters.list()
    assert server.requests[1].path == "/v2/123456/clusters?marker=a%2Fb+c"


@pytest.mark.parametrize("href", ["?marker=c-0", "?limit=3", "nonsense", ""])
def test_28_a_link_that_leads_nowhere_new_is_an_error(
    href: str, serve: Serve, client: Client
) -> None:
    server = serve(answer(body=page(range(1), href)))
    with pytest.raises(ApiError, match="next link"):
        client(server).clusters.list()
    assert len(server.requests) <= 2


def test_28_a_list_without_end_is_an_error(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lavaclient.api._pagination._MOST_PAGES", 5)
    server = serve(*(answer(body=page(range(1), f"?marker={number}")) for number in range(9)))
    with pytest.raises(ApiError, match="does not end"):
        client(server).clusters.list()
    assert len(server.requests) == 5


def test_29_a_page_that_fails_for_good_is_an_error_and_no_short_list(
    serve: Serve, client: Client
) -> None:
    server = serve(
        answer(body=page(range(2), "?marker=c-1")),
        answer(body=page(range(2, 4), "?marker=c-3")),
        answer(500, b""),
    )
    with pytest.raises(LavaError) as caught:
        client(server).clusters.list()
    assert caught.value.code == 500
    assert caught.value.path == "clusters?marker=c-3"


def test_a_late_page_may_pass(serve: Serve, client: Client) -> None:
    server = serve(
        answer(body=page(range(2), "?marker=c-1")), answer(500, b""), answer(body=page(range(2, 3)))
    )
    assert len(client(server).clusters.list()) == 3


def test_an_answer_to_a_name_is_looked_up_once(serve: Serve, client: Client) -> None:
    missing = answer(404, b'{"fault": {"code": 404, "message": "no such"}}')
    server = serve(missing, answer(body=CLUSTERS))
    with pytest.raises(NotFoundError, match="no such"):
        client(server).clusters.get("nightly")
    assert len(server.requests) == 2
