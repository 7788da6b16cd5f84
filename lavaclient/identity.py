"""The keystoneauth1 plugin that signs in with a Rackspace API key.

:class:`RackspaceApiKey` is what :class:`lavaclient.Lava` signs in with. It works
as well in any ``keystoneauth1.session.Session`` and, named ``rax_apikey``, in a
``clouds.yaml``.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, SupportsIndex, TypeAlias

import keystoneauth1.exceptions
from keystoneauth1 import discover, plugin
from keystoneauth1.access.access import AccessInfoV2
from keystoneauth1.access.service_catalog import ServiceCatalogV2
from keystoneauth1.session import Session

from lavaclient import error
from lavaclient._auth.catalog import SERVICE_TYPE
from lavaclient._auth.identity_api import IdentityClient
from lavaclient._auth.provider import ApiKeyProvider
from lavaclient._auth.token import AccessToken, read_state
from lavaclient._config.options import (
    DEFAULT_BACKOFF,
    DEFAULT_RETRIES,
    Arguments,
    Options,
    account_number,
    credential,
    secret,
)
from lavaclient._config.secret import Secret
from lavaclient._config.urls import identity_url
from lavaclient._http.redaction import Redactor
from lavaclient._http.retry import retry_policy
from lavaclient._http.service_client import HEADERS
from lavaclient._http.session import HTTPSession, check_bundle, renew_session
from lavaclient._system.clock import current_clock
from lavaclient._system.fork import renew_in_child

__all__ = ["RackspaceApiKey"]

_INTERFACES = ["public", "internal", "admin"]

Version: TypeAlias = tuple[int | float, ...]
VersionTree: TypeAlias = dict[str, dict[str, dict[str, list[discover.VersionData]]]]


class _ThreadState(threading.local):
    """The token that a thread got last, as a Session does not say which one was refused."""

    token: AccessToken | None = None
    refused: AccessToken | None = None
    epoch = 0


class _Unauthorized(error.AuthorizationError, keystoneauth1.exceptions.Unauthorized):
    """The key was refused; keystoneauth1's error as well as ours."""

    retry_after: float | None  # type: ignore[assignment]
    details = response = url = None


class _AuthFailure(error.AuthenticationError, keystoneauth1.exceptions.AuthorizationFailure):
    """Signing in was not possible; keystoneauth1's error as well as ours."""


@contextmanager
def _errors_of_both() -> Iterator[None]:
    """Raise our errors as keystoneauth1's too, for tools that know only its classes."""
    try:
        yield
    except (_Unauthorized, _AuthFailure):
        raise
    except error.LavaError as failure:
        kind: type[_Unauthorized | _AuthFailure] = _AuthFailure
        if isinstance(failure, error.AuthorizationError):
            kind = _Unauthorized
        both = kind.__new__(kind)
        both.args = failure.args
        vars(both).update(vars(failure))
        raise both from failure.__cause__


class RackspaceApiKey(plugin.BaseAuthPlugin):
    """Signs in to Rackspace Cloud Identity v2.0 with an API key.

    When many threads hold an expired token, one of them signs in and all of
    them use the new token. Errors of its methods are those of
    :mod:`lavaclient.error`, and of ``keystoneauth1.exceptions`` as well:
    ``Unauthorized`` for a key that was refused, else ``AuthorizationFailure``.

    Args:
        username: Rackspace user.
        api_key: The user's API key.
        auth_url: Identity's URL; by default Rackspace's own.
        tenant_id: Account number, for ``get_project_id``.

    Raises:
        InvalidError: An argument is missing or invalid; nothing is sent.

    Example::

        from keystoneauth1.session import Session
        from lavaclient.identity import RackspaceApiKey

        session = Session(auth=RackspaceApiKey("myusername", "807895ec1ec4ca255e49ccc6715bf29f"))
        session.get_token()
    """

    def __init__(
        self,
        username: str,
        api_key: str,
        auth_url: str | None = None,
        tenant_id: int | str | None = None,
    ) -> None:
        arguments = Arguments(api_key=api_key)
        del api_key  # no frame shows it from here on
        user, key = credential("username", username), secret("api_key", arguments)
        if user is None or key is None:
            raise error.InvalidError("username and api_key are both required")
        identity = IdentityClient(
            identity_url(auth_url),
            policy=retry_policy(current_clock(), DEFAULT_RETRIES, DEFAULT_BACKOFF),
            redactor=Redactor(key),
        )
        self._use(ApiKeyProvider(identity, username=user, api_key=key), account_number(tenant_id))

    def _use(self, provider: ApiKeyProvider, tenant_id: str | None) -> None:
        super().__init__()
        _register_as_identity_plugin()
        self._provider = provider
        self._tenant_id = tenant_id
        self._thread = _ThreadState()

    def __repr__(self) -> str:
        # A debugger may show a plugin whose construction has failed.
        provider = getattr(self, "_provider", None)
        username = getattr(provider, "username", None)
        auth_url = getattr(getattr(provider, "identity", None), "auth_url", None)
        return f"<{type(self).__name__} username={username!r} auth_url={auth_url!r}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError(
            "this plugin cannot be pickled or copied: it holds an API key; construct "
            "another one, and hand on get_auth_state() to its set_auth_state() if you like"
        )

    @property
    def auth_url(self) -> str:
        """Identity's URL, ending in ``/v2.0``."""
        return self._provider.identity.auth_url

    @property
    def username(self) -> str | None:
        """The user who signs in."""
        return self._provider.username

    def get_token(self, session: Session) -> str:
        """Return a token, signing in if necessary.

        Raises:
            AuthorizationError: The key was refused.
            AuthenticationError: Signing in was not possible.
        """
        thread, refused = self._thread, self._thread.refused
        thread.refused = None
        with _errors_of_both():
            if refused is None:
                thread.epoch = self._provider.failure_epoch()
                thread.token = self._provider.get_token(session)
            else:
                thread.token = self._provider.refresh(session, refused, thread.epoch)
            return thread.token.reveal()

    def invalidate(self) -> bool:
        """Drop the token that this thread got last, and no other.

        A thread that got none drops the current one.

        Returns:
            True: the request may be repeated, with the token that is current then.
        """
        self._thread.refused = self._thread.token
        self._provider.invalidate(self._thread.token)
        return True

    def get_access(self, session: Session) -> AccessInfoV2:
        """Return identity's answer, signing in if necessary."""
        with _errors_of_both():
            return _access(self._provider.get_token(session))

    @property
    def auth_ref(self) -> AccessInfoV2 | None:
        """Identity's answer to the current sign-in, or None before the first."""
        token = self._provider.current
        return None if token is None else _access(token)

    @auth_ref.setter
    def auth_ref(self, access: AccessInfoV2 | None) -> None:
        """Use a sign-in that :meth:`get_access` returned, as the OpenStack client does."""
        current = self._provider.current
        if access is None:
            self._provider.current = None
        elif current is None or access.auth_token != current.reveal():
            body = access._data  # noqa: SLF001 (keystoneauth1's own plugins read it as well)
            self.set_auth_state(json.dumps({"auth_token": access.auth_token, "body": body}))

    def get_auth_ref(self, session: Session) -> AccessInfoV2:
        """Return identity's answer; the OpenStack client calls this method."""
        return self.get_access(session)

    def get_endpoint(self, session: Session, **kwargs: object) -> str | None:
        """Return the URL of a service from the catalog.

        Cloud Big Data's (``service_type="rax:bigdata"``) is chosen by
        ``versionId`` and the region in any case; others as keystoneauth1 does.

        Args:
            session: The session to sign in over.
            **kwargs: ``service_type``, ``region_name``, ``interface``,
                ``service_name`` and ``version``, as keystoneauth1 defines them.

        Returns:
            The URL; None for an interface, name or version that the service does not have,
            and without a ``service_type``.

        Raises:
            AuthenticationError: Cloud Big Data has no endpoint in the region,
                or signing in was not possible.
        """
        if kwargs.get("interface") is plugin.AUTH_INTERFACE:
            return self.auth_url
        with _errors_of_both():
            token = self._provider.get_token(session)
            if kwargs.get("service_type") == SERVICE_TYPE:
                if not _is_public_v2(token, kwargs):
                    return None
                region = kwargs.get("region_name")
                return token.catalog.endpoint(str(region) if region else None, self.auth_url)
            return self._other_endpoint(token, kwargs)

    def _other_endpoint(self, token: AccessToken, wanted: dict[str, object]) -> str | None:
        if not wanted.get("service_type"):
            return None
        names = ("service_type", "service_name", "interface", "region_name")
        filters = {name: wanted[name] for name in names if wanted.get(name) is not None}
        catalog = ServiceCatalogV2(token.catalog.plain_entries())
        try:
            urls = catalog.get_urls(**filters)  # type: ignore[arg-type]
        except ValueError as reason:
            raise error.AuthenticationError(f"the catalog is not valid: {reason}") from reason
        versions = {url: discover.EndpointData(catalog_url=url).api_version for url in urls}
        return next((url for url in urls if _matches_version(versions[url], wanted)), None)

    def get_endpoint_data(
        self,
        session: Session,
        *,
        endpoint_override: str | None = None,
        discover_versions: bool = True,
        **kwargs: object,
    ) -> discover.EndpointData | None:
        """Return the endpoint as keystoneauth1's type, without version discovery."""
        url = endpoint_override or self.get_endpoint(session, **kwargs)
        return None if url is None else discover.EndpointData(catalog_url=url)

    def get_all_version_data(
        self,
        session: Session,
        interface: str | list[str] | None = "public",
        region_name: str | None = None,
        service_type: str | None = None,
    ) -> VersionTree:
        """Return the versions of services, read from their URLs in the catalog.

        There is no version discovery. Endpoints without a region are left out.

        Args:
            session: The session to sign in over.
            interface: "public", "internal" or "admin", several of them, or None for all.
            region_name: Only this region; None for all.
            service_type: Only this type; None for all.

        Returns:
            The versions by region, interface and type of service.
        """
        names = [interface] if isinstance(interface, str) else interface or _INTERFACES
        wanted = {name.removesuffix("URL") for name in names}
        versions: VersionTree = {}
        with _errors_of_both():
            entries = self._provider.get_token(session).catalog.plain_entries()
        for region, place, kind, url in _urls(entries):
            if place in wanted and region_name in {None, region} and service_type in {None, kind}:
                version = discover.EndpointData(catalog_url=url).api_version
                text = version and discover.version_to_string(version)
                kinds = versions.setdefault(region, {}).setdefault(place, {})
                kinds.setdefault(kind, []).append(discover.VersionData(text, url))
        return versions

    def get_project_id(self, session: Session) -> str | None:
        """Return the account number: the one given, else the token's."""
        if self._tenant_id:
            return self._tenant_id
        with _errors_of_both():
            return self._provider.get_token(session).detail("token", "tenant", "id")

    def get_user_id(self, session: Session) -> str | None:
        """Return the user's id, signing in if necessary."""
        with _errors_of_both():
            return self._provider.get_token(session).detail("user", "id")

    def get_auth_state(self) -> str | None:
        """Return the current sign-in as JSON text, or None; the key is not in it."""
        token = self._provider.current
        return None if token is None else token.state()

    def set_auth_state(self, data: str | None) -> None:
        """Use a sign-in that :meth:`get_auth_state` returned; None drops the current one.

        Raises:
            InvalidError: ``data`` is not such a text.
        """
        problem: str | None = None
        try:
            token = read_state(data) if data else None
        except (ValueError, TypeError) as reason:
            problem = str(reason)
        del data  # no frame shows the token
        if problem is not None:
            raise error.InvalidError(f"data is not an auth state: {problem}")
        if token is not None:
            self._provider.identity.redactor.remember(Secret(token.reveal()))
        self._provider.current = token

    def get_cache_id_elements(self) -> dict[str, str | None]:
        """Return what identifies this sign-in; of the key only a digest."""
        key = self._provider.api_key
        digest = hashlib.sha256((key.reveal() if key else "").encode())
        return {
            "auth_url": self.auth_url,
            "username": self.username,
            "tenant_id": self._tenant_id,
            "api_key_sha256": digest.hexdigest(),
        }

    def get_cache_id(self) -> str:
        """Return a digest of :meth:`get_cache_id_elements`, to cache a state under."""
        elements = json.dumps(self.get_cache_id_elements(), sort_keys=True)
        return hashlib.sha256(elements.encode()).hexdigest()


def _access(token: AccessToken) -> AccessInfoV2:
    """Return identity's answer as keystoneauth1's type, its catalog arranged for other tools."""
    body, access = dict(token.body), token.body.get("access")
    if isinstance(access, dict) and isinstance(access.get("serviceCatalog"), list):
        body["access"] = {**access, "serviceCatalog": token.catalog.entries_for_tools()}
    return AccessInfoV2(body, auth_token=token.reveal())


def _urls(entries: list[dict[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    """Yield region, interface, type of service and URL of each endpoint in a region."""
    for entry in entries:
        for endpoint in entry["endpoints"]:
            for place in _INTERFACES:
                url = endpoint.get(f"{place}URL")
                if url and endpoint.get("region"):
                    yield endpoint["region"], place, entry.get("type", ""), url


def _is_public_v2(token: AccessToken, wanted: dict[str, object]) -> bool:
    """Tell whether keystoneauth1's filters match Cloud Big Data's public v2 endpoints."""
    interface = wanted.get("interface") or "public"
    interfaces = [interface] if isinstance(interface, str) else list(interface)  # type: ignore[call-overload]
    name = wanted.get("service_name")
    entries = token.catalog.plain_entries()
    names = {entry.get("name") for entry in entries if entry.get("type") == SERVICE_TYPE}
    return (
        any(name in {"public", "publicURL"} for name in interfaces)
        and (name is None or name in names)
        and _matches_version((2, 0), wanted)
    )


def _matches_version(version: Version | None, wanted: dict[str, object]) -> bool:
    """Tell whether an endpoint matches the versions asked for; one without a version does."""
    exact, lowest, highest = (
        _version(wanted.get(name)) for name in ("version", "min_version", "max_version")
    )
    if version is None:
        return True
    if exact is not None:
        lowest, highest = exact, (exact[0], discover.LATEST)
    return discover.version_between(lowest, highest, version)


def _version(text: object) -> Version | None:
    """Return a version as keystoneauth1 compares them, None for the latest: no bound."""
    if text is None or text in ("", "latest"):
        return None
    return discover.normalize_version_number(text)  # type: ignore[arg-type]


def _register_as_identity_plugin() -> None:
    """Register the plugin as one of keystoneauth1's identity plugins, for isinstance checks.

    A tool that checks has imported their module; importing it here costs more than this package.
    """
    module = sys.modules.get("keystoneauth1.identity.base")
    if module is not None:
        module.BaseIdentityPlugin.register(RackspaceApiKey)


def client_session(provider: ApiKeyProvider, options: Options) -> Session:
    """Return the session of a client, which signs in with this provider.

    Raises:
        InvalidError: The CA bundle of the options cannot be read.
    """
    check_bundle(options.verify)
    auth = RackspaceApiKey.__new__(RackspaceApiKey)
    auth._use(provider, options.tenant_id)  # noqa: SLF001 (another way to construct it)
    session = Session(
        auth=auth,
        session=HTTPSession(),
        verify=options.verify,
        user_agent=HEADERS["User-Agent"],
        timeout=options.timeout,
    )
    renew_in_child(session, renew_session)
    return session
