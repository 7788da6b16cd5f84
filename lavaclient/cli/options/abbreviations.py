"""Abbreviated options: any prefix of an option that no other option has.

0.3.x parsed its command lines with argparse, which allows that, and scripts rely on
it. A prefix of exactly one option of 0.3.x still means that one, whatever options
were added later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import click

__all__ = ["AddedOption", "Part", "expand", "hyphenated", "parts"]


class AddedOption(click.Option):
    """An option that 0.3.x did not have."""


class Part(NamedTuple):
    """A piece of a command line: an argument, or an option with its value.

    Attributes:
        arguments: Its words on the command line.
        is_option: Whether it is an option.
        lacks_value: Whether it is an option whose value is missing.
    """

    arguments: list[str]
    is_option: bool
    lacks_value: bool = False


def hyphenated(word: str) -> str:
    """Return the name of a command or an option with ``-`` where it was written with ``_``."""
    return word.replace("_", "-")


def expand(
    arguments: Sequence[str],
    parameters: Iterable[click.Parameter],
    *,
    interspersed: bool,
    is_begun: bool,
) -> list[str]:
    """Return a command line with the full name of each option.

    Args:
        arguments: The command line.
        parameters: The command's parameters.
        interspersed: Whether options may come after the first argument.
        is_begun: Whether the line is still being typed. An option without its value would
            keep click from reading the arguments, and is left out.
    """
    expanded: list[str] = []
    remaining = deque(arguments)
    for part in parts(remaining, parameters):
        expanded += [] if is_begun and part.lacks_value else part.arguments
        if not part.is_option and not interspersed:
            break
    return [*expanded, *remaining]


def parts(arguments: deque[str], parameters: Iterable[click.Parameter]) -> Iterator[Part]:
    """Split a command line into its parts, up to ``--``; they are removed from the queue.

    Raises:
        UsageError: A prefix matches several options.
    """
    options = {
        spelling: parameter
        for parameter in parameters
        if isinstance(parameter, click.Option)
        for spelling in (*parameter.opts, *parameter.secondary_opts)
    }
    while arguments and arguments[0] != "--":
        word = arguments.popleft()
        if word.startswith("--"):
            spelling, sign, value = word.partition("=")
            spelling = _full_name(spelling, options)
            needs_value = not sign and _takes_value(options.get(spelling))
            word = f"{spelling}{sign}{value}"
        else:
            needs_value = _last_needs_value(word, options)
        is_option = word.startswith("-") and word != "-"
        if needs_value and arguments:
            yield Part([word, arguments.popleft()], is_option)
        else:
            yield Part([word], is_option, needs_value)


def _full_name(spelling: str, options: Mapping[str, click.Option]) -> str:
    prefix = hyphenated(spelling)
    if prefix in options:
        return prefix
    matching = [name for name in options if name.startswith(prefix)]
    older = [name for name in matching if not isinstance(options[name], AddedOption)]
    for names in (older, matching):
        if len({(options[name], name in options[name].opts) for name in names}) == 1:
            return names[0]
    if matching:
        raise click.UsageError(f"Option {spelling} is one of {', '.join(sorted(matching))}.")
    return spelling


def _takes_value(option: click.Option | None) -> bool:
    return option is not None and not option.is_flag and not option.count


def _last_needs_value(word: str, options: Mapping[str, click.Option]) -> bool:
    """Tell whether a word of one-letter options ends with one whose value is the next word."""
    for letter in word[1:] if word.startswith("-") else "":
        if _takes_value(options.get(f"-{letter}")):
            return word.endswith(letter) and word.index(letter) == len(word) - 1
    return False
