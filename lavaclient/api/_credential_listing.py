"""The shapes in which the service lists credentials."""

from __future__ import annotations

import msgspec

from lavaclient._decode.reader import read

__all__ = ["FIELDS", "by_type"]

FIELDS = {
    "ssh_keys": "key_name",
    "cloud_files": "username",
    "s3": "access_key_id",
    "ambari": "username",
}
"""The types that are known, and for each the field that identifies one of them."""


class _Name(msgspec.Struct):
    name: str


class _Used(msgspec.Struct):
    """A credential as a cluster lists those that it uses."""

    type: str
    name: str | None = None
    credential: _Name | None = None

    def __post_init__(self) -> None:
        if self.name is None:
            if self.credential is None:
                raise ValueError("Object missing required field `name`")
            self.name = self.credential.name


def by_type(value: object) -> dict[str, list[object]]:
    """Return the credentials of each type, as a list of all types or a cluster's gives them.

    Raises:
        UnreadableError: It is neither.
    """
    if value is None:
        return {}
    if isinstance(value, list):
        return _by_type(read(value, list[_Used]))
    found = read(value, dict[str, object])
    return {type_: _present(items) for type_, items in found.items()}


def _by_type(used: list[_Used]) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for credential in used:
        field = FIELDS.get(credential.type, "name")
        found.setdefault(credential.type, []).append({field: credential.name})
    return found


def _present(items: object) -> list[object]:
    listed = items if isinstance(items, list) else [items]
    return [item for item in listed if item is not None]
