"""Limits: what an account may use in a region, and what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from lavaclient.api._base import Manager, Model
from lavaclient.api._html import rows_table

__all__ = ["AbsoluteLimit", "AbsoluteLimits", "LimitManager"]


class AbsoluteLimit(Model, frozen=True, kw_only=True, gc=False):
    """The limit of one resource.

    Attributes:
        limit: How much the account may use.
        remaining: How much of it is left.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("limit", "remaining")
    _identity: ClassVar[tuple[str, ...]] = ("limit", "remaining")

    limit: int
    remaining: int

    @property
    def used(self) -> int:
        """How much is in use."""
        return self.limit - self.remaining


class AbsoluteLimits(Model, frozen=True, kw_only=True):
    """The limits of an account in a region.

    Attributes:
        node_count: Number of nodes.
        ram: Memory in MB.
        disk: Disk in GB.
        vcpus: Virtual processors.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("node_count", "ram", "disk", "vcpus")
    _identity: ClassVar[tuple[str, ...]] = ("node_count", "ram", "disk", "vcpus")
    _units: ClassVar[Mapping[str, str]] = {"ram": "MB", "disk": "GB"}

    node_count: AbsoluteLimit
    ram: AbsoluteLimit
    disk: AbsoluteLimit
    vcpus: AbsoluteLimit

    def _repr_html_(self) -> str:
        limits = {name: getattr(self, name) for name in self._repr_fields}
        rows = (
            (name, limit.limit, limit.used, limit.remaining, self._units.get(name))
            for name, limit in limits.items()
        )
        return rows_table(("resource", "limit", "used", "remaining", "unit"), rows)


class _Limits(msgspec.Struct):
    absolute: AbsoluteLimits


class _LimitsBody(msgspec.Struct):
    limits: _Limits


class LimitManager(Manager):
    """The limits: ``lava.limits``."""

    def get(self) -> AbsoluteLimits:
        """Return the limits of the account in this region.

        Sends ``GET limits``.

        Returns:
            The limit of each resource, and how much of it is left.

        Raises:
            ApiError: The answer is not valid.

        Example::

            print(lava.limits.get().node_count.remaining, "nodes are left")
        """
        return self._client.get("limits", _LimitsBody).limits.absolute
