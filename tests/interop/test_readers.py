"""Rows 63 and 65: what reads a body before the client does, or stands in requests' place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

import keystoneauth1.session
import pytest
import requests
import urllib3

from lavaclient import ApiError, Lava
from lavaclient.identity import RackspaceApiKey
from tests.interop.conftest import Connect, RunLines
from tests.support.fault_server import CLUSTERS, FaultServer, answer, bomb

TOKEN = "f00dfeedf00dfeedf00dfeedf00dfeed"

Readers = list[requests.Response]
Reading = Callable[[Lava, Readers], object]


def response_hook(lava: Lava, readers: Readers) -> None:
    def read(response: requests.Response, *args: object, **options: object) -> None:
        assert isinstance(response.content, bytes)
        readers.append(response)

    lava.session.session.hooks["response"].append(read)


def session_subclass(lava: Lava, readers: Readers) -> None:
    class Session(requests.Session):
        def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:
            response = super().send(request, **options)
            readers.append(response)
            assert isinstance(response.content, bytes)
            return response

    lava.session.session.close()
    lava.session.session = Session()


def plain_session(lava: Lava, readers: Readers) -> None:
    lava.session.session.close()
    lava.session.session = requests.Session()
    response_hook(lava, readers)


@pytest.fixture(params=[response_hook, session_subclass, plain_session])
def reading(request: pytest.FixtureRequest) -> Reading:
    way: Reading = request.param
    return way


@contextmanager
def client(server: FaultServer) -> Iterator[Lava]:
    with Lava("user", token=TOKEN, endpoint=server.endpoint, max_retries=0) as lava:
        yield lava


def test_63_calls_work_where_a_body_was_read_before(reading: Reading) -> None:
    readers: Readers = []
    with FaultServer() as server, client(server) as lava:
        reading(lava, readers)
        assert lava.clusters.list() == lava.clusters.list() == []
        assert [response.content for response in readers] == [CLUSTERS] * 2
        lava.session.session.close()


def test_63_the_body_limit_holds_where_a_body_was_read_before(reading: Reading) -> None:
    with FaultServer(bomb(65 * 2**20)) as server, client(server) as lava:
        reading(lava, [])
        with pytest.raises(ApiError, match="larger than 64 MiB"):
            lava.clusters.list()
        lava.session.session.close()


def test_63_a_response_has_its_content_for_whoever_looks_later() -> None:
    with FaultServer(answer(), answer(204, b"")) as server, client(server) as lava:
        responses: Readers = []
        lava.session.session.hooks["response"].append(lambda got, **_: responses.append(got))
        lava.clusters.list()
        lava.clusters.delete("c-1")
        full, empty = responses
        assert b"".join(full.iter_content(7)) == CLUSTERS == full.content
        assert list(full.iter_lines()) == [CLUSTERS]
        assert full.json()["clusters"] == []
        assert (empty.content, list(empty.iter_content(7))) == (b"", [])


def test_63_a_patched_send_reads_first(monkeypatch: pytest.MonkeyPatch) -> None:
    send = requests.Session.send
    bodies = []

    def reading_send(
        session: requests.Session, request: requests.PreparedRequest, **options: object
    ) -> requests.Response:
        response = send(session, request, **options)
        bodies.append(response.content)
        return response

    monkeypatch.setattr(requests.Session, "send", reading_send)
    with FaultServer() as server, client(server) as lava:
        assert lava.clusters.list() == []
    assert bodies == [CLUSTERS]


def test_63_our_plugin_signs_in_over_a_plain_session_with_a_hook(connect: Connect) -> None:
    lava = connect()
    auth = lava.session.auth
    assert isinstance(auth, RackspaceApiKey)
    auth.set_auth_state(None)
    bodies: list[int] = []
    with requests.Session() as plain:
        plain.hooks["response"].append(lambda got, **_: bodies.append(len(got.content)))
        session = keystoneauth1.session.Session(auth=auth, session=plain)
        reply = session.get(f"{lava.endpoint}/flavors")
        assert len(reply.json()["flavors"]) > 1
        with Lava(None, "DFW", session=session) as other:
            assert other.flavors.list()
    assert len(bodies) == 3
    assert all(bodies)


@pytest.mark.parametrize("name", ["request", "prepare_request"])
def test_61_a_method_of_requests_that_is_patched_is_the_one_in_use(name: str) -> None:
    original = getattr(requests.Session, name)
    calls = []

    def patched(session: requests.Session, *args: object, **options: object) -> object:
        calls.append(name)
        return original(session, *args, **options)

    with FaultServer() as server, client(server) as lava:
        with mock.patch.object(requests.Session, name, patched):
            assert lava.clusters.list() == []
        assert lava.clusters.list() == []
    assert calls == [name]


def test_61_a_session_whose_requests_are_mocked_sends_nothing() -> None:
    with FaultServer() as server, client(server) as lava:
        reply = requests.Response()
        reply.status_code = 200
        reply._content = CLUSTERS
        with mock.patch.object(requests.Session, "request", return_value=reply) as request:
            assert lava.clusters.list() == []
        assert request.call_args.args[:2] == ("GET", f"{server.endpoint}/clusters")
        assert not server.connections


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (requests, "Session"),
        (requests.sessions, "Session"),
        (requests.adapters, "HTTPAdapter"),
        (urllib3.connectionpool, "HTTPConnectionPool"),
        (urllib3.connection, "HTTPConnection"),
    ],
)
def test_65_a_client_made_while_a_class_is_mocked_is_whole_afterwards(
    place: object, name: str
) -> None:
    with FaultServer() as server:
        with mock.patch.object(place, name), client(server) as lava:
            lava.session.session.get_adapter(server.endpoint)
        with client(server) as lava:
            assert lava.clusters.list() == []


def test_65_what_is_imported_while_classes_are_mocked_is_whole_afterwards(
    run_lines: RunLines,
) -> None:
    lines = """
from unittest import mock
import requests, requests.adapters, urllib3.connection
from lavaclient import Lava
with (
    mock.patch("requests.Session"),
    mock.patch("requests.sessions.Session"),
    mock.patch("requests.Response"),
    mock.patch("requests.adapters.HTTPAdapter"),
    mock.patch("urllib3.connection.HTTPConnection"),
):
    lava = Lava("user", token="t" * 32, endpoint="http://127.0.0.1:1/v2/1")
    lava.close()
with Lava.from_env() as lava:
    print(len(lava.flavors.list()))
"""
    assert int(run_lines(lines)) > 1
