"""The bodies that carry new credentials; none shows its secret."""

from __future__ import annotations

import os
from typing import ClassVar

import msgspec

from lavaclient._config.checks import text
from lavaclient.api._requests.public_key import public_key_text

__all__ = ["AmbariBody", "Body", "CloudFilesBody", "S3Body", "SSHKeyBody"]


class _Hidden(msgspec.Struct, frozen=True):
    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Body(_Hidden, frozen=True):
    """A body, where it goes, and what of it is secret.

    Attributes:
        kind: The type of credential, as it stands in paths.
    """

    kind: ClassVar[str]

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that no error may repeat: the last field within."""
        within = getattr(self, self.kind)
        return (getattr(within, within.__struct_fields__[-1]),)


class _SSHKey(_Hidden, frozen=True):
    key_name: str
    public_key: str


class SSHKeyBody(Body, frozen=True):
    """A public key."""

    kind: ClassVar[str] = "ssh_keys"

    ssh_keys: _SSHKey

    @classmethod
    def checked(cls, name: str, public_key: str | os.PathLike[str]) -> SSHKeyBody:
        """Make one; the file of the key is read here."""
        return cls(_SSHKey(text("name", name, 3), public_key_text(public_key)))


class _CloudFiles(_Hidden, frozen=True):
    username: str
    api_key: str


class CloudFilesBody(Body, frozen=True):
    """A user of Cloud Files."""

    kind: ClassVar[str] = "cloud_files"

    cloud_files: _CloudFiles

    @classmethod
    def checked(cls, username: str, api_key: str) -> CloudFilesBody:
        """Make one."""
        return cls(_CloudFiles(text("username", username, 3), text("api_key", api_key, 20, 40)))


class _S3(_Hidden, frozen=True):
    access_key_id: str
    access_secret_key: str


class S3Body(Body, frozen=True):
    """A pair of keys for Amazon S3."""

    kind: ClassVar[str] = "s3"

    s3: _S3

    @classmethod
    def checked(cls, access_key_id: str, access_secret_key: str) -> S3Body:
        """Make one."""
        return cls(
            _S3(
                text("access_key_id", access_key_id, 20, 20),
                text("access_secret_key", access_secret_key, 40, 40),
            )
        )


class _Ambari(_Hidden, frozen=True):
    username: str
    password: str


class AmbariBody(Body, frozen=True):
    """A user of Ambari."""

    kind: ClassVar[str] = "ambari"

    ambari: _Ambari

    @classmethod
    def checked(cls, username: str, password: str) -> AmbariBody:
        """Make one."""
        return cls(_Ambari(text("username", username, 3), text("password", password, 8)))
