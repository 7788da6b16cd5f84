"""The sandbox against the bodies printed in the API reference, where they are at hand."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lavaclient.sandbox import ManualClock, Sandbox
from tests.support.sandbox_callers import DirectCaller

SAMPLES = os.environ.get("LAVA_API_SAMPLES", "")

pytestmark = pytest.mark.skipif(not SAMPLES, reason="LAVA_API_SAMPLES is not set")

# The request each response answers, `{cluster}` and the like put in.
RESPONSES = {
    "cluster-get": "GET clusters/{cluster}",
    "clusters-list": "GET clusters?limit=1",
    "credentials-list-all-types": "GET credentials",
    "credentials-list": "GET credentials",
    "credentials-types": "GET credentials/types",
    "distro-get": "GET distros/HDP2.2",
    "distros-list": "GET distros",
    "flavors-list": "GET flavors?limit=2",
    "limits-get": "GET limits",
    "nodes-list": "GET clusters/{cluster}/nodes?limit=3",
    "scripts-list": "GET scripts?limit=1",
    "stack-get": "GET stacks/HDP2.2_Hadoop",
    "stacks-list": "GET stacks?limit=2",
}
# The request of each exchange whose sample has both sides.
EXCHANGES = {
    "cluster-create": "POST clusters",
    "cluster-resize": "PUT clusters/{cluster}",
    "credentials-ambari-create": "POST credentials/ambari",
    "credentials-cloud_files-create": "POST credentials/cloud_files",
    "credentials-s3-create": "POST credentials/s3",
    "credentials-ssh_keys-create": "POST credentials/ssh_keys",
    "script-create": "POST scripts",
    "script-update": "PUT scripts/{script}",
    "stack-create": "POST stacks",
    "stack-create-node_groups": "POST stacks",
}


def _sample(name: str) -> Any:
    return json.loads((Path(SAMPLES) / f"{name}.json").read_text())


@pytest.fixture
def busy(clock: ManualClock) -> tuple[DirectCaller, dict[str, str]]:
    """A sandbox with one of everything, and the ids of what is in it."""
    caller = DirectCaller(Sandbox(clock))
    caller.key("cbdkey")
    for kind, fields in {
        "cloud_files": {"username": "cfuser", "api_key": "k" * 32},
    }.items():
        caller.post(f"credentials/{kind}", {kind: fields})
    script = caller.script()
    wanted = caller.cluster_body(stack_id="HDP2.2_Hadoop", ssh_keys=["cbdkey"])
    cluster = caller.post("clusters", wanted).body["cluster"]["id"]
    caller.post("clusters", wanted)
    clock.advance(600)
    return caller, {"cluster": cluster, "script": script}


def _differences(sample: Any, answer: Any, where: str = "$") -> Iterator[str]:
    if sample == "" and answer is None:
        return  # "updated" is printed as the empty text; 0.3.7 reads null alone
    if type(sample) is not type(answer):
        yield f"{where}: {type(sample).__name__} in the sample, {type(answer).__name__} here"
    elif isinstance(sample, dict):
        for name in sample:
            if name in answer:
                yield from _differences(sample[name], answer[name], f"{where}.{name}")
            else:
                yield f"{where}.{name}: is missing"
    elif isinstance(sample, list) and sample:
        if not answer:
            yield f"{where}: is empty"
            return
        yield from _differences(_merged(sample), _merged(answer), f"{where}[]")


def _merged(items: list[Any]) -> Any:
    if not isinstance(items[0], dict):
        return items[0]
    return {name: value for item in reversed(items) for name, value in item.items()}


@pytest.mark.parametrize("name", RESPONSES)
def test_an_answer_has_the_fields_and_types_of_its_sample(
    name: str, busy: tuple[DirectCaller, dict[str, str]]
) -> None:
    caller, ids = busy
    method, path = RESPONSES[name].format(**ids).split()
    answer = caller.call(method, path)
    assert answer.status == 200
    assert list(_differences(_sample(name), answer.body)) == []


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_sample_request_is_accepted_and_answered_like_the_sample(
    name: str, busy: tuple[DirectCaller, dict[str, str]]
) -> None:
    caller, ids = busy
    method, path = EXCHANGES[name].format(**ids).split()
    body = _sample(f"{name}.request")
    if name.startswith("credentials-"):
        # The fixture has credentials of the printed names.
        caller.sandbox.reset()
        caller.sign_in()
    answer = caller.call(method, path, body)
    assert answer.status in {200, 201, 202}, answer.body
    assert list(_differences(_sample(name), answer.body)) == []


def test_the_sample_that_updates_a_key_is_accepted(
    busy: tuple[DirectCaller, dict[str, str]],
) -> None:
    caller, _ = busy
    body = _sample("credentials-ssh_keys-update.request")
    assert caller.put("credentials/ssh_keys/cbdkey", body).status == 200


def test_every_sample_is_looked_at() -> None:
    """Save two: a page of nodes in the older form, and a list printed under a wrong title."""
    known = {*RESPONSES, *EXCHANGES, *(f"{name}.request" for name in EXCHANGES)}
    known |= {"credentials-ssh_keys-update.request", "nodes-list-page", "credentials-ssh_keys-list"}
    assert {path.stem for path in Path(SAMPLES).glob("*.json")} - {"index"} == known
