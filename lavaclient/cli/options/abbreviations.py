"""Options written short: any beginning of an option will do that no other option has.

0.3.x took its command lines apart with argparse, which allows that, and its scripts
rely on it. A beginning that fitted one option of 0.3.x still means that one, whatever
options came later.
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
        arguments: Its arguments on the command line.
        is_option: Whether it is an option.
        lacks_value: Whether it is an option whose value is still to come.
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
    """Return a command line with each option written out.

    Args:
        arguments: The command line.
        parameters: What may stand there.
        interspersed: Whether options may come after the first argument.
        is_begun: Whether the line is still being typed: an option whose value is to come
            would keep click from reading the arguments.
    """
    expanded: list[str] = []
    remaining = deque(arguments)
    for part in parts(remaining, parameters):
        expanded += [] if is_begun and part.lacks_value else part.arguments
        if not part.is_option and not interspersed:
            break
    return [*expanded, *remaining]


def parts(arguments: deque[str], parameters: Iterable[click.Parameter]) -> Iterator[Part]:
    """Take a command line apart, up to ``--``; the arguments that were taken leave the queue.

    Raises:
        UsageError: A beginning fits several options.
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
            spelling = _written_out(spelling, options)
            needs_value = not sign and _takes_value(options.get(spelling))
            word = f"{spelling}{sign}{value}"
        else:
            needs_value = _ends_in_need(word, options)
        is_option = word.startswith("-") and word != "-"
        if needs_value and arguments:
            yield Part([word, arguments.popleft()], is_option)
        else:
            yield Part([word], is_option, needs_value)


def _written_out(spelling: str, options: Mapping[str, click.Option]) -> str:
    beginning = hyphenated(spelling)
    if beginning in options:
        return beginning
    fitting = [name for name in options if name.startswith(beginning)]
    older = [name for name in fitting if not isinstance(options[name], AddedOption)]
    for names in (older, fitting):
        if len({(options[name], name in options[name].opts) for name in names}) == 1:
            return names[0]
    if fitting:
        raise click.UsageError(f"Option {spelling} is one of {', '.join(sorted(fitting))}.")
    return spelling


def _takes_value(option: click.Option | None) -> bool:
    return option is not None and not option.is_flag and not option.count


def _ends_in_need(word: str, options: Mapping[str, click.Option]) -> bool:
    """Tell whether a word of one-letter options ends with one whose value is the next word."""
    for letter in word[1:] if word.startswith("-") else "":
        if _takes_value(options.get(f"-{letter}")):
            return word.endswith(letter) and word.index(letter) == len(word) - 1
    return False
