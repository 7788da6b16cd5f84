"""The reference's samples: each answer decodes, and each request is produced.

`tests/data` has bodies of our own with the same fields, types and quirks. The
originals are gone through as well where `LAVA_API_SAMPLES` names their directory.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

from lavaclient import InvalidError, Lava
from lavaclient.api._base import Model
from lavaclient.api.response import Credentials, Node

OURS = Path(__file__).parents[1] / "data"
ORIGINALS = Path(os.environ.get("LAVA_API_SAMPLES") or OURS / "none")
ENDPOINT = "https://dfw.bigdata.example.com/v2/123456"
KEY = "ssh-rsa " + "K" * 60

Call = Callable[[Lava], object]
Body = dict[str, Any]

ANSWERS: dict[str, tuple[str, str, Call]] = {
    "cluster-create": (
        "POST",
        "clusters",
        lambda lava: lava.clusters.create("a", "b", "me", ["k"]),
    ),
    "cluster-get": ("GET", "clusters/c", lambda lava: lava.clusters.get("c")),
    "cluster-resize": (
        "PUT",
        "clusters/c",
        lambda lava: lava.clusters.resize("c", {"slave": {"count": 2}}),
    ),
    "clusters-list": ("GET", "clusters", lambda lava: lava.clusters.list()),
    "credentials-ambari-create": (
        "POST",
        "credentials/ambari",
        lambda lava: lava.credentials.create_ambari("admin", "password"),
    ),
    "credentials-cloud_files-create": (
        "POST",
        "credentials/cloud_files",
        lambda lava: lava.credentials.create_cloud_files("user", "k" * 32),
    ),
    "credentials-list-all-types": ("GET", "credentials", lambda lava: lava.credentials.list()),
    "credentials-list": ("GET", "credentials", lambda lava: lava.credentials.list()),
    "credentials-s3-create": (
        "POST",
        "credentials/s3",
        lambda lava: lava.credentials.create_s3("i" * 20, "s" * 40),
    ),
    "credentials-ssh_keys-create": (
        "POST",
        "credentials/ssh_keys",
        lambda lava: lava.credentials.create_ssh_key("key", KEY),
    ),
    "credentials-ssh_keys-list": (
        "GET",
        "credentials/ssh_keys",
        lambda lava: lava.credentials.list_ssh_keys(),
    ),
    "credentials-types": (
        "GET",
        "credentials/types",
        lambda lava: lava.credentials.list_types(),
    ),
    "distro-get": ("GET", "distros/d", lambda lava: lava.distros.get("d")),
    "distros-list": ("GET", "distros", lambda lava: lava.distros.list()),
    "flavors-list": ("GET", "flavors", lambda lava: lava.flavors.list()),
    "limits-get": ("GET", "limits", lambda lava: lava.limits.get()),
    "nodes-list-page": ("GET", "clusters/c/nodes", lambda lava: lava.nodes.list("c")),
    "nodes-list": ("GET", "clusters/c/nodes", lambda lava: lava.clusters.nodes("c")),
    "script-create": (
        "POST",
        "scripts",
        lambda lava: lava.scripts.create("a", "https://example.com", "post_init"),
    ),
    "script-update": ("PUT", "scripts/s", lambda lava: lava.scripts.update("s", "a")),
    "scripts-list": ("GET", "scripts", lambda lava: lava.scripts.list()),
    "stack-create-node_groups": (
        "POST",
        "stacks",
        lambda lava: lava.stacks.create("a", "b", [{"name": "c"}], [{"id": "d"}]),
    ),
    "stack-create": (
        "POST",
        "stacks",
        lambda lava: lava.stacks.create("a", "b", [{"name": "c"}]),
    ),
    "stack-get": ("GET", "stacks/s", lambda lava: lava.stacks.get("s")),
    "stacks-list": ("GET", "stacks", lambda lava: lava.stacks.list()),
}


def _make_cluster(lava: Lava, body: Body) -> object:
    raw = body["cluster"]
    return lava.clusters.create(
        raw["name"],
        raw["stack_id"],
        raw["username"],
        raw["ssh_keys"],
        [script["id"] for script in raw["scripts"]],
        raw["node_groups"],
        [{item["type"]: item["credential"]["name"]} for item in raw["connectors"]],
    )


def _make_stack(lava: Lava, body: Body) -> object:
    return lava.stacks.create(**body["stack"])


def _make_script(lava: Lava, body: Body) -> object:
    raw = body["script"]
    return lava.scripts.create(raw["name"], raw["url"], raw["type"])


REQUESTS: dict[str, tuple[str, str, str, Callable[[Lava, Body], object]]] = {
    "cluster-create": ("POST", "clusters", "cluster-create", _make_cluster),
    "cluster-resize": (
        "PUT",
        "clusters/c",
        "cluster-resize",
        lambda lava, body: lava.clusters.resize("c", body["cluster"]["node_groups"]),
    ),
    "credentials-ambari-create": (
        "POST",
        "credentials/ambari",
        "credentials-ambari-create",
        lambda lava, body: lava.credentials.create_ambari(**body["ambari"]),
    ),
    "credentials-cloud_files-create": (
        "POST",
        "credentials/cloud_files",
        "credentials-cloud_files-create",
        lambda lava, body: lava.credentials.create_cloud_files(**body["cloud_files"]),
    ),
    "credentials-s3-create": (
        "POST",
        "credentials/s3",
        "credentials-s3-create",
        lambda lava, body: lava.credentials.create_s3(**body["s3"]),
    ),
    "credentials-ssh_keys-create": (
        "POST",
        "credentials/ssh_keys",
        "credentials-ssh_keys-create",
        lambda lava, body: lava.credentials.create_ssh_key(*body["ssh_keys"].values()),
    ),
    "credentials-ssh_keys-update": (
        "PUT",
        "credentials/ssh_keys/{key_name}",
        "credentials-ssh_keys-create",
        lambda lava, body: lava.credentials.update_ssh_key(*body["ssh_keys"].values()),
    ),
    "script-create": ("POST", "scripts", "script-create", _make_script),
    "script-update": (
        "PUT",
        "scripts/s",
        "script-update",
        lambda lava, body: lava.scripts.update("s", **body["script"]),
    ),
    "stack-create-node_groups": ("POST", "stacks", "stack-create", _make_stack),
    "stack-create": ("POST", "stacks", "stack-create", _make_stack),
}

# These samples break the limits that the same reference documents for these fields.
TOO_SHORT = {
    "credentials-cloud_files-create": {"api_key": 20},
    "credentials-s3-create": {"access_key_id": 20, "access_secret_key": 40},
}


@pytest.fixture(params=["ours", "originals"])
def samples(request: pytest.FixtureRequest) -> Path:
    """A directory of samples."""
    directory = OURS if request.param == "ours" else ORIGINALS
    if not directory.is_dir():
        pytest.skip("LAVA_API_SAMPLES names no directory")
    return directory


@pytest.fixture
def service() -> Iterator[responses.RequestsMock]:
    """The wire, in place of a service."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def lava(service: responses.RequestsMock) -> Iterator[Lava]:
    """A client that need not sign in."""
    with Lava("me", token="t" * 20, endpoint=ENDPOINT) as client:
        yield client


def _body(directory: Path, name: str) -> Body:
    body: Body = json.loads((directory / f"{name}.json").read_bytes())
    return body


def _serve(service: responses.RequestsMock, method: str, path: str, body: bytes) -> None:
    """Answer with the body, and with an empty page where the next one is asked for."""
    field = next(iter(json.loads(body)))

    def answer(request: Any) -> tuple[int, dict[str, str], bytes]:
        following = json.dumps({field: [], "links": []}).encode()
        return 200, {}, following if "marker=" in request.url else body

    service.add_callback(method, f"{ENDPOINT}/{path}", answer)


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_decodes_through_its_method(
    name: str, samples: Path, service: responses.RequestsMock, lava: Lava
) -> None:
    method, path, call = ANSWERS[name]
    body = (samples / f"{name}.json").read_bytes()
    _serve(service, method, path, body)
    value = call(lava)
    _compare(value, _inner(json.loads(body), name))


def _inner(body: Body, name: str) -> object:
    """Return what an answer is about: the value of its first key."""
    inner: Any = body[next(iter(body))]
    if name == "limits-get":
        return inner["absolute"]
    if name == "credentials-ssh_keys-list":
        return inner.get("ssh_keys", [])  # This sample shows keys of another type.
    if "-create" in name and name.startswith("credentials-"):
        return next(iter(inner.values()))
    return inner


WIRE_NAMES = {
    "address": "addr",
    "flavor_class": "class",
}


def _compare(value: object, raw: Any) -> None:
    """Hold a value against the body that it came from, field by field."""
    if isinstance(value, list):
        assert len(value) == len(raw)
        for item, part in zip(value, raw, strict=True):
            _compare(item, part)
    elif isinstance(value, Model):
        assert set(raw) - _known(value) == set()
        for field in value.to_dict():
            _compare_field(getattr(value, field), raw.get(_wire_name(value, field, raw)))
    elif hasattr(value, "isoformat"):
        assert value.isoformat() == raw.replace("Z", "+00:00")
    else:
        assert value == raw


def _wire_name(value: Model, field: str, raw: Body) -> str:
    if type(value).__name__ == "SSHKey":
        return "key_name"
    if isinstance(value, Node) and "role" in raw:
        field = {"node_group": "role", "components": "services"}.get(field, field)
    return WIRE_NAMES.get(field, field)


def _known(value: Model) -> set[str]:
    names = {_wire_name(value, field, {}) for field in value.to_dict()}
    return names | ({"role", "services"} if isinstance(value, Node) else set())


def _compare_field(value: object, part: object) -> None:
    if part is None or part == "":
        assert value in (None, [], {}, "", Credentials())
    elif isinstance(value, float):
        assert value == float(str(part))
    elif isinstance(value, str) and isinstance(part, int):
        assert value == str(part)
    elif isinstance(part, list) and value != part and isinstance(value, list):
        # A distro's modes come as objects, and are names.
        plain = [item["name"] for item in part] if all(isinstance(v, str) for v in value) else part
        _compare(value, plain)
    else:
        _compare(value, part)


def test_every_answer_of_the_reference_has_its_call() -> None:
    names = {path.stem for path in OURS.glob("*.json") if ".request" not in path.name}
    assert names == set(ANSWERS)
    assert len(names) == 25


def test_every_request_of_the_reference_has_its_call() -> None:
    names = {path.name.partition(".")[0] for path in OURS.glob("*.request.json")}
    assert names == set(REQUESTS)
    assert len(names) == 11


def _sent(service: responses.RequestsMock) -> Body:
    sent = service.calls[-1].request.body
    assert isinstance(sent, bytes)
    body: Body = json.loads(sent)
    return body


@pytest.mark.parametrize("name", [name for name in REQUESTS if name != "cluster-create"])
def test_every_request_is_produced_by_its_method(
    name: str, samples: Path, service: responses.RequestsMock, lava: Lava
) -> None:
    method, path, answer, call = REQUESTS[name]
    body = _body(samples, f"{name}.request")
    path = path.format(**body.get("ssh_keys", {}))
    if name in TOO_SHORT:
        with pytest.raises(InvalidError, match=next(iter(TOO_SHORT[name]))):
            call(lava, body)
        _lengthen(body, TOO_SHORT[name])
    before = copy.deepcopy(body)
    _serve(service, method, path, (samples / f"{answer}.json").read_bytes())
    call(lava, body)
    assert _sent(service) == body == before


def _lengthen(body: Body, lengths: dict[str, int]) -> None:
    (fields,) = body.values()
    for field, length in lengths.items():
        fields[field] = fields[field].ljust(length, "0")[:length]


def test_a_new_cluster_is_requested_with_credentials_for_the_deprecated_connectors(
    samples: Path, service: responses.RequestsMock, lava: Lava
) -> None:
    body = _body(samples, "cluster-create.request")
    _serve(service, "POST", "clusters", (samples / "cluster-create.json").read_bytes())
    with pytest.warns(DeprecationWarning, match="connectors"):
        _make_cluster(lava, body)
    expected = dict(body["cluster"])
    expected["credentials"] = expected.pop("connectors")
    assert _sent(service) == {"cluster": expected}


def _shape(value: object) -> object:
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(_shape(part), sort_keys=True) for part in value})
    return "" if value == "" else type(value).__name__


@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="LAVA_API_SAMPLES names no directory")
@pytest.mark.parametrize("path", sorted(OURS.glob("*.json")), ids=lambda path: path.name)
def test_our_bodies_have_the_shape_of_the_originals_and_other_words(path: Path) -> None:
    ours, original = path.read_bytes(), (ORIGINALS / path.name).read_bytes()
    assert _shape(json.loads(ours)) == _shape(json.loads(original))
    assert json.loads(ours) != json.loads(original)
