"""Questions, and what is done without them."""

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
    "confirmed",
    "delete_each",
    "force_option",
    "report",
    "somebody_is_there",
]

T = TypeVar("T")

force_option = click.option("--force", is_flag=True, help="Do not ask.")


def somebody_is_there(settings: Settings) -> bool:
    """Tell whether a question could be answered."""
    return not settings.headless and sys.stdin.isatty()


def report(text: str) -> None:
    """Print an error after which the program goes on."""
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
        hint: How to go on without an answer.

    Raises:
        ClickException: The input ended.
    """
    # Some versions of click write a blank of a question to stdout, which scripts read.
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
    """Ask before something is changed, and return whether it may be.

    Args:
        settings: The run's settings.
        question: What to ask.
        force: Whether not to ask.
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
    """Delete things, asking before each. One that cannot be deleted does not keep the others.

    Args:
        settings: The run's settings.
        noun: What they are, in the singular.
        labels: What to call each, by id.
        delete: Deletes one.
        force: Whether to delete without asking.
        errors: The errors of those that were not found.

    Raises:
        Exit: Something failed, and was reported, after all were tried.
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
