"""Finding, counting and verifying requests over the control API."""

from __future__ import annotations

from typing import Any

import pytest

from lavaclient.sandbox.core.request_verification import Expectation
from lavaclient.sandbox.http.control_api import ROUTER
from tests.support.sandbox_callers import Answer, Caller, DirectCaller

SCRIPT = {"name": "setup", "type": "POST_INIT", "url": "https://example.com/x.sh"}


def _ask(caller: Caller, what: str, body: object) -> Answer:
    return caller.ask("POST", f"/_sandbox/requests/{what}", body)


def _work(caller: Caller) -> None:
    """Sign in, make a script, and look twice."""
    caller.post("scripts", {"script": SCRIPT})
    caller.get("limits")
    caller.ask("GET", "/dfw/v2/123456/clusters?limit=5", None, {"X-Auth-Token": str(caller.token)})


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ({}, 4),
        ({"method": "get"}, 2),
        ({"path": "/clusters"}, 1),
        ({"method": "POST", "json": {"script": {"name": "setup"}}}, 1),
        ({"method": "POST", "json": {"script": {"name": "other"}}}, 0),
        ({"query": {"limit": 5}}, 1),
        ({"path": "/clusters", "query": {"limit": None}}, 0),
        ({"headers": {"content-type": "application/json"}}, 2),
        ({"headers": {"X-Auth-Token": None}}, 1),
    ],
)
def test_requests_are_found_and_counted_by_what_they_say(
    caller: Caller, pattern: dict[str, Any], count: int
) -> None:
    _work(caller)
    assert _ask(caller, "count", pattern).body == {"count": count}
    matches = _ask(caller, "find", pattern).body["requests"]
    assert len(matches) == count
    assert str(caller.token) not in str(matches)


@pytest.mark.parametrize(
    ("numbers", "status"),
    [
        ({}, 200),
        ({"times": 2}, 200),
        ({"times": 1}, 409),
        ({"at_least": 2, "at_most": 2}, 200),
        ({"at_least": 3}, 409),
        ({"at_most": 1}, 409),
        ({"at_most": 0}, 409),
    ],
)
def test_as_many_as_expected_are_verified(
    caller: Caller, numbers: dict[str, int], status: int
) -> None:
    _work(caller)
    answer = _ask(caller, "verify", {"method": "GET", **numbers})
    assert answer.status == status
    assert (answer.body if status == 200 else answer.body["fault"])["count"] == 2


def test_a_failed_one_shows_the_nearest_and_where_they_differ(caller: Caller) -> None:
    _work(caller)
    pattern = {"method": "POST", "path": "/scripts", "json": {"script": {"name": "set up"}}}
    answer = _ask(caller, "verify", pattern)
    fault = answer.body["fault"]
    assert (answer.status, fault["code"], fault["count"]) == (409, 409, 0)
    [near] = fault["nearest"]
    assert near["differences"] == ['json.script.name: is "setup", not "set up"']
    assert near["request"]["path"] == "/dfw/v2/123456/scripts"
    nearest, line, difference = fault["message"].splitlines()[1:4]
    assert nearest == "Nearest:"
    assert line.startswith('  POST /dfw/v2/123456/scripts -> 200 {"script": {"name": "setup",')
    assert difference == '    json.script.name: is "setup", not "set up"'
    assert str(caller.token) not in str(answer.body)


def test_no_secret_is_in_what_is_shown_of_a_near_miss(direct: DirectCaller) -> None:
    direct.sign_in()
    wanted = {"auth": {"RAX-KSKEY:apiKeyCredentials": {"username": "sandbox", "apiKey": "k"}}}
    answer = _ask(direct, "verify", {"path": "/tokens", "json": wanted})
    assert answer.status == 409
    assert direct.sandbox.api_key not in str(answer.body)


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([{"path": "/tokens"}, {"path": "/scripts"}, {"path": "/clusters"}], 200),
        ([{"method": "GET"}, {"method": "GET"}], 200),
        ([{"method": "GET"}, {"method": "GET"}, {"method": "GET"}], 409),
        ([{"path": "/limits"}, {"path": "/scripts"}], 409),
        ([{"method": "GET", "times": 2}, {"at_most": 0}], 200),
        ([{"path": "/limits"}, {"path": "/clusters", "at_most": 0}], 409),
    ],
)
def test_requests_are_verified_in_order(
    caller: Caller, steps: list[dict[str, Any]], status: int
) -> None:
    _work(caller)
    answer = _ask(caller, "verify-in-order", {"in_order": steps})
    assert answer.status == status
    if status == 409:
        assert " after the last in order, found " in answer.message


def test_a_step_that_need_not_be_there_leaves_the_place(caller: Caller) -> None:
    _work(caller)
    steps = [{"path": "/nodes", "at_most": 1}, {"path": "/tokens"}]
    assert _ask(caller, "verify-in-order", {"in_order": steps}).status == 200


@pytest.mark.parametrize(
    ("what", "body", "message"),
    [
        ("count", {"verb": "GET"}, "unknown field 'verb'"),
        ("find", {"path": 5}, "path: "),
        ("verify", {"times": -1}, "times: "),
        ("verify", {"times": 1, "at_most": 2}, "not both"),
        ("verify", {"at_least": 3, "at_most": 2}, "at_most: 2 is less than at_least, 3"),
        ("verify-in-order", {"in_order": []}, "in_order: "),
    ],
)
def test_what_is_not_understood_is_a_400(
    direct: DirectCaller, what: str, body: object, message: str
) -> None:
    answer = _ask(direct, what, body)
    assert answer.status == 400
    assert message in answer.message


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ({}, "at least 1 GET"),
        ({"times": 2}, "2 GET"),
        ({"at_most": 2}, "at most 2 GET"),
        ({"at_least": 1, "at_most": 2}, "at least 1 and at most 2 GET"),
        ({"at_least": 0}, "at least 0 GET"),
    ],
)
def test_what_is_expected_is_said_in_words(numbers: dict[str, Any], text: str) -> None:
    assert str(Expectation("get", **numbers)) == text


def test_every_route_of_the_control_api_says_what_it_is_for() -> None:
    lines = {line: route.operation for line, route in ROUTER.routes}
    assert not [line for line, operation in lines.items() if not operation.summary]
    assert not [line for line, operation in lines.items() if operation.summary.endswith(".")]
