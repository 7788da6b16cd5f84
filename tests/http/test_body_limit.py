"""Row 25: the limit of a body, to the byte."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator

import pytest
import requests
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token

from lavaclient import ApiError, ConnectionError, Lava, error
from lavaclient._http import exchange, failures, session
from tests.support.fault_server import CLUSTERS, FaultServer, Step, answer, raw

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LIMIT = 64 * 2**20
SMALL = 50_000


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as started:
        yield started


@pytest.fixture
def lava(server: FaultServer) -> Iterator[Lava]:
    options = {"timeout": 30.0, "max_retries": 0}
    with Lava("user", token="t" * 32, endpoint=server.endpoint, **options) as lava:  # type: ignore[arg-type]
        yield lava


@pytest.fixture
def _small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (exchange, failures, session):
        monkeypatch.setattr(module, "BODY_LIMIT", SMALL)


def body(size: int) -> bytes:
    return CLUSTERS + b" " * (size - len(CLUSTERS))


def chunked(data: bytes) -> Step:
    pieces = (data[at : at + 9_000] for at in range(0, len(data), 9_000))
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    head = HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    return raw(head + chunks + b"0\r\n\r\n")


def packed(data: bytes) -> Step:
    return answer(body=gzip.compress(data), headers={"Content-Encoding": "gzip"})


KINDS: dict[str, Callable[[bytes], Step]] = {
    "known length": lambda data: answer(body=data),
    "no length": lambda data: raw(HEAD + b"\r\n" + data),
    "chunks": chunked,
    "packed": packed,
    "packed by another name": lambda data: answer(
        body=gzip.compress(data), headers={"Content-Encoding": " X-GZip "}
    ),
    "no packing": lambda data: answer(body=data, headers={"Content-Encoding": "utf-8"}),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("_small_limit")
def test_25_a_body_of_just_the_limit_is_read_and_one_byte_more_is_not(
    kind: str, server: FaultServer, lava: Lava
) -> None:
    server.script = [KINDS[kind](body(SMALL)), KINDS[kind](body(SMALL + 1))]
    assert lava.clusters.list() == []
    with pytest.raises(ApiError, match="the body is larger than"):
        lava.clusters.list()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("_small_limit")
def test_25_a_hook_that_reads_a_body_first_meets_the_same_limit(
    kind: str, server: FaultServer, lava: Lava
) -> None:
    sizes = []

    def read(response: requests.Response, **options: object) -> None:
        sizes.append(len(response.content))

    lava.session.session.hooks["response"].append(read)
    server.script = [KINDS[kind](body(SMALL)), KINDS[kind](body(SMALL + 1))]
    assert lava.clusters.list() == []
    with pytest.raises(ApiError, match="the body is larger than"):
        lava.clusters.list()
    assert sizes == [SMALL]


def test_25_a_length_over_64_mib_is_refused_before_anything_of_it_has_come(
    server: FaultServer, lava: Lava
) -> None:
    head = HEAD + b"Content-Length: %d\r\n\r\n"
    server.script = [raw(head % (LIMIT + 1)), raw(head % LIMIT)]
    with pytest.raises(ApiError) as caught:
        lava.clusters.list()
    assert caught.value.message == "the body is larger than 64 MiB"
    with pytest.raises(ConnectionError):
        lava.clusters.list()


@pytest.mark.parametrize("name", ["br", "gzip, gzip", "utf-16", "aws-chunked, gzip"])
def test_24_a_packing_that_was_not_asked_for_is_an_api_error(
    name: str, server: FaultServer, lava: Lava
) -> None:
    server.script = [answer(headers={"Content-Encoding": name})]
    with pytest.raises(ApiError) as caught:
        lava.clusters.list()
    assert caught.value.message == "the body has a Content-Encoding that was not asked for"


@pytest.mark.parametrize(
    "name", ["", " ", "identity", "Identity", "none", "UTF-8", "utf8", "binary", "aws-chunked"]
)
def test_50_a_packing_that_is_none_is_read_as_it_is(
    name: str, server: FaultServer, lava: Lava
) -> None:
    server.script = [answer(headers={"Content-Encoding": name})]
    assert lava.clusters.list() == []


def test_50_a_plain_session_of_the_caller_accepts_blanks_around_an_encoding(
    server: FaultServer,
) -> None:
    server.script = [KINDS["packed by another name"](CLUSTERS)]
    session = Session(auth=Token(server.endpoint, "t" * 32))
    with Lava(None, endpoint=server.endpoint, session=session, max_retries=0) as lava:
        assert lava.clusters.list() == []


def test_24_a_body_that_cannot_be_unpacked_says_so(server: FaultServer, lava: Lava) -> None:
    server.script = [answer(body=b"hello", headers={"Content-Encoding": "gzip"})]
    with pytest.raises(error.ApiError) as caught:
        lava.clusters.list()
    assert caught.value.message == "the body cannot be decompressed"
