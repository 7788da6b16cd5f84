"""``Lava``: one object that signs in and carries the resource managers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, NoReturn, Self, SupportsIndex, TypedDict, Unpack

from lavaclient._auth.identity_api import Desk, policy_of
from lavaclient._auth.provider import KeyAuthority, SessionAuthority, key_authority
from lavaclient._carrier import Carrier, LateSession, keystone_of
from lavaclient._config.insecure_warning import InsecureOnce
from lavaclient._config.options import Options, from_environment
from lavaclient._http.redaction import Secrets
from lavaclient._http.retry import Policy
from lavaclient._http.service_client import ServiceClient
from lavaclient._system.clock import Clock

if TYPE_CHECKING:
    import requests
    from keystoneauth1.session import Session

    from lavaclient._shapes import TimeSource
    from lavaclient.api.clusters import ClusterManager
    from lavaclient.api.credentials import CredentialManager
    from lavaclient.api.distros import DistroManager
    from lavaclient.api.flavors import FlavorManager
    from lavaclient.api.limits import LimitManager
    from lavaclient.api.nodes import NodeManager
    from lavaclient.api.scripts import ScriptManager
    from lavaclient.api.stacks import StackManager

    class _Overrides(TypedDict, total=False):
        username: str | None
        region: str | None
        token: str | None
        api_key: str | None
        auth_url: str | None
        tenant_id: int | str | None
        endpoint: str | None
        verify_ssl: bool | str | None
        timeout: float | str | None
        max_retries: int | str | None
        retry_backoff: float | str | None
        token_cache: str | os.PathLike[str] | None
        session: Session | None


__all__ = ["Lava"]


class Lava:
    """The client of the Cloud Big Data API. Constructing one signs in.

    One client may be used from many threads at once, and in forked children.

    Args:
        username: Rackspace user. Required unless a token or a session is given.
        region: Region id in any case, e.g. ``"DFW"``. Required unless
            ``endpoint`` is given.
        token: A token from an earlier sign-in. With an ``endpoint`` nothing is
            sent at construction; without one, identity is asked for the
            catalog that belongs to the token.
        api_key: API key. One of ``api_key``, ``token`` and ``session`` is
            required. With a key the client renews its token by itself.
        auth_url: Identity's URL, by default Rackspace's.
        tenant_id: Account number.
        endpoint: The service's URL; ends in ``v2/{tenant}``, or in ``v2`` when
            ``tenant_id`` is given. By default it is taken from the catalog.
        verify_ssl: None or True verifies certificates with the system's
            bundle, a path with that bundle, False not at all.
        timeout: Seconds for one attempt of a request, from connecting to the
            last byte; by default 30.
        max_retries: Tries after the first; by default 3.
        retry_backoff: Seconds of the first back-off; by default 0.2.
        token_cache: Path of a file that keeps the sign-in between processes.
        session: A keystoneauth1 session with an auth plugin of its own, used
            as it is.

    Raises:
        InvalidError: An option is no good, or options do not go together;
            nothing was sent.
        AuthorizationError: The key was refused.
        AuthenticationError: Signing in was not possible.

    Example::

        from lavaclient import Lava

        with Lava("myusername", region="DFW", api_key="807895ec1ec4ca255e49ccc6715bf29f") as lava:
            for cluster in lava.clusters.list():
                print(cluster.name, cluster.status)
    """

    _clock: ClassVar[TimeSource] = Clock()

    def __init__(
        self,
        username: str | None,
        region: str | None = None,
        token: str | None = None,
        api_key: str | None = None,
        auth_url: str | None = None,
        tenant_id: int | str | None = None,
        endpoint: str | None = None,
        verify_ssl: bool | str | None = None,
        timeout: float | str | None = None,
        max_retries: int | str | None = None,
        retry_backoff: float | str | None = None,
        *,
        token_cache: str | os.PathLike[str] | None = None,
        session: Session | None = None,
    ) -> None:
        self._options = Options.checked(
            username=username,
            region=region,
            token=token,
            api_key=api_key,
            auth_url=auth_url,
            tenant_id=tenant_id,
            endpoint=endpoint,
            verify_ssl=verify_ssl,
            timeout=timeout,
            max_retries=max_retries,
            retry_backoff=retry_backoff,
            token_cache=token_cache,
            session=session,
        )
        self._secrets = Secrets(api_key, token)
        self._insecure = InsecureOnce()
        self._insecure.check(self._options)
        self._wire: requests.Session | None = None
        self._start(session, self._make_desk())

    def _make_desk(self) -> Desk:
        options = self._options
        return Desk(
            options.auth_url,
            policy=policy_of(self._clock, options.max_retries, options.retry_backoff),
            timeout=options.timeout,
            secrets=self._secrets,
            with_catalog=options.endpoint is None,
        )

    def _make_carrier(self, authority: KeyAuthority) -> LateSession:
        from lavaclient._http.session import WireSession

        options = self._options
        self._wire = wire = WireSession()

        def make() -> Session:
            from lavaclient.identity import session_over

            return session_over(wire, authority, options)

        return LateSession(wire, make, verify=options.verify)

    def _start(self, session: Session | None, desk: Desk) -> None:
        self._authority: KeyAuthority | SessionAuthority
        self._carrier: Carrier
        if session is None:
            self._authority = authority = key_authority(self._options, desk)
            self._carrier = self._make_carrier(authority)
        else:
            self._authority = SessionAuthority(desk)
            self._carrier = session
        try:
            endpoint = self._find_endpoint()
        except BaseException:
            self._close_wire()
            raise
        self._make_transport(endpoint, desk.policy)

    def _find_endpoint(self) -> str:
        """Sign in, unless a token and an endpoint are given, and return the endpoint."""
        options = self._options
        self._authority.signed_in(self._carrier)
        if options.endpoint is not None:
            return options.endpoint
        endpoint = self._authority.find_endpoint(self._carrier, options.region, options.tenant_id)
        self._insecure.check_url(endpoint)
        return endpoint

    def _make_transport(self, endpoint: str, policy: Policy) -> None:
        self._client = ServiceClient(
            session=self._carrier,
            authority=self._authority,
            endpoint=endpoint,
            timeout=self._options.timeout,
            policy=policy,
            secrets=self._secrets,
        )

    @property
    def session(self) -> Session:
        """The keystoneauth1 session in use, which was given or is the client's own."""
        return keystone_of(self._carrier)

    # The managers are imported when they are asked for: a script that lists
    # clusters does not wait for the modules of the other nouns.

    @cached_property
    def clusters(self) -> ClusterManager:
        """The clusters."""
        from lavaclient.api.clusters import ClusterManager

        return ClusterManager(self._client)

    @cached_property
    def credentials(self) -> CredentialManager:
        """The keys and credentials that clusters may use."""
        from lavaclient.api.credentials import CredentialManager

        return CredentialManager(self._client)

    @cached_property
    def distros(self) -> DistroManager:
        """The distributions that stacks are made from."""
        from lavaclient.api.distros import DistroManager

        return DistroManager(self._client)

    @cached_property
    def flavors(self) -> FlavorManager:
        """The sizes of nodes."""
        from lavaclient.api.flavors import FlavorManager

        return FlavorManager(self._client)

    @cached_property
    def limits(self) -> LimitManager:
        """What the account may use."""
        from lavaclient.api.limits import LimitManager

        return LimitManager(self._client)

    @cached_property
    def nodes(self) -> NodeManager:
        """The nodes of clusters."""
        from lavaclient.api.nodes import NodeManager

        return NodeManager(self._client)

    @cached_property
    def scripts(self) -> ScriptManager:
        """The scripts that run on nodes."""
        from lavaclient.api.scripts import ScriptManager

        return ScriptManager(self._client)

    @cached_property
    def stacks(self) -> StackManager:
        """The plans of clusters."""
        from lavaclient.api.stacks import StackManager

        return StackManager(self._client)

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, **overrides: Unpack[_Overrides]
    ) -> Self:
        """Return a client made from the environment.

        Reads ``LAVA_USERNAME``, ``LAVA_API_KEY``, ``LAVA_AUTH_TOKEN``,
        ``LAVA_TENANT_NAME``, ``LAVA_REGION_NAME`` and ``LAVA_AUTH_URL``, or the
        same with ``OS_`` (``AUTH_TOKEN`` for the token); ``LAVA2_API_URL`` or
        ``LAVA_API_URL``; ``LAVA_INSECURE``, ``LAVA_TIMEOUT``, ``LAVA_RETRIES``,
        ``LAVA_RETRY_BACKOFF`` and ``LAVA_TOKEN_CACHE``. The first of a pair
        wins; an empty variable counts as unset.

        Args:
            environ: The variables; by default those of this process.
            **overrides: Options of ``Lava`` that win over the environment.

        Example::

            lava = Lava.from_env(region="ORD")
        """
        variables = os.environ if environ is None else environ
        has_session = overrides.get("session") is not None
        found = from_environment(variables, has_session=has_session)
        return cls(**{"username": None, **found, **overrides})  # type: ignore[arg-type]

    @property
    def token(self) -> str:
        """The token; may be passed as the ``token`` option of another ``Lava``."""
        # There is none after ``lava.session.invalidate()``.
        held = self._authority.keeper.current or self._authority.signed_in(self._carrier)
        return held.token

    @property
    def endpoint(self) -> str:
        """The service's URL; may be passed as the ``endpoint`` option of another ``Lava``."""
        return self._client.endpoint

    def reauthenticate(self) -> None:
        """Sign in again, as if the service had refused the token.

        Threads that do so at once share one sign-in.

        Raises:
            AuthorizationError: The key was refused.
            AuthenticationError: Signing in was not possible, or there is no
                API key to do it with.
            InvalidError: The client is closed.
        """
        self._client.check_open()
        self._authority.reauthenticate(self._carrier)

    def close(self) -> None:
        """Close the connections; the client is of no use afterwards.

        Closing twice does nothing. A session that was passed in stays open.
        """
        self._client.closed = True
        self._close_wire()

    def _close_wire(self) -> None:
        if self._wire is not None:
            self._wire.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close the client."""
        self.close()

    def __repr__(self) -> str:
        options = self._options
        return (
            f"<Lava username={options.username!r} region={options.region!r}"
            f" endpoint={self.endpoint!r}>"
        )

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError(
            "a Lava cannot be pickled or copied: it holds connections and a sign-in; "
            "construct another one, with the same token and endpoint if you like"
        )
