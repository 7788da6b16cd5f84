"""The type of keys, tokens and passwords within the library."""

from __future__ import annotations

__all__ = ["Secret"]


class Secret:
    """A string that no repr shows.

    Tools that show the frames of an error (pytest, Sentry, ``unittest --locals``)
    print the repr of every local variable: a secret is a ``Secret`` from the
    caller's argument to the request.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text; do not assign it to a variable."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "<hidden>"
