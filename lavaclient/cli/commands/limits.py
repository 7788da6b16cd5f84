"""``lava limits``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from lavaclient.cli.options.groups import Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.render import Column, show_parts

if TYPE_CHECKING:
    from lavaclient.api.limits import AbsoluteLimits

__all__ = ["limits"]


class _Row(NamedTuple):
    """One limit, with what it limits."""

    resource: str
    limit: int
    used: int
    remaining: int


_COLUMNS = (
    Column("Resource", "resource"),
    Column("Limit", "limit"),
    Column("Used", "used"),
    Column("Remaining", "remaining"),
)


@click.group("limits", cls=Noun)
def limits() -> None:
    """What the account may use."""


@limits.command("get")
@pass_settings
def get(settings: Settings) -> None:
    """Show the limits, and how much of them is left. RAM is in MB, disk in GB."""
    held = settings.lava.limits.get()
    show_parts(settings, held, _rows(held), _COLUMNS, key="resource")


def _rows(held: AbsoluteLimits) -> list[_Row]:
    limits = {"node_count": held.node_count, "ram": held.ram, "disk": held.disk}
    return [
        _Row(name, one.limit, one.used, one.remaining)
        for name, one in {**limits, "vcpus": held.vcpus}.items()
    ]
