"""``lava credentials``: what is listed; `credential_changes` has the rest."""

from __future__ import annotations

from typing import NamedTuple

import click

from lavaclient.cli.commands.credential_changes import CHANGES
from lavaclient.cli.options.groups import Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.render import Column, show_list, show_parts
from lavaclient.cli.output.views import credential_pairs

__all__ = ["credentials"]


class _Row(NamedTuple):
    """One credential, with its type as clusters name it."""

    type: str
    name: str


_ALL = (Column("Type", "type"), Column("Name", "name"))
_NAME = (Column("Name", "id"),)
_TYPES = (Column("Type", "type"), Column("Fields", "schema"), Column("Connector", "connector"))


@click.group("credentials", cls=Noun)
def credentials() -> None:
    """Keys and passwords that clusters may use."""


for _command in CHANGES:
    credentials.add_command(_command)


@credentials.command("list")
@pass_settings
def list_all(settings: Settings) -> None:
    """List the credentials of all types."""
    held = settings.lava.credentials.list()
    rows = [_Row(kind, name) for kind, name in credential_pairs(held)]
    show_parts(settings, held, rows, _ALL, key="name")


@credentials.command("list-ssh-keys")
@pass_settings
def list_ssh_keys(settings: Settings) -> None:
    """List the SSH keys."""
    show_list(settings, settings.lava.credentials.list_ssh_keys(), _NAME)


@credentials.command("list-cloud-files")
@pass_settings
def list_cloud_files(settings: Settings) -> None:
    """List the users of Cloud Files."""
    show_list(settings, settings.lava.credentials.list_cloud_files(), _NAME)


@credentials.command("list-s3")
@pass_settings
def list_s3(settings: Settings) -> None:
    """List the access keys of Amazon S3."""
    show_list(settings, settings.lava.credentials.list_s3(), _NAME)


@credentials.command("list-ambari")
@pass_settings
def list_ambari(settings: Settings) -> None:
    """List the users of Ambari."""
    show_list(settings, settings.lava.credentials.list_ambari(), _NAME)


@credentials.command("list-types")
@pass_settings
def list_types(settings: Settings) -> None:
    """List the types that there are, and what each consists of."""
    show_list(settings, settings.lava.credentials.list_types(), _TYPES, key="type")
