"""A sign-in, its state as text, and the endpoint in its catalog."""

from __future__ import annotations

import json

import pytest

from lavaclient import error
from lavaclient._auth.catalog import Catalog
from lavaclient._auth.token import AccessToken, read_answer, read_state

pytestmark = pytest.mark.usefixtures("no_collection")

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
    token = read_answer(bare, NOW, with_catalog=False)
    assert (token.reveal(), token.expires, token.catalog.plain_entries()) == ("t0ken", None, [])
    with pytest.raises(ValueError, match="serviceCatalog is missing"):
        read_answer(bare, NOW, with_catalog=True)


def test_a_sign_in_of_nothing_has_no_catalog() -> None:
    assert AccessToken("", None, {}, NOW).catalog.plain_entries() == []


@pytest.mark.parametrize("region", ["DFW", "dfw", " Dfw "])
def test_the_region_is_found_in_any_case(region: str) -> None:
    token = catalog(endpoint("ORD"), endpoint("DFW"))
    assert token.catalog.endpoint(region, "https://a.example") == "https://dfw.example/v2/1"


def test_only_version_2_counts_and_the_first_of_a_region() -> None:
    token = catalog(
        endpoint("DFW", "https://one.example/v1.0/1", "1"),
        {"region": "DFW", "publicURL": "https://none.example/v2/1"},
        endpoint("dfw"),
        endpoint("DFW", "https://later.example/v2/1"),
    )
    assert token.catalog.endpoint("DFW", "https://a.example") == "https://dfw.example/v2/1"


def test_without_a_region_it_is_the_first_there_is() -> None:
    token = catalog(endpoint("ORD"), endpoint("DFW"))
    assert token.catalog.endpoint(None, "https://a.example") == "https://ord.example/v2/1"
    with pytest.raises(error.AuthenticationError, match="regions that have one: none"):
        catalog().catalog.endpoint(None, "https://a.example")


def test_the_tenant_of_the_endpoint_must_be_the_one_asked_for() -> None:
    token = catalog(endpoint("DFW"))
    assert token.catalog.endpoint("DFW", "https://a.example", "1") == "https://dfw.example/v2/1"
    with pytest.raises(error.AuthenticationError, match="account '1', not to tenant_id '2'"):
        token.catalog.endpoint("DFW", "https://a.example", "2")


EXPIRIES = {
    "2030-01-01T00:00:00Z": 1_893_456_000.0,
    "2030-01-01T00:00:00.250Z": 1_893_456_000.25,
    "2029-12-31T19:00:00-05:00": 1_893_456_000.0,
    "2030-01-01T05:30:00+05:30": 1_893_456_000.0,
    "2030-01-01T00:00:00": 1_893_456_000.0,
    "2030-01-01": 1_893_456_000.0,
}


@pytest.mark.parametrize("written", EXPIRIES)
def test_an_expiry_counts_by_its_offset_and_without_one_in_utc(
    written: str, far_from_utc: None
) -> None:
    assert read_answer(answer(written), NOW, with_catalog=True).expires == EXPIRIES[written]


@pytest.mark.parametrize(
    ("left", "within", "ends"),
    [(121, 121, True), (121, 120.9, False), (121, 0, False), (200, 120, False)],
)
def test_a_token_ends_within_the_seconds_that_are_left(
    left: float, within: float, ends: bool
) -> None:
    assert AccessToken("t0ken", NOW + left, {}, NOW).ends_within(within, NOW) is ends


@pytest.mark.parametrize(
    ("left", "ignored"), [(121, False), (120.5, False), (120, True), (0, True), (-9, True)]
)
def test_an_end_that_was_near_when_the_token_was_issued_is_not_acted_on(
    left: float, ignored: bool
) -> None:
    token = AccessToken("t0ken", NOW + left, {}, NOW)
    assert token.ignore_expiry is ignored
    assert token.ends_within(left, NOW) is not ignored


def test_a_token_without_an_end_never_ends() -> None:
    token = AccessToken.of_text("t0ken")
    assert (token.reveal(), token.expires, token.ignore_expiry) == ("t0ken", None, True)
    assert not token.ends_within(1e9, NOW)
    token.ignore_expiry = False
    assert not token.ends_within(1e9, NOW)
    assert token.detail("token", "id") == "t0ken"


def test_a_repr_shows_no_token() -> None:
    assert repr(AccessToken("t0ken", 5.0, {"access": "t0ken"}, NOW)) == "<AccessToken expires=5.0>"


def test_a_detail_is_the_text_at_a_path_or_none() -> None:
    body = {"access": {"token": {"tenant": {"id": "1", "level": 5}}, "user": "ada"}}
    token = AccessToken("t0ken", None, body, NOW)
    assert token.detail("token", "tenant", "id") == "1"
    assert token.detail("user") == "ada"
    for path in (("token", "tenant", "level"), ("token", "tenant"), ("user", "id"), ("x", "y")):
        assert token.detail(*path) is None
    assert AccessToken("t0ken", None, {}, NOW).detail("user") is None


def _access(**changes: object) -> bytes:
    access = {"token": {"id": "t0ken"}, "serviceCatalog": [], **changes}
    return json.dumps({"access": access}).encode()


def _catalog(*endpoints: object) -> bytes:
    return _access(serviceCatalog=[{"type": "rax:bigdata", "endpoints": list(endpoints)}])


WRONG = {
    b"<html>": "identity's answer is not JSON",
    b"[]": "identity's answer is missing or not an object",
    b"{}": "access is missing or not an object",
    _access(token=None): "access.token is missing or not an object",
    _access(token={}): "access.token.id is not a token",
    _access(token={"id": ""}): "access.token.id is not a token",
    _access(token={"id": 5}): "access.token.id is not a token",
    _access(token={"id": "t\u00f6ken"}): "access.token.id is not a token",
    _access(token={"id": "to\nken"}): "access.token.id is not a token",
    _access(token={"id": "t0ken", "expires": 5}): "access.token.expires is not a time",
    _access(token={"id": "t0ken", "expires": "soon"}): "access.token.expires is not a time",
    _access(token={"id": "t0ken", "expires": False}): "access.token.expires is not a time",
    _access(serviceCatalog=None): "access.serviceCatalog is missing or not a list",
    _access(serviceCatalog={}): "access.serviceCatalog is missing or not a list",
    _access(
        serviceCatalog=[{"type": "rax:bigdata"}]
    ): "the catalog's entry of rax:bigdata has no endpoints",
    _access(
        serviceCatalog=[{"type": "compute"}, {"type": "rax:bigdata"}]
    ): "the catalog's entry of rax:bigdata has no endpoints",
    _catalog("x"): "an endpoint of rax:bigdata is missing or not an object",
    _catalog({"versionId": "2"}): "an endpoint of rax:bigdata has no publicURL",
    _catalog(
        {"versionId": "1"}, {"versionId": "2", "publicURL": 5}
    ): "an endpoint of rax:bigdata has no publicURL",
}


@pytest.mark.parametrize("body", WRONG)
def test_10_what_is_wrong_with_an_answer_is_told_in_one_line(body: bytes) -> None:
    with pytest.raises(ValueError) as caught:
        read_answer(body, NOW, with_catalog=True)
    assert str(caught.value) == WRONG[body]


@pytest.mark.parametrize(
    "body",
    [
        _access(serviceCatalog=[None, 5, {}, {"type": "compute"}, {"type": ["rax:bigdata"]}]),
        _catalog({"versionId": "1"}, {"versionId": 2}, {"publicURL": 5}),
        _access(token={"id": "t0ken", "expires": ""}),
    ],
)
def test_10_what_is_not_of_version_2_may_be_odd(body: bytes) -> None:
    assert read_answer(body, NOW, with_catalog=True).reveal() == "t0ken"


STATES = {
    "[]": "the state is missing or not an object",
    "[" * 99_999: "the state is nested too deeply",
    '{"auth_token": "t0ken"}': "identity's answer is missing or not an object",
    '{"auth_token": "x", "body": {"access": {"token": {"id": "y"}}}}': "the state holds two tokens",
}


@pytest.mark.parametrize("text", STATES)
def test_what_is_wrong_with_a_state_is_told_in_one_line(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_state(text)
    assert str(caught.value) == STATES[text]


def test_the_errors_of_a_catalog_say_where_it_leads() -> None:
    entries = catalog(endpoint("ORD"), endpoint("DFW")).catalog
    with pytest.raises(error.AuthenticationError) as caught:
        entries.endpoint(" syd ", "https://a.example")
    assert str(caught.value) == (
        "no endpoint of rax:bigdata version 2 in region 'SYD'; regions that have one: DFW, ORD"
    )
    with pytest.raises(error.AuthenticationError) as caught:
        catalog().catalog.endpoint(None, "https://a.example")
    assert str(caught.value) == (
        "no endpoint of rax:bigdata version 2 in region 'any'; regions that have one: none"
    )
    with pytest.raises(error.AuthenticationError) as caught:
        entries.endpoint("DFW", "https://a.example", "2")
    assert str(caught.value) == "the user signs in to account '1', not to tenant_id '2'"


def test_an_endpoint_of_no_account_is_one_of_any_tenant() -> None:
    entries = catalog(endpoint("DFW", "https://{}.example/data")).catalog
    assert entries.endpoint("DFW", "https://a.example", "2") == "https://dfw.example/data"


def test_an_endpoint_ends_with_no_slash() -> None:
    entries = catalog(endpoint("DFW", "https://{}.example/DATA-X//")).catalog
    assert entries.endpoint("DFW", "https://a.example") == "https://dfw.example/DATA-X"


def test_05_https_leads_to_no_http_endpoint_and_http_may() -> None:
    entries = catalog(endpoint("DFW", "http://localhost/v2/1")).catalog
    for auth_url in ("https://a.example", "HTTPS://a.example"):
        with pytest.raises(error.AuthenticationError, match=r"^the catalog leads from https to"):
            entries.endpoint("DFW", auth_url)
    assert entries.endpoint("DFW", "http://localhost/https:") == "http://localhost/v2/1"


def test_04_an_endpoint_that_is_no_url_is_an_authentication_error_that_says_so() -> None:
    entries = catalog(endpoint("DFW", "ftp://{}.example/v2/1")).catalog
    with pytest.raises(error.AuthenticationError, match=r"^the catalog's endpoint must begin"):
        entries.endpoint("DFW", "https://a.example")


def test_a_service_without_endpoints_has_none() -> None:
    assert Catalog([{"type": "volume"}]).plain_entries() == [{"type": "volume", "endpoints": []}]


def test_plain_entries_leave_out_what_is_odd() -> None:
    plain = {"region": "DFW", "publicURL": "https://a.example", "tenantId": 5}
    odd = [{"region": 5}, {"publicURL": []}, {"internalURL": 1}, {"adminURL": None}, "x", None]
    whole = {"type": "compute", "name": "nova", "endpoints": [plain, *odd]}
    entries: list[object] = [whole, {"type": 5}, {"name": []}, None, {"endpoints": {}}]
    token = AccessToken("t0ken", None, {"access": {"serviceCatalog": entries}}, NOW)
    assert token.catalog.plain_entries() == [{**whole, "endpoints": [plain]}, {"endpoints": []}]


def test_tools_see_an_interface_and_its_url_at_each_endpoint() -> None:
    endpoints = [{"internalURL": "https://i"}, {"adminURL": "https://a"}, {"region": "DFW"}]
    volume, odd = Catalog([{"endpoints": endpoints}, None]).entries_for_tools()
    assert volume == {
        "endpoints": [
            {"interface": "internal", "url": "https://i", "internalURL": "https://i"},
            {"interface": "admin", "url": "https://a", "adminURL": "https://a"},
            {"interface": "public", "url": "", "region": "DFW"},
        ]
    }
    assert odd is None
