"""Credentials: SSH keys, and what clusters need to reach other services."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar, Generic, TypeAlias, TypeVar

import msgspec

from lavaclient._config.secret import Secret
from lavaclient._decode.reader import read
from lavaclient._decode.types import Names, custom_type
from lavaclient._http.paths import path_segment
from lavaclient._http.retry import IDEMPOTENT, ONCE
from lavaclient.api._base import Bound, Id, Link, Manager, Model, bind_all
from lavaclient.api._credential_kinds import KINDS
from lavaclient.api._credential_listing import by_type
from lavaclient.api._requests.credentials import credential_body

__all__ = [
    "AmbariCredential",
    "CloudFilesCredential",
    "CredentialManager",
    "CredentialType",
    "Credentials",
    "S3Credential",
    "SSHKey",
]


class _Credential(Bound["CredentialManager"], Model, frozen=True, kw_only=True, gc=False):
    _repr_fields: ClassVar[tuple[str, ...]] = ("id",)
    _kind: ClassVar[str]
    type: ClassVar[str]

    @property
    def id(self) -> str:
        """What identifies it among those of its type."""
        return str(getattr(self, self.__struct_fields__[0]))

    def delete(self) -> None:
        """Delete it, as the method of ``lava.credentials`` for its type does."""
        self._manager._delete(self._kind, self.id)  # noqa: SLF001 (its own manager)


class SSHKey(_Credential, frozen=True, kw_only=True, gc=False):
    """A public key that may be put on nodes.

    Attributes:
        name: Its name, which is its ``id`` as well.
        type: A display name for this kind of credential.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("id", "name")
    _kind: ClassVar[str] = "ssh_keys"
    type: ClassVar[str] = "SSH Key"

    name: str = msgspec.field(name="key_name")


class CloudFilesCredential(_Credential, frozen=True, kw_only=True, gc=False):
    """A user of Cloud Files.

    Attributes:
        username: The user, which is its ``id`` as well.
        type: A display name for this kind of credential.
    """

    _kind: ClassVar[str] = "cloud_files"
    type: ClassVar[str] = "Cloud Files"

    username: str


class S3Credential(_Credential, frozen=True, kw_only=True, gc=False):
    """A pair of keys for Amazon S3.

    Attributes:
        access_key_id: The half that is no secret, which is its ``id`` as well.
        type: A display name for this kind of credential.
    """

    _kind: ClassVar[str] = "s3"
    type: ClassVar[str] = "Amazon S3"

    access_key_id: str


class AmbariCredential(_Credential, frozen=True, kw_only=True, gc=False):
    """A user of Ambari, the console of Hadoop clusters.

    Attributes:
        username: The user, which is its ``id`` as well.
        type: A display name for this kind of credential.
    """

    _kind: ClassVar[str] = "ambari"
    type: ClassVar[str] = "Ambari"

    username: str


class Credentials(Model, frozen=True, kw_only=True):
    """Credentials of all types.

    Attributes:
        ssh_keys: Public keys.
        cloud_files: Users of Cloud Files.
        s3: Keys for Amazon S3.
        ambari: Users of Ambari.
        other: Types that this version does not know: name of the type to a
            list of its credentials, as the service gives them.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("ssh_keys", "cloud_files", "s3", "ambari")
    _identity: ClassVar[tuple[str, ...]] = ("ssh_keys", "cloud_files", "s3", "ambari")

    ssh_keys: list[SSHKey] = []
    cloud_files: list[CloudFilesCredential] = []
    s3: list[S3Credential] = []
    ambari: list[AmbariCredential] = []
    other: dict[str, list[object]] = {}


class CredentialType(Model, frozen=True, kw_only=True):
    """A type of credential that the service knows.

    Attributes:
        type: Its name, e.g. ``"cloud_files"``.
        schema: Names of the fields that a new one needs.
        connector: Whether it lets clusters reach another service.
        links: URLs of it.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("type", "schema", "connector")
    _identity: ClassVar[tuple[str, ...]] = ("type",)

    type: str
    schema: Names = msgspec.field(default_factory=list)
    connector: bool = False
    links: list[Link] = []


def _read_credentials(value: object) -> Credentials:
    """Read them from a list of all types, or as a cluster lists those that it uses."""
    credentials = by_type(value)
    known = read({type_: credentials.pop(type_, []) for type_ in KINDS}, Credentials)
    return msgspec.structs.replace(known, other=credentials)


# At runtime this is what msgspec decodes by; a type checker sees what the values are.
if TYPE_CHECKING:
    DecodedCredentials: TypeAlias = Credentials
else:
    DecodedCredentials = custom_type("Credentials", _read_credentials)

T = TypeVar("T")


class _Body(msgspec.Struct, Generic[T]):
    credentials: T


def bind_credentials(credentials: Credentials, manager: CredentialManager) -> Credentials:
    """Let the methods of all these credentials use this manager."""
    for type_ in KINDS:
        bind_all(getattr(credentials, type_), manager)
    return credentials


class CredentialManager(Manager):
    """The credentials: ``lava.credentials``.

    Secrets go in and never come out: the service tells names alone. An argument
    that is invalid is an InvalidError, and then nothing was sent.
    """

    def list_types(self) -> list[CredentialType]:
        """Return the types of credential that the service knows."""
        return self._client.get("credentials/types", _Body[list[CredentialType]]).credentials

    def list_ssh_keys(self) -> list[SSHKey]:
        """Return the public keys."""
        return self._get("credentials/ssh_keys").ssh_keys

    def list_cloud_files(self) -> list[CloudFilesCredential]:
        """Return the users of Cloud Files."""
        return self._get("credentials/cloud_files").cloud_files

    def list_s3(self) -> list[S3Credential]:
        """Return the keys for Amazon S3."""
        return self._get("credentials/s3").s3

    def list_ambari(self) -> list[AmbariCredential]:
        """Return the users of Ambari."""
        return self._get("credentials/ambari").ambari

    def list(self) -> Credentials:
        """Return the credentials of all types.

        Example::

            print([key.name for key in lava.credentials.list().ssh_keys])
        """
        return self._get("credentials")

    def create_ssh_key(self, name: str, public_key: str | os.PathLike[str]) -> SSHKey:
        """Upload a public key.

        Args:
            name: What to call it, 3 to 255 characters.
            public_key: The key, 50 to 1024 characters, or the path of a file
                that holds it; ``~`` and ``$VARIABLES`` in a path are expanded.

        Raises:
            ConflictError: There is a key of this name.
            InvalidError: The file cannot be read, or the key is a private one.

        Example::

            lava.credentials.create_ssh_key("laptop", "~/.ssh/id_ed25519.pub")
        """
        secret = public_key if isinstance(public_key, os.PathLike) else Secret(public_key)
        del public_key
        return self._write("POST", "ssh_keys", name, secret).ssh_keys[0]

    def create_cloud_files(self, username: str, api_key: str) -> CloudFilesCredential:
        """Store a user of Cloud Files.

        Args:
            username: The user, 3 to 255 characters.
            api_key: The user's API key, 20 to 40 characters.

        Raises:
            ConflictError: There is one for this user.
        """
        secret = Secret(api_key)
        del api_key
        return self._write("POST", "cloud_files", username, secret).cloud_files[0]

    def create_s3(self, access_key_id: str, access_secret_key: str) -> S3Credential:
        """Store a pair of keys for Amazon S3.

        Args:
            access_key_id: 20 characters.
            access_secret_key: 40 characters.

        Raises:
            ConflictError: There is one of this id.
        """
        secret = Secret(access_secret_key)
        del access_secret_key
        return self._write("POST", "s3", access_key_id, secret).s3[0]

    def create_ambari(self, username: str, password: str) -> AmbariCredential:
        """Store a user of Ambari.

        Args:
            username: The user, 3 to 255 characters.
            password: The password, 8 to 255 characters.

        Raises:
            ConflictError: There is one for this user.
        """
        secret = Secret(password)
        del password
        return self._write("POST", "ambari", username, secret).ambari[0]

    def update_ssh_key(self, name: str, public_key: str | os.PathLike[str]) -> SSHKey:
        """Put another public key under a name; arguments as for `create_ssh_key`.

        Raises:
            NotFoundError: There is no key of this name.
        """
        secret = public_key if isinstance(public_key, os.PathLike) else Secret(public_key)
        del public_key
        return self._write("PUT", "ssh_keys", name, secret).ssh_keys[0]

    def update_cloud_files(self, username: str, api_key: str) -> CloudFilesCredential:
        """Change the API key of a user; arguments as for `create_cloud_files`.

        Raises:
            NotFoundError: There is no credential for this user.
        """
        secret = Secret(api_key)
        del api_key
        return self._write("PUT", "cloud_files", username, secret).cloud_files[0]

    def update_s3(self, access_key_id: str, access_secret_key: str) -> S3Credential:
        """Change the secret half of a pair of keys; arguments as for `create_s3`.

        Raises:
            NotFoundError: There is no credential of this id.
        """
        secret = Secret(access_secret_key)
        del access_secret_key
        return self._write("PUT", "s3", access_key_id, secret).s3[0]

    def update_ambari(self, username: str, password: str) -> AmbariCredential:
        """Change the password of a user of Ambari; arguments as for `create_ambari`.

        Raises:
            NotFoundError: There is no credential for this user.
        """
        secret = Secret(password)
        del password
        return self._write("PUT", "ambari", username, secret).ambari[0]

    def delete_ssh_key(self, name: Id) -> None:
        """Delete a public key.

        Raises:
            NotFoundError: There is no key of this name.
            ConflictError: A cluster uses it.
        """
        self._delete("ssh_keys", name)

    def delete_cloud_files(self, username: Id) -> None:
        """Delete a user of Cloud Files; errors as for `delete_ssh_key`."""
        self._delete("cloud_files", username)

    def delete_s3(self, access_key_id: Id) -> None:
        """Delete a pair of keys for Amazon S3; errors as for `delete_ssh_key`."""
        self._delete("s3", access_key_id)

    def delete_ambari(self, username: Id) -> None:
        """Delete a user of Ambari; errors as for `delete_ssh_key`."""
        self._delete("ambari", username)

    def _get(self, path: str) -> Credentials:
        credentials = self._client.get(path, _Body[DecodedCredentials]).credentials
        return bind_credentials(credentials, self)

    def _write(
        self, method: str, type_: str, identity: str, secret: Secret | os.PathLike[str]
    ) -> Credentials:
        """Send a credential and return what the answer holds, which is one of its type."""
        body = credential_body(type_, identity, secret)
        path, rules = f"credentials/{type_}", ONCE
        if method == "PUT":
            path, rules = f"{path}/{self._segment(type_, identity)}", IDEMPOTENT
        response = self._client.request(method, path, rules, body, body.secrets)
        credentials = self._client.decode(response, _Body[DecodedCredentials]).credentials
        if not getattr(credentials, type_):
            problem = f"Object missing required field `{type_}` - at `$.credentials`"
            raise self._client.unreadable(response, problem)
        return bind_credentials(credentials, self)

    def _delete(self, type_: str, identity: Id) -> None:
        self._client.delete(f"credentials/{type_}/{self._segment(type_, identity)}")

    def _segment(self, type_: str, identity: Id) -> str:
        return path_segment(KINDS[type_].id_argument, identity)
