from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime

import msgspec
import pytest

from lavaclient.api import response
from lavaclient.api._base import Model
from lavaclient.api.response import (
    AbsoluteLimit,
    AbsoluteLimits,
    Cluster,
    ClusterDetail,
    Link,
    ResourceLimits,
    Stack,
    StackDetail,
    StackNodeGroup,
)

WHEN = datetime(2016, 2, 29, tzinfo=UTC)
LIMIT = AbsoluteLimit(limit=5, remaining=3)
VALUES: list[Model] = [
    Link(rel="self", href="https://example.com"),
    Cluster(id="a", name="b", status="ACTIVE", created=WHEN, links=[Link(rel="self")]),
    ClusterDetail(id="a", name="b", progress=5.0),
    AbsoluteLimits(node_count=LIMIT, ram=LIMIT, disk=LIMIT, vcpus=LIMIT),
    StackDetail(
        id="a",
        name="b",
        node_groups=[StackNodeGroup(id="c", resource_limits=ResourceLimits(min_count=1))],
    ),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_model_is_a_value(value: Model) -> None:
    for twin in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert twin == value
        assert repr(twin) == repr(value)
        assert twin.to_dict() == value.to_dict()
    field = value.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(value, field, None)


def test_models_of_other_values_or_types_are_not_equal() -> None:
    assert Cluster(id="a", name="b") != Cluster(id="a", name="c")
    assert Stack(id="a", name="b") != StackDetail(id="a", name="b")


def test_a_dict_holds_dicts_all_the_way_down_and_datetimes() -> None:
    cluster = Cluster(id="a", name="b", created=WHEN, links=[Link(rel="self", href="h")])
    assert cluster.to_dict() == {
        "id": "a",
        "name": "b",
        "status": "",
        "stack_id": "",
        "created": WHEN,
        "updated": None,
        "cbd_version": None,
        "links": [{"rel": "self", "href": "h"}],
    }
    group = StackNodeGroup(id="a", resource_limits=ResourceLimits(min_ram=1))
    assert group.to_dict()["resource_limits"] == {
        "min_count": None,
        "max_count": None,
        "min_ram": 1,
    }


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_representation_is_one_line_whatever_the_values(value: Model) -> None:
    assert repr(value).startswith(f"<{type(value).__name__} ")
    assert "\n" not in repr(value)


def test_a_representation_starts_with_id_name_and_status() -> None:
    cluster = Cluster(id="a", name="b\nc", status="ACTIVE", stack_id="d")
    assert repr(cluster) == "<Cluster id='a' name='b\\nc' status='ACTIVE' stack_id='d'>"
    assert repr(Link(rel="self", href="h")) == "<Link rel='self' href='h'>"
    for name in response.__all__:
        model = getattr(response, name)
        fields = {field.name for field in msgspec.structs.fields(model)}
        first = [name for name in ("id", "name", "status") if name in fields]
        shown = [name for name in model._repr_fields if name != "id" or "id" in fields]
        assert shown[: len(first)] == first, name
