"""``lava flavors``."""

from __future__ import annotations

import click

from lavaclient.cli.grammar import Noun
from lavaclient.cli.output import Column, show_list
from lavaclient.cli.settings import Settings, pass_settings

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
