from __future__ import annotations

from datetime import timedelta

import pytest

from lavaclient import ConflictError, InvalidError, Lava, NotFoundError
from lavaclient.api.clusters import ClusterDetail
from lavaclient.api.nodes import Address, Addresses, Node, NodeScript, NodeStatus, ScriptStatus
from lavaclient.sandbox.http.server import SandboxServer
from tests.api.conftest import PUBLIC_KEY
from tests.support.recorder import Wire


@pytest.fixture
def cluster(lava: Lava, sandbox: SandboxServer, wire: Wire) -> ClusterDetail:
    """A cluster that is active and has two slaves."""
    lava.credentials.create_ssh_key("desk", PUBLIC_KEY)
    cluster = lava.clusters.create(
        "logs", "HDP2.2_Hadoop", "ada", ["desk"], node_groups={"slave": {"count": 2}}
    )
    sandbox.sandbox.clock.advance(600)
    wire.clear()
    return cluster


def test_list_returns_the_nodes_of_a_cluster(
    lava: Lava, wire: Wire, cluster: ClusterDetail
) -> None:
    nodes = {node.name: node for node in lava.nodes.list(cluster.id)}
    assert wire.lines == [f"GET clusters/{cluster.id}/nodes"]
    assert len(nodes) == 8
    slave = nodes["slave-2"]
    assert isinstance(slave, Node)
    assert (slave.node_group, slave.status, slave.flavor_id) == (
        "slave",
        NodeStatus.ACTIVE,
        "hadoop1-7",
    )
    assert slave.public_ip == slave.addresses.public[0].address
    assert slave.private_ip == slave.addresses.private[0].address
    assert slave.addresses.public[0].version == "4"
    assert slave.created is not None
    assert slave.updated is not None
    assert slave.created.utcoffset() == slave.updated.utcoffset() == timedelta(0)
    assert slave.components[0]["name"] == "Datanode"
    assert repr(slave).startswith(f"<Node id={slave.id!r} name='slave-2' status='ACTIVE'")


def test_list_takes_the_name_of_a_cluster(lava: Lava, wire: Wire, cluster: ClusterDetail) -> None:
    assert len(lava.nodes.list("logs")) == 8
    assert wire.lines == [
        "GET clusters/logs/nodes",
        "GET clusters",
        f"GET clusters/{cluster.id}/nodes",
    ]


def test_list_without_such_a_cluster_is_the_first_404(lava: Lava, wire: Wire) -> None:
    with pytest.raises(NotFoundError) as caught:
        lava.nodes.list("nowhere")
    assert caught.value.path == "clusters/nowhere/nodes"
    assert wire.lines == ["GET clusters/nowhere/nodes", "GET clusters"]


def test_get_finds_a_node_by_id_or_name(lava: Lava, wire: Wire, cluster: ClusterDetail) -> None:
    node = lava.nodes.get("logs", "slave-2")
    assert node.name == "slave-2"
    assert lava.nodes.get(cluster.id, node.id) == node
    assert wire.lines[-1] == f"GET clusters/{cluster.id}/nodes"
    with pytest.raises(NotFoundError, match="there is no node 'slave-9'"):
        lava.nodes.get("logs", "slave-9")
    wire.clear()
    with pytest.raises(InvalidError, match="node_id"):
        lava.nodes.get("logs", "")
    assert wire.lines == []


def test_delete_takes_a_node_out(
    lava: Lava, wire: Wire, sandbox: SandboxServer, cluster: ClusterDetail
) -> None:
    slave = next(node for node in lava.nodes.list("logs") if node.name == "slave-1")
    wire.clear()
    assert lava.nodes.delete(cluster.id, slave.id) is None  # type: ignore[func-returns-value]
    assert wire.lines == [f"DELETE clusters/{cluster.id}/nodes/{slave.id}"]
    sandbox.sandbox.clock.advance(60)
    assert "slave-1" not in [node.name for node in lava.nodes.list(cluster.id)]
    other = next(node for node in lava.nodes.list(cluster.id) if node.name == "slave-2")
    with pytest.raises(ConflictError):
        lava.nodes.delete("logs", other.id)


def test_a_404_for_the_node_is_not_taken_for_one_of_the_cluster(
    lava: Lava, wire: Wire, cluster: ClusterDetail
) -> None:
    with pytest.raises(NotFoundError, match="nothing"):
        lava.nodes.delete(cluster.id, "nothing")
    assert wire.lines == [f"DELETE clusters/{cluster.id}/nodes/nothing", "GET clusters"]


def test_a_node_id_that_is_none_sends_nothing(lava: Lava, wire: Wire) -> None:
    with pytest.raises(InvalidError, match="node_id"):
        lava.nodes.delete("logs", "")
    with pytest.raises(InvalidError, match="cluster_id"):
        lava.nodes.delete(None, "n")  # type: ignore[arg-type]
    assert wire.lines == []


def test_older_nodes_have_their_role_for_a_group_and_services_for_components() -> None:
    node = Node(id="a", name="b", _role="GATEWAY", _services=[{"name": "pig"}])
    assert (node.node_group, node.components) == ("GATEWAY", [{"name": "pig"}])
    assert node == Node(id="a", name="b", node_group="GATEWAY", components=[{"name": "pig"}])
    assert (node.flavor_id, node.public_ip, node.private_ip) == (None, None, None)


def test_what_a_node_calls_by_both_names_has_the_newer_ones_value() -> None:
    node = Node(id="a", name="b", node_group="slave", _role="SLAVE", _services=[])
    assert (node.node_group, node.components) == ("slave", [])


def test_a_dict_of_a_node_has_plain_values_and_no_older_names() -> None:
    addresses = Addresses(public=[Address(address="192.0.2.1", version="4")])
    node = Node(id="a", name="b", addresses=addresses, _role="GATEWAY")
    assert node.to_dict() == {
        "id": "a",
        "name": "b",
        "status": "",
        "node_group": "GATEWAY",
        "flavor_id": None,
        "created": None,
        "updated": None,
        "addresses": {"public": [{"address": "192.0.2.1", "version": "4"}], "private": []},
        "components": [],
        "links": [],
    }


def test_the_id_of_a_script_on_a_node_is_the_scripts_own() -> None:
    script = NodeScript(id="entry", name="a", _script_id="s", status=ScriptStatus.PENDING)
    assert script == NodeScript(id="s", name="a", status="PENDING")
    with pytest.raises(ValueError, match="id"):
        NodeScript(name="a")
