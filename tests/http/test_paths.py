"""Where requests go: ids, redirects, next links."""

from __future__ import annotations

import uuid

import pytest

from lavaclient import InvalidError
from lavaclient._http.messages import Response
from lavaclient._http.paths import path_segment, redirect_target
from lavaclient._http.redaction import Redactor
from lavaclient.api._base import Link
from lavaclient.api._pagination import next_query

HERE = "https://dfw.example:8443/v2/123456/clusters?marker=a"
ROOT = "https://dfw.example:8443"


def target(location: str, method: str = "GET", status: int = 302) -> str | None:
    headers = {"Location": location}
    response = Response(method, "clusters", status, headers, redactor=Redactor())
    return redirect_target(response, HERE)


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        ("/v2/1/x", f"{ROOT}/v2/1/x"),
        ("other?a=b&c=d", f"{ROOT}/v2/123456/other?a=b&c=d"),
        (f"{ROOT}/x#part", f"{ROOT}/x"),
        ("HTTPS://DFW.example:8443/x", f"{ROOT}/x"),
        (f"{ROOT}", f"{ROOT}/"),
        ("https://DFW.EXAMPLE:8443//evil.example/x", f"{ROOT}/evil.example/x"),
        ("?marker=b", f"{ROOT}/v2/123456/clusters?marker=b"),
    ],
)
def test_27_a_redirect_within_the_origin_is_followed(location: str, wanted: str) -> None:
    assert target(location) == wanted


@pytest.mark.parametrize(
    "location",
    [
        "https://dfw.example/x",
        "http://dfw.example:8443/x",
        "https://evil.example:8443/x",
        "//evil.example/x",
        "https://dfw.example:8443@evil.example/x",
        "https://dfw.example:99999/x",
        "https://[::1/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "/v2/1/grün",
        "/v2/1/two words",
        "",
    ],
)
def test_27_a_redirect_elsewhere_is_not(location: str) -> None:
    assert target(location) is None


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example\\@dfw.example:8443/x",
        "https://someone@dfw.example:8443/x",
        "https://evil.example%5C@dfw.example:8443/x",
    ],
)
def test_27_a_host_that_parsers_of_urls_read_differently_is_not_asked(location: str) -> None:
    url = target(location)
    assert url is None or url == f"{ROOT}/x"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_27_a_redirect_of_each_status_is_followed(status: int) -> None:
    assert target("/Xx", status=status) == f"{ROOT}/Xx"


@pytest.mark.parametrize(
    ("method", "status"),
    [("POST", 302), ("PUT", 307), *(("GET", status) for status in (200, 201, 300, 304, 305, 309))],
)
def test_27_only_a_get_follows_a_redirect(method: str, status: int) -> None:
    assert target("/x", method, status) is None


@pytest.mark.parametrize(
    ("href", "query"),
    [
        ("https://x/1/clusters&limit=1&marker=aaa", {"marker": "aaa", "limit": "1"}),
        ("https://x/scripts?limit=3&amp;marker=b-3", {"marker": "b-3", "limit": "3"}),
        ("clusters?marker=first&marker=second", {"marker": "first"}),
        ("?marker=a%2Fb+c&limit=-1", {"marker": "a/b+c"}),
        ("?limit=٣&marker=m", {"marker": "m"}),
        ("?limit=3", {"marker": "", "limit": "3"}),
        ("", {"marker": ""}),
    ],
)
def test_28_a_next_link_gives_marker_and_limit(href: str, query: dict[str, str]) -> None:
    links = [Link(rel="self", href="?marker=no"), Link(rel="next", href=href)]
    assert next_query(links) == query


def test_28_without_a_next_link_there_is_no_next_page() -> None:
    assert next_query([Link(rel="previous", href="?marker=no")]) is None


def test_01_numbers_and_uuids_are_ids() -> None:
    own = uuid.uuid4()
    assert [path_segment("x", identifier) for identifier in (7, -7, own)] == ["7", "-7", str(own)]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (True, "must be a string, not bool"),
        (1.5, "must be a string, not float"),
        (None, "must be a string, not NoneType"),
        (b"c-1", "must be a string, not bytes"),
        ("", "must not be empty"),
        (".", "must not hold '.' or '..' as a part of a path"),
        ("..", "must not hold '.' or '..' as a part of a path"),
        ("a/../b", "must not hold '.' or '..' as a part of a path"),
        ("a\\.", "must not hold '.' or '..' as a part of a path"),
        ("a\nb", "must not hold control characters"),
        ("a\x7f", "must not hold control characters"),
    ],
)
def test_02_what_is_no_id_is_refused_by_name(value: object, reason: str) -> None:
    with pytest.raises(InvalidError) as caught:
        path_segment("cluster_id", value)
    assert str(caught.value) == f"cluster_id {reason}"


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("a/b", "a%2Fb"),
        ("a\\b", "a%5Cb"),
        ("...", "..."),
        ("a.b..c", "a.b..c"),
        ("two words", "two%20words"),
        ("50%?#&+", "50%25%3F%23%26%2B"),
        ("grün", "gr%C3%BCn"),
        ("X-1_~", "X-1_~"),
    ],
)
def test_01_an_id_is_one_segment_whatever_is_in_it(value: str, segment: str) -> None:
    assert path_segment("cluster_id", value) == segment


def test_02_a_number_that_python_does_not_write_is_refused() -> None:
    with pytest.raises(InvalidError, match="cluster_id is too large"):
        path_segment("cluster_id", 10**5000)
