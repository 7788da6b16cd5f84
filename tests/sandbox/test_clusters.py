"""Clusters: what is checked, how they are built, changed and deleted."""

from __future__ import annotations

from typing import Any

import pytest

from lavaclient.sandbox import ManualClock
from tests.support.sandbox_callers import Caller


def _get(caller: Caller, cluster_id: str) -> dict[str, Any]:
    body: dict[str, Any] = caller.get(f"clusters/{cluster_id}").body["cluster"]
    return body


def _resize(caller: Caller, cluster_id: str, **counts: int) -> Any:
    groups = [{"id": group, "count": count} for group, count in counts.items()]
    return caller.put(f"clusters/{cluster_id}", {"cluster": {"node_groups": groups}})


def test_a_new_cluster_is_building_and_has_all_its_fields(caller: Caller) -> None:
    """With the reference's types: progress is a string, `updated` is empty."""
    caller.key()
    script_id = caller.script()
    wanted = caller.cluster_body(
        node_groups=[{"id": "slave0", "count": 4, "flavor_id": "hadoop1-15"}],
        scripts=[{"id": script_id}],
    )
    answer = caller.post("clusters", wanted)
    assert answer.status == 202
    cluster = answer.body["cluster"]
    assert cluster["status"] == "BUILDING"
    assert cluster["progress"] == "5"
    assert cluster["created"] == "2015-10-16T12:53:20Z"
    assert cluster["updated"] is None
    assert cluster["ssh_keys"] == ["somekey"]
    assert cluster["username"] == "worker"
    assert cluster["connectors"] == []
    assert cluster["credentials"] == [{"type": "ssh_keys", "name": "somekey"}]
    [script] = cluster["scripts"]
    assert script.items() >= {"id": script_id, "script_id": script_id, "name": "setup"}.items()
    assert script["status"] == "PENDING"
    groups = {group["id"]: group for group in cluster["node_groups"]}
    assert list(groups) == ["ambari", "master0", "master1", "slave0"]
    assert (groups["slave0"]["count"], groups["slave0"]["flavor_id"]) == (4, "hadoop1-15")
    assert {"name": "Namenode"} in groups["master0"]["components"]
    base = f"{caller.url}/dfw"
    assert cluster["links"] == [
        {"rel": "self", "href": f"{base}/v2/123456/clusters/{cluster['id']}"},
        {"rel": "bookmark", "href": f"{base}/123456/clusters/{cluster['id']}"},
    ]


def test_the_list_shows_the_short_form(caller: Caller) -> None:
    """Without groups, progress and the like."""
    cluster_id = caller.cluster()
    [shown] = caller.get("clusters").body["clusters"]
    assert shown["id"] == cluster_id
    assert set(shown) == {
        "id", "name", "status", "stack_id", "cbd_version", "created", "updated", "links",
    }  # fmt: skip


def test_two_clusters_may_have_one_name(caller: Caller) -> None:
    """As on the real service."""
    assert caller.cluster(name="twin") != caller.cluster(name="twin")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": None}, "cluster: object missing required field 'name'"),
        ({"name": ""}, "cluster.name: "),
        ({"name": "n" * 256}, "cluster.name: "),
        ({"name": 5}, "cluster.name: Expected 'str', got 'int'"),
        ({"username": "root"}, "cluster.username: "),
        ({"username": "Root"}, "cluster.username: "),
        ({"username": "x"}, "cluster.username: "),
        ({"username": "1st"}, "cluster.username: "),
        ({"username": "u" * 33}, "cluster.username: "),
        ({"ssh_keys": []}, "cluster.ssh_keys: "),
        ({"ssh_keys": None}, "cluster: object missing required field 'ssh_keys'"),
        ({"ssh_keys": ["none"]}, "ssh_keys: there is no ssh_keys named 'none'"),
        ({"stack_id": "none"}, "stack_id: there is no stack 'none'"),
        ({"colour": "red"}, "cluster: object contains unknown field 'colour'"),
        ({"region": "XYZ"}, "region: there is no region 'XYZ'"),
        ({"node_groups": []}, "cluster.node_groups: "),
        ({"node_groups": {"slave0": 1}}, "cluster.node_groups: "),
        ({"node_groups": [{"id": "no"}]}, "node_groups: HDP2.3_Hadoop has no 'no'; it has ambari"),
        ({"node_groups": [{"id": "slave0"}, {"id": "slave0"}]}, "'slave0' is given twice"),
        ({"node_groups": [{"id": "slave0", "count": 0}]}, "cluster.node_groups[0].count: "),
        ({"node_groups": [{"id": "slave0", "count": 101}]}, "cluster.node_groups[0].count: "),
        ({"node_groups": [{"id": "slave0", "count": "3"}]}, "cluster.node_groups[0].count: "),
        ({"node_groups": [{"id": "slave0", "count": True}]}, "cluster.node_groups[0].count: "),
        ({"node_groups": [{"id": "slave0", "x": 1}]}, "cluster.node_groups[0]: "),
        (
            {"node_groups": [{"id": "master0", "count": 2}]},
            "node_groups: master0: count: must be from 1 to 1, not 2",
        ),
        (
            {"node_groups": [{"id": "slave0", "flavor_id": "huge"}]},
            "node_groups: slave0: flavor_id: there is no flavor 'huge'",
        ),
        (
            {"node_groups": [{"id": "slave0", "flavor_id": "hadoop1-4"}]},
            "node_groups: slave0: flavor_id: hadoop1-4 has 4096 MB of memory; 5237 MB are needed",
        ),
        ({"scripts": [{"id": "none"}]}, "scripts: there is no script 'none'"),
        ({"scripts": ["none"]}, "cluster.scripts[0]: "),
        (
            {"credentials": [{"type": "s3", "credential": {"name": "none"}}]},
            "credentials: there is no s3 named 'none'",
        ),
        (
            {"connectors": [{"type": "swift", "credential": {"name": "none"}}]},
            "connectors: there is no credential type 'swift'",
        ),
        ({"credentials": [{"type": "s3", "name": "x"}]}, "cluster.credentials[0]: "),
    ],
)
def test_a_wrong_field_is_refused_by_name(
    caller: Caller, fields: dict[str, object], message: str
) -> None:
    """And nothing is made."""
    caller.key()
    answer = caller.post("clusters", caller.cluster_body(**fields))
    assert answer.status == 400
    assert answer.body["fault"]["code"] == 400
    assert message in answer.message
    assert caller.get("clusters").body["clusters"] == []


@pytest.mark.parametrize("body", [{}, {"cluster": None}, {"cluster": {}, "x": 1}, []])
def test_a_body_of_another_shape_is_refused(caller: Caller, body: object) -> None:
    """Whatever stands around the cluster."""
    assert caller.post("clusters", body).status == 400


def test_what_neither_stack_nor_request_says_is_worked_out(caller: Caller) -> None:
    """The old stacks leave the slaves' count and flavor open."""
    cluster_id = caller.cluster(stack_id="HDP2.2_Hadoop")
    groups = {group["id"]: group for group in _get(caller, cluster_id)["node_groups"]}
    assert groups["slave"]["count"] == 1
    assert groups["slave"]["flavor_id"] == "hadoop1-7"
    assert groups["journalnodes"]["count"] == 3


def test_connectors_and_credentials_are_one_thing_by_two_names(caller: Caller) -> None:
    """And the answer shows both."""
    caller.key()
    body = {"cloud_files": {"username": "cfuser", "api_key": "k" * 32}}
    caller.post("credentials/cloud_files", body)
    named = [{"type": "cloud_files", "credential": {"name": "cfuser"}}]
    wanted = caller.cluster_body(connectors=named, credentials=named)
    cluster = caller.post("clusters", wanted).body["cluster"]
    assert cluster["connectors"] == named
    assert {"type": "cloud_files", "name": "cfuser"} in cluster["credentials"]
    assert len(cluster["credentials"]) == 2


def test_a_known_region_is_accepted(caller: Caller) -> None:
    """In any case."""
    assert caller.cluster(region="dfw")


def test_a_build_goes_through_building_and_configuring_to_active(
    caller: Caller, clock: ManualClock
) -> None:
    """Within ten minutes of the clock, and its progress only grows."""
    cluster_id = caller.cluster()
    statuses = []
    for _ in range(13):
        cluster = _get(caller, cluster_id)
        statuses.append((cluster["status"], int(cluster["progress"])))
        clock.advance(50)
    assert list(dict.fromkeys(status for status, _ in statuses)) == [
        "BUILDING",
        "CONFIGURING",
        "ACTIVE",
    ]
    progress = [number for _, number in statuses]
    assert progress == sorted(progress)
    assert (progress[0], progress[-2] < 100, progress[-1]) == (5, True, 100)


def test_time_that_nobody_looked_at_has_passed_all_the_same(
    caller: Caller, clock: ManualClock
) -> None:
    """A cluster looked at a year later is long there."""
    cluster_id = caller.cluster()
    caller.sandbox.token_lifetime = 10**9
    caller.sign_in()
    clock.advance(365 * 86_400)
    assert _get(caller, cluster_id)["status"] == "ACTIVE"
    assert len(caller.nodes(cluster_id)) == 4


def test_scripts_run_on_each_node(caller: Caller, clock: ManualClock) -> None:
    """From PENDING to SUCCEEDED, on new nodes too."""
    cluster_id = caller.cluster(scripts=[{"id": caller.script()}], stack_id="HDP2.3_Kafka")
    statuses = []
    for _ in range(31):
        statuses += [script["status"] for script in _get(caller, cluster_id)["scripts"]]
        clock.advance(20)
    assert list(dict.fromkeys(statuses)) == ["PENDING", "DELIVERED", "RUNNING", "SUCCEEDED"]
    nodes = {node["id"] for node in caller.nodes(cluster_id)}
    scripts = _get(caller, cluster_id)["scripts"]
    assert {script["node_id"] for script in scripts} == nodes
    assert {script["name"] for script in scripts} == {"setup"}
    _resize(caller, cluster_id, slave0=2)
    clock.advance(150)
    statuses = sorted(script["status"] for script in _get(caller, cluster_id)["scripts"])
    assert statuses == ["PENDING", "SUCCEEDED", "SUCCEEDED"]


def test_a_resize_up_brings_nodes(caller: Caller, clock: ManualClock) -> None:
    """UPDATING, RESIZING, ACTIVE."""
    cluster_id = caller.active_cluster()
    answer = _resize(caller, cluster_id, slave0=3)
    assert answer.status == 202
    cluster = answer.body["cluster"]
    assert (cluster["status"], cluster["progress"]) == ("UPDATING", "5")
    assert cluster["updated"] == "2015-10-16T13:03:20Z"
    assert cluster["node_groups"][-1]["count"] == 3
    assert len(caller.nodes(cluster_id)) == 4
    clock.advance(100)
    assert _get(caller, cluster_id)["status"] == "RESIZING"
    names = {node["name"]: node["status"] for node in caller.nodes(cluster_id)}
    assert names["slave0-1"] == "ACTIVE"
    assert names["slave0-2"] == "BUILDING"
    clock.advance(200)
    assert _get(caller, cluster_id)["status"] == "ACTIVE"
    names = {node["name"]: node["status"] for node in caller.nodes(cluster_id)}
    assert names["slave0-3"] == "ACTIVE"


def test_a_resize_down_takes_the_newest_nodes(caller: Caller, clock: ManualClock) -> None:
    """They are DEACTIVATING before they are gone."""
    cluster_id = caller.active_cluster(node_groups=[{"id": "slave0", "count": 3}])
    assert _resize(caller, cluster_id, slave0=1).status == 202
    names = {node["name"]: node["status"] for node in caller.nodes(cluster_id)}
    assert names["slave0-1"] == "ACTIVE"
    assert names["slave0-2"] == names["slave0-3"] == "DEACTIVATING"
    clock.advance(300)
    names = {node["name"]: node["status"] for node in caller.nodes(cluster_id)}
    assert [name for name in names if name.startswith("slave0")] == ["slave0-1"]


def test_only_an_active_cluster_can_be_changed(caller: Caller, clock: ManualClock) -> None:
    """A 409 names the state it is in, and the change is not made."""
    cluster_id = caller.cluster()
    answer = _resize(caller, cluster_id, slave0=3)
    assert answer.status == 409
    assert "is BUILDING" in answer.message
    clock.advance(600)
    assert _resize(caller, cluster_id, slave0=3).status == 202
    assert _resize(caller, cluster_id, slave0=4).status == 409
    clock.advance(300)
    caller.sandbox.fail_cluster(cluster_id)
    assert "is ERROR" in _resize(caller, cluster_id, slave0=4).message
    assert len(caller.nodes(cluster_id)) == 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "exactly one of node_groups"),
        (
            {"control_services": {"action": "stop", "services": []}, "credentials": [
                {"type": "ssh_keys", "name": "somekey"}]},
            "exactly one of",
        ),
        ({"name": "new"}, "unknown field 'name'"),
        ({"node_groups": []}, "cluster.node_groups: "),
        ({"node_groups": [{"id": "slave0"}]}, "missing required field 'count'"),
        ({"node_groups": [{"id": "none", "count": 1}]}, "the cluster has no 'none'"),
        ({"node_groups": [{"id": "slave0", "count": 0}]}, "cluster.node_groups[0].count"),
        ({"node_groups": [{"id": "slave0", "count": 1}] * 2}, "'slave0' is given twice"),
        ({"node_groups": [{"id": "ambari", "count": 2}]}, "ambari: count: must be from 1 to 1"),
        (
            {"node_groups": [{"id": "slave0", "count": 2, "flavor_id": "hadoop1-15"}]},
            "slave0: flavor_id: is hadoop1-7 and cannot be changed",
        ),
        ({"credentials": []}, "cluster.credentials: "),
        ({"credentials": [{"type": "s3", "name": "none"}]}, "there is no s3 named 'none'"),
        (
            {"remove_credentials": [{"type": "ssh_keys", "name": "none"}]},
            "the cluster has no ssh_keys named 'none'",
        ),
        ({"control_services": {"action": "kill", "services": []}}, "control_services.action"),
        (
            {"control_services": {"action": "stop", "services": [{"name": "Storm"}]}},
            "has no service 'Storm'; it has HDFS, YARN, MapReduce, Hive, Pig",
        ),
        ({"control_services": {"action": "stop"}}, "missing required field 'services'"),
    ],
)  # fmt: skip
def test_a_wrong_change_is_refused_by_name(
    caller: Caller, change: dict[str, object], message: str
) -> None:
    """And the cluster stays ACTIVE."""
    cluster_id = caller.active_cluster()
    answer = caller.put(f"clusters/{cluster_id}", {"cluster": change})
    assert answer.status == 400
    assert message in answer.message
    assert _get(caller, cluster_id)["status"] == "ACTIVE"


def test_a_resize_may_repeat_the_flavor(caller: Caller) -> None:
    """As long as it is the same."""
    cluster_id = caller.active_cluster()
    groups = [{"id": "slave0", "count": 2, "flavor_id": "hadoop1-7"}]
    assert caller.put(f"clusters/{cluster_id}", {"cluster": {"node_groups": groups}}).status == 202


def test_credentials_are_added_and_removed(caller: Caller, clock: ManualClock) -> None:
    """Each change takes its time."""
    cluster_id = caller.active_cluster()
    caller.key("otherkey")
    refs = [{"type": "ssh_keys", "name": "otherkey"}]
    cluster = caller.put(f"clusters/{cluster_id}", {"cluster": {"credentials": refs}}).body[
        "cluster"
    ]
    assert cluster["status"] == "UPDATING"
    assert cluster["ssh_keys"] == ["somekey", "otherkey"]
    clock.advance(60)
    answer = caller.put(f"clusters/{cluster_id}", {"cluster": {"remove_credentials": refs}})
    assert answer.status == 202
    assert answer.body["cluster"]["ssh_keys"] == ["somekey"]
    clock.advance(60)
    assert _get(caller, cluster_id)["status"] == "ACTIVE"


@pytest.mark.parametrize("action", ["start", "stop", "restart"])
@pytest.mark.parametrize("services", [[], [{"name": "HDFS"}, {"name": "Hive"}]])
def test_services_are_controlled(
    caller: Caller, clock: ManualClock, action: str, services: list[object]
) -> None:
    """All of them, or those that are named."""
    cluster_id = caller.active_cluster()
    change = {"control_services": {"action": action, "services": services}}
    answer = caller.put(f"clusters/{cluster_id}", {"cluster": change})
    assert answer.status == 202
    assert answer.body["cluster"]["status"] == "UPDATING"
    clock.advance(60)
    assert _get(caller, cluster_id)["status"] == "ACTIVE"


def test_a_deleted_cluster_is_deleting_and_then_gone(caller: Caller, clock: ManualClock) -> None:
    """A second DELETE changes nothing while it is."""
    cluster_id = caller.active_cluster()
    assert caller.delete(f"clusters/{cluster_id}").status == 204
    assert _get(caller, cluster_id)["status"] == "DELETING"
    assert {node["status"] for node in caller.nodes(cluster_id)} == {"DELETING"}
    clock.advance(30)
    assert caller.delete(f"clusters/{cluster_id}").status == 204
    clock.advance(30)
    assert caller.get(f"clusters/{cluster_id}").status == 404
    assert caller.delete(f"clusters/{cluster_id}").status == 404
    assert caller.get("clusters").body["clusters"] == []


def test_a_cluster_in_progress_cannot_be_deleted(caller: Caller, clock: ManualClock) -> None:
    """409, naming the status, for a build as for a change."""
    cluster_id = caller.cluster()
    assert "is BUILDING" in caller.delete(f"clusters/{cluster_id}").message
    clock.advance(600)
    restart = {"control_services": {"action": "restart", "services": []}}
    assert caller.put(f"clusters/{cluster_id}", {"cluster": restart}).status == 202
    answer = caller.delete(f"clusters/{cluster_id}")
    assert (answer.status, "is UPDATING" in answer.message) == (409, True)
    clock.advance(60)
    assert caller.delete(f"clusters/{cluster_id}").status == 204


def test_a_cluster_deleted_after_it_broke_gets_no_more_nodes(
    caller: Caller, clock: ManualClock
) -> None:
    """Those that were there go."""
    cluster_id = caller.cluster()
    clock.advance(100)
    caller.sandbox.fail_cluster(cluster_id)
    caller.delete(f"clusters/{cluster_id}")
    before = caller.nodes(cluster_id)
    clock.advance(59)
    assert caller.nodes(cluster_id) == before
    groups = {group["id"]: group["count"] for group in _get(caller, cluster_id)["node_groups"]}
    assert sum(groups.values()) == len(before)


def test_a_failed_cluster_stays_as_it_was_when_it_failed(
    caller: Caller, clock: ManualClock
) -> None:
    """In ERROR, with its nodes and scripts; it can still be deleted."""
    cluster_id = caller.cluster(scripts=[{"id": caller.script()}])
    clock.advance(100)
    caller.sandbox.fail_cluster(cluster_id)
    progress = _get(caller, cluster_id)["progress"]
    clock.advance(10_000)
    cluster = _get(caller, cluster_id)
    assert (cluster["status"], cluster["progress"]) == ("ERROR", progress)
    assert {node["status"] for node in caller.nodes(cluster_id)} == {"ERROR"}
    assert {script["status"] for script in cluster["scripts"]} == {"FAILED"}
    assert caller.delete(f"clusters/{cluster_id}").status == 204
    clock.advance(60)
    assert caller.get(f"clusters/{cluster_id}").status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_cluster_is_a_404(caller: Caller, method: str) -> None:
    """The message names it."""
    answer = caller.call(method, "clusters/none", {"cluster": {}} if method == "PUT" else None)
    assert answer.status == 404
    assert "none" in answer.message
