"""A sign-in, its state as text, and the endpoint in its catalog."""

from __future__ import annotations

import json

import pytest

from lavaclient import error
from lavaclient._auth.token import AccessToken, read_answer, read_state

NOW = 1_700_000_000.0


def answer(expires: object = "2030-01-01T00:00:00Z") -> bytes:
    token = {"id": "t0ken", "expires": expires}
    return json.dumps({"access": {"token": token, "serviceCatalog": []}}).encode()


def catalog(*endpoints: object) -> AccessToken:
    entry = {"type": "rax:bigdata", "endpoints": list(endpoints)}
    return AccessToken("t0ken", None, {"access": {"serviceCatalog": [entry]}}, NOW)


def endpoint(region: str, url: str = "https://{}.example/v2/1/", version: str = "2") -> object:
    return {"region": region, "versionId": version, "publicURL": url.format(region.lower())}


def test_the_state_is_what_keystoneauth1_keeps_and_reads_back() -> None:
    first = read_answer(answer(), NOW, with_catalog=True)
    assert json.loads(first.state()) == {"auth_token": "t0ken", "body": first.body}
    second = read_state(first.state())
    assert (second.reveal(), second.expires, second.body) == ("t0ken", first.expires, first.body)
    assert not second.ignore_expiry


def test_a_state_that_was_stale_when_issued_is_not_trusted_when_read_back() -> None:
    first = read_answer(answer("2020-01-01T00:00:00Z"), NOW, with_catalog=False)
    assert first.ignore_expiry
    assert not first.ends_within(0, NOW)
    assert read_state(first.state()).ends_within(0, NOW)


def test_a_state_without_an_expiry_is_trusted() -> None:
    assert read_state(read_answer(answer(None), NOW, with_catalog=False).state()).ignore_expiry


@pytest.mark.parametrize(
    "text", ["", "{", "5", "null", "[]", "{}", '{"body": {}}', '{"auth_token": "x"}', "[" * 99_999]
)
def test_what_is_no_state_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"state|Expecting|missing|deep"):
        read_state(text)


def test_without_a_catalog_to_look_at_none_is_needed() -> None:
    bare = b'{"access": {"token": {"id": "t0ken"}}}'
    held = read_answer(bare, NOW, with_catalog=False)
    assert (held.reveal(), held.expires, held.catalog.plain_entries()) == ("t0ken", None, [])
    with pytest.raises(ValueError, match="serviceCatalog is missing"):
        read_answer(bare, NOW, with_catalog=True)


def test_a_sign_in_of_nothing_has_no_catalog() -> None:
    assert AccessToken("", None, {}, NOW).catalog.plain_entries() == []


@pytest.mark.parametrize("region", ["DFW", "dfw", " Dfw "])
def test_the_region_is_found_in_any_case(region: str) -> None:
    held = catalog(endpoint("ORD"), endpoint("DFW"))
    assert held.catalog.endpoint(region, "https://a.example") == "https://dfw.example/v2/1"


def test_only_version_2_counts_and_the_first_of_a_region() -> None:
    held = catalog(
        endpoint("DFW", "https://one.example/v1.0/1", "1"),
        {"region": "DFW", "publicURL": "https://none.example/v2/1"},
        endpoint("dfw"),
        endpoint("DFW", "https://later.example/v2/1"),
    )
    assert held.catalog.endpoint("DFW", "https://a.example") == "https://dfw.example/v2/1"


def test_without_a_region_it_is_the_first_there_is() -> None:
    held = catalog(endpoint("ORD"), endpoint("DFW"))
    assert held.catalog.endpoint(None, "https://a.example") == "https://ord.example/v2/1"
    with pytest.raises(error.AuthenticationError, match="regions that have one: none"):
        catalog().catalog.endpoint(None, "https://a.example")


def test_the_tenant_of_the_endpoint_must_be_the_one_asked_for() -> None:
    held = catalog(endpoint("DFW"))
    assert held.catalog.endpoint("DFW", "https://a.example", "1") == "https://dfw.example/v2/1"
    with pytest.raises(error.AuthenticationError, match="account '1', not to tenant_id '2'"):
        held.catalog.endpoint("DFW", "https://a.example", "2")
