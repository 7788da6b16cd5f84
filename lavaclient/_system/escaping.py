"""Escapes text for HTML without the standard library's module of that name.

``html`` brings a table of all named characters, which is 1.5 % of what a process executes until
its client is made.
"""

from __future__ import annotations

__all__ = ["escape_html"]

_TAGS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_QUOTES = str.maketrans({'"': "&quot;", "'": "&#x27;"})


def escape_html(text: str, *, quote: bool = True) -> str:
    """Return a text as it may stand in HTML, with ``quote`` in an attribute too."""
    escaped = text.translate(_TAGS)
    return escaped.translate(_QUOTES) if quote else escaped
