"""The proxy that a request goes through, for errors."""

from __future__ import annotations

from collections.abc import Mapping

import requests
import requests.utils

__all__ = ["proxy_in_use", "shown_proxy"]


def shown_proxy(url: str, proxies: Mapping[str, str] | None) -> str:
    """Return host and port of the proxy of a URL, without its credentials; "" for none."""
    proxy = str(requests.utils.select_proxy(url, dict(proxies or {})) or "")
    place = proxy.rpartition("@")[2].rpartition("//")[2].strip("/")
    return place or proxy


def proxy_in_use(session: requests.Session, url: str) -> str:
    """Return host and port of the proxy that a session sends a URL's requests to; "" for none."""
    settings = session.merge_environment_settings(url, {}, None, None, None)
    return shown_proxy(url, settings["proxies"])
