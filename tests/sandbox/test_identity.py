"""Signing in, tokens, the catalog, roles and tenants."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from lavaclient.sandbox import ManualClock, Sandbox
from tests.support.sandbox_callers import Caller, DirectCaller

pytestmark = pytest.mark.usefixtures("no_collection")

KEY = "RAX-KSKEY:apiKeyCredentials"


def test_an_api_key_brings_a_token_that_lives_a_day(caller: Caller, clock: ManualClock) -> None:
    """And the answer has all the parts that identity's has."""
    answer = caller.auth({KEY: {"username": "sandbox", "apiKey": caller.sandbox.api_key}})
    assert answer.status == 200
    access = answer.body["access"]
    assert access["token"]["tenant"] == {"id": "123456", "name": "123456"}
    assert access["token"]["RAX-AUTH:authenticatedBy"] == ["APIKEY"]
    assert access["token"]["expires"].endswith("Z")
    expires = datetime.fromisoformat(access["token"]["expires"])
    assert expires.timestamp() == clock.time() + timedelta(days=1).total_seconds()
    assert access["user"]["name"] == "sandbox"
    assert [role["name"] for role in access["user"]["roles"]] == ["bigdata:admin"]


def test_each_sign_in_brings_another_token(caller: Caller) -> None:
    """Even for one user at one time."""
    assert caller.sign_in() != caller.sign_in()


def test_the_catalog_has_v1_and_v2_entries_for_four_regions(caller: Caller) -> None:
    """Built from the host that was asked."""
    credentials = {"username": "sandbox", "apiKey": caller.sandbox.api_key}
    catalog = caller.auth({KEY: credentials}).body["access"]["serviceCatalog"]
    entry = next(entry for entry in catalog if entry["type"] == "rax:bigdata")
    assert entry["name"] == "cloudBigData"
    urls = {(e["region"], e["versionId"]): e["publicURL"] for e in entry["endpoints"]}
    assert len(urls) == 8
    for region in ("DFW", "ORD", "IAD", "LON"):
        assert urls[region, "1"] == f"{caller.url}/{region.lower()}/v1.0/123456"
        assert urls[region, "2"] == f"{caller.url}/{region.lower()}/v2/123456"


def test_some_services_of_the_catalog_have_no_region(direct: DirectCaller) -> None:
    """And some have regions and a version of their own."""
    credentials = {"username": "sandbox", "apiKey": direct.sandbox.api_key}
    catalog = direct.auth({KEY: credentials}).body["access"]["serviceCatalog"]
    by_type = {entry["type"]: entry["endpoints"] for entry in catalog}
    assert all("region" not in endpoint for endpoint in by_type["rax:dns"])
    assert {endpoint["versionId"] for endpoint in by_type["compute"]} == {"2"}


def test_under_the_real_hosts_name_the_catalog_has_real_hosts(direct: DirectCaller) -> None:
    """An in-process fake of the real service hands out the real service's URLs."""
    direct.url = "https://identity.api.rackspacecloud.com"
    credentials = {"username": "sandbox", "apiKey": direct.sandbox.api_key}
    answer = direct.ask("POST", "/v2.0/tokens", {"auth": {KEY: credentials}})
    access = answer.body["access"]
    entry = next(e for e in access["serviceCatalog"] if e["type"] == "rax:bigdata")
    url = "https://ord.bigdata.api.rackspacecloud.com/v2/123456"
    assert url in {endpoint["publicURL"] for endpoint in entry["endpoints"]}
    direct.url = url
    distros = direct.ask("GET", "/distros", headers={"X-Auth-Token": access["token"]["id"]})
    assert distros.status == 200
    assert distros.body["distros"][0]["links"][0]["href"] == f"{url}/distros/HDP1.3"


def test_a_token_brings_the_catalog_and_a_token_that_expires_with_it(
    caller: Caller, clock: ManualClock
) -> None:
    """Signing in with tokens again and again does not make them live longer."""
    token = caller.sign_in()
    clock.advance(1000)
    answer = caller.auth({"token": {"id": token}, "tenantId": "123456"})
    assert answer.status == 200
    new = answer.body["access"]["token"]
    assert new["id"] != token
    assert new["RAX-AUTH:authenticatedBy"] == ["TOKEN"]
    expires = datetime.fromisoformat(new["expires"]).timestamp()
    assert expires == clock.time() + 86_400 - 1000
    assert any(e["type"] == "rax:bigdata" for e in answer.body["access"]["serviceCatalog"])


def test_a_token_without_tenant_is_enough(caller: Caller) -> None:
    """`tenantId` may be left out."""
    assert caller.auth({"token": {"id": caller.sign_in()}}).status == 200


def test_a_token_of_another_tenant_is_refused(caller: Caller) -> None:
    """`tenantId` is checked."""
    answer = caller.auth({"token": {"id": caller.sign_in()}, "tenantId": "654321"})
    assert answer.status == 401
    assert "654321" in answer.body["unauthorized"]["message"]


@pytest.mark.parametrize("name", ["sandbox", "nobody"])
def test_a_wrong_key_is_refused_like_an_unknown_user(caller: Caller, name: str) -> None:
    """With identity's own fault body."""
    answer = caller.auth({KEY: {"username": name, "apiKey": "0" * 32}})
    assert answer.status == 401
    assert answer.body["unauthorized"]["code"] == 401
    assert "Unable to authenticate" in answer.body["unauthorized"]["message"]


@pytest.mark.parametrize(
    ("auth", "names"),
    [
        ({}, "exactly one"),
        ({KEY: {"username": "sandbox", "apiKey": "x"}, "token": {"id": "x"}}, "exactly one"),
        ({KEY: {"username": "sandbox"}}, "apiKey"),
        ({KEY: {"username": "sandbox", "apiKey": 5}}, "apiKey"),
        ({KEY: {"username": "", "apiKey": "x"}}, "username"),
        ({KEY: {"username": "a", "apiKey": "x", "domain": "x"}}, "domain"),
        ({"passwordCredentials": {"username": "a"}}, "password"),
        ({"token": {"id": "x"}, "tenantName": 1}, "tenantName"),
        ({"token": {"id": "x"}, "tenantId": 123456}, "tenantId"),
    ],
)
def test_a_sign_in_that_is_not_just_so_is_a_bad_request(
    caller: Caller, auth: object, names: str
) -> None:
    """And the fault says what is wrong with it."""
    answer = caller.auth(auth)
    assert answer.status == 400
    assert names in answer.body["badRequest"]["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000])
def test_a_sign_in_that_is_no_json_object_is_a_bad_request(caller: Caller, body: bytes) -> None:
    """Whatever it is instead."""
    answer = caller.ask("POST", "/identity/v2.0/tokens", body)
    assert answer.status == 400
    assert answer.body["badRequest"]["code"] == 400


def test_a_disabled_user_is_turned_away(caller: Caller) -> None:
    """With the fault that identity has for it."""
    caller.sandbox.add_user("gone", "k" * 32, enabled=False)
    answer = caller.auth({KEY: {"username": "gone", "apiKey": "k" * 32}})
    assert answer.status == 403
    assert answer.body["userDisabled"]["code"] == 403


def test_identity_knows_no_other_path_or_method(caller: Caller) -> None:
    """Neither the root, where discovery would begin, nor another version."""
    for path in ("/identity", "/identity/v3", "/identity/v2.0/users"):
        assert caller.ask("GET", path).body["itemNotFound"]["code"] == 404
    answer = caller.ask("GET", "/identity/v2.0/tokens")
    assert answer.body["badMethod"]["code"] == 405
    assert answer.headers["Allow"] == "POST"


def test_a_call_without_a_token_is_refused(caller: Caller) -> None:
    """As is one with a token that was never given out."""
    for headers in ({}, {"X-Auth-Token": "made-up"}):
        answer = caller.ask("GET", "/dfw/v2/123456/clusters", headers=headers)
        assert answer.status == 401
        assert answer.body["unauthorized"]["code"] == 401


def test_a_token_expires_on_the_clock(caller: Caller, clock: ManualClock) -> None:
    """To the second, for calls and for signing in with it."""
    token = caller.sign_in()
    clock.advance(86_399)
    assert caller.get("limits").status == 200
    clock.advance(1)
    assert caller.get("limits").status == 401
    assert caller.auth({"token": {"id": token}}).status == 401
    caller.sign_in()
    assert caller.get("limits").status == 200


def test_expire_tokens_ends_all_of_them(caller: Caller) -> None:
    """Those given out later are good."""
    caller.sign_in()
    caller.sandbox.expire_tokens()
    assert caller.get("limits").status == 401
    caller.sign_in()
    assert caller.get("limits").status == 200


def test_the_tenant_in_the_url_must_be_the_tokens(caller: Caller) -> None:
    """Another one is forbidden, also if it is there."""
    caller.sandbox.add_user("other", "k" * 32, tenant_id="999")
    token = caller.sign_in()
    answer = caller.ask("GET", "/dfw/v2/999/clusters", headers={"X-Auth-Token": token})
    assert answer.status == 403
    assert "999" in answer.body["fault"]["message"]


def test_tenants_and_regions_do_not_see_each_others_things(caller: Caller) -> None:
    """Each has its own keys."""
    caller.key("mine")
    caller.region = "ord"
    assert caller.get("credentials/ssh_keys").body["credentials"]["ssh_keys"] == []
    caller.region = "dfw"
    caller.sandbox.add_user("other", "k" * 32, tenant_id="999")
    token = caller.sign_in("other", "k" * 32)
    answer = caller.ask("GET", "/dfw/v2/999/credentials/ssh_keys", headers={"X-Auth-Token": token})
    assert answer.body["credentials"]["ssh_keys"] == []


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("observer", {"GET"}),
        ("creator", {"GET", "POST", "PUT"}),
        ("bigdata:admin", {"GET", "POST", "PUT", "DELETE"}),
    ],
)
def test_a_role_allows_what_it_says(caller: Caller, role: str, allowed: set[str]) -> None:
    """Everything else is a 403."""
    script_id = caller.script("first")
    caller.sandbox.add_user("user", "k" * 32, [role])
    caller.sign_in("user", "k" * 32)
    body = {"script": {"name": "second", "type": "POST_INIT", "url": "https://example.com/y"}}
    statuses = {
        "GET": caller.get("scripts").status,
        "POST": caller.post("scripts", body).status,
        "PUT": caller.put(f"scripts/{script_id}", {"script": {"name": "third"}}).status,
        "DELETE": caller.delete(f"scripts/{script_id}").status,
    }
    assert {method for method, status in statuses.items() if status < 300} == allowed
    assert {status for method, status in statuses.items() if method not in allowed} <= {403}


def test_a_role_that_does_not_exist_cannot_be_given(sandbox: Sandbox) -> None:
    """The error says which there are."""
    with pytest.raises(ValueError, match="roles: there is no role 'bigdata:boss'"):
        sandbox.add_user("user", "k" * 32, ["boss"])
