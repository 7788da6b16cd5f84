"""Questions to the user, and deletions that are confirmed first."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, redirect_stdout
from typing import TypeVar

import click

from lavaclient.cli.options.settings import Settings
from lavaclient.cli.output.columns import printable
from lavaclient.error import LavaError

__all__ = [
    "agreed",
    "answered",
    "can_ask",
    "confirmed",
    "delete_each",
    "force_option",
    "report",
]

T = TypeVar("T")

force_option = click.option("--force", is_flag=True, help="Do not ask.")


def can_ask(settings: Settings) -> bool:
    """Tell whether a question can be asked and answered."""
    return not settings.headless and sys.stdin.isatty()


def report(text: str) -> None:
    """Print an error after which the program continues."""
    click.echo(f"Error: {' '.join(text.split())}", err=True)


def confirmed(question: str, *, default: bool = False) -> bool:
    """Ask on stderr, and return the answer.

    Raises:
        ClickException: The input ended.
    """
    return answered(
        lambda: click.confirm(question, default=default, err=True), "--force does not ask"
    )


def answered(ask: Callable[[], T], hint: str) -> T:
    """Ask a question.

    Args:
        ask: Asks it with click.
        hint: How to do without an answer, for the error.

    Raises:
        ClickException: The input ended.
    """
    # Some versions of click write a space of the question to stdout, which scripts read.
    elsewhere = nullcontext() if sys.stdout.isatty() else redirect_stdout(sys.stderr)
    try:
        with elsewhere:
            return ask()
    except click.Abort as abort:
        if sys.stdin.isatty() or isinstance(abort.__context__, KeyboardInterrupt):
            raise
        click.echo(err=True)
        raise click.ClickException(f"no answer in the input: {hint}") from None


def agreed(settings: Settings, question: str, *, force: bool) -> bool:
    """Ask for permission to change something, and return whether it was given.

    Args:
        settings: The run's settings.
        question: What to ask.
        force: Whether to do it without asking.
    """
    if force or settings.headless or confirmed(question):
        return True
    click.echo("Nothing was changed.", err=True)
    return False


def delete_each(
    settings: Settings,
    noun: str,
    labels: Mapping[str, str],
    delete: Callable[[str], object],
    *,
    force: bool,
    errors: Sequence[str] = (),
) -> None:
    """Delete objects, asking before each, and continue if one cannot be deleted.

    Args:
        settings: The run's settings.
        noun: Their noun in the singular.
        labels: The description of each, by id.
        delete: Deletes one.
        force: Whether to delete without asking.
        errors: The errors of those that were not found.

    Raises:
        Exit: A deletion failed and was reported; all were tried.
    """
    for text in errors:
        report(text)
    failed = bool(errors)
    for key, label in labels.items():
        if not agreed(settings, f"Delete {noun} {label}?", force=force):
            continue
        try:
            delete(key)
        except LavaError as error:
            report(str(error))
            failed = True
            continue
        if settings.quiet:
            click.echo(printable(key))
        else:
            click.echo(f"Deleted {noun} {label}.", err=True)
    if failed:
        raise click.exceptions.Exit(1)
