"""Checking arguments before anything is sent.

Each function returns the value as it goes onto the wire, or raises an
InvalidError that names the argument. None quotes a value: some are secrets.
"""

from __future__ import annotations

import math
import operator
import re
import uuid
from collections.abc import Collection, Iterable, Mapping

from lavaclient.error import InvalidError

__all__ = ["identifier", "items", "mapping", "names", "number", "text", "whole_number"]

_WHOLE = r"(?a)\s*[+-]?\d{1,18}\s*"


def text(name: str, value: object, least: int = 1, most: int | None = 255) -> str:
    """Return a text whose length lies within limits.

    Args:
        name: The argument, for the error.
        value: The text.
        least: Its least number of characters.
        most: Its greatest, None for no limit.
    """
    if not isinstance(value, str):
        raise InvalidError(f"{name} must be a string, not {type(value).__name__}")
    if len(value) < least or (most is not None and len(value) > most):
        raise InvalidError(f"{name} must have {_length(least, most)}, not {len(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidError(f"{name} must not hold half a character (a lone surrogate)") from None
    return str.__str__(value)


def _length(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least} character{'s' * (least > 1)}"
    return f"{least} characters" if least == most else f"{least} to {most} characters"


def identifier(name: str, value: object, most: int = 255) -> str:
    """Return an id that goes into a body."""
    if isinstance(value, uuid.UUID) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    return text(name, value, most=most)


def whole_number(name: str, value: object, least: int, most: int) -> int:
    """Return a whole number, which may come as a string, within limits."""
    found = _whole(value)
    if found is None:
        raise InvalidError(f"{name} must be a whole number, not {type(value).__name__}")
    if not least <= found <= most:
        raise InvalidError(f"{name} must be from {least} to {most}")
    return found


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return int(value) if re.fullmatch(_WHOLE, value) else None
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def number(name: str, value: object) -> float:
    """Return a finite number, which may come as a string."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InvalidError(f"{name} must be a number, not {type(value).__name__}")
    try:
        found = float(value)
    except (ValueError, OverflowError):
        raise InvalidError(f"{name} must be a number") from None
    if not math.isfinite(found):
        raise InvalidError(f"{name} must be a finite number")
    return found


def items(name: str, value: object, least: int = 0) -> list[object]:
    """Return the elements of a list or of something like one, but not of a text or a dict."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InvalidError(f"{name} must be a list, not {type(value).__name__}")
    found = list(value)
    if len(found) < least:
        raise InvalidError(f"{name} must have at least {least} element{'s' * (least > 1)}")
    return found


def names(name: str, value: object, least: int = 0) -> list[str]:
    """Return the names in a list, each of 1 to 255 characters."""
    found = items(name, value, least)
    return [text(f"{name}[{place}]", item) for place, item in enumerate(found)]


def mapping(name: str, value: object, keys: Collection[str]) -> dict[str, object]:
    """Return a dict that has no other keys than these; a None counts as left out."""
    if not isinstance(value, Mapping):
        raise InvalidError(f"{name} must be a dict, not {type(value).__name__}")
    for key in value:
        if key not in keys:
            raise InvalidError(f"{name} must have no other keys than {', '.join(sorted(keys))}")
    return {key: item for key, item in value.items() if item is not None}
