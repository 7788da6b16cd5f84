"""The sources of the program's settings: options, then variables, then a profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lavaclient._config.profiles import Profile, load_key

__all__ = ["SETTINGS", "Collected", "Setting", "add_key", "collect"]


class Setting(NamedTuple):
    """A setting, and its name in each source.

    Attributes:
        name: The argument of ``Lava``.
        option: The option of the program.
        variables: The variables, the first of which wins.
        key: The key of a profile.
    """

    name: str
    option: str
    variables: tuple[str, ...]
    key: str | None


SETTINGS = (
    Setting("username", "--user", ("LAVA_USERNAME", "OS_USERNAME"), "user"),
    Setting("api_key", "--api-key", ("LAVA_API_KEY", "OS_API_KEY"), None),
    Setting("token", "--token", ("LAVA_AUTH_TOKEN", "AUTH_TOKEN"), None),
    Setting("tenant_id", "--tenant", ("LAVA_TENANT_NAME", "OS_TENANT_NAME"), "tenant"),
    Setting("region", "--region", ("LAVA_REGION_NAME", "OS_REGION_NAME"), "region"),
    Setting("auth_url", "--auth-url", ("LAVA_AUTH_URL", "OS_AUTH_URL"), "auth_url"),
    Setting("endpoint", "--endpoint", ("LAVA2_API_URL", "LAVA_API_URL"), "endpoint"),
    Setting("verify_ssl", "--insecure", ("LAVA_INSECURE",), "insecure"),
    Setting("timeout", "--request-timeout", ("LAVA_TIMEOUT",), "request_timeout"),
    Setting("max_retries", "--retries", ("LAVA_RETRIES",), "retries"),
    Setting("retry_backoff", "--retry-backoff", ("LAVA_RETRY_BACKOFF",), "retry_backoff"),
    Setting("token_cache", "--token-cache", ("LAVA_TOKEN_CACHE",), "token_cache"),
)


class Collected(NamedTuple):
    """The options of ``Lava`` from all sources, and the name of each in errors.

    Attributes:
        options: Their values.
        origins: The option, the variable, or the file and line of each.
    """

    options: dict[str, object]
    origins: dict[str, str]


def collect(
    options: Mapping[str, str | bool], environ: Mapping[str, str], profile: Profile | None
) -> Collected:
    """Collect the settings of all sources.

    Args:
        options: Those of the command line, by the names of the arguments of ``Lava``.
        environ: The variables.
        profile: The profile, or None.
    """
    collected = Collected({}, {setting.name: setting.option for setting in SETTINGS})
    if profile is not None:
        _add(collected, Collected(dict(profile.options()), profile.origins()))
    _add(collected, _of_environment(environ))
    _add(
        collected,
        Collected(dict(options), {s.name: s.option for s in SETTINGS if s.name in options}),
    )
    return collected


def add_key(collected: Collected, profile: Profile) -> None:
    """Add a profile's API key, unless there is another user, a key or a token.

    Raises:
        InvalidError: It cannot be read.
    """
    is_same_user = collected.options.get("username") == profile.options().get("username")
    if is_same_user and not collected.options.keys() & {"api_key", "token"}:
        key = load_key(profile)
        if key is not None:
            collected.options["api_key"] = key


def _of_environment(environ: Mapping[str, str]) -> Collected:
    """Return the settings in variables; an empty one counts as unset."""
    collected = Collected({}, {})
    for setting in SETTINGS:
        for variable in setting.variables:
            if value := environ.get(variable):
                collected.options[setting.name] = value
                collected.origins[setting.name] = variable
                break
    if "verify_ssl" in collected.options:
        collected.options["verify_ssl"] = False
    return collected


def _add(collected: Collected, stronger: Collected) -> None:
    """Override settings, and drop those that belong to another user or region."""
    options = collected.options
    others_token = None
    if stronger.options.keys() & {"username", "api_key"}:
        others_token = options.pop("token", None)
    # An endpoint beside another user's token usually is that of the user's account.
    if "region" in stronger.options or (others_token is not None and "region" in options):
        options.pop("endpoint", None)
    options.update(stronger.options)
    collected.origins.update(stronger.origins)
