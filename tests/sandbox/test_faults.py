"""Faults on demand, from Python, over the control API and from the command line."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from typing import Any, Literal

import msgspec
import pytest
import requests

from lavaclient.sandbox import Fault, ManualClock, Sandbox
from lavaclient.sandbox.faults.model import Faults
from lavaclient.sandbox.faults.patterns import PathPattern
from lavaclient.sandbox.faults.syntax import line_of, parse
from lavaclient.sandbox.http.app import Application
from lavaclient.sandbox.http.server import SandboxServer
from tests.support.sandbox_callers import Caller, DirectCaller, SocketCaller

SCRIPT = {"script": {"name": "setup", "type": "POST_INIT", "url": "https://example.com/x"}}


def _names(caller: Caller) -> list[str]:
    return [script["name"] for script in caller.get("scripts").body["scripts"]]


def test_a_status_fault_refuses_so_many_requests(caller: Caller) -> None:
    """Then all is well again; nothing was carried out."""
    caller.sign_in()
    caller.sandbox.faults.add(Fault("status", method="POST", times=2, code=500))
    for _ in range(2):
        answer = caller.post("scripts", SCRIPT)
        assert answer.status == 500
        assert answer.body["fault"]["code"] == 500
        assert "Retry-After" not in answer.headers
    assert "setup" not in _names(caller)
    assert caller.post("scripts", SCRIPT).status == 200


def test_a_status_fault_may_say_when_to_come_again(caller: Caller) -> None:
    """In whatever words."""
    caller.sign_in()
    caller.sandbox.faults.add(Fault("status", code=503, retry_after="7"))
    answer = caller.get("limits")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")


def test_identity_has_faults_in_its_own_words(caller: Caller) -> None:
    """One key, named after the status."""
    caller.sandbox.faults.add(Fault("status", path="tokens", code=503, times=1))
    caller.sandbox.faults.add(Fault("status", path="tokens", code=502, times=1))
    assert caller.auth({}).body["serviceUnavailable"]["code"] == 503
    assert caller.auth({}).body["identityFault"]["code"] == 502


def test_a_fault_hits_what_it_is_for(caller: Caller) -> None:
    """By method and path; `after` lets some through, `times=None` never ends."""
    caller.sign_in()
    caller.sandbox.faults.add(Fault("status", "GET", "/limits$", times=None, after=1))
    assert caller.get("distros").status == 200
    statuses = [caller.get("limits").status for _ in range(4)]
    assert statuses == [200, 503, 503, 503]
    caller.sandbox.faults.clear()
    assert caller.get("limits").status == 200


def test_faults_come_one_after_the_other() -> None:
    """One that is spent makes way for the next; a late one goes with any other."""
    faults = Faults()
    first, second = Fault("status", code=500), Fault("status", code=503)
    late = Fault("latency", times=None)
    for fault in (first, second, late):
        faults.add(fault)
    assert faults.list() == (first, second, late)
    assert faults.missed() == (first, second, late)
    assert faults.take("GET", "/") == (late, first)
    assert faults.missed() == (second,)
    assert faults.take("GET", "/") == (late, second)
    assert faults.take("GET", "/") == (late,)
    assert faults.list() == (late,)
    assert faults.missed() == ()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "reset-before"}, "kind: there is no 'reset-before'; did you mean 'reset_before'"),
        ({"kind": "bogus"}, "kind: there is no 'bogus'; there are latency, "),
        ({"kind": "cut", "method": "FETCH"}, "method: there is no 'FETCH'"),
        ({"kind": "cut", "path": "/clutsers$"}, "path: the service has no path"),
        ({"kind": "cut", "path": "/clusters/[^/]+$"}, "is not a pattern: '+' has no meaning"),
        ({"kind": "cut", "times": 0}, "times: "),
        ({"kind": "status", "code": 200}, "code: "),
        ({"kind": "latency", "seconds": "1"}, "seconds: "),
        ({"kind": "wrong_body", "body": "odd"}, "body: "),
    ],
)
def test_a_fault_that_is_not_understood_is_an_error_where_it_is_given(
    fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Fault(**fields)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("", "/dfw/v2/1/limits", True),
        ("limits", "/dfw/v2/1/limits", True),
        ("limits$", "/dfw/v2/1/limits", True),
        ("limits$", "/dfw/v2/1/limits.json", False),
        ("^/dfw/v2/*/limits$", "/dfw/v2/1/limits", True),
        ("^/dfw/*/limits$", "/dfw/v2/1/limits", False),
        ("^/dfw/**limits$", "/dfw/v2/1/limits", True),
        ("clusters/*/nodes$", "/dfw/v2/1/clusters/ab-12/nodes", True),
        ("clusters/*/nodes$", "/dfw/v2/1/clusters/ab/12/nodes", False),
        ("^", "/dfw/v2/1/limits", True),
        ("^$", "/dfw/v2/1/limits", False),
        ("^/identity/", "/dfw/identity/", False),
    ],
)
def test_a_pattern_finds_what_it_says(pattern: str, path: str, expected: bool) -> None:
    assert PathPattern(pattern).matches(path) is expected


def test_no_pattern_takes_long() -> None:
    """Work grows with the path alone: ten times the path, ten times the time and not a hundred."""
    pattern = PathPattern("**a" * 60 + "b$")

    def seconds(length: int) -> float:
        started = time.process_time()
        assert not pattern.matches("a" * length)
        return time.process_time() - started

    short = min(seconds(2_000) for _ in range(5))
    assert min(seconds(20_000) for _ in range(3)) < 40 * short


def test_latency_waits_before_the_answer(sandbox: Sandbox) -> None:
    """As long as it says."""
    waited: list[float] = []
    application = Application(sandbox, sleep=waited.append)
    sandbox.faults.add(Fault("latency", seconds=2.5))
    assert application.handle("GET", "/dfw/v2/123456/limits").status == 401
    assert waited == [2.5]


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_a_reset_after_carries_the_request_out_and_one_before_does_not(
    server: SandboxServer, kind: Literal["reset_before", "reset_after"]
) -> None:
    """The client cannot tell the difference."""
    with requests.Session() as session:
        caller = SocketCaller(server, session)
        caller.sign_in()
        server.sandbox.faults.add(Fault(kind, method="POST"))
        with pytest.raises(requests.ConnectionError, match="reset by peer"):
            caller.post("scripts", SCRIPT)
        assert ("setup" in _names(caller)) == (kind == "reset_after")
        assert server.sandbox.requests.matching("POST", "/scripts")[0].status == 0


def test_a_reset_is_an_exception_in_process(direct: DirectCaller) -> None:
    """Of the kind that sockets raise."""
    direct.sign_in()
    direct.sandbox.faults.add(Fault("reset_after"))
    with pytest.raises(ConnectionResetError, match="after the request was carried out"):
        direct.get("limits")


def test_a_cut_body_is_half_of_it_under_its_whole_length(direct: DirectCaller) -> None:
    """In-process too."""
    direct.sign_in()
    whole = direct.send("GET", direct.url + "/dfw/v2/123456/distros", _token(direct), b"")
    direct.sandbox.faults.add(Fault("cut"))
    cut = direct.send("GET", direct.url + "/dfw/v2/123456/distros", _token(direct), b"")
    assert cut[1]["Content-Length"] == str(len(whole[2]))
    assert cut[2] == whole[2][: len(whole[2]) // 2]


def _token(caller: Caller) -> dict[str, str]:
    return {"X-Auth-Token": caller.token or ""}


def test_a_cut_body_ends_the_connection(server: SandboxServer) -> None:
    """So that nobody waits for the rest."""
    with requests.Session() as session:
        caller = SocketCaller(server, session)
        caller.sign_in()
        server.sandbox.faults.add(Fault("cut"))
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            caller.get("distros")
        assert caller.get("distros").status == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("empty", b""),
        ("list", b'[{"limits":'),
        ("types", b'{"limits":42}'),
        ("html", b"<html>"),
    ],
)
def test_a_wrong_body_comes_with_a_good_status(
    direct: DirectCaller, body: Any, expected: bytes
) -> None:
    """Whatever it is."""
    direct.sign_in()
    direct.sandbox.faults.add(Fault("wrong_body", body=body))
    status, headers, content = direct.send(
        "GET", direct.url + "/dfw/v2/123456/limits", _token(direct), b""
    )
    assert status == 200
    assert content.startswith(expected)
    assert bool(content) == bool(expected)
    assert headers["Content-Type"] == ("text/html" if body == "html" else "application/json")


def test_a_wrong_body_can_come_where_there_was_none(direct: DirectCaller) -> None:
    """A 204 becomes a 200 then."""
    path = f"scripts/{direct.script()}"
    direct.sandbox.faults.add(Fault("wrong_body", body="types"))
    answer = direct.delete(path)
    assert (answer.status, answer.body) == (200, [None])


def test_an_expired_token_is_the_one_that_came(caller: Caller) -> None:
    """The next one is good."""
    caller.sign_in()
    caller.sandbox.faults.add(Fault("expired_token", path="/v2/"))
    assert caller.get("limits").status == 401
    assert caller.get("limits").status == 401
    caller.sign_in()
    assert caller.get("limits").status == 200


def test_a_token_that_is_not_known_cannot_expire(caller: Caller) -> None:
    """It is refused as it is."""
    caller.sandbox.faults.add(Fault("expired_token"))
    assert caller.ask("GET", "/dfw/v2/123456/limits").status == 401


def test_endless_pages_always_have_one_more(caller: Caller) -> None:
    """Each with a marker of its own; what is no list stays as it is."""
    caller.sign_in()
    caller.sandbox.faults.add(Fault("endless_pages", "GET", times=None))
    markers = set()
    path = "flavors"
    for _ in range(5):
        body = caller.get(path).body
        assert body["flavors"]
        href = body["links"][0]["href"]
        markers.add(href)
        path = "flavors?" + href.split("?")[1]
    assert len(markers) == 5
    assert "links" not in caller.get("limits").body


def test_the_control_api_keeps_the_faults(caller: Caller) -> None:
    """POST, GET, DELETE."""
    fault = {"kind": "status", "path": "/limits$", "code": 500, "times": None}
    added = caller.ask("POST", "/_sandbox/faults", fault)
    assert added.status == 201
    assert added.body["fault"].items() >= fault.items()
    assert caller.get("limits").status == 500
    assert caller.ask("GET", "/_sandbox/faults").body["faults"] == [added.body["fault"]]
    assert caller.ask("DELETE", "/_sandbox/faults").status == 204
    assert caller.get("limits").status == 200


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "kind"),
        ({"kind": "boom"}, "kind: "),
        ({"kind": "status", "code": 200}, "code: "),
        ({"kind": "status", "times": 0}, "times: "),
        ({"kind": "status", "path": "("}, "path: '(' is not a pattern"),
        ({"kind": "status", "path": "/clutsers$"}, "path: the service has no path"),
        ({"kind": "status", "method": "get"}, "method: there is no 'get'"),
        ({"kind": "status", "colour": "red"}, "colour"),
    ],
)
def test_a_fault_that_is_none_is_refused_by_name(
    caller: Caller, fields: dict[str, object], message: str
) -> None:
    """By the control API."""
    answer = caller.ask("POST", "/_sandbox/faults", fields)
    assert answer.status == 400
    assert message in answer.message
    assert caller.sandbox.faults.list() == ()


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("GET clusters: 503 x3", Fault("status", "GET", "clusters", 3)),
        (": 500", Fault("status", code=500)),
        ("POST: reset-after", Fault("reset_after", "POST")),
        ("GET|PUT /limits$: cut x* after 2", Fault("cut", "GET|PUT", "/limits$", None, after=2)),
        ("tokens: latency=0.5", Fault("latency", path="tokens", seconds=0.5)),
        (
            "PUT clusters: 413 retry-after=30",
            Fault("status", "PUT", "clusters", code=413, retry_after="30"),
        ),
        (
            "GET clusters/*/nodes$: html",
            Fault("wrong_body", "GET", "clusters/*/nodes$", body="html"),
        ),
        ("limits: expired-token", Fault("expired_token", path="limits")),
        ("GET flavors: endless-pages", Fault("endless_pages", "GET", "flavors")),
        ("^/identity/: reset-before", Fault("reset_before", path="^/identity/")),
    ],
)
def test_a_line_says_a_fault(line: str, fault: Fault) -> None:
    """As the command line takes them."""
    assert parse(line) == fault


@pytest.mark.parametrize(
    "line",
    ["", "GET clusters", "GET nodes: boom", "GET nodes: 503 after", "nodes: latency=soon",
     "nodes: retry-after=", "nodes: x3", "nodes: 999", "(: 503", "nodes: 503 x0",
     "nodes: latency=-1", "nodes: after two", "get: 503", "GTE: 503", "/clutsers$: 503",
     "nodes[: 503", "x" * 2000 + ": 503"],
)  # fmt: skip
def test_a_line_that_says_none_is_refused(line: str) -> None:
    """And repeated in the error."""
    with pytest.raises(
        ValueError, match=r"is not a fault|Expected|missing|is not a pattern|no path|there is no"
    ) as caught:
        parse(line)
    assert repr(line) in str(caught.value)


def test_a_fault_survives_being_written_and_read() -> None:
    """It is a record like others."""
    fault = Fault("latency", seconds=2.0)
    assert msgspec.convert(json.loads(msgspec.json.encode(fault)), Fault) == fault


def _statuses(caller: Caller, count: int) -> list[int]:
    return [caller.get("limits").status for _ in range(count)]


def test_a_fault_may_be_a_matter_of_chance() -> None:
    """Drawn by the sandbox's seed, so that a run can be repeated."""

    def run(seed: int) -> list[int]:
        caller = DirectCaller(Sandbox(ManualClock(), seed=seed))
        caller.sign_in()
        caller.sandbox.faults.add(Fault("status", times=None, probability=0.3))
        return _statuses(caller, 200)

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 30 < run(1).count(503) < 90


def test_chance_counts_hits_and_not_tries(direct: DirectCaller) -> None:
    direct.sign_in()
    direct.sandbox.faults.add(Fault("status", times=3, probability=0.2))
    assert _statuses(direct, 200).count(503) == 3


def test_a_fault_may_be_for_a_region(caller: Caller) -> None:
    """Identity is in none."""
    caller.sandbox.faults.add(Fault("status", times=None, region="ORD"))
    caller.sign_in()
    assert caller.get("limits").status == 200
    caller.region = "ord"
    assert caller.get("limits").status == 503


def test_a_fault_may_be_for_a_user(caller: Caller) -> None:
    """By the token that comes with the request."""
    caller.sandbox.add_user("ada", "k" * 32)
    caller.sandbox.faults.add(Fault("status", times=None, username="ada"))
    caller.sign_in()
    assert caller.get("limits").status == 200
    caller.sign_in("ada", "k" * 32)
    assert caller.get("limits").status == 503


def test_a_fault_may_have_its_hours(caller: Caller, clock: ManualClock) -> None:
    """On the sandbox's clock, from when it was added."""
    caller.sign_in()
    caller.sandbox.faults.add(Fault("status", times=None, begins=60, lasts=30))
    statuses = []
    for _ in range(5):
        statuses += _statuses(caller, 1)
        clock.advance(29.9)
    assert statuses == [200, 200, 200, 503, 200]


def test_latencies_are_drawn(sandbox: Sandbox) -> None:
    waits: list[float] = []
    application = Application(sandbox, sleep=waits.append)
    sandbox.faults.add(Fault("latency", times=None, seconds=1, spread=2))
    for _ in range(50):
        application.handle("GET", "/dfw/v2/123456/limits")
    assert 1 <= min(waits) < 1.3
    assert 2.7 < max(waits) <= 3
    assert len(set(waits)) == 50


def test_a_dribbled_body_comes_piece_by_piece(sandbox: Sandbox) -> None:
    """Whole in the end; in process it takes its time as well."""
    waits: list[float] = []
    direct = DirectCaller(sandbox)
    direct.application = Application(sandbox, sleep=waits.append)
    direct.sign_in()
    whole = direct.get("distros")
    sandbox.faults.add(Fault("dribble", "GET", seconds=0.5))
    assert direct.get("distros").body == whole.body
    assert waits == [0.5]
    with SandboxServer(sandbox) as server:
        sandbox.faults.add(Fault("dribble", "GET", seconds=0.5))
        headers = {"X-Auth-Token": direct.token or ""}
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/dfw/v2/123456/distros", headers=headers)
        answer = connection.getresponse()
        parts = []
        while part := answer.read1(65_536):
            parts.append(part)
        connection.close()
        assert len(json.loads(b"".join(parts))["distros"]) == len(whole.body["distros"])
        assert len(parts) > 3


def test_an_interim_answer_comes_before_the_real_one(server: SandboxServer) -> None:
    server.sandbox.faults.add(Fault("interim"))
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        wire.sendall(b"GET /v2.0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while part := wire.recv(65_536):
            answer += part
    first, _, second = answer.partition(b"\r\n\r\n")
    assert first == b"HTTP/1.1 102 Processing"
    assert second.startswith(b"HTTP/1.1 200 OK\r\n")


def test_hits_are_counted_and_shown(caller: Caller) -> None:
    caller.sign_in()
    for fault in (Fault("status", path="/limits$", times=2), Fault("cut", path="/flavors$")):
        caller.sandbox.faults.add(fault)
    _statuses(caller, 3)
    shown = caller.ask("GET", "/_sandbox/faults").body
    assert [(entry["fault"]["kind"], entry["hits"]) for entry in shown["hits"]] == [
        ("status", 2),
        ("cut", 0),
    ]
    assert [fault["kind"] for fault in shown["faults"]] == ["cut"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("dribble", "GET", "/clusters$", None, seconds=2.5, spread=1.5),
        Fault("interim", region="LON", username="ada", begins=60, lasts=600),
        Fault("status", probability=0.25, after=2, retry_after="5"),
    ],
)
def test_a_fault_in_full_is_one_line(fault: Fault) -> None:
    """Which is read as the same fault."""
    assert parse(line_of(fault)) == fault


@pytest.mark.parametrize(
    "line", ["limits: 503 p=0", "limits: 503 p=1.5", "limits: 503 region=MARS", "limits: p=0.5"]
)
def test_a_line_in_full_that_makes_no_sense_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(line))):
        parse(line)
