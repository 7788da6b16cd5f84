"""Checking arguments before anything is sent.

Each function returns the value as it is sent, or raises an InvalidError that
names the argument. Values that may be secrets are not quoted.
"""

from __future__ import annotations

import math
import operator
import os
import re
import uuid
from collections.abc import Collection, Iterable, Mapping

from lavaclient._config.secret import Secret
from lavaclient.error import InvalidError

__all__ = [
    "file_path",
    "identifier",
    "items",
    "mapping",
    "names",
    "number",
    "number_text",
    "port_number",
    "program_argument",
    "secret_text",
    "text",
    "whole_number",
]

_WHOLE = r"(?a)\s*[+-]?\d{1,18}\s*"
_PORT = r"[0-9]{1,5}"
_LAST_PORT = 65535


def text(name: str, value: object, least: int = 1, most: int | None = 255) -> str:
    """Return a string whose length is within limits.

    Args:
        name: The argument, for the error.
        value: The string.
        least: Minimum number of characters.
        most: Maximum number, None for no limit.
    """
    if problem := _text_problem(value, least, most):
        raise InvalidError(f"{name} {problem}")
    return str.__str__(value)


def secret_text(name: str, value: Secret, least: int, most: int) -> Secret:
    """Return a secret whose length is within limits; no frame of an error shows it."""
    if problem := _text_problem(value.reveal(), least, most):
        raise InvalidError(f"{name} {problem}")
    return Secret(str.__str__(value.reveal()))


def _text_problem(value: object, least: int, most: int | None) -> str | None:
    if not isinstance(value, str):
        return f"must be a string, not {type(value).__name__}"
    if len(value) < least or (most is not None and len(value) > most):
        return f"must have {_length(least, most)}, not {len(value)}"
    if not _can_be_encoded(value):
        return "must not contain lone surrogates"
    return None


def _can_be_encoded(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _length(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least} character{'s' * (least > 1)}"
    return f"{least} characters" if least == most else f"{least} to {most} characters"


def identifier(name: str, value: object, most: int = 255) -> str:
    """Return an id for the body of a request."""
    number = number_text(name, value)
    return text(name, value, most=most) if number is None else number


def number_text(name: str, value: object) -> str | None:
    """Return an int or UUID as text, None for a value of another type."""
    if isinstance(value, bool) or not isinstance(value, int | uuid.UUID):
        return None
    try:
        return str(value)
    except ValueError:  # Python does not convert an int of several thousand digits
        raise InvalidError(f"{name} is too large a number") from None


def whole_number(name: str, value: object, least: int, most: int) -> int:
    """Return a whole number, which may come as a string, within limits."""
    number = _whole(value)
    if number is None:
        raise InvalidError(f"{name} must be a whole number, not {type(value).__name__}")
    if not least <= number <= most:
        raise InvalidError(f"{name} must be from {least} to {most}")
    return number


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
        result = float(value)
    except (ValueError, OverflowError):
        raise InvalidError(f"{name} must be a number") from None
    if not math.isfinite(result):
        raise InvalidError(f"{name} must be a finite number")
    return result


def port_number(name: str, value: object, *, lowest: int) -> int:
    """Return a port, which may come as a string: from ``lowest`` (0 or 1) to 65535."""
    if isinstance(value, str) and re.fullmatch(_PORT, value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= _LAST_PORT:
        return value
    shown = f", not {value!r}" if isinstance(value, str) else ""
    raise InvalidError(f"{name} must be a whole number from {lowest} to {_LAST_PORT}{shown}")


def file_path(name: str, value: object) -> str:
    """Return the path of a file as a string, with ``~`` expanded."""
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(path, str) or not path or not _is_valid_for_system(path):
        raise InvalidError(f"{name} must be the path of a file")
    expanded = os.path.expanduser(path)
    if expanded.startswith("~"):
        raise InvalidError(f"{name}: the home directory in {path!r} is not known")
    return expanded


def program_argument(name: str, value: object, *, blank: bool = False) -> str:
    """Return a string that can be an argument of a program; ``blank`` allows an empty one."""
    if not isinstance(value, str) or not (blank or value.strip()):
        raise InvalidError(f"{name} must be a text that is not blank")
    if not _is_valid_for_system(value):
        raise InvalidError(f"{name} must not hold NUL or characters that cannot be encoded")
    return value


def _is_valid_for_system(value: str) -> bool:
    try:
        return b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


def items(name: str, value: object, least: int = 0) -> list[object]:
    """Return the elements of an iterable, which must not be a string or a dict."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InvalidError(f"{name} must be a list, not {type(value).__name__}")
    elements = list(value)
    if len(elements) < least:
        raise InvalidError(f"{name} must have at least {least} element{'s' * (least > 1)}")
    return elements


def names(name: str, value: object, least: int = 0) -> list[str]:
    """Return the names in a list, each of 1 to 255 characters."""
    elements = items(name, value, least)
    return [text(f"{name}[{index}]", element) for index, element in enumerate(elements)]


def mapping(name: str, value: object, keys: Collection[str]) -> dict[str, object]:
    """Return a dict that has these keys only; a value of None counts as missing."""
    if not isinstance(value, Mapping):
        raise InvalidError(f"{name} must be a dict, not {type(value).__name__}")
    for key in value:
        if key not in keys:
            raise InvalidError(f"{name} must have no other keys than {', '.join(sorted(keys))}")
    return {key: item for key, item in value.items() if item is not None}
