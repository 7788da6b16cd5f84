"""The URLs that a caller gives (row 4)."""

from __future__ import annotations

import pytest

from lavaclient import error
from lavaclient._config.urls import (
    checked_origin,
    endpoint_url,
    identity_url,
    is_unprotected,
    tenant_of,
)

BAD = [
    "",
    "identity.example",
    "//identity.example/v2.0",
    "https://",
    "https:///v2.0",
    "ftp://identity.example/v2.0",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://identity.example:port/v2.0",
    "https://identity.example:99999/v2.0",
    "https://identity.example:0/v2.0",
    "https://user:secret@identity.example/v2.0",
    "https://user@identity.example/v2.0",
    "https://identity.example/v2.0?a=b",
    "https://identity.example/v2.0?",
    "https://identity.example/v2.0#a",
    "https://identity.example/v2.0#",
    "https://identity.example/v 2.0",
    "https://identity.example\\@evil.example/v2.0",
    "https://identity.example/v2.0\r\nX: 1",
    "https://identity.exämple/v2.0",
    "https://[::1/v2.0",
    "https://[fe80::zz]/v2.0",
    "https://iden!tity/v2.0",
    5,
    b"https://identity.example/v2.0",
    ["https://identity.example/v2.0"],
    True,
]


@pytest.mark.parametrize("url", BAD)
@pytest.mark.parametrize("name", ["auth_url", "endpoint"])
def test_04_what_is_no_url_is_refused_by_the_name_of_its_argument(name: str, url: object) -> None:
    with pytest.raises(error.InvalidError, match=f"^{name} ") as caught:
        identity_url(url) if name == "auth_url" else endpoint_url(url, "1")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        (None, "https://identity.api.rackspacecloud.com/v2.0"),
        ("https://lon.identity.example/v2.0", "https://lon.identity.example/v2.0"),
        ("https://lon.identity.example/v2.0/", "https://lon.identity.example/v2.0"),
        ("https://lon.identity.example/v2.0/tokens", "https://lon.identity.example/v2.0"),
        ("https://lon.identity.example/v2.0/tokens/", "https://lon.identity.example/v2.0"),
        ("https://lon.identity.example", "https://lon.identity.example/v2.0"),
        ("https://lon.identity.example/", "https://lon.identity.example/v2.0"),
        ("HTTPS://Lon.Identity.Example:443/v2.0", "https://lon.identity.example:443/v2.0"),
        ("http://127.0.0.1:8900/identity/v2.0", "http://127.0.0.1:8900/identity/v2.0"),
        ("http://127.0.0.1:8900/identity/", "http://127.0.0.1:8900/identity/v2.0"),
        ("http://127.0.0.1:8900/Identity/v2.0/tokens", "http://127.0.0.1:8900/Identity/v2.0"),
        ("http://[::1]:8900/v2.0", "http://[::1]:8900/v2.0"),
        ("http://[fe80::1%eth0]/v2.0", "http://[fe80::1%eth0]/v2.0"),
        ("http://v3/v2.0", "http://v3/v2.0"),
        ("http://v3", "http://v3/v2.0"),
        ("http://host_with_underscores:1/v2.0", "http://host_with_underscores:1/v2.0"),
    ],
)
def test_an_auth_url_may_be_written_in_many_ways(url: str | None, meant: str) -> None:
    assert identity_url(url) == meant


@pytest.mark.parametrize("path", ["/v3", "/v3/", "/v3/auth/tokens", "/identity/v3"])
def test_an_auth_url_of_v3_is_told_that_keys_exist_in_v2_only(path: str) -> None:
    with pytest.raises(error.InvalidError, match=r"auth_url .* API keys exist in v2\.0 only"):
        identity_url(f"https://identity.example{path}")


@pytest.mark.parametrize(
    ("url", "tenant", "meant"),
    [
        ("https://dfw.example/v2/123456", None, "https://dfw.example/v2/123456"),
        ("https://dfw.example/v2/123456/", "123456", "https://dfw.example/v2/123456"),
        ("HTTPS://DFW.example/a/v2/123456", "123456", "https://dfw.example/a/v2/123456"),
        ("https://dfw.example/v2", "123456", "https://dfw.example/v2/123456"),
        ("https://dfw.example/v2/", "12/34", "https://dfw.example/v2/12%2F34"),
        ("https://dfw.example/v2/12%2F34", "12/34", "https://dfw.example/v2/12%2F34"),
        (None, "123456", None),
    ],
)
def test_an_endpoint_ends_in_the_tenant(
    url: str | None, tenant: str | None, meant: str | None
) -> None:
    assert endpoint_url(url, tenant) == meant


@pytest.mark.parametrize(
    ("url", "tenant"),
    [
        ("https://dfw.example/v2", None),
        ("https://dfw.example/", None),
        ("https://dfw.example/v1.0/123456", None),
        ("https://dfw.example/v2/123456/clusters", None),
        ("https://dfw.example/v2/123456", "654321"),
        ("https://dfw.example/V2/123456", None),
    ],
)
def test_an_endpoint_of_another_shape_or_tenant_is_refused(url: str, tenant: str | None) -> None:
    with pytest.raises(error.InvalidError, match="endpoint"):
        endpoint_url(url, tenant)


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("http://identity.example/v2.0", True),
        ("http://10.0.0.1/v2.0", True),
        ("http://[2001:db8::1]/v2.0", True),
        ("http://localhost.evil.example/v2.0", True),
        ("https://identity.example/v2.0", False),
        ("http://127.0.0.1:1/v2.0", False),
        ("http://127.8.9.10/v2.0", False),
        ("http://[::1]/v2.0", False),
        ("http://LOCALHOST:80/v2.0", False),
        ("http://lava.localhost/v2.0", False),
    ],
)
def test_05_http_to_anything_but_loopback_is_unprotected(url: str, is_one: bool) -> None:
    assert is_unprotected(url) is is_one


def test_the_default_port_is_part_of_the_origin() -> None:
    assert checked_origin("url", "https://A.example/x") == ("https", "a.example", 443)
    assert checked_origin("url", "http://a.example:/x") == ("http", "a.example", 80)


def test_only_what_follows_v2_is_a_tenant() -> None:
    assert tenant_of("https://dfw.example/v1.0/1") is None
    assert tenant_of("https://dfw.example/v2/1/") == "1"
