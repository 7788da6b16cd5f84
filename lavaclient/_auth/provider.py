"""The source of tokens: one for many threads, refreshed once for all of them."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from lavaclient import error
from lavaclient._auth.identity_api import IdentityClient, TokenRejected
from lavaclient._auth.token import REFRESH_THRESHOLD, AccessToken
from lavaclient._auth.token_cache import TokenCache
from lavaclient._config.options import Options
from lavaclient._config.secret import Secret
from lavaclient._http.service_client import Token
from lavaclient._system.fork import renew_in_child

if TYPE_CHECKING:
    from keystoneauth1.session import Session

__all__ = ["ApiKeyProvider", "TokenProvider", "provider_for"]

_PAUSE = 10.0


class TokenProvider(ABC):
    """Holds the current token, refreshed by one thread while the others wait.

    A refresh names the token that was refused. If the current token is another
    one by then, it is returned, so that a late 401 for an older token causes no
    sign-in. Threads that wait share the outcome, also if it is a failure.

    The thread that signs in holds the lock. If it is interrupted, by Ctrl-C for
    instance, the lock is released and the next thread signs in.

    Args:
        identity: The client of the identity service.
        token: A token to begin with.

    Attributes:
        identity: The client of the identity service.
        current: The current token, or None.
    """

    def __init__(self, identity: IdentityClient, token: AccessToken | None = None) -> None:
        self.identity = identity
        self.current = token
        self._clock = identity.policy.clock
        self._failures = 0
        self._failure: error.LavaError | None = None
        self._not_before = float("-inf")
        self.renew_lock()
        renew_in_child(self, TokenProvider.renew_lock)

    def renew_lock(self) -> None:
        """Make a new lock: in a forked child no thread would release one that was held.

        It is reentrant, for a signal handler that uses the client.
        """
        self._lock = threading.RLock()

    @abstractmethod
    def _authenticate(self, session: Session, refused: Token | None) -> AccessToken:
        """Sign in; one thread at a time does."""

    @abstractmethod
    def find_endpoint(self, session: Session, region: str | None, tenant_id: str | None) -> str:
        """Return the service's URL from the catalog; see `Catalog.endpoint`."""

    def failure_epoch(self) -> int:
        """Return a mark of this moment: how many refreshes have failed so far."""
        return self._failures

    def get_token(self, session: Session) -> AccessToken:
        """Return the current token, signing in or refreshing first if necessary."""
        epoch = self._failures
        token = self.current
        if token is None:
            return self.refresh(session, None, epoch)
        now = self._clock.time()
        if not token.ends_within(REFRESH_THRESHOLD, now):
            return token
        if token.ends_within(0.0, now):
            return self.refresh(session, token, epoch)
        return self._refresh_early(session, token, epoch)

    def _refresh_early(self, session: Session, token: AccessToken, epoch: int) -> AccessToken:
        """Refresh a token that is still valid; return it if that fails."""
        lock = self._lock
        if self._clock.monotonic() < self._not_before or not lock.acquire(blocking=False):
            return token
        try:
            return self.refresh(session, token, epoch)
        except error.LavaError:
            self._not_before = self._clock.monotonic() + _PAUSE
            if token.ends_within(0.0, self._clock.time()):
                raise
            return token
        finally:
            lock.release()

    def refresh(self, session: Session, refused: Token | None, epoch: int) -> AccessToken:
        """Return a token other than the one that was refused.

        Args:
            session: The session to sign in over.
            refused: The token that was refused, or None when there was none.
            epoch: `failure_epoch` at the start of the caller's request; a refresh
                that has failed since then is not repeated for this caller.

        Raises:
            LavaError: Signing in failed, here or in another thread.
        """
        with self._lock:
            token = self.current
            if token is not None and token is not refused:
                return token
            if self._failure is not None and self._failures > epoch:
                raise self._failure.copy()
            try:
                self.current = self._authenticate(session, refused)
            except error.LavaError as failure:
                self._failure = failure.copy()
                self._failures += 1
                raise
            self._failure = None
            return self.current

    def reauthenticate(self, session: Session) -> None:
        """Sign in again, as if the current token had been refused."""
        self.refresh(session, self.current, self._failures)

    def replace(self, text: Secret) -> AccessToken:
        """Make a token of this text the current one, unless that has the same text."""
        with self._lock:
            token = self.current
            if token is None or token.reveal() != text.reveal():
                token = self.current = AccessToken.of_text(text.reveal())
            return token

    def invalidate(self, refused: AccessToken | None) -> None:
        """Forget the current token if it is the one that was refused, or if none is named."""
        with self._lock:
            if refused is None or self.current is refused:
                self.current = None


class ApiKeyProvider(TokenProvider):
    """Signs in with an API key, or uses a token.

    Args:
        identity: The client of the identity service.
        username: Rackspace user, or None with a token alone.
        api_key: The key, or None with a token alone.
        token: A token to begin with.
        unverified_token: A token that identity must accept before it is used.
        tenant_id: The account of that token.
        on_refresh: Called with each new token.
    """

    def __init__(
        self,
        identity: IdentityClient,
        *,
        username: str | None,
        api_key: Secret | None,
        token: AccessToken | None = None,
        unverified_token: Secret | None = None,
        tenant_id: str | None = None,
        on_refresh: Callable[[AccessToken], None] | None = None,
    ) -> None:
        super().__init__(identity, token)
        self.username = username
        self.api_key = api_key
        self._unverified_token = unverified_token
        self._tenant_id = tenant_id
        self._on_refresh = on_refresh

    def find_endpoint(self, session: Session, region: str | None, tenant_id: str | None) -> str:
        """Return the service's URL from the token's catalog."""
        catalog = self.get_token(session).catalog
        return catalog.endpoint(region, self.identity.auth_url, tenant_id)

    def _authenticate(self, session: Session, refused: Token | None) -> AccessToken:
        token = self._verified_token(session)
        if token is None:
            if self.username is None or self.api_key is None:
                raise error.AuthenticationError(
                    "the token is no longer accepted, and there is no api_key to get another with"
                )
            token = self.identity.authenticate_with_key(session, self.username, self.api_key)
        if self._on_refresh is not None:
            self._on_refresh(token)
        return token

    def _verified_token(self, session: Session) -> AccessToken | None:
        """Verify the token from the options; None if it is refused or was not given."""
        if self._unverified_token is None:
            return None
        token: AccessToken | None = None
        try:
            token = self.identity.authenticate_with_token(
                session, self._unverified_token, self._tenant_id
            )
            token.ignore_expiry = token.ignore_expiry or self.api_key is None
        except TokenRejected as rejection:
            if self.api_key is None:
                raise error.AuthenticationError(
                    "the token was refused, and there is no api_key to sign in with instead"
                    f"{rejection}: {rejection.__cause__}"
                ) from rejection.__cause__
        self._unverified_token = None
        return token


def provider_for(options: Options, identity: IdentityClient) -> ApiKeyProvider:
    """Return the provider of a client with these options; nothing is sent yet."""
    cache = TokenCache.for_options(options)
    token: AccessToken | None = None
    if options.token is None:
        token = _cached_token(cache, options, identity) if cache else None
    elif options.endpoint:
        token = AccessToken.of_text(options.token.reveal())
        if cache:
            cache.save(token)
    return ApiKeyProvider(
        identity,
        username=options.username,
        api_key=options.api_key,
        token=token,
        unverified_token=None if token else options.token,
        tenant_id=options.tenant_id,
        on_refresh=cache.save if cache else None,
    )


def _cached_token(
    cache: TokenCache, options: Options, identity: IdentityClient
) -> AccessToken | None:
    """Return the cached token, or None if its catalog lacks the endpoint."""
    token = cache.load(identity.policy.clock.time(), REFRESH_THRESHOLD)
    if token is None:
        return None
    identity.redactor.remember(Secret(token.reveal()))
    if options.endpoint is None:
        try:
            token.catalog.endpoint(options.region, options.auth_url, options.tenant_id)
        except error.AuthenticationError:
            return None
    return token
