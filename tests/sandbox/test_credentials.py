"""Credentials of all types."""

from __future__ import annotations

import pytest

from lavaclient.sandbox import ManualClock
from tests.support.sandbox_callers import PUBLIC_KEY, Caller

GOOD = {
    "ssh_keys": {"key_name": "somekey", "public_key": PUBLIC_KEY},
    "cloud_files": {"username": "cfuser", "api_key": "k" * 32},
    "s3": {"access_key_id": "A" * 20, "access_secret_key": "s" * 40},
    "ambari": {"username": "ambari", "password": "password"},
}
TYPES = list(GOOD)


def _identity(kind: str) -> dict[str, str]:
    field, value = next(iter(GOOD[kind].items()))
    return {field: value}


@pytest.mark.parametrize("kind", TYPES)
def test_a_credential_is_created_listed_updated_and_deleted(caller: Caller, kind: str) -> None:
    """And its secret is never shown."""
    shown, name = _identity(kind), next(iter(GOOD[kind].values()))
    answer = caller.post(f"credentials/{kind}", {kind: GOOD[kind]})
    assert answer.status == 201
    assert answer.body == {"credentials": {kind: shown}}
    assert caller.get(f"credentials/{kind}").body == {"credentials": {kind: [shown]}}
    everything = caller.get("credentials").body["credentials"]
    assert everything == {other: [shown] if other == kind else [] for other in TYPES}
    answer = caller.put(f"credentials/{kind}/{name}", {kind: GOOD[kind]})
    assert answer.status == 200
    assert answer.body == {"credentials": {kind: shown}}
    assert caller.delete(f"credentials/{kind}/{name}").status == 204
    assert caller.get(f"credentials/{kind}").body == {"credentials": {kind: []}}


@pytest.mark.parametrize("kind", TYPES)
def test_the_secret_is_not_even_kept(caller: Caller, kind: str) -> None:
    """The sandbox has no use for it."""
    caller.post(f"credentials/{kind}", {kind: GOOD[kind]})
    secret = list(GOOD[kind].values())[1]
    assert secret not in repr(caller.sandbox.dump())
    assert secret not in repr(caller.sandbox.account())


def test_the_types_name_their_fields(caller: Caller) -> None:
    """And say which are connectors."""
    types = {entry["type"]: entry for entry in caller.get("credentials/types").body["credentials"]}
    assert {name: entry["schema"] for name, entry in types.items()} == {
        kind: list(GOOD[kind]) for kind in TYPES
    }
    assert {name for name, entry in types.items() if entry["connector"]} == {"cloud_files", "s3"}
    assert types["s3"]["links"][0]["href"].endswith("/v2/123456/credentials/s3")


@pytest.mark.parametrize("kind", TYPES)
def test_a_second_one_of_a_name_is_a_409(caller: Caller, kind: str) -> None:
    """Within its type."""
    assert caller.post(f"credentials/{kind}", {kind: GOOD[kind]}).status == 201
    assert caller.post(f"credentials/{kind}", {kind: GOOD[kind]}).status == 409


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("ssh_keys", {"key_name": "ab"}, "ssh_keys.key_name: "),
        ("ssh_keys", {"key_name": "k" * 256}, "ssh_keys.key_name: "),
        ("ssh_keys", {"public_key": "ssh-rsa AAAA"}, "ssh_keys.public_key: "),
        ("ssh_keys", {"public_key": "ssh-rsa " + "A" * 1024}, "ssh_keys.public_key: "),
        ("ssh_keys", {"public_key": "-----BEGIN" + "A" * 60}, "ssh_keys.public_key: is not a"),
        ("ssh_keys", {"x": "y"}, "unknown field 'x'"),
        ("cloud_files", {"api_key": "k" * 19}, "cloud_files.api_key: "),
        ("cloud_files", {"api_key": "k" * 41}, "cloud_files.api_key: "),
        ("cloud_files", {"username": "cf"}, "cloud_files.username: "),
        ("s3", {"access_key_id": "A" * 19}, "s3.access_key_id: "),
        ("s3", {"access_secret_key": "s" * 41}, "s3.access_secret_key: "),
        ("ambari", {"password": "short"}, "ambari.password: "),
        ("ambari", {"username": "ab"}, "ambari.username: "),
    ],
)
def test_a_wrong_field_is_refused_by_name(
    caller: Caller, kind: str, fields: dict[str, str], message: str
) -> None:
    """When a credential is created, and when it is changed."""
    caller.post(f"credentials/{kind}", {kind: GOOD[kind]})
    name = next(iter(GOOD[kind].values()))
    body = {kind: {**GOOD[kind], **fields}}
    for answer in (
        caller.post(f"credentials/{kind}", body),
        caller.put(f"credentials/{kind}/{name}", body),
    ):
        assert answer.status == 400
        assert message in answer.message


def test_the_body_must_be_of_the_paths_type(caller: Caller) -> None:
    """An SSH key is no S3 credential."""
    assert caller.post("credentials/s3", {"ssh_keys": GOOD["ssh_keys"]}).status == 400


def test_an_update_cannot_rename(caller: Caller) -> None:
    """The body names what the path names."""
    caller.key("first")
    answer = caller.put("credentials/ssh_keys/first", {"ssh_keys": GOOD["ssh_keys"]})
    assert answer.status == 400
    assert "is 'somekey', but the path names 'first'" in answer.message


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "credentials/passwords"),
        ("POST", "credentials/passwords"),
        ("PUT", "credentials/passwords/x"),
        ("DELETE", "credentials/passwords/x"),
    ],
)
def test_an_unknown_type_is_a_400(caller: Caller, method: str, path: str) -> None:
    """With whichever method; the message names those that there are."""
    body = {"ssh_keys": GOOD["ssh_keys"]} if method in {"PUT", "POST"} else None
    answer = caller.call(method, path, body)
    assert answer.status == 400
    assert "'passwords'; there are cloud_files, ssh_keys, s3, ambari" in answer.message


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_unknown_name_is_a_404(caller: Caller, method: str) -> None:
    body = {"ssh_keys": GOOD["ssh_keys"]} if method == "PUT" else None
    assert caller.call(method, "credentials/ssh_keys/none", body).status == 404


def test_a_credential_in_use_cannot_be_deleted(caller: Caller, clock: ManualClock) -> None:
    """409 until the cluster is gone, or no longer has it."""
    cluster_id = caller.active_cluster()
    caller.key("unused")
    assert caller.delete("credentials/ssh_keys/unused").status == 204
    answer = caller.delete("credentials/ssh_keys/somekey")
    assert answer.status == 409
    assert cluster_id in answer.message
    refs = [{"type": "ssh_keys", "name": "somekey"}]
    caller.put(f"clusters/{cluster_id}", {"cluster": {"remove_credentials": refs}})
    assert caller.delete("credentials/ssh_keys/somekey").status == 204


def test_a_name_with_odd_characters_is_one_segment(caller: Caller) -> None:
    """Encoded by the caller, decoded here."""
    caller.key("me@host/ä b")
    assert caller.delete("credentials/ssh_keys/me%40host%2F%C3%A4%20b").status == 204
