"""Scripts."""

from __future__ import annotations

import pytest

from lavaclient.sandbox import ManualClock
from tests.support.sandbox_callers import Caller

SCRIPT = {"name": "setup", "type": "POST_INIT", "url": "https://example.com/setup.sh"}
PUBLIC = "c5033423-97ff-4215-9552-19d425e1f9dd"


def test_a_script_is_created_with_all_its_fields(caller: Caller) -> None:
    """And listed before the public ones."""
    answer = caller.post("scripts", {"script": SCRIPT})
    assert answer.status == 200
    script = answer.body["script"]
    assert script.items() >= SCRIPT.items()
    assert script["is_public"] is False
    assert script["created"] == "2015-10-16T12:53:20Z"
    assert script["updated"] is None
    assert script["links"][0]["href"].endswith(f"/v2/123456/scripts/{script['id']}")
    listed = caller.get("scripts").body["scripts"]
    assert listed[0] == script
    assert [shown["is_public"] for shown in listed] == [False, True, True]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, "script.name: "),
        ({"type": "post_init"}, "script.type: "),
        ({"type": None}, "script.type: "),
        ({"url": "ftp://example.com/x"}, "script.url: "),
        ({"url": "x"}, "script.url: "),
        ({"is_public": True}, "unknown field 'is_public'"),
    ],
)
def test_a_wrong_field_is_refused_by_name(
    caller: Caller, fields: dict[str, object], message: str
) -> None:
    """When it is made."""
    answer = caller.post("scripts", {"script": {**SCRIPT, **fields}})
    assert answer.status == 400
    assert message in answer.message


def test_a_second_script_of_one_name_is_a_400(caller: Caller) -> None:
    """Made or renamed."""
    caller.script("one")
    other = caller.script("two")
    assert caller.post("scripts", {"script": {**SCRIPT, "name": "one"}}).status == 400
    assert caller.put(f"scripts/{other}", {"script": {"name": "one"}}).status == 400
    assert caller.put(f"scripts/{other}", {"script": {"name": "two"}}).status == 200


@pytest.mark.parametrize(
    "change", [{"name": "new"}, {"url": "http://example.org/y"}, {"type": "POST_INIT"}]
)
def test_an_update_changes_what_it_names(
    caller: Caller, clock: ManualClock, change: dict[str, str]
) -> None:
    """And when that was."""
    script = caller.post("scripts", {"script": SCRIPT}).body["script"]
    clock.advance(60)
    answer = caller.put(f"scripts/{script['id']}", {"script": change})
    assert answer.status == 200
    assert answer.body["script"] == {**script, **change, "updated": "2015-10-16T12:54:20Z"}


def test_an_update_without_anything_is_refused(caller: Caller) -> None:
    """It would be a slip."""
    assert caller.put(f"scripts/{caller.script()}", {"script": {}}).status == 400


def test_public_scripts_cannot_be_touched(caller: Caller) -> None:
    """403; and 404 for one that is not there."""
    assert caller.put(f"scripts/{PUBLIC}", {"script": {"name": "x"}}).status == 403
    assert caller.delete(f"scripts/{PUBLIC}").status == 403
    assert caller.put("scripts/none", {"script": {"name": "x"}}).status == 404
    assert caller.delete("scripts/none").status == 404


def test_a_script_in_use_cannot_be_deleted(caller: Caller, clock: ManualClock) -> None:
    """409 until the cluster is gone."""
    script_id, other = caller.script("used"), caller.script("unused")
    cluster_id = caller.active_cluster(scripts=[{"id": script_id}, {"id": PUBLIC}])
    assert caller.delete(f"scripts/{other}").status == 204
    answer = caller.delete(f"scripts/{script_id}")
    assert answer.status == 409
    assert cluster_id in answer.message
    caller.delete(f"clusters/{cluster_id}")
    clock.advance(60)
    assert caller.delete(f"scripts/{script_id}").status == 204
