"""The page at `/_sandbox/`: its files, and what it is told."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest
import requests

import lavaclient.sandbox
from lavaclient.sandbox import ManualClock, Sandbox, SystemClock
from lavaclient.sandbox.http.app import Application
from lavaclient.sandbox.http.server import SandboxServer
from tests.support.sandbox_callers import Caller, DirectCaller

FILES = Path(str(lavaclient.sandbox.__file__)).parent / "data" / "dashboard"
HERE = "/_sandbox/accounts/123456/DFW"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("", "text/html"), ("dashboard.css", "text/css"), ("dashboard.js", "text/javascript")],
)
def test_its_files_come_with_a_policy_that_allows_no_other_host(
    sandbox: Sandbox, name: str, content_type: str
) -> None:
    reply = Application(sandbox).handle("GET", f"/_sandbox/{name}")
    headers = dict(reply.headers)
    assert reply.status == 200
    assert headers["Content-Type"] == f"{content_type}; charset=utf-8"
    assert reply.body == (FILES / (name or "index.html")).read_bytes()
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_it_has_no_inline_script_and_no_style_and_names_no_other_host() -> None:
    html = (FILES / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script\b[^>]*>", html) == ['<script type="module" src="dashboard.js">']
    assert not re.search(r"<style|\sstyle=|\son\w+=", html)
    everything = html + "".join(path.read_text(encoding="utf-8") for path in FILES.iterdir())
    hosts = set(re.findall(r"(?:https?:)?//([\w.-]+\.\w+)", everything))
    assert hosts == {"www.w3.org"}, "the name of SVG, which nobody asks"


def test_the_script_puts_texts_into_the_page_as_texts() -> None:
    script = (FILES / "dashboard.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)


def test_every_element_that_the_script_looks_for_is_there() -> None:
    script = (FILES / "dashboard.js").read_text(encoding="utf-8")
    html = (FILES / "index.html").read_text(encoding="utf-8")
    wanted = set(re.findall(r'\$\("([\w-]+)"\)', script))
    assert wanted
    assert wanted <= set(re.findall(r'\bid="([\w-]+)"', html))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_root_leads_to_it_and_is_no_request_to_the_service(
    server: SandboxServer, method: str
) -> None:
    answer = requests.request(method, f"{server.url}/", allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/_sandbox/")
    assert requests.request(method, f"{server.url}/", timeout=10).status_code == 200
    assert len(server.sandbox.requests) == 0


@pytest.mark.parametrize("path", ["/", "/_sandbox/", "/_sandbox/dashboard.js"])
def test_it_can_only_be_read(caller: Caller, path: str) -> None:
    answer = caller.ask("POST", path, {})
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_no_other_page_may_have_it(server: SandboxServer) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    for path in ("/", "/_sandbox/", "/_sandbox/overview", f"{HERE}/clusters"):
        answer = requests.get(server.url + path, headers=headers, timeout=10)
        assert answer.status_code == 403, path


def test_the_overview_tells_how_to_sign_in_and_where_there_is_something(caller: Caller) -> None:
    caller.cluster()
    caller.sandbox.add_user("watcher", "w" * 32, ["observer"], "654321")
    caller.sandbox.save_snapshot("half-built")
    shown = caller.ask("GET", "/_sandbox/overview").body
    assert shown["sign_in"]["environ"] == caller.sandbox.environ()
    assert shown["sign_in"]["api_key"] == caller.sandbox.api_key
    counts = {(a["tenant_id"], a["region"]): a["clusters"] for a in shown["accounts"]}
    assert len(counts) == 8
    assert counts["123456", "DFW"] == 1
    assert sum(counts.values()) == 1
    users = {user["username"]: user for user in shown["users"]}
    assert users["sandbox"]["tokens"] == 1
    assert users["sandbox"]["expires"] == shown["time"] + 86_400
    assert (users["watcher"]["tokens"], users["watcher"]["expires"]) == (0, None)
    assert users["watcher"]["roles"] == ["observer"]
    assert shown["snapshots"] == ["half-built"]
    assert shown["speed"] == 0.0
    caller.sandbox.expire_tokens()
    users = caller.ask("GET", "/_sandbox/overview").body["users"]
    assert [user["tokens"] for user in users] == [0, 0]


def test_an_account_that_is_looked_at_is_not_made_by_it(direct: DirectCaller) -> None:
    before = direct.ask("GET", "/_sandbox/state").body
    assert direct.ask("GET", "/_sandbox/accounts/999/ORD").body["credentials"] == []
    assert direct.ask("GET", "/_sandbox/accounts/999/ORD/clusters").body["total"] == 0
    assert direct.ask("GET", "/_sandbox/state").body == before
    assert direct.ask("GET", "/_sandbox/accounts/999/XYZ").status == 404


def test_an_account_shows_what_is_used_of_its_quotas(direct: DirectCaller) -> None:
    direct.cluster()
    direct.script("agent")
    account = direct.ask("GET", HERE).body
    limits = direct.get("limits").body["limits"]["absolute"]
    assert {q["name"]: (q["limit"], q["limit"] - q["used"]) for q in account["quotas"]} == {
        name: (limit["limit"], limit["remaining"]) for name, limit in limits.items()
    }
    assert account["credentials"] == [{"name": "somekey", "detail": "ssh_keys"}]
    assert account["scripts"] == [{"name": "agent", "detail": "https://example.com/x.sh"}]
    assert account["stacks"] == []


def test_clusters_come_in_pages_newest_first(direct: DirectCaller, sandbox: Sandbox) -> None:
    cluster = {"name": "c", "copies": 12, "node_groups": [{"id": "slave0", "count": 1}]}
    sandbox.load_world({"accounts": [{"clusters": [cluster]}]})
    page = direct.ask("GET", f"{HERE}/clusters?offset=2&limit=3").body
    assert [cluster["name"] for cluster in page["clusters"]] == ["c-10", "c-9", "c-8"]
    assert (page["total"], page["offset"]) == (12, 2)
    matching = direct.ask("GET", f"{HERE}/clusters?search=C-1").body
    assert [cluster["name"] for cluster in matching["clusters"]] == ["c-12", "c-11", "c-10", "c-1"]
    assert direct.ask("GET", f"{HERE}/clusters?search=active").body["total"] == 12
    assert direct.ask("GET", f"{HERE}/clusters?search=error").body["total"] == 0
    cluster_id = page["clusters"][0]["id"]
    assert direct.ask("GET", f"{HERE}/clusters?search={cluster_id}").body["total"] == 1


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "offset=-1", "offset=1.5"])
def test_a_page_that_is_none_is_refused(direct: DirectCaller, query: str) -> None:
    assert direct.ask("GET", f"{HERE}/clusters?{query}").status == 400


def _cluster(caller: Caller, cluster_id: str) -> dict[str, object]:
    shown: dict[str, object] = caller.ask("GET", f"/_sandbox/clusters/{cluster_id}").body["cluster"]
    return shown


def _timeline(cluster: dict[str, object]) -> list[tuple[str, bool]]:
    timeline = cluster["timeline"]
    assert isinstance(timeline, list)
    return [(step["status"], step["reached"]) for step in timeline]


def test_a_cluster_shows_its_timeline_and_its_nodes(
    caller: Caller, clock: ManualClock, sandbox: Sandbox
) -> None:
    caller.sign_in()
    cluster_id = caller.cluster(scripts=[{"id": caller.script()}])
    start = clock.time()
    cluster = _cluster(caller, cluster_id)
    assert _timeline(cluster) == [("BUILDING", True), ("CONFIGURING", False), ("ACTIVE", False)]
    assert cluster["progress"] == {"started": start, "ends": start + 600}
    assert cluster["nodes"] == []
    clock.advance(580)
    nodes = _cluster(caller, cluster_id)["nodes"]
    assert isinstance(nodes, list)
    assert [(node["name"], node["status"]) for node in nodes][:2] == [
        ("ambari-1", "ACTIVE"),
        ("master0-1", "ACTIVE"),
    ]
    assert nodes[0]["scripts"] == [{"name": "setup", "detail": "SUCCEEDED"}]
    assert nodes[0]["public_ip"] in [
        node["addresses"]["public"][0]["addr"] for node in caller.nodes(cluster_id)
    ]
    clock.advance(20)
    cluster = _cluster(caller, cluster_id)
    assert (_timeline(cluster), cluster["progress"]) == ([("ACTIVE", True)], None)
    assert caller.ask("GET", "/_sandbox/clusters/none").status == 404


def test_a_build_that_broke_shows_where(caller: Caller, clock: ManualClock) -> None:
    caller.sandbox.fail_next_cluster(after=100)
    cluster_id = caller.cluster()
    assert _timeline(_cluster(caller, cluster_id))[-1] == ("ACTIVE", False)
    clock.advance(100)
    cluster = _cluster(caller, cluster_id)
    assert _timeline(cluster) == [("BUILDING", True), ("ERROR", True)]
    assert cluster["progress"] is None


def test_what_a_cluster_is_busy_with_can_be_finished(caller: Caller, clock: ManualClock) -> None:
    """Also where it was to break later; and nothing happens to it a second time."""
    caller.sandbox.fail_next_cluster(after=100)
    cluster_id = caller.cluster()
    clock.advance(50)
    assert caller.ask("POST", f"/_sandbox/clusters/{cluster_id}/finish").status == 204
    assert caller.get(f"clusters/{cluster_id}").body["cluster"]["status"] == "ACTIVE"
    assert {node["status"] for node in caller.nodes(cluster_id)} == {"ACTIVE"}
    clock.advance(1_000)
    assert caller.get(f"clusters/{cluster_id}").body["cluster"]["status"] == "ACTIVE"
    answer = caller.ask("POST", f"/_sandbox/clusters/{cluster_id}/finish")
    assert answer.status == 409
    assert "ACTIVE" in answer.message


def test_a_cluster_that_broke_cannot_be_finished(caller: Caller) -> None:
    cluster_id = caller.cluster()
    caller.sandbox.fail_cluster(cluster_id)
    assert caller.ask("POST", f"/_sandbox/clusters/{cluster_id}/finish").status == 409
    assert caller.ask("POST", "/_sandbox/clusters/none/finish").status == 404


def test_a_cluster_that_leaves_is_gone_when_that_is_finished(caller: Caller) -> None:
    cluster_id = caller.active_cluster()
    assert caller.ask("DELETE", f"/_sandbox/clusters/{cluster_id}").status == 204
    assert _timeline(_cluster(caller, cluster_id)) == [("DELETING", True), ("DELETED", False)]
    assert caller.ask("POST", f"/_sandbox/clusters/{cluster_id}/finish").status == 204
    assert caller.get(f"clusters/{cluster_id}").status == 404


def test_a_cluster_is_deleted_by_the_rules_past_faults_and_the_log(caller: Caller) -> None:
    cluster_id = caller.cluster()
    caller.ask("POST", "/_sandbox/faults/line", {"line": "DELETE: 503"})
    before = len(caller.sandbox.requests)
    answer = caller.ask("DELETE", f"/_sandbox/clusters/{cluster_id}")
    assert answer.status == 409
    assert "BUILDING" in answer.message
    assert caller.ask("DELETE", "/_sandbox/clusters/none").status == 404
    assert len(caller.sandbox.requests) == before


def test_the_clock_goes_on_until_all_is_done(caller: Caller, clock: ManualClock) -> None:
    cluster_id = caller.cluster()
    broken = caller.cluster(name="broken")
    caller.sandbox.fail_cluster(broken)
    clock.advance(40)
    before = clock.time()
    answer = caller.ask("POST", "/_sandbox/clock", {"until": "done"})
    assert answer.body["clock"] == {"time": before + 560}
    assert caller.get(f"clusters/{cluster_id}").body["cluster"]["status"] == "ACTIVE"
    assert caller.ask("POST", "/_sandbox/clock", {"until": "done"}).body == answer.body


@pytest.mark.parametrize("body", [{}, {"until": "never"}, {"advance": 1, "until": "done"}])
def test_a_clock_is_told_one_thing(caller: Caller, body: dict[str, object]) -> None:
    assert caller.ask("POST", "/_sandbox/clock", body).status == 400


def test_the_clock_tells_its_speed() -> None:
    caller = DirectCaller(Sandbox(SystemClock(60)))
    assert caller.ask("GET", "/_sandbox/overview").body["speed"] == 60


def test_a_fault_can_be_added_as_a_line(caller: Caller) -> None:
    answer = caller.ask("POST", "/_sandbox/faults/line", {"line": "GET limits: 503 x2"})
    assert (answer.status, answer.body["fault"]["times"]) == (201, 2)
    assert caller.get("limits").status == 503
    refused = caller.ask("POST", "/_sandbox/faults/line", {"line": "GET limits: nonsense"})
    assert refused.status == 400
    assert "nonsense" in refused.message


def test_ten_thousand_clusters_make_a_page_no_larger(
    direct: DirectCaller, clock: ManualClock
) -> None:
    account = direct.sandbox.account()
    record = account.clusters[direct.active_cluster()]
    for number in range(10_000):
        another = copy.copy(record)
        another.id, another.name = f"{number:036}", f"cluster-{number}"
        account.clusters[another.id] = another
    reply = Application(direct.sandbox).handle("GET", f"{HERE}/clusters")
    assert len(reply.body) < 10_000
    overview = Application(direct.sandbox).handle("GET", "/_sandbox/overview")
    assert len(overview.body) < 10_000
