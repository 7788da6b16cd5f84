"""Tolerant decoding: from the bytes of an answer to typed objects.

A body is first decoded strictly, straight from its bytes. Only if a value has
another type than it should is the body decoded a second time, untyped, and
repaired by functions that were compiled once for the type wanted: see
:mod:`lavaclient._decode.coercion`. What the service is known to write in more than one
way, such as its timestamps, has a type of its own that reads all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import msgspec

from lavaclient._decode.coercion import Repair, as_number, as_text, repair_for

__all__ = ["Names", "Number", "Text", "Timestamp", "UnreadableError", "decode", "odd", "read"]

T = TypeVar("T")


class UnreadableError(ValueError):
    """The body is not what it should be; the text, one line, says in what and where.

    It names types and places only, never a value.
    """


def decode(data: bytes, type_: type[T]) -> T:
    """Decode the body of an answer.

    Args:
        data: The body.
        type_: What it should hold.

    Raises:
        UnreadableError: It is not JSON, or holds something else.
    """
    reader = _reader(type_)
    try:
        return reader.strict(data)
    except msgspec.ValidationError:
        pass
    except (msgspec.DecodeError, RecursionError, ValueError) as reason:
        raise _not_json(data, reason) from None
    try:
        value: object = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, ValueError) as reason:
        raise _not_json(data, reason) from None
    return reader.repaired(value)


def read(value: object, type_: type[T]) -> T:
    """Read a part of a body that was decoded untyped, as `decode` reads a whole one.

    Raises:
        UnreadableError: It is not what it should be.
    """
    return _reader(type_).repaired(value)


class _Reader(Generic[T]):
    """What reads one type."""

    def __init__(self, type_: type[T]) -> None:
        self._type = type_
        self._decoder = msgspec.json.Decoder(type_, dec_hook=_hook)

    def strict(self, data: bytes) -> T:
        return self._decoder.decode(data)

    @cached_property
    def _repair(self) -> Repair:
        """The repair of this type, compiled when a body needs it."""
        return repair_for(msgspec.inspect.type_info(self._type))

    def repaired(self, value: object) -> T:
        try:
            mended = self._repair(value)
            return msgspec.convert(mended, self._type, dec_hook=_hook)
        except msgspec.ValidationError as reason:
            raise UnreadableError(_with_one_path(str(reason))) from None


_readers: dict[object, _Reader[Any]] = {}


def _reader(type_: type[T]) -> _Reader[T]:
    found = _readers.get(type_)
    if found is None:
        found = _readers[type_] = _Reader(type_)
    return found


def _not_json(data: bytes, reason: Exception) -> UnreadableError:
    if not data.strip():
        return UnreadableError("it is empty")
    if isinstance(reason, RecursionError):
        return UnreadableError("its nesting is too deep")
    if isinstance(reason, UnicodeDecodeError):
        return UnreadableError("it is not UTF-8")
    if data.lstrip()[:1] == b"<":
        return UnreadableError("it is HTML or XML, not JSON")
    words = f": {reason}" if isinstance(reason, msgspec.DecodeError) else ""
    return UnreadableError(f"it is not JSON{words}")


def _with_one_path(text: str) -> str:
    """Join the paths of an error that came out of a part read by itself."""
    words, *paths = re.split(r" - at `\$(.*?)`", text)
    path = "".join(reversed(paths[::2]))
    return f"{words} - at `${path}`"


class _Anything(type):
    """Makes every value an instance, as msgspec checks what a hook returns.

    The check is made for each value, so it is a built-in function (one whose
    result is never zero) and not one in Python.
    """

    __instancecheck__ = id  # type: ignore[assignment]

    read: Callable[[object], object]


def odd(name: str, read: Callable[[object], object]) -> type:
    """Make a type for msgspec whose values a function reads from plain ones.

    Args:
        name: What to call it.
        read: Gets the value as it was decoded. It raises ValueError, with a
            text that does not quote the value, for one it cannot read.
    """
    return _Anything(name, (), {"read": staticmethod(read)})


def _hook(type_: type, value: object) -> object:
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


_TIMESTAMP = odd("Timestamp", _odd_moment)

if TYPE_CHECKING:
    Timestamp: TypeAlias = datetime | None
    Text: TypeAlias = str
    Number: TypeAlias = float | None
    Names: TypeAlias = list[str]
else:
    Timestamp = _TIMESTAMP
    Text = odd("Text", _text)
    Number = odd("Number", _number)
    Names = odd("Names", _names)
