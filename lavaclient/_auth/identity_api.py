"""The calls to identity: by API key, and by a token from an earlier sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lavaclient import error
from lavaclient._auth.token import SignIn, read_answer
from lavaclient._carrier import Carrier
from lavaclient._config.options import DEFAULT_BACKOFF, DEFAULT_RETRIES, DEFAULT_TIMEOUT
from lavaclient._http import retry
from lavaclient._http.error_response import error_of
from lavaclient._http.exchange import Answer, Broken, exchange
from lavaclient._http.redaction import Secrets
from lavaclient._http.retry import Budget, Policy, Repeat
from lavaclient._http.service_client import HEADERS

if TYPE_CHECKING:
    from lavaclient._shapes import TimeSource

__all__ = ["Desk", "Refused", "policy_of"]

_PATH = "tokens"
# A sign-in changes nothing, so it may be repeated though it is a POST.
_SIGN_IN = Repeat(after_sending=True, after_503=True, after_5xx=False)
_REFUSALS = frozenset({401, 403})
_TOKEN_REFUSALS = frozenset({400, 401, 403, 404})


class Refused(Exception):
    """Identity does not know the token."""


def policy_of(
    clock: TimeSource, max_retries: int = DEFAULT_RETRIES, backoff: float = DEFAULT_BACKOFF
) -> Policy:
    """Return the retries that were asked for, with a budget that allows for them."""
    return Policy(max_retries, backoff, clock, Budget(clock, max(Budget.FIRST, max_retries)))


class Desk:
    """Where one user signs in.

    Args:
        auth_url: Identity's URL, ending in /v2.0.
        policy: Retries, and where time comes from.
        timeout: Seconds for one request.
        secrets: Learns the tokens, and scrubs what identity says.
        with_catalog: An answer without a good catalog is refused.
    """

    def __init__(
        self,
        auth_url: str,
        *,
        policy: Policy,
        timeout: float = DEFAULT_TIMEOUT,
        secrets: Secrets,
        with_catalog: bool = True,
    ) -> None:
        self.auth_url = auth_url
        self.policy = policy
        self.secrets = secrets
        self._timeout = timeout
        self._with_catalog = with_catalog

    def by_key(self, session: Carrier, username: str, api_key: str) -> SignIn:
        """Sign in with an API key.

        Raises:
            AuthorizationError: The key was refused.
            AuthenticationError: Identity could not be asked, or made no sense.
        """
        credentials = {"username": username, "apiKey": api_key}
        answer = self._ask(session, {"auth": {"RAX-KSKEY:apiKeyCredentials": credentials}})
        if answer.status in _REFUSALS:
            raise self._fault(answer, error.AuthorizationError)
        return self._read(answer)

    def by_token(self, session: Carrier, token: str, tenant_id: str | None) -> SignIn:
        """Ask for the catalog that belongs to a token.

        Raises:
            Refused: Identity does not know the token; chained to its words.
            AuthenticationError: Identity could not be asked, or made no sense.
        """
        auth: dict[str, object] = {"token": {"id": token}}
        if tenant_id is not None:
            auth["tenantId"] = tenant_id
        answer = self._ask(session, {"auth": auth})
        if answer.status in _TOKEN_REFUSALS:
            raise Refused from self._fault(answer)
        return self._read(answer)

    def _ask(self, session: Carrier, body: dict[str, object]) -> Answer:
        data = msgspec.json.encode(body)
        headers = {**HEADERS, "Content-Type": "application/json"}
        url = f"{self.auth_url}/{_PATH}"

        def attempt() -> Answer:
            return exchange(
                session,
                "POST",
                url,
                _PATH,
                headers=headers,
                body=data,
                timeout=self._timeout,
                secrets=self.secrets,
            )

        outcome, _ = retry.run(self.policy, _SIGN_IN, attempt)
        if isinstance(outcome, Broken):
            reason = outcome.as_error(self.secrets)
            reason.maybe_applied = False
            raise error.failed_request(
                error.AuthenticationError,
                f"could not sign in: {reason.message}",
                method="POST",
                path=_PATH,
                request_id=outcome.request_id,
            ) from reason
        return outcome

    def _read(self, answer: Answer) -> SignIn:
        if not 200 <= answer.status < 300:
            raise self._fault(answer) from self._fault(answer, error.for_status(answer.status))
        now = self.policy.clock.time()
        try:
            sign_in = read_answer(answer.body, now, with_catalog=self._with_catalog)
        except ValueError as reason:
            raise error.failed_request(
                error.AuthenticationError,
                f"could not sign in: {reason}",
                method="POST",
                path=_PATH,
                request_id=answer.request_id,
                code=answer.status,
            ) from reason
        self.secrets.add(sign_in.token)
        return sign_in

    def _fault(
        self, answer: Answer, kind: type[error.LavaError] = error.AuthenticationError
    ) -> error.LavaError:
        failure = error_of(answer, self.secrets, self.policy.clock.time(), kind=kind)
        failure.maybe_applied = False
        return failure
