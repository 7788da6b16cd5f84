"""Texts of others, made fit to be shown."""

from __future__ import annotations

import re

__all__ = ["LONGEST", "one_line", "plain_line", "without_breaks"]

LONGEST = 500
"""The most characters of a text that is shown."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\ufeff]+")


def plain_line(text: str, most: int = LONGEST) -> str:
    """Return the text as one printable line of at most so many characters."""
    text = one_line(text)
    if len(text) > most:
        text = text[: most - 1] + "…"
    if text.isprintable():
        return text
    return one_line("".join(letter if letter.isprintable() else " " for letter in text))


def one_line(text: str) -> str:
    """Return the text without control characters, its white space folded."""
    return " ".join(_CONTROL.sub(" ", text).split())


def without_breaks(text: str) -> str:
    """Return the text put together again where control characters, as ends of lines, cut it."""
    return "".join(part.strip() for part in _CONTROL.split(text))
