"""`mock_lava` beside other mocks, and what it does of libraries other than requests."""

from __future__ import annotations

import asyncio
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack

import boto3
import httpx
import pytest
import requests
import responses
import urllib3
from moto import mock_aws

from lavaclient import Lava
from lavaclient.testing import MockLava, mock_lava

LIMITS = "https://dfw.bigdata.api.rackspacecloud.com/v2/123456/limits"
OTHER = "https://example.com/x?y=1"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever gets past the kit fails at once, and is not sent."""

    def connect(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(params=["inside", "outside"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[MockLava]:
    """A sandbox with another mock of requests inside or around it, that has an answer of its own."""
    other = responses.RequestsMock()
    block = mock_lava()
    order: list[AbstractContextManager[object]] = [block, other]
    with ExitStack() as stack:
        for context in order if request.param == "inside" else reversed(order):
            stack.enter_context(context)
        other.get(OTHER, body="theirs")
        yield block


def test_each_mock_answers_what_is_its_own(sandbox: MockLava) -> None:
    with Lava("sandbox", "DFW", api_key=sandbox.api_key) as lava:
        assert lava.limits.get().node_count.used == 0
    assert requests.get(OTHER, timeout=5).text == "theirs"


def test_what_neither_has_is_refused(sandbox: MockLava) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get("https://example.com/other", timeout=5)
    requests.get(OTHER, timeout=5)


@responses.activate
def test_responses_may_be_activated_by_a_decorator() -> None:
    responses.get(OTHER, body="theirs")
    with mock_lava() as sandbox:
        assert sandbox.lava().limits.get().node_count.used == 0
        assert requests.get(OTHER, timeout=5).text == "theirs"


def test_a_mock_inside_that_passes_on_passes_to_the_sandbox() -> None:
    with mock_lava() as sandbox, responses.RequestsMock() as inside:
        inside.add_passthru("https://")
        assert sandbox.lava().limits.get().node_count.used == 0
        with pytest.raises(requests.ConnectionError, match="is not for the sandbox"):
            requests.get("https://example.com/", timeout=5)


@pytest.mark.parametrize("order", [(mock_lava, mock_aws), (mock_aws, mock_lava)])
def test_moto_works_inside_and_outside(order: tuple[type, type]) -> None:
    with ExitStack() as stack:
        contexts = [stack.enter_context(make()) for make in order]
        (sandbox,) = (context for context in contexts if isinstance(context, MockLava))
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="numbers")
        s3.put_object(Bucket="numbers", Key="k", Body=b"v")
        assert sandbox.lava().clusters.list() == []
        url = s3.generate_presigned_url("get_object", {"Bucket": "numbers", "Key": "k"})
        assert requests.get(url, timeout=5).text == "v"
        assert sandbox.lava().limits.get().node_count.used == 0


@mock_aws
@mock_lava
def test_both_decorate(sandbox: MockLava) -> None:
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="numbers")
    assert sandbox.lava().clusters.list() == []


def test_answers_for_other_urls_are_registered_with_the_sandbox() -> None:
    with mock_lava() as sandbox:
        sandbox.responses.get(OTHER, json={"theirs": True})
        assert requests.get(OTHER, timeout=5).json() == {"theirs": True}
        assert sandbox.responses.assert_call_count(OTHER, 1)
        assert sandbox.lava().limits.get().node_count.used == 0
        with pytest.raises(requests.ConnectionError, match="is not for the sandbox"):
            requests.get("https://example.com/", timeout=5)
    with pytest.raises(requests.ConnectionError):
        sandbox.start().responses.reset()
        try:
            requests.get(OTHER, timeout=5)
        finally:
            sandbox.stop()


def test_what_must_be_asked_for_is_missed_at_the_end_unless_the_test_failed_itself() -> None:
    with pytest.raises(AssertionError, match="Not all requests"), mock_lava() as sandbox:
        sandbox.responses.assert_all_requests_are_fired = True
        sandbox.responses.get(OTHER)
    with pytest.raises(KeyError), mock_lava() as sandbox:
        sandbox.responses.assert_all_requests_are_fired = True
        sandbox.responses.get(OTHER)
        raise KeyError


def test_answers_that_are_registered_around_a_block_that_passes_on_are_found() -> None:
    with mock_lava() as outer, mock_lava(passthrough=True) as inner:
        outer.responses.get(OTHER, body="outer")
        inner.responses.get("https://example.com/", body="inner")
        assert requests.get(OTHER, timeout=5).text == "outer"
        assert requests.get("https://example.com/", timeout=5).text == "inner"


def test_urllib3_is_answered_and_refused_too() -> None:
    with mock_lava() as sandbox, urllib3.PoolManager() as pools:
        answer = pools.request("GET", LIMITS)
        assert (answer.status, answer.json()["unauthorized"]["code"]) == (401, 401)
        with pytest.raises(urllib3.exceptions.MaxRetryError, match="is not for the sandbox"):
            pools.request("GET", OTHER)
        sandbox.add_fault("limits: reset-before x4")
        with pytest.raises(urllib3.exceptions.MaxRetryError, match="reset"):
            pools.request("GET", LIMITS, retries=urllib3.Retry(3, backoff_factor=0))
        assert pools.request("GET", LIMITS).status == 401
    assert len(sandbox.requests) == 6


@pytest.mark.parametrize("timeout", [urllib3.Timeout(read=2), urllib3.Timeout(total=2), 2])
def test_the_timeout_of_a_pool_is_that_of_its_requests(timeout: float | urllib3.Timeout) -> None:
    with mock_lava() as sandbox, urllib3.PoolManager(timeout=timeout, retries=False) as pools:
        sandbox.add_fault("limits: latency=5")
        before = sandbox.clock.time()
        with pytest.raises(urllib3.exceptions.ReadTimeoutError, match="within 2 s"):
            pools.request("GET", LIMITS)
        assert sandbox.clock.time() - before == 2


def test_an_adapter_that_was_asked_for_can_be_closed() -> None:
    with mock_lava(), requests.Session() as session:
        session.get_adapter(LIMITS).close()
        assert session.get(LIMITS, timeout=5).status_code == 401


def test_the_retries_of_an_adapter_are_its_own() -> None:
    retries = urllib3.Retry(3, status_forcelist=[503], backoff_factor=0)
    with mock_lava() as sandbox, requests.Session() as session:
        session.mount("https://", requests.adapters.HTTPAdapter(max_retries=retries))
        sandbox.add_fault("limits: 503 x2")
        assert session.get(LIMITS, timeout=5).status_code == 401
        assert [request.status for request in sandbox.requests] == [503, 503, 401]


def test_a_session_s_own_adapter_keeps_its_ways() -> None:
    class Adapter(requests.adapters.HTTPAdapter):
        def send(  # type: ignore[override]
            self, request: requests.PreparedRequest, **options: object
        ) -> requests.Response:
            request.headers["X-Own"] = "yes"
            return super().send(request, **options)  # type: ignore[arg-type]

    with mock_lava() as sandbox, requests.Session() as session:
        session.mount("https://", Adapter())
        assert session.get(LIMITS, timeout=5).status_code == 401
        assert sandbox.requests[0].headers["X-Own"] == "yes"


def test_other_libraries_do_not_reach_the_real_service() -> None:
    async def ask() -> None:
        async with httpx.AsyncClient() as client:
            await client.get(LIMITS)

    with mock_lava(auth_url="https://keystone.example/v2.0") as sandbox:
        for url in (LIMITS, f"{sandbox.auth_url}/tokens", LIMITS.replace("dfw", "LON")):
            with pytest.raises(httpx.ConnectError, match="mock_lava"):
                httpx.get(url)
            with pytest.raises(urllib.error.URLError, match="mock_lava"):
                urllib.request.urlopen(url)
        with pytest.raises(httpx.ConnectError, match="mock_lava"):
            asyncio.run(ask())
        assert len(sandbox.requests) == 0


def test_names_of_this_machine_are_resolved_whatever_the_urls() -> None:
    with mock_lava(auth_url="http://localhost:5000/v2.0", base_url="http://127.0.0.1"):
        assert socket.getaddrinfo("localhost", 80)
        assert socket.getaddrinfo("127.0.0.1", 80)
        assert socket.getaddrinfo(None, 80)


@pytest.mark.parametrize("port", ["", ":443"])
def test_a_default_port_makes_no_other_url(port: str) -> None:
    with mock_lava(auth_url=f"https://Keystone.example{port}/v2.0") as sandbox:
        for url in ("https://keystone.example", "https://KEYSTONE.example:443"):
            assert requests.post(f"{url}/v2.0/tokens", json={}, timeout=5).status_code == 400
        assert len(sandbox.requests) == 2


def test_a_proxy_of_the_environment_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    with mock_lava(base_url="http://lava.test"):
        assert requests.get(LIMITS, timeout=5).status_code == 401
        assert requests.get("http://lava.test/_sandbox/clock", timeout=5).status_code == 200
        with pytest.raises(requests.ConnectionError, match=r"GET http://example\.com/ is not for"):
            requests.get("http://example.com/", timeout=5)


def test_an_address_of_six_is_named_as_it_is_written() -> None:
    with (
        mock_lava(),
        pytest.raises(requests.ConnectionError, match=r"http://\[::1\]:8642/x is not"),
    ):
        requests.get("http://[::1]:8642/x", timeout=5)
