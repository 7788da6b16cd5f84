"""Every operation of the running server, asked with whatever hypothesis thinks of.

What comes back is one of the statuses that the reference has, with a body in its form; never a
5xx. The description of the operations is this module's own, and not taken from the sandbox.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lavaclient.sandbox import ManualClock, Quotas, Sandbox
from lavaclient.sandbox.http.server import SandboxServer
from tests.support.json_values import json_values
from tests.support.sandbox_callers import PUBLIC_KEY, DirectCaller

SERVICE = "/dfw/v2/123456"
TYPES = ["ssh_keys", "cloud_files", "s3", "ambari"]
OPERATIONS = [
    "GET clusters", "POST clusters", "GET clusters/{id}", "PUT clusters/{id}",
    "DELETE clusters/{id}", "GET clusters/{id}/nodes", "GET clusters/{id}/nodes/{id}",
    "DELETE clusters/{id}/nodes/{id}", "GET flavors", "GET flavors/{id}", "GET limits",
    "GET distros", "GET distros/{id}", "GET stacks", "POST stacks", "GET stacks/{id}",
    "DELETE stacks/{id}", "GET scripts", "POST scripts", "GET scripts/{id}", "PUT scripts/{id}",
    "DELETE scripts/{id}", "GET credentials", "GET credentials/types",
    "GET credentials/connectors", "GET credentials/{type}", "POST credentials/{type}",
    "PUT credentials/{type}/{id}", "DELETE credentials/{type}/{id}", "POST /v2.0/tokens",
    "GET /v2.0/tokens/{id}", "GET /v2.0/tenants", "GET /v2.0", "POST /identity/v2.0/tokens",
]  # fmt: skip
# Of what changes something, most is refused: it is asked for more often.
OFTEN = [name for name in OPERATIONS if re.match("(POST|PUT|DELETE) clusters", name)]
OFTEN += ["PUT clusters/{id}", "POST credentials/{type}"] * 3
DOCUMENTED = {200, 201, 202, 204, 400, 401, 403, 404, 405, 409, 413}

KNOWN = ["numbers", "somekey", "HDP2.3", "HDP2.3_Kafka"]
names = st.text(max_size=40) | st.sampled_from(KNOWN)
GROUP = {"id": "slave0", "count": 2, "flavor_id": "hadoop1-7"}
CREDENTIALS: dict[str, Any] = {
    "ssh_keys": {"key_name": "somekey", "public_key": PUBLIC_KEY},
    "cloud_files": {"username": "cfuser", "api_key": "k" * 32},
    "s3": {"access_key_id": "A" * 20, "access_secret_key": "s" * 40},
    "ambari": {"username": "admin", "password": "password"},
}
CLUSTER: dict[str, Any] = {
    "name": "numbers",
    "username": "worker",
    "ssh_keys": ["somekey"],
    "stack_id": "HDP2.3_Kafka",
    "node_groups": [GROUP],
    "scripts": [],
    "credentials": [{"type": "ssh_keys", "credential": {"name": "somekey"}}],
    "region": "DFW",
}
CHANGES: list[dict[str, Any]] = [
    {"node_groups": [GROUP]},
    {"credentials": [{"type": "ssh_keys", "name": "somekey"}]},
    {"remove_credentials": [{"type": "ssh_keys", "name": "somekey"}]},
    {"control_services": {"action": "restart", "services": [{"name": "Kafka"}]}},
]
STACK: dict[str, Any] = {
    "name": "mine",
    "distro": "HDP2.3",
    "description": "a stack",
    "services": [{"name": "Kafka", "modes": []}],
    "node_groups": [{**GROUP, "components": [{"name": "KafkaBroker"}]}],
}
SCRIPT = {"name": "tune", "type": "POST_INIT", "url": "https://example.com/x.sh"}
AUTH: dict[str, Any] = {
    "RAX-KSKEY:apiKeyCredentials": {"username": "sandbox", "apiKey": Sandbox().api_key},
    "tenantId": "123456",
}


def _right_bodies(path: str, credential_type: str, name: str) -> list[Any]:
    """Bodies that fit an operation; names differ, as most must be new."""
    noun = path.split("/", maxsplit=1)[0]
    if "tokens" in path:
        return [{"auth": AUTH}]
    if noun == "credentials":
        fields = CREDENTIALS.get(credential_type, {})
        return [{credential_type: {**fields, next(iter(fields), "x"): name}}]
    if noun == "clusters":
        return [{"cluster": CLUSTER}] if path == "clusters" else [{"cluster": c} for c in CHANGES]
    return [{"stack": {**STACK, "name": name}}, {"script": {**SCRIPT, "name": name}}][
        noun == "scripts" :
    ][:1]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


Slip = tuple[int, str, Any]


def _with_slips(body: Any, slips: list[Slip]) -> bytes:
    """A body with some of its values changed, left out, or with one too many."""
    body = json.loads(json.dumps(body))
    for number, how, value in slips:
        places = list(_places(body))
        if not places:
            return json.dumps(value).encode()
        place, key = places[number % len(places)]
        if how == "change":
            place[key] = value
        elif how == "drop":
            del place[key]
        elif isinstance(place, dict):
            place["extra"] = value
    return json.dumps(body).encode()


slips = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(["change", "drop", "add"]),
        json_values(KNOWN, leaves=8, texts=KNOWN),
    ),
    max_size=2,
)
query = st.tuples(
    st.sampled_from(["limit", "marker", "offset", "x"]), st.integers(-1, 300).map(str) | names
)
queries: st.SearchStrategy[list[tuple[str, str]]] = st.one_of(
    st.just([]), st.just([]), st.just([]), st.lists(query, max_size=2)
)


class World:
    """A server with some things in it, and a connection to it."""

    def __init__(self, server: SandboxServer, session: requests.Session) -> None:
        self.server = server
        self.session = session
        self.ids: dict[str, str] = {}
        self.statuses: set[tuple[str, int]] = set()

    def fill(self) -> None:
        caller = DirectCaller(self.server.sandbox)
        cluster_id = caller.active_cluster(stack_id="HDP2.3_Kafka")
        self.ids = {
            "clusters": cluster_id,
            "nodes": caller.nodes(cluster_id)[0]["id"],
            "scripts": caller.script(),
            "stacks": "HDP2.3_Kafka",
            "flavors": "hadoop1-7",
            "distros": "HDP2.3",
            "credentials": "somekey",
            "tokens": caller.sign_in(),
        }
        self.session.headers["X-Auth-Token"] = self.ids["tokens"]

    def path(self, pattern: str, odd_id: str, *, right: bool) -> str:
        """A path of an operation; each id is the right one, or an odd one."""
        segments = pattern.split("/")
        for position, segment in enumerate(segments):
            if segment == "{id}":
                noun = "credentials" if "credentials" in pattern else segments[position - 1]
                known = self.ids[noun] if right else odd_id
                encoded = quote(known.encode("utf-8", "surrogatepass"), safe="")
                segments[position] = encoded or "x"
        return "/".join(segments)

    def learn(self, method: str, answer: requests.Response) -> None:
        """Note what there is now."""
        self.statuses.add((method, answer.status_code))
        if method == "POST" and answer.ok:
            for noun in ("cluster", "script", "stack"):
                if noun in answer.json():
                    self.ids[f"{noun}s"] = answer.json()[noun]["id"]
        if method == "DELETE" and answer.ok and answer.url.endswith("/ssh_keys/somekey"):
            DirectCaller(self.server.sandbox).key()  # no cluster could be made without it


@pytest.fixture
def world() -> Iterator[World]:
    plenty = Quotas(node_count=10**6, ram=10**9, disk=10**9, vcpus=10**6)
    sandbox = Sandbox(ManualClock(), quotas=plenty, token_lifetime=1e9, seed=1)
    with SandboxServer(sandbox) as server, requests.Session() as session:
        session.trust_env = False
        world = World(server, session)
        world.fill()
        yield world


def _ask(world: World, method: str, path: str, query: list[tuple[str, str]], body: bytes) -> None:
    answer = world.session.request(
        method,
        world.server.url + path,
        params=query,
        data=body if method in {"POST", "PUT"} else b"",
        headers={"Content-Type": "application/json"},
        timeout=20,
        allow_redirects=False,
    )
    assert answer.status_code in DOCUMENTED, (method, path, query, body, answer.text)
    world.learn(method, answer)
    if answer.status_code == 204:
        assert answer.content == b""
        return
    value = answer.json()
    assert isinstance(value, dict), (method, path, value)
    if answer.status_code >= 400:
        [fault] = value.values()
        assert fault["code"] == answer.status_code
        assert fault["message"]


SETTINGS = settings(
    deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def test_no_request_makes_it_fail(world: World) -> None:
    """And what was thought of reached good answers and bad, else this would prove little."""
    _ask_all_kinds(world)
    assert world.statuses >= {
        ("GET", 200), ("GET", 400), ("GET", 404), ("POST", 200), ("POST", 201), ("POST", 202),
        ("POST", 400), ("PUT", 202), ("PUT", 400), ("DELETE", 204), ("DELETE", 404),
        ("DELETE", 409),
    }  # fmt: skip


@settings(SETTINGS, max_examples=600)
@given(
    operation=st.sampled_from([*OPERATIONS, *OFTEN]),
    query=queries,
    slips=st.just([]) | slips,
    choice=st.integers(0, 3),
    odd_id=names,
    pick=st.integers(0, 50),
    credential_type=st.sampled_from([*TYPES, "none"]),
    seconds=st.sampled_from([0, 0, 60, 600]),
)
def _ask_all_kinds(
    world: World,
    operation: str,
    query: list[tuple[str, str]],
    slips: list[Slip],
    choice: int,
    odd_id: str,
    pick: int,
    credential_type: str,
    seconds: int,
) -> None:
    world.server.sandbox.clock.advance(seconds)
    method, path = operation.split()
    rights = _right_bodies(path, credential_type, f"{odd_id}{pick}"[:32].ljust(3, "x"))
    body = _with_slips(rights[choice % len(rights)], slips)
    path = world.path(path, odd_id, right=pick < 35).replace("{type}", credential_type)
    _ask(world, method, path if path.startswith("/") else f"{SERVICE}/{path}", query, body)


@settings(SETTINGS, max_examples=150)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"]),
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40),
    body=st.binary(max_size=60),
)
def test_no_path_makes_it_fail(world: World, method: str, path: str, body: bytes) -> None:
    answer = world.session.request(
        method, f"{world.server.url}/{path}", data=body, timeout=20, allow_redirects=False
    )
    if answer.status_code == 302:
        # The root leads to the sandbox's page, and nothing else leads anywhere.
        assert re.split("[?#]", path)[0].strip("/") == "", (method, path)
        assert (method in {"GET", "HEAD"}, answer.headers["Location"]) == (True, "/_sandbox/")
    else:
        assert answer.status_code in DOCUMENTED, (method, path, answer.text)


def test_eight_threads_have_their_own_sandboxes_or_share_one(world: World) -> None:
    """The same calls at the same time, in process and over the socket, come out alike."""

    def build(caller: DirectCaller) -> list[str]:
        cluster_id = caller.active_cluster(stack_id="HDP2.3_Kafka")
        shown = caller.get(f"clusters/{cluster_id}").body["cluster"]
        nodes = caller.nodes(cluster_id)
        assert caller.delete(f"clusters/{cluster_id}").status == 204
        return [shown["status"], *(node["name"] for node in nodes)]

    with ThreadPoolExecutor(8) as pool:
        own = [DirectCaller(Sandbox(ManualClock())) for _ in range(8)]
        outcomes = list(pool.map(build, own))
        assert len({tuple(outcome) for outcome in outcomes}) == 1
        shared = DirectCaller(world.server.sandbox)
        shared.sign_in()
        assert set(map(tuple, pool.map(build, [shared] * 8))) == {tuple(outcomes[0])}
