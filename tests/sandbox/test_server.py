"""The server: sockets, threads, TLS, keep-alive."""

from __future__ import annotations

import builtins
import contextlib
import http.client
import socket
import ssl
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from lavaclient.sandbox import Fault, Sandbox
from lavaclient.sandbox.http.server import SandboxServer


def _connect(server: SandboxServer) -> socket.socket:
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=5)


def _say(server: SandboxServer, data: bytes) -> bytes:
    with _connect(server) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


def test_its_urls_point_at_it(server: SandboxServer) -> None:
    """For people and for environments."""
    assert server.auth_url == f"{server.url}/identity/v2.0"
    assert server.endpoint() == f"{server.url}/dfw/v2/123456"
    assert server.endpoint("ORD") == f"{server.url}/ord/v2/123456"
    assert repr(server) == f"<SandboxServer {server.url}>"
    assert server.environ() == {
        "LAVA_USERNAME": "sandbox",
        "LAVA_API_KEY": server.sandbox.api_key,
        "LAVA_REGION_NAME": "DFW",
        "LAVA_AUTH_URL": server.auth_url,
        "LAVA_TENANT_NAME": "123456",
    }


def test_one_connection_carries_many_requests(server: SandboxServer) -> None:
    """HTTP/1.1 as it should be."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=5)
    try:
        connection.connect()
        first = connection.sock
        for _ in range(3):
            connection.request("POST", "/identity/v2.0/tokens", b"{}")
            connection.getresponse().read()
            assert connection.sock is first
    finally:
        connection.close()


def test_a_request_without_host_is_answered(server: SandboxServer) -> None:
    """As HTTP/1.0 has it."""
    answer = _say(server, b"GET /dfw/v2/123456/limits HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401 Unauthorized\r\n")


def test_an_absolute_url_is_understood(server: SandboxServer) -> None:
    """As proxies send it."""
    line = f"GET {server.url}/_sandbox/clock HTTP/1.0\r\n\r\n"
    assert b'{"clock":' in _say(server, line.encode())


def test_head_brings_no_body(server: SandboxServer) -> None:
    """Only what there would be."""
    answer = _say(server, b"HEAD /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"404 Not Found" in head
    assert body == b""


def test_a_chunked_body_is_read(server: SandboxServer) -> None:
    """From clients that do not know its length."""
    answer = requests.post(
        server.auth_url + "/tokens",
        data=iter([b'{"auth": ', b"{}}"]),
        headers={"Content-Type": "application/json"},
        timeout=5,
    )
    assert answer.status_code == 400
    assert "exactly one" in answer.text
    assert server.sandbox.requests[-1].body == b'{"auth": {}}'


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: x",
        b"Content-Length: -5",
        b"Content-Length: 50",
        b"Transfer-Encoding: chunked",
    ],
)
def test_a_body_that_cannot_be_read_is_a_400(server: SandboxServer, header: bytes) -> None:
    """And nothing is carried out."""
    data = b"POST /identity/v2.0/tokens HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n\r\nzz"
    assert _say(server, data).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert len(server.sandbox.requests) == 0


def test_noise_is_answered_and_not_logged(
    server: SandboxServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """Bad request lines, and connections that say nothing."""
    assert b"400" in _say(server, b"\x16\x03\x01\r\n\r\n")
    assert _say(server, b"") == b""
    server.close()
    assert capfd.readouterr() == ("", "")


def test_a_line_is_logged_where_asked(sandbox: Sandbox) -> None:
    """One for each request."""
    lines: list[str] = []
    with SandboxServer(sandbox, log=lines.append) as server:
        requests.get(server.url + "/_sandbox/clock", timeout=5)
    assert len(lines) == 1
    assert lines[0].startswith("GET /_sandbox/clock 200 ")


def test_closing_ends_threads_and_connections_at_once(sandbox: Sandbox) -> None:
    """Idle ones and one that waits for a late answer."""
    before = set(threading.enumerate())
    server = SandboxServer(sandbox)
    sandbox.faults.add(Fault("latency", path="limits", seconds=60))
    with requests.Session() as session, _connect(server), ThreadPoolExecutor(1) as pool:
        session.get(server.url + "/_sandbox/clock", timeout=5)
        late = pool.submit(requests.get, server.endpoint() + "/limits", timeout=30)
        while sandbox.faults.list():
            threading.Event().wait(0.01)
        started = time.monotonic()
        server.close()
        server.close()
        assert time.monotonic() - started < 3
        assert late.result(5).status_code == 401
    assert set(threading.enumerate()) <= before
    with pytest.raises(OSError, match="refused"):
        _connect(server)


def test_a_port_in_use_is_an_os_error(server: SandboxServer) -> None:
    """Nothing is printed, nothing exits."""
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        SandboxServer(port=port)


def test_it_serves_over_ipv6(sandbox: Sandbox) -> None:
    """Where the machine has it."""
    try:
        server = SandboxServer(sandbox, host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    with server:
        assert server.url.startswith("http://[::1]:")
        assert requests.get(server.url + "/_sandbox/clock", timeout=5).status_code == 200


def test_many_clients_at_once_get_their_own_answers(server: SandboxServer) -> None:
    """And no cluster is lost or made twice."""
    with requests.Session() as session:
        auth = {"username": "sandbox", "apiKey": server.sandbox.api_key}
        body = {"auth": {"RAX-KSKEY:apiKeyCredentials": auth}}
        access = session.post(server.auth_url + "/tokens", json=body, timeout=5).json()
    headers = {"X-Auth-Token": access["access"]["token"]["id"]}

    def create(number: int) -> str:
        script = {"name": f"n{number}", "type": "POST_INIT", "url": "https://example.com"}
        answer = requests.post(
            server.endpoint() + "/scripts", json={"script": script}, headers=headers, timeout=10
        )
        name: str = answer.json()["script"]["name"]
        return name

    with ThreadPoolExecutor(16) as pool:
        names = list(pool.map(create, range(64)))
    assert names == [f"n{number}" for number in range(64)]
    assert len(server.sandbox.account().scripts) == 64


def test_tls_comes_with_a_certificate_that_can_be_checked(sandbox: Sandbox) -> None:
    """By the bundle that the environment names; resets and cuts work there too."""
    with SandboxServer(sandbox, tls=True) as server, requests.Session() as session:
        bundle = server.environ()["REQUESTS_CA_BUNDLE"]
        url = server.url + "/dfw/v2/123456/limits"
        assert url.startswith("https://127.0.0.1:")
        session.verify, session.trust_env = bundle, False
        assert session.get(url, timeout=5).status_code == 401
        sandbox.faults.add(Fault("reset_before"))
        with pytest.raises(requests.ConnectionError):
            session.get(url, timeout=5)
        assert session.get(url, timeout=5).status_code == 401
    assert not Path(bundle).exists()


def test_a_client_that_does_not_trust_the_certificate_harms_nobody(sandbox: Sandbox) -> None:
    """The next one is served."""
    with SandboxServer(sandbox, tls=True) as server:
        host, port = server.url.removeprefix("https://").rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=5) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                plain.recv(100)
        context = ssl.create_default_context()
        with socket.create_connection((host, int(port)), timeout=5) as raw:  # noqa: SIM117
            with pytest.raises(ssl.SSLCertVerificationError):
                context.wrap_socket(raw, server_hostname=host)
        bundle = server.environ()["REQUESTS_CA_BUNDLE"]
        answer = requests.get(server.url + "/_sandbox/clock", verify=bundle, timeout=5)
        assert answer.status_code == 200


def test_a_port_that_is_taken_leaves_no_certificate(
    server: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made when the port is there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use") as raised:
        SandboxServer(port=port, tls=True)
    # The error still holds what was made until then.
    assert raised.traceback
    assert list(tmp_path.iterdir()) == []


def test_tls_without_trustme_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an optional dependency."""
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "trustme":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(RuntimeError, match=r"pip install 'lavaclient\[sandbox-tls\]'"):
        SandboxServer(tls=True)
