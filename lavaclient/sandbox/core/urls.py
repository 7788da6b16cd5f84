"""URLs: parsing those of requests, and building those in answers.

The sandbox stands under one host (`/identity/v2.0`, `/dfw/v2/123456`). Asked under the names of
the real service's hosts, as an in-process fake is, it answers with URLs of those hosts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

REGIONS = ("DFW", "ORD", "IAD", "LON")

_IDENTITY_HOST = re.compile(r"^(?:lon\.)?identity\.api\.rackspacecloud\.com$")
_SERVICE_HOST = re.compile(r"^(dfw|ord|iad|lon)\.bigdata\.api\.rackspacecloud\.com$")


@dataclass(frozen=True, slots=True)
class Links:
    """Builds the links of one tenant's answers in one region."""

    service: str
    bookmarks: str

    def of(self, path: str) -> list[dict[str, str]]:
        """The `self` and `bookmark` links of one thing.

        Args:
            path: Where it stands below the endpoint, such as `clusters/ID`.
        """
        return [
            {"rel": "self", "href": f"{self.service}/{path}"},
            {"rel": "bookmark", "href": f"{self.bookmarks}/{path}"},
        ]


@dataclass(frozen=True, slots=True)
class Urls:
    """The host that a request named, and how URLs look there."""

    base: str
    public: bool

    def root(self, region: str, service: str = "bigdata") -> str:
        """The URL below which a region's service has its versions."""
        if self.public:
            return f"https://{region.lower()}.{service}.api.rackspacecloud.com"
        middle = "" if service == "bigdata" else f"/{service}"
        return f"{self.base}/{region.lower()}{middle}"

    def identity(self) -> str:
        """The identity URL."""
        if self.public:
            return "https://identity.api.rackspacecloud.com/v2.0"
        return f"{self.base}/identity/v2.0"

    def links(self, region: str, tenant_id: str) -> Links:
        """The links of one tenant in one region."""
        root = self.root(region)
        return Links(service=f"{root}/v2/{tenant_id}", bookmarks=f"{root}/{tenant_id}")


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed URL. Segments are decoded singly, so an encoded slash does not split one."""

    urls: Urls
    path: str
    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    raw_query: str


def locate(url: str, default_base: str) -> Target:
    """Parse a request's URL.

    Args:
        url: The absolute URL, or the path and query alone.
        default_base: Scheme and host for a URL that has none.
    """
    parts = urlsplit(url if "://" in url.split("?", 1)[0] else default_base + url)
    host = (parts.hostname or "").lower()
    service = _SERVICE_HOST.match(host)
    prefix = "/identity" if _IDENTITY_HOST.match(host) else f"/{service[1]}" if service else ""
    path = prefix + (parts.path or "/")
    return Target(
        urls=Urls(base=f"{parts.scheme}://{parts.netloc}", public=prefix != ""),
        path=path,
        segments=tuple(unquote(segment) for segment in path.split("/")[1:]),
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        raw_query=parts.query,
    )
