"""Distros: the distributions of software that stacks are made from."""

from __future__ import annotations

import builtins
from typing import ClassVar

import msgspec

from lavaclient._decode.types import Names
from lavaclient._http.paths import path_segment
from lavaclient.api._base import Component, Id, Link, Manager, Model, show_as_tables
from lavaclient.api._pagination import Page, list_pages

__all__ = ["Distro", "DistroDetail", "DistroManager", "DistroService"]


class DistroService(Model, frozen=True, kw_only=True):
    """A service of a distro, e.g. HDFS.

    Attributes:
        name: Its name.
        version: Its version, or None.
        description: What it is, or None.
        components: The programs it consists of, as dicts with ``name`` and,
            for those that only one mode uses, ``mode``.
        modes: Names of the modes that it can run in.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("name", "version")
    _identity: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    version: str | None = None
    description: str | None = None
    components: list[Component] = []
    modes: Names = msgspec.field(default_factory=list)

    def __post_init__(self) -> None:
        """Show lists as tables in notebooks."""
        show_as_tables(self, "components")


class Distro(Model, frozen=True, kw_only=True):
    """A distribution.

    Attributes:
        id: The distro's id, e.g. ``"HDP2.2"``.
        name: Its name.
        version: Its version, or None.
        links: URLs of it.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("id", "name", "version")

    id: str
    name: str
    version: str | None = None
    links: list[Link] = []


class DistroDetail(Distro, frozen=True, kw_only=True):
    """A distribution with its services.

    Attributes:
        services: Its services.
    """

    services: list[DistroService] = []

    def __post_init__(self) -> None:
        """Show lists as tables in notebooks."""
        show_as_tables(self, "services")


class _DistrosPage(Page[Distro]):
    items: list[Distro] = msgspec.field(name="distros")


class _DistroBody(msgspec.Struct):
    distro: DistroDetail


class DistroManager(Manager):
    """The distros: ``lava.distros``."""

    def list(self) -> builtins.list[Distro]:
        """Return all distros, without their services.

        Sends ``GET distros``, page after page.

        Returns:
            The distros, in the service's order.

        Raises:
            ApiError: The answer is not valid.

        Example::

            names = {distro.id: distro.name for distro in lava.distros.list()}
        """
        return list_pages(self._client, "distros", _DistrosPage)

    def get(self, distro_id: Id) -> DistroDetail:
        """Return one distro with its services.

        Sends ``GET distros/{id}``.

        Args:
            distro_id: The distro's id.

        Returns:
            The distro.

        Raises:
            NotFoundError: There is no such distro.
            InvalidError: The argument is not a valid id.

        Example::

            for service in lava.distros.get("HDP2.2").services:
                print(service.name, service.version)
        """
        path = f"distros/{path_segment('distro_id', distro_id)}"
        return self._client.get(path, _DistroBody).distro
