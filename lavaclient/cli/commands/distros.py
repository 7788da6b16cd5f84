"""``lava distros``."""

from __future__ import annotations

import click

from lavaclient.cli.options.completion import DISTRO
from lavaclient.cli.options.groups import Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.render import Column, Section, show_list, show_one
from lavaclient.cli.output.views import component_names

__all__ = ["distros"]

_COLUMNS = (Column("ID", "id", whole=True), Column("Name", "name"), Column("Version", "version"))
_SERVICES = (
    Column("Name", "name"),
    Column("Version", "version"),
    Column("Components", lambda service: component_names(service.components)),
    Column("Modes", "modes"),
    Column("Description", "description"),
)


@click.group("distros", cls=Noun)
def distros() -> None:
    """What stacks are made from."""


@distros.command("list")
@pass_settings
def list_distros(settings: Settings) -> None:
    """List the distributions."""
    show_list(settings, settings.lava.distros.list(), _COLUMNS)


@distros.command("get")
@click.argument("distro", type=DISTRO)
@pass_settings
def get(settings: Settings, distro: str) -> None:
    """Show one distribution and its services."""
    found = settings.lava.distros.get(distro)
    show_one(settings, found, _COLUMNS, [Section("Services", found.services, _SERVICES)])
