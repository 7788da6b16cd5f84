"""Timestamps: msgspec decodes those in RFC 3339, the functions here all other forms."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["as_timestamp"]

_LOG = logging.getLogger("lavaclient")
_ZONE_NAME = r" *(UTC|GMT)$"
_LEAST_MILLISECONDS = 1e11


def as_timestamp(value: object) -> object:
    """Return a string or number as the time that it means, in UTC where it names no zone.

    A blank string is None, and so is one that is no time, which is logged. Anything else
    is returned as it is.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    if isinstance(value, str) and not value.strip():
        return None
    try:
        moment = _from_text(value.strip()) if isinstance(value, str) else _from_number(value)
    except (OSError, OverflowError, TypeError, ValueError):
        _LOG.debug("a timestamp that is not valid is read as None")
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _from_text(text: str) -> datetime:
    """Read ISO 8601 in any case or with `` UTC``, RFC 1123, or a number."""
    with suppress(ValueError):
        return datetime.fromisoformat(re.sub(_ZONE_NAME, "Z", text.upper()))
    with suppress(ValueError):
        return _from_number(float(text))
    return parsedate_to_datetime(text)


def _from_number(number: float) -> datetime:
    """Read seconds since 1970, or milliseconds where seconds would be thousands of years."""
    seconds = number / 1000 if abs(number) >= _LEAST_MILLISECONDS else number
    return datetime.fromtimestamp(seconds, UTC)
