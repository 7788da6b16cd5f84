"""The options of ``Lava``, checked before anything is sent."""

from __future__ import annotations

from typing import NamedTuple

from lavaclient import error
from lavaclient._config.checks import file_path, number, number_text
from lavaclient._config.secret import Secret
from lavaclient._config.urls import endpoint_url, identity_url

__all__ = [
    "DEFAULT_BACKOFF",
    "DEFAULT_RETRIES",
    "DEFAULT_TIMEOUT",
    "SESSION_DECIDES",
    "Arguments",
    "Options",
    "account_number",
    "credential",
    "secret",
]

DEFAULT_TIMEOUT = 30.0
DEFAULT_RETRIES = 3
DEFAULT_BACKOFF = 0.2

SESSION_DECIDES = ("token", "api_key", "auth_url", "verify_ssl", "token_cache")
"""The arguments that cannot be combined with a session, which has them already."""


class Arguments:
    """The arguments of ``Lava``, not checked yet; no repr shows them.

    Args:
        **values: All of them but the session, by name.
    """

    def __init__(self, **values: object) -> None:
        self._values = values

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def get(self, name: str) -> object:
        """Return an argument, None if it was not given."""
        return self._values.get(name)

    def values(self) -> dict[str, object]:
        """Return all arguments by name, for a call; do not assign them to a variable."""
        return self._values

    def __repr__(self) -> str:
        return "<Arguments>"


def credential(name: str, value: object) -> str | None:
    """Return a user name, region or tenant id that is valid in a header; None for None.

    Raises:
        InvalidError: It is blank, or has characters that are not valid in a header.
    """
    if problem := _problem(value):
        raise error.InvalidError(f"{name} must {problem}")
    return None if value is None else str(value)


def secret(name: str, arguments: Arguments) -> Secret | None:
    """Return a key or token that is valid in a header; None for None.

    Raises:
        InvalidError: As for `credential`; neither its text nor a frame shows the value.
    """
    if problem := _problem(arguments[name]):
        raise error.InvalidError(f"{name} must {problem}")
    return None if arguments[name] is None else Secret(str(arguments[name]))


def _problem(value: object) -> str | None:
    """Return how an invalid credential must change; None for a valid one, or for None."""
    if value is None:
        return None
    if not isinstance(value, str):
        return f"be a string, not {type(value).__name__}"
    if not value.strip():
        return "not be blank"
    if not value.isprintable():
        return "not hold control characters"
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return "hold latin-1 characters only"
    return "not begin or end with white space" if value != value.strip() else None


def _timeout(value: object) -> float:
    seconds = DEFAULT_TIMEOUT if value is None else number("timeout", value)
    if not 0 < seconds <= 1e6:
        raise error.InvalidError("timeout must be more than 0 seconds, and at most a million")
    return seconds


def _retries(value: object) -> int:
    count = DEFAULT_RETRIES if value is None else number("max_retries", value)
    if count < 0 or count != int(count):
        raise error.InvalidError("max_retries must be a whole number, 0 or more")
    return int(count)


def _backoff(value: object) -> float:
    seconds = DEFAULT_BACKOFF if value is None else number("retry_backoff", value)
    if seconds < 0:
        raise error.InvalidError("retry_backoff must be 0 seconds or more")
    return seconds


def account_number(value: object) -> str | None:
    """Return a tenant id as text; None for None.

    Raises:
        InvalidError: It is neither an int nor a string that is valid in a header and a path.
    """
    number = number_text("tenant_id", value) if isinstance(value, int) else None
    tenant_id = credential("tenant_id", value) if number is None else number
    if tenant_id in {".", ".."}:
        raise error.InvalidError("tenant_id must not be '.' or '..', which change a path")
    return tenant_id


def _verify(value: object) -> bool | str:
    if value is None or isinstance(value, bool):
        return value is not False
    return file_path("verify_ssl", value)


class Options(NamedTuple):
    """The options of a client, checked."""

    username: str | None
    region: str | None
    token: Secret | None
    api_key: Secret | None
    auth_url: str
    tenant_id: str | None
    endpoint: str | None
    verify: bool | str
    timeout: float
    max_retries: int
    retry_backoff: float
    token_cache: str | None

    @classmethod
    def checked(cls, arguments: Arguments, *, has_session: bool) -> Options:
        """Check each argument, and then how they go together.

        Args:
            arguments: What ``Lava`` was called with.
            has_session: The caller gave a session, which has some of them already.

        Raises:
            InvalidError: Names the argument.
        """
        tenant_id = account_number(arguments["tenant_id"])
        region, cache = arguments["region"], arguments["token_cache"]
        options = cls(
            username=credential("username", arguments["username"]),
            region=credential("region", region.strip() if isinstance(region, str) else region),
            token=secret("token", arguments),
            api_key=secret("api_key", arguments),
            auth_url=identity_url(arguments["auth_url"]),
            tenant_id=tenant_id,
            endpoint=endpoint_url(arguments["endpoint"], tenant_id),
            verify=_verify(arguments["verify_ssl"]),
            timeout=_timeout(arguments["timeout"]),
            max_retries=_retries(arguments["max_retries"]),
            retry_backoff=_backoff(arguments["retry_backoff"]),
            token_cache=None if cache is None else file_path("token_cache", cache),
        )
        options._check_together(arguments, has_session=has_session)
        return options

    def _check_together(self, arguments: Arguments, *, has_session: bool) -> None:
        if self.endpoint is None and self.region is None:
            raise error.InvalidError("region is required, unless endpoint is given")
        if has_session:
            if names := [name for name in SESSION_DECIDES if arguments[name] is not None]:
                raise error.InvalidError(
                    f"a session is used as it is: {', '.join(names)} cannot go with it"
                )
        elif self.token is None and self.api_key is None:
            raise error.InvalidError("one of api_key, token and session is required")
        elif self.username is None and self.api_key is not None:
            raise error.InvalidError("username is required with an api_key")
