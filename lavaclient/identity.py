"""The keystoneauth1 plugin that signs in with a Rackspace API key.

:class:`RackspaceApiKey` is what :class:`lavaclient.Lava` signs in with. It works
as well in any ``keystoneauth1.session.Session`` and, named ``rax_apikey``, in a
``clouds.yaml``.
"""

from __future__ import annotations

import hashlib
import json
import threading
from typing import TYPE_CHECKING, NoReturn, SupportsIndex

from keystoneauth1 import discover, plugin

from lavaclient import error
from lavaclient._auth.identity_api import Desk, policy_of
from lavaclient._auth.provider import KeyAuthority
from lavaclient._auth.token import SERVICE_TYPE, SignIn, choose_endpoint, read_state
from lavaclient._config.options import Options, account_number, credential
from lavaclient._config.urls import identity_url
from lavaclient._http.redaction import Secrets
from lavaclient._http.service_client import HEADERS
from lavaclient._system.clock import Clock

if TYPE_CHECKING:
    import requests
    from keystoneauth1.access.access import AccessInfoV2
    from keystoneauth1.session import Session

__all__ = ["RackspaceApiKey"]


class _Given(threading.local):
    """What one thread was given, since a Session does not say which token was refused."""

    sign_in: SignIn | None = None
    refused: SignIn | None = None
    ticket = 0


class RackspaceApiKey(plugin.BaseAuthPlugin):
    """Signs in to Rackspace Cloud Identity v2.0 with an API key.

    However many threads hold a token that has died, one of them signs in and
    all go on with what it brought. Errors are those of :mod:`lavaclient.error`.

    Args:
        username: Rackspace user.
        api_key: The user's API key.
        auth_url: Identity's URL; by default Rackspace's own.
        tenant_id: Account number, for ``get_project_id``.

    Raises:
        InvalidError: An argument is missing or no good; nothing is sent.

    Example::

        from keystoneauth1.session import Session
        from lavaclient.identity import RackspaceApiKey

        session = Session(auth=RackspaceApiKey("myusername", "0123456789abcdef"))
        session.get_token()
    """

    def __init__(
        self,
        username: str,
        api_key: str,
        auth_url: str | None = None,
        tenant_id: int | str | None = None,
    ) -> None:
        user, key = credential("username", username), credential("api_key", api_key)
        if user is None or key is None:
            raise error.InvalidError("username and api_key are both required")
        desk = Desk(identity_url(auth_url), policy=policy_of(Clock()), secrets=Secrets(key))
        self._use(KeyAuthority(desk, username=user, api_key=key), account_number(tenant_id))

    def _use(self, authority: KeyAuthority, tenant_id: str | None) -> None:
        plugin.BaseAuthPlugin.__init__(self)
        self._authority = authority
        self._tenant_id = tenant_id
        self._given = _Given()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} username={self.username!r} auth_url={self.auth_url!r}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError(
            "this plugin cannot be pickled or copied: it holds an API key; construct "
            "another one, and hand on get_auth_state() to its set_auth_state() if you like"
        )

    @property
    def auth_url(self) -> str:
        """Identity's URL, ending in ``/v2.0``."""
        return self._authority.desk.auth_url

    @property
    def username(self) -> str | None:
        """The user who signs in."""
        return self._authority.username

    def get_token(self, session: Session) -> str:
        """Return a token, signing in if need be.

        Raises:
            AuthorizationError: The key was refused.
            AuthenticationError: Signing in was not possible.
        """
        given, refused = self._given, self._given.refused
        given.refused = None
        if refused is None:
            given.ticket = self._authority.ticket()
            given.sign_in = self._authority.signed_in(session)
        else:
            given.sign_in = self._authority.renew(session, refused, given.ticket)
        return given.sign_in.token

    def invalidate(self) -> bool:
        """Drop the token that this thread was given, and only that.

        A thread that was given none drops the current one.

        Returns:
            True: the request may be repeated, with whatever token there is then.
        """
        self._given.refused = self._given.sign_in
        self._authority.keeper.drop(self._given.sign_in)
        return True

    def get_access(self, session: Session) -> AccessInfoV2:
        """Return what identity answered, signing in if need be."""
        from keystoneauth1.access.access import AccessInfoV2

        sign_in = self._authority.signed_in(session)
        return AccessInfoV2(dict(sign_in.body), auth_token=sign_in.token)

    def get_endpoint(self, session: Session, **kwargs: object) -> str | None:
        """Return the URL of a service from the catalog.

        Cloud Big Data's (``service_type="rax:bigdata"``) is chosen by
        ``versionId`` and the region in any case; others as keystoneauth1 does.

        Args:
            session: The session to sign in over.
            **kwargs: ``service_type``, ``region_name``, ``interface`` and
                ``service_name``, as keystoneauth1 defines them.

        Raises:
            AuthenticationError: Cloud Big Data has no endpoint in the region,
                or signing in was not possible.
        """
        if kwargs.get("interface") is plugin.AUTH_INTERFACE:
            return self.auth_url
        if kwargs.get("service_type") != SERVICE_TYPE:
            return self._foreign_endpoint(session, kwargs)
        region = kwargs.get("region_name")
        sign_in = self._authority.signed_in(session)
        return choose_endpoint(sign_in, str(region) if region else None, self.auth_url)

    def _foreign_endpoint(self, session: Session, wanted: dict[str, object]) -> str | None:
        names = ("service_type", "service_name", "interface", "region_name")
        given = {name: wanted[name] for name in names if wanted.get(name) is not None}
        from keystoneauth1.access.service_catalog import ServiceCatalogV2

        catalog = ServiceCatalogV2(self._authority.signed_in(session).plain_catalog)
        try:
            urls = catalog.get_urls(**given)  # type: ignore[arg-type]
        except ValueError as reason:
            raise error.AuthenticationError(f"the catalog makes no sense: {reason}") from reason
        return urls[0] if urls else None

    def get_endpoint_data(
        self,
        session: Session,
        *,
        endpoint_override: str | None = None,
        discover_versions: bool = True,
        **kwargs: object,
    ) -> discover.EndpointData | None:
        """Return the endpoint as keystoneauth1 wraps it; nothing is discovered over the wire."""
        url = endpoint_override or self.get_endpoint(session, **kwargs)
        return None if url is None else discover.EndpointData(catalog_url=url)

    def get_project_id(self, session: Session) -> str | None:
        """Return the account number: the one given, else the token's."""
        return self._tenant_id or self._authority.signed_in(session).text("token", "tenant", "id")

    def get_user_id(self, session: Session) -> str | None:
        """Return the user's id, signing in if need be."""
        return self._authority.signed_in(session).text("user", "id")

    def get_auth_state(self) -> str | None:
        """Return the current sign-in as JSON text, or None; the key is not in it."""
        held = self._authority.keeper.current
        return None if held is None else held.state()

    def set_auth_state(self, data: str | None) -> None:
        """Go on with a sign-in that :meth:`get_auth_state` gave; None forgets it.

        Raises:
            InvalidError: ``data`` is no such text.
        """
        try:
            held = read_state(data) if data else None
        except (ValueError, TypeError) as reason:
            raise error.InvalidError(f"data is no auth state: {reason}") from reason
        self._authority.keeper.current = held
        self._authority.desk.secrets.add(held.token if held else None)

    def get_cache_id_elements(self) -> dict[str, str | None]:
        """Return what makes this sign-in unique; the key only as a digest."""
        key = (self._authority.api_key or "").encode()
        return {
            "auth_url": self.auth_url,
            "username": self.username,
            "tenant_id": self._tenant_id,
            "api_key_sha256": hashlib.sha256(key).hexdigest(),
        }

    def get_cache_id(self) -> str:
        """Return a digest of :meth:`get_cache_id_elements`, under which a state may be kept."""
        elements = json.dumps(self.get_cache_id_elements(), sort_keys=True)
        return hashlib.sha256(elements.encode()).hexdigest()


def session_over(wire: requests.Session, authority: KeyAuthority, options: Options) -> Session:
    """Return the session of a client whose authority ``Lava`` has set up."""
    from keystoneauth1.session import Session

    made = RackspaceApiKey.__new__(RackspaceApiKey)
    made._use(authority, options.tenant_id)  # noqa: SLF001 (another way to construct it)
    return Session(
        auth=made,
        session=wire,
        verify=options.verify,
        user_agent=HEADERS["User-Agent"],
        timeout=options.timeout,
    )
