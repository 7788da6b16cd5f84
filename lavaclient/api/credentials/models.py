"""Models of credentials, which have names and no secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

import msgspec

from lavaclient._decode.reader import read
from lavaclient._decode.types import Names, custom_type
from lavaclient.api._base import Bound, Id, Link, Model, bind_all, show_as_tables
from lavaclient.api._credential_kinds import KINDS
from lavaclient.api._credential_listing import by_type
from lavaclient.api._html import rows_table

__all__ = [
    "AmbariCredential",
    "CloudFilesCredential",
    "CredentialType",
    "Credentials",
    "DecodedCredentials",
    "Deleter",
    "S3Credential",
    "SSHKey",
    "bind_credentials",
]


class Deleter(Protocol):
    """The part of the manager that credentials use; its module imports this one."""

    def _delete(self, type_: str, identity: Id) -> None: ...


class _Credential(Bound[Deleter], Model, frozen=True, kw_only=True, gc=False):
    _repr_fields: ClassVar[tuple[str, ...]] = ("id",)
    _kind: ClassVar[str]
    type: ClassVar[str]

    @property
    def id(self) -> str:
        """What identifies it among the credentials of its type."""
        return str(getattr(self, self.__struct_fields__[0]))

    def delete(self) -> None:
        """Delete it, as the method of ``lava.credentials`` for its type does.

        Example::

            for user in lava.credentials.list_cloud_files():
                user.delete()
        """
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
        access_key_id: The access key id, which is its ``id`` as well.
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

    def __post_init__(self) -> None:
        """Show lists as tables in notebooks."""
        show_as_tables(self, *KINDS)

    def _repr_html_(self) -> str:
        known = ((type_, member.id) for type_ in KINDS for member in getattr(self, type_))
        other = ((type_, member) for type_, members in self.other.items() for member in members)
        return rows_table(("type", "id"), (*known, *other))


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
    """Read credentials from a list of all types, or from a cluster's list."""
    credentials = by_type(value)
    known = read({type_: credentials.pop(type_, []) for type_ in KINDS}, Credentials)
    return msgspec.structs.replace(known, other=credentials)


# At runtime this is a type for msgspec; type checkers see the type of the values.
if TYPE_CHECKING:
    DecodedCredentials: TypeAlias = Credentials
else:
    DecodedCredentials = custom_type("Credentials", _read_credentials)


def bind_credentials(credentials: Credentials, manager: Deleter) -> Credentials:
    """Let the methods of all these credentials use this manager."""
    for type_ in KINDS:
        bind_all(getattr(credentials, type_), manager)
    return credentials
