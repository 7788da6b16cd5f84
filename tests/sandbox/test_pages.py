"""Pages: limit, marker, offset, next links."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lavaclient.sandbox import ManualClock, Sandbox
from tests.support.sandbox_callers import Caller, DirectCaller


def _scripts(caller: Caller, count: int) -> list[str]:
    return [caller.script(f"script {number}") for number in range(count)]


def test_a_short_list_has_no_next_link(caller: Caller) -> None:
    """But it has `links`."""
    assert caller.get("flavors").body["links"] == []


def test_pages_hold_a_hundred_and_lead_from_one_to_the_next(direct: DirectCaller) -> None:
    """Until all are shown once."""
    ids = _scripts(direct, 203)
    collected: list[str] = []
    path = "scripts"
    sizes = []
    while path:
        body = direct.get(path).body
        sizes.append(len(body["scripts"]))
        collected += [script["id"] for script in body["scripts"]]
        path = _next_path(body)
    assert collected[:203] == ids
    assert sizes == [100, 100, 5]
    assert len(set(collected)) == len(collected)


def _next_path(body: dict[str, Any]) -> str:
    if not body["links"]:
        return ""
    [link] = body["links"]
    assert link["rel"] == "next"
    parts = urlsplit(link["href"])
    return f"{parts.path.rsplit('/', 1)[-1]}?{parts.query}"


@pytest.mark.parametrize("path", ["clusters", "flavors", "stacks", "scripts"])
def test_each_paged_list_keeps_the_limit_and_names_its_last_id(caller: Caller, path: str) -> None:
    """In the next link's marker."""
    caller.cluster(stack_id="HDP2.3_Kafka")
    caller.cluster(stack_id="HDP2.3_Kafka")
    body = caller.get(f"{path}?limit=1").body
    assert len(body[path]) == 1
    query = parse_qs(urlsplit(body["links"][0]["href"]).query)
    assert query == {"limit": ["1"], "marker": [body[path][0]["id"]]}
    again = caller.get(f"{path}?limit=1&marker={query['marker'][0]}").body
    assert again[path][0]["id"] != body[path][0]["id"]


def test_nodes_are_paged_too(caller: Caller) -> None:
    """Below their cluster."""
    cluster_id = caller.active_cluster()
    body = caller.get(f"clusters/{cluster_id}/nodes?limit=3").body
    assert [node["name"] for node in body["nodes"]] == ["ambari-1", "master0-1", "master1-1"]
    path = urlsplit(body["links"][0]["href"]).path
    assert path == f"/dfw/v2/123456/clusters/{cluster_id}/nodes"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "", "1.5", "99999999999", "²"])
def test_a_limit_that_makes_no_sense_is_a_400(caller: Caller, limit: str) -> None:
    """Named as such."""
    answer = caller.get(f"flavors?limit={limit}")
    assert answer.status == 400
    assert answer.message.startswith("limit: ")


def test_a_limit_from_101_to_200_still_brings_a_hundred(direct: DirectCaller) -> None:
    """Pages are never longer."""
    _scripts(direct, 150)
    assert len(direct.get("scripts?limit=200").body["scripts"]) == 100


def test_offset_skips_and_adds_to_the_marker(caller: Caller) -> None:
    """From the start, or from after the marker."""
    ids = [flavor["id"] for flavor in caller.get("flavors").body["flavors"]]
    shown = caller.get("flavors?offset=2").body["flavors"]
    assert [flavor["id"] for flavor in shown] == ids[2:]
    shown = caller.get(f"flavors?marker={ids[0]}&offset=1").body["flavors"]
    assert [flavor["id"] for flavor in shown] == ids[2:]
    assert caller.get("flavors?offset=100").body == {"flavors": [], "links": []}
    assert caller.get("flavors?offset=-1").status == 400


def test_a_marker_that_is_not_in_the_list_is_a_400(caller: Caller) -> None:
    """Named as such."""
    assert caller.get("flavors?marker=none").message.startswith("marker: ")


def test_malformed_links_are_none_that_one_could_follow(clock: ManualClock) -> None:
    """But they hold the marker and the limit."""
    direct = DirectCaller(Sandbox(clock, malformed_links=True))
    direct.cluster()
    cluster_id = direct.active_cluster()
    hrefs = {
        path: direct.get(f"{path}?limit=1").body["links"][0]["href"]
        for path in ("clusters", "flavors", "scripts", "stacks", f"clusters/{cluster_id}/nodes")
    }
    assert all("marker=" in href and "limit=1" in href for href in hrefs.values())
    assert "/v2" not in hrefs["clusters"]
    assert "?" not in hrefs["clusters"]
    assert "&amp;" in hrefs["flavors"]
    assert "&amp;" in hrefs["scripts"]
    assert not any(href.startswith(direct.url) for path, href in hrefs.items() if path != "flavors")
