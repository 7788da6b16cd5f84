"""Anything as an answer, anything as an argument: what comes out is a LavaError or a result.

Answers are given in place of the wire, by ``responses``, so that thousands fit into seconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import NamedTuple

import pytest
import requests
import responses
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lavaclient import InvalidError, Lava, LavaError
from tests.fake_identity import MovedClock
from tests.faults.calls import CALLS, methods

ENDPOINT = "http://localhost:9/v2/123456"
AUTH_URL = "http://localhost:9/identity/v2.0"
TOKEN = "t0ken-that-never-ends"

NAMES = """access token id expires serviceCatalog type rax:bigdata endpoints publicURL region DFW
versionId 2 cluster clusters stack stacks distro distros node nodes flavors limits absolute script
scripts credentials ssh_keys ambari s3 cloud_files name status links rel next href marker
node_groups flavor_id count services components progress created updated cbd_version error fault
message code details addresses public private addr""".split()
TEXTS = st.sampled_from([*NAMES, "", "?marker=a", "http://x/?marker=b", "ACTIVE"]) | st.text(
    max_size=8
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=6),
    max_leaves=24,
)
HEADER_NAMES = (
    "Retry-After Location X-Request-Id Content-Type Content-Length Content-Encoding".split()
)
HEADER_NAMES += ["Transfer-Encoding", "Set-Cookie", "Date", "Connection"]
HEADERS = st.dictionaries(
    st.sampled_from(HEADER_NAMES),
    st.sampled_from(["gzip", "deflate", "0", "-1", "5", "1e400", "9" * 99, "/x", "//h", "http://["])
    | st.text(st.characters(max_codepoint=255), max_size=12),
    max_size=4,
)
STATUSES = st.sampled_from([200, 200, 200, 202, 204, 301, 307, 401, 404, 413, 429, 500, 503])
BODIES = JSON.map(lambda found: json.dumps(found).encode()) | st.binary(max_size=64)
FUZZ = settings(
    max_examples=250,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Given(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


ANSWERS = st.builds(Given, STATUSES | st.integers(100, 999), HEADERS, BODIES)


@contextmanager
def answering(*answers: Given) -> Iterator[list[requests.PreparedRequest]]:
    """Answer every request of the process with these in turn, the last one for ever."""
    left = list(answers)
    seen: list[requests.PreparedRequest] = []

    def send(
        adapter: requests.adapters.HTTPAdapter, request: requests.PreparedRequest, **_: object
    ) -> requests.Response:
        seen.append(request)
        status, headers, body = left.pop(0) if len(left) > 1 else left[0]
        raw = urllib3.HTTPResponse(
            BytesIO(body), headers, status, preload_content=False, request_method=request.method
        )
        return adapter.build_response(request, raw)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.adapters.HTTPAdapter, "send", send)
        yield seen


def moved(**options: object) -> Lava:
    """A client whose pauses take no time."""
    kind = type("Moved", (Lava,), {"_clock": MovedClock()})
    given_ = {"token": TOKEN, "endpoint": ENDPOINT, **options}
    made: Lava = kind("user", **given_)
    return made


def only_lava_errors(call: Callable[[], object]) -> None:
    """Make a call; whatever else it raises fails the test."""
    try:
        call()
    except LavaError as failure:
        text = str(failure)
        assert text.isprintable() and text == " ".join(text.split())
        assert TOKEN not in text
