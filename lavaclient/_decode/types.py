"""Custom types for msgspec, for values that the service writes in several ways."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NewType, TypeAlias

import msgspec

from lavaclient._decode.coercion import as_number, as_text
from lavaclient._decode.timestamps import as_timestamp

__all__ = [
    "Names",
    "Number",
    "Status",
    "Text",
    "Timestamp",
    "TimestampOrBlank",
    "custom_type",
    "read_custom",
]


class _CustomType(type):
    """Makes every value an instance: msgspec checks what a hook returns by isinstance.

    The check is made for each value, so it is a fast built-in function (one whose
    result is never zero).
    """

    __instancecheck__ = id  # type: ignore[assignment]

    read: Callable[[object], object]


def custom_type(name: str, read: Callable[[object], object]) -> type:
    """Make a type for msgspec, with the function that reads its values.

    Args:
        name: The type that signatures show.
        read: Called with the decoded value. For an invalid one it raises ValueError,
            with a text that does not quote it.
    """
    # Signatures show the names of built-in types alone, without a module.
    return _CustomType(name, (), {"read": staticmethod(read), "__module__": "builtins"})


def read_custom(type_: type, value: object) -> object:
    """Read a value of a custom type: msgspec's hook for types that it does not know."""
    # Nearly all values are timestamps, blank or in ISO 8601: they cost no further call.
    if type_ is _TIMESTAMP_OR_BLANK:
        if value == "":
            return None
        try:
            moment = _parse(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return _timestamp(value)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if type_ is object:
        return value
    return type_.read(value)  # type: ignore[attr-defined]


_parse = datetime.fromisoformat


def _timestamp(value: object) -> datetime | None:
    moment = as_timestamp(value)
    if moment is not None and not isinstance(moment, datetime):
        raise ValueError(f"Expected `datetime`, got `{type(value).__name__}`")
    return moment


def _text(value: object) -> str:
    text = "" if value is None else as_text(value)
    if not isinstance(text, str):
        raise ValueError(f"Expected `str`, got `{type(value).__name__}`")
    return text


def _status(value: object) -> str:
    return _text(value).upper()


def _number(value: object) -> float | None:
    if value is None or value == "":
        return None
    number = as_number(value)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ValueError(f"Expected `float`, got `{type(value).__name__}`")
    try:
        return float(number)
    except OverflowError:
        raise ValueError("Expected `float`, got an `int` that is too large for it") from None


def _names(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list | dict):
        raise ValueError("Expected a list of names")
    names = [item.get("name") if isinstance(item, dict) else item for item in value]
    return [_text(name) for name in names if name is not None]


_TIMESTAMP_OR_BLANK = custom_type("datetime | None", _timestamp)

# At runtime these are types for msgspec; type checkers see the types of the values.
if TYPE_CHECKING:
    Timestamp: TypeAlias = datetime | None
    TimestampOrBlank: TypeAlias = datetime | None
    Text: TypeAlias = str
    Status: TypeAlias = str
    Number: TypeAlias = float | None
    Names: TypeAlias = list[str]
else:
    # In RFC 3339 or null: msgspec decodes it without a hook, in a quarter of the time.
    Timestamp = NewType("Timestamp", Annotated[datetime, msgspec.Meta(tz=True)] | None)
    Timestamp.__qualname__ = "datetime | None"  # what signatures show
    Timestamp.__module__ = "typing"  # which they leave out
    TimestampOrBlank = _TIMESTAMP_OR_BLANK
    Text = custom_type("str", _text)
    Status = custom_type("str", _status)
    Number = custom_type("float | None", _number)
    Names = custom_type("list[str]", _names)
