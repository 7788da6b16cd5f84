"""The errors that the library raises; every one is a :class:`LavaError`.

::

    LavaError
    ├── InvalidError            bad argument; nothing was sent
    ├── AuthenticationError     could not sign in
    ├── AuthorizationError      the credentials or the token were refused (401)
    ├── RequestError            the service answered 4xx or 5xx; .code is the status
    │   ├── BadRequestError     400
    │   ├── ForbiddenError      403
    │   ├── NotFoundError       404
    │   ├── ConflictError       409
    │   ├── OverLimitError      413, 429
    │   └── ServerError         5xx
    ├── ApiError                the answer is not valid
    ├── FailedError             the request worked, what it asked for failed
    ├── ConnectionError         also the built-in ConnectionError
    ├── TimeoutError            also the built-in TimeoutError
    └── ProxyError              the SOCKS proxy over SSH could not be set up
"""

from __future__ import annotations

import builtins
import copy
import re
from typing import Self

__all__ = [
    "ApiError",
    "AuthenticationError",
    "AuthorizationError",
    "BadRequestError",
    "ConflictError",
    "ConnectionError",
    "FailedError",
    "ForbiddenError",
    "InsecureTransportWarning",
    "InvalidError",
    "LavaError",
    "NotFoundError",
    "OverLimitError",
    "ProxyError",
    "RequestError",
    "ServerError",
    "TimeoutError",
]

LONGEST = 500
"""The maximum length of a text that is shown."""

_CONTROL = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\ufeff]+"

_ADVICE = "; it may have been carried out, so look before trying again"


class LavaError(Exception):
    """Base of every error that the library raises.

    Attributes:
        code: HTTP status of the answer, or None where there was none.
        message: The service's own message if it gave one, else the text.
        method: HTTP method of the request that failed, or None.
        path: Path of that request, relative to its endpoint, or None.
        request_id: The service's id of the request, else the id that was
            sent in ``Client-Request-ID``, or None.
        retry_after: Seconds the service asked to wait, or None.
        maybe_applied: True when the service may have carried out the request
            although it failed: look before trying again.
    """

    def __init__(
        self,
        text: str = "",
        *,
        message: str | None = None,
        code: int | None = None,
        method: str | None = None,
        path: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        maybe_applied: bool = False,
    ) -> None:
        # It may contain statuses, names and messages of the service.
        text = plain_line(text)
        super().__init__(text)
        self.message: str = text if message is None else message
        self.code = code
        self.method = method
        self.path = path
        self.request_id = request_id
        self.retry_after = retry_after
        self.maybe_applied: bool = maybe_applied

    def copy(self) -> Self:
        """Return an equal error with no traceback, chained to the same cause.

        An exception has one traceback, so threads that share a failure
        each raise a copy.
        """
        twin = copy.copy(self)
        twin.__cause__ = self.__cause__
        return twin

    def mark_maybe_applied(self) -> None:
        """Record that an earlier attempt may have been carried out."""
        if not self.maybe_applied:
            self.maybe_applied = True
            self.args: tuple[object, ...] = (
                plain_line(str(self), LONGEST - len(_ADVICE)) + _ADVICE,
            )


class InvalidError(LavaError):
    """An argument is wrong; nothing was sent."""


class AuthenticationError(LavaError):
    """Signing in was not possible: no route, no endpoint, nothing to renew with."""


class AuthorizationError(LavaError):
    """Identity or the service refused the credentials or the token (401)."""


class RequestError(LavaError):
    """The service answered with a 4xx or 5xx status, which is in ``.code``."""


class BadRequestError(RequestError):
    """400: the service did not accept the request."""


class ForbiddenError(RequestError):
    """403: the user's role lacks the right."""


class NotFoundError(RequestError):
    """404: there is no such resource."""


class ConflictError(RequestError):
    """409: a duplicate, or the resource is in the wrong state."""


class OverLimitError(RequestError):
    """413 or 429: a quota or a rate limit is exceeded.

    ``.retry_after`` is set for a rate limit and None for a quota.
    """


class ServerError(RequestError):
    """5xx: the service failed."""


class ApiError(LavaError):
    """The service's answer is not valid."""


class FailedError(LavaError):
    """The request worked, but the thing that it asked for failed.

    Attributes:
        returncode: Exit status of a remote command, else None.
        output: What a remote command wrote to both its streams, else "".
        cluster: After a wait, the cluster as it was seen last, else None.
    """

    def __init__(
        self,
        text: str = "",
        *,
        returncode: int | None = None,
        output: str = "",
        cluster: object = None,
    ) -> None:
        super().__init__(text)
        self.returncode = returncode
        self.output = output
        self.cluster = cluster


class ConnectionError(LavaError, builtins.ConnectionError):
    """The connection could not be made, or broke."""


class TimeoutError(LavaError, builtins.TimeoutError):
    """A time limit was exceeded.

    Attributes:
        cluster: After a wait, the cluster as it was seen last, else None.
    """

    cluster: object = None


class ProxyError(LavaError):
    """The SOCKS proxy over SSH could not be set up."""


class InsecureTransportWarning(UserWarning):
    """Credentials travel unprotected: plain HTTP, or TLS that is not verified."""


_BY_STATUS: dict[int, type[RequestError]] = {
    400: BadRequestError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: OverLimitError,
    429: OverLimitError,
}


def for_status(status: int) -> type[LavaError]:
    """Return the class of the error that an answer with this status becomes."""
    if status == 401:
        return AuthorizationError
    if status >= 500:
        return ServerError
    if status >= 400:
        return _BY_STATUS.get(status, RequestError)
    return ApiError


def failed_request(
    kind: type[LavaError],
    message: str,
    *,
    method: str,
    path: str,
    request_id: str,
    code: int | None = None,
    retry_after: float | None = None,
    maybe_applied: bool = False,
) -> LavaError:
    """Return the error of a request, with a text of one line that ends in the request id.

    The message is shortened where it leaves no room for that.
    """
    start = f"{method} {plain_line(path, 200)}: {'' if code is None else f'{code} '}"
    end = f"{_ADVICE if maybe_applied else ''} (request id {plain_line(request_id, 100)})"
    return kind(
        f"{start}{plain_line(message, LONGEST - len(start) - len(end))}{end}",
        message=plain_line(message),
        code=code,
        method=method,
        path=path,
        request_id=request_id,
        retry_after=retry_after,
        maybe_applied=maybe_applied,
    )


def plain_line(text: str, most: int = LONGEST) -> str:
    """Return the text as one printable line of at most ``most`` characters."""
    text = one_line(text)
    if len(text) > most:
        text = text[: most - 1] + "…"
    if text.isprintable():
        return text
    return one_line("".join(letter if letter.isprintable() else " " for letter in text))


def one_line(text: str) -> str:
    """Return the text without control characters, its white space collapsed."""
    return " ".join(re.sub(_CONTROL, " ", text).split())


def without_breaks(text: str) -> str:
    """Join the parts of a text that line ends and other control characters separate."""
    return "".join(part.strip() for part in re.split(_CONTROL, text))
