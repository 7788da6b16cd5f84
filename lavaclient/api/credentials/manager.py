"""The manager of credentials: list, store, change and delete them."""

from __future__ import annotations

import builtins
import os
from typing import Generic, TypeVar

import msgspec

from lavaclient._config.secret import Secret
from lavaclient._http.paths import path_segment
from lavaclient._http.retry import IDEMPOTENT, ONCE
from lavaclient.api._base import Id, Manager
from lavaclient.api._credential_kinds import KINDS
from lavaclient.api._requests.credentials import credential_body
from lavaclient.api._table_list import TableList
from lavaclient.api.credentials.models import (
    AmbariCredential,
    CloudFilesCredential,
    Credentials,
    CredentialType,
    DecodedCredentials,
    S3Credential,
    SSHKey,
    bind_credentials,
)

__all__ = ["CredentialManager"]

T = TypeVar("T")


class _Body(msgspec.Struct, Generic[T]):
    credentials: T


class CredentialManager(Manager):
    """The credentials: ``lava.credentials``.

    The service never returns secrets, only names. An invalid argument is an
    InvalidError, and nothing was sent.
    """

    def list_types(self) -> builtins.list[CredentialType]:
        """Return the types of credential that the service knows.

        Sends ``GET credentials/types``.

        Returns:
            The types, each with the fields that a new one needs.

        Raises:
            ApiError: The answer is not valid.

        Example::

            fields = {kind.type: kind.schema for kind in lava.credentials.list_types()}
        """
        body = self._client.get("credentials/types", _Body[list[CredentialType]])
        return TableList(body.credentials)

    def list_ssh_keys(self) -> builtins.list[SSHKey]:
        """Return the public keys.

        Sends ``GET credentials/ssh_keys``.

        Returns:
            The keys, with their names only.

        Raises:
            ApiError: The answer is not valid.

        Example::

            names = [key.name for key in lava.credentials.list_ssh_keys()]
        """
        return self._get("credentials/ssh_keys").ssh_keys

    def list_cloud_files(self) -> builtins.list[CloudFilesCredential]:
        """Return the users of Cloud Files.

        Sends ``GET credentials/cloud_files``.

        Returns:
            The users, without their keys.

        Raises:
            ApiError: The answer is not valid.

        Example::

            users = [user.username for user in lava.credentials.list_cloud_files()]
        """
        return self._get("credentials/cloud_files").cloud_files

    def list_s3(self) -> builtins.list[S3Credential]:
        """Return the keys for Amazon S3.

        Sends ``GET credentials/s3``.

        Returns:
            The access key ids, without the secret keys.

        Raises:
            ApiError: The answer is not valid.

        Example::

            ids = [pair.access_key_id for pair in lava.credentials.list_s3()]
        """
        return self._get("credentials/s3").s3

    def list_ambari(self) -> builtins.list[AmbariCredential]:
        """Return the users of Ambari.

        Sends ``GET credentials/ambari``.

        Returns:
            The users, without their passwords.

        Raises:
            ApiError: The answer is not valid.

        Example::

            users = [user.username for user in lava.credentials.list_ambari()]
        """
        return self._get("credentials/ambari").ambari

    def list(self) -> Credentials:
        """Return the credentials of all types.

        Sends ``GET credentials``.

        Returns:
            A list for each type; types not known here are in ``other``.

        Raises:
            ApiError: The answer is not valid.

        Example::

            print([key.name for key in lava.credentials.list().ssh_keys])
        """
        return self._get("credentials")

    def create_ssh_key(self, name: str, public_key: str | os.PathLike[str]) -> SSHKey:
        """Upload a public key.

        Sends ``POST credentials/ssh_keys``.

        Args:
            name: Its name, 3 to 255 characters.
            public_key: The key, 50 to 1024 characters, or the path of a file
                that holds it; ``~`` and ``$VARIABLES`` in a path are expanded.

        Returns:
            The key, with its name only.

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

        Sends ``POST credentials/cloud_files``.

        Args:
            username: The user, 3 to 255 characters.
            api_key: The user's API key, 20 to 40 characters.

        Returns:
            The credential, without its key.

        Raises:
            ConflictError: There is one for this user.
            InvalidError: An argument is invalid. Nothing was sent.

        Example::

            lava.credentials.create_cloud_files("reports", "0123456789abcdef0123456789abcdef")
        """
        secret = Secret(api_key)
        del api_key
        return self._write("POST", "cloud_files", username, secret).cloud_files[0]

    def create_s3(self, access_key_id: str, access_secret_key: str) -> S3Credential:
        """Store a pair of keys for Amazon S3.

        Sends ``POST credentials/s3``.

        Args:
            access_key_id: 20 characters.
            access_secret_key: 40 characters.

        Returns:
            The credential, without its secret key.

        Raises:
            ConflictError: There is one of this id.
            InvalidError: An argument is invalid. Nothing was sent.

        Example::

            lava.credentials.create_s3("AKIDEXAMPLE000000000", "x" * 40)
        """
        secret = Secret(access_secret_key)
        del access_secret_key
        return self._write("POST", "s3", access_key_id, secret).s3[0]

    def create_ambari(self, username: str, password: str) -> AmbariCredential:
        """Store a user of Ambari.

        Sends ``POST credentials/ambari``.

        Args:
            username: The user, 3 to 255 characters.
            password: The password, 8 to 255 characters.

        Returns:
            The credential, without its password.

        Raises:
            ConflictError: There is one for this user.
            InvalidError: An argument is invalid. Nothing was sent.

        Example::

            lava.credentials.create_ambari("reports", "correct horse battery")
        """
        secret = Secret(password)
        del password
        return self._write("POST", "ambari", username, secret).ambari[0]

    def update_ssh_key(self, name: str, public_key: str | os.PathLike[str]) -> SSHKey:
        """Replace the public key of a name.

        Sends ``PUT credentials/ssh_keys/{name}``.

        Args:
            name: Name of the key.
            public_key: The new key, or the path of its file, as for `create_ssh_key`.

        Returns:
            The key, with its name only.

        Raises:
            NotFoundError: There is no key of this name.
            InvalidError: An argument is invalid. Nothing was sent.

        Example::

            lava.credentials.update_ssh_key("laptop", "~/.ssh/id_ed25519.pub")
        """
        secret = public_key if isinstance(public_key, os.PathLike) else Secret(public_key)
        del public_key
        return self._write("PUT", "ssh_keys", name, secret).ssh_keys[0]

    def update_cloud_files(self, username: str, api_key: str) -> CloudFilesCredential:
        """Change the API key of a user.

        Sends ``PUT credentials/cloud_files/{username}``.

        Args:
            username: The user.
            api_key: The new API key, 20 to 40 characters.

        Returns:
            The credential, without its key.

        Raises:
            NotFoundError: There is no credential for this user.
            InvalidError: An argument is invalid. Nothing was sent.

        Example::

            lava.credentials.update_cloud_files("reports", "fedcba9876543210fedcba9876543210")
        """
        secret = Secret(api_key)
        del api_key
        return self._write("PUT", "cloud_files", username, secret).cloud_files[0]

    def update_s3(self, access_key_id: str, access_secret_key: str) -> S3Credential:
        """Change the secret key of a pair of keys.

        Sends ``PUT credentials/s3/{access_key_id}``.

        Args:
            access_key_id: The access key id, 20 characters.
            access_secret_key: The new secret key, 40 characters.

        Returns:
            The credential, without its secret key.

        Raises:
            NotFoundError: There is no credential of this id.
            InvalidError: An argument is invalid. Nothing was sent.

        Example::

            lava.credentials.update_s3("AKIDEXAMPLE000000000", "y" * 40)
        """
        secret = Secret(access_secret_key)
        del access_secret_key
        return self._write("PUT", "s3", access_key_id, secret).s3[0]

    def update_ambari(self, username: str, password: str) -> AmbariCredential:
        """Change the password of a user of Ambari.

        Sends ``PUT credentials/ambari/{username}``.

        Args:
            username: The user.
            password: The new password, 8 to 255 characters.

        Returns:
            The credential, without its password.

        Raises:
            NotFoundError: There is no credential for this user.
            InvalidError: An argument is invalid. Nothing was sent.

        Example::

            lava.credentials.update_ambari("reports", "another horse battery")
        """
        secret = Secret(password)
        del password
        return self._write("PUT", "ambari", username, secret).ambari[0]

    def delete_ssh_key(self, name: Id) -> None:
        """Delete a public key.

        Sends ``DELETE credentials/ssh_keys/{name}``.

        Args:
            name: Name of the key.

        Raises:
            NotFoundError: There is no key of this name.
            ConflictError: A cluster uses it.

        Example::

            lava.credentials.delete_ssh_key("laptop")
        """
        self._delete("ssh_keys", name)

    def delete_cloud_files(self, username: Id) -> None:
        """Delete a user of Cloud Files.

        Sends ``DELETE credentials/cloud_files/{username}``.

        Args:
            username: The user.

        Raises:
            NotFoundError: There is no credential for this user.
            ConflictError: A cluster uses it.

        Example::

            lava.credentials.delete_cloud_files("reports")
        """
        self._delete("cloud_files", username)

    def delete_s3(self, access_key_id: Id) -> None:
        """Delete a pair of keys for Amazon S3.

        Sends ``DELETE credentials/s3/{access_key_id}``.

        Args:
            access_key_id: The access key id, 20 characters.

        Raises:
            NotFoundError: There is no credential of this id.
            ConflictError: A cluster uses it.

        Example::

            lava.credentials.delete_s3("AKIDEXAMPLE000000000")
        """
        self._delete("s3", access_key_id)

    def delete_ambari(self, username: Id) -> None:
        """Delete a user of Ambari.

        Sends ``DELETE credentials/ambari/{username}``.

        Args:
            username: The user.

        Raises:
            NotFoundError: There is no credential for this user.
            ConflictError: A cluster uses it.

        Example::

            lava.credentials.delete_ambari("reports")
        """
        self._delete("ambari", username)

    def _get(self, path: str) -> Credentials:
        credentials = self._client.get(path, _Body[DecodedCredentials]).credentials
        return bind_credentials(credentials, self)

    def _write(
        self, method: str, type_: str, identity: str, secret: Secret | os.PathLike[str]
    ) -> Credentials:
        """Send a credential, and return those of the answer, at least one of its type."""
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
