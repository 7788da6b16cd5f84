"""Keeping secrets out of what is shown: texts, and the frames of exceptions."""

from __future__ import annotations

import html
import json
import urllib.parse
from types import TracebackType
from typing import TypeVar

from lavaclient._config.secret import Secret
from lavaclient._system.text import one_line, plain_line

__all__ = ["Redactor", "without_frames", "without_library_frames"]

E = TypeVar("E", bound=BaseException)

_SHORTEST = 6
_MOST_TOKENS = 64
_HIDDEN = "[hidden]"
_LIBRARIES = ("keystoneauth1.", "requests.", "urllib3.", "http.client", "lavaclient._http.")


class Redactor:
    """Knows what must never be shown: the key, and the tokens that a client has used.

    Texts under six characters are no secrets here: they would hide half of a
    message. Of the tokens only the newest are kept, for a client that lives
    for weeks.

    Args:
        *secrets: What is never forgotten.
    """

    def __init__(self, *secrets: Secret | None) -> None:
        self._lasting = tuple(secret for secret in secrets if secret is not None)
        self._tokens: dict[Secret, None] = {}

    def remember(self, token: Secret) -> None:
        """Keep a token from being shown."""
        self._tokens[token] = None
        # A list of a dict is made in one step: another thread may add a token meanwhile.
        for oldest in list(self._tokens)[:-_MOST_TOKENS]:
            self._tokens.pop(oldest, None)

    def extended(self, *more: Secret) -> Redactor:
        """Return a redactor of these secrets, tokens to come included, and more of them."""
        if not more:
            return self
        extended = Redactor(*self._lasting, *more)
        extended._tokens = self._tokens
        return extended

    def scrub(self, text: str) -> str:
        """Return the text with each secret in it replaced."""
        secrets = [secret.reveal() for secret in (*self._lasting, *list(self._tokens))]
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= _SHORTEST:
                for form in _forms(secret):
                    text = text.replace(form, _HIDDEN)
        return text

    def contains_secret(self, text: str) -> bool:
        """Tell whether a secret stands in the text."""
        return self.scrub(text) != text

    def sanitize(self, text: str) -> str:
        """Return a text of the service's that is fit to be shown: scrubbed, one short line."""
        return plain_line(self.scrub(one_line(self.scrub(text))))


def _forms(secret: str) -> tuple[str, ...]:
    """Return the ways in which a secret may be written."""
    return (
        secret,
        urllib.parse.quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        html.escape(secret),
    )


def without_library_frames(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames that hold a request: its key or token is in them."""
    if traceback is None:
        return None
    following = without_library_frames(traceback.tb_next)
    if f"{traceback.tb_frame.f_globals.get('__name__', '')}.".startswith(_LIBRARIES):
        return following
    return TracebackType(following, traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno)


def without_frames(error: E) -> E:
    """Return an exception without any frames, its own and those of what it came from.

    For what is raised by functions that have a body, and so a token, in their variables.
    """
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error
