"""``lava distros``."""

from __future__ import annotations

from typing import Final

import click

from lavaclient.cli.commands._resolve import get_by_name
from lavaclient.cli.options.completion import DISTRO
from lavaclient.cli.options.groups import Command, ListCommand, Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.columns import Column, Section, View
from lavaclient.cli.output.render import show_list, show_one
from lavaclient.cli.output.views import component_names

__all__ = ["distros"]

_DISTROS: Final = View(
    "distros",
    (
        Column("id", "ID", "id", whole=True),
        Column("name", "Name", "name"),
        Column("version", "Version", "version"),
    ),
    ("id", "name", "version"),
)
_SERVICES: Final = (
    Column("name", "Name", "name"),
    Column("version", "Version", "version"),
    Column("components", "Components", lambda service: component_names(service.components)),
    Column("modes", "Modes", "modes", rank=1),
    Column("description", "Description", "description", rank=2),
)


@click.group("distros", cls=Noun)
def distros() -> None:
    """What stacks are made from."""


@distros.command("list", cls=ListCommand, view=_DISTROS)
@pass_settings
def list_distros(settings: Settings) -> None:
    """List the distributions."""
    show_list(settings, settings.lava.distros.list(), _DISTROS)


@distros.command("get", cls=Command, view=_DISTROS)
@click.argument("distro", type=DISTRO)
@pass_settings
def get(settings: Settings, distro: str) -> None:
    """Show one distribution and its services, by id or by name."""
    manager = settings.lava.distros
    detail = get_by_name("distro", distro, manager.get, manager.list)
    show_one(settings, detail, _DISTROS, [Section("Services", detail.services, _SERVICES)])
