"""The parts of a client: a session, a token provider and a service client."""

from __future__ import annotations

from typing import Self

from keystoneauth1.session import Session

from lavaclient._auth.identity_api import IdentityClient
from lavaclient._auth.provider import TokenProvider, provider_for
from lavaclient._auth.session_provider import SessionProvider, usable_session
from lavaclient._auth.token import AccessToken
from lavaclient._config.insecure_warning import InsecureTransportWarner
from lavaclient._config.options import Options
from lavaclient._http.redaction import Redactor
from lavaclient._http.retry import retry_policy
from lavaclient._http.service_client import ServiceClient
from lavaclient._system.clock import current_clock
from lavaclient.identity import client_session

__all__ = ["Connection"]


class Connection:
    """The session, token provider and service client of one ``Lava``.

    Attributes:
        session: The session that everything is sent over.
        provider: The source of its tokens.
        client: Sends requests to the service.
    """

    def __init__(self, session: Session, provider: TokenProvider, *, owns_session: bool) -> None:
        self.session = session
        self.provider = provider
        self.client: ServiceClient
        self._owns_session = owns_session

    @classmethod
    def open(cls, options: Options, session: Session | None) -> Self:
        """Sign in, unless a token and an endpoint are given.

        Args:
            options: The client's options.
            session: The caller's session, or None.

        Raises:
            InvalidError: The session or the CA bundle cannot be used; nothing was sent.
            AuthorizationError: The key was refused.
            AuthenticationError: Signing in was not possible.
        """
        warner = InsecureTransportWarner()
        warner.check(options)
        redactor = Redactor(options.api_key, options.token)
        policy = retry_policy(current_clock(), options.max_retries, options.retry_backoff)
        identity = IdentityClient(
            options.auth_url,
            policy=policy,
            timeout=options.timeout,
            redactor=redactor,
            with_catalog=options.endpoint is None,
        )
        if session is None:
            provider = provider_for(options, identity)
            connection = cls(client_session(provider, options), provider, owns_session=True)
        else:
            usable = usable_session(session)
            connection = cls(usable, SessionProvider(identity), owns_session=False)
        try:
            endpoint = connection._sign_in(options, warner)
        except BaseException:
            connection._close_session()
            raise
        connection.client = ServiceClient(
            session=connection.session,
            provider=connection.provider,
            endpoint=endpoint,
            timeout=options.timeout,
            policy=policy,
            redactor=redactor,
        )
        return connection

    def _sign_in(self, options: Options, warner: InsecureTransportWarner) -> str:
        """Get a token, and return the service's URL."""
        self.provider.get_token(self.session)
        if options.endpoint is not None:
            return options.endpoint
        endpoint = self.provider.find_endpoint(self.session, options.region, options.tenant_id)
        warner.check_url(endpoint)
        return endpoint

    def token(self) -> AccessToken:
        """Return the current token; sign in if ``session.invalidate()`` has dropped it."""
        if self.provider.current is None:
            self.client.check_open()
        return self.provider.current or self.provider.get_token(self.session)

    def reauthenticate(self) -> None:
        """Sign in again, as if the current token had been refused."""
        self.client.check_open()
        self.provider.reauthenticate(self.session)

    def close(self) -> None:
        """Close the connections, unless the session is the caller's."""
        self.client.closed = True
        self._close_session()

    def _close_session(self) -> None:
        if self._owns_session:
            self.session.session.close()
