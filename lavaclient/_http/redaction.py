"""Removes secrets from what is shown: texts, and the frames of exceptions."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Iterable
from types import TracebackType
from typing import TypeVar

from lavaclient._config.secret import Secret
from lavaclient._system.escaping import escape_html
from lavaclient.error import one_line, plain_line, without_breaks

__all__ = ["Redactor", "without_frames", "without_library_frames"]

E = TypeVar("E", bound=BaseException)

_SHORTEST = 6
_MOST_TOKENS = 64
_NEVER_ESCAPED = r"[A-Za-z0-9_.~-]*"
_PERCENT = r"%[0-9A-F]{2}"
_UNICODE = r"\\u([0-9a-f]{4})"
_HIDDEN = "[hidden]"
_LIBRARIES = ("keystoneauth1.", "requests.", "urllib3.", "http.client", "lavaclient._http.")


class Redactor:
    """Replaces secrets in texts: the key, and the tokens that a client has used.

    Secrets under six characters are not replaced, as they occur in ordinary words. Only the
    newest tokens are remembered, as a client may run for weeks.

    Args:
        *secrets: Secrets that are always remembered.
    """

    def __init__(self, *secrets: Secret | None) -> None:
        self._secrets = tuple(secret for secret in secrets if secret is not None)
        self._tokens: dict[Secret, None] = {}

    def remember(self, token: Secret) -> None:
        """Replace this token as well."""
        self._tokens[token] = None
        # A list of a dict is made in one step: another thread may add a token meanwhile.
        for oldest in list(self._tokens)[:-_MOST_TOKENS]:
            self._tokens.pop(oldest, None)

    def extended(self, *more: Secret) -> Redactor:
        """Return a redactor with more secrets, which shares the tokens of this one."""
        if not more:
            return self
        extended = Redactor(*self._secrets, *more)
        extended._tokens = self._tokens
        return extended

    def scrub(self, text: str) -> str:
        """Return the text with each secret in it replaced."""
        secrets = [secret.reveal() for secret in (*self._secrets, *list(self._tokens))]
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= _SHORTEST:
                for form in _forms(secret):
                    text = text.replace(form, _HIDDEN)
        return text

    def contains_secret(self, text: str) -> bool:
        """Tell whether the text contains a secret."""
        return self.scrub(text) != text

    def sanitize(self, text: str) -> str:
        """Return a text of the service as one short line without secrets."""
        text = self.scrub(text)
        # A secret may be split over lines.
        if self.contains_secret(joined := without_breaks(text)):
            text = self.scrub(joined)
        return plain_line(self.scrub(one_line(text)))


def _forms(secret: str) -> Iterable[str]:
    """Return the forms that a secret may have: as it is, in a URL, in JSON, in HTML."""
    if re.fullmatch(_NEVER_ESCAPED, secret):
        return (secret,)
    quoted = (
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote(secret),
        urllib.parse.quote_plus(secret),
    )
    escaped = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    return (
        secret,
        *quoted,
        *(re.sub(_PERCENT, lambda code: code[0].lower(), form) for form in quoted),
        *escaped,
        *(re.sub(_UNICODE, lambda code: rf"\u{code[1].upper()}", form) for form in escaped),
        *(form.replace("/", r"\/") for form in escaped),
        escape_html(secret),
        escape_html(secret).replace("&#x27;", "&#39;"),
        escape_html(secret, quote=False),
    )


def without_library_frames(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames that hold a request, and so its key or token."""
    if traceback is None:
        return None
    following = without_library_frames(traceback.tb_next)
    if f"{traceback.tb_frame.f_globals.get('__name__', '')}.".startswith(_LIBRARIES):
        return following
    return TracebackType(following, traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno)


def without_frames(error: E) -> E:
    """Return an exception without any frames, its own and its causes'.

    For exceptions of functions that have a body, and so a token, in their variables.
    """
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error
