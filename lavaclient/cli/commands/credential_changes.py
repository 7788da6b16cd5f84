"""``lava credentials create-*``, ``update-*`` and ``delete-*``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import click

from lavaclient.cli.commands._confirm import delete_each, force_option
from lavaclient.cli.options.completion import Known
from lavaclient.cli.options.groups import Command
from lavaclient.cli.options.secret_prompt import ASK, read_secret
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.render import Column, Thing, printable, show_one

if TYPE_CHECKING:
    from lavaclient.api.credentials import CredentialManager

__all__ = ["CHANGES"]

_NAME = (Column("Type", "type"), Column("Name", "id"))


class _Kind(NamedTuple):
    """A type of credential: how its commands are called, and what they call."""

    command: str
    noun: str
    name: str
    secret: str
    create: Callable[[CredentialManager, str, str], Thing]
    update: Callable[[CredentialManager, str, str], Thing]
    delete: Callable[[CredentialManager, str], object]
    held: Callable[[CredentialManager], list[str]]
    is_hidden: bool = True


_KINDS = (
    _Kind(
        "ssh-key",
        "SSH key",
        "NAME",
        "PUBLIC_KEY",
        lambda manager, name, key: manager.create_ssh_key(name, key),
        lambda manager, name, key: manager.update_ssh_key(name, key),
        lambda manager, name: manager.delete_ssh_key(name),
        lambda manager: [one.id for one in manager.list_ssh_keys()],
        is_hidden=False,
    ),
    _Kind(
        "cloud-files",
        "Cloud Files user",
        "USERNAME",
        "API_KEY",
        lambda manager, name, key: manager.create_cloud_files(name, key),
        lambda manager, name, key: manager.update_cloud_files(name, key),
        lambda manager, name: manager.delete_cloud_files(name),
        lambda manager: [one.id for one in manager.list_cloud_files()],
    ),
    _Kind(
        "s3",
        "S3 access key",
        "ACCESS_KEY_ID",
        "SECRET_KEY",
        lambda manager, name, key: manager.create_s3(name, key),
        lambda manager, name, key: manager.update_s3(name, key),
        lambda manager, name: manager.delete_s3(name),
        lambda manager: [one.id for one in manager.list_s3()],
    ),
    _Kind(
        "ambari",
        "Ambari user",
        "USERNAME",
        "PASSWORD",
        lambda manager, name, password: manager.create_ambari(name, password),
        lambda manager, name, password: manager.update_ambari(name, password),
        lambda manager, name: manager.delete_ambari(name),
        lambda manager: [one.id for one in manager.list_ambari()],
    ),
)
_WARNING = """{secret} stands in the shell's history and in the list of processes when it is
given here. Leave it out, or give -, to be asked for it without echo; from a
pipe one line is read."""
_PUBLIC = """PUBLIC_KEY is the path of a file, ~/.ssh/id_rsa.pub for example, or the key
itself. A private key is refused."""


def _secret(settings: Settings, kind: _Kind, given: str | None) -> str:
    if given is not None and given != ASK:
        return given
    words = _words(kind.secret)
    return read_secret(words[0].upper() + words[1:], headless=settings.headless)


def _words(metavar: str) -> str:
    return metavar.replace("_", " ").lower().replace("api", "API")


def _writing(kind: _Kind, verb: str, words: str) -> click.Command:
    """Make the command that creates or updates."""
    call = kind.create if verb == "create" else kind.update

    @click.command(
        f"{verb}-{kind.command}",
        cls=Command,
        help=f"{words}\n\n{_WARNING.format(secret=kind.secret) if kind.is_hidden else _PUBLIC}",
        short_help=words,
    )
    @click.argument("name", metavar=kind.name, type=_known(kind) if verb == "update" else None)
    @click.argument("secret", metavar=kind.secret, required=not kind.is_hidden)
    @pass_settings
    def write(settings: Settings, name: str, secret: str | None) -> None:
        value = _secret(settings, kind, secret) if kind.is_hidden else str(secret)
        show_one(settings, call(settings.lava.credentials, name, value), _NAME)

    return write


def _deleting(kind: _Kind) -> click.Command:
    """Make the command that deletes."""

    @click.command(f"delete-{kind.command}", cls=Command, help=f"Delete {kind.noun}s.")
    @click.argument("names", metavar=f"{kind.name}...", nargs=-1, required=True, type=_known(kind))
    @force_option
    @pass_settings
    def delete(settings: Settings, names: tuple[str, ...], force: bool) -> None:
        manager = settings.lava.credentials
        things = {name: printable(name) for name in names}
        delete_each(
            settings, kind.noun, things, lambda name: kind.delete(manager, name), force=force
        )

    return delete


def _known(kind: _Kind) -> Known:
    return Known(kind.command, lambda lava: [(n, kind.noun) for n in kind.held(lava.credentials)])


def _commands() -> Iterator[click.Command]:
    for kind in _KINDS:
        yield _writing(kind, "create", f"Make the {kind.noun} known to the service.")
        yield _writing(kind, "update", f"Replace the {_words(kind.secret)} of the {kind.noun}.")
        yield _deleting(kind)


CHANGES = tuple(_commands())
