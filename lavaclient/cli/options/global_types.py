"""Types of global options, which a shell completes without asking the service."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from lavaclient.cli.options.param_types import TextType
from lavaclient.cli.options.settings import Settings
from lavaclient.error import LavaError

__all__ = ["COLUMN_NAMES", "PROFILE", "REGION"]


class _ColumnNames(TextType):
    """Names of columns, separated by commas; the last one is completed."""

    name = "columns"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the columns of the command."""
        del param
        view = getattr(ctx.command, "view", None)
        before, comma, prefix = incomplete.rpartition(",")
        sign = "-" if prefix.startswith("-") else ""
        return [
            CompletionItem(f"{before}{comma}{sign}{column.key}", help=column.title)
            for column in (view.columns if view else ())
            if column.key.startswith(prefix.removeprefix("-"))
        ]


class _Profile(TextType):
    """The name of a profile."""

    name = "profile"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names of the profiles; none if their file cannot be read."""
        del param
        try:
            names = ctx.ensure_object(Settings).account.profile_names()
        except LavaError:
            return []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


class _Region(TextType):
    """A region of the service."""

    name = "region"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the regions in the API reference."""
        del ctx, param
        names = ("DFW", "IAD", "LON", "ORD")
        return [CompletionItem(name) for name in names if name.startswith(incomplete.upper())]


COLUMN_NAMES = _ColumnNames()
PROFILE = _Profile()
REGION = _Region()
