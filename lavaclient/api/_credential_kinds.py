"""The known types of credential, as one table."""

from __future__ import annotations

import msgspec

__all__ = ["KINDS", "CredentialKind"]


class CredentialKind(msgspec.Struct, frozen=True):
    """The fields of one type of credential.

    Attributes:
        id_field: The field that identifies one of them.
        id_length: Its minimum and maximum length.
        secret_field: The field that is never shown.
        secret_length: Its minimum and maximum length.
        id_argument: The argument that sets the identifying field.
    """

    id_field: str
    id_length: tuple[int, int]
    secret_field: str
    secret_length: tuple[int, int]
    id_argument: str


KINDS = {
    "ssh_keys": CredentialKind("key_name", (3, 255), "public_key", (50, 1024), "name"),
    "cloud_files": CredentialKind("username", (3, 255), "api_key", (20, 40), "username"),
    "s3": CredentialKind("access_key_id", (20, 20), "access_secret_key", (40, 40), "access_key_id"),
    "ambari": CredentialKind("username", (3, 255), "password", (8, 255), "username"),
}
"""By the name of the type in paths and bodies."""
