"""Requests to the service: token, retries, redirects, errors, decoding."""

from __future__ import annotations

import ssl
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from lavaclient import error
from lavaclient._config.secret import Secret
from lavaclient._decode import reader
from lavaclient._http.error_response import error_from_response
from lavaclient._http.exchange import send_request
from lavaclient._http.failures import TransportFailure
from lavaclient._http.messages import OutgoingRequest, Response
from lavaclient._http.paths import redirect_target
from lavaclient._http.redaction import Redactor, without_frames
from lavaclient._http.retry import GET, IDEMPOTENT, ONCE, RetryPolicy, RetryRules, RetryState
from lavaclient._system.clock import Clock
from lavaclient._version import __version__
from lavaclient.error import plain_line

if TYPE_CHECKING:
    from keystoneauth1.session import Session

__all__ = ["HEADERS", "ServiceClient", "Token", "TokenSource", "is_transient"]

T = TypeVar("T")

HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": f"python-lavaclient/{__version__}",
}
_MOST_REDIRECTS = 5


class Token(Protocol):
    """A token, as far as sending requests needs it."""

    def reveal(self) -> str:
        """Return the token's text."""


class TokenSource(Protocol):
    """Where the tokens of requests come from: a token provider."""

    def failure_epoch(self) -> int:
        """Return a mark of this moment, to tell which refreshes fail after it."""

    def get_token(self, session: Session) -> Token:
        """Return a valid token, signing in or refreshing if necessary."""

    def refresh(self, session: Session, refused: Token, epoch: int) -> Token:
        """Return a token other than the one that was refused."""


class RequestState:
    """One request of the caller, with all its attempts.

    Attributes:
        outgoing: The request as it is sent next.
        retries: Its retries.
        token: The token that it is sent with.
        epoch: The token provider's mark of when it began.
        may_refresh: Whether a 401 may still lead to a refresh.
    """

    def __init__(self, outgoing: OutgoingRequest, retries: RetryState, epoch: int) -> None:
        self.outgoing = outgoing
        self.retries = retries
        self.epoch = epoch
        self.may_refresh = True
        self._url = outgoing.url

    def begin_attempt(self, timeout: float) -> None:
        """Start over, with the request's own URL and the full timeout."""
        self.outgoing.url = self._url
        self.redirects = 0
        self.deadline = time.monotonic() + timeout

    def use(self, token: Token) -> None:
        """Send the request with this token from now on."""
        self.token = token
        self.outgoing.headers = {**self.outgoing.headers, "X-Auth-Token": token.reveal()}

    def remaining(self) -> float:
        """Return the seconds left for this attempt."""
        return self.deadline - time.monotonic()


class ServiceClient:
    """Sends one client's requests to the service; every method may be called from any thread."""

    def __init__(
        self,
        *,
        session: Session,
        provider: TokenSource,
        endpoint: str,
        timeout: float,
        policy: RetryPolicy,
        redactor: Redactor,
    ) -> None:
        self.session = session
        self.endpoint = endpoint
        self.closed = False
        self._provider = provider
        self._timeout = timeout
        self._policy = policy
        self._redactor = redactor

    @property
    def clock(self) -> Clock:
        """The source of time and sleep."""
        return self._policy.clock

    def get(self, path: str, answer_type: type[T]) -> T:
        """GET ``path``, relative to the endpoint, and decode the response."""
        return self.decode(self.request("GET", path, GET), answer_type)

    def post(self, path: str, body: msgspec.Struct, answer_type: type[T]) -> T:
        """POST ``body``; it is never sent twice once it may have arrived.

        Args:
            path: Relative to the endpoint.
            body: The request.
            answer_type: What the response decodes to.
        """
        return self.decode(self.request("POST", path, ONCE, body), answer_type)

    def put(
        self, path: str, body: msgspec.Struct, answer_type: type[T], *, repeatable: bool = True
    ) -> T:
        """PUT ``body``; ``repeatable=False`` where that is not idempotent."""
        rules = IDEMPOTENT if repeatable else ONCE
        return self.decode(self.request("PUT", path, rules, body), answer_type)

    def delete(self, path: str) -> None:
        """DELETE ``path``; of the response only the status counts."""
        self.request("DELETE", path, IDEMPOTENT)

    def request(
        self,
        method: str,
        path: str,
        rules: RetryRules,
        body: msgspec.Struct | None = None,
        secrets: Sequence[Secret] = (),
    ) -> Response:
        """Send a request, with retries, and return the 2xx response.

        Args:
            method: HTTP method.
            path: Relative to the endpoint.
            rules: When it may be repeated.
            body: The request's body, or None.
            secrets: Texts in the body that no error may show.

        Raises:
            LavaError: There is no such response; the class depends on the status or failure.
        """
        self.check_open()
        state = self._begin(method, path, rules, body, secrets)
        outcome = send_request(self.session, state.outgoing, state.remaining())
        while self._prepare_next_attempt(state, outcome):
            outcome = send_request(self.session, state.outgoing, state.remaining())
        if isinstance(outcome, TransportFailure):
            raise outcome.as_error(
                state.outgoing.redactor, maybe_applied=state.retries.maybe_applied
            )
        was_deleted = outcome.status == 404 and method == "DELETE" and state.retries.maybe_applied
        if 200 <= outcome.status < 300 or was_deleted:
            return outcome
        raise self._error(state, outcome)

    def _begin(
        self,
        method: str,
        path: str,
        rules: RetryRules,
        body: msgspec.Struct | None,
        secrets: Sequence[Secret],
    ) -> RequestState:
        outgoing = OutgoingRequest(
            method,
            f"{self.endpoint}/{path}",
            path,
            headers=HEADERS if body is None else {**HEADERS, "Content-Type": "application/json"},
            body=None if body is None else msgspec.json.encode(body),
            redactor=self._redactor.extended(*secrets),
        )
        epoch = self._provider.failure_epoch()
        token = self._provider.get_token(self.session)
        state = RequestState(outgoing, RetryState(self._policy, rules), epoch)
        state.use(token)
        state.begin_attempt(self._timeout)
        return state

    def _prepare_next_attempt(
        self, state: RequestState, outcome: Response | TransportFailure
    ) -> bool:
        """Prepare what is sent after this outcome; return False if nothing is."""
        if isinstance(outcome, Response):
            target = redirect_target(outcome, state.outgoing.url)
            if target and state.redirects < _MOST_REDIRECTS and state.remaining() > 0:
                state.outgoing.url = target
                state.redirects += 1
                return True
            if outcome.status == 401 and state.may_refresh:
                self._refresh(state, outcome)
                return True
        if not state.retries.sleep_before_retry(outcome):
            return False
        self.check_open()
        state.begin_attempt(self._timeout)
        return True

    def _refresh(self, state: RequestState, refusal: Response) -> None:
        """Get another token, and start the request over with it."""
        state.may_refresh = False
        try:
            state.use(self._provider.refresh(self.session, state.token, state.epoch))
        except error.LavaError as failure:
            if state.retries.maybe_applied and state.outgoing.changes:
                failure.mark_maybe_applied()
            if failure.__cause__ is None:
                raise failure from self._error(state, refusal)
            raise
        state.retries.restart()
        self.check_open()
        state.begin_attempt(self._timeout)

    def _error(self, state: RequestState, response: Response) -> error.LavaError:
        return error_from_response(
            response,
            state.outgoing.redactor,
            self.clock.time(),
            maybe_applied=state.retries.maybe_applied,
        )

    def decode(self, response: Response, answer_type: type[T]) -> T:
        """Decode the body of a response, or raise an ApiError with the reason."""
        try:
            return reader.decode(response.body, answer_type)
        except reader.UnreadableError as reason:
            raise self.unreadable(response, str(reason)) from without_frames(reason)

    def unreadable(self, response: Response, reason: str) -> error.LavaError:
        """Return the ApiError for a response that is not valid."""
        return error.failed_request(
            error.ApiError,
            f"the answer is not valid: {plain_line(reason)}",
            method=response.method,
            path=response.path,
            request_id=response.request_id,
            code=response.status,
            maybe_applied=response.method != "GET",
        )

    def check_open(self) -> None:
        """Raise InvalidError when the client is closed."""
        if self.closed:
            raise error.InvalidError("this client is closed")


def is_transient(failure: error.LavaError) -> bool:
    """Tell whether a failure may be temporary: no connection, 5xx, a rate limit."""
    if isinstance(failure, error.AuthenticationError):
        cause = failure.__cause__
        return isinstance(cause, error.LavaError) and is_transient(cause)
    if isinstance(failure, error.OverLimitError):
        return failure.code == 429 or failure.retry_after is not None
    if isinstance(failure, error.ConnectionError):
        return not isinstance(failure.__cause__, ssl.SSLCertVerificationError)
    return isinstance(failure, error.TimeoutError | error.ServerError)
