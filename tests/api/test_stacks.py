from __future__ import annotations

import copy
from typing import Any

import pytest

from lavaclient import ForbiddenError, InvalidError, Lava, NotFoundError
from lavaclient.api.stacks import ResourceLimits, Stack, StackDetail
from tests.support.recorder import Wire

SERVICES: list[dict[str, Any]] = [{"name": "HDFS", "modes": ["Secondary"]}, {"name": "Yarn"}]


def test_list_returns_the_stacks(lava: Lava, wire: Wire) -> None:
    stacks = {stack.id: stack for stack in lava.stacks.list()}
    assert wire.lines == ["GET stacks"]
    stack = stacks["HDP2.2_Hadoop"]
    assert type(stack) is Stack
    assert (stack.name, stack.distro) == ("Core Hadoop", "HDP2.2")
    assert (stack.services[0].name, stack.services[0].modes) == ("HDFS", ["HA"])
    assert (stack.services[1].modes, stack.services[1].version) == ([], None)
    assert repr(stack) == "<Stack id='HDP2.2_Hadoop' name='Core Hadoop' distro='HDP2.2'>"


def test_get_returns_a_stack_with_all_details(lava: Lava, wire: Wire) -> None:
    stack = lava.stacks.get("HDP2.2_Hadoop")
    assert wire.lines == ["GET stacks/HDP2.2_Hadoop"]
    assert isinstance(stack, StackDetail)
    assert stack.is_deletable is False
    assert stack.created is not None
    groups = {group.id: group for group in stack.node_groups}
    assert (groups["master"].count, groups["master"].flavor_id) == (1, "hadoop1-7")
    assert isinstance(groups["master"].resource_limits, ResourceLimits)
    assert groups["master"].resource_limits.max_count == 1
    assert (groups["slave"].count, groups["slave"].flavor_id) == (1, "hadoop1-7")
    assert groups["slave"].components[0] == {"name": "Datanode"}


def test_refresh_returns_all_details_of_a_listed_stack(lava: Lava, wire: Wire) -> None:
    stack = lava.stacks.list()[0]
    detail = stack.refresh()
    assert wire.lines[-1] == f"GET stacks/{stack.id}"
    assert detail == lava.stacks.get(stack.id)
    assert detail.refresh() == detail


def test_create_sends_names_and_services(lava: Lava, wire: Wire) -> None:
    stack = lava.stacks.create("mine", "HDP2.2", SERVICES)
    sent = {"stack": {"name": "mine", "distro": "HDP2.2", "services": SERVICES}}
    assert wire.last == ("POST stacks", sent)
    assert isinstance(stack, StackDetail)
    assert (stack.name, stack.is_deletable) == ("mine", True)
    assert stack.id in [other.id for other in lava.stacks.list()]


def test_create_sends_node_groups_and_a_description(lava: Lava, wire: Wire) -> None:
    groups: dict[str, Any] = {
        "master0": {
            "flavor_id": "hadoop1-7",
            "count": "1",
            "components": [
                {"name": "Namenode"},
                {"name": "SecondaryNamenode"},
                {"name": "ResourceManager"},
                {"name": "YarnTimelineServer"},
            ],
        },
        "slave0": {"components": [{"name": "Datanode"}, {"name": "NodeManager"}], "count": None},
    }
    before = copy.deepcopy(groups)
    stack = lava.stacks.create("mine", "HDP2.2", SERVICES, groups, "Storage alone")
    assert groups == before
    body: Any = wire.last[1]
    assert body["stack"]["description"] == stack.description == "Storage alone"
    assert body["stack"]["node_groups"] == [
        {"id": "master0", **groups["master0"], "count": 1},
        {"id": "slave0", "components": groups["slave0"]["components"]},
    ]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"name": ""}, "name"),
        ({"name": "n" * 256}, "name"),
        ({"distro": None}, "distro"),
        ({"services": []}, "services"),
        ({"services": "HDFS"}, "services"),
        ({"services": ["HDFS"]}, "services"),
        ({"services": [{"modes": []}]}, "services"),
        ({"services": [{"name": ""}]}, "services"),
        ({"services": [{"name": "HDFS", "modes": "HA"}]}, "services: modes"),
        ({"services": [{"name": "HDFS", "modes": [""]}]}, "services: modes"),
        ({"services": [{"name": "HDFS", "version": "1"}]}, "services"),
        ({"description": ""}, "description"),
        ({"description": "d" * 1025}, "description"),
        ({"node_groups": [{"id": "g" * 37}]}, "node_groups: id"),
        ({"node_groups": [{"count": 1}]}, "node_groups"),
        ({"node_groups": [{"id": "a"}, {"id": "a"}]}, "node_groups"),
        ({"node_groups": [{"id": "a", "count": 101}]}, "node_groups: 'a': count"),
        ({"node_groups": [{"id": "a", "count": -1}]}, "node_groups: 'a': count"),
        ({"node_groups": [{"id": "a", "count": True}]}, "node_groups: 'a': count"),
        ({"node_groups": [{"id": "a", "flavor_id": 7}]}, "node_groups: 'a': flavor_id"),
        ({"node_groups": [{"id": "a", "components": {}}]}, "node_groups: 'a': components"),
        ({"node_groups": [{"id": "a", "components": [{}]}]}, "node_groups: 'a': components"),
        ({"node_groups": [{"id": "a", "size": 1}]}, "node_groups"),
    ],
)
def test_create_refuses_what_is_no_good(
    lava: Lava, wire: Wire, changes: dict[str, Any], named: str
) -> None:
    good: dict[str, Any] = {"name": "mine", "distro": "HDP2.2", "services": SERVICES}
    with pytest.raises(InvalidError, match=f"^{named}"):
        lava.stacks.create(**{**good, **changes})
    assert wire.lines == []


def test_counts_of_nought_are_good_in_a_stack(lava: Lava, wire: Wire) -> None:
    with pytest.raises(Exception, match="node_groups"):
        lava.stacks.create("mine", "HDP2.2", SERVICES, [{"id": "slave0", "count": 0}])
    body: Any = wire.last[1]
    assert body["stack"]["node_groups"] == [{"id": "slave0", "count": 0}]


def test_delete_deletes_a_stack(lava: Lava, wire: Wire) -> None:
    stack = lava.stacks.create("mine", "HDP2.2", SERVICES)
    assert lava.stacks.delete(stack.id) is None  # type: ignore[func-returns-value]
    assert wire.lines[-1] == f"DELETE stacks/{stack.id}"
    with pytest.raises(NotFoundError):
        stack.refresh()
    with pytest.raises(ForbiddenError):
        lava.stacks.delete("HDP2.2_Hadoop")


def test_a_stack_deletes_itself(lava: Lava, wire: Wire) -> None:
    stack = lava.stacks.create("mine", "HDP2.2", SERVICES)
    stack.delete()
    assert wire.lines[-1] == f"DELETE stacks/{stack.id}"
    assert stack.id not in [other.id for other in lava.stacks.list()]
