"""Tokens of a keystoneauth1 session of the caller, whose own plugin signs in."""

from __future__ import annotations

from collections.abc import Callable

import keystoneauth1.exceptions
from keystoneauth1.session import Session

from lavaclient import error
from lavaclient._auth.catalog import Catalog
from lavaclient._auth.provider import TokenProvider
from lavaclient._auth.token import AccessToken
from lavaclient._config.secret import Secret
from lavaclient._http.failures import remove_requests
from lavaclient._http.service_client import Token
from lavaclient._http.session import renew_session
from lavaclient._system.fork import renew_in_child

__all__ = ["SessionProvider", "usable_session"]


def usable_session(session: object) -> Session:
    """Check the caller's session, and renew its pools in forked children.

    Raises:
        InvalidError: It is not a session, or has no auth plugin.
    """
    if not isinstance(session, Session) or session.auth is None:
        raise error.InvalidError("session must be a keystoneauth1 Session with an auth plugin")
    renew_in_child(session, renew_session)
    return session


class SessionProvider(TokenProvider):
    """Gets tokens from a session's own plugin.

    A token is dropped only if it is the one that was refused, and once for all threads.
    """

    def get_token(self, session: Session) -> AccessToken:
        """Return the plugin's token, as the same object while its text is the same."""
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
        """Call the session's plugin, and raise its errors as ours."""
        try:
            return call()
        except error.LavaError:
            raise
        except Exception as reason:  # noqa: BLE001 (plugins raise errors of any class)
            raise self._as_ours(reason) from _cause(reason)

    def _as_ours(self, reason: Exception) -> error.LavaError:
        text = self.identity.redactor.sanitize(str(reason)) or type(reason).__name__
        code = _status(reason)
        kind = error.AuthorizationError if code in {401, 403} else error.AuthenticationError
        return kind(f"the session could not sign in: {text}", code=code)


def _status(reason: Exception) -> int | None:
    """Return the status of the response that a plugin's error is about."""
    status = getattr(reason, "http_status", None)
    return status if isinstance(status, int) and status else None


def _cause(reason: Exception) -> error.LavaError:
    """Return an error to chain in between: by its class `is_transient` judges the failure."""
    remove_requests(reason)
    code = _status(reason)
    kind: type[error.LavaError] = error.for_status(code) if code else error.LavaError
    if isinstance(reason, keystoneauth1.exceptions.ConnectTimeout):
        kind = error.TimeoutError
    elif isinstance(reason, keystoneauth1.exceptions.ConnectionError):
        kind = error.ConnectionError
    between = kind(type(reason).__name__, code=code)
    between.__cause__ = reason
    return between
