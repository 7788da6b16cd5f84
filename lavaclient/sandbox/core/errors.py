"""The service's errors: one exception, and a constructor for each reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class ApiFault(Exception):
    """A rule of the service that a request broke.

    Args:
        code: The HTTP status.
        message: What the service says.
        retry_after: Seconds for a `Retry-After` header, if it should have one.
        kind: The key of an identity-style body, where the status alone does not say it.
        allow: The methods that a path does have, for a 405.
    """

    def __init__(
        self,
        code: int,
        message: str,
        retry_after: int | None = None,
        kind: str | None = None,
        allow: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.kind = kind
        self.allow = allow


def bad_request(message: str) -> ApiFault:
    """400: the request itself is wrong."""
    return ApiFault(400, message)


def unauthorized(message: str) -> ApiFault:
    """401: no token, or one that is not valid."""
    return ApiFault(401, message)


def forbidden(message: str) -> ApiFault:
    """403: the user may not do this."""
    return ApiFault(403, message)


def not_found(noun: str, key: str) -> ApiFault:
    """404: there is no such thing."""
    return ApiFault(404, f"{noun} {key} could not be found")


def record_of(records: Mapping[str, T], noun: str, key: str) -> T:
    """Return the record of an id.

    Raises:
        ApiFault: 404; there is none.
    """
    record = records.get(key)
    if record is None:
        raise not_found(noun, key)
    return record


def conflict(message: str) -> ApiFault:
    """409: a duplicate, or the wrong state for it."""
    return ApiFault(409, message)


def over_quota(message: str) -> ApiFault:
    """413 without `Retry-After`: a retry does not help."""
    return ApiFault(413, message)


def over_rate(message: str, retry_after: int) -> ApiFault:
    """413 with `Retry-After`: a retry helps."""
    return ApiFault(413, message, retry_after)
