"""Credentials: SSH keys, and what clusters need to reach other services."""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated

from msgspec import Meta, Struct

from lavaclient.sandbox.core.context import Context
from lavaclient.sandbox.core.decoding import decode
from lavaclient.sandbox.core.errors import bad_request, conflict, not_found
from lavaclient.sandbox.core.state import Credential, CredentialName

ShortName = Annotated[str, Meta(min_length=3, max_length=255)]


class SSHKey(Struct, forbid_unknown_fields=True):
    """An SSH key."""

    key_name: ShortName
    public_key: Annotated[str, Meta(min_length=50, max_length=1024)]


class SSHKeyBody(Struct, forbid_unknown_fields=True):
    """The body for SSH keys."""

    ssh_keys: SSHKey


# The reference states limits for these, and prints examples that break them: both are kept.
_ApiKey = Annotated[str, Meta(pattern=r"^(?:.{20,40}|samplekey)$")]
_AccessKeyId = Annotated[str, Meta(pattern=r"^(?:.{20}|<s3-access-key-id>)$")]
_SecretKey = Annotated[str, Meta(pattern=r"^(?:.{40}|<s3-access-key>)$")]


class CloudFiles(Struct, forbid_unknown_fields=True):
    """An account of Cloud Files."""

    username: ShortName
    api_key: _ApiKey


class CloudFilesBody(Struct, forbid_unknown_fields=True):
    """The body for Cloud Files."""

    cloud_files: CloudFiles


class S3(Struct, forbid_unknown_fields=True):
    """An account of S3."""

    access_key_id: _AccessKeyId
    access_secret_key: _SecretKey


class S3Body(Struct, forbid_unknown_fields=True):
    """The body for S3."""

    s3: S3


class Ambari(Struct, forbid_unknown_fields=True):
    """A user of Ambari."""

    username: ShortName
    password: Annotated[str, Meta(min_length=8, max_length=255)]


class AmbariBody(Struct, forbid_unknown_fields=True):
    """The body for Ambari."""

    ambari: Ambari


class _Kind(Struct, frozen=True):
    body: type[Struct]
    fields: tuple[str, str]
    connector: bool


KINDS = {
    "cloud_files": _Kind(CloudFilesBody, ("username", "api_key"), connector=True),
    "ssh_keys": _Kind(SSHKeyBody, ("key_name", "public_key"), connector=False),
    "s3": _Kind(S3Body, ("access_key_id", "access_secret_key"), connector=True),
    "ambari": _Kind(AmbariBody, ("username", "password"), connector=False),
}

BODIES = tuple(kind.body for kind in KINDS.values())
"""The bodies of all types."""

_KEY_TYPES = ("ssh-", "ecdsa-", "sk-")


def list_types(context: Context) -> dict[str, object]:
    """Lists the types of credentials."""
    return {"credentials": [_type_view(context, name) for name in KINDS]}


def list_connectors(context: Context) -> dict[str, object]:
    """Lists the types that connect clusters with other services."""
    names = [name for name, kind in KINDS.items() if kind.connector]
    return {"connectors": [_type_view(context, name) for name in names]}


def list_all(context: Context) -> dict[str, object]:
    """Lists all credentials."""
    return {"credentials": {name: _names(context, name) for name in KINDS}}


def list_credentials(context: Context, type_name: str) -> dict[str, object]:
    """Lists the credentials of a type."""
    _kind(type_name)
    return {"credentials": {type_name: _names(context, type_name)}}


def create_credential(context: Context, type_name: str) -> dict[str, object]:
    """Creates a credential."""
    credential = _read(context, type_name)
    if context.account.credential(type_name, credential.name) is not None:
        raise conflict(f"{type_name} '{credential.name}' exists already")
    context.account.credentials[f"{type_name}/{credential.name}"] = credential
    return {"credentials": {type_name: _view(credential)}}


def update_credential(context: Context, type_name: str, name: str) -> dict[str, object]:
    """Gives a credential a new secret."""
    stored = _stored(context, type_name, name)
    credential = _read(context, type_name)
    if credential.name != stored.name:
        field = KINDS[type_name].fields[0]
        message = f"{type_name}.{field}: is '{credential.name}', but the path names '{name}'"
        raise bad_request(message)
    context.account.credentials[f"{type_name}/{stored.name}"] = credential
    return {"credentials": {type_name: _view(credential)}}


def delete_credential(context: Context, type_name: str, name: str) -> None:
    """Deletes a credential."""
    credential = _stored(context, type_name, name)
    context.account.check_unused(type_name, credential.name, f"{type_name} '{credential.name}'")
    del context.account.credentials[f"{type_name}/{credential.name}"]


def check_exists(context: Context, credential: CredentialName, where: str) -> None:
    """See that a credential that a cluster names is there.

    Raises:
        ApiFault: 400, naming the place in the body.
    """
    if credential.type not in KINDS:
        raise bad_request(f"{where}: there is no credential type '{credential.type}'")
    if context.account.credential(credential.type, credential.name) is None:
        raise bad_request(f"{where}: there is no {credential.type} named '{credential.name}'")


def _kind(type_name: str) -> _Kind:
    if type_name not in KINDS:
        raise bad_request(
            f"There is no credential type '{type_name}'; there are {', '.join(KINDS)}"
        )
    return KINDS[type_name]


def _stored(context: Context, type_name: str, name: str) -> Credential:
    _kind(type_name)
    # A name may end in .json, as any path may.
    for candidate in (name, name.removesuffix(".json")):
        credential = context.account.credential(type_name, candidate)
        if credential is not None:
            return credential
    raise not_found(f"Credential {type_name}", name)


def _read(context: Context, type_name: str) -> Credential:
    kind = _kind(type_name)
    inner = getattr(decode(context.body, kind.body), type_name)
    if not isinstance(inner, SSHKey):
        return Credential(type_name, getattr(inner, kind.fields[0]))
    if not inner.public_key.startswith(_KEY_TYPES):
        raise bad_request("ssh_keys.public_key: is not a public key in OpenSSH's format")
    return Credential(type_name, inner.key_name, _fingerprint(inner.public_key))


def _fingerprint(public_key: str) -> str:
    """What `ssh-keygen -l` prints for a key; the empty text for what is none."""
    try:
        blob = base64.b64decode(public_key.split()[1], validate=True)
    except (IndexError, ValueError):
        return ""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return f"SHA256:{digest.rstrip('=')}"


def _view(credential: Credential) -> dict[str, str]:
    return {KINDS[credential.type].fields[0]: credential.name}


def _names(context: Context, type_name: str) -> list[dict[str, str]]:
    return [_view(c) for c in context.account.credentials.values() if c.type == type_name]


def _type_view(context: Context, type_name: str) -> dict[str, object]:
    return {
        "type": type_name,
        "schema": list(KINDS[type_name].fields),
        "connector": KINDS[type_name].connector,
        "links": context.links.of(f"credentials/{type_name}"),
    }
