"""Request bodies with credentials; no repr shows the secret."""

from __future__ import annotations

import os

import msgspec
from msgspec import UNSET, UnsetType

from lavaclient._config.checks import secret_text, text
from lavaclient._config.secret import Secret
from lavaclient.api._credential_kinds import KINDS
from lavaclient.api._requests.public_key import read_public_key

__all__ = ["CredentialBody", "credential_body"]


class _Fields(dict[str, str]):
    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class CredentialBody(msgspec.Struct, frozen=True):
    """The body of ``POST credentials/{type}``; only the field of its type is set."""

    ssh_keys: _Fields | UnsetType = UNSET
    cloud_files: _Fields | UnsetType = UNSET
    s3: _Fields | UnsetType = UNSET
    ambari: _Fields | UnsetType = UNSET

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The texts that no error may show."""
        fields = ((getattr(self, type_), kind.secret_field) for type_, kind in KINDS.items())
        return tuple(
            Secret(credential[field]) for credential, field in fields if credential is not UNSET
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def credential_body(type_: str, identity: str, secret: Secret | os.PathLike[str]) -> CredentialBody:
    """Check the two fields of a credential, and return the body.

    Args:
        type_: The type, one of `KINDS`.
        identity: What identifies the credential.
        secret: Its secret; for an SSH key the public key or the path of its file.
    """
    kind = KINDS[type_]
    name = text(kind.id_argument, identity, *kind.id_length)
    if type_ == "ssh_keys" or not isinstance(secret, Secret):
        secret = read_public_key(secret)
    secret = secret_text(kind.secret_field, secret, *kind.secret_length)
    fields = _Fields({kind.id_field: name, kind.secret_field: secret.reveal()})
    return CredentialBody(**{type_: fields})
