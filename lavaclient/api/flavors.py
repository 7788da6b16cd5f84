"""Flavors: the sizes that nodes come in."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from lavaclient._http.paths import path_segment
from lavaclient.api._base import Id, Link, Manager, Model
from lavaclient.api._pagination import Page, list_pages
from lavaclient.api._resolve import find

__all__ = ["Flavor", "FlavorManager"]


class Flavor(Model, frozen=True, kw_only=True):
    """A size of node.

    Attributes:
        id: The flavor's id, e.g. ``"hadoop1-7"``.
        name: Its name.
        vcpus: Number of virtual processors, or None.
        ram: Memory in MB, or None.
        disk: Disk in GB, or None.
        flavor_class: The family it belongs to, e.g. ``"hadoop1"``, or None.
        links: URLs of it.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("id", "name", "vcpus", "ram", "disk")
    _units: ClassVar[Mapping[str, str]] = {"ram": "MB", "disk": "GB"}

    id: str
    name: str
    vcpus: int | None = None
    ram: int | None = None
    disk: int | None = None
    flavor_class: str | None = msgspec.field(default=None, name="class")
    links: list[Link] = []


class _FlavorsPage(Page[Flavor]):
    items: list[Flavor] = msgspec.field(name="flavors")


class FlavorManager(Manager):
    """The flavors: ``lava.flavors``."""

    def list(self) -> builtins.list[Flavor]:
        """Return all flavors.

        Sends ``GET flavors``, page after page.

        Returns:
            The sizes that nodes come in, in the service's order.

        Raises:
            ApiError: The answer is not valid.

        Example::

            largest = max(lava.flavors.list(), key=lambda flavor: flavor.ram or 0)
        """
        return list_pages(self._client, "flavors", _FlavorsPage)

    def get(self, flavor_id: Id) -> Flavor:
        """Return one flavor, which is looked for in the list.

        Sends ``GET flavors``, page after page.

        Args:
            flavor_id: Id or name of the flavor.

        Returns:
            The flavor.

        Raises:
            NotFoundError: There is no such flavor.
            InvalidError: The argument is not a valid id, or several flavors have that name.

        Example::

            print(lava.flavors.get("hadoop1-7").ram, "MB")
        """
        path_segment("flavor_id", flavor_id)
        return find("flavor", self.list(), flavor_id)
