"""Which proxy a request goes through, and how its parts are read."""

from __future__ import annotations

import pytest

from lavaclient._http.proxies import shown_proxy
from lavaclient._http.socks import SocksOptions, proxy_address

URL = "https://dfw.example/v2/1"


@pytest.mark.parametrize(
    ("proxies", "shown"),
    [
        (None, ""),
        ({}, ""),
        ({"http": "http://near.example:1"}, ""),
        ({"https": "http://proxy.example:3128"}, "proxy.example:3128"),
        ({"https": "http://ada:pw@proxy.example:3128/"}, "proxy.example:3128"),
        ({"all": "socks5h://proxy.example"}, "proxy.example"),
        ({"https": "proxy.example:3128"}, "proxy.example:3128"),
        ({"https": "ada:pw@proxy.example"}, "proxy.example"),
        ({"https": "http://"}, "http://"),
        ({"https": "http://a.example", "https://dfw.example": "http://b.example"}, "b.example"),
    ],
)
def test_44_a_proxy_is_shown_without_its_credentials(
    proxies: dict[str, str] | None, shown: str
) -> None:
    assert shown_proxy(URL, proxies) == shown


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("proxy.example", 9050, ("proxy.example", 9050)),
        ("proxy.example", None, ("proxy.example", 1080)),
        ("[::1]", 9050, ("::1", 9050)),
        (None, None, ("", 1080)),
    ],
)
def test_a_socks_proxy_has_port_1080_by_default(
    host: str | None, port: int | None, address: tuple[str, int]
) -> None:
    options = SocksOptions(
        socks_version=2, proxy_host=host, proxy_port=port, username=None, password=None, rdns=True
    )
    assert proxy_address(options) == address
