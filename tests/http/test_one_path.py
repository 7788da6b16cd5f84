"""Every request of a client goes through keystoneauth1's one session."""

from __future__ import annotations

from collections.abc import Iterator

import keystoneauth1.session
import pytest
import requests

from lavaclient import Lava, error
from tests.support.fake_cloud import FakeCloud
from tests.support.fault_server import FaultServer, answer, drip

TOKEN = "f00dfeedf00dfeedf00dfeedf00dfeed"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(answer()) as started:
        yield started


def client(server: FaultServer) -> Lava:
    return Lava("user", token=TOKEN, endpoint=server.endpoint)


def test_every_request_goes_through_the_one_session(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(server) as lava:
        urls = []
        send = lava.session.request

        def request(url: str, method: str, **options: object) -> object:
            urls.append((method, url))
            assert not options["authenticated"]
            assert (options["connect_retries"], options["status_code_retries"]) == (0, 0)
            return send(url, method, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(lava.session, "request", request)
        lava.clusters.list()
    assert urls == [("GET", f"{server.endpoint}/clusters")]


def test_the_session_is_keystoneauth1s_from_the_first_sign_in_on() -> None:
    sent = []
    send = keystoneauth1.session.Session.request

    def request(
        session: keystoneauth1.session.Session, url: str, *args: object, **options: object
    ) -> object:
        sent.append(url)
        return send(session, url, *args, **options)  # type: ignore[arg-type]

    with FakeCloud() as cloud, pytest.MonkeyPatch.context() as patch:
        patch.setattr(keystoneauth1.session.Session, "request", request)
        with cloud.client() as lava:
            lava.limits.get()
            assert sent == [f"{cloud.auth_url}/tokens", f"{lava.endpoint}/limits"]


def test_another_requests_session_keeps_the_time_as_well() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    with (
        FaultServer(drip(head)) as server,
        Lava("user", token=TOKEN, endpoint=server.endpoint, timeout=0.5, max_retries=0) as lava,
    ):
        lava.session.session = requests.Session()
        with pytest.raises(error.TimeoutError):
            lava.clusters.list()


def test_a_session_that_was_given_is_the_one_in_use(server: FaultServer) -> None:
    with client(server) as owner:
        session = owner.session
        with Lava(None, session=session, endpoint=server.endpoint) as lava:
            lava.clusters.list()
            assert lava.session is session
    assert isinstance(session, keystoneauth1.session.Session)
    assert server.requests[-1].headers["x-auth-token"] == TOKEN
