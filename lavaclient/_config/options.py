"""The options of ``Lava``, checked before anything is sent."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping

import msgspec

from lavaclient import error
from lavaclient._config.urls import endpoint_url, identity_url

__all__ = [
    "DEFAULT_BACKOFF",
    "DEFAULT_RETRIES",
    "DEFAULT_TIMEOUT",
    "Options",
    "account_number",
    "credential",
    "from_environment",
]

DEFAULT_TIMEOUT = 30.0
DEFAULT_RETRIES = 3
DEFAULT_BACKOFF = 0.2

# What a session decides itself, by the names of the arguments.
_OF_A_SESSION = ("token", "api_key", "auth_url", "verify_ssl", "token_cache")
_VARIABLES = {
    "username": ("LAVA_USERNAME", "OS_USERNAME"),
    "api_key": ("LAVA_API_KEY", "OS_API_KEY"),
    "token": ("LAVA_AUTH_TOKEN", "AUTH_TOKEN"),
    "tenant_id": ("LAVA_TENANT_NAME", "OS_TENANT_NAME"),
    "region": ("LAVA_REGION_NAME", "OS_REGION_NAME"),
    "auth_url": ("LAVA_AUTH_URL", "OS_AUTH_URL"),
    "endpoint": ("LAVA2_API_URL", "LAVA_API_URL"),
    "timeout": ("LAVA_TIMEOUT",),
    "max_retries": ("LAVA_RETRIES",),
    "retry_backoff": ("LAVA_RETRY_BACKOFF",),
    "token_cache": ("LAVA_TOKEN_CACHE",),
}


def credential(name: str, value: object) -> str | None:
    """Return a user name, key or token that can stand in a header; None for None.

    Raises:
        InvalidError: It is blank, or holds what would break a header. The
            text names the argument, never its value.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise error.InvalidError(f"{name} must be a string, not {type(value).__name__}")
    if not value.strip():
        raise error.InvalidError(f"{name} must not be blank")
    if not value.isprintable():
        raise error.InvalidError(f"{name} must not hold control characters")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise error.InvalidError(f"{name} must hold latin-1 characters only") from None
    if value != value.strip():
        raise error.InvalidError(f"{name} must not begin or end with white space")
    return value


def _number(name: str, value: object, default: float) -> float:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise error.InvalidError(f"{name} must be a number, not {type(value).__name__}")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise error.InvalidError(f"{name} must be a number") from None
    if not math.isfinite(number):
        raise error.InvalidError(f"{name} must be a finite number")
    return number


def _timeout(value: object) -> float:
    seconds = _number("timeout", value, DEFAULT_TIMEOUT)
    if not 0 < seconds <= 1e6:
        raise error.InvalidError("timeout must be more than 0 seconds, and at most a million")
    return seconds


def _retries(value: object) -> int:
    number = _number("max_retries", value, DEFAULT_RETRIES)
    if number < 0 or number != int(number):
        raise error.InvalidError("max_retries must be a whole number, 0 or more")
    return int(number)


def _backoff(value: object) -> float:
    seconds = _number("retry_backoff", value, DEFAULT_BACKOFF)
    if seconds < 0:
        raise error.InvalidError("retry_backoff must be 0 seconds or more")
    return seconds


def account_number(value: object) -> str | None:
    """Return a tenant id as text; None for None.

    Raises:
        InvalidError: It is neither an int nor text that could be one.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return credential("tenant_id", value)


def _region(value: object) -> str | None:
    return credential("region", value.strip() if isinstance(value, str) else value)


def _verify(value: object) -> bool | str:
    if value is None or isinstance(value, bool):
        return value is not False
    path = _path("verify_ssl", value)
    import ssl

    try:
        context = ssl.create_default_context()
        context.load_verify_locations(**{"capath" if os.path.isdir(path) else "cafile": path})
    except (OSError, ValueError):
        raise error.InvalidError(f"verify_ssl: {path!r} is no readable CA bundle") from None
    return path


def _path(name: str, value: object) -> str:
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(path, str) or not path or not _can_be_named(path):
        raise error.InvalidError(f"{name} must be the path of a file")
    return os.path.expanduser(path)


def _can_be_named(path: str) -> bool:
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What ``Lava`` was given, as it goes on with it."""

    username: str | None
    region: str | None
    token: str | None
    api_key: str | None
    auth_url: str
    tenant_id: str | None
    endpoint: str | None
    verify: bool | str
    timeout: float
    max_retries: int
    retry_backoff: float
    token_cache: str | None

    def __repr__(self) -> str:
        """Show no secret."""
        return f"<Options username={self.username!r} region={self.region!r}>"

    @classmethod
    def checked(cls, *, session: object, **given: object) -> Options:
        """Check each option, and then how they go together.

        Args:
            session: A session from outside, or None.
            **given: The other arguments of ``Lava``, by name.

        Raises:
            InvalidError: Names the argument that is no good.
        """
        tenant_id, cache = account_number(given["tenant_id"]), given["token_cache"]
        options = cls(
            username=credential("username", given["username"]),
            region=_region(given["region"]),
            token=credential("token", given["token"]),
            api_key=credential("api_key", given["api_key"]),
            auth_url=identity_url(given["auth_url"]),
            tenant_id=tenant_id,
            endpoint=endpoint_url(given["endpoint"], tenant_id),
            verify=_verify(given["verify_ssl"]),
            timeout=_timeout(given["timeout"]),
            max_retries=_retries(given["max_retries"]),
            retry_backoff=_backoff(given["retry_backoff"]),
            token_cache=None if cache is None else _path("token_cache", cache),
        )
        if options.endpoint is None and options.region is None:
            raise error.InvalidError("region is required, unless endpoint is given")
        if session is None:
            options._check_credentials()
        else:
            _check_session(session, given)
        return options

    def _check_credentials(self) -> None:
        if self.token is None and self.api_key is None:
            raise error.InvalidError("one of api_key, token and session is required")
        if self.username is None and self.api_key is not None:
            raise error.InvalidError("username is required with an api_key")


def _check_session(session: object, given: Mapping[str, object]) -> None:
    from keystoneauth1.session import Session

    if not isinstance(session, Session) or session.auth is None:
        raise error.InvalidError("session must be a keystoneauth1 Session with an auth plugin")
    if names := [name for name in _OF_A_SESSION if given[name] is not None]:
        raise error.InvalidError(
            f"a session is used as it is: {', '.join(names)} cannot go with it"
        )


def from_environment(
    environ: Mapping[str, str], *, has_session: bool = False
) -> dict[str, str | bool]:
    """Return the options that the environment gives; an empty variable counts as unset.

    Args:
        environ: The variables.
        has_session: Leave out what cannot go with a session.
    """
    found: dict[str, str | bool] = {}
    for option, names in _VARIABLES.items():
        if value := next(filter(None, map(environ.get, names)), None):
            found[option] = value
    if environ.get("LAVA_INSECURE"):
        found["verify_ssl"] = False
    left_out = _OF_A_SESSION if has_session else ()
    return {option: value for option, value in found.items() if option not in left_out}
