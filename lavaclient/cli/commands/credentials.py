"""``lava credentials``: the lists; `credential_changes` has the other commands."""

from __future__ import annotations

from typing import Final, NamedTuple

import click

from lavaclient.cli.commands.credential_changes import CHANGES, KINDS, Kind
from lavaclient.cli.options.groups import ListCommand, Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.columns import Column, View
from lavaclient.cli.output.render import show_list, show_parts
from lavaclient.cli.output.views import credential_pairs

__all__ = ["credentials"]


class _Row(NamedTuple):
    """One credential, with its type as clusters name it."""

    type: str
    name: str


_ALL: Final = View(
    "credentials",
    (Column("type", "Type", "type"), Column("name", "Name", "name")),
    ("type", "name"),
    key="name",
)
_TYPES: Final = View(
    "types of credential",
    (
        Column("type", "Type", "type"),
        Column("fields", "Fields", "schema"),
        Column("connector", "Connector", "connector"),
    ),
    ("type", "fields", "connector"),
    key="type",
)


@click.group("credentials", cls=Noun)
def credentials() -> None:
    """Keys and passwords that clusters may use."""


@credentials.command("list", cls=ListCommand, view=_ALL)
@pass_settings
def list_all(settings: Settings) -> None:
    """List the credentials of all types."""
    owned = settings.lava.credentials.list()
    rows = [_Row(kind, name) for kind, name in credential_pairs(owned)]
    show_parts(settings, owned, rows, _ALL)


def _listing(kind: Kind) -> click.Command:
    """Make the command that lists credentials of one type."""

    @click.command(
        f"list-{kind.plural}", cls=ListCommand, view=kind.view, help=f"List the {kind.noun}s."
    )
    @pass_settings
    def list_kind(settings: Settings) -> None:
        show_list(settings, kind.list_all(settings.lava.credentials), kind.view)

    return list_kind


for _command in (*map(_listing, KINDS), *CHANGES):
    credentials.add_command(_command)


@credentials.command("list-types", cls=ListCommand, view=_TYPES)
@pass_settings
def list_types(settings: Settings) -> None:
    """List the types of credential, with their fields."""
    show_list(settings, settings.lava.credentials.list_types(), _TYPES)
