"""``lava credentials create-*``, ``update-*`` and ``delete-*``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from lavaclient.cli.commands._confirm import delete_each, force_option
from lavaclient.cli.options.completion import CompletedParam
from lavaclient.cli.options.groups import Command
from lavaclient.cli.options.secret_prompt import ASK, read_secret
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.columns import Column, Model, View, printable
from lavaclient.cli.output.render import show_one

# Help and completion need no client.
if TYPE_CHECKING:
    from lavaclient.api.credentials import CredentialManager

__all__ = ["CHANGES", "KINDS", "Kind"]


class Kind(NamedTuple):
    """A type of credential: the names of its commands, and what they say.

    A command calls the manager's method of its name: ``create-ssh-key`` calls ``create_ssh_key``.

    Attributes:
        command: The end of its commands' names.
        plural: The end of the name of the command that lists them.
        noun: Its noun in the singular.
        title: What identifies one.
        secret: The name in help of its secret.
        option: Another way to give the secret.
        is_hidden: Whether the secret is typed without echo.
    """

    command: str
    plural: str
    noun: str
    title: str
    secret: str
    option: str | None = None
    is_hidden: bool = True

    @property
    def name(self) -> str:
        """The name in help of the argument that identifies one."""
        return self.title.replace(" ", "_").upper()

    @property
    def view(self) -> View:
        """Its columns."""
        name = self.name.lower()
        columns = (Column("type", "Type", "type"), Column(name, self.title, "id"))
        return View(f"{self.noun}s", columns, ("type", name))

    def list_all(self, manager: CredentialManager) -> Sequence[Model]:
        """Return those of this type."""
        models: Sequence[Model] = _method(manager, f"list-{self.plural}")()
        return models


def _method(manager: CredentialManager, command: str) -> Callable[..., Any]:
    method: Callable[..., Any] = getattr(manager, command.replace("-", "_"))
    return method


KINDS = (
    Kind("ssh-key", "ssh-keys", "SSH key", "Name", "PUBLIC_KEY", is_hidden=False),
    Kind("cloud-files", "cloud-files", "Cloud Files user", "Username", "API_KEY"),
    Kind("s3", "s3", "S3 access key", "Access key ID", "SECRET_KEY"),
    Kind("ambari", "ambari", "Ambari user", "Username", "PASSWORD", option="--ambari-password"),
)
_WARNING = """If {secret} is given here, the shell's history and the list of processes show it.
Leave it out, or give -, to be asked for it without echo; from a pipe one line is
read."""
_PUBLIC = """PUBLIC_KEY is the path of a file, ~/.ssh/id_rsa.pub for example, or the key
itself. A private key is refused."""


def _writing(kind: Kind, verb: str, summary: str) -> click.Command:
    """Make the command that creates or updates."""
    command = f"{verb}-{kind.command}"
    names = _names(kind)

    @click.command(
        command,
        cls=Command,
        view=kind.view,
        help=f"{summary}\n\n{_WARNING.format(secret=kind.secret) if kind.is_hidden else _PUBLIC}",
        short_help=summary,
    )
    @click.argument("name", metavar=kind.name, type=names if verb == "update" else None)
    @click.argument("secret", metavar=kind.secret, required=not kind.is_hidden)
    @pass_settings
    def write(
        settings: Settings, name: str, secret: str | None, secret_option: str | None = None
    ) -> None:
        text = secret if secret_option is None else secret_option
        if kind.is_hidden and (text is None or text == ASK):
            title = _title(kind.secret)
            text = read_secret(title[0].upper() + title[1:], headless=settings.headless)
        credential = _method(settings.lava.credentials, command)(name, str(text))
        show_one(settings, credential, kind.view)

    if kind.option is not None:
        help_text = "The same, as an option."
        option = click.Option([kind.option, "secret_option"], metavar=kind.secret, help=help_text)
        write.params.append(option)
    return write


def _deleting(kind: Kind) -> click.Command:
    """Make the command that deletes."""
    command = f"delete-{kind.command}"

    @click.command(command, cls=Command, help=f"Delete {kind.noun}s.")
    @click.argument("names", metavar=f"{kind.name}...", nargs=-1, required=True, type=_names(kind))
    @force_option
    @pass_settings
    def delete(settings: Settings, names: tuple[str, ...], force: bool) -> None:
        delete_one = _method(settings.lava.credentials, command)
        labels = {name: printable(name) for name in names}
        delete_each(settings, kind.noun, labels, delete_one, force=force)

    return delete


def _title(metavar: str) -> str:
    return metavar.replace("_", " ").lower().replace("api", "API")


def _names(kind: Kind) -> CompletedParam:
    return CompletedParam(
        kind.command,
        lambda lava, _: [
            (str(kind.view.columns[1].of(model)), kind.noun)
            for model in kind.list_all(lava.credentials)
        ],
    )


def _commands() -> Iterator[click.Command]:
    for kind in KINDS:
        yield _writing(kind, "create", f"Store the {kind.noun} in the service.")
        yield _writing(kind, "update", f"Replace the {_title(kind.secret)} of the {kind.noun}.")
        yield _deleting(kind)


CHANGES = tuple(_commands())
