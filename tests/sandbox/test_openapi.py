"""The description of the APIs is that of the routes, and true of what a server answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from lavaclient.sandbox.core.operations import JSON, Operation
from lavaclient.sandbox.http import control_api, openapi
from lavaclient.sandbox.http.control_api import openapi_document
from lavaclient.sandbox.resources import identity, routes
from tests.support.published import FILES, contents
from tests.support.sandbox_callers import PUBLIC_KEY, Answer, Caller

_ENDPOINT = "/dfw/v2/123456"


def _operations() -> Iterator[tuple[str, str, Operation]]:
    """Return the method, the path and the operation of each route."""
    routers: list[tuple[str, Any]] = [
        ("/identity", identity.ROUTER),
        ("/{region}/v2/{tenant_id}", routes.ROUTER),
        ("", control_api.ROUTER),
    ]
    for prefix, router in routers:
        for line, route in router.routes:
            method, path = line.split()
            yield method, prefix + re.sub(r"<(\w+)>", r"{\1}", path), route.operation


OPERATIONS = {(method, path): operation for method, path, operation in _operations()}
DOCUMENT: dict[str, Any] = json.loads(json.dumps(openapi_document()))


def test_each_route_is_described_and_nothing_else() -> None:
    described = {
        (method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item
    }
    assert described == set(OPERATIONS)


def test_each_operation_has_a_name_of_its_own_and_a_summary() -> None:
    operations = [each for item in DOCUMENT["paths"].values() for each in item.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert [operation for operation in operations if not operation["summary"]] == []
    assert {tag["name"] for tag in DOCUMENT["tags"]} == {
        tag for operation in operations for tag in operation["tags"]
    }


def test_each_path_names_its_parameters() -> None:
    for path, item in DOCUMENT["paths"].items():
        for operation in item.values():
            names = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
            assert names == re.findall(r"{(\w+)}", path)


def test_each_reference_leads_to_a_schema() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(DOCUMENT)))
    assert references <= set(schemas)
    # And none is there for nothing, or has a name that is a whole path.
    assert set(schemas) - references == set()
    assert [name for name in schemas if name.count(".") > 1] == []


def test_a_server_gives_the_document(caller: Caller) -> None:
    answer = caller.ask("GET", "/_sandbox/openapi.json")
    assert (answer.status, answer.body) == (200, DOCUMENT)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_published_files_are_up_to_date(path: Any) -> None:
    hint = "run python -m tests.support.published"
    assert path.read_text(encoding="utf-8") == contents()[path], hint


class Walker:
    """Asks for things, and holds each answer against the description."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.reached: set[tuple[str, str]] = set()
        caller.sign_in()

    def ask(self, method: str, path: str, body: object = None, **names: str) -> Answer:
        """Ask for what a route is for; the answer must be one that is described."""
        operation = OPERATIONS[method, path]
        names = {"region": "dfw", "tenant_id": "123456", **names}
        url = re.sub(r"{(\w+)}", lambda match: names[match[1]], path)
        token = {"X-Auth-Token": str(self.caller.token)}
        answer = self.caller.ask(method, url, body, token)
        described = DOCUMENT["paths"][path][method.lower()]["responses"]
        assert str(answer.status) in described, (method, path, answer)
        if answer.status == operation.status:
            self.reached.add((method, path))
            if operation.answer is None:
                assert answer.body is None
            else:
                msgspec.convert(answer.body, operation.answer)
        else:
            assert answer.message
        return answer

    def service(self, method: str, path: str, body: object = None, **names: str) -> Any:
        """Ask Cloud Big Data; return the body."""
        return self.ask(method, f"/{{region}}/v2/{{tenant_id}}/{path}", body, **names).body


def _use_credentials(walker: Walker) -> None:
    key = {"ssh_keys": {"key_name": "somekey", "public_key": PUBLIC_KEY}}
    kind, name = "ssh_keys", "somekey"
    walker.service("POST", "credentials/{credential_type}", key, credential_type=kind)
    named = "credentials/{credential_type}/{name}"
    walker.service("PUT", named, key, credential_type=kind, name=name)
    walker.service("DELETE", named, credential_type=kind, name="none")
    for path in ("credentials", "credentials/types", "credentials/connectors"):
        walker.service("GET", path)
    walker.service("GET", "credentials/{credential_type}", credential_type=kind)


def _use_scripts_and_stacks(walker: Walker) -> str:
    script = {"name": "setup", "type": "POST_INIT", "url": "https://example.com/x.sh"}
    script_id = str(walker.service("POST", "scripts", {"script": script})["script"]["id"])
    walker.service("PUT", "scripts/{script_id}", {"script": {"name": "tune"}}, script_id=script_id)
    for noun in ("scripts", "stacks", "flavors", "distros"):
        things = walker.service("GET", noun)[noun]
        key = f"{noun[:-1]}_id"
        walker.service("GET", f"{noun}/{{{key}}}", **{key: things[0]["id"]})
    stack = {"name": "mine", "distro": "HDP2.3", "services": [{"name": "Kafka"}]}
    stack_id = walker.service("POST", "stacks", {"stack": stack})["stack"]["id"]
    walker.service("GET", "stacks/{stack_id}", stack_id=stack_id)
    walker.service("DELETE", "stacks/{stack_id}", stack_id=stack_id)
    walker.service("GET", "limits")
    return script_id


def _use_clusters(walker: Walker, script_id: str) -> None:
    body = walker.caller.cluster_body(
        scripts=[{"id": script_id}], node_groups=[{"id": "slave0", "count": 5}]
    )
    cluster_id = str(walker.service("POST", "clusters", body)["cluster"]["id"])
    single, nodes = "clusters/{cluster_id}", "clusters/{cluster_id}/nodes"
    # Each status, in the list and alone, is as described.
    for _ in range(8):
        walker.service("GET", "clusters")
        walker.service("GET", single, cluster_id=cluster_id)
        walker.service("GET", nodes, cluster_id=cluster_id)
        walker.ask("POST", "/_sandbox/clock", {"advance": 90})
    change = {"cluster": {"control_services": {"action": "restart", "services": []}}}
    walker.service("PUT", single, change, cluster_id=cluster_id)
    walker.service("PUT", single, change, cluster_id=cluster_id)
    walker.ask("POST", "/_sandbox/clock", {"advance": 90})
    node = walker.service("GET", nodes, cluster_id=cluster_id)["nodes"][-1]
    walker.service("GET", f"{nodes}/{{node_id}}", cluster_id=cluster_id, node_id=node["id"])
    walker.service("DELETE", f"{nodes}/{{node_id}}", cluster_id=cluster_id, node_id=node["id"])
    walker.ask("POST", "/_sandbox/clusters/{cluster_id}/fail", cluster_id=cluster_id)
    walker.service("GET", nodes, cluster_id=cluster_id)
    walker.ask("GET", "/_sandbox/clusters/{cluster_id}", cluster_id=cluster_id)
    walker.ask("DELETE", "/_sandbox/clusters/{cluster_id}", cluster_id=cluster_id)
    walker.ask("POST", "/_sandbox/clusters/{cluster_id}/finish", cluster_id=cluster_id)
    walker.service("DELETE", single, cluster_id=cluster_id)
    other = str(walker.service("POST", "clusters", walker.caller.cluster_body())["cluster"]["id"])
    walker.ask("DELETE", "/_sandbox/clusters/{cluster_id}", cluster_id=other)
    walker.ask("POST", "/_sandbox/clusters/{cluster_id}/finish", cluster_id=other)
    walker.service("DELETE", single, cluster_id=other)
    walker.service("DELETE", single, cluster_id="none")
    walker.ask("POST", "/_sandbox/clock", {"advance": 90})
    walker.service("DELETE", "scripts/{script_id}", script_id=script_id)
    kind = {"credential_type": "ssh_keys", "name": "somekey"}
    walker.service("DELETE", "credentials/{credential_type}/{name}", **kind)


def _use_identity(walker: Walker) -> None:
    walker.ask("GET", "/identity/v2.0")
    walker.ask("GET", "/identity/v2.0/tenants")
    walker.ask("GET", "/identity/v2.0/tokens/{token_id}", token_id=str(walker.caller.token))
    walker.ask("GET", "/identity/v2.0/tokens/{token_id}", token_id="none")
    key = {"username": "sandbox", "apiKey": walker.caller.sandbox.api_key}
    body = {"auth": {"RAX-KSKEY:apiKeyCredentials": key}}
    walker.ask("POST", "/identity/v2.0/tokens", body)
    walker.ask("POST", "/identity/v2.0/tokens", {"auth": {}})
    key["apiKey"] = "wrong"
    walker.ask("POST", "/identity/v2.0/tokens", body)


def _use_control(walker: Walker) -> None:
    for name in ("health", "requests", "clock", "state", "world", "world/schema", "openapi.json"):
        walker.ask("GET", f"/_sandbox/{name}")
    for name in ("find", "count", "verify"):
        walker.ask("POST", f"/_sandbox/requests/{name}", {"method": "GET"})
    walker.ask("POST", "/_sandbox/requests/verify", {"path": "/none"})
    number = walker.ask("GET", "/_sandbox/requests").body["requests"][0]["number"]
    walker.ask("GET", "/_sandbox/requests/{number}", number=str(number))
    walker.ask("GET", "/_sandbox/requests/{number}", number="0")
    walker.ask("POST", "/_sandbox/requests/verify-in-order", {"in_order": [{}]})
    walker.ask("DELETE", "/_sandbox/requests")
    account = "/_sandbox/accounts/{tenant_id}/{region}"
    for path in (account, f"{account}/clusters"):
        walker.ask("GET", path, region="DFW")
        walker.ask("GET", path, region="MARS")
    walker.ask("GET", "/_sandbox/overview")
    walker.ask("POST", "/_sandbox/faults", {"kind": "cut", "path": "/limits$"})
    walker.ask("POST", "/_sandbox/faults/line", {"line": "limits: 503"})
    walker.ask("POST", "/_sandbox/faults/line", {"line": "nonsense"})
    walker.service("GET", "flavors")
    walker.ask("GET", "/_sandbox/faults")
    walker.ask("DELETE", "/_sandbox/faults")
    walker.ask("POST", "/_sandbox/clusters/fail-next")
    walker.ask("POST", "/_sandbox/users", {"username": "eve", "api_key": "k" * 32})
    walker.ask("PUT", "/_sandbox/snapshots/{name}", name="first")
    walker.ask("GET", "/_sandbox/snapshots")
    walker.ask("POST", "/_sandbox/snapshots/{name}", name="first")
    walker.ask("POST", "/_sandbox/snapshots/{name}", name="none")
    walker.ask("PUT", "/_sandbox/world", {"accounts": [{"clusters": [{"name": "a"}]}]})
    walker.ask("POST", "/_sandbox/tokens/expire")
    walker.service("GET", "limits")
    walker.ask("POST", "/_sandbox/reset")


def test_what_a_server_answers_is_as_described(caller: Caller) -> None:
    walker = Walker(caller)
    _use_identity(walker)
    _use_credentials(walker)
    _use_clusters(walker, _use_scripts_and_stacks(walker))
    _use_control(walker)
    wanted = {key for key, operation in OPERATIONS.items() if operation.content_type == JSON}
    assert wanted - walker.reached == set()


def test_a_body_that_is_no_json_is_described_as_text() -> None:
    page = Operation("Shows a page", content_type="text/html")
    document: Any = openapi.describe([("GET /_sandbox/x", "x", page)])
    answer = document["paths"]["/_sandbox/x"]["get"]["responses"]["200"]
    assert answer["content"] == {"text/html": {"schema": {"type": "string"}}}


def test_bodies_that_may_be_left_out_are_not_required() -> None:
    required = {
        path: item["post"]["requestBody"]["required"]
        for path, item in DOCUMENT["paths"].items()
        if "requestBody" in item.get("post", {})
    }
    assert [path for path, needed in required.items() if not needed] == [
        "/_sandbox/clusters/fail-next"
    ]


def test_lists_in_pages_say_how_to_page() -> None:
    paged = [
        path
        for path, item in DOCUMENT["paths"].items()
        for parameter in item.get("get", {"parameters": []})["parameters"]
        if parameter["name"] == "marker"
    ]
    assert {path.rpartition("/")[2] for path in paged} == {
        "clusters", "nodes", "flavors", "stacks", "scripts",
    }  # fmt: skip
