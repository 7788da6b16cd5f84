"""Keys, tokens and passwords on their way through the library."""

from __future__ import annotations

__all__ = ["Secret"]


class Secret:
    """A text that no repr shows.

    What shows frames when something fails (pytest, Sentry, ``unittest --locals``)
    prints the repr of every local variable: a secret is a ``Secret`` from the
    moment that it comes in until it goes into a request.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text; it must not be bound to a variable."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "<hidden>"
