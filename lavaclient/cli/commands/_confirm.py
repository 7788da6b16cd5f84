"""Questions, and what is done without them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import click

from lavaclient.cli.options.settings import Settings
from lavaclient.cli.output.render import printable
from lavaclient.error import InvalidError, LavaError, NotFoundError

__all__ = ["agree", "confirmed", "delete_each", "force_option", "lookup", "somebody_is_there"]

T = TypeVar("T")

force_option = click.option("--force", "-f", is_flag=True, help="Do not ask.")


def somebody_is_there(settings: Settings) -> bool:
    """Tell whether a question could be answered."""
    return not settings.headless and sys.stdin.isatty()


def confirmed(question: str, *, default: bool = False) -> bool:
    """Ask on stderr, and return the answer.

    Raises:
        ClickException: Nobody is there to answer.
    """
    try:
        return click.confirm(question, default=default, err=True)
    except click.Abort as abort:
        if sys.stdin.isatty() or isinstance(abort.__context__, KeyboardInterrupt):
            raise
        click.echo(err=True)
        raise click.ClickException("nobody answers: pass --force to go on without") from None


def agree(settings: Settings, noun: str, labels: Sequence[str], *, force: bool) -> None:
    """Ask whether things may go.

    Args:
        settings: The run's settings.
        noun: What they are, in the singular.
        labels: What to call each.
        force: Whether not to ask.

    Raises:
        Exit: They may not.
    """
    if force or settings.headless:
        return
    if len(labels) > 1:
        click.echo(f"These {len(labels)} {noun}s will be deleted:", err=True)
        for label in labels:
            click.echo(f"  {label}", err=True)
    if not confirmed("Delete them?" if len(labels) > 1 else f"Delete {noun} {labels[0]}?"):
        click.echo("Nothing was deleted.", err=True)
        raise click.exceptions.Exit(1)


def lookup(names: Iterable[str], find: Callable[[str], T]) -> tuple[list[T], list[str]]:
    """Find things by what they were called.

    Args:
        names: What was typed.
        find: Returns one.

    Returns:
        The things, and what is wrong with those that are not there.
    """
    found, missing = [], []
    for name in dict.fromkeys(names):
        try:
            found.append(find(name))
        except (InvalidError, NotFoundError) as error:
            missing.append(str(error))
    return found, missing


def delete_each(
    settings: Settings,
    noun: str,
    things: Mapping[str, str],
    delete: Callable[[str], object],
    *,
    force: bool,
    missing: Sequence[str] = (),
) -> None:
    """Delete things, after asking. One that cannot be deleted does not keep the others.

    Args:
        settings: The run's settings.
        noun: What they are, in the singular.
        things: What to call each, by id.
        delete: Deletes one.
        force: Whether to delete without asking.
        missing: What is wrong with those that are not there.

    Raises:
        Exit: Something went wrong, and was said, after all were tried.
    """
    for words in missing:
        click.echo(f"lava: {words}", err=True)
    if things:
        agree(settings, noun, list(things.values()), force=force)
    failed = bool(missing)
    for key, label in things.items():
        try:
            delete(key)
        except LavaError as error:
            click.echo(f"lava: {error}", err=True)
            failed = True
            continue
        if settings.choice("quiet"):
            click.echo(printable(key))
        else:
            click.echo(f"Deleted {noun} {label}.", err=True)
    if failed:
        raise click.exceptions.Exit(1)
