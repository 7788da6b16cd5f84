"""A developer's machine is not the internet: who may ask, and how much they may send."""

from __future__ import annotations

import http.client
import re
import socket
import tracemalloc
from collections.abc import Iterator

import pytest
import requests

from lavaclient.sandbox import ManualClock, Sandbox
from lavaclient.sandbox.core.request_log import MOST_BYTES, MOST_OF_A_BODY, RequestLog
from lavaclient.sandbox.http.app import Application
from lavaclient.sandbox.http.messages import MAX_BODY
from lavaclient.sandbox.http.server import SandboxServer

RESET = "/_sandbox/reset"


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """A session that the environment has no say in."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def _authority(server: SandboxServer) -> str:
    return server.url.removeprefix("http://")


@pytest.mark.parametrize(
    "host", ["evil.test", "evil.test:80", "127.0.0.1.evil.test", "192.168.1.5", "[::1", "a b"]
)
@pytest.mark.parametrize("path", [RESET, "/identity/v2.0/tokens", "/dfw/v2/123456/limits"])
def test_a_name_that_dns_led_here_is_refused(
    server: SandboxServer, session: requests.Session, host: str, path: str
) -> None:
    """Whatever is asked: that is how a page reads what is not its own."""
    server.sandbox.add_user("kept", "k" * 32)
    answer = session.post(server.url + path, headers={"Host": host}, timeout=5)
    assert answer.status_code in {400, 403}
    assert "Host" in next(iter(answer.json().values()))["message"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.8.8.8", "[::1]:99"])
def test_the_loopback_interfaces_names_are_fine(
    server: SandboxServer, session: requests.Session, host: str
) -> None:
    answer = session.get(f"{server.url}/_sandbox/health", headers={"Host": host}, timeout=5)
    assert answer.status_code == 200


def test_names_may_be_allowed(sandbox: Sandbox, session: requests.Session) -> None:
    """As for a container that others know under a name of its own."""
    with SandboxServer(sandbox, allowed_hosts=["Lava.test"]) as server:
        for host, status in {"lava.test": 200, "LAVA.TEST:80": 200, "x.lava.test": 403}.items():
            url = f"{server.url}/_sandbox/health"
            assert session.get(url, headers={"Host": host}, timeout=5).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_other_page_may_use_the_control_api(
    server: SandboxServer, session: requests.Session, headers: dict[str, str]
) -> None:
    """A form or a fetch without CORS would be enough to wipe it."""
    answer = session.post(server.url + RESET, headers=headers, timeout=5)
    assert answer.status_code == 403
    read = session.get(f"{server.url}/_sandbox/requests", headers=headers, timeout=5)
    assert read.status_code == 403


def test_its_own_page_may(server: SandboxServer, session: requests.Session) -> None:
    for headers in ({"Origin": server.url}, {"Sec-Fetch-Site": "same-origin"}, {}):
        assert session.post(server.url + RESET, headers=headers, timeout=5).status_code == 204
    answer = session.get(
        f"{server.url}/_sandbox/health", headers={"Sec-Fetch-Site": "none"}, timeout=5
    )
    assert answer.status_code == 200


def test_a_body_that_is_announced_too_long_is_not_read(server: SandboxServer) -> None:
    connection = http.client.HTTPConnection(_authority(server), timeout=5)
    try:
        connection.putrequest("POST", "/identity/v2.0/tokens")
        connection.putheader("Content-Length", str(MAX_BODY + 1))
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 413
        assert answer.getheader("Retry-After") is None
        assert answer.getheader("Connection") == "close"
    finally:
        connection.close()


def test_a_chunked_body_has_the_same_bound(server: SandboxServer) -> None:
    """Nobody need announce how long it gets."""
    chunk = b"%x\r\n%b\r\n" % (65_536, b" " * 65_536)
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), 10) as wire:
        wire.sendall(
            b"POST /identity/v2.0/tokens HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        sent = 0
        try:
            while sent < 4 * MAX_BODY:
                wire.sendall(chunk)
                sent += 65_536
        except OSError:
            pass
        # It may have closed on what it did not want before we could read the answer.
        try:
            answer = wire.recv(65_536)
        except OSError:
            answer = b""
    assert sent < 4 * MAX_BODY
    assert not answer or answer.startswith(b"HTTP/1.1 413")


def test_a_body_of_the_longest_kind_is_read(server: SandboxServer) -> None:
    """And refused for what it is."""
    body = b'{"auth": {}}'.ljust(MAX_BODY)
    answer = requests.post(
        f"{server.auth_url}/tokens",
        body,
        headers={"Content-Type": "application/json"},
        timeout=30,
    )
    assert answer.status_code == 400
    assert "exactly one" in answer.text


def test_the_log_keeps_little_of_large_bodies(sandbox: Sandbox) -> None:
    """Sixty refused ones of 8 MiB do not stay in memory."""
    application = Application(sandbox)
    body = b"x" * MAX_BODY
    tracemalloc.start()
    try:
        for _ in range(60):
            application.handle("POST", "/identity/v2.0/tokens", (), body)
        assert tracemalloc.get_traced_memory()[0] < 10 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert {len(request.body) for request in sandbox.requests} == {MOST_OF_A_BODY}


def test_the_log_has_a_bound_in_all(sandbox: Sandbox) -> None:
    application = Application(sandbox)
    for number in range(1100):
        body = (b"%d" % number).ljust(MOST_OF_A_BODY)
        application.handle("POST", "/identity/v2.0/tokens", (), body)
    log: RequestLog = sandbox.requests
    assert sum(len(request.body) for request in log) <= MOST_BYTES
    assert log[-1].body.startswith(b"1099 ")
    assert 1000 < len(log) < 1100


class BrokenClock(ManualClock):
    """A clock that fails when it is told to."""

    broken = False

    def time(self) -> float:
        """The time, or an error that has nothing to do with the request."""
        if self.broken:
            raise ZeroDivisionError("the clock is broken")
        return super().time()


def test_an_error_of_its_own_is_a_500_with_a_body(session: requests.Session) -> None:
    """Nobody takes it for a broken network; the traceback is in the log."""
    clock, lines = BrokenClock(), list[str]()
    with SandboxServer(Sandbox(clock), log=lines.append) as server:
        clock.broken = True
        answer = session.get(f"{server.endpoint()}/limits", timeout=5)
        clock.broken = False
    assert answer.status_code == 500
    assert answer.json() == {
        "fault": {
            "code": 500,
            "message": "The sandbox failed: ZeroDivisionError: the clock is broken",
        }
    }
    assert any(re.search(r"Traceback[\s\S]*the clock is broken", line) for line in lines)


def test_in_process_an_error_of_its_own_is_raised_as_itself() -> None:
    clock = BrokenClock()
    application = Application(Sandbox(clock))
    clock.broken = True
    with pytest.raises(ZeroDivisionError, match="the clock is broken"):
        application.handle("GET", "/dfw/v2/123456/limits")
