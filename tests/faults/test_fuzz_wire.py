"""Any bytes on the wire and any options: only errors of ours come out."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lavaclient import InsecureTransportWarning, Lava, LavaError
from lavaclient._system.clock import use_clock
from tests.faults.conftest import TOKEN
from tests.support.clock import MovedClock
from tests.support.fake_cloud import KEY, USER
from tests.support.fault_server import FaultServer, answer, raw

OK = b"HTTP/1.1 200 OK\r\n"
PIECES = st.sampled_from(
    [
        OK,
        b"\r\n",
        b"\r\n\r\n",
        b"Content-Length: ",
        b"Content-Encoding: gzip\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Location: ",
        b"0\r\n\r\n",
        b"\x1f\x8b\x08",
        b'{"limits": ',
    ]
)
NOISE = st.lists(PIECES | st.binary(max_size=20) | st.integers().map(lambda n: b"%d" % n))
OPTIONS = [
    "username",
    "region",
    "token",
    "api_key",
    "auth_url",
    "tenant_id",
    "endpoint",
    "verify_ssl",
    "timeout",
    "max_retries",
    "retry_backoff",
    "session",
]
ODD: st.SearchStrategy[object] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(10**400, 10**401),
    st.floats(),
    st.binary(max_size=5),
    st.text(max_size=30),
    st.lists(st.text(max_size=3), max_size=2),
    st.builds(object),
)


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as fault_server:
        yield fault_server


@pytest.fixture(scope="module")
def lava(server: FaultServer) -> Iterator[Lava]:
    with use_clock(MovedClock()):
        lava = Lava(USER, token=TOKEN, endpoint=server.endpoint, timeout=5, max_retries=0)
    with lava:
        yield lava


@settings(max_examples=300)
@given(NOISE.map(b"".join))
@example(b": no name\r\n\r\n")
@example(b" folded\r\n\r\n")
@example(b"Transfer-Encoding: chunked\r\n\r\n-1\r\n")
@example(b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n")
@example(b"Content-Length: 5, 6\r\n\r\nabcdef")
@example(b"Content-Encoding: deflate\r\nContent-Length: 2\r\n\r\n\x78\x9c")
def test_any_bytes_on_the_wire_are_an_error_of_ours(
    server: FaultServer, lava: Lava, noise: bytes
) -> None:
    for start in (b"", OK):
        server.script = [raw(start + noise)]
        with pytest.raises(LavaError):
            lava.limits.get()


@settings(max_examples=150)
@given(NOISE.map(b"".join))
def test_any_bytes_as_the_answer_to_a_sign_in_are_an_error_of_ours(
    server: FaultServer, noise: bytes
) -> None:
    server.script = [raw(OK + noise)]
    with pytest.raises(LavaError):
        Lava(USER, "DFW", api_key=KEY, auth_url=server.url, max_retries=0)


@settings(max_examples=250)
@given(st.dictionaries(st.sampled_from(OPTIONS), ODD, min_size=1, max_size=3))
@example({"endpoint": "http://[::1/v2/1"})
@example({"timeout": 10**400})
@example({"max_retries": "1e400"})
@example({"verify_ssl": "\ud800"})
@example({"username": "\ud800"})
def test_any_option_is_taken_or_an_error_of_ours(
    server: FaultServer, odd: dict[str, object]
) -> None:
    server.script = [answer(401, b"")]
    arguments = {
        "username": USER,
        "token": TOKEN,
        "endpoint": server.endpoint,
        "max_retries": 0,
        **odd,
    }
    # Nothing but this server may be asked, and it refuses every token and key.
    arguments["auth_url"] = odd.get("auth_url") or server.url
    with contextlib.suppress(LavaError), warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureTransportWarning)
        with use_clock(MovedClock()), Lava(**arguments) as lava:  # type: ignore[arg-type]
            assert TOKEN not in repr(lava)
