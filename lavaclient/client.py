"""``Lava``: one object that signs in and carries the resource managers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn, Self, SupportsIndex, TypedDict, Unpack

from lavaclient import api
from lavaclient._config.environment import environment_arguments
from lavaclient._config.options import Arguments, Options
from lavaclient._system.fork import lazy_property, no_fork
from lavaclient.error import InvalidError

if TYPE_CHECKING:
    from keystoneauth1.session import Session
else:
    # Importing it takes longer than all of this package; the first client does it.
    Session = object

__all__ = ["Lava", "LavaOptions"]


class LavaOptions(TypedDict, total=False):
    """The options of ``Lava``, as keyword arguments; see there."""

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
        verify_ssl: True or None to verify certificates with the CA bundle that
            the environment names, else with requests' own; a path to verify
            them with that bundle; False not to verify them.
        timeout: Seconds for one attempt of a request, from connecting to the
            last byte; by default 30.
        max_retries: Tries after the first; by default 3.
        retry_backoff: Seconds of the first back-off; by default 0.2.
        token_cache: Path of a file that keeps the sign-in between processes.
        session: A keystoneauth1 session with an auth plugin of its own, used
            as it is.

    Raises:
        InvalidError: An option is invalid, or options cannot be combined;
            nothing was sent.
        AuthorizationError: The key was refused.
        AuthenticationError: Signing in was not possible.

    Example::

        from lavaclient import Lava

        with Lava("myusername", region="DFW", api_key="807895ec1ec4ca255e49ccc6715bf29f") as lava:
            for cluster in lava.clusters.list():
                print(cluster.name, cluster.status)
    """

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
        arguments = Arguments(
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
        )
        del token, api_key  # no frame shows them from here on
        self._options = Options.checked(arguments, has_session=session is not None)
        # requests, keystoneauth1 and msgspec take most of the import time, so the first client
        # imports them, here and nowhere else; a fork by another thread waits for the end of it.
        with no_fork():
            from lavaclient._connection import Connection
        self._connection = Connection.open(self._options, session)

    # `lavaclient.api` imports the module of a manager on first use: a program that lists
    # clusters does not load the other nouns.

    @lazy_property
    def clusters(self) -> api.clusters.ClusterManager:
        """The clusters."""
        return api.clusters.ClusterManager(self._connection.client)

    @lazy_property
    def credentials(self) -> api.credentials.CredentialManager:
        """The keys and credentials that clusters may use."""
        return api.credentials.CredentialManager(self._connection.client)

    @lazy_property
    def distros(self) -> api.distros.DistroManager:
        """The distributions that stacks are made from."""
        return api.distros.DistroManager(self._connection.client)

    @lazy_property
    def flavors(self) -> api.flavors.FlavorManager:
        """The sizes of nodes."""
        return api.flavors.FlavorManager(self._connection.client)

    @lazy_property
    def limits(self) -> api.limits.LimitManager:
        """What the account may use."""
        return api.limits.LimitManager(self._connection.client)

    @lazy_property
    def nodes(self) -> api.nodes.NodeManager:
        """The nodes of clusters."""
        return api.nodes.NodeManager(self._connection.client)

    @lazy_property
    def scripts(self) -> api.scripts.ScriptManager:
        """The scripts that run on nodes."""
        return api.scripts.ScriptManager(self._connection.client)

    @lazy_property
    def stacks(self) -> api.stacks.StackManager:
        """The blueprints of clusters."""
        return api.stacks.StackManager(self._connection.client)

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, **overrides: Unpack[LavaOptions]
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
            **overrides: Options of ``Lava`` that win over the environment. With ``region``
                its endpoint is not used, with another ``username`` its token is not.

        Raises:
            InvalidError: As for ``Lava``; where no credentials are given, it names every
                variable that is missing.

        Example::

            lava = Lava.from_env(region="ORD")
        """
        arguments, missing = environment_arguments(environ, overrides)
        del environ, overrides  # no frame shows a key or token from here on
        if missing:
            raise InvalidError(missing)
        return cls(**arguments.values())  # type: ignore[arg-type]

    @classmethod
    def from_profile(cls, name: str | None = None, **overrides: Unpack[LavaOptions]) -> Self:
        """Return a client made from a profile that ``lava configure`` has written.

        The only variable that is read is ``LAVA_PROFILE``.

        Args:
            name: The profile; by default the one that ``LAVA_PROFILE`` names, else
                ``default``.
            **overrides: Options of ``Lava`` that win over the profile. With ``region`` its
                endpoint is not used, with another ``username`` its API key is not.

        Raises:
            InvalidError: There is no such profile, or one of its values is not valid; the
                text says in which file and line.

        Example::

            lava = Lava.from_profile("london")
        """
        # Other clients need neither TOML nor platformdirs.
        from lavaclient._config import profiles

        profile = profiles.read_profile(profiles.chosen_name(name, os.environ) or profiles.DEFAULT)
        arguments = Arguments(**profiles.client_options(profile, overrides))
        origins = {
            name: origin for name, origin in profile.origins().items() if name not in overrides
        }
        del overrides  # no frame shows a key or token from here on
        try:
            return cls(**arguments.values())  # type: ignore[arg-type]
        except InvalidError as error:
            raise InvalidError(profiles.named_by_origin(str(error), origins)) from error

    @property
    def session(self) -> Session:
        """The keystoneauth1 session in use, which was given or is the client's own."""
        return self._connection.session

    @property
    def token(self) -> str:
        """The token; may be passed as the ``token`` option of another ``Lava``.

        Raises:
            LavaError: There is no current token, and signing in is not possible.
        """
        return self._connection.token().reveal()

    @property
    def endpoint(self) -> str:
        """The service's URL; may be passed as the ``endpoint`` option of another ``Lava``."""
        return self._connection.client.endpoint

    def reauthenticate(self) -> None:
        """Sign in again, as if the service had refused the token.

        Threads that do so at once share one sign-in.

        Raises:
            AuthorizationError: The key was refused.
            AuthenticationError: Signing in was not possible, or there is no
                API key to do it with.
            InvalidError: The client is closed.
        """
        self._connection.reauthenticate()

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards.

        Closing twice does nothing. A session that was passed in stays open.
        """
        self._connection.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close the client."""
        self.close()

    def __repr__(self) -> str:
        # A debugger may show a client whose construction has failed.
        options, connection = getattr(self, "_options", None), getattr(self, "_connection", None)
        return (
            f"<Lava username={options and options.username!r} region={options and options.region!r}"
            f" endpoint={connection and connection.client.endpoint!r}>"
        )

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError(
            "a Lava cannot be pickled or copied: it holds connections and a sign-in; "
            "construct another one, with the same token and endpoint if you like"
        )
