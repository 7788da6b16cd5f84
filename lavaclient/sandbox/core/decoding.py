"""Reading request bodies: strictly, and saying which field is wrong."""

from __future__ import annotations

import re
import threading
from typing import Annotated, Any, TypeVar

import msgspec

from lavaclient.sandbox.core.errors import bad_request

T = TypeVar("T")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]

_PLACE = re.compile(r"^(?P<what>.*) - at `\$\.?(?P<where>.*)`$", re.DOTALL)


# msgspec crashes the process where two threads are the first to use a struct.
_LOCK = threading.Lock()
_DECODERS: dict[object, msgspec.json.Decoder[Any]] = {}


def decoder_for(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of a type, made once for all threads."""
    decoder = _DECODERS.get(kind)
    if decoder is None:
        with _LOCK:
            decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    return decoder


def convert(value: object, kind: type[T]) -> T:
    """Return plain values as a type.

    Raises:
        msgspec.ValidationError: They do not fit it.
    """
    decoder_for(kind)
    return msgspec.convert(value, kind)


def decode(body: bytes, kind: type[T]) -> T:
    """Decode a JSON body.

    Args:
        body: The bytes as they came.
        kind: The struct that the body must fit.

    Returns:
        The decoded body.

    Raises:
        ApiFault: It is not JSON, or a field is missing, unknown or of the wrong kind.
    """
    try:
        return decoder_for(kind).decode(body)
    except msgspec.ValidationError as error:
        match = _PLACE.match(str(error))
        place, text = ("", str(error)) if match is None else (f"{match['where']}: ", match["what"])
        text = text.replace("`", "'").replace("Object", "object")
        raise bad_request(place + text) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad_request(f"The body is not valid JSON: {error}") from error
