"""Row 61: answers that are made up, on whichever layer a library does it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lavaclient import Lava
from lavaclient.sandbox.http.server import SandboxServer
from tests.interop.conftest import Connect

TOKEN = "f00dfeedf00dfeedf00dfeedf00dfeed"
ENDPOINT = "https://dfw.bigdata.example/v2/123456"
FLAVORS = '{"flavors": [{"id": "hadoop1-7", "name": "Small Hadoop Instance"}]}'


@pytest.fixture
def lava() -> Iterator[Lava]:
    """A client of a service that is not there."""
    with Lava("user", token=TOKEN, endpoint=ENDPOINT, max_retries=0) as client:
        yield client


def ids(lava: Lava) -> list[str]:
    return [flavor.id for flavor in lava.flavors.list()]


def test_61_requests_mock_answers(lava: Lava) -> None:
    requests_mock: Any = pytest.importorskip("requests_mock", reason="it is not installed")
    with requests_mock.Mocker() as mocker:
        mocker.get(f"{ENDPOINT}/flavors", text=FLAVORS)
        assert ids(lava) == ids(lava) == ["hadoop1-7"]
        assert [sent.headers["X-Auth-Token"] for sent in mocker.request_history] == [TOKEN] * 2
        with pytest.raises(requests_mock.NoMockAddress, match=f"GET {ENDPOINT}/limits"):
            lava.limits.get()


def test_61_requests_mock_sees_what_it_lets_through(
    sandbox: SandboxServer, connect: Connect
) -> None:
    requests_mock: Any = pytest.importorskip("requests_mock", reason="it is not installed")
    with requests_mock.Mocker(real_http=True) as mocker:
        assert ids(connect())
        assert mocker.call_count == 2
    assert len(sandbox.sandbox.requests) == 2


def test_61_an_adapter_of_requests_mock_may_be_mounted(lava: Lava) -> None:
    requests_mock: Any = pytest.importorskip("requests_mock", reason="it is not installed")
    adapter = requests_mock.Adapter()
    adapter.register_uri("GET", f"{ENDPOINT}/flavors", text=FLAVORS)
    lava.session.session.mount(ENDPOINT, adapter)
    assert ids(lava) == ["hadoop1-7"]


def test_61_responses_answers(lava: Lava) -> None:
    responses: Any = pytest.importorskip("responses", reason="it is not installed")
    with responses.RequestsMock() as answers:
        answers.get(f"{ENDPOINT}/flavors", body=FLAVORS)
        assert ids(lava) == ["hadoop1-7"]
        assert answers.calls[0].request.headers["X-Auth-Token"] == TOKEN
        assert answers.calls[0].response.text == FLAVORS


def test_61_pook_answers(lava: Lava) -> None:
    pook: Any = pytest.importorskip("pook", reason="it is not installed")
    with pook.use():
        mock = pook.get(f"{ENDPOINT}/flavors", reply=200, response_body=FLAVORS)
        assert ids(lava) == ["hadoop1-7"]
        assert mock.calls == 1
        with pytest.raises(pook.exceptions.PookNoMatches):
            lava.limits.get()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.filterwarnings("ignore:credentials go to http")
def test_61_httpretty_answers(scheme: str) -> None:
    httpretty: Any = pytest.importorskip("httpretty", reason="it is not installed")
    endpoint = ENDPOINT.replace("https", scheme)
    with httpretty.enabled(), Lava("user", token=TOKEN, endpoint=endpoint) as lava:
        httpretty.register_uri(httpretty.GET, f"{endpoint}/flavors", body=FLAVORS)
        assert ids(lava) == ids(lava) == ["hadoop1-7"]
        assert httpretty.last_request().headers["X-Auth-Token"] == TOKEN
