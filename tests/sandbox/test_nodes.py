"""Nodes: when they are there, what they show, how one goes."""

from __future__ import annotations

import ipaddress

import pytest

from lavaclient.sandbox import ManualClock, Quotas, Sandbox
from lavaclient.sandbox.core.state import Node
from lavaclient.sandbox.resources import nodes
from tests.support.sandbox_callers import Caller, DirectCaller

DOCUMENTATION = [
    ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
]


def test_nodes_appear_one_by_one(caller: Caller, clock: ManualClock) -> None:
    """The Ambari node first, all of them before the cluster is configured."""
    cluster_id = caller.cluster(node_groups=[{"id": "slave0", "count": 2}])
    counts, first = [], []
    while caller.get(f"clusters/{cluster_id}").body["cluster"]["status"] == "BUILDING":
        nodes = caller.nodes(cluster_id)
        counts.append(len(nodes))
        first += [node["name"] for node in nodes[:1]]
        clock.advance(20)
    assert counts[0] == 0
    assert counts == sorted(counts)
    assert counts[-1] == 5
    assert set(counts) == set(range(6))
    assert set(first) == {"ambari-1"}


def test_node_statuses_follow_the_cluster(caller: Caller, clock: ManualClock) -> None:
    """BUILDING, CONFIGURING, ACTIVE."""
    cluster_id = caller.cluster()
    statuses = []
    for _ in range(31):
        statuses += [node["status"] for node in caller.nodes(cluster_id)]
        clock.advance(20)
    assert list(dict.fromkeys(statuses)) == ["BUILDING", "CONFIGURING", "ACTIVE"]


def test_a_node_shows_its_place_addresses_and_components(caller: Caller) -> None:
    """Components have nice names, and URIs where they answer on a port."""
    cluster_id = caller.active_cluster()
    node = caller.nodes(cluster_id)[1]
    assert (node["name"], node["node_group"]) == ("master0-1", "master0")
    assert node["flavor_id"] == "hadoop1-7"
    components = {component["name"]: component for component in node["components"]}
    assert components["Namenode"] == {
        "name": "Namenode",
        "nice_name": "HDFS Namenode",
        "uri": "http://master0-1.local:50070",
    }
    [public], [private] = node["addresses"]["public"], node["addresses"]["private"]
    assert public["version"] == private["version"] == 4
    assert any(ipaddress.ip_address(public["addr"]) in net for net in DOCUMENTATION)
    assert ipaddress.ip_address(private["addr"]).is_private
    path = f"clusters/{cluster_id}/nodes/{node['id']}"
    assert node["links"][0]["href"] == f"{caller.url}/dfw/v2/123456/{path}"
    slave = {c["name"]: c for c in caller.nodes(cluster_id)[3]["components"]}
    assert "uri" not in slave["PigClient"]
    assert slave["HdfsScp"]["uri"].startswith("scp://worker@")


def test_a_node_was_created_when_it_appeared(caller: Caller, clock: ManualClock) -> None:
    """Not when the cluster was ordered."""
    cluster_id = caller.cluster()
    clock.advance(60)
    [node] = caller.nodes(cluster_id)
    assert node["created"] == "2015-10-16T12:54:20Z"
    assert node["updated"] is None


def test_no_two_nodes_share_an_address(direct: DirectCaller) -> None:
    """Across clusters."""
    groups = [{"id": "slave0", "count": 40, "flavor_id": "hadoop1-2"}]
    ids = [direct.active_cluster(stack_id="HDP2.3_Kafka", node_groups=groups) for _ in range(2)]
    nodes = [
        (node["addresses"][kind][0]["addr"])
        for cluster_id in ids
        for node in direct.nodes(cluster_id)
        for kind in ("public", "private")
    ]
    assert len(nodes) == len(set(nodes)) == 164


@pytest.mark.parametrize("serial", [1, 253, 254, 255, 508, 100_000])
def test_every_serial_number_has_a_valid_address(serial: int) -> None:
    """Never one that names a network or all of it."""
    node = Node("id", "name", "group", "flavor", serial, 0, 0, 0)
    for address in (nodes.public_ip(node), nodes.private_ip(node)):
        assert 1 <= int(address.rsplit(".", 1)[1]) <= 254
        assert str(ipaddress.ip_address(address)) == address


def test_a_deleted_node_deactivates_and_goes(caller: Caller, clock: ManualClock) -> None:
    """Its group counts one less at once, its name is not given again while it is there."""
    cluster_id = caller.active_cluster(node_groups=[{"id": "slave0", "count": 3}])
    node = next(node for node in caller.nodes(cluster_id) if node["name"] == "slave0-2")
    assert caller.delete(f"clusters/{cluster_id}/nodes/{node['id']}").status == 204
    cluster = caller.get(f"clusters/{cluster_id}").body["cluster"]
    assert cluster["node_groups"][-1]["count"] == 2
    assert cluster["status"] == "UPDATING"
    shown = {n["name"]: n["status"] for n in caller.nodes(cluster_id)}
    assert shown["slave0-2"] == "DEACTIVATING"
    clock.advance(60)
    assert "slave0-2" not in {n["name"] for n in caller.nodes(cluster_id)}
    assert caller.delete(f"clusters/{cluster_id}/nodes/{node['id']}").status == 404


def test_a_node_cannot_go_while_its_cluster_is_busy(caller: Caller, clock: ManualClock) -> None:
    """409, with the state in the message."""
    cluster_id = caller.cluster(node_groups=[{"id": "slave0", "count": 3}])
    clock.advance(400)
    node = caller.nodes(cluster_id)[-1]
    answer = caller.delete(f"clusters/{cluster_id}/nodes/{node['id']}")
    assert answer.status == 409
    assert "is BUILDING" in answer.message


def test_a_group_keeps_the_nodes_it_needs(caller: Caller) -> None:
    """409 for the last slave, and for the master."""
    cluster_id = caller.active_cluster()
    for node in caller.nodes(cluster_id):
        answer = caller.delete(f"clusters/{cluster_id}/nodes/{node['id']}")
        assert answer.status == 409
        assert node["name"] in answer.message
    assert len(caller.nodes(cluster_id)) == 4


def test_nodes_of_no_cluster_are_a_404(caller: Caller) -> None:
    """To list and to delete; so is no node of a cluster."""
    assert caller.get("clusters/none/nodes").status == 404
    assert caller.delete("clusters/none/nodes/none").status == 404
    cluster_id = caller.active_cluster()
    assert caller.delete(f"clusters/{cluster_id}/nodes/none").status == 404


def test_limits_go_down_with_a_cluster_and_up_when_it_is_gone(
    caller: Caller, clock: ManualClock
) -> None:
    """By the sizes of its flavors."""
    full = caller.get("limits").body["limits"]["absolute"]
    assert all(entry["limit"] == entry["remaining"] for entry in full.values())
    assert set(full) == {"node_count", "ram", "disk", "vcpus"}
    cluster_id = caller.cluster()
    taken = caller.get("limits").body["limits"]["absolute"]
    used = {name: entry["limit"] - entry["remaining"] for name, entry in taken.items()}
    assert used == {"node_count": 4, "ram": 22_528, "disk": 3460, "vcpus": 7}
    clock.advance(600)
    caller.delete(f"clusters/{cluster_id}")
    clock.advance(60)
    assert caller.get("limits").body["limits"]["absolute"] == full


@pytest.mark.parametrize(
    ("quotas", "name"),
    [
        (Quotas(node_count=5), "node_count"),
        (Quotas(ram=30_000), "ram"),
        (Quotas(disk=4_000), "disk"),
        (Quotas(vcpus=8), "vcpus"),
    ],
)
def test_a_quota_exceeded_is_a_413_without_retry_after(
    clock: ManualClock, quotas: Quotas, name: str
) -> None:
    """For a new cluster and for a larger one; waiting would not help."""
    direct = DirectCaller(Sandbox(clock, quotas=quotas))
    cluster_id = direct.active_cluster()
    groups = [{"id": "slave0", "count": 3}]
    for answer in (
        direct.post("clusters", direct.cluster_body()),
        direct.put(f"clusters/{cluster_id}", {"cluster": {"node_groups": groups}}),
    ):
        assert answer.status == 413
        assert f"Quota exceeded for {name}" in answer.message
        assert "Retry-After" not in answer.headers
    assert len(direct.nodes(cluster_id)) == 4


@pytest.mark.parametrize("name", ["node_count", "ram", "disk", "vcpus"])
def test_what_uses_a_quota_up_is_let_through_and_one_less_is_refused(
    clock: ManualClock, name: str
) -> None:
    """Of each resource, to the last unit; another region has a quota of its own."""
    first = DirectCaller(Sandbox(clock))
    first.cluster()
    limits = first.get("limits").body["limits"]["absolute"]
    taken = limits[name]["limit"] - limits[name]["remaining"]
    narrow = DirectCaller(Sandbox(clock, quotas=Quotas(**{name: taken - 1})))
    answer = narrow.post("clusters", narrow.cluster_body(ssh_keys=[narrow.key()]))
    assert f"Quota exceeded for {name}: {taken} needed, {taken - 1} remaining" in answer.message
    exact = DirectCaller(Sandbox(clock, quotas=Quotas(**{name: taken})))
    exact.cluster()
    assert exact.get("limits").body["limits"]["absolute"][name]["remaining"] == 0
    assert exact.post("clusters", exact.cluster_body()).status == 413
    exact.region = "ord"
    exact.cluster()
