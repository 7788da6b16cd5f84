"""Commands and groups: names with ``-`` or ``_``, global options before or after the command."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping, Sequence

import click
from click.shell_completion import CompletionItem

from lavaclient.cli.options.abbreviations import expand, hyphenated
from lavaclient.cli.options.global_options import LIST, OPTIONS, OUTPUT, RUNNING, SIGN_IN
from lavaclient.cli.options.settings import Settings
from lavaclient.cli.output.columns import View
from lavaclient.cli.output.layout import Layout
from lavaclient.error import InvalidError

__all__ = ["CONTEXT", "Command", "LazyGroup", "ListCommand", "Noun"]

CONTEXT: Mapping[str, object] = {
    "token_normalize_func": hyphenated,
    "help_option_names": ["-h", "--help"],
    "max_content_width": 100,
}
# The names of commands in other programs.
_SYNONYMS = {
    **dict.fromkeys(("show", "describe", "info", "view"), "get"),
    **dict.fromkeys(("remove", "rm", "destroy", "del"), "delete"),
    **dict.fromkeys(("add", "new", "build", "boot"), "create"),
    **dict.fromkeys(("ls", "all"), "list"),
    **dict.fromkeys(("scale", "grow", "shrink"), "resize"),
    **dict.fromkeys(("login", "token"), "authenticate"),
    **dict.fromkeys(("exec", "run"), "ssh"),
    **dict.fromkeys(("config", "profile", "profiles"), "configure"),
    **dict.fromkeys(("keys", "key", "ssh-keys"), "credentials"),
}


def _named_as_options(text: str, spellings: Mapping[str, str]) -> str:
    """Replace names of arguments in an error of the SDK by those of options.

    Args:
        text: The error.
        spellings: The options, by the names of the arguments.
    """
    if not spellings:
        return text
    names = "|".join(map(re.escape, spellings))
    # Elsewhere in a sentence the same word may have its ordinary meaning.
    places = rf"(^|pass |give |unless |with an? |or )({names})(?:=True)?\b"
    return re.sub(places, lambda match: match[1] + spellings[match[2]], text)


class _TakesGlobalOptions(click.Command):
    """A command or a group that takes the global options beside its own."""

    def shared_options(self) -> list[click.Parameter]:
        """Return the options that it shares with other commands."""
        return OPTIONS

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return all parameters."""
        return [*super().get_params(ctx), *self.shared_options()]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Expand abbreviated options before they are parsed."""
        arguments = expand(
            args,
            self.get_params(ctx),
            interspersed=ctx.allow_interspersed_args,
            is_begun=ctx.resilient_parsing,
        )
        return super().parse_args(ctx, arguments)


class Command(_TakesGlobalOptions):
    """A command.

    Args:
        view: How its output is shown, if it has any.
    """

    def __init__(self, *args: object, view: View | None = None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.view = view

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error of the SDK names options instead of arguments."""
        if self.view is not None:
            # Invalid columns are an error before anything is changed.
            Layout.of(ctx.ensure_object(Settings), self.view)
        try:
            return super().invoke(ctx)
        except InvalidError as error:
            options = [option for option in self.params if isinstance(option, click.Option)]
            spellings = {str(option.name): max(option.opts, key=len) for option in options}
            raise click.ClickException(_named_as_options(str(error), spellings)) from error

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options; the help of ``lava`` has the global ones."""
        params = click.Command.get_params(self, ctx)
        own = [option for option in params if isinstance(option, click.Option)]
        listing = [option for option in self.shared_options() if option not in OPTIONS]
        _write(formatter, "Options", ctx, [*listing, *own])
        formatter.write_paragraph()
        formatter.write_text("The options that 'lava --help' lists may be given here too.")


class ListCommand(Command):
    """A command that lists things, which may be sorted and filtered."""

    def shared_options(self) -> list[click.Parameter]:
        """Return the options that it shares with other commands."""
        return [*LIST, *OPTIONS]


class Noun(_TakesGlobalOptions, click.Group):
    """The commands of one noun."""

    command_class: type[click.Command] | None = Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; an unknown name is an error that suggests similar ones."""
        word = hyphenated(args[0])
        if self.get_command(ctx, word) is None and not ctx.resilient_parsing and word[:1] != "-":
            names = _similar(word, self.list_commands(ctx))
            hint = f" Did you mean {' or '.join(map(repr, names))}?" if names else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command, with ``_`` if the word typed so far has one."""
        if not incomplete[:1].isalnum():  # an option, or nothing yet
            return super().shell_complete(ctx, incomplete)
        items = super().shell_complete(ctx, hyphenated(incomplete))
        if "_" in incomplete:
            for item in items:
                item.value = item.value.replace("-", "_")
        return items

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands and the group's own options."""
        self.format_commands(ctx, formatter)
        _write(formatter, "Options", ctx, click.Group.get_params(self, ctx))


class LazyGroup(Noun):
    """A group that imports a command's module only when it is used.

    Args:
        name: Name of the group.
        places: The commands as ``module:name``, and their short help.
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
        items = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in self._places.items()
            if name.startswith(incomplete)
        ]
        return items + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 (click's)
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self._places.items()])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands and all global options."""
        self.format_commands(ctx, formatter)
        _write(formatter, "Signing in", ctx, SIGN_IN)
        _write(formatter, "Output", ctx, OUTPUT)
        own = [option for option in click.Group.get_params(self, ctx) if option not in OPTIONS]
        _write(formatter, "Other options", ctx, [*RUNNING, *own])


def _similar(word: str, names: Sequence[str]) -> list[str]:
    """Return the names that a word may mean: a synonym's, the plural, or similar ones."""
    for name in (_SYNONYMS.get(word, word), f"{word}s"):
        if name in names:
            return [name]
    # Only a mistyped command needs it.
    from difflib import get_close_matches

    return get_close_matches(word, names, n=3, cutoff=0.6)


def _write(
    formatter: click.HelpFormatter,
    title: str,
    context: click.Context,
    parameters: Iterable[click.Parameter],
) -> None:
    records = [parameter.get_help_record(context) for parameter in parameters]
    with formatter.section(title):
        formatter.write_dl([record for record in records if record is not None])
