"""Events: what happens is told to whoever listens, and nobody waits for them."""

from __future__ import annotations

import http.client
import io
import threading
from typing import Any

import pytest

from lavaclient.sandbox import Fault, ManualClock, Sandbox, SystemClock
from lavaclient.sandbox.core.announcements import MOST_CHANGES
from lavaclient.sandbox.core.events import MOST_EVENTS, Events
from lavaclient.sandbox.faults.syntax import parse as parse_fault
from lavaclient.sandbox.http import event_stream
from lavaclient.sandbox.http.app import Application
from lavaclient.sandbox.http.event_stream import MOST_LISTENERS, EventStream
from lavaclient.sandbox.http.server import SandboxServer
from tests.support.sandbox_callers import DirectCaller
from tests.support.sse import Listener, Message, parse


def _read(stream: EventStream) -> list[Message]:
    """What a stream has to say now, without heartbeats."""
    lines = iter(stream.read(0.0).decode().split("\n"))
    return [message for message in parse(lines) if message.kind != "heartbeat"]


@pytest.fixture
def stream(sandbox: Sandbox) -> EventStream:
    """What a listener gets that begins now."""
    return EventStream(sandbox)


def _states(messages: list[Message]) -> list[tuple[Any, Any]]:
    """The kinds of record that changed, clusters with their status."""
    return [(m.data["what"], m.data.get("status")) for m in messages if m.kind == "state"]


def test_a_request_is_told_with_its_answers_status_and_what_is_against_it(
    direct: DirectCaller, stream: EventStream
) -> None:
    direct.sign_in()
    _read(stream)
    direct.get("clusters/none")
    (message,) = _read(stream)
    assert message.kind == "request"
    assert message.data["method"] == "GET"
    assert message.data["path"] == "/dfw/v2/123456/clusters/none"
    assert message.data["status"] == 404
    assert message.data["message"] == "Cluster none could not be found"
    shown = direct.ask("GET", f"/_sandbox/requests/{message.data['number']}").body["request"]
    assert shown["answer"] == {"fault": {"code": 404, "message": message.data["message"]}}


def test_a_requests_number_finds_it_as_long_as_it_is_kept(direct: DirectCaller) -> None:
    token = direct.sign_in()
    direct.get("limits")
    first = direct.ask("GET", "/_sandbox/requests/1").body["request"]
    assert first["path"] == "/identity/v2.0/tokens"
    assert first["answer"]["access"]["token"] == "(hidden)"
    assert token not in str(first)
    direct.ask("DELETE", "/_sandbox/requests")
    for number in ("1", "2", "3", "0", "x", "9" * 400, "\u0661"):
        assert direct.ask("GET", f"/_sandbox/requests/{number}").status == 404, number
    direct.get("limits")
    assert direct.ask("GET", "/_sandbox/requests/3").status == 200


def test_a_cluster_is_told_of_as_its_status_changes(
    direct: DirectCaller, stream: EventStream, clock: ManualClock
) -> None:
    """And once for each status, whoever looks at it in between."""
    cluster_id = direct.cluster()
    told = _states(_read(stream))
    assert told == [("token", None), ("credential", None), ("cluster", "BUILDING")]
    clock.advance(1)
    direct.get(f"clusters/{cluster_id}")
    assert _states(_read(stream)) == []
    clock.advance(430)
    assert _states(_read(stream)) == [("cluster", "CONFIGURING")]
    clock.advance(600)
    assert _states(_read(stream)) == [("cluster", "ACTIVE")]
    direct.delete(f"clusters/{cluster_id}")
    clock.advance(60)
    assert _states(_read(stream)) == [("cluster", "DELETING"), ("cluster", "DELETED")]


def test_a_build_that_fails_is_told_of_when_it_does(
    direct: DirectCaller, stream: EventStream, clock: ManualClock, sandbox: Sandbox
) -> None:
    sandbox.fail_next_cluster(after=30)
    cluster_id = direct.cluster()
    clock.advance(29)
    assert _states(_read(stream))[-1] == ("cluster", "BUILDING")
    clock.advance(1)
    message = _read(stream)[-1]
    assert message.data["id"] == cluster_id
    assert (message.data["name"], message.data["status"]) == ("numbers", "ERROR")
    clock.advance(9_999)
    assert _states(_read(stream)) == []


def test_no_event_shows_a_token(direct: DirectCaller, stream: EventStream) -> None:
    token = direct.sign_in()
    direct.ask("POST", "/_sandbox/tokens/expire")
    text = stream.read(0.0).decode()
    assert '"what":"token"' in text
    assert token not in text


def test_a_fault_is_told_of_when_it_is_added_hit_and_cleared(
    direct: DirectCaller, stream: EventStream, sandbox: Sandbox
) -> None:
    direct.sign_in()
    _read(stream)
    sandbox.faults.add(parse_fault("GET limits: 503"))
    direct.get("limits")
    sandbox.faults.clear()
    sandbox.faults.clear()
    messages = _read(stream)
    assert [m.data["action"] for m in messages if m.kind == "fault"] == ["added", "hit", "cleared"]
    (request,) = [m for m in messages if m.kind == "request"]
    assert request.data["faults"] == ["GET limits: 503"]


def test_a_connection_that_a_fault_reset_is_a_request_without_a_status(
    direct: DirectCaller, stream: EventStream, sandbox: Sandbox
) -> None:
    direct.sign_in()
    sandbox.faults.add(Fault("reset_before"))
    with pytest.raises(ConnectionResetError):
        direct.get("limits")
    request = _read(stream)[-1]
    assert (request.data["status"], request.data["faults"]) == (0, [": reset-before"])


def test_a_clock_that_is_moved_is_told_of_and_one_that_stands_is_not(
    stream: EventStream, clock: ManualClock
) -> None:
    assert _read(stream) == []
    clock.advance(90)
    (message,) = _read(stream)
    assert (message.kind, message.data["moved"]) == ("clock", 90.0)
    assert message.data["time"] == clock.time()
    assert _read(stream) == []


def test_a_clock_that_runs_is_told_of_only_when_it_is_moved() -> None:
    sandbox = Sandbox(SystemClock(600))
    stream = EventStream(sandbox)
    assert _read(stream) == []
    sandbox.clock.advance(86_400)
    (message,) = _read(stream)
    assert message.data["speed"] == 600
    assert message.data["moved"] == pytest.approx(86_400, abs=600)


def test_a_reset_and_a_world_are_told_as_one_change(
    direct: DirectCaller, stream: EventStream, sandbox: Sandbox
) -> None:
    direct.cluster()
    _read(stream)
    direct.ask("POST", "/_sandbox/reset")
    assert _states(_read(stream)) == [("all", None)]
    sandbox.load_world("team")
    assert _states(_read(stream)) == [("all", None)]


def test_many_changes_at_once_are_told_as_one_and_followed_on(
    sandbox: Sandbox, clock: ManualClock, stream: EventStream
) -> None:
    cluster = {"name": "many", "status": "BUILDING", "progress": 0.5, "copies": MOST_CHANGES + 1}
    sandbox.load_world({"quotas": dict.fromkeys(("node_count", "ram", "disk", "vcpus"), 10 ** 9),
                        "accounts": [{"clusters": [cluster]}]})  # fmt: skip
    _read(stream)
    clock.advance(300)
    assert _states(_read(stream)) == [("all", None)]


def test_a_listener_goes_on_after_the_last_event_that_it_had(
    server: SandboxServer, direct: DirectCaller
) -> None:
    direct.sign_in()
    with Listener(server, query="?after=0") as listener:
        place = listener.next("request").place
    direct.get("limits")
    with Listener(server, place) as listener:
        message = listener.next("request")
        assert message.data["path"].endswith("/limits")
        assert listener.response.getheader("Content-Type") == "text/event-stream"
        assert listener.response.getheader("Cache-Control") == "no-store"


@pytest.mark.parametrize("place", ["00000000-1", "{epoch}-999"])
def test_a_listener_from_before_is_told_that_it_has_missed_some(
    direct: DirectCaller, sandbox: Sandbox, place: str
) -> None:
    """As after a restart, whose events are numbered anew."""
    direct.sign_in()
    messages = _read(EventStream(sandbox, place.format(epoch=sandbox.events.epoch)))
    assert messages[0].kind == "missed"
    assert "request" in [message.kind for message in messages]


def test_a_slow_listener_misses_events_and_holds_up_nobody(
    sandbox: Sandbox, stream: EventStream
) -> None:
    for number in range(MOST_EVENTS + 10):
        sandbox.events.publish("request", 0.0, {"number": number})
    messages = _read(stream)
    assert messages[0].kind == "missed"
    assert len(messages) == MOST_EVENTS + 1
    assert messages[-1].data["number"] == MOST_EVENTS + 9
    sandbox.events.publish("request", 0.0, {})
    assert [message.kind for message in _read(stream)] == ["request"]


def test_a_listener_that_reads_nothing_holds_up_nobody(server: SandboxServer) -> None:
    """Not even when what it does not read fills every buffer on the way."""
    with Listener(server) as deaf, Listener(server) as listener:
        for number in range(MOST_EVENTS):
            server.sandbox.events.publish("request", 0.0, {"path": "x" * 5_000, "number": number})
        application = Application(server.sandbox)
        assert application.handle("GET", "/_sandbox/health").status == 200
        while listener.next("request", "missed").data.get("number") != MOST_EVENTS - 1:
            pass
        assert deaf.response.status == 200


def test_who_waits_is_woken_by_the_next_event() -> None:
    events = Events()
    woken = list[int]()
    thread = threading.Thread(target=lambda: woken.append(events.wait(0, 60)[0].number))
    thread.start()
    events.publish("clock", 0.0, {})
    thread.join(30)
    assert woken == [1]


def test_the_server_ends_its_listeners_with_itself(sandbox: Sandbox) -> None:
    with SandboxServer(sandbox) as server, Listener(server) as listener:
        assert listener.next().kind == "heartbeat"
        server.close()
        assert {message.kind for message in listener.rest()} <= {"heartbeat"}
    assert sandbox.events.listeners == 0


def test_a_heartbeat_tells_the_time_and_its_speed(
    stream: EventStream, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "HEARTBEAT", 0.0)
    for _ in range(2):
        (message,) = parse(iter(stream.read(0.0).decode().split("\n")))
        assert message == Message("heartbeat", {"time": clock.time(), "speed": 0.0}, None)


def test_only_so_many_may_listen(direct: DirectCaller, sandbox: Sandbox) -> None:
    for _ in range(MOST_LISTENERS):
        EventStream(sandbox).open()
    answer = direct.ask("GET", "/_sandbox/events")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    sandbox.events.count_listener(-1)
    assert Application(sandbox).handle("GET", "/_sandbox/events").status == 200


def test_without_a_server_there_is_what_there_is(direct: DirectCaller, sandbox: Sandbox) -> None:
    direct.sign_in()
    reply = Application(sandbox).handle("GET", "/_sandbox/events?after=0")
    kinds = [message.kind for message in parse(iter(reply.body.decode().split("\n")))]
    assert kinds[-1] == "heartbeat"
    assert "request" in kinds


def test_another_wsgi_server_gets_them_piece_by_piece(sandbox: Sandbox) -> None:
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/_sandbox/events",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
    }
    pieces = Application(sandbox)(environ, lambda *_: None)  # type: ignore[arg-type]
    iterator = iter(pieces)
    assert b"heartbeat" in next(iterator)
    assert sandbox.events.listeners == 1
    iterator.close()  # type: ignore[attr-defined]
    assert sandbox.events.listeners == 0


def test_a_head_of_them_has_an_end(server: SandboxServer) -> None:
    connection = http.client.HTTPConnection(server.url.rpartition("/")[2], timeout=30)
    try:
        connection.request("HEAD", "/_sandbox/events")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        assert answer.getheader("Content-Type") == "text/event-stream"
    finally:
        connection.close()
    assert server.sandbox.events.listeners == 0


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_no_other_page_may_listen(server: SandboxServer, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection(server.url.rpartition("/")[2], timeout=10)
    try:
        connection.request("GET", "/_sandbox/events", headers=headers)
        assert connection.getresponse().status == 403
    finally:
        connection.close()
