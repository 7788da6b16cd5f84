"""``lava limits``."""

from __future__ import annotations

from typing import Final, NamedTuple

import click

from lavaclient.cli.options.groups import ListCommand, Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.columns import Column, View
from lavaclient.cli.output.render import show_parts

__all__ = ["limits"]


class _Row(NamedTuple):
    """A limit, with what it limits and in which unit."""

    resource: str
    limit: int
    used: int
    remaining: int
    unit: str


_LIMITS: Final = View(
    "limits",
    (
        Column("resource", "Resource", "resource"),
        Column("limit", "Limit", "limit"),
        Column("used", "Used", "used"),
        Column("remaining", "Remaining", "remaining"),
        Column("unit", "Unit", "unit"),
    ),
    ("resource", "limit", "used", "remaining"),
    key="resource",
)
_UNITS = {"node_count": "nodes", "ram": "MB", "disk": "GB", "vcpus": "VCPUs"}


@click.group("limits", cls=Noun)
def limits() -> None:
    """What the account may use."""


@limits.command("get", cls=ListCommand, view=_LIMITS)
@pass_settings
def get(settings: Settings) -> None:
    """Show the limits, and how much of them is left."""
    absolute = settings.lava.limits.get()
    rows = []
    for name, unit in _UNITS.items():
        limit = getattr(absolute, name)
        rows.append(_Row(name, limit.limit, limit.used, limit.remaining, unit))
    show_parts(settings, absolute, rows, _LIMITS)
