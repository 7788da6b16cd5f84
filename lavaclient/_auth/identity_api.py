"""The calls to identity: by API key, and by a token from an earlier sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lavaclient import error
from lavaclient._auth.token import AccessToken, read_answer
from lavaclient._config.options import DEFAULT_TIMEOUT
from lavaclient._config.secret import Secret
from lavaclient._http.error_response import error_from_response
from lavaclient._http.exchange import send_request
from lavaclient._http.messages import OutgoingRequest, Response
from lavaclient._http.redaction import Redactor, without_frames
from lavaclient._http.retry import RetryPolicy, RetryRules, RetryState
from lavaclient._http.service_client import HEADERS

if TYPE_CHECKING:
    from keystoneauth1.session import Session

__all__ = ["IdentityClient", "TokenRejected"]

_PATH = "tokens"
# A sign-in changes nothing, so the POST may be repeated.
_SIGN_IN = RetryRules(after_sending=True, after_503=True, after_5xx=False)
_REFUSALS = frozenset({401, 403})
_TOKEN_REFUSALS = frozenset({400, 401, 403, 404})


class TokenRejected(Exception):
    """Identity does not accept the token."""


class IdentityClient:
    """Client of the identity service, for one user.

    Args:
        auth_url: Identity's URL, ending in /v2.0.
        policy: Retries and clock.
        timeout: Seconds for one request.
        redactor: Remembers the tokens, and removes secrets from identity's messages.
        with_catalog: Whether an answer must have a valid catalog.
    """

    def __init__(
        self,
        auth_url: str,
        *,
        policy: RetryPolicy,
        timeout: float = DEFAULT_TIMEOUT,
        redactor: Redactor,
        with_catalog: bool = True,
    ) -> None:
        self.auth_url = auth_url
        self.policy = policy
        self.redactor = redactor
        self._timeout = timeout
        self._with_catalog = with_catalog

    def authenticate_with_key(
        self, session: Session, username: str, api_key: Secret
    ) -> AccessToken:
        """Sign in with an API key.

        Raises:
            AuthorizationError: The key was refused.
            AuthenticationError: Identity cannot be reached, or its answer is not valid.
        """
        request = self._request(
            msgspec.json.encode(
                {
                    "auth": {
                        "RAX-KSKEY:apiKeyCredentials": {
                            "username": username,
                            "apiKey": api_key.reveal(),
                        }
                    }
                }
            )
        )
        response = self._send(session, request)
        if response.status in _REFUSALS:
            raise self._fault(response, error.AuthorizationError)
        return self._read(response)

    def authenticate_with_token(
        self, session: Session, token: Secret, tenant_id: str | None
    ) -> AccessToken:
        """Ask for the catalog that belongs to a token.

        Raises:
            TokenRejected: Identity does not accept the token; chained to its answer.
            AuthenticationError: Identity cannot be reached, or its answer is not valid.
        """
        tenant = {} if tenant_id is None else {"tenantId": tenant_id}
        request = self._request(
            msgspec.json.encode({"auth": {"token": {"id": token.reveal()}, **tenant}})
        )
        response = self._send(session, request)
        if response.status == 400 and tenant_id is None:
            raise TokenRejected("; tenant_id may be missing") from self._fault(response)
        if response.status in _TOKEN_REFUSALS:
            raise TokenRejected from self._fault(response)
        return self._read(response)

    def _request(self, body: bytes) -> OutgoingRequest:
        return OutgoingRequest(
            "POST",
            f"{self.auth_url}/{_PATH}",
            _PATH,
            headers={**HEADERS, "Content-Type": "application/json"},
            body=body,
            redactor=self.redactor,
            changes=False,
        )

    def _send(self, session: Session, request: OutgoingRequest) -> Response:
        retries = RetryState(self.policy, _SIGN_IN)
        outcome = send_request(session, request, self._timeout)
        while retries.sleep_before_retry(outcome):
            outcome = send_request(session, request, self._timeout)
        if isinstance(outcome, Response):
            return outcome
        reason = outcome.as_error(self.redactor)
        raise self._failure(str(reason.message), outcome.request_id) from reason

    def _read(self, response: Response) -> AccessToken:
        if not 200 <= response.status < 300:
            by_status = self._fault(response, error.for_status(response.status))
            raise self._fault(response) from by_status
        now = self.policy.clock.time()
        try:
            token = read_answer(response.body, now, with_catalog=self._with_catalog)
        except ValueError as reason:
            failure = self._failure(str(reason), response.request_id, response.status)
            raise failure from without_frames(reason)
        self.redactor.remember(Secret(token.reveal()))
        return token

    def _failure(self, reason: str, request_id: str, code: int | None = None) -> error.LavaError:
        return error.failed_request(
            error.AuthenticationError,
            f"could not sign in: {reason}",
            method="POST",
            path=_PATH,
            request_id=request_id,
            code=code,
        )

    def _fault(
        self, response: Response, kind: type[error.LavaError] = error.AuthenticationError
    ) -> error.LavaError:
        now = self.policy.clock.time()
        return error_from_response(response, self.redactor, now, changes=False, kind=kind)
