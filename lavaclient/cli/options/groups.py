"""Commands and groups of commands: ``-`` and ``_`` alike, global options anywhere."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping

import click
from click.shell_completion import CompletionItem

from lavaclient.cli.options.global_options import OPTIONS, OUTPUT, RUNNING, SIGN_IN
from lavaclient.error import InvalidError

__all__ = ["CONTEXT", "Command", "LazyGroup", "Noun"]


def _spelled(word: str) -> str:
    return word.replace("_", "-")


CONTEXT: Mapping[str, object] = {
    "token_normalize_func": _spelled,
    "help_option_names": ["-h", "--help"],
    "max_content_width": 100,
}


def _named_as_options(text: str, spelled: Mapping[str, str]) -> str:
    """Name options where an error of the SDK names its arguments.

    Args:
        text: The error.
        spelled: The options, by the names of the arguments.
    """
    if not spelled:
        return text
    names = "|".join(map(re.escape, spelled))
    # Elsewhere in a sentence the same word may be just a word.
    places = rf"(^|pass |give |unless |with an? |or )({names})(?:=True)?\b"
    return re.sub(places, lambda found: found[1] + spelled[found[2]], text)


class Command(click.Command):
    """A command that takes the global options beside its own."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return all parameters."""
        return [*super().get_params(ctx), *OPTIONS]

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what is wrong with an argument is said in the program's words."""
        try:
            return super().invoke(ctx)
        except InvalidError as error:
            options = (one for one in self.params if isinstance(one, click.Option) and one.name)
            spelled = {str(one.name): max(one.opts, key=len) for one in options}
            raise click.ClickException(_named_as_options(str(error), spelled)) from error

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options; the global ones are the same everywhere."""
        own = [one for one in super().get_params(ctx) if isinstance(one, click.Option)]
        _write(formatter, "Options", ctx, own)
        formatter.write_paragraph()
        formatter.write_text("The options that 'lava --help' lists may stand here too.")


class Noun(click.Group):
    """What can be done with one kind of thing."""

    command_class = Command

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return all parameters."""
        return [*super().get_params(ctx), *OPTIONS]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command, written with ``_`` where the beginning of it is."""
        if not incomplete[:1].isalnum():  # an option, or nothing yet
            return super().shell_complete(ctx, incomplete)
        found = super().shell_complete(ctx, _spelled(incomplete))
        if "_" in incomplete:
            for item in found:
                item.value = item.value.replace("-", "_")
        return found

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands and the group's own options."""
        self.format_commands(ctx, formatter)
        _write(formatter, "Options", ctx, super().get_params(ctx))


class LazyGroup(Noun):
    """A group that imports a module only when one of its commands is asked for.

    Args:
        name: Name of the group.
        places: Where commands are, ``module:name``, and their short help.
        help: The text of ``--help``.
    """

    def __init__(self, name: str, places: Mapping[str, tuple[str, str]], *, help: str) -> None:
        super().__init__(name, help=help, context_settings=dict(CONTEXT))
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's)
        """Return the names of the commands."""
        return list(self._places)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 (click's)
        cmd_name: str,
    ) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self._places:
            return None
        module, _, name = self._places[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        return command if isinstance(command, click.Command) else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command without importing any."""
        found = [
            CompletionItem(name, help=words)
            for name, (_, words) in self._places.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 (click's)
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in self._places.items()])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands and all global options."""
        self.format_commands(ctx, formatter)
        _write(formatter, "Signing in", ctx, SIGN_IN)
        _write(formatter, "Output", ctx, OUTPUT)
        own = [one for one in click.Group.get_params(self, ctx) if one not in OPTIONS]
        _write(formatter, "Other options", ctx, [*RUNNING, *own])


def _write(
    formatter: click.HelpFormatter,
    title: str,
    context: click.Context,
    parameters: Iterable[click.Parameter],
) -> None:
    records = [one.get_help_record(context) for one in parameters]
    with formatter.section(title):
        formatter.write_dl([record for record in records if record is not None])
