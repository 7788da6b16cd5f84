"""What a failed exchange was: did the service see it, and is trying again of use?

requests, urllib3 and keystoneauth1 wrap one another's exceptions. Walking the
whole chain tells more than the outermost class does.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from lavaclient import error
from lavaclient._http.redaction import Secrets

if TYPE_CHECKING:
    import ssl

__all__ = ["BODY_LIMIT", "NEVER_SENT", "Broken", "TooLargeError", "UnpackableError", "broken"]

BODY_LIMIT = 64 * 2**20

NEVER_SENT = "_lavaclient_never_sent"
"""The attribute that marks what was raised before a connection stood."""

Errors: TypeAlias = tuple[type[BaseException], ...]


class _Kinds(msgspec.Struct, frozen=True):
    """The classes of others that matter here, imported when something breaks."""

    of_requests: Errors
    not_sent: Errors
    timeouts: Errors
    refused: Errors
    undecodable: Errors


@cache
def _kinds() -> _Kinds:
    import ssl

    import requests
    import urllib3.exceptions

    return _Kinds(
        of_requests=(requests.RequestException,),
        not_sent=(
            requests.ConnectTimeout,
            requests.exceptions.ProxyError,
            requests.exceptions.InvalidURL,
            urllib3.exceptions.NewConnectionError,
            urllib3.exceptions.ConnectTimeoutError,
            ssl.SSLCertVerificationError,
        ),
        timeouts=(TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError),
        # urllib3 counts a refused connection among the timeouts.
        refused=(urllib3.exceptions.NewConnectionError,),
        undecodable=(urllib3.exceptions.DecodeError,),
    )


class TooLargeError(Exception):
    """The body is larger than BODY_LIMIT."""


class UnpackableError(Exception):
    """The body is packed in a way that was not asked for."""


class Broken(Exception):
    """An exchange that came to no answer.

    Attributes:
        sent: True when the service may have seen the request.
        lasting: True when trying again is of no use.
    """

    def __init__(
        self,
        kind: type[error.LavaError],
        words: str,
        *,
        method: str,
        path: str,
        request_id: str,
        sent: bool,
        lasting: bool,
    ) -> None:
        super().__init__(words)
        self.kind = kind
        self.words = words
        self.method = method
        self.path = path
        self.request_id = request_id
        self.sent = sent
        self.lasting = lasting

    def as_error(self, secrets: Secrets, *, doubtful: bool = False) -> error.LavaError:
        """Return what the caller gets to see, chained to its cause.

        The cause is left out where its words repeat a secret, as a status
        line that echoes a token would.

        Args:
            secrets: What must not be shown.
            doubtful: An attempt before this one may have been carried out.
        """
        failure = error.failed_request(
            self.kind,
            secrets.plain(self.words),
            method=self.method,
            path=self.path,
            request_id=self.request_id,
            maybe_applied=(self.sent or doubtful) and self.method != "GET",
        )
        if not any(secrets.shows(str(one)) for one in _chain(self.__cause__)):
            failure.__cause__ = self.__cause__
        return failure


def broken(cause: Exception, method: str, path: str, sent_id: str, timeout: float) -> Broken:
    """Judge what came of an exchange instead of an answer.

    Args:
        cause: What was raised. The requests that it and its causes hold are
            cut off: they hold the key or the token.
        method: HTTP method of the request.
        path: What errors call its path.
        sent_id: The ``Client-Request-ID`` that was sent.
        timeout: Seconds that it was given.
    """
    chain = list(_chain(cause))
    for one in chain:
        if isinstance(one, _kinds().of_requests):
            vars(one).update(request=None, response=None)
    kind, words = _verdict(chain, timeout)
    refused = _certificate_error(chain)
    judged = Broken(
        kind,
        words,
        method=method,
        path=path,
        request_id=sent_id,
        sent=not any(
            getattr(one, NEVER_SENT, False) or isinstance(one, _kinds().not_sent) for one in chain
        ),
        lasting=kind is error.ApiError or refused is not None,
    )
    judged.__cause__ = refused or cause
    return judged


def _certificate_error(chain: list[BaseException]) -> ssl.SSLCertVerificationError | None:
    import ssl

    return next((one for one in chain if isinstance(one, ssl.SSLCertVerificationError)), None)


def _verdict(chain: list[BaseException], timeout: float) -> tuple[type[error.LavaError], str]:
    for one in chain:
        if isinstance(one, TooLargeError):
            return error.ApiError, f"the body is larger than {BODY_LIMIT // 2**20} MiB"
        if isinstance(one, UnpackableError):
            return error.ApiError, "the body is packed in a way that was not asked for"
        if isinstance(one, _kinds().undecodable):
            return error.ApiError, "the body cannot be unpacked"
    if refused := _certificate_error(chain):
        return error.ConnectionError, f"certificate refused: {refused.verify_message}"
    if any(_is_timeout(one) for one in chain):
        return error.TimeoutError, f"no whole answer within {timeout:g} s"
    return error.ConnectionError, _root_words(chain)


def _is_timeout(one: BaseException) -> bool:
    return isinstance(one, _kinds().timeouts) and not isinstance(one, _kinds().refused)


def _root_words(chain: list[BaseException]) -> str:
    """Say in a few words what broke: the system's reason where there is one."""
    for one in reversed(chain):
        if isinstance(one, OSError) and one.strerror:
            return f"connection failed: {one.strerror}"
    return f"connection failed: {type(chain[-1]).__name__}"


def _chain(cause: BaseException | None) -> Iterator[BaseException]:
    """Walk the causes, and the exceptions that urllib3 and requests hold as arguments."""
    seen: set[int] = set()
    waiting: list[object] = [cause]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
