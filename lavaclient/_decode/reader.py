"""Tolerant decoding, from the bytes of an answer to typed objects.

A body is first decoded strictly. Only if that fails is it decoded a second time,
untyped, and coerced by functions that are compiled once for each type: see
:mod:`lavaclient._decode.coercion`. Values that the service usually writes in several
ways have custom types that read all of them: see :mod:`lavaclient._decode.types`.
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

# Surrogates: escaped pairs, lone ones escaped or (wrongly) as three bytes; and all other escapes,
# so that what follows an escaped backslash is not taken for one.
_SURROGATES = (
    rb"(?s)\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..|\\."
    rb"|\xed[\xa0-\xbf][\x80-\xbf]"
)


class UnreadableError(ValueError):
    """The body is not valid; the text says in one line what is wrong and where.

    It names types and paths only, never a value.
    """


def decode(data: bytes, type_: type[T]) -> T:
    """Decode the body of an answer.

    Args:
        data: The body.
        type_: The type of its contents.

    Raises:
        UnreadableError: It is not JSON, or not of this type.
    """
    reader = _reader(type_)
    _check_nesting(data)
    with suppress(msgspec.DecodeError, RecursionError, ValueError):
        return reader.strict(data)
    return reader.coerced(decode_untyped(data))


def decode_untyped(data: bytes) -> object:
    """Decode a body to plain values; a byte order mark and lone surrogates are accepted.

    Raises:
        UnreadableError: It is not JSON.
    """
    _check_nesting(data)
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, ValueError) as reason:
        problem = reason
    with suppress(msgspec.DecodeError, RecursionError, ValueError):
        return msgspec.json.decode(
            re.sub(_SURROGATES, _without_lone_surrogate, data.removeprefix(BOM_UTF8))
        )
    raise _not_json(data, problem)


def _without_lone_surrogate(match: re.Match[bytes]) -> bytes:
    is_lone = len(match[0]) in {3, 6}
    return b"\\ufffd" if is_lone else match[0]


def _check_nesting(data: bytes) -> None:
    if is_too_deep(data):
        raise UnreadableError("its nesting is too deep")


def read(value: object, type_: type[T]) -> T:
    """Convert a part of a body that was decoded untyped, as `decode` does a whole body.

    Raises:
        UnreadableError: It is not of this type.
    """
    return _reader(type_).coerced(value)


class _Reader(Generic[T]):
    """Decodes to one type."""

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
        # msgspec crashes if two threads use a struct for the first time at once.
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
    """Join the paths of an error in a part that was converted by itself."""
    problem, *paths = re.split(r" - at `\$(.*?)`", text)
    path = "".join(reversed(paths[::2]))
    return f"{problem} - at `${path}`"
