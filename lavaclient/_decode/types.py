"""Custom types for msgspec: values that the service writes in more than one way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from lavaclient._decode.coercion import as_number, as_text

__all__ = ["Names", "Number", "Text", "Timestamp", "custom_type", "read_custom"]


class _CustomType(type):
    """Makes every value an instance, as msgspec checks what a hook returns.

    The check is made for each value, so it is a built-in function (one whose
    result is never zero) and not one in Python.
    """

    __instancecheck__ = id  # type: ignore[assignment]

    read: Callable[[object], object]


def custom_type(name: str, read: Callable[[object], object]) -> type:
    """Make a type for msgspec whose values a function reads from plain ones.

    Args:
        name: The type of the values, as signatures are to show it.
        read: Gets the value as it was decoded. It raises ValueError, with a
            text that does not quote the value, for one it cannot read.
    """
    # Signatures show the names of built-in types alone, without a module.
    return _CustomType(name, (), {"read": staticmethod(read), "__module__": "builtins"})


def read_custom(type_: type, value: object) -> object:
    """Read a value of a custom type: the hook that msgspec calls for types it does not know."""
    # Nearly all that comes here are timestamps of the usual form: they cost no further call.
    if type_ is _TIMESTAMP:
        if value == "":
            return None
        try:
            moment = _parse(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return _odd_moment(value)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if type_ is object:
        return value
    return type_.read(value)  # type: ignore[attr-defined]


_parse = datetime.fromisoformat


def _odd_moment(value: object) -> datetime | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        if isinstance(value, str):
            moment = _parse(value.strip().upper())
            return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (OSError, OverflowError, ValueError):
        pass
    raise ValueError("Expected a timestamp")


def _text(value: object) -> str:
    text = "" if value is None else as_text(value)
    if not isinstance(text, str):
        raise ValueError(f"Expected `str`, got `{type(value).__name__}`")
    return text


def _number(value: object) -> float | None:
    if value is None or value == "":
        return None
    number = as_number(value)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ValueError(f"Expected `float`, got `{type(value).__name__}`")
    return float(number)


def _names(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list | dict):
        raise ValueError("Expected a list of names")
    names = [item.get("name") if isinstance(item, dict) else item for item in value]
    return [_text(name) for name in names if name is not None]


_TIMESTAMP = custom_type("datetime | None", _odd_moment)

# At runtime these are what msgspec decodes by; a type checker sees what the values are.
if TYPE_CHECKING:
    Timestamp: TypeAlias = datetime | None
    Text: TypeAlias = str
    Number: TypeAlias = float | None
    Names: TypeAlias = list[str]
else:
    Timestamp = _TIMESTAMP
    Text = custom_type("str", _text)
    Number = custom_type("float | None", _number)
    Names = custom_type("list[str]", _names)
