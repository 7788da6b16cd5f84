"""Stacks: the blueprints that clusters are made from."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from lavaclient._decode.types import Names, Timestamp
from lavaclient._http.paths import path_segment
from lavaclient.api._base import (
    Bound,
    Component,
    Id,
    Link,
    Manager,
    Model,
    bind,
    bind_all,
    show_as_tables,
)
from lavaclient.api._pagination import Page, list_pages
from lavaclient.api._requests.node_groups import NodeGroups
from lavaclient.api._requests.stacks import new_stack

__all__ = [
    "ResourceLimits",
    "Stack",
    "StackDetail",
    "StackManager",
    "StackNodeGroup",
    "StackService",
]


class ResourceLimits(Model, frozen=True, kw_only=True, gc=False):
    """The limits of a node group of a stack.

    Attributes:
        min_count: Minimum number of nodes, or None.
        max_count: Maximum number of nodes, or None.
        min_ram: Minimum memory of a node in MB, or None.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("min_count", "max_count", "min_ram")
    _identity: ClassVar[tuple[str, ...]] = ("min_count", "max_count", "min_ram")
    _units: ClassVar[Mapping[str, str]] = {"min_ram": "MB"}

    min_count: int | None = None
    max_count: int | None = None
    min_ram: int | None = None


class StackNodeGroup(Model, frozen=True, kw_only=True):
    """A node group of the clusters of a stack.

    Attributes:
        id: The group's id, e.g. ``"slave0"``.
        flavor_id: Id of the default flavor, None if each cluster must set one.
        count: Default number of nodes, None if each cluster must set one.
        components: What runs on each, as dicts with ``name``.
        resource_limits: The limits of a cluster's choice, or None.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("id", "count", "flavor_id")

    id: str
    flavor_id: str | None = None
    count: int | None = None
    components: list[Component] = []
    resource_limits: ResourceLimits | None = None

    def __post_init__(self) -> None:
        """Show lists as tables in notebooks."""
        show_as_tables(self, "components")


class StackService(Model, frozen=True, kw_only=True):
    """A service of a stack, e.g. HDFS.

    Attributes:
        name: Its name.
        modes: Names of the modes that it runs in.
        version: Its version, None in a list of stacks.
        components: The programs it consists of, as dicts with ``name``; empty
            in a list of stacks.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("name", "version")
    _identity: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    modes: Names = msgspec.field(default_factory=list)
    version: str | None = None
    components: list[Component] = []

    def __post_init__(self) -> None:
        """Show lists as tables in notebooks."""
        show_as_tables(self, "components")


class Stack(Bound["StackManager"], Model, frozen=True, kw_only=True):
    """A stack.

    Attributes:
        id: The stack's id, e.g. ``"HDP2.3_Hadoop"``.
        name: Its name.
        description: What it is for, or None.
        distro: Id of the distro that it is made from, or None.
        services: Its services.
        links: URLs of it.
    """

    _repr_fields: ClassVar[tuple[str, ...]] = ("id", "name", "distro")

    id: str
    name: str
    description: str | None = None
    distro: str | None = None
    services: list[StackService] = []
    links: list[Link] = []

    def __post_init__(self) -> None:
        """Show lists as tables in notebooks."""
        show_as_tables(self, "services")

    def refresh(self) -> StackDetail:
        """Return the stack as it is now, with all details, as ``lava.stacks.get`` does.

        Example::

            groups = lava.stacks.list()[0].refresh().node_groups
        """
        return self._manager.get(self.id)

    def delete(self) -> None:
        """Delete it, as ``lava.stacks.delete`` does.

        Example::

            stack.delete()
        """
        self._manager.delete(self.id)


class StackDetail(Stack, frozen=True, kw_only=True):
    """A stack with all details.

    Attributes:
        created: When it was made, or None.
        node_groups: The node groups of its clusters.
        is_deletable: False for a stack of the service itself; or None.
    """

    created: Timestamp = None
    node_groups: list[StackNodeGroup] = []
    is_deletable: bool | None = None

    def __post_init__(self) -> None:
        """Show lists as tables in notebooks."""
        show_as_tables(self, "services", "node_groups")


class _StacksPage(Page[Stack]):
    items: list[Stack] = msgspec.field(name="stacks")


class _StackBody(msgspec.Struct):
    stack: StackDetail


class StackManager(Manager):
    """The stacks: ``lava.stacks``."""

    def list(self) -> builtins.list[Stack]:
        """Return all stacks that the account may use.

        Sends ``GET stacks``, page after page.

        Returns:
            The stacks, without their node groups.

        Raises:
            ApiError: The pages do not end, or changed twice while they were read.

        Example::

            hadoop = [stack for stack in lava.stacks.list() if "Hadoop" in stack.name]
        """
        stacks = list_pages(self._client, "stacks", _StacksPage)
        bind_all(stacks, self)
        return stacks

    def get(self, stack_id: Id) -> StackDetail:
        """Return one stack with all details.

        Sends ``GET stacks/{id}``.

        Args:
            stack_id: The stack's id.

        Returns:
            The stack, with the node groups of its clusters.

        Raises:
            NotFoundError: There is no such stack.
            InvalidError: The argument is not a valid id.

        Example::

            for group in lava.stacks.get("HDP2.3_Hadoop").node_groups:
                print(group.id, group.count, group.flavor_id)
        """
        path = f"stacks/{path_segment('stack_id', stack_id)}"
        return self._bound(self._client.get(path, _StackBody).stack)

    def create(
        self,
        name: str,
        distro: str,
        services: Sequence[Mapping[str, object]],
        node_groups: NodeGroups | None = None,
        description: str | None = None,
    ) -> StackDetail:
        """Create a stack for the account.

        Sends ``POST stacks``.

        Args:
            name: Its name, 1 to 255 characters.
            distro: Id of the distro to make it from.
            services: At least one ``{"name": "HDFS", "modes": ["Secondary"]}``,
                of which ``modes`` may be left out.
            node_groups: ``[{"id": "slave0", "flavor_id": "hadoop1-7", "count": 3,
                "components": [{"name": "Datanode"}]}]``, or a dict of such by
                id. The id has 1 to 36 characters, a count is 0 to 100; all but
                the id may be left out. By default the service derives them from
                the services.
            description: What it is for, 1 to 1024 characters.

        Returns:
            The stack, with its services assigned to node groups.

        Raises:
            ConflictError: There is a stack of this name.
            InvalidError: An argument is invalid. Nothing was sent.

        Example::

            stack = lava.stacks.create("mine", "HDP2.3", [{"name": "HDFS"}, {"name": "YARN"}])
        """
        body = new_stack(name, distro, services, node_groups, description)
        return self._bound(self._client.post("stacks", body, _StackBody).stack)

    def delete(self, stack_id: Id) -> None:
        """Delete a stack of the account.

        Sends ``DELETE stacks/{id}``.

        Args:
            stack_id: The stack's id.

        Raises:
            NotFoundError: There is no such stack.
            ForbiddenError: The stack is the service's own.
            ConflictError: A cluster was made from it.

        Example::

            stack = lava.stacks.create("trial", "HDP2.3", [{"name": "HDFS"}])
            lava.stacks.delete(stack.id)
        """
        self._client.delete(f"stacks/{path_segment('stack_id', stack_id)}")

    def _bound(self, stack: StackDetail) -> StackDetail:
        bind(stack, self)
        return stack
