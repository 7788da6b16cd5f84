from __future__ import annotations

import copy
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lavaclient import ConflictError, InvalidError, Lava, NotFoundError
from lavaclient._config.secret import Secret
from lavaclient._decode.reader import UnreadableError, decode
from lavaclient.api._requests.credentials import credential_body
from lavaclient.api.credentials import (
    AmbariCredential,
    CloudFilesCredential,
    Credentials,
    S3Credential,
    SSHKey,
)
from lavaclient.api.credentials.models import DecodedCredentials
from tests.api.conftest import PUBLIC_KEY
from tests.support.recorder import Wire

API_KEY = "0123456789abcdef0123456789abcdef"
S3_ID, S3_SECRET = "AKIA" + "X" * 16, "s" * 40
PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\n" + "c2VjcmV0" * 9 + "\n-----END"

Create = Callable[[Lava], Any]

# Type of credential, its model, the arguments of its methods.
KINDS: list[tuple[str, type, tuple[str, str]]] = [
    ("ssh_keys", SSHKey, ("desk", PUBLIC_KEY)),
    ("cloud_files", CloudFilesCredential, ("archive", API_KEY)),
    ("s3", S3Credential, (S3_ID, S3_SECRET)),
    ("ambari", AmbariCredential, ("operator", "correct horse")),
]
SINGULAR = {"ssh_keys": "ssh_key"}


def _method(lava: Lava, verb: str, kind: str) -> Callable[..., Any]:
    method: Callable[..., Any] = getattr(lava.credentials, f"{verb}_{SINGULAR.get(kind, kind)}")
    return method


def test_create_and_update_send_a_public_key(lava: Lava, wire: Wire) -> None:
    with pytest.raises(NotFoundError):
        lava.credentials.update_ssh_key("desk", PUBLIC_KEY)
    key = lava.credentials.create_ssh_key("desk", PUBLIC_KEY)
    sent = {"ssh_keys": {"key_name": "desk", "public_key": PUBLIC_KEY}}
    assert wire.last == ("POST credentials/ssh_keys", sent)
    assert key == SSHKey(name="desk")
    assert lava.credentials.update_ssh_key("desk", PUBLIC_KEY) == key
    assert wire.last == ("PUT credentials/ssh_keys/desk", sent)


def test_create_and_update_send_a_user_of_cloud_files(lava: Lava, wire: Wire) -> None:
    user = lava.credentials.create_cloud_files("archive", API_KEY)
    sent = {"cloud_files": {"username": "archive", "api_key": API_KEY}}
    assert wire.last == ("POST credentials/cloud_files", sent)
    assert user == CloudFilesCredential(username="archive")
    assert lava.credentials.update_cloud_files("archive", API_KEY) == user
    assert wire.last == ("PUT credentials/cloud_files/archive", sent)


def test_create_and_update_send_the_keys_for_s3(lava: Lava, wire: Wire) -> None:
    keys = lava.credentials.create_s3(S3_ID, S3_SECRET)
    sent = {"s3": {"access_key_id": S3_ID, "access_secret_key": S3_SECRET}}
    assert wire.last == ("POST credentials/s3", sent)
    assert keys == S3Credential(access_key_id=S3_ID)
    assert lava.credentials.update_s3(S3_ID, S3_SECRET) == keys
    assert wire.last == (f"PUT credentials/s3/{S3_ID}", sent)


def test_create_and_update_send_a_user_of_ambari(lava: Lava, wire: Wire) -> None:
    user = lava.credentials.create_ambari("operator", "correct horse")
    sent = {"ambari": {"username": "operator", "password": "correct horse"}}
    assert wire.last == ("POST credentials/ambari", sent)
    assert user == AmbariCredential(username="operator")
    assert lava.credentials.update_ambari("operator", "correct horse") == user
    assert wire.last == ("PUT credentials/ambari/operator", sent)


@pytest.mark.parametrize(("kind", "model", "arguments"), KINDS)
def test_a_name_is_stored_once_in_each_type(
    lava: Lava, kind: str, model: type, arguments: tuple[str, str]
) -> None:
    credential = _method(lava, "create", kind)(*arguments)
    assert (type(credential), credential.id) == (model, arguments[0])
    assert arguments[1] not in repr(credential)
    with pytest.raises(ConflictError):
        _method(lava, "create", kind)(*arguments)


def test_delete_takes_one_of_each_type_away(lava: Lava, wire: Wire) -> None:
    for kind, _, arguments in KINDS:
        _method(lava, "create", kind)(*arguments)
    assert lava.credentials.delete_ssh_key("desk") is None  # type: ignore[func-returns-value]
    assert wire.lines[-1] == "DELETE credentials/ssh_keys/desk"
    lava.credentials.delete_cloud_files("archive")
    assert wire.lines[-1] == "DELETE credentials/cloud_files/archive"
    lava.credentials.delete_s3(S3_ID)
    assert wire.lines[-1] == f"DELETE credentials/s3/{S3_ID}"
    lava.credentials.delete_ambari("operator")
    assert wire.lines[-1] == "DELETE credentials/ambari/operator"
    assert lava.credentials.list() == Credentials()
    with pytest.raises(NotFoundError):
        lava.credentials.delete_ambari("operator")


def test_a_credential_deletes_itself_made_or_listed(lava: Lava, wire: Wire) -> None:
    for kind, _, arguments in KINDS:
        credential = _method(lava, "create", kind)(*arguments)
        credential.delete()
        assert wire.lines[-1] == f"DELETE credentials/{kind}/{arguments[0]}"
        _method(lava, "create", kind)(*arguments)
    everything = lava.credentials.list()
    for listed in (everything.ssh_keys, everything.cloud_files, everything.s3, everything.ambari):
        listed[0].delete()
        assert wire.lines[-1].startswith("DELETE credentials/")
    assert lava.credentials.list() == Credentials()


def test_list_returns_those_of_all_types(lava: Lava, wire: Wire) -> None:
    for kind, _, arguments in KINDS:
        _method(lava, "create", kind)(*arguments)
    everything = lava.credentials.list()
    assert wire.last == ("GET credentials", None)
    assert everything == Credentials(
        ssh_keys=[SSHKey(name="desk")],
        cloud_files=[CloudFilesCredential(username="archive")],
        s3=[S3Credential(access_key_id=S3_ID)],
        ambari=[AmbariCredential(username="operator")],
    )


def test_each_type_has_a_list_of_its_own(lava: Lava, wire: Wire) -> None:
    for kind, _, arguments in KINDS:
        _method(lava, "create", kind)(*arguments)
    assert lava.credentials.list_ssh_keys() == [SSHKey(name="desk")]
    assert wire.lines[-1] == "GET credentials/ssh_keys"
    assert lava.credentials.list_cloud_files() == [CloudFilesCredential(username="archive")]
    assert wire.lines[-1] == "GET credentials/cloud_files"
    assert lava.credentials.list_s3() == [S3Credential(access_key_id=S3_ID)]
    assert wire.lines[-1] == "GET credentials/s3"
    assert lava.credentials.list_ambari() == [AmbariCredential(username="operator")]
    assert wire.lines[-1] == "GET credentials/ambari"
    lava.credentials.list_s3()[0].delete()
    assert lava.credentials.list_s3() == []


def test_list_types_returns_the_types(lava: Lava, wire: Wire) -> None:
    types = {
        credential_type.type: credential_type for credential_type in lava.credentials.list_types()
    }
    assert wire.last == ("GET credentials/types", None)
    assert types["s3"].schema == ["access_key_id", "access_secret_key"]
    assert (types["s3"].connector, types["ssh_keys"].connector) == (True, False)
    assert [link.rel for link in types["s3"].links] == ["self", "bookmark"]


@pytest.mark.parametrize(
    ("verb", "arguments", "named"),
    [
        ("ssh_key", ("ab", PUBLIC_KEY), "name must have 3 to 255"),
        ("ssh_key", ("n" * 256, PUBLIC_KEY), "name must"),
        ("ssh_key", (5, PUBLIC_KEY), "name must"),
        ("ssh_key", ("desk", "ssh-rsa short"), "public_key"),
        ("ssh_key", ("desk", "ssh-rsa " + "A" * 1024), "public_key"),
        ("ssh_key", ("desk", b"ssh-rsa " + b"A" * 60), "public_key"),
        ("ssh_key", ("desk", 1.5), "public_key"),
        ("ssh_key", ("desk", PUBLIC_KEY + "\ud800"), "public_key"),
        ("ssh_key", ("desk", Path("no-such-file")), "public_key: there is no such file"),
        ("cloud_files", ("ab", API_KEY), "username must"),
        ("cloud_files", ("archive", "k" * 19), "api_key must have 20 to 40"),
        ("cloud_files", ("archive", "k" * 41), "api_key must"),
        ("cloud_files", ("archive", 1.5), "api_key must"),
        ("s3", ("i" * 19, S3_SECRET), "access_key_id must have 20 characters"),
        ("s3", (S3_ID, "s" * 41), "access_secret_key must have 40 characters"),
        ("ambari", ("ab", "password"), "username must"),
        ("ambari", ("operator", "short"), "password must have 8 to 255"),
        ("ambari", ("operator", "p" * 256), "password must"),
    ],
)
@pytest.mark.parametrize("change", ["create", "update"])
def test_what_is_no_good_is_refused_and_not_shown(
    lava: Lava, wire: Wire, change: str, verb: str, arguments: tuple[str, str], named: str
) -> None:
    with pytest.raises(InvalidError, match=f"^{named}") as caught:
        _method(lava, change, verb)(*arguments)
    assert str(arguments[1]) not in str(caught.value)
    assert wire.lines == []


@pytest.mark.parametrize("form", ["path", "text", "home", "variable"])
def test_a_public_key_may_be_the_path_of_its_file(
    lava: Lava, wire: Wire, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str
) -> None:
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KEYS", str(tmp_path))
    file = tmp_path / "id.pub"
    file.write_text(f"\ufeff{PUBLIC_KEY}\n", encoding="utf-8")
    written: dict[str, str | os.PathLike[str]] = {
        "path": file,
        "text": str(file),
        "home": "~/id.pub",
        "variable": "$KEYS/id.pub",
    }
    lava.credentials.create_ssh_key("desk", written[form])
    sent = {"ssh_keys": {"key_name": "desk", "public_key": PUBLIC_KEY}}
    assert wire.last == ("POST credentials/ssh_keys", sent)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PRIVATE.encode(), "private key"),
        (b"PuTTY-User-Key-File-3: ssh-ed25519\n" + b"A" * 60, "private key"),
        (b"b3BlbnNzaC1rZXktdjEAAAAA" + b"A" * 60, "private key"),
        (b"\x80\x81" * 40, "not a text"),
        (b"A" * 2_000_000, "50 to 1024"),
        (b"", "50 to 1024"),
    ],
)
def test_a_file_that_holds_no_public_key_is_refused(
    lava: Lava, wire: Wire, tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "id"
    file.write_bytes(content)
    with pytest.raises(InvalidError, match=rf"^public_key.*{message}") as caught:
        lava.credentials.create_ssh_key("desk", file)
    assert "AAAA" not in str(caught.value)
    assert "c2VjcmV0" not in str(caught.value)
    assert wire.lines == []


@pytest.mark.parametrize("written", ["~\0", "~\ud800/id.pub"])
def test_what_cannot_be_a_path_is_no_public_key_either(
    lava: Lava, wire: Wire, written: str
) -> None:
    with pytest.raises(InvalidError, match=r"^public_key: a public key has 50 to 1024"):
        lava.credentials.create_ssh_key("desk", written)
    assert wire.lines == []


def test_a_private_key_is_refused_as_text_too(lava: Lava, wire: Wire) -> None:
    with pytest.raises(InvalidError, match="private key") as caught:
        lava.credentials.create_ssh_key("desk", PRIVATE)
    assert "c2VjcmV0" not in str(caught.value)
    assert wire.lines == []


@pytest.mark.skipif(not os.path.isfile("/proc/self/mem"), reason="needs a file of this kind")
def test_a_file_that_cannot_be_read_is_refused(lava: Lava, tmp_path: Path) -> None:
    file = tmp_path / "id.pub"
    file.symlink_to("/proc/self/mem")  # Reading its first page fails, for root too.
    with pytest.raises(InvalidError, match=r"^public_key: its file cannot be read") as caught:
        lava.credentials.create_ssh_key("desk", file)
    assert isinstance(caught.value.__cause__, OSError)


def test_secrets_are_in_no_log_and_no_representation(
    lava: Lava, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for kind, _, arguments in KINDS:
        _method(lava, "create", kind)(*arguments)
        assert arguments[1] not in caplog.text
    shown = [
        repr(credential_body("ssh_keys", "desk", Secret(PUBLIC_KEY))),
        repr(credential_body("cloud_files", "archive", Secret(API_KEY))),
        repr(credential_body("s3", S3_ID, Secret(S3_SECRET)).s3),
        repr(credential_body("ambari", "operator", Secret("correct horse")).ambari),
    ]
    assert not [text for text in shown for _, _, fields in KINDS if fields[1] in text]


def _read(body: bytes) -> Credentials:
    return decode(body, DecodedCredentials)


def test_types_that_are_not_known_are_kept_in_other() -> None:
    credentials = _read(b'{"vault": [{"path": "a"}], "other": [1], "ssh_keys": null, "s3": [null]}')
    assert credentials == Credentials(other={"vault": [{"path": "a"}], "other": [1]})


def test_a_clusters_list_of_credentials_becomes_credentials() -> None:
    credentials = _read(
        b'[{"type": "ssh_keys", "name": "desk"}, {"type": "cloud_files", "name": "archive"},'
        b' {"type": "s3", "credential": {"name": 5}}, {"type": "vault", "name": "v"}, null]'
    )
    assert credentials == Credentials(
        ssh_keys=[SSHKey(name="desk")],
        cloud_files=[CloudFilesCredential(username="archive")],
        s3=[S3Credential(access_key_id="5")],
        other={"vault": [{"name": "v"}]},
    )
    assert _read(b"null") == Credentials()


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"ssh_keys": [{"key_name": "a"}, {}]}', r"`key_name` - at `\$\.ssh_keys\[1\]`"),
        (b'[{"type": "s3"}]', r"`name` - at `\$\[0\]`"),
        (b'[{"name": "s3"}]', r"`type` - at `\$\[0\]`"),
        (b"5", r"at `\$`"),
        (b'{"s3": 5}', r"at `\$\.s3\[0\]`"),
    ],
)
def test_credentials_that_identify_nothing_are_unreadable(body: bytes, place: str) -> None:
    with pytest.raises(UnreadableError, match=place):
        _read(body)


def test_credentials_as_a_dict_are_plain_values_all_through() -> None:
    credentials = Credentials(ssh_keys=[SSHKey(name="desk")], other={"vault": [{"path": "a"}]})
    assert credentials.to_dict() == {
        "ssh_keys": [{"name": "desk"}],
        "cloud_files": [],
        "s3": [],
        "ambari": [],
        "other": {"vault": [{"path": "a"}]},
    }


def test_a_copy_of_a_credential_belongs_to_no_client(lava: Lava, wire: Wire) -> None:
    key = lava.credentials.create_ssh_key("desk", PUBLIC_KEY)
    wire.clear()
    for twin in (copy.copy(key), copy.deepcopy(key), SSHKey(name="desk")):
        assert twin == key
        with pytest.raises(InvalidError, match="this SSHKey belongs to no client"):
            twin.delete()
    assert wire.lines == []


def test_display_names_tell_the_types_apart() -> None:
    names = [model.type for model in (SSHKey, CloudFilesCredential, S3Credential, AmbariCredential)]
    assert names == ["SSH Key", "Cloud Files", "Amazon S3", "Ambari"]
    assert repr(SSHKey(name="desk")) == "<SSHKey id='desk' name='desk'>"
    assert repr(AmbariCredential(username="ada")) == "<AmbariCredential id='ada'>"
