"""Access tokens, read from identity's answers, which are checked here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from lavaclient._auth.catalog import Catalog, checked_catalog
from lavaclient._decode.reader import UnreadableError, decode_untyped

__all__ = ["REFRESH_THRESHOLD", "AccessToken", "read_answer", "read_state"]

REFRESH_THRESHOLD = 120.0
"""Seconds before its expiry from which a token is refreshed."""


class AccessToken:
    """A token with identity's answer. Tokens are compared as objects, never by value.

    Args:
        text: The token.
        expires: Its expiry, in seconds since the epoch; None if unknown.
        body: Identity's answer, or a minimal one.
        now: The wall clock.

    Attributes:
        expires: Its expiry, in seconds since the epoch; None if unknown.
        body: Identity's answer, or a minimal one.
        ignore_expiry: Whether only a 401 counts: the expiry was near or past when the token
            was issued, so that the clocks differ, or nothing can renew the token.
    """

    __slots__ = ("_text", "body", "expires", "ignore_expiry")

    def __init__(
        self, text: str, expires: float | None, body: Mapping[str, object], now: float
    ) -> None:
        self._text = text
        self.expires: float | None = expires
        self.body: Mapping[str, object] = body
        self.ignore_expiry: bool = expires is None or expires <= now + REFRESH_THRESHOLD

    @classmethod
    def of_text(cls, text: str) -> AccessToken:
        """Return a token of which only the text is known."""
        return cls(text, None, {"access": {"token": {"id": text}}}, 0.0)

    def __repr__(self) -> str:
        return f"<AccessToken expires={getattr(self, 'expires', None)}>"

    def reveal(self) -> str:
        """Return the token's text."""
        return self._text

    def ends_within(self, seconds: float, now: float) -> bool:
        """Tell whether the token is known to expire within so many seconds."""
        return not self.ignore_expiry and self.expires is not None and self.expires <= now + seconds

    @property
    def catalog(self) -> Catalog:
        """The service catalog, or an empty one."""
        access = self.body.get("access")
        entries = access.get("serviceCatalog") if isinstance(access, dict) else None
        return Catalog(entries if isinstance(entries, list) else [])

    def detail(self, *path: str) -> str | None:
        """Return the string at a path below ``access``, or None."""
        value: object = self.body.get("access")
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, str) else None

    def state(self) -> str:
        """Return keystoneauth1's auth state: JSON text."""
        return json.dumps({"auth_token": self._text, "body": self.body})


def read_answer(data: bytes, now: float, *, with_catalog: bool) -> AccessToken:
    """Check identity's answer, and return its token.

    Args:
        data: The body.
        now: The wall clock.
        with_catalog: Whether a catalog is required; if not, it is not checked.

    Raises:
        ValueError: Says in one line what is wrong with it.
    """
    try:
        body = decode_untyped(data)
    except UnreadableError:
        raise ValueError("identity's answer is not JSON") from None
    return _checked(body, now, with_catalog=with_catalog)


def read_state(text: str) -> AccessToken:
    """Read what :meth:`AccessToken.state` returned.

    Raises:
        ValueError: It is not such a text.
    """
    try:
        state = _mapping(json.loads(text), "the state")
    except RecursionError:
        raise ValueError("the state is nested too deeply") from None
    token = _checked(state.get("body"), 0.0, with_catalog=False)
    if state.get("auth_token") != token.reveal():
        raise ValueError("the state holds two tokens")
    # An old token may be near its expiry though the clocks agree.
    token.ignore_expiry = token.expires is None
    return token


def _checked(body: object, now: float, *, with_catalog: bool) -> AccessToken:
    answer = _mapping(body, "identity's answer")
    access = _mapping(answer.get("access"), "access")
    token = _mapping(access.get("token"), "access.token")
    text = token.get("id")
    if not isinstance(text, str) or not text or not text.isascii() or not text.isprintable():
        raise ValueError("access.token.id is not a token")
    if with_catalog:
        checked_catalog(access.get("serviceCatalog"))
    return AccessToken(text, _moment(token.get("expires")), answer, now)


def _mapping(value: object, name: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is missing or not an object")
    return value


def _moment(value: object) -> float | None:
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        pass
    raise ValueError("access.token.expires is not a time")
