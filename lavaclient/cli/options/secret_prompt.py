"""Secrets that are typed without echo, or read as a line of the input."""

from __future__ import annotations

import sys

import click

__all__ = ["ASK", "read_secret"]

ASK = "-"


def read_secret(title: str, *, headless: bool) -> str:
    """Ask for a secret on a terminal, else read it from the input.

    Args:
        title: Its name in the question.
        headless: Whether questions are not allowed.

    Raises:
        UsageError: A question is needed and not allowed.
        ClickException: The secret is empty.
    """
    if not sys.stdin.isatty():
        secret = sys.stdin.readline().rstrip("\r\n")
    elif headless:
        raise click.UsageError(f"{title} would have to be asked for, which --headless forbids")
    else:
        secret = str(click.prompt(title, hide_input=True, err=True))
    if not secret:
        raise click.ClickException(f"no {title} in the input")
    return secret
