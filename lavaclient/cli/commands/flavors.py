"""``lava flavors``."""

from __future__ import annotations

from typing import Final

import click

from lavaclient.cli.commands._resolve import get_by_name
from lavaclient.cli.options.completion import FLAVOR
from lavaclient.cli.options.groups import Command, ListCommand, Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.columns import Column, View
from lavaclient.cli.output.render import show_list, show_one

__all__ = ["flavors"]

_FLAVORS: Final = View(
    "flavors",
    (
        Column("id", "ID", "id", whole=True),
        Column("name", "Name", "name"),
        Column("ram_(mb)", "RAM (MB)", "ram"),
        Column("vcpus", "VCPUs", "vcpus"),
        Column("disk_(gb)", "Disk (GB)", "disk"),
        Column("class", "Class", "flavor_class", rank=1),
    ),
    ("id", "name", "ram_(mb)", "vcpus", "disk_(gb)"),
)


@click.group("flavors", cls=Noun)
def flavors() -> None:
    """Sizes of nodes."""


@flavors.command("list", cls=ListCommand, view=_FLAVORS)
@pass_settings
def list_flavors(settings: Settings) -> None:
    """List the flavors."""
    show_list(settings, settings.lava.flavors.list(), _FLAVORS)


@flavors.command("get", cls=Command, view=_FLAVORS)
@click.argument("flavor", type=FLAVOR)
@pass_settings
def get(settings: Settings, flavor: str) -> None:
    """Show one flavor, by id or by name."""
    manager = settings.lava.flavors
    show_one(settings, get_by_name("flavor", flavor, manager.get, manager.list), _FLAVORS)
