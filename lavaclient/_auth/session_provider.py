"""Tokens of a keystoneauth1 session that came from outside: its own plugin signs in."""

from __future__ import annotations

from collections.abc import Callable

import keystoneauth1.exceptions
from keystoneauth1.session import Session

from lavaclient import error
from lavaclient._auth.catalog import Catalog
from lavaclient._auth.provider import TokenProvider
from lavaclient._auth.token import AccessToken
from lavaclient._config.secret import Secret
from lavaclient._http.redaction import without_library_frames
from lavaclient._http.service_client import Token
from lavaclient._http.session import renew_session
from lavaclient._system.fork import renew_in_child

__all__ = ["SessionProvider", "usable_session"]


def usable_session(session: object) -> Session:
    """Return a session that requests can be sent over; its pools are renewed in forked children.

    Raises:
        InvalidError: It is not a session, or has no auth plugin.
    """
    if not isinstance(session, Session) or session.auth is None:
        raise error.InvalidError("session must be a keystoneauth1 Session with an auth plugin")
    renew_in_child(session, renew_session)
    return session


class SessionProvider(TokenProvider):
    """Takes the tokens of a session's own plugin.

    All that is added is that only the token that was refused is dropped, and
    once for all threads.
    """

    def get_token(self, session: Session) -> AccessToken:
        """Return the session's own token, as one object for as long as it is the same."""
        return self.replace(self._session_token(session))

    def reauthenticate(self, session: Session) -> None:
        """Sign in again, as if the current token had been refused."""
        epoch = self.failure_epoch()
        self.refresh(session, self.get_token(session), epoch)

    def find_endpoint(self, session: Session, region: str | None, tenant_id: str | None) -> str:
        """Return the service's URL from the catalog of the session's plugin."""
        get_access = getattr(session.auth, "get_access", lambda _: None)
        access = self._call_plugin(lambda: get_access(session))
        entries = getattr(getattr(access, "service_catalog", None), "catalog", None)
        auth_url = str(getattr(session.auth, "auth_url", ""))
        catalog = Catalog(entries if isinstance(entries, list) else [])
        return catalog.endpoint(region, auth_url, tenant_id)

    def _authenticate(self, session: Session, refused: Token | None) -> AccessToken:
        token = self._session_token(session)
        if refused is not None and token.reveal() == refused.reveal():
            self._call_plugin(session.invalidate)
            token = self._session_token(session)
        return AccessToken.of_text(token.reveal())

    def _session_token(self, session: Session) -> Secret:
        token = Secret(str(self._call_plugin(session.get_token) or ""))
        if not (token.reveal().isascii() and token.reveal().isprintable() and token.reveal()):
            raise error.AuthenticationError("the session's plugin gave no token")
        self.identity.redactor.remember(token)
        return token

    def _call_plugin(self, call: Callable[[], object]) -> object:
        """Call into a plugin that is not ours, and raise its errors as ours."""
        try:
            return call()
        except error.LavaError:
            raise
        except Exception as reason:  # noqa: BLE001 (whatever the plugin of others raises)
            raise self._as_ours(reason) from _cause(reason)

    def _as_ours(self, reason: Exception) -> error.LavaError:
        text = self.identity.redactor.sanitize(str(reason)) or type(reason).__name__
        code = getattr(reason, "http_status", None)
        kind = error.AuthorizationError if code in {401, 403} else error.AuthenticationError
        return kind(
            f"the session could not sign in: {text}",
            code=code if isinstance(code, int) and code else None,
        )


def _cause(reason: Exception) -> error.LavaError:
    """Return the error between: its kind tells whether the failure may pass by itself."""
    _cut_off_requests(reason)
    code = getattr(reason, "http_status", None) or 0
    kind: type[error.LavaError] = error.for_status(code) if code >= 400 else error.LavaError
    if isinstance(reason, keystoneauth1.exceptions.ConnectTimeout):
        kind = error.TimeoutError
    elif isinstance(reason, keystoneauth1.exceptions.ConnectionError):
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
        reason.__traceback__ = without_library_frames(reason.__traceback__)
        reason = reason.__cause__ or reason.__context__
