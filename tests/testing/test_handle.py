"""What a handle does: seeding, users, failures, assertions."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from wsgiref.headers import Headers

import pytest
import requests

from lavaclient import AuthorizationError, InvalidError, Lava
from lavaclient.sandbox.core.request_log import SeenRequest
from lavaclient.sandbox.core.request_matching import RequestPattern
from lavaclient.sandbox.ssh import hosts
from lavaclient.testing import Fault, MockLava, SandboxHandle, mock_lava
from lavaclient.testing._seeding import ClusterStatus
from tests.support.threads import together


@pytest.mark.parametrize(
    ("status", "then"),
    [
        ("ACTIVE", "ACTIVE"),
        ("BUILDING", "CONFIGURING"),
        ("CONFIGURING", "ACTIVE"),
        ("ERROR", "ERROR"),
        ("UPDATING", "ACTIVE"),
        ("RESIZING", "ACTIVE"),
        ("DELETING", None),
    ],
)
def test_a_cluster_may_be_doing_anything(
    status: ClusterStatus, then: str | None, lava: Lava, handle: SandboxHandle
) -> None:
    cluster_id = handle.add_cluster("numbers", status=status)
    cluster = lava.clusters.get(cluster_id)
    assert (cluster.status, cluster.name, cluster.ssh_keys) == (status, "numbers", ["sandbox-key"])
    handle.advance(500)
    assert [cluster.status for cluster in lava.clusters.list()] == ([] if then is None else [then])
    if then == "ACTIVE":
        assert len(lava.nodes.list(cluster_id)) == 4


def test_a_cluster_may_be_made_in_detail(lava: Lava, handle: SandboxHandle) -> None:
    script_id = handle.add_script("setup", "https://example.com/it.sh")
    handle.add_ssh_key("desk")
    cluster_id = handle.add_cluster(
        "stream",
        "HDP2.3_Kafka",
        {"slave0": {"count": 2, "flavor_id": "hadoop1-4"}},
        username="ops",
        ssh_keys=["desk", "laptop", "laptop"],
        scripts=[script_id],
    )
    cluster = lava.clusters.get(cluster_id)
    assert (cluster.username, cluster.ssh_keys) == ("ops", ["desk", "laptop"])
    assert [(group.id, group.count, group.flavor_id) for group in cluster.node_groups] == [
        ("ambari", 1, "hadoop1-4"), ("slave0", 2, "hadoop1-4"),
    ]  # fmt: skip
    assert {script.status for script in cluster.scripts} == {"SUCCEEDED"}


def test_seeds_are_not_seen_meet_no_fault_and_keep_the_rules(
    lava: Lava, handle: SandboxHandle
) -> None:
    count = len(handle.requests)
    handle.add_fault(Fault("status", times=None))
    handle.add_script("setup")
    assert len(handle.requests) == count
    with pytest.raises(ValueError, match="'setup' exists already"):
        handle.add_script("setup")
    with pytest.raises(ValueError, match="no stack"):
        handle.add_cluster("numbers", "HDP9")
    with pytest.raises(ValueError, match="Region"):
        handle.add_cluster("numbers", region="SYD")
    with pytest.raises(ValueError, match="Quota exceeded"):
        handle.add_cluster("numbers", node_groups={"slave0": {"count": 99}})
    with pytest.raises(ValueError, match=r"status: must be one of .*'ACTIVE'.* not 'IDLE'"):
        handle.add_cluster("numbers", status="IDLE")  # type: ignore[arg-type]
    handle.faults.clear()
    assert lava.clusters.list() == []


def test_a_cluster_fails_by_id_or_name(lava: Lava, handle: SandboxHandle) -> None:
    first = handle.add_cluster("numbers")
    handle.add_cluster("letters", region="ORD")
    handle.fail_cluster(first)
    handle.fail_cluster("letters")
    assert lava.clusters.get(first).status == "ERROR"
    assert handle.lava(region="ORD").clusters.get("letters").status == "ERROR"


def test_which_cluster_is_to_fail_must_be_clear(handle: SandboxHandle) -> None:
    with pytest.raises(ValueError, match="no cluster 'numbers'; there are: none at all"):
        handle.fail_cluster("numbers")
    ids = [handle.add_cluster("numbers") for _ in range(2)]
    with pytest.raises(ValueError, match="2 clusters are called 'numbers'") as caught:
        handle.fail_cluster("numbers")
    assert all(cluster_id in str(caught.value) for cluster_id in ids)
    with pytest.raises(ValueError, match=rf"no cluster 'x'; there are: numbers \({ids[0]}\), "):
        handle.fail_cluster("x")


def test_added_users_have_a_key_that_is_known(handle: SandboxHandle) -> None:
    key = handle.add_user("watcher", tenant_id="77")
    assert len(key) == 32
    assert handle.lava("watcher").endpoint.endswith("/77")
    assert handle.add_user("other", "k" * 32) == "k" * 32
    assert handle.lava("other", region="ORD").limits.get().node_count.used == 0
    with pytest.raises(AuthorizationError):
        handle.lava("other", api_key="x" * 32)


def test_a_world_may_give_a_user_another_key(handle: SandboxHandle) -> None:
    handle.add_user("ada", "a" * 32)
    handle.load_world({"users": [{"username": "ada", "api_key": "b" * 32}]})
    assert handle.lava("ada").limits.get().ram.limit > 0


def test_users_may_have_passwords() -> None:
    with mock_lava(password="first") as sandbox:
        sandbox.add_user("ada", password="second")
        for name, password, status in (
            ("sandbox", "first", 200), ("ada", "second", 200), ("ada", "first", 401),
        ):  # fmt: skip
            auth = {"auth": {"passwordCredentials": {"username": name, "password": password}}}
            answer = requests.post(f"{sandbox.auth_url}/tokens", json=auth, timeout=5)
            assert answer.status_code == status


def test_reset_forgets_everything(lava: Lava, handle: SandboxHandle) -> None:
    handle.add_cluster("numbers")
    handle.add_user("watcher")
    handle.add_fault("limits: 503")
    handle.fail_next_cluster()
    handle.reset()
    assert len(handle.requests) == 0
    assert handle.faults.list() == ()
    assert lava.clusters.list() == []
    handle.add_cluster("numbers", status="BUILDING")
    assert lava.clusters.wait("numbers").status == "ACTIVE"
    with pytest.raises(InvalidError, match="api_key"):
        handle.lava("watcher")


def test_a_fault_that_is_none_is_refused(handle: SandboxHandle) -> None:
    with pytest.raises(ValueError, match="is not a fault"):
        handle.add_fault("nonsense")


@pytest.fixture
def used_sandbox() -> MockLava:
    """A sandbox that has answered a few requests."""
    with mock_lava() as sandbox:
        lava = sandbox.lava()
        lava.scripts.create("setup", "https://example.com/x", "post_init")
        lava.credentials.create_ambari("chief", "very secret")
        lava.limits.get()
        lava.limits.get()
    return sandbox


TEXT = """\
expected at least 1 POST with a path that ends in '/clusters' with {"cluster": {}} in its body, \
found 0.
Requests:
  POST /identity/v2.0/tokens -> 200 {"auth": {"RAX-KSKEY:apiKeyCredentials": \
{"username": "sandbox", "apiKey": "(hidden)"}}}
  POST /dfw/v2/123456/scripts -> 200 {"script": {"name": "setup", "type": "POST_INIT", \
"url": "https://example.com/x"}}
  POST /dfw/v2/123456/credentials/ambari -> 201 {"ambari": {"username": "chief", \
"password": "(hidden)"}}
  GET /dfw/v2/123456/limits -> 200 (2 times)"""
SCRIPT = {"script": {"name": "setup", "type": "POST_INIT", "url": "https://example.com/x"}}


def test_what_was_asked_for_is_returned(used_sandbox: MockLava) -> None:
    (request,) = used_sandbox.assert_requested("post", "/scripts", times=1, json=SCRIPT)
    assert request.status == 200
    assert len(used_sandbox.assert_requested("GET")) == 2
    assert used_sandbox.assert_requested("PUT", times=0) == []
    used_sandbox.assert_not_requested("DELETE")
    used_sandbox.assert_not_requested("POST", "/scripts", json={"script": {"name": "other"}})
    used_sandbox.assert_not_requested("GET", json={})


def test_what_was_not_asked_for_is_told_with_what_was(used_sandbox: MockLava) -> None:
    with pytest.raises(AssertionError) as caught:
        used_sandbox.assert_requested("post", "/clusters", json={"cluster": {}})
    assert str(caught.value) == TEXT


def test_what_was_asked_for_too_often_is_told(used_sandbox: MockLava) -> None:
    with pytest.raises(AssertionError, match=r"expected 1 GET, found 2\.\nRequests:"):
        used_sandbox.assert_requested("GET", times=1)
    with pytest.raises(AssertionError, match=r"expected 0 GET with .* '/limits', found 2"):
        used_sandbox.assert_not_requested("GET", "/limits")


def test_a_failure_text_stays_readable() -> None:
    with mock_lava() as sandbox:
        with pytest.raises(AssertionError, match=r"(?s)Requests:\s+\(none\)$"):
            sandbox.assert_requested("GET")
        lava = sandbox.lava()
        sandbox.add_fault("GET flavors: reset-before")
        lava.flavors.list()
        with pytest.raises(AssertionError, match="flavors -> reset\n"):
            sandbox.assert_requested("PUT")
        for number in range(30):
            lava.scripts.create(f"{number}" * 90, "https://example.com/x" * 10, "post_init")
        with pytest.raises(AssertionError, match=r"\(13 lines before these\)") as caught:
            sandbox.assert_requested("PUT")
        lines = str(caught.value).splitlines()
        assert len(lines) == 23
        assert max(map(len, lines)) < 400


def test_parts_of_a_request_are_enough(used_sandbox: MockLava) -> None:
    find = used_sandbox.find_requests
    assert len(find("POST", json={"script": {}})) == 1
    assert len(find(json={"script": {"type": "POST_INIT"}})) == 1
    assert len(find(headers={"accept": "application/json", "x-nothing": None})) == 5
    assert len(find(headers={"X-Auth-Token": None})) == 1
    assert len(find(query={"limit": None})) == 5
    assert find(query={"limit": 100}) == []
    assert find(json={"script": []}) == find(json=[]) == find("PUT") == []
    assert used_sandbox.assert_requested("GET", at_least=2) == find("get", "/limits")


def test_order_is_that_of_the_assertions(used_sandbox: MockLava) -> None:
    used_sandbox.assert_requested("POST", "/tokens", in_order=True)
    used_sandbox.assert_requested("GET", in_order=True)
    used_sandbox.assert_requested("GET", in_order=True)
    with pytest.raises(AssertionError, match=r"1 GET after the last in order, found 0\."):
        used_sandbox.assert_requested("GET", in_order=True)
    with pytest.raises(AssertionError, match=r"Requests:\n  \(none\)$"):
        used_sandbox.assert_requested("POST", "/scripts", in_order=True)
    used_sandbox.assert_requested("POST", "/scripts")
    used_sandbox.reset()
    with used_sandbox:
        used_sandbox.lava().limits.get()
        used_sandbox.assert_requested("POST", "/tokens", in_order=True, times=1)
        used_sandbox.assert_requested("GET", "/limits", in_order=True, at_least=1)


def test_there_may_be_a_bound_above(used_sandbox: MockLava) -> None:
    assert used_sandbox.assert_requested("PATCH", at_most=1) == []
    assert len(used_sandbox.assert_requested("GET", at_least=1, at_most=2)) == 2
    with pytest.raises(AssertionError, match="expected at most 1 GET, found 2"):
        used_sandbox.assert_requested("GET", at_most=1)


def test_times_and_at_least_do_not_go_together(used_sandbox: MockLava) -> None:
    with pytest.raises(ValueError, match="not both"):
        used_sandbox.assert_requested("GET", times=1, at_least=1)


NEAREST = """\
expected at least 1 PUT with a path that ends in '/scripts' with the query {'limit': 5} with the \
headers {'X-Auth-Token': 'x', 'Accept': None} with {"script": {"name": "other", "tags": ["a"], \
"type": {"x": 1}}} in its body, found 0.
Nearest:
  POST /dfw/v2/123456/scripts -> 200 {"script": {"name": "setup", "type": "POST_INIT", \
"url": "https://example.com/x"}}
    method: is POST
    query: limit: is missing
    headers: X-Auth-Token: is "(hidden)", not "x"
    headers: Accept: is there, and must not be
    json.script.name: is "setup", not "other"
Requests:
"""


def test_the_nearest_requests_are_shown_with_where_they_differ(used_sandbox: MockLava) -> None:
    with pytest.raises(AssertionError) as caught:
        used_sandbox.assert_requested(
            "PUT",
            "/scripts",
            query={"limit": 5},
            headers={"X-Auth-Token": "x", "Accept": None},
            json={"script": {"name": "other", "tags": ["a"], "type": {"x": 1}}},
        )
    assert str(caught.value).startswith(NEAREST)


@pytest.mark.parametrize(
    ("body", "expected", "difference"),
    [
        ({"a": [1, 2]}, {"a": [1]}, "json.a: has 2 items, not 1"),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "json.a[1].b: is 2, not 3"),
        ({"a": True}, {"a": 1}, "json.a: is true, not 1"),
        ({"a": 1.0}, {"a": 1}, None),
        ({"a": "x" * 99}, {"a": None}, f'json.a: is "{"x" * 79}..., not null'),
        ({"a": 1}, {"b": 1}, "json.b: is missing"),
        ({"password": "p" * 9}, {"password": "q"}, "json.password: differs (hidden)"),
        ({"password": "p" * 9}, {"password": "p" * 9}, None),
        ([], {"a": 1}, 'json: is [], not {"a": 1}'),
    ],
)
def test_where_a_body_differs_is_told(
    body: object, expected: object, difference: str | None
) -> None:
    request = SeenRequest("PUT", "/x", "", Headers([]), json.dumps(body).encode(), 200, 0.0)
    assert list(RequestPattern(json=expected).differences(request)) == (
        [] if difference is None else [difference]
    )


@pytest.mark.parametrize(("body", "word"), [(b"", "empty"), (b"{", "not JSON")])
def test_a_body_that_is_none_differs(body: bytes, word: str) -> None:
    request = SeenRequest("PUT", "/x", "", Headers([]), body, 200, 0.0)
    assert list(RequestPattern(json={}).differences(request)) == [f"json: the body is {word}"]
    assert list(RequestPattern().differences(request)) == []


def _show(handle: SandboxHandle) -> None:
    repr(handle.sandbox)


def _log_in(handle: SandboxHandle) -> None:
    [host] = hosts.called(handle.sandbox, "slave0-1")
    host.authorizes("sandbox", "SHA256:none")


@pytest.mark.parametrize(
    "read",
    [
        _show,
        _log_in,
        lambda handle: handle._add_missing_keys(["sandbox-key"], "DFW"),
    ],
    ids=["repr", "login", "keys"],
)
def test_records_are_read_while_others_change_them(read: Callable[[SandboxHandle], None]) -> None:
    """Of the service's threads some may be at work at any time."""
    interval = sys.getswitchinterval()
    done = threading.Event()
    with mock_lava() as handle:
        handle.add_cluster("numbers")

        def use(number: int) -> None:
            if number == 0:
                for count in range(300):
                    handle.add_ssh_key(f"key-{count}")
                    handle.sandbox.account("DFW", f"tenant-{count}")
                done.set()
            while not done.is_set():
                read(handle)

        sys.setswitchinterval(1e-6)
        try:
            assert together(2, use) == [None, None]
        finally:
            sys.setswitchinterval(interval)
