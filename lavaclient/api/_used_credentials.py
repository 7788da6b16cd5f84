"""The credentials that a cluster uses; what they are made of is imported with the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lavaclient._reader import odd
from lavaclient._transport import Transport

if TYPE_CHECKING:
    from lavaclient.api.credentials import Credentials

__all__ = ["UsedCredentials", "bind_used", "none_used"]


def none_used() -> Credentials:
    """Return the credentials of a cluster that uses none."""
    from lavaclient.api.credentials import Credentials

    return Credentials()


def bind_used(credentials: Credentials, transport: Transport) -> None:
    """Let the methods of all these credentials go to the service this way."""
    from lavaclient.api.credentials import CredentialManager, bind_credentials

    bind_credentials(credentials, CredentialManager(transport))


def _read(value: object) -> Credentials:
    from lavaclient.api.credentials import read_credentials

    return read_credentials(value)


if TYPE_CHECKING:
    UsedCredentials: TypeAlias = Credentials
else:
    UsedCredentials = odd("Credentials", _read)
