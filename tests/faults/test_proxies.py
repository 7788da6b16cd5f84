"""Row 44: what a connection's error says: the reason, and the host or file that it is about."""

from __future__ import annotations

import ssl
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import responses
import trustme

from lavaclient import AuthenticationError, ConnectionError, Lava, LavaError, RequestError
from tests.faults.conftest import TOKEN, Client, Serve
from tests.support import forward_proxy
from tests.support.fault_server import answer, dead_port, fin, raw
from tests.support.programs import run_python

FAR = "https://dfw.example/v2/123456"
NEAR = "http://127.0.0.1:9/v2/123456"
SECRET = "a-password-in-a-proxy-s-url"


def everything_said(failure: LavaError) -> str:
    return "".join(traceback.format_exception(failure))


@pytest.fixture(scope="module")
def real_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if forward_proxy.PROGRAM is None:
        pytest.skip("there is no tinyproxy")
    with forward_proxy.forward_proxy(tmp_path_factory.mktemp("proxy")) as port:
        yield f"127.0.0.1:{port}"


@pytest.fixture
def bundle(tmp_path: Path) -> tuple[str, ssl.SSLContext]:
    """A bundle, and what a server of its authority speaks."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path), context


@pytest.mark.parametrize("secure", [False, True])
def test_44_a_real_proxy_lets_through_who_has_its_password(
    secure: bool,
    real_proxy: str,
    bundle: tuple[str, ssl.SSLContext],
    serve: Serve,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user, password = forward_proxy.USER, forward_proxy.PASSWORD
    monkeypatch.setenv("ALL_PROXY", f"http://{user}:{password}@{real_proxy}")
    server = serve(context=bundle[1]) if secure else serve()
    lava = client(server, verify_ssl=bundle[0])
    assert lava.clusters.list() == lava.clusters.list() == []
    assert {request.path for request in server.requests} == {"/v2/123456/clusters"}
    assert "proxy-authorization" not in server.requests[0].headers


@pytest.mark.parametrize("credentials", ["", f"somebody:{SECRET}@"])
def test_44_a_real_proxy_s_wish_for_a_password_is_told(
    credentials: str, real_proxy: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"http://{credentials}{real_proxy}")
    with pytest.raises(ConnectionError) as far:
        client(FAR, max_retries=0).clusters.services("stop", "c", [])
    assert f"the proxy {real_proxy} wants a user name and a password (40" in str(far.value)
    assert not far.value.maybe_applied
    with pytest.raises(LavaError) as near:
        client(NEAR, max_retries=0).clusters.list()
    status, message = (401, "Unauthorized") if credentials else (407, "the proxy wants a user name")
    reason = f"{status} through the proxy {real_proxy}: {message}"
    assert reason in str(near.value) + str(near.value.__cause__)
    assert SECRET not in everything_said(far.value) + everything_said(near.value)


@pytest.mark.parametrize("status", [403, 502])
def test_44_a_proxy_that_refuses_is_named_with_its_status(
    status: int, serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(answer(status, b"<html><title>No way</title></html>"))
    place = f"localhost:{proxy.port}"
    monkeypatch.setenv("ALL_PROXY", f"http://me:{SECRET}@{place}")
    with pytest.raises(ConnectionError) as far:
        client(FAR, max_retries=0).clusters.list()
    assert f"the proxy {place} does not connect to dfw.example: {status} Some Reason" in str(
        far.value
    )
    with pytest.raises(RequestError) as near:
        client(NEAR, max_retries=0).clusters.list()
    assert f"{status} through the proxy {place}: No way" in str(near.value)
    assert SECRET not in everything_said(far.value) + everything_said(near.value)


def test_44_a_proxy_that_is_not_there_is_named(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dead_port() as port:
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(ConnectionError, match=f"127.0.0.1:{port} failed: Connection refused"):
            client(FAR).clusters.list()
    monkeypatch.setenv("ALL_PROXY", "http://proxy.invalid:3128")
    with pytest.raises(ConnectionError, match=r"proxy\.invalid:3128 failed: the name of the host"):
        client(FAR).clusters.list()
    proxy = serve(fin)
    monkeypatch.setenv("ALL_PROXY", f"http://localhost:{proxy.port}")
    with pytest.raises(
        ConnectionError, match=f"dfw.example through the proxy localhost:{proxy.port}"
    ):
        client(FAR, max_retries=0).clusters.list()


@pytest.mark.parametrize(
    "url",
    [
        *("http://", "http:///x", "://", "[", "http://["),
        *(f"socks9://me:{SECRET}@host", f"ftp://me:{SECRET}@127.0.0.1:1"),
        *(f"http://me:{SECRET}@host:port", f"me:{SECRET}@[", f"http://me:{SECRET}@odd@host:port"),
    ],
)
def test_44_a_malformed_proxy_is_quoted_without_its_password_and_tried_once(
    url: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(ConnectionError, match=r"the proxy '.+' cannot be used: \w+ \w+") as caught:
        # With retries it would take an hour of the clock.
        client(FAR, max_retries=9, retry_backoff=600).clusters.services("stop", "c", [])
    assert SECRET not in everything_said(caught.value)
    assert not caught.value.maybe_applied


def test_44_a_socks_proxy_without_pysocks_says_what_is_missing() -> None:
    lines = """
import sys
sys.modules["socks"] = None
from lavaclient import Lava, LavaError
try:
    Lava("user", token="t" * 32, endpoint="https://dfw.example/v2/123456").limits.get()
except LavaError as failure:
    print(failure)
"""
    ran = run_python(lines, environ={"ALL_PROXY": "socks5://127.0.0.1:1080", "PATH": ""})
    assert "the proxy '127.0.0.1:1080' cannot be used: Missing dependencies for SOCKS" in ran.stdout


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
@pytest.mark.parametrize("content", [None, "", "not PEM"])
def test_44_a_bundle_that_is_missing_or_unreadable_is_named(
    content: str | None,
    variable: str,
    client: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "bundle.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv(variable, str(path))
    with pytest.raises(ConnectionError) as caught:
        client(FAR, retry_backoff=600).clusters.list()
    assert str(path) in str(caught.value)
    assert "bundle" in str(caught.value).replace(str(path), "")


def test_44_a_client_certificate_that_is_missing_is_named(client: Client) -> None:
    lava = client(FAR)
    lava.session.session.cert = "/nowhere/client.pem"
    with pytest.raises(ConnectionError, match=r"certificate file.*/nowhere/client\.pem"):
        lava.clusters.list()


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "got more than 100 headers"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 99_999 + b"\r\n\r\n", "got more than 65536 bytes"),
        (b"\r\n\r\n", r"what answers there does not speak HTTP \(''\)"),
        (b"SSH-2.0-OpenSSH_9\r\n", r"does not speak HTTP \('SSH-2\.0-OpenSSH_9'\)"),
        (b"HTTP/2.0 200 OK\r\n\r\n", r"does not speak HTTP \('HTTP/2\.0'\)"),
        (b"", "Remote end closed connection without response"),
    ],
)
def test_44_what_a_host_sends_instead_of_an_answer_is_said_with_its_name(
    head: bytes, message: str, serve: Serve, client: Client
) -> None:
    server = serve(raw(head))
    with pytest.raises(ConnectionError, match=f"localhost:{server.port} failed: .*{message}"):
        client(server, max_retries=0).clusters.list()


def test_44_a_refused_certificate_and_a_silent_host_are_named(
    bundle: tuple[str, ssl.SSLContext], serve: Serve, client: Client
) -> None:
    server = serve(context=bundle[1])
    with pytest.raises(
        ConnectionError, match=f"localhost:{server.port} failed: certificate refused"
    ):
        client(server).clusters.list()
    silent = serve("mute")
    with pytest.raises(
        LavaError, match=f"no complete answer from localhost:{silent.port} within 0.3 s"
    ):
        client(silent, timeout=0.3, max_retries=0).clusters.list()


def test_44_a_mock_that_knows_no_such_url_says_so_and_which(client: Client) -> None:
    with responses.RequestsMock(), pytest.raises(ConnectionError) as caught:
        client(FAR, max_retries=0).clusters.list()
    assert "doesn't match any registered mock" in str(caught.value)
    assert f"{FAR}/clusters" in str(caught.value)
    assert TOKEN not in everything_said(caught.value)


def test_44_a_wrong_host_in_auth_url_is_named() -> None:
    with pytest.raises(AuthenticationError) as caught:
        Lava("me", "DFW", api_key=SECRET, auth_url="https://identity.invalid", max_retries=0)
    assert "connection to identity.invalid failed: the name of the host cannot be" in str(
        caught.value
    )
