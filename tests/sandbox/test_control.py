"""The control API, apart from faults."""

from __future__ import annotations

import pytest

from lavaclient.sandbox import ManualClock
from tests.support.sandbox_callers import Caller, DirectCaller


def test_the_log_can_be_read_and_cleared_without_its_secrets(caller: Caller) -> None:
    """And what is asked of the control API is not in it."""
    caller.sign_in()
    caller.key()
    caller.post("scripts", b"\xff")
    shown = caller.ask("GET", "/_sandbox/requests").body["requests"]
    assert [entry["status"] for entry in shown] == [200, 201, 400]
    assert shown[0]["body"]["auth"]["RAX-KSKEY:apiKeyCredentials"]["username"] == "sandbox"
    assert shown[1]["path"] == "/dfw/v2/123456/credentials/ssh_keys"
    assert shown[2]["body"] == "(1 bytes that are not JSON)"
    assert caller.sandbox.api_key not in str(shown)
    assert str(caller.token) not in str(shown)
    assert caller.ask("DELETE", "/_sandbox/requests").status == 204
    assert caller.ask("GET", "/_sandbox/requests").body == {"requests": []}


def test_a_token_to_sign_in_with_is_hidden_too(direct: DirectCaller) -> None:
    """Wherever it stands; lists are looked through."""
    token = direct.sign_in()
    direct.auth({"token": {"id": token}})
    direct.ask("POST", "/identity/v2.0/tokens", [{"password": "secret"}, 1])
    shown = direct.ask("GET", "/_sandbox/requests").body["requests"]
    assert token not in str(shown)
    assert shown[-1]["body"] == [{"password": "(hidden)"}, 1]


def test_the_clock_can_be_read_and_moved(caller: Caller, clock: ManualClock) -> None:
    """Forward."""
    before = clock.time()
    answer = caller.ask("POST", "/_sandbox/clock", {"advance": 90})
    assert answer.body == {"clock": {"time": before + 90}}
    assert caller.ask("GET", "/_sandbox/clock").body == answer.body
    assert clock.time() == before + 90
    assert caller.ask("POST", "/_sandbox/clock", {"advance": -1}).status == 400


def test_the_clock_stops_where_dates_can_still_be_written(direct: DirectCaller) -> None:
    answers = [direct.ask("POST", "/_sandbox/clock", {"advance": 1e10}) for _ in range(21)]
    assert {answer.status for answer in answers} == {200, 400}
    assert "the clock stops at" in answers[-1].message
    direct.sign_in()
    assert direct.get("limits").status == 200
    world = direct.ask("GET", "/_sandbox/world").body
    assert direct.ask("PUT", "/_sandbox/world", world).status == 204


def test_a_cluster_can_be_made_to_fail(caller: Caller) -> None:
    """404 for one that is not there."""
    cluster_id = caller.cluster()
    assert caller.ask("POST", f"/_sandbox/clusters/{cluster_id}/fail").status == 204
    assert caller.get(f"clusters/{cluster_id}").body["cluster"]["status"] == "ERROR"
    assert caller.ask("POST", "/_sandbox/clusters/none/fail").status == 404


def test_reset_forgets_everything(caller: Caller) -> None:
    """Clusters, users, tokens, requests."""
    caller.sandbox.add_user("user", "k" * 32)
    caller.cluster()
    assert caller.ask("POST", "/_sandbox/reset").status == 204
    assert len(caller.sandbox.requests) == 0
    assert caller.get("limits").status == 401
    caller.sign_in()
    assert caller.get("clusters").body["clusters"] == []
    credentials = {"username": "user", "apiKey": "k" * 32}
    assert caller.auth({"RAX-KSKEY:apiKeyCredentials": credentials}).status == 401


def test_tokens_can_be_expired(caller: Caller) -> None:
    """All at once."""
    caller.sign_in()
    assert caller.ask("POST", "/_sandbox/tokens/expire").status == 204
    assert caller.get("limits").status == 401


def test_users_can_be_added(caller: Caller) -> None:
    """With roles that exist."""
    body = {"username": "user", "api_key": "k" * 32, "roles": ["observer"]}
    assert caller.ask("POST", "/_sandbox/users", body).status == 204
    caller.sign_in("user", "k" * 32)
    assert caller.get("limits").status == 200
    assert caller.post("scripts", {}).status == 403
    answer = caller.ask("POST", "/_sandbox/users", {**body, "roles": ["boss"]})
    assert answer.status == 400
    assert "bigdata:boss" in answer.message


def test_the_state_can_be_looked_at(caller: Caller) -> None:
    """By tenant and region."""
    cluster_id = caller.cluster()
    state = caller.ask("GET", "/_sandbox/state").body["state"]
    assert list(state) == ["123456/DFW"]
    assert list(state["123456/DFW"]["clusters"]) == [cluster_id]
    assert caller.sandbox.api_key not in str(state)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/nothing"), ("POST", "/clocks"), ("GET", "/clusters/x/fail/y")],
)
def test_anything_else_is_a_404(caller: Caller, method: str, path: str) -> None:
    """The control API is small."""
    assert caller.ask(method, f"/_sandbox{path}").status == 404


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("PUT", "/clock", "GET, HEAD, POST"), ("GET", "/clusters/x/fail", "POST")],
)
def test_a_method_that_the_control_api_does_not_have_is_a_405(
    caller: Caller, method: str, path: str, allow: str
) -> None:
    answer = caller.ask(method, f"/_sandbox{path}")
    assert (answer.status, answer.headers["Allow"]) == (405, allow)
