"""Who signs in: with a key or a token of ours, or a keystoneauth1 session from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lavaclient import error
from lavaclient._auth._keeper import Keeper
from lavaclient._auth.identity_api import Desk, Refused
from lavaclient._auth.token import SOON, SignIn, choose_endpoint
from lavaclient._auth.token_cache import TokenCache
from lavaclient._carrier import Carrier, keystone_of
from lavaclient._config.options import Options

if TYPE_CHECKING:
    from lavaclient._shapes import Held

__all__ = ["Authority", "KeyAuthority", "SessionAuthority", "key_authority"]


class Authority:
    """Holds the sign-in for all threads of a client.

    Args:
        desk: Where to sign in.
        sign_in: A sign-in to go on with.

    Attributes:
        desk: Where to sign in.
        keeper: Holds the sign-in.
    """

    def __init__(self, desk: Desk, sign_in: SignIn | None = None) -> None:
        self.desk = desk
        self.keeper = Keeper(desk.policy.clock, sign_in)

    def ticket(self) -> int:
        """Return a mark of this moment, to tell which failures came after it."""
        return self.keeper.ticket()


class KeyAuthority(Authority):
    """Signs in with an API key, or goes on with a token.

    Args:
        desk: Where to sign in.
        username: Rackspace user, or None with a token alone.
        api_key: The key, or None with a token alone.
        sign_in: A sign-in to go on with.
        token: A token to ask identity about before it is used.
        tenant_id: The account of that token.
        made: Is told of each sign-in that is made.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        username: str | None,
        api_key: str | None,
        sign_in: SignIn | None = None,
        token: str | None = None,
        tenant_id: str | None = None,
        made: Callable[[SignIn], None] | None = None,
    ) -> None:
        super().__init__(desk, sign_in)
        self.username = username
        self.api_key = api_key
        self._unasked = token
        self._tenant_id = tenant_id
        self._made = made

    def signed_in(self, session: Carrier) -> SignIn:
        """Return the current sign-in, made or renewed first if need be."""
        return self.keeper.usable(lambda: self._sign_in(session))

    def renew(self, session: Carrier, dead: Held | None, ticket: int) -> SignIn:
        """Return a sign-in other than ``dead``."""
        return self.keeper.renew(dead, ticket, lambda: self._sign_in(session))

    def reauthenticate(self, session: Carrier) -> None:
        """Sign in again, as if the current token had been refused."""
        self.renew(session, self.keeper.current, self.ticket())

    def find_endpoint(self, session: Carrier, region: str | None, tenant_id: str | None) -> str:
        """Return the service's URL from the catalog; see :func:`choose_endpoint`."""
        return choose_endpoint(self.signed_in(session), region, self.desk.auth_url, tenant_id)

    def _sign_in(self, session: Carrier) -> SignIn:
        sign_in = self._by_token(session) or self._by_key(session)
        if self._made is not None:
            self._made(sign_in)
        return sign_in

    def _by_token(self, session: Carrier) -> SignIn | None:
        """Ask about the token that was given; None when there is none or it is refused."""
        if self._unasked is None:
            return None
        sign_in: SignIn | None = None
        try:
            sign_in = self.desk.by_token(session, self._unasked, self._tenant_id)
            sign_in.trusted = sign_in.trusted or self.api_key is None
        except Refused as refused:
            if self.api_key is None:
                raise error.AuthenticationError(
                    "the token was refused, and there is no api_key to sign in with instead"
                ) from refused.__cause__
        self._unasked = None
        return sign_in

    def _by_key(self, session: Carrier) -> SignIn:
        if self.username is None or self.api_key is None:
            raise error.AuthenticationError(
                "the token is no longer good, and there is no api_key to get another one with"
            )
        return self.desk.by_key(session, self.username, self.api_key)


class SessionAuthority(Authority):
    """Takes the tokens of a keystoneauth1 session that came from outside.

    Its own plugin signs in; all that is added is that only the token that was
    refused is dropped, and once for all threads.
    """

    def signed_in(self, session: Carrier) -> SignIn:
        """Return the session's own token, as one object for as long as it is the same."""
        return self.keeper.adopt(self._token(session))

    def renew(self, session: Carrier, dead: Held, ticket: int) -> SignIn:
        """Make the session sign in again, unless it has by now."""
        return self.keeper.renew(dead, ticket, lambda: self._fresh(session, dead))

    def reauthenticate(self, session: Carrier) -> None:
        """Sign in again, as if the current token had been refused."""
        ticket = self.ticket()
        self.renew(session, self.signed_in(session), ticket)

    def find_endpoint(self, session: Carrier, region: str | None, tenant_id: str | None) -> str:
        """Return the service's URL from the catalog of the session's plugin."""
        keystone = keystone_of(session)
        auth = keystone.auth
        access = self._asking(lambda: getattr(auth, "get_access", lambda _: None)(keystone))
        catalog = getattr(getattr(access, "service_catalog", None), "catalog", None)
        sign_in = SignIn("", None, {"access": {"serviceCatalog": catalog}}, 0.0)
        auth_url = str(getattr(auth, "auth_url", ""))
        return choose_endpoint(sign_in, region, auth_url, tenant_id)

    def _fresh(self, session: Carrier, dead: Held) -> SignIn:
        token = self._token(session)
        if token == dead.token:
            self._asking(keystone_of(session).invalidate)
            token = self._token(session)
        return SignIn.of_token(token)

    def _token(self, session: Carrier) -> str:
        token = self._asking(keystone_of(session).get_token)
        if (
            not isinstance(token, str)
            or not token
            or not token.isascii()
            or not token.isprintable()
        ):
            raise error.AuthenticationError("the session's plugin gave no token")
        self.desk.secrets.add(token)
        return token

    def _asking(self, call: Callable[[], object]) -> object:
        """Call into a plugin that is not ours, and speak of its errors as of ours."""
        try:
            return call()
        except error.LavaError:
            raise
        except Exception as reason:  # noqa: BLE001 (whatever the plugin of others raises)
            raise self._failure(reason) from _cause(reason)

    def _failure(self, reason: Exception) -> error.LavaError:
        words = self.desk.secrets.plain(str(reason)) or type(reason).__name__
        code = getattr(reason, "http_status", None)
        refused = code in {401, 403}
        kind = error.AuthorizationError if refused else error.AuthenticationError
        return kind(
            f"the session could not sign in: {words}",
            code=code if isinstance(code, int) and code else None,
        )


def _cause(reason: Exception) -> error.LavaError:
    """Return the error between: its kind tells whether the failure may pass by itself."""
    from keystoneauth1 import exceptions

    _cut_off_requests(reason)
    code = getattr(reason, "http_status", None) or 0
    kind: type[error.LavaError] = error.for_status(code) if code >= 400 else error.LavaError
    if isinstance(reason, exceptions.ConnectTimeout):
        kind = error.TimeoutError
    elif isinstance(reason, exceptions.ConnectionError):
        kind = error.ConnectionError
    between = kind(type(reason).__name__, code=code or None)
    between.__cause__ = reason
    return between


def _cut_off_requests(reason: BaseException | None) -> None:
    """Take away the requests that the exceptions of libraries hold: a password is in them."""
    while reason is not None:
        for name in ("request", "response"):
            if getattr(reason, name, None) is not None:
                setattr(reason, name, None)
        reason = reason.__cause__ or reason.__context__


def key_authority(options: Options, desk: Desk) -> KeyAuthority:
    """Return who signs in for a client with these options; nothing is sent yet."""
    cache = _cache_of(options)
    if options.token is None:
        ready = _cached(cache, options, desk) if cache else None
    else:
        ready = SignIn.of_token(options.token) if options.endpoint else None
        if cache and ready:
            cache.save(ready)
    return KeyAuthority(
        desk,
        username=options.username,
        api_key=options.api_key,
        sign_in=ready,
        token=None if ready else options.token,
        tenant_id=options.tenant_id,
        made=cache.save if cache else None,
    )


def _cache_of(options: Options) -> TokenCache | None:
    if options.token_cache is None:
        return None
    region = options.region.upper() if options.region else None
    owner = (options.username, options.auth_url, region, options.tenant_id, options.api_key)
    return TokenCache(options.token_cache, owner, options.api_key)


def _cached(cache: TokenCache, options: Options, desk: Desk) -> SignIn | None:
    """Return what the cache holds, unless it does not lead to an endpoint."""
    held = cache.load(desk.policy.clock.time(), SOON)
    if held is None:
        return None
    desk.secrets.add(held.token)
    if options.endpoint is None:
        try:
            choose_endpoint(held, options.region, options.auth_url, options.tenant_id)
        except error.AuthenticationError:
            return None
    return held
