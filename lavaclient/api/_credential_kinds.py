"""The types of credential that are known, as one table."""

from __future__ import annotations

import msgspec

__all__ = ["KINDS", "CredentialKind"]


class CredentialKind(msgspec.Struct, frozen=True):
    """How credentials of one type are written.

    Attributes:
        id_field: The field that identifies one of them.
        id_length: Its least and greatest length.
        secret_field: The field that is never shown.
        secret_length: Its least and greatest length.
        id_argument: What callers know the identifying field as.
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
"""By the name of the type, as it stands in paths and bodies."""
