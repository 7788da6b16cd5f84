"""Keeping secrets out of words that are shown."""

from __future__ import annotations

import re
import urllib.parse
from collections import deque
from collections.abc import Iterator

__all__ = ["Secrets", "plain_words"]

_SHORTEST = 6
_LONGEST_TEXT = 500
_MOST = 64
_CONTROL = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\ufeff]+"
_HIDDEN = "[hidden]"


class Secrets:
    """What must never be shown: the key and the tokens a client has used.

    Texts under six characters are no secrets here: they would hide half of a
    message. Of the tokens only the newest are kept, for a client that lives
    for weeks.

    Args:
        *secrets: What is never forgotten.
    """

    def __init__(self, *secrets: str | None) -> None:
        self._lasting = tuple(secret for secret in secrets if secret)
        self._tokens: deque[str] = deque(maxlen=_MOST)

    def add(self, token: str | None) -> None:
        """Remember a token."""
        if token and token not in self._tokens:
            self._tokens.append(token)

    def along_with(self, *more: str) -> Secrets:
        """Return these, tokens to come included, and more of them."""
        if not more:
            return self
        both = Secrets(*self._lasting, *more)
        both._tokens = self._tokens
        return both

    def scrub(self, text: str) -> str:
        """Return the text with each secret in it replaced."""
        for secret in sorted((*self._lasting, *self._tokens.copy()), key=len, reverse=True):
            if len(secret) >= _SHORTEST:
                for written in _ways_to_write(secret):
                    text = text.replace(written, _HIDDEN)
        return text

    def shows(self, text: str) -> bool:
        """Tell whether a secret stands in the text."""
        return self.scrub(text) != text

    def plain(self, text: str) -> str:
        """Return words of the service that are fit to be shown: scrubbed, one short line."""
        return plain_words(self.scrub(_one_line(self.scrub(text))))


def _ways_to_write(secret: str) -> Iterator[str]:
    import html
    import json

    yield secret
    yield urllib.parse.quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    yield html.escape(secret)


def plain_words(text: str) -> str:
    """Return the text as one printable line of at most 500 characters."""
    text = _one_line(text)
    if len(text) > _LONGEST_TEXT:
        text = text[: _LONGEST_TEXT - 1] + "…"
    if text.isprintable():
        return text
    return _one_line("".join(one if one.isprintable() else " " for one in text))


def _one_line(text: str) -> str:
    return " ".join(re.sub(_CONTROL, " ", text).split())
