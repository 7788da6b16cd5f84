"""keystoneauth1's Session: there for whoever can tell, and else not even imported."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from types import ModuleType

import keystoneauth1.session
import pytest
import requests

from lavaclient import Lava, error
from tests.support.fault_server import FaultServer, Seen, answer, drip

TOKEN = "f00dfeedf00dfeedf00dfeedf00dfeed"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(answer()) as started:
        yield started


def client(server: FaultServer) -> Lava:
    return Lava("user", token=TOKEN, endpoint=server.endpoint)


def listed(server: FaultServer) -> Seen:
    with client(server) as lava:
        lava.clusters.list()
    return server.seen[-1]


def test_a_script_that_lists_clusters_does_not_import_it(server: FaultServer) -> None:
    script = f"""
import sys
from lavaclient import Lava, error
lava = Lava("user", token={TOKEN!r}, endpoint={server.endpoint!r})
lava.clusters.list()
print("keystoneauth1" in sys.modules)
print(type(lava.session).__module__)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "keystoneauth1.session"]


def test_the_service_sees_the_same_request_either_way(
    server: FaultServer, request: pytest.FixtureRequest
) -> None:
    through = listed(server)
    request.getfixturevalue("nobody_imported_keystoneauth1")
    without = listed(server)
    assert "keystoneauth1.session" not in sys.modules
    first, second = (
        [(name, value) for name, value in seen.headers.items() if name != "client-request-id"]
        for seen in (through, without)
    )
    assert ("x-auth-token", TOKEN) in first
    assert (through.method, through.target, first) == (without.method, without.target, second)


@pytest.mark.usefixtures("nobody_imported_keystoneauth1")
def test_who_imports_it_later_can_hook_it(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(server) as lava:
        lava.clusters.list()
        module = __import__("keystoneauth1.session", fromlist=["Session"])
        urls = []

        class Hooked(module.Session):  # type: ignore[misc, name-defined]
            def request(self, url: str, *args: object, **options: object) -> object:
                urls.append(url)
                return super().request(url, *args, **options)

        monkeypatch.setattr(module, "Session", Hooked)
        lava.clusters.list()
    assert urls == [f"{server.endpoint}/clusters"]


@pytest.mark.usefixtures("nobody_imported_keystoneauth1")
def test_after_it_was_asked_for_requests_go_through_it(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(server) as lava:
        lava.clusters.list()
        sent = []
        plain = lava.session.request

        def request(url: str, method: str, **options: object) -> object:
            sent.append(method)
            return plain(url, method, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(lava.session, "request", request)
        lava.clusters.list()
    assert sent == ["GET"]


@pytest.mark.usefixtures("nobody_imported_keystoneauth1")
def test_threads_that_ask_at_once_get_the_same_one(server: FaultServer) -> None:
    with client(server) as lava, ThreadPoolExecutor(32) as pool:
        found = list(pool.map(lambda _: lava.session, range(64)))
    assert len({id(one) for one in found}) == 1


@pytest.mark.usefixtures("nobody_imported_keystoneauth1")
@pytest.mark.parametrize("name", ["keystoneauth1.session", "lavaclient.identity"])
def test_an_import_on_the_way_is_not_waited_for(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """In a forked child its thread is missing, so that it never ends."""
    for one in {"keystoneauth1.session", name}:
        module = ModuleType(one)
        module.__spec__ = ModuleSpec(one, None)
        monkeypatch.setitem(sys.modules, one, module)
    vars(sys.modules[name].__spec__)["_initializing"] = True
    with client(server) as lava:
        assert lava.clusters.list() == []


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
        given = owner.session
        with Lava(None, session=given, endpoint=server.endpoint) as lava:
            lava.clusters.list()
            assert lava.session is given
    assert isinstance(given, keystoneauth1.session.Session)
    assert server.seen[-1].headers["x-auth-token"] == TOKEN
