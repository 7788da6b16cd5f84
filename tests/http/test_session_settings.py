"""Which of the certificates' and proxies' settings counts where there are several."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lavaclient import Lava, error
from lavaclient._http.session import HTTPSession
from lavaclient._system.clock import use_clock
from tests.support.clock import MovedClock

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


@pytest.mark.parametrize("place", ["", "certificates.pem"])
def test_a_bundle_set_later_that_is_not_there_is_told_before_anything_is_sent(
    tmp_path: Path, place: str
) -> None:
    clock = MovedClock()
    with use_clock(clock):
        lava = Lava("user", token="f00dfeed" * 4, endpoint="https://127.0.0.1:9/v2/1")
    lava.session.verify = str(tmp_path / "none" / place)
    with lava, pytest.raises(error.ConnectionError) as caught:
        lava.scripts.delete("s-1")
    assert lava.session.verify in str(caught.value)
    assert not caught.value.maybe_applied
    assert clock.pauses == []
