"""The reference's rules that hold for all nouns, also where a caller is sloppy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lavaclient.sandbox import ManualClock
from lavaclient.sandbox.core import store
from tests.support.sandbox_callers import Caller, DirectCaller

KEY = "RAX-KSKEY:apiKeyCredentials"


@pytest.fixture
def busy(caller: Caller, clock: ManualClock) -> Caller:
    """A sandbox with one of everything."""
    script_id = caller.script()
    caller.active_cluster(scripts=[{"id": script_id}])
    caller.post(
        "stacks", {"stack": {"name": "mine", "distro": "HDP2.3", "services": [{"name": "Kafka"}]}}
    )
    return caller


def _links(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("rel") in {"self", "bookmark"}:
            yield value["href"]
        for inner in value.values():
            yield from _links(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _links(inner)


def test_every_self_and_bookmark_link_can_be_read(busy: Caller) -> None:
    """Of everything that is listed, and of what those links lead to."""
    [cluster] = busy.get("clusters").body["clusters"]
    paths = [
        "clusters", f"clusters/{cluster['id']}", f"clusters/{cluster['id']}/nodes", "flavors",
        "distros", "stacks", "scripts", "credentials/types",
    ]  # fmt: skip
    hrefs = {href for path in paths for href in _links(busy.get(path).body)}
    assert len(hrefs) > 80
    headers = {"X-Auth-Token": busy.token or ""}
    for href in hrefs:
        answer = busy.ask("GET", href.removeprefix(busy.url), headers=headers)
        assert answer.status == 200, href
        assert set(_links(answer.body)) <= hrefs


def test_a_bookmark_is_there_to_be_read_alone(caller: Caller) -> None:
    headers = {"X-Auth-Token": caller.sign_in()}
    assert caller.ask("GET", "/dfw/123456/limits", headers=headers).status == 200
    body = {"script": {"name": "n", "type": "POST_INIT", "url": "https://example.com"}}
    assert caller.ask("POST", "/dfw/123456/scripts", body, headers).status == 404


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "clusters", "GET, HEAD, POST"),
        ("PATCH", "clusters/x", "DELETE, GET, HEAD, PUT"),
        ("POST", "limits", "GET, HEAD"),
        ("DELETE", "credentials/types", "GET, HEAD, POST"),
        ("POST", "clusters/x/nodes/y", "DELETE, GET, HEAD"),
    ],
)
def test_a_405_says_which_methods_there_are(
    caller: Caller, method: str, path: str, allow: str
) -> None:
    answer = caller.call(method, path, {} if method != "DELETE" else None)
    assert (answer.status, answer.headers["Allow"]) == (405, allow)


def test_head_is_get_without_the_body(caller: Caller) -> None:
    """With its status and headers; an observer may."""
    caller.sandbox.add_user("eye", "k" * 32, ["observer"])
    caller.sign_in("eye", "k" * 32)
    whole = caller.get("flavors")
    head = caller.call("HEAD", "flavors")
    assert head.status == 200
    assert head.headers["Content-Type"] == whole.headers["Content-Type"]
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]
    assert caller.call("HEAD", "clusters/none").status == 404


@pytest.mark.parametrize("path", ["limits", "flavors", "distros/HDP2.3", "credentials/ssh_keys"])
def test_json_at_the_end_of_a_path_is_overlooked(caller: Caller, path: str) -> None:
    assert caller.get(f"{path}.json").body == caller.get(path).body


def test_a_name_may_end_in_json(caller: Caller) -> None:
    """The whole name comes first; without one, the end is overlooked."""
    caller.key("laptop")
    caller.key("laptop.json")
    assert caller.delete("credentials/ssh_keys/laptop.json").status == 204
    [left] = caller.get("credentials/ssh_keys").body["credentials"]["ssh_keys"]
    assert left == {"key_name": "laptop"}
    assert caller.delete("credentials/ssh_keys/laptop.json").status == 204
    assert caller.get("credentials/ssh_keys").body["credentials"]["ssh_keys"] == []


def test_connectors_are_the_types_that_connect(caller: Caller) -> None:
    types = caller.get("credentials/types").body["credentials"]
    connectors = caller.get("credentials/connectors").body["connectors"]
    assert connectors == [entry for entry in types if entry["connector"]]
    assert {entry["type"] for entry in connectors} == {"cloud_files", "s3"}


def _page(caller: Caller, noun: str, marker: str) -> list[str]:
    path = f"{noun}?limit=100&marker={marker}"
    return [item["id"] for item in caller.get(path).body[noun.rsplit("/", 1)[-1]]]


def test_a_marker_at_the_end_gives_an_empty_page(busy: Caller) -> None:
    for noun in ("clusters", "flavors", "stacks", "scripts"):
        ids = [item["id"] for item in busy.get(noun).body[noun]]
        assert _page(busy, noun, ids[-1]) == []
        assert busy.get(f"{noun}?marker={ids[-1]}").body["links"] == []


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_marker_whose_item_was_deleted_goes_on_after_its_place(
    caller: Caller, clock: ManualClock, position: int
) -> None:
    clusters = [caller.active_cluster(name=f"c{number}") for number in range(3)]
    scripts = [caller.script(f"s{number}") for number in range(3)]
    kafka = [{"name": "Kafka"}]
    stacks = [
        caller.post(
            "stacks", {"stack": {"name": f"t{n}", "distro": "HDP2.3", "services": kafka}}
        ).body["stack"]["id"]
        for n in range(3)
    ]
    for noun, ids in {"clusters": clusters, "scripts": scripts, "stacks": stacks}.items():
        rest = _page(caller, noun, ids[position])
        assert caller.delete(f"{noun}/{ids[position]}").status == 204
        clock.advance(600)
        assert caller.get(f"{noun}/{ids[position]}").status == 404
        assert _page(caller, noun, ids[position]) == rest


def test_a_marker_whose_node_has_left_goes_on_after_its_place(
    caller: Caller, clock: ManualClock
) -> None:
    groups = [{"id": "slave0", "count": 4, "flavor_id": "hadoop1-7"}]
    cluster_id = caller.active_cluster(node_groups=groups)
    ids = [node["id"] for node in caller.nodes(cluster_id)]
    assert caller.delete(f"clusters/{cluster_id}/nodes/{ids[4]}").status == 204
    clock.advance(60)
    assert _page(caller, f"clusters/{cluster_id}/nodes", ids[4]) == ids[5:]
    assert "nothing in this list" in caller.get(f"clusters/{cluster_id}/nodes?marker=x").message


def test_deleted_items_are_remembered_within_bounds(direct: DirectCaller) -> None:
    """Else memory would grow with every deletion."""
    table = direct.sandbox.account().scripts
    first = direct.script("again")
    direct.delete(f"scripts/{first}")
    assert first in table.departed
    for _ in range(1_000):
        direct.delete(f"scripts/{direct.script('again')}")
    assert len(table.departed) == 1_000
    assert first not in table.departed


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("observer", {"GET"}),
        ("bigdata:observer", {"GET"}),
        ("bigdata:creator", {"GET", "POST"}),
        ("admin", {"GET", "POST", "DELETE"}),
        ("identity:user-admin", {"GET", "POST", "DELETE"}),
        ("bigdata:admin", {"GET", "POST", "DELETE"}),
    ],
)
def test_roles_of_the_account_and_of_the_service(
    direct: DirectCaller, role: str, allowed: set[str]
) -> None:
    direct.sandbox.add_user("user", "k" * 32, [role])
    auth = {"username": "user", "apiKey": "k" * 32}
    access = direct.auth({KEY: auth}).body["access"]
    assert [entry["name"] for entry in access["user"]["roles"]] == [role]
    direct.token = access["token"]["id"]
    statuses = {
        "GET": direct.get("scripts").status,
        "POST": direct.post("scripts", {}).status,
        "DELETE": direct.delete("scripts/none").status,
    }
    assert {method for method, status in statuses.items() if status != 403} == allowed


@pytest.mark.parametrize("path", ["/identity/v2.0/tokens", "/v2.0/tokens"])
@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize("tenant", [{}, {"tenantId": "123456"}, {"tenantName": "123456"}])
def test_signing_in_is_possible_in_many_forms(
    caller: Caller, path: str, end: str, tenant: dict[str, str]
) -> None:
    """With a slash, at the root, with the tenant beside the key or the token."""
    key = {"username": "sandbox", "apiKey": caller.sandbox.api_key}
    by_key = caller.ask("POST", path + end, {"auth": {KEY: key, **tenant}})
    assert by_key.status == 200
    token = {"id": by_key.body["access"]["token"]["id"]}
    by_token = caller.ask("POST", path + end, {"auth": {"token": token, **tenant}})
    assert by_token.status == 200
    methods = by_token.body["access"]["token"]["RAX-AUTH:authenticatedBy"]
    assert methods == ["TOKEN"]


def test_a_tenant_that_is_not_the_users_is_refused(caller: Caller) -> None:
    key = {"username": "sandbox", "apiKey": caller.sandbox.api_key}
    for tenant in ({"tenantId": "5"}, {"tenantName": "5"}):
        assert caller.auth({KEY: key, **tenant}).status == 401


def test_a_password_is_as_good_as_a_key_for_who_has_one(caller: Caller) -> None:
    caller.sandbox.add_user("ada", "k" * 32, password="lovelace")
    good = {"username": "ada", "password": "lovelace"}
    answer = caller.auth({"passwordCredentials": good})
    assert answer.status == 200
    assert answer.body["access"]["token"]["RAX-AUTH:authenticatedBy"] == ["PASSWORD"]
    for wrong in (
        {**good, "password": "byron"},
        {"username": "sandbox", "password": caller.sandbox.api_key},
        {"username": "nobody", "password": "x"},
    ):
        assert caller.auth({"passwordCredentials": wrong}).status == 401


def test_the_catalog_says_where_versions_are_described(caller: Caller) -> None:
    key = {"username": "sandbox", "apiKey": caller.sandbox.api_key}
    catalog = caller.auth({KEY: key}).body["access"]["serviceCatalog"]
    [service] = [entry for entry in catalog if entry["type"] == "rax:bigdata"]
    for endpoint in service["endpoints"]:
        base = f"{caller.url}/{endpoint['region'].lower()}/"
        assert endpoint["versionList"] == base
        assert endpoint["versionInfo"].startswith(base + "v")
        assert endpoint["publicURL"].startswith(endpoint["versionInfo"])


def test_a_token_can_be_looked_at(caller: Caller, clock: ManualClock) -> None:
    """By who has one; tenants too. Afterwards it is gone."""
    token = caller.sign_in()
    headers = {"X-Auth-Token": token}
    access = caller.ask("GET", f"/identity/v2.0/tokens/{token}", headers=headers).body["access"]
    assert access["token"]["id"] == token
    assert access["user"]["name"] == "sandbox"
    tenants = caller.ask("GET", "/v2.0/tenants", headers=headers).body["tenants"]
    assert tenants == [{"id": "123456", "name": "123456", "enabled": True}]
    unknown = caller.ask("GET", "/v2.0/tokens/none", headers=headers)
    assert (unknown.status, unknown.body["itemNotFound"]["code"]) == (404, 404)
    assert caller.ask("GET", f"/v2.0/tokens/{token}").status == 401
    assert caller.ask("GET", "/v2.0/tenants").status == 401
    clock.advance(86_400)
    assert caller.ask("GET", f"/v2.0/tokens/{token}", headers=headers).status == 401


@pytest.mark.parametrize("path", ["/identity/v2.0", "/identity/v2.0/", "/v2.0", "/v2.0/"])
def test_the_version_document_needs_no_token(caller: Caller, path: str) -> None:
    version = caller.ask("GET", path).body["version"]
    assert (version["id"], version["status"]) == ("v2.0", "CURRENT")
    assert version["links"] == [{"rel": "self", "href": f"{caller.url}/identity/v2.0/"}]


def test_very_many_tokens_are_not_all_kept(
    direct: DirectCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest of more than ten thousand are forgotten."""
    assert store._MOST_TOKENS == 10_000
    monkeypatch.setattr(store, "_MOST_TOKENS", 100)
    first = direct.sign_in()
    for _ in range(99):
        direct.sign_in()
    headers = {"X-Auth-Token": first}
    assert direct.ask("GET", "/dfw/v2/123456/limits", headers=headers).status == 200
    last = direct.sign_in()
    assert direct.ask("GET", "/dfw/v2/123456/limits", headers=headers).status == 401
    assert direct.ask("GET", "/dfw/v2/123456/limits", headers={"X-Auth-Token": last}).status == 200
