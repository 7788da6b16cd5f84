"""Options from environment variables, for ``Lava.from_env`` and the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping

from lavaclient._config.options import SESSION_DECIDES, Arguments

__all__ = ["VARIABLES", "environment_arguments", "from_environment"]

VARIABLES = {
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
"""The variables of each option; the first that is set and not empty counts."""


def from_environment(
    environ: Mapping[str, str], *, has_session: bool = False
) -> dict[str, str | bool]:
    """Return the options that are set in the environment; an empty variable counts as unset.

    Args:
        environ: The variables.
        has_session: Leave out what cannot be combined with a session.
    """
    options: dict[str, str | bool] = {}
    for option, names in VARIABLES.items():
        if value := next(filter(None, map(environ.get, names)), None):
            options[option] = value
    if environ.get("LAVA_INSECURE"):
        options["verify_ssl"] = False
    left_out = SESSION_DECIDES if has_session else ()
    return {option: value for option, value in options.items() if option not in left_out}


def environment_arguments(
    environ: Mapping[str, str] | None, overrides: Mapping[str, object]
) -> tuple[Arguments, str]:
    """Return the arguments of ``Lava`` from the environment and the overrides.

    Args:
        environ: The variables; None for those of this process.
        overrides: Arguments of ``Lava`` that win over the environment, by name.

    Returns:
        The arguments, and the text of an error that names every variable that is missing,
        ``""`` where none is.
    """
    has_session = overrides.get("session") is not None
    options = from_environment(os.environ if environ is None else environ, has_session=has_session)
    if overrides.get("region") is not None:  # the environment's endpoint is in its own region
        options.pop("endpoint", None)
    if "username" in options and overrides.get("username", options["username"]) not in {
        None,
        options["username"],
    }:
        options.pop("token", None)  # it belongs to the environment's user
    arguments = Arguments(**{"username": None, **options, **overrides})
    missing = _missing(arguments, has_session=has_session)
    if not missing:
        return arguments, ""
    return arguments, (
        f"not in the environment: {', '.join(missing)}; to try the library without an account,"
        " run: python -m lavaclient.sandbox"
    )


def _missing(arguments: Arguments, *, has_session: bool) -> list[str]:
    """Return the variables that a client needs and that are not set."""
    options = []
    if not has_session:
        if arguments.get("token") is None:
            options += [name for name in ("username", "api_key") if arguments.get(name) is None]
        elif arguments.get("api_key") is not None and arguments.get("username") is None:
            options.append("username")
    if arguments.get("region") is None and arguments.get("endpoint") is None:
        options.append("region")
    return [" or ".join(VARIABLES[option]) for option in options]
