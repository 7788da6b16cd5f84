"""Tolerant decoding: from the bytes of an answer to typed objects.

A body is first decoded strictly, straight from its bytes. Only if a value has
another type than it should is the body decoded a second time, untyped, and
coerced by functions that were compiled once for the type wanted: see
:mod:`lavaclient._decode.coercion`. What the service is known to write in more than one
way, such as its timestamps, has a type of its own that reads all of them at once: see
:mod:`lavaclient._decode.types`.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from contextlib import suppress
from typing import Any, Generic, TypeVar

import msgspec

from lavaclient._decode.coercion import Coercion, coercion_for
from lavaclient._decode.nesting import is_too_deep
from lavaclient._decode.types import read_custom
from lavaclient._system.fork import lazy_property, no_fork

__all__ = ["UnreadableError", "decode", "decode_untyped", "read"]

T = TypeVar("T")

# Characters that are written in two halves, escaped or (wrongly) as three bytes each: pairs, then
# halves alone; and all other escapes, so that what follows a backslash is not taken for one.
_HALVES = re.compile(
    rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..|\\.|\xed[\xa0-\xbf][\x80-\xbf]",
    re.DOTALL,
)


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
    _check_nesting(data)
    with suppress(msgspec.DecodeError, RecursionError, ValueError):
        return reader.strict(data)
    return reader.coerced(decode_untyped(data))


def decode_untyped(data: bytes) -> object:
    """Decode a body to plain values; a mark of byte order and halves of characters are read too.

    Raises:
        UnreadableError: It is not JSON.
    """
    _check_nesting(data)
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, ValueError) as reason:
        problem = reason
    with suppress(msgspec.DecodeError, RecursionError, ValueError):
        return msgspec.json.decode(_HALVES.sub(_replaced_half, data.removeprefix(BOM_UTF8)))
    raise _not_json(data, problem)


def _replaced_half(match: re.Match[bytes]) -> bytes:
    is_half = len(match[0]) in {3, 6}
    return b"\\ufffd" if is_half else match[0]


def _check_nesting(data: bytes) -> None:
    if is_too_deep(data):
        raise UnreadableError("its nesting is too deep")


def read(value: object, type_: type[T]) -> T:
    """Read a part of a body that was decoded untyped, as `decode` reads a whole one.

    Raises:
        UnreadableError: It is not what it should be.
    """
    return _reader(type_).coerced(value)


class _Reader(Generic[T]):
    """What reads one type."""

    def __init__(self, type_: type[T]) -> None:
        self._type = type_
        self._decoder = msgspec.json.Decoder(type_, dec_hook=read_custom)

    def strict(self, data: bytes) -> T:
        return self._decoder.decode(data)

    @lazy_property
    def _coerce(self) -> Coercion:
        """The coercion to this type, compiled when a body needs it."""
        return coercion_for(msgspec.inspect.type_info(self._type))

    def coerced(self, value: object) -> T:
        try:
            return msgspec.convert(self._coerce(value), self._type, dec_hook=read_custom)
        except msgspec.ValidationError as reason:
            raise UnreadableError(_with_one_path(str(reason))) from None


_readers: dict[object, _Reader[Any]] = {}


def _reader(type_: type[T]) -> _Reader[T]:
    reader = _readers.get(type_)
    if reader is None:
        # msgspec crashes the process where two threads are the first to use a struct.
        with no_fork():
            reader = _readers[type_] = _Reader(type_)
    return reader


def _not_json(data: bytes, reason: Exception) -> UnreadableError:
    if not data.strip():
        return UnreadableError("it is empty")
    if isinstance(reason, RecursionError):
        return UnreadableError("its nesting is too deep")
    if isinstance(reason, UnicodeDecodeError):
        return UnreadableError("it is not UTF-8")
    if data.lstrip()[:1] == b"<":
        return UnreadableError("it is HTML or XML, not JSON")
    detail = f": {reason}" if isinstance(reason, msgspec.DecodeError) else ""
    return UnreadableError(f"it is not JSON{detail}")


def _with_one_path(text: str) -> str:
    """Join the paths of an error that came out of a part read by itself."""
    problem, *paths = re.split(r" - at `\$(.*?)`", text)
    path = "".join(reversed(paths[::2]))
    return f"{problem} - at `${path}`"
