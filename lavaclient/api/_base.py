"""The base classes of models and managers."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import (
    ClassVar,
    Final,
    Generic,
    NoReturn,
    Required,
    SupportsIndex,
    TypeAlias,
    TypedDict,
    TypeVar,
)

import msgspec
from msgspec.structs import force_setattr

from lavaclient._http.service_client import ServiceClient
from lavaclient.api._html import fields_table
from lavaclient.api._table_list import TableList
from lavaclient.error import InvalidError

__all__ = [
    "Bound",
    "Component",
    "Id",
    "Link",
    "Manager",
    "Model",
    "ServerStatus",
    "bind",
    "bind_all",
    "show_as_tables",
]

Id: TypeAlias = str | int | uuid.UUID
"""The types of an id as an argument; the service writes ids as strings."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all models.

    Models are values: they do not change, are equal when all their fields are,
    and can be hashed, copied and pickled. Setting a field is an AttributeError.
    For the current state of an object, get it again.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("id", "name")
    _identity: ClassVar[tuple[str, ...]] = ("id",)
    _units: ClassVar[Mapping[str, str]] = {}

    def to_dict(self) -> dict[str, object]:
        """Return the fields as a dict.

        Returns:
            The values by the names of their attributes. Nested models become
            dicts as well, datetimes are kept.

        Example::

            import json

            print(json.dumps(lava.limits.get().to_dict(), default=str))
        """
        names = [name for name in self.__struct_fields__ if not name.startswith("_")]
        return {name: _plain(getattr(self, name)) for name in names}

    def __hash__(self) -> int:
        """Hash the type and what identifies the object: the rest may hold lists."""
        values = (getattr(self, name) for name in self._identity)
        return hash((type(self), *(tuple(v) if isinstance(v, list) else v for v in values)))

    def __repr__(self) -> str:
        fields = " ".join(f"{name}={getattr(self, name)!r}" for name in self._repr_fields)
        return f"<{type(self).__name__} {fields}>"

    def _repr_html_(self) -> str:
        """Return the fields as a table, for notebooks."""
        return fields_table(self)


def show_as_tables(model: Model, *names: str) -> None:
    """Make notebooks show these lists of a model as tables."""
    for name in names:
        force_setattr(model, name, TableList(getattr(model, name)))


def _plain(value: object) -> object:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value


class Link(Model, frozen=True, kw_only=True, gc=False):
    """The URL of a resource, as the service gives it.

    Attributes:
        rel: The relation of the URL to the resource: ``self``, ``bookmark`` or ``next``.
        href: The URL.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("rel", "href")
    _identity: ClassVar[tuple[str, ...]] = ("rel", "href")

    rel: str = ""
    href: str = ""


class Component(TypedDict, total=False):
    """A program that runs on a node, as a plain dict.

    Attributes:
        name: The service's name for it; always present.
        nice_name: A name for display.
        uri: Where it can be reached from within the cluster.
        mode: In a distro, the mode in which the component is used.
    """

    name: Required[str]
    nice_name: str
    uri: str
    mode: str


class ServerStatus:
    """The known statuses that clusters and nodes share; the service may use others.

    Attributes:
        BUILDING: In progress: it is being created.
        BUILD: Another name of BUILDING.
        CONFIGURING: In progress: software is being set up on it.
        CONFIGURED: In progress: software is set up, the next step follows.
        UPDATING: In progress: a change that was asked for is being made.
        REBOOTING: In progress: it is restarting.
        RESIZING: In progress: nodes are being added or removed.
        WAITING: In progress: the next step has not begun.
        ACTIVE: It works, and may be changed.
        ERROR: Creating or changing it failed; it can only be read and deleted.
        IMPAIRED: A part of it does not work.
        DELETING: It is being deleted.
        DELETED: It has been deleted.
        IN_PROGRESS: All those in progress, which another status follows.
    """

    BUILDING: Final = "BUILDING"
    BUILD: Final = "BUILD"
    CONFIGURING: Final = "CONFIGURING"
    CONFIGURED: Final = "CONFIGURED"
    UPDATING: Final = "UPDATING"
    REBOOTING: Final = "REBOOTING"
    RESIZING: Final = "RESIZING"
    WAITING: Final = "WAITING"
    ACTIVE: Final = "ACTIVE"
    ERROR: Final = "ERROR"
    IMPAIRED: Final = "IMPAIRED"
    DELETING: Final = "DELETING"
    DELETED: Final = "DELETED"

    IN_PROGRESS: Final = frozenset(
        {BUILDING, BUILD, CONFIGURING, CONFIGURED, UPDATING, REBOOTING, RESIZING, WAITING}
    )


class Manager:
    """Base of the resource managers; ``Lava`` makes one of each."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def __repr__(self) -> str:
        client: ServiceClient | None = getattr(self, "_client", None)
        return f"<{type(self).__name__} of {client.endpoint if client else 'no client'}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError(
            f"a {type(self).__name__} cannot be pickled or copied, nor can its methods be sent to"
            " another process: it belongs to a Lava, which holds connections and a sign-in;"
            " construct a Lava there"
        )


M = TypeVar("M")


class Bound(Generic[M]):
    """Gives a model a reference to its manager.

    The manager is in a slot and is not a field: it is not decoded, compared,
    shown or pickled.
    """

    __slots__ = ("_bound_to",)

    _bound_to: M

    @property
    def _manager(self) -> M:
        try:
            return self._bound_to
        except AttributeError:
            name = type(self).__name__
            raise InvalidError(
                f"this {name} belongs to no client, as it was copied, unpickled or made by hand: "
                "use the client's own methods with its id"
            ) from None


def bind(model: Bound[M], manager: M) -> None:
    """Let a model's own methods use this manager."""
    bind_all([model], manager)


def bind_all(models: Iterable[Bound[M]], manager: M) -> None:
    """Let the methods of all these models use this manager."""
    for model in models:
        force_setattr(model, "_bound_to", manager)  # type: ignore[arg-type] # all are structs
