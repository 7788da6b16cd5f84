"""The formats in which the service lists credentials."""

from __future__ import annotations

import msgspec

from lavaclient._decode.reader import read
from lavaclient.api._credential_kinds import KINDS

__all__ = ["by_type"]


class _Name(msgspec.Struct):
    name: str


class _UsedCredential(msgspec.Struct):
    """A credential in the list of a cluster."""

    type: str
    name: str | None = None
    credential: _Name | None = None

    def __post_init__(self) -> None:
        if self.name is None:
            if self.credential is None:
                raise ValueError("Object missing required field `name`")
            self.name = self.credential.name


def by_type(value: object) -> dict[str, list[object]]:
    """Return the credentials by type, from a list of all types or from a cluster's list.

    Raises:
        UnreadableError: It is neither.
    """
    if value is None:
        return {}
    if not isinstance(value, list):
        fields = read(value, dict[str, object])
        return {type_: _present(credentials) for type_, credentials in fields.items()}
    credentials: dict[str, list[object]] = {}
    for used in read(value, list[_UsedCredential]):
        field = KINDS[used.type].id_field if used.type in KINDS else "name"
        credentials.setdefault(used.type, []).append({field: used.name})
    return credentials


def _present(value: object) -> list[object]:
    credentials = value if isinstance(value, list) else [value]
    return [credential for credential in credentials if credential is not None]
