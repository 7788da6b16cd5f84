"""Keeping secrets out of words that are shown."""

from __future__ import annotations

import re
import urllib.parse

__all__ = ["Secrets", "plain_words"]

_SHORTEST = 6
_LONGEST_TEXT = 500
_MOST = 64
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\ufeff]+")
_HIDDEN = "[hidden]"


class Secrets:
    """What must never be shown: the key and the tokens a client has used.

    Only the newest tokens are kept, for a client that lives for weeks.
    """

    def __init__(self, *secrets: str | None) -> None:
        self._secrets: tuple[str, ...] = ()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str | None) -> None:
        """Remember one more; texts under six characters would hide half of a message."""
        if secret and len(secret) >= _SHORTEST and secret not in self._secrets:
            self._secrets = (*self._secrets[-_MOST:], secret)

    def scrub(self, text: str, *more: str) -> str:
        """Return the text with each secret in it replaced."""
        for secret in sorted((*self._secrets, *more), key=len, reverse=True):
            if len(secret) >= _SHORTEST:
                text = text.replace(secret, _HIDDEN)
                text = text.replace(urllib.parse.quote(secret, safe=""), _HIDDEN)
        return text

    def shows(self, text: str) -> bool:
        """Tell whether a secret stands in the text."""
        return self.scrub(text) != text

    def plain(self, text: str, *more: str) -> str:
        """Return words of the service that are fit to be shown: scrubbed, one short line."""
        return plain_words(self.scrub(_one_line(self.scrub(text, *more)), *more))


def plain_words(text: str) -> str:
    """Return the text as one line of at most 500 characters."""
    text = _one_line(text)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())
