"""`mock_lava`: which requests it answers, which it leaves alone, and what time it is meanwhile."""

from __future__ import annotations

import io
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import pytest
import requests
import responses
import urllib3

import lavaclient
from lavaclient import InvalidError, Lava
from lavaclient._system.clock import current_clock
from lavaclient.sandbox import Sandbox
from lavaclient.sandbox.http.server import SandboxServer
from lavaclient.testing import Fault, ManualClock, SystemClock, mock_lava

IDENTITY = "https://identity.api.rackspacecloud.com/v2.0"
LIMITS = "https://dfw.bigdata.api.rackspacecloud.com/v2/123456/limits"
KEY = "ssh-rsa " + "A" * 60 + " somebody@example.com"


def _refuse(*_: object) -> NoReturn:
    raise AssertionError("a socket was opened")


def test_code_that_signs_in_to_the_real_service_meets_the_sandbox(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "socket", _refuse)
    monkeypatch.setattr(socket, "getaddrinfo", _refuse)
    with mock_lava() as sandbox, Lava("sandbox", "dfw", api_key=sandbox.api_key) as lava:
        assert lava.endpoint == sandbox.endpoint() == LIMITS.removesuffix("/limits")
        assert lava.limits.get().node_count.used == 0
        assert sandbox.auth_url == IDENTITY
        assert repr(sandbox) == f"<MockLava {IDENTITY}>"
        assert type(sandbox.lava()) is Lava


@pytest.mark.parametrize("region", ["DFW", "ORD", "IAD", "LON"])
def test_every_region_has_its_own_clusters(region: str) -> None:
    with mock_lava() as sandbox:
        sandbox.add_cluster("numbers", region=region)
        assert [c.name for c in sandbox.lava(region=region).clusters.list()] == ["numbers"]
        other = "ORD" if region == "DFW" else "DFW"
        assert sandbox.lava(region=other).clusters.list() == []


def test_the_environment_leads_there_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_lava(username="ada", tenant_id="42") as sandbox:
        for name, value in sandbox.environ().items():
            monkeypatch.setenv(name, value)
        with Lava.from_env() as lava:
            assert lava.endpoint.endswith("/42")
        assert sandbox.tenant_id == "42"


def test_identity_may_have_a_url_of_its_own() -> None:
    with mock_lava(auth_url="https://keystone.example:5000/identity/v2.0/tokens") as sandbox:
        assert sandbox.auth_url == "https://keystone.example:5000/identity/v2.0"
        auth_url = "https://keystone.example:5000/identity"
        with Lava("sandbox", "ORD", api_key=sandbox.api_key, auth_url=auth_url) as lava:
            assert lava.endpoint == sandbox.endpoint("ord")
            assert lava.flavors.list()
        with pytest.raises(requests.ConnectionError, match="is not for the sandbox"):
            requests.get("https://keystone.example:5000/identity/v2.0x", timeout=5)


@pytest.mark.parametrize("auth_url", [None, "https://keystone.example"])
def test_the_whole_service_may_have_a_host_of_its_own(auth_url: str | None) -> None:
    with mock_lava(base_url="https://Lava.test/", auth_url=auth_url) as sandbox:
        lava = sandbox.lava()
        assert lava.endpoint == sandbox.endpoint() == "https://lava.test/dfw/v2/123456"
        shown = requests.get("https://LAVA.test/_sandbox/requests", timeout=5).json()
        assert [request["path"] for request in shown["requests"]] == ["/identity/v2.0/tokens"]
        assert requests.get(LIMITS, timeout=5).status_code == 401


@pytest.mark.parametrize("url", ["lava.test", "https://", "ftp://lava.test", "https://a/b", ""])
def test_a_base_url_is_scheme_and_host(url: str) -> None:
    with (
        pytest.raises(ValueError, match="base_url must be scheme and host"),
        mock_lava(base_url=url),
    ):
        pass


def test_an_auth_url_is_one_of_identity_v2() -> None:
    with pytest.raises(InvalidError, match=r"v2\.0"), mock_lava(auth_url="https://a.example/v3"):
        pass


def test_other_urls_are_refused_with_a_clear_error() -> None:
    with mock_lava() as sandbox:
        with pytest.raises(requests.ConnectionError) as caught:
            requests.get("https://example.com/x?y=1", timeout=5)
        with pytest.raises(lavaclient.AuthenticationError, match=r"other\.example.* not for the"):
            Lava("ada", "DFW", api_key="k" * 32, auth_url="https://other.example/v2.0")
        assert len(sandbox.requests) == 0
    message = "mock_lava: GET https://example.com/x?y=1 is not for the sandbox"
    assert message in str(caught.value)


def test_other_urls_are_left_alone_where_asked() -> None:
    with SandboxServer(Sandbox(ManualClock())) as server, mock_lava(passthrough=True) as sandbox:
        answer = requests.get(f"{server.url}/_sandbox/clock", timeout=5)
        assert answer.json() == {"clock": {"time": server.sandbox.clock.time()}}
        assert requests.get(LIMITS, timeout=5).status_code == 401
        assert len(sandbox.requests) == 1


def test_what_passes_gets_to_a_mock_around_this_one() -> None:
    with responses.RequestsMock() as around:
        around.get("https://example.com/", body="theirs")
        with mock_lava(passthrough=True) as sandbox:
            assert requests.get("https://example.com/", timeout=5).text == "theirs"
            assert sandbox.lava().limits.get().node_count.used == 0
        assert requests.get("https://example.com/", timeout=5).text == "theirs"


def test_of_two_the_inner_one_answers() -> None:
    with mock_lava() as outer:
        with mock_lava() as inner:
            Lava("sandbox", "DFW", api_key=inner.api_key).close()
            assert (len(outer.requests), len(inner.requests)) == (0, 1)
        Lava("sandbox", "DFW", api_key=outer.api_key).close()
        assert (len(outer.requests), len(inner.requests)) == (1, 1)


def test_nothing_is_left_behind() -> None:
    before = (requests.adapters.HTTPAdapter.send, current_clock())
    error = RuntimeError("of the test")
    with pytest.raises(RuntimeError), mock_lava() as sandbox:
        lava = sandbox.lava()
        assert (requests.adapters.HTTPAdapter.send, current_clock()) != before
        raise error
    assert (requests.adapters.HTTPAdapter.send, current_clock()) == before
    with pytest.raises(InvalidError, match="closed"):
        lava.limits.get()


def test_it_decorates_a_function_with_a_fresh_sandbox_for_each_call() -> None:
    @mock_lava(api_key="k" * 32)
    def count(name: str) -> int:
        """Make a script and count."""
        with Lava("sandbox", "DFW", api_key="k" * 32) as lava:
            lava.scripts.create(name, "https://example.com/x", "post_init")
            return len([script for script in lava.scripts.list() if not script.is_public])

    assert [count("a"), count("a")] == [1, 1]
    assert count.__doc__ == "Make a script and count."


def test_clients_of_many_threads_are_answered() -> None:
    with mock_lava() as sandbox, ThreadPoolExecutor(16) as pool:
        lava = sandbox.lava()

        def create(number: int) -> str:
            return lava.scripts.create(f"s{number}", "https://example.com/x", "post_init").name

        assert list(pool.map(create, range(100))) == [f"s{number}" for number in range(100)]
        sandbox.assert_requested("POST", "/scripts", times=100)


def test_waiting_in_the_code_under_test_takes_no_time() -> None:
    started = time.monotonic()
    with mock_lava() as sandbox, Lava("sandbox", "DFW", api_key=sandbox.api_key) as lava:
        lava.credentials.create_ssh_key("laptop", KEY)
        before = sandbox.clock.time()
        built = lava.clusters.create("numbers", "HDP2.3_Kafka", "worker", ["laptop"], wait=True)
        assert built.status == "ACTIVE"
        assert sandbox.clock.time() - before >= 600
    assert time.monotonic() - started < 25


def test_on_a_clock_that_runs_a_pause_is_as_long_as_the_speed_makes_it() -> None:
    with mock_lava(clock=SystemClock(100_000)) as sandbox:
        before, started = sandbox.clock.time(), time.monotonic()
        current_clock().sleep(1000)
        assert time.monotonic() - started >= 0.01
        assert sandbox.clock.time() - before >= 1000
        assert current_clock().monotonic() - before < 1e8


@pytest.mark.parametrize(
    "timeout", [5, 5.0, (1, 5), urllib3.Timeout(total=5), urllib3.Timeout(connect=1, read=5)]
)
def test_a_late_answer_is_a_timeout_and_moves_the_clock_that_far(timeout: object) -> None:
    with mock_lava() as sandbox:
        sandbox.add_fault(Fault("latency", seconds=7, times=None))
        before = sandbox.clock.time()
        with pytest.raises(requests.ReadTimeout, match="within 5 s"):
            requests.get(LIMITS, timeout=timeout)  # type: ignore[arg-type]
        assert sandbox.clock.time() - before == 5
        # The service carried it out all the same.
        assert [request.status for request in sandbox.requests] == [401]


@pytest.mark.parametrize("timeout", [None, 30, (None, None), urllib3.Timeout()])
def test_who_waits_gets_the_late_answer(timeout: object) -> None:
    with mock_lava() as sandbox:
        sandbox.add_fault(Fault("latency", seconds=7))
        before = sandbox.clock.time()
        answer = requests.get(LIMITS, timeout=timeout)  # type: ignore[arg-type]
        assert answer.status_code == 401
        assert sandbox.clock.time() - before == 7


def test_a_late_answer_that_dribbles_too_takes_both_times() -> None:
    with mock_lava() as sandbox:
        sandbox.add_fault(Fault("latency", seconds=4))
        sandbox.add_fault(Fault("dribble", seconds=3))
        before = sandbox.clock.time()
        with pytest.raises(requests.ReadTimeout, match="within 5 s"):
            requests.get(LIMITS, timeout=5)
        assert sandbox.clock.time() - before == 5


def test_an_answer_before_the_real_one_is_not_seen() -> None:
    with mock_lava() as sandbox:
        sandbox.add_fault(Fault("interim"))
        assert requests.get(LIMITS, timeout=5).status_code == 401


def test_one_late_answer_says_nothing_of_the_next() -> None:
    with mock_lava() as sandbox:
        sandbox.add_fault(Fault("latency", seconds=7))
        with pytest.raises(requests.ReadTimeout):
            requests.get(LIMITS, timeout=5)
        assert requests.get(LIMITS, timeout=5).status_code == 401


def test_patience_is_each_thread_s_own() -> None:
    with mock_lava() as sandbox:
        sandbox.add_fault(Fault("latency", seconds=7, times=None))
        outcomes: dict[int, str] = {}
        both = threading.Barrier(2)

        def ask(timeout: int) -> None:
            both.wait(10)
            try:
                outcomes[timeout] = str(requests.get(LIMITS, timeout=timeout).status_code)
            except requests.ReadTimeout:
                outcomes[timeout] = "late"

        threads = [threading.Thread(target=ask, args=(timeout,)) for timeout in (5, 20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert outcomes == {5: "late", 20: "401"}


def test_a_reset_looks_as_requests_would_have_it() -> None:
    with mock_lava() as sandbox:
        sandbox.add_fault("limits: reset-before")
        with pytest.raises(requests.ConnectionError) as caught:
            requests.get(LIMITS, timeout=5)
        (aborted,) = caught.value.args
        assert isinstance(aborted, urllib3.exceptions.ProtocolError)
        assert isinstance(aborted.args[1], ConnectionResetError)
        assert caught.value.request is not None


@pytest.mark.parametrize("stream", [True, False])
def test_a_cut_body_looks_cut_to_requests_too(stream: bool) -> None:
    with mock_lava() as sandbox:
        sandbox.add_fault("tokens: cut")
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            _ = requests.post(f"{IDENTITY}/tokens", json={}, stream=stream, timeout=5).content


def test_a_cut_body_can_be_read_up_to_where_it_is_cut() -> None:
    with mock_lava() as sandbox:
        sandbox.add_fault("tokens: cut")
        answer = requests.post(f"{IDENTITY}/tokens", json={}, stream=True, timeout=5)
        assert answer.raw.read(10) == b'{"badReque'
        with pytest.raises(urllib3.exceptions.ProtocolError), answer:
            while answer.raw.read(10):
                pass


@pytest.mark.parametrize(
    "body",
    [
        '{"auth": {}}',
        b'{"auth": {}}',
        bytearray(b'{"auth": {}}'),
        [b'{"auth"', ": {}}"],
        io.BytesIO(b'{"auth": {}}'),
    ],
    ids=["str", "bytes", "bytearray", "parts", "file"],
)
def test_a_body_arrives_however_it_was_given(body: object) -> None:
    data = iter(body) if isinstance(body, list) else body
    with mock_lava() as sandbox:
        answer = requests.post(
            f"{IDENTITY}/tokens",
            data=data,  # type: ignore[arg-type]
            headers={"Content-Type": b"application/json"},
            timeout=5,
        )
        assert answer.status_code == 400
        assert "exactly one" in answer.text
        (request,) = sandbox.requests
        assert request.json() == {"auth": {}}


def test_a_body_that_is_none_is_empty() -> None:
    with mock_lava() as sandbox:
        prepared = requests.Request("POST", f"{IDENTITY}/tokens").prepare()
        prepared.body = 5  # type: ignore[assignment]
        with requests.Session() as session:
            assert session.send(prepared, timeout=5).status_code == 400
        assert sandbox.requests[-1].body == b""


def test_a_delete_has_no_body(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_lava() as sandbox:
        script_id = sandbox.add_script("setup")
        headers = {"X-Auth-Token": sandbox.lava().token}
        url = f"{sandbox.endpoint()}/scripts/{script_id}"
        answer = requests.delete(url, headers=headers, timeout=5)
        assert (answer.status_code, answer.content) == (204, b"")
        assert re.fullmatch(r"req-[0-9a-f-]{36}", answer.headers["X-Request-Id"])
