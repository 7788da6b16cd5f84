"""Which of the certificates' and proxies' settings counts where there are several."""

from __future__ import annotations

import gc
import ssl
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import trustme
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token

from lavaclient import Lava, error
from lavaclient._http.failures import NEVER_SENT, UnusableSettingError
from lavaclient._http.session import HTTPSession, check_bundle, renew_session
from lavaclient._system.clock import use_clock
from tests.support.clock import MovedClock
from tests.support.fault_server import FaultServer, answer
from tests.support.threads import together

URL = "https://dfw.example/v2/1/clusters"
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture
def session() -> Iterator[HTTPSession]:
    with HTTPSession() as opened:
        yield opened


def settings(
    session: HTTPSession, verify: bool | str | None = None, url: str = URL, **options: object
) -> dict[str, object]:
    named = {"proxies": None, "stream": None, "cert": None, **options}
    return session.merge_environment_settings(url, verify=verify, **named)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("own", "wanted", "bundle", "meant"),
    [
        (True, None, None, True),
        (True, True, None, True),
        (True, True, "/env.pem", "/env.pem"),
        (True, None, "/env.pem", "/env.pem"),
        (True, True, "", True),
        (True, False, "/env.pem", False),
        (True, "/asked.pem", "/env.pem", "/asked.pem"),
        ("/own.pem", True, "/env.pem", "/own.pem"),
        ("/own.pem", None, "/env.pem", "/own.pem"),
        ("/own.pem", "/asked.pem", "/env.pem", "/asked.pem"),
        ("/own.pem", False, "/env.pem", False),
        (False, True, "/env.pem", False),
        (False, None, None, False),
        (False, "/asked.pem", "/env.pem", "/asked.pem"),
    ],
)
def test_of_the_settings_of_certificates_the_nearest_counts(
    session: HTTPSession,
    monkeypatch: pytest.MonkeyPatch,
    own: bool | str,
    wanted: bool | str | None,
    bundle: str | None,
    meant: bool | str,
) -> None:
    if bundle is not None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    session.verify = own
    assert settings(session, wanted)["verify"] == meant
    assert type(settings(session, wanted)["verify"]) is type(meant)


@pytest.mark.parametrize("first", range(4))
def test_of_the_bundles_of_the_environment_the_first_counts(
    session: HTTPSession, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    for name in BUNDLES[:first]:
        monkeypatch.setenv(name, "")
    for name in BUNDLES[first:]:
        monkeypatch.setenv(name, f"/{name}.pem")
    assert settings(session, True)["verify"] == f"/{BUNDLES[first]}.pem"


def test_the_environment_is_looked_up_once_for_each_origin(
    session: HTTPSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/first.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://first.example:3128")
    before = settings(session)
    monkeypatch.setenv("SSL_CERT_FILE", "/second.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://second.example:3128")
    assert settings(session, url="https://dfw.example/another") == before
    other = settings(session, url="https://ord.example/v2/1")
    assert other["verify"] == "/second.pem"
    assert other["proxies"] == {"https": "http://second.example:3128"}


def test_of_the_settings_of_proxies_the_nearest_counts(
    session: HTTPSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://env.example:1")
    monkeypatch.setenv("HTTP_PROXY", "http://env.example:1")
    assert settings(session)["proxies"] == dict.fromkeys(("http", "https"), "http://env.example:1")
    session.proxies["https"] = "http://own.example:2"
    assert settings(session)["proxies"] == {
        "http": "http://env.example:1",
        "https": "http://own.example:2",
    }
    wanted = {"https": "http://asked.example:3"}
    merged = settings(session, proxies=wanted)["proxies"]
    assert merged == {"http": "http://env.example:1", **wanted}


def test_no_proxy_leaves_a_host_out(session: HTTPSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://env.example:1")
    monkeypatch.setenv("NO_PROXY", "dfw.example")
    assert settings(session)["proxies"] == {}
    assert settings(session, url="https://ord.example/")["proxies"]


def test_a_certificate_and_the_stream_of_a_request_go_before_the_sessions(
    session: HTTPSession,
) -> None:
    session.cert, session.stream = "/own.pem", True
    assert settings(session)["cert"] == "/own.pem"
    assert settings(session, cert="/asked.pem")["cert"] == "/asked.pem"
    assert settings(session)["stream"] is True
    assert settings(session, stream=False)["stream"] is False


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as started:
        yield started


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("{url}/v2/1/clusters", "/v2/1/clusters"),
        ("{url}/a%20b?c=d%26", "/a%20b?c=d%26"),
        ("{url}/", "/"),
        ("{url}", "/"),
        ("{url}?a=b", "/?a=b"),
        ("{url}/two words", "/two%20words"),
        ("{url}/tab\tstop", "/tab%09stop"),
        ("{url}/\x7f", "/%7F"),
        ('{url}/"<|>^`{{}}', "/%22%3C%7C%3E%5E%60%7B%7D"),
        ("{url}/50%?a=%zz", "/50%25?a=%25zz"),
        ("{url}/x?a=b#c", "/x?a=b"),
        ("{url}/a/../b", "/b"),
        ("{url}/./b", "/b"),
        (" {url}/x", "/x"),
        ("{url}/grün", "/gr%C3%BCn"),
        ("HTTP://LOCALHOST:{port}/x", "/x"),
        ("http://LOCALHOST:{port}/x", "/x"),
        ("http://ada:pw@localhost:{port}/x", "/x"),
    ],
)
def test_a_url_is_sent_as_requests_sends_it(
    session: HTTPSession, server: FaultServer, url: str, path: str
) -> None:
    address = url.format(url=server.url, port=server.port)
    assert session.request("GET", address, timeout=5).status_code == 200
    with requests.Session() as plain:
        plain.get(address, timeout=5)
    (ours, theirs) = (request for request in server.requests)
    assert ours.path == theirs.path == path
    for name in ("host", "authorization"):
        assert ours.headers.get(name) == theirs.headers.get(name)


@pytest.mark.parametrize(
    "url", ["ftp://localhost/x", "http:///x", "http://a b/x", "http://a!/x", "localhost/x", "/x"]
)
def test_what_is_no_url_of_a_host_is_refused_as_requests_does(
    session: HTTPSession, url: str
) -> None:
    with requests.Session() as plain, pytest.raises(requests.RequestException) as theirs:
        plain.get(url)
    with pytest.raises(requests.RequestException) as ours:
        session.request("GET", url)
    assert type(ours.value) is type(theirs.value)


def test_what_a_request_alone_sets_is_sent(session: HTTPSession, server: FaultServer) -> None:
    url = f"{server.url}/x"
    session.request("POST", url, {"a": "1"}, timeout=5)
    session.request("POST", url, params={"a": "1"}, data=b"text", timeout=5)
    assert [request.path for request in server.requests] == ["/x?a=1"] * 2
    assert server.requests[1].body == b"text"


def test_a_bundle_is_a_file_or_a_directory_that_is_there(tmp_path: Path) -> None:
    for verify in (True, str(tmp_path), requests.utils.DEFAULT_CA_BUNDLE_PATH):
        check_bundle(verify)
    with pytest.raises(error.InvalidError, match=r"^verify_ssl: there is no file '.*none\.pem'$"):
        check_bundle(str(tmp_path / "none.pem"))


@pytest.mark.parametrize("url", ["http://localhost:99999/x", "https://localhost:-1/x"])
def test_16_a_port_that_is_none_was_never_asked(session: HTTPSession, url: str) -> None:
    with pytest.raises(requests.exceptions.InvalidURL) as caught:
        session.request("GET", url, timeout=5)
    assert getattr(caught.value, NEVER_SENT) is True


def test_each_setting_of_a_session_alone_is_sent(session: HTTPSession, server: FaultServer) -> None:
    url = f"{server.url}/x"
    session.headers["X-Mine"] = "1"
    session.request("GET", url, timeout=5)
    del session.headers["X-Mine"]
    session.auth = ("ada", "secret")
    session.request("GET", url, timeout=5)
    session.auth, session.params = None, {"mine": "1"}
    session.request("GET", url, timeout=5)
    session.params = {}
    session.request("POST", url, timeout=5, data="text")
    first, second, third, fourth = server.requests
    assert (first.headers["x-mine"], first.path) == ("1", "/x")
    assert second.headers["authorization"].startswith("Basic ")
    assert "x-mine" not in second.headers
    assert (third.path, "authorization" in third.headers) == ("/x?mine=1", False)
    assert (fourth.path, fourth.body) == ("/x", b"text")


@pytest.mark.parametrize("name", ["request", "prepare_request"])
def test_what_a_tool_puts_in_place_of_requests_own_is_called(
    session: HTTPSession, server: FaultServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    calls = []
    own = getattr(requests.Session, name)

    def noted(*arguments: object, **options: object) -> object:
        calls.append(name)
        return own(*arguments, **options)

    monkeypatch.setattr(requests.Session, name, noted)
    session.request("GET", f"{server.url}/x", timeout=5)
    assert calls == [name]


def test_a_redirect_is_left_to_who_asked(session: HTTPSession, server: FaultServer) -> None:
    server.script = [answer(302, headers={"Location": "/there"})] * 2
    assert session.request("GET", f"{server.url}/x", timeout=5).status_code == 302
    session.headers["X-Mine"] = "1"
    assert session.request("GET", f"{server.url}/x", timeout=5).status_code == 302
    assert len(server.requests) == 2


def test_no_cookie_is_kept(session: HTTPSession, server: FaultServer) -> None:
    server.script = [answer(headers={"Set-Cookie": "a=b; Path=/"})]
    for _ in range(2):
        session.request("GET", f"{server.url}/x", timeout=5)
    session.headers["X-Mine"] = "1"
    session.request("GET", f"{server.url}/x", timeout=5)
    assert not any("cookie" in request.headers for request in server.requests)


def test_each_origin_has_connections_of_its_own(session: HTTPSession, server: FaultServer) -> None:
    with FaultServer() as other:
        for _ in range(2):
            session.request("GET", f"{server.url}/here", timeout=5)
            session.request("GET", f"{other.url}/there", timeout=5)
    assert [request.path for request in server.requests] == ["/here"] * 2
    assert [request.path for request in other.requests] == ["/there"] * 2
    assert (server.connections, other.connections) == (1, 1)


def test_a_body_is_iterated_over_as_with_requests(
    session: HTTPSession, server: FaultServer
) -> None:
    server.script = [answer(body=b"0123456789" * 3)] * 2
    in_bytes, in_text = (
        session.request("GET", f"{server.url}/x", timeout=5, stream=True) for _ in range(2)
    )
    assert list(in_bytes.iter_content(20)) == [b"0123456789" * 2, b"0123456789"]
    in_text.encoding = "ascii"
    assert list(in_text.iter_content(20, decode_unicode=True)) == ["0123456789" * 2, "0123456789"]


def test_a_response_tells_hooks_what_one_of_requests_does(
    session: HTTPSession, server: FaultServer
) -> None:
    server.script = [answer(headers={"Content-Type": "text/plain; charset=latin-1"})]
    url = f"{server.url}/x"
    response = session.request("GET", url, timeout=5)
    assert (response.status_code, response.reason) == (200, "Some Reason")
    assert (response.url, response.encoding) == (url, "latin-1")
    assert response.request.url == url
    assert response.connection is session.get_adapter(url)


def test_a_url_without_tls_needs_no_bundle(
    session: HTTPSession, server: FaultServer, tmp_path: Path
) -> None:
    (bundle := tmp_path / "ca.pem").write_text("not a certificate")
    response = session.request("GET", f"{server.url}/x", timeout=5, verify=str(bundle))
    assert response.status_code == 200


def test_a_session_that_was_renewed_sends_over_new_connections(
    session: HTTPSession, server: FaultServer
) -> None:
    bundle = requests.utils.DEFAULT_CA_BUNDLE_PATH
    session.request("GET", f"{server.url}/x", timeout=5, verify=bundle)
    pools = weakref.ref(session.get_adapter(server.url).poolmanager)  # type: ignore[attr-defined]
    renew_session(Session(session=session))
    gc.collect()
    parents_pools = pools()
    assert parents_pools is not None  # closing them would end the parent's connections
    session.request("GET", f"{server.url}/x", timeout=5, verify=bundle)
    assert (server.connections, len(server.requests)) == (2, 2)
    parents_pools.clear()


class _LockingToken(Token):
    """Has a lock for its sign-ins, as keystoneauth1's own plugins have."""

    def __init__(self) -> None:
        super().__init__("https://a", "t0ken")
        self._lock = threading.RLock()


def test_a_session_that_was_renewed_has_locks_that_nobody_holds(session: HTTPSession) -> None:
    plugin = _LockingToken()
    with plugin._lock, session.cookies._cookies_lock:
        renew_session(Session(auth=plugin, session=session))
        locks = (plugin._lock, session.cookies._cookies_lock)
        is_open = together(1, lambda _: [lock.acquire(False) for lock in locks])
    assert is_open == [[True, True]]


def test_of_the_connections_of_an_origin_64_are_kept(session: HTTPSession) -> None:
    request = requests.Request("GET", URL).prepare()
    adapter = session.get_adapter(URL)
    pool = adapter.get_connection_with_tls_context(request, True)  # type: ignore[attr-defined]
    connections = [pool._get_conn() for _ in range(65)]
    for connection in connections:
        pool._put_conn(connection)
    again = [pool._get_conn() for _ in range(65)]
    assert again[:64] == connections[63::-1]
    assert again[64] not in connections


class _PlainAdapter(requests.adapters.BaseAdapter):
    """Has no pools, and no state to renew."""

    def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize("auth", [None, Token("https://a", "t0ken")])
def test_what_has_no_pools_and_no_locks_is_left_as_it_is_in_a_child(auth: Token | None) -> None:
    plain = _PlainAdapter()
    with requests.Session() as wire:
        wire.mount("fake://", plain)
        pools = wire.get_adapter("http://a").poolmanager  # type: ignore[attr-defined]
        renew_session(Session(auth=auth, session=wire))
        assert vars(plain) == {}
        assert not hasattr(auth, "_lock")
        assert wire.get_adapter("http://a").poolmanager is not pools  # type: ignore[attr-defined]


def test_a_proxy_set_later_and_taken_away_again_counts(
    session: HTTPSession, server: FaultServer
) -> None:
    with FaultServer() as proxy:
        for proxies in ({}, {"http": proxy.url}, {}):
            session.proxies = proxies
            session.request("GET", f"{server.url}/x", timeout=5)
    assert (len(server.requests), len(proxy.requests)) == (2, 1)


@pytest.fixture
def secure() -> Iterator[FaultServer]:
    """Speaks TLS, with a certificate that nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with FaultServer(context=context) as started:
        yield started


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_a_connection_without_verification_serves_no_request_with_it(
    secure: FaultServer, session: HTTPSession
) -> None:
    session.request("GET", f"{secure.url}/x", timeout=5, verify=False)
    with pytest.raises(requests.exceptions.SSLError):
        session.request("GET", f"{secure.url}/x", timeout=5, verify=True)
    assert len(secure.requests) == 1


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_a_client_certificate_that_is_set_later_counts(
    secure: FaultServer, session: HTTPSession
) -> None:
    session.request("GET", f"{secure.url}/x", timeout=5, verify=False)
    session.cert = "/nowhere/client.pem"
    with pytest.raises(UnusableSettingError, match=r"/nowhere/client\.pem"):
        session.request("GET", f"{secure.url}/x", timeout=5, verify=False)
    assert len(secure.requests) == 1


def test_nothing_is_looked_up_in_netrc(
    session: HTTPSession, server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login ada password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    session.request("GET", f"{server.url}/x", timeout=5)
    session.headers["X-Mine"] = "1"
    session.request("GET", f"{server.url}/x", timeout=5)
    assert not any("authorization" in request.headers for request in server.requests)


@pytest.mark.parametrize("text", [None, "", "no certificates"])
def test_a_bundle_set_later_that_is_none_is_told_before_anything_is_sent(
    tmp_path: Path, text: str | None
) -> None:
    bundle = tmp_path / "bundle.pem"
    if text is not None:
        bundle.write_text(text)
    clock = MovedClock()
    with use_clock(clock):
        lava = Lava("user", token="f00dfeed" * 4, endpoint="https://127.0.0.1:9/v2/1")
    lava.session.verify = str(bundle)
    with lava, pytest.raises(error.ConnectionError) as caught:
        lava.scripts.delete("s-1")
    reason = "invalid path" if text is None else "is not a readable CA bundle"
    assert reason in str(caught.value)
    assert str(bundle) in str(caught.value)
    assert not caught.value.maybe_applied
    assert clock.pauses == []
