"""Requests to the service: path, token, retry, check, decode."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING, TypeVar

import msgspec

from lavaclient import error
from lavaclient._carrier import Carrier
from lavaclient._decode import reader
from lavaclient._http import retry
from lavaclient._http.error_response import error_of
from lavaclient._http.exchange import Answer, Broken, exchange
from lavaclient._http.paths import redirect_target
from lavaclient._http.redaction import Secrets, plain_words
from lavaclient._http.retry import Policy, Repeat
from lavaclient._version import __version__

if TYPE_CHECKING:
    from lavaclient._shapes import Authority, Held, TimeSource

__all__ = ["HEADERS", "ServiceClient", "may_pass"]

T = TypeVar("T")

HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": f"python-lavaclient/{__version__}",
}
_MOST_REDIRECTS = 5


class _Attempts(msgspec.Struct):
    """One request of the caller's, through however many attempts.

    Attributes:
        secrets: What is not to be shown, what stands in the body included.
        doubtful: An attempt without a clear answer may have been carried out.
    """

    method: str
    path: str
    repeat: Repeat
    data: bytes | None
    secrets: Secrets
    doubtful: bool = False


class ServiceClient:
    """One client's way to the service; every method may be called from any thread."""

    def __init__(
        self,
        *,
        session: Carrier,
        authority: Authority,
        endpoint: str,
        timeout: float,
        policy: Policy,
        secrets: Secrets,
    ) -> None:
        self.session = session
        self.endpoint = endpoint
        self.closed = False
        self._authority = authority
        self._timeout = timeout
        self._policy = policy
        self._secrets = secrets

    @property
    def clock(self) -> TimeSource:
        """Where time and sleep come from."""
        return self._policy.clock

    def get(self, path: str, answer_type: type[T]) -> T:
        """GET ``path``, relative to the endpoint, and decode the answer."""
        answer = self.request("GET", path, retry.GET)
        return self.decode(answer, answer_type)

    def post(
        self,
        path: str,
        body: msgspec.Struct,
        answer_type: type[T],
        *,
        secrets: tuple[str, ...] = (),
    ) -> T:
        """POST ``body``; it is never sent twice once it may have arrived.

        Args:
            path: Relative to the endpoint.
            body: The request.
            answer_type: What the answer decodes to.
            secrets: Texts in the body that no error may repeat.
        """
        answer = self.request("POST", path, retry.ONCE, body, secrets)
        return self.decode(answer, answer_type)

    def put(
        self,
        path: str,
        body: msgspec.Struct,
        answer_type: type[T],
        *,
        repeatable: bool = True,
        secrets: tuple[str, ...] = (),
    ) -> T:
        """PUT ``body``; ``repeatable=False`` where twice is not the same as once."""
        repeat = retry.IDEMPOTENT if repeatable else retry.ONCE
        answer = self.request("PUT", path, repeat, body, secrets)
        return self.decode(answer, answer_type)

    def delete(self, path: str) -> None:
        """DELETE ``path``; what an answer says beyond its status is of no interest."""
        self.request("DELETE", path, retry.IDEMPOTENT)

    def request(
        self,
        method: str,
        path: str,
        repeat: Repeat,
        body: msgspec.Struct | None = None,
        secrets: tuple[str, ...] = (),
    ) -> Answer:
        """Send a request and return its answer, a 2xx one.

        Args:
            method: HTTP method.
            path: Relative to the endpoint.
            repeat: How far it may be repeated.
            body: The request, or None.
            secrets: Texts in the body that no error may repeat.
        """
        self.check_open()
        data = None if body is None else msgspec.json.encode(body)
        ticket = self._authority.ticket()
        held = self._authority.signed_in(self.session)
        attempts = _Attempts(method, path, repeat, data, self._secrets.along_with(*secrets))
        answer = self._run(attempts, held)
        if answer.status == 401:
            held = self._renewed(attempts, answer, held, ticket)
            answer = self._run(attempts, held)
        if 200 <= answer.status < 300:
            return answer
        if answer.status == 404 and method == "DELETE" and attempts.doubtful:
            return answer
        raise error_of(
            answer,
            attempts.secrets,
            self.clock.time(),
            doubtful=attempts.doubtful,
        )

    def _renewed(self, attempts: _Attempts, refused: Answer, held: Held, ticket: int) -> Held:
        try:
            return self._authority.renew(self.session, held, ticket)
        except error.LavaError as failure:
            if attempts.doubtful and attempts.method != "GET":
                failure.doubted()
            if failure.__cause__ is None:
                raise failure from error_of(refused, attempts.secrets, self.clock.time())
            raise

    def _run(self, attempts: _Attempts, held: Held) -> Answer:
        headers = {"X-Auth-Token": held.token, **HEADERS}
        if attempts.data is not None:
            headers["Content-Type"] = "application/json"

        def attempt() -> Answer:
            self.check_open()
            return self._follow(attempts, headers)

        outcome, doubtful = retry.run(self._policy, attempts.repeat, attempt)
        attempts.doubtful = attempts.doubtful or doubtful
        if isinstance(outcome, Broken):
            raise outcome.as_error(attempts.secrets, doubtful=attempts.doubtful)
        return outcome

    def _follow(self, attempts: _Attempts, headers: dict[str, str]) -> Answer:
        """Make one exchange, and those it is redirected to within the same origin."""
        url = f"{self.endpoint}/{attempts.path}"
        deadline = time.monotonic() + self._timeout
        left = self._timeout
        for _ in range(_MOST_REDIRECTS + 1):
            answer = exchange(
                self.session,
                attempts.method,
                url,
                attempts.path,
                headers=headers,
                body=attempts.data,
                timeout=left,
                secrets=attempts.secrets,
            )
            target = redirect_target(answer, url)
            left = deadline - time.monotonic()
            if target is None or left <= 0:
                break
            url = target
        return answer

    def decode(self, answer: Answer, answer_type: type[T]) -> T:
        """Decode the body of an answer, or raise the ApiError that says why it cannot be."""
        try:
            return reader.decode(answer.body, answer_type)
        except reader.UnreadableError as reason:
            raise self.unreadable(answer, str(reason)) from reason

    def unreadable(self, answer: Answer, words: str) -> error.LavaError:
        """Return the ApiError for an answer that is not what it should be."""
        return error.failed_request(
            error.ApiError,
            f"the answer makes no sense: {plain_words(words)}",
            method=answer.method,
            path=answer.path,
            request_id=answer.request_id,
            code=answer.status,
            maybe_applied=answer.method != "GET",
        )

    def check_open(self) -> None:
        """Raise InvalidError when the client is closed."""
        if self.closed:
            raise error.InvalidError("this client is closed")


def may_pass(failure: error.LavaError) -> bool:
    """Tell whether the failure could pass by itself: no connection, 5xx, a rate limit."""
    if isinstance(failure, error.AuthenticationError):
        cause = failure.__cause__
        return isinstance(cause, error.LavaError) and may_pass(cause)
    if isinstance(failure, error.OverLimitError):
        return failure.code == 429 or failure.retry_after is not None
    if isinstance(failure, error.ConnectionError):
        return not isinstance(failure.__cause__, ssl.SSLCertVerificationError)
    return isinstance(failure, error.TimeoutError | error.ServerError)
