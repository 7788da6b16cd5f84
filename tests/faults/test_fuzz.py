"""Anything as an answer, anything as an argument: what comes out is a LavaError or a result.

Answers are given in place of the wire, by ``responses``, so that thousands fit into seconds.
"""

from __future__ import annotations

import copy
import inspect
import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests
import responses
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lavaclient import ApiError, Lava, LavaError
from lavaclient._system.clock import use_clock
from tests.faults.calls import CALLS, methods
from tests.support.clock import MovedClock
from tests.support.json_values import json_values

ENDPOINT = "http://localhost:9/v2/123456"
AUTH_URL = "http://localhost:9/identity/v2.0"
ANYWHERE = re.compile("http:")
TOKEN = "t0ken-that-never-ends"

NAMES = [
    "access",
    "token",
    "id",
    "expires",
    "serviceCatalog",
    "type",
    "rax:bigdata",
    "endpoints",
    "publicURL",
    "region",
    "DFW",
    "versionId",
    "2",
    "cluster",
    "clusters",
    "stack",
    "stacks",
    "distro",
    "distros",
    "node",
    "nodes",
    "flavors",
    "limits",
    "absolute",
    "script",
    "scripts",
    "credentials",
    "ssh_keys",
    "ambari",
    "s3",
    "cloud_files",
    "name",
    "status",
    "links",
    "rel",
    "next",
    "href",
    "marker",
    "node_groups",
    "flavor_id",
    "count",
    "services",
    "components",
    "progress",
    "created",
    "updated",
    "cbd_version",
    "error",
    "fault",
    "message",
    "code",
    "details",
    "addresses",
    "public",
    "private",
    "addr",
]
TEXTS = st.sampled_from([*NAMES, "", "?marker=a", "http://x/?marker=b", "ACTIVE"]) | st.text(
    max_size=8
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
JSON = json_values(NAMES, leaves=24, texts=[*NAMES, "?marker=a", "http://x/?marker=b", "ACTIVE"])
HEADER_NAMES = [
    "Retry-After",
    "Location",
    "X-Request-Id",
    "Content-Type",
    "Content-Length",
    "Content-Encoding",
]
HEADER_NAMES += ["Transfer-Encoding", "Set-Cookie", "Date", "Connection"]
HEADERS = st.dictionaries(
    st.sampled_from(HEADER_NAMES),
    st.sampled_from(["gzip", "deflate", "0", "-1", "5", "1e400", "9" * 99, "/x", "//h", "http://["])
    | st.text(st.characters(max_codepoint=255), max_size=12),
    max_size=4,
)
STATUSES = st.sampled_from([200, 200, 200, 202, 204, 301, 307, 401, 404, 413, 429, 500, 503])
BODIES = JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=64)
FUZZ = settings(
    max_examples=250,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


DATA = Path(__file__).parents[1] / "data"


def good_bodies() -> Iterator[dict[str, Any]]:
    """Bodies of all answers' keys together, one for each shape that credentials have."""
    answers = [path for path in sorted(DATA.glob("*.json")) if "request" not in path.name]
    bodies = [json.loads(path.read_text()) for path in answers]
    whole: dict[str, Any] = {}
    for body in sorted(bodies, key=lambda body: len(json.dumps(body))):
        whole |= body
    whole["links"] = []
    whole["cluster"]["status"] = "ACTIVE"
    yield from (whole | body for body in bodies if "credentials" in body)


GOOD = list(good_bodies())


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where something stands in a body, at whatever depth."""
    if path:
        yield path
    pairs: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for name, inner in pairs:
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, name))
        else:
            yield (*path, name)


PLACES = [(body, path) for body in GOOD for path in sorted(places(body), key=repr)]


def spoilt(place: tuple[dict[str, Any], tuple[str | int, ...]], value: object) -> bytes:
    """A good body with another value in one place."""
    body = copy.deepcopy(place[0])
    holder: Any = body
    for step in place[1][:-1]:
        holder = holder[step]
    holder[place[1][-1]] = value
    return json.dumps(body).encode()


SPOILT = st.builds(spoilt, st.sampled_from(PLACES), JSON)


class Given(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


ANSWERS = st.builds(Given, STATUSES | st.integers(100, 999), HEADERS, BODIES)


@contextmanager
def answering(*answers: Given) -> Iterator[list[requests.PreparedRequest]]:
    """Answer every request with these in turn, the last one for ever."""
    left = list(answers)
    sent: list[requests.PreparedRequest] = []

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        sent.append(request)
        return left.pop(0) if len(left) > 1 else left[0]

    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        for method in ("GET", "POST", "PUT", "DELETE"):
            wire.add_callback(method, ANYWHERE, answer, content_type=None)
        yield sent


def moved(**options: object) -> Lava:
    """A client whose pauses take no time."""
    arguments = {"token": TOKEN, "endpoint": ENDPOINT, **options}
    with use_clock(MovedClock()):
        return Lava("user", **arguments)  # type: ignore[arg-type]


def only_lava_errors(call: Callable[[], object]) -> None:
    """Make a call; whatever else it raises fails the test."""
    try:
        call()
    except LavaError as failure:
        text = str(failure)
        assert text.isprintable()
        assert text == " ".join(text.split())
        assert TOKEN not in text


@FUZZ
@given(st.sampled_from(sorted(CALLS)), st.lists(ANSWERS, min_size=1, max_size=4))
def test_any_answer_to_any_method_is_a_result_or_a_lava_error(
    name: str, answers: list[Given]
) -> None:
    with answering(*answers), moved() as lava:
        only_lava_errors(lambda: CALLS[name](lava))


@FUZZ
@given(st.sampled_from(sorted(CALLS)), st.lists(st.builds(json.dumps, JSON), max_size=3), JSON)
def test_any_json_to_any_method_is_a_result_or_a_lava_error(
    name: str, texts: list[str], last: object
) -> None:
    bodies = [text.encode() for text in [*texts, json.dumps(last)]]
    with answering(*(Given(200, {}, body) for body in bodies)), moved() as lava:
        only_lava_errors(lambda: CALLS[name](lava))


@pytest.mark.parametrize("name", [name for name in CALLS if ".ssh_" not in name])
def test_one_of_the_good_bodies_is_good_for_each_method(name: str) -> None:
    def taken(body: dict[str, Any]) -> bool:
        with answering(Given(200, {}, json.dumps(body).encode())), moved() as lava:
            try:
                CALLS[name](lava)
            except ApiError:
                return False
            return True

    assert any(map(taken, GOOD))


@FUZZ
@given(st.sampled_from(sorted(CALLS)), SPOILT)
def test_a_good_answer_with_one_thing_wrong_is_a_result_or_a_lava_error(
    name: str, body: bytes
) -> None:
    with answering(Given(200, {}, body)), moved() as lava:
        only_lava_errors(lambda: CALLS[name](lava))


def access(token: object, catalog: object) -> bytes:
    """What identity answers."""
    return json.dumps({"access": {"token": token, "serviceCatalog": catalog}}).encode()


TOKENS = st.fixed_dictionaries({"id": TEXTS | LEAVES}, optional={"expires": TEXTS | LEAVES}) | JSON
ENDPOINTS = st.fixed_dictionaries(
    {"region": st.just("DFW") | LEAVES, "publicURL": st.just(ENDPOINT) | TEXTS | LEAVES},
    optional={"versionId": st.just("2") | LEAVES, "tenantId": LEAVES},
)
ENTRIES = st.fixed_dictionaries(
    {"type": st.just("rax:bigdata") | LEAVES, "endpoints": st.lists(ENDPOINTS | JSON) | JSON}
)
ACCESSES = st.builds(access, TOKENS, st.lists(ENTRIES | JSON, max_size=3) | JSON)


@FUZZ
@given(
    st.lists(ANSWERS | st.builds(Given, st.just(200), HEADERS, ACCESSES), min_size=1, max_size=3),
    st.booleans(),
)
def test_any_answer_to_a_sign_in_is_a_client_or_a_lava_error(
    answers: list[Given], by_key: bool
) -> None:
    options = {"api_key": "k" * 32} if by_key else {"token": TOKEN}
    with answering(*answers):
        only_lava_errors(lambda: _use(**options))


def _use(**options: object) -> None:
    arguments = {"region": "DFW", "auth_url": AUTH_URL, "endpoint": None, "token": None, **options}
    with moved(**arguments) as lava:
        lava.limits.get()


class Odd:
    """Something that is of no use as an argument."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


VALUES = (
    JSON
    | st.binary(max_size=8)
    | st.text(max_size=300)
    | st.integers(10**300)
    | st.uuids()
    | st.complex_numbers()
    | st.sampled_from([Odd(), Odd, object(), (), {1, 2}, range(3), {b"a": 1}, iter("ab"), ["a", 1]])
    | st.sampled_from(["..", "a/../b", "\ud800", "\x00", "k" * 32, "start", "post_init", "~\x00"])
    | st.dictionaries(st.text(max_size=4) | st.integers(), LEAVES | st.lists(LEAVES), max_size=3)
)
FREE = sorted(name for name in CALLS if ".ssh_" not in name)


@FUZZ
@given(st.sampled_from(FREE), st.data())
def test_any_arguments_of_any_method_are_taken_or_a_lava_error(
    name: str, data: st.DataObject
) -> None:
    good = Given(200, {}, json.dumps(GOOD[0]).encode())
    with answering(good) as sent, moved() as lava, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        method = methods(lava)[name]
        wanted = inspect.signature(method).parameters
        arguments = {
            parameter: data.draw(VALUES, parameter)
            for parameter in wanted
            if parameter != "on_progress"
        }
        only_lava_errors(lambda: method(**arguments))
    assert all(str(request.url).startswith(f"{ENDPOINT}/") for request in sent)


def test_calls_name_every_method() -> None:
    with moved() as lava:
        assert set(methods(lava)) == set(CALLS)
