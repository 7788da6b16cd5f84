"""Stacks, and the distributions and flavors that they are made of."""

from __future__ import annotations

from typing import Any

import pytest

from lavaclient.sandbox import ManualClock
from lavaclient.sandbox.core.reference_data import load
from tests.support.sandbox_callers import Caller

CORE = [
    {"name": "HDFS", "modes": ["Secondary"]},
    {"name": "YARN"},
    {"name": "MapReduce"},
    {"name": "Hive"},
    {"name": "Pig"},
]


def _stack(**fields: object) -> dict[str, Any]:
    stack = {"name": "mine", "distro": "HDP2.3", "services": CORE, **fields}
    return {"stack": stack}


def _group(group_id: str, *components: str, **fields: object) -> dict[str, Any]:
    return {"id": group_id, "components": [{"name": name} for name in components], **fields}


KAFKA = [{"name": "Kafka"}]


def test_the_list_shows_services_without_versions(caller: Caller) -> None:
    """With an empty list of modes where there are none: 0.3.7 asks for one."""
    stacks = {stack["id"]: stack for stack in caller.get("stacks").body["stacks"]}
    shown = stacks["HDP2.2_Hadoop"]
    assert shown["services"][0] == {"name": "HDFS", "modes": ["HA"]}
    assert shown["services"][1] == {"name": "Yarn", "modes": []}
    assert shown["distro"] == "HDP2.2"
    assert "node_groups" not in shown


def test_a_stack_shows_groups_with_their_limits(caller: Caller) -> None:
    """Those that leave count and flavor to the cluster show what it would get."""
    stack = caller.get("stacks/HDP2.2_Hadoop").body["stack"]
    groups = {group["id"]: group for group in stack["node_groups"]}
    assert groups["journalnodes"]["resource_limits"] == {
        "min_count": 3,
        "max_count": 99,
        "min_ram": 1024,
    }
    assert (groups["slave"]["count"], groups["slave"]["flavor_id"]) == (1, "hadoop1-7")
    assert stack["services"][0]["components"][0] == {"name": "Namenode"}
    assert stack["services"][0]["version"] == "2.6"
    assert stack["is_deletable"] is False
    assert stack["created"].endswith("+00:00")


def test_node_groups_follow_from_the_services(caller: Caller) -> None:
    """With the reference's sizes, the Ambari node first."""
    answer = caller.post("stacks", _stack(description="about it"))
    assert answer.status == 200
    stack = answer.body["stack"]
    assert stack["is_deletable"] is True
    assert stack["description"] == "about it"
    sizes = [
        (group["id"], group["count"], group["flavor_id"], group["resource_limits"]["min_ram"])
        for group in stack["node_groups"]
    ]
    assert sizes == [
        ("ambari", 1, "hadoop1-4", 1520),
        ("master0", 1, "hadoop1-7", 6645),
        ("master1", 1, "hadoop1-2", 1126),
        ("slave0", 1, "hadoop1-7", 5237),
    ]
    assert caller.get(f"stacks/{stack['id']}").body["stack"] == stack


def test_a_mode_that_is_not_asked_for_brings_no_components(caller: Caller) -> None:
    """No secondary name node here."""
    stack = caller.post("stacks", _stack(services=[{"name": "HDFS"}])).body["stack"]
    assert [group["id"] for group in stack["node_groups"]] == ["ambari", "master0", "slave0"]
    assert stack["services"][0]["modes"] == []


def test_given_node_groups_are_taken_and_ambari_is_added(caller: Caller) -> None:
    """A component of a mode switches the mode on; flavor and count may be left out."""
    groups = [
        _group("front", "Namenode", count=1, flavor_id="hadoop1-4"),
        _group("spare", "SecondaryNamenode"),
        _group("slave0", "Datanode", "HdfsScp", count=3),
    ]
    answer = caller.post("stacks", _stack(services=[{"name": "HDFS"}], node_groups=groups))
    assert answer.status == 200, answer
    stack = answer.body["stack"]
    assert stack["services"][0]["modes"] == ["Secondary"]
    shown = {g["id"]: (g["count"], g["flavor_id"]) for g in stack["node_groups"]}
    assert shown == {
        "ambari": (1, "hadoop1-4"),
        "front": (1, "hadoop1-4"),
        "spare": (1, "hadoop1-2"),
        "slave0": (3, "hadoop1-2"),
    }


def test_a_group_with_a_default_id_needs_no_components(caller: Caller) -> None:
    """It has those of the default layout."""
    groups = [{"id": "slave0", "count": 5}, {"id": "ambari"}]
    answer = caller.post("stacks", _stack(services=KAFKA, node_groups=groups))
    assert answer.status == 200, answer
    shown = answer.body["stack"]["node_groups"]
    assert [group["id"] for group in shown] == ["slave0", "ambari"]
    assert shown[0]["components"] == [{"name": "KafkaBroker"}]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"distro": "HDP9"}, "distro: there is no distro 'HDP9'"),
        ({"services": []}, "stack.services: "),
        ({"services": [{"name": "Nope"}]}, "services: HDP2.3 has no service 'Nope'; it has HDFS"),
        ({"services": [{"name": "HDFS", "modes": ["HA"]}]}, "services: HDFS has no mode 'HA'"),
        ({"services": [*KAFKA, *KAFKA]}, "services: 'Kafka' is given 2 times"),
        ({"services": ["Kafka"]}, "stack.services[0]: "),
        ({"name": ""}, "stack.name: "),
        ({"description": ""}, "stack.description: "),
        ({"description": "d" * 1025}, "stack.description: "),
        ({"colour": "red"}, "stack: object contains unknown field 'colour'"),
        ({"node_groups": []}, "stack.node_groups: "),
        ({"node_groups": [_group("g" * 37, "KafkaBroker")]}, "stack.node_groups[0].id: "),
        ({"node_groups": [_group("a", "KafkaBroker")] * 2}, "node_groups: 'a' is given 2 times"),
        ({"node_groups": [{"id": "a"}]}, "node_groups: a: components: name at least one"),
        ({"node_groups": [_group("a", "Nope")]}, "there is no component 'Nope'"),
        (
            {"node_groups": [_group("a", "KafkaBroker", "HiveAPI")]},
            "component 'HiveAPI' belongs to none of the stack's services",
        ),
        (
            {"node_groups": [_group("a", "AmbariServer")]},
            "component 'KafkaBroker' of Kafka is in none of them",
        ),
        (
            {"node_groups": [_group("a", "KafkaBroker", flavor_id="hadoop1-1")]},
            "a: flavor_id: hadoop1-1 has 1024 MB of memory; 2048 MB are needed",
        ),
        (
            {"node_groups": [_group("a", "KafkaBroker", count=101)]},
            "stack.node_groups[0].count: ",
        ),
        (
            {"node_groups": [_group("a", *["KafkaBroker"] * 99)]},
            "no flavor has 202752 MB of memory",
        ),
    ],
)
def test_a_wrong_stack_is_refused_by_name(
    caller: Caller, fields: dict[str, object], message: str
) -> None:
    """And none is made."""
    count = len(caller.get("stacks").body["stacks"])
    answer = caller.post("stacks", _stack(**{"services": KAFKA, **fields}))
    assert answer.status == 400
    assert message in answer.message
    assert len(caller.get("stacks").body["stacks"]) == count


def test_a_second_stack_of_one_name_is_a_400(caller: Caller) -> None:
    """Built-in names aside."""
    assert caller.post("stacks", _stack(name="HDP2.3_Hadoop")).status == 200
    assert caller.post("stacks", _stack(name="HDP2.3_Hadoop")).status == 400


def test_a_stack_of_ones_own_can_be_used_and_deleted_afterwards(
    caller: Caller, clock: ManualClock
) -> None:
    """409 while a cluster is made from it."""
    stack_id = caller.post("stacks", _stack(services=KAFKA)).body["stack"]["id"]
    cluster_id = caller.cluster(stack_id=stack_id)
    answer = caller.delete(f"stacks/{stack_id}")
    assert answer.status == 409
    assert cluster_id in answer.message
    clock.advance(600)
    caller.delete(f"clusters/{cluster_id}")
    clock.advance(60)
    assert caller.delete(f"stacks/{stack_id}").status == 204
    assert caller.get(f"stacks/{stack_id}").status == 404


def test_a_stack_in_use_by_other_clusters_stands_in_nobodys_way(caller: Caller) -> None:
    """Only its own count."""
    stack_id = caller.post("stacks", _stack(services=KAFKA)).body["stack"]["id"]
    caller.cluster()
    assert caller.delete(f"stacks/{stack_id}").status == 204


def test_a_built_in_stack_cannot_be_deleted(caller: Caller) -> None:
    """403; and 404 for one that is not there."""
    assert caller.delete("stacks/HDP2.3_Hadoop").status == 403
    assert caller.delete("stacks/none").status == 404


def test_distros_are_listed_and_shown(caller: Caller) -> None:
    """Modes are objects there, and missing where there are none."""
    listed = caller.get("distros").body["distros"]
    assert {"HDP2.2", "HDP2.3", "SPARK1.5"} <= {distro["id"] for distro in listed}
    assert set(listed[0]) == {"id", "name", "version", "links"}
    distro = caller.get("distros/HDP2.3").body["distro"]
    services = {service["name"]: service for service in distro["services"]}
    assert services["HDFS"]["modes"] == [{"name": "Secondary"}]
    assert {"name": "SecondaryNamenode", "mode": "Secondary"} in services["HDFS"]["components"]
    assert "modes" not in services["YARN"]
    assert services["YARN"]["version"] == "2.7.1"


def test_flavors_show_their_sizes(caller: Caller) -> None:
    """In MB and GB, with the class."""
    flavors = {flavor["id"]: flavor for flavor in caller.get("flavors").body["flavors"]}
    small = flavors["hadoop1-7"]
    assert (small["ram"], small["disk"], small["vcpus"]) == (8192, 1250, 2)
    assert small["class"] == "hadoop1"
    assert flavors["onmetal-io1"]["class"] == "onmetal"


def test_the_data_files_fit_together() -> None:
    """Every component, distro, flavor and service that a stack names is there."""
    reference = load()
    for stack in reference.stacks.values():
        distro = reference.distros[stack.distro]
        assert {s.name for s in stack.services} <= {s.name for s in distro.services}
        offered = {name for service in stack.services for name in service.components}
        placed = {name for group in stack.node_groups for name in group.components}
        assert offered <= placed <= set(reference.components), stack.id
        for group in stack.node_groups:
            if group.flavor_id is not None:
                assert reference.flavors[group.flavor_id].ram >= group.resource_limits.min_ram
    for distro in reference.distros.values():
        named = {c.name for service in distro.services for c in service.components}
        assert {*named, *distro.base} <= set(reference.components)
        for service in distro.services:
            assert {c.mode for c in service.components} <= {None, *service.modes}
    assert {component.place for component in reference.components.values()} <= set(reference.places)


@pytest.mark.parametrize("stack_id", list(load().stacks))
def test_every_built_in_stack_builds(caller: Caller, stack_id: str) -> None:
    """As it stands, with nothing but its id."""
    cluster_id = caller.active_cluster(stack_id=stack_id)
    assert {node["status"] for node in caller.nodes(cluster_id)} == {"ACTIVE"}
