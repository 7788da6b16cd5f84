"""``lava flavors``."""

from __future__ import annotations

import click

from lavaclient.cli.options.groups import Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.render import Column, show_list

__all__ = ["flavors"]

_COLUMNS = (
    Column("ID", "id", whole=True),
    Column("Name", "name"),
    Column("RAM (MB)", "ram"),
    Column("VCPUs", "vcpus"),
    Column("Disk (GB)", "disk"),
    Column("Class", "flavor_class"),
)


@click.group("flavors", cls=Noun)
def flavors() -> None:
    """Sizes of nodes."""


@flavors.command("list")
@pass_settings
def list_flavors(settings: Settings) -> None:
    """List the flavors."""
    show_list(settings, settings.lava.flavors.list(), _COLUMNS)
