"""The account of a run: settings of options, environment and profile, and their client."""

from __future__ import annotations

import getpass
import hashlib
import logging
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

from lavaclient._config.profiles import (
    DEFAULT,
    Profile,
    chosen_name,
    config_file,
    named_by_origin,
    read_profile,
    read_profiles,
)
from lavaclient._system.user_dirs import cache_directory
from lavaclient.cli.options.command_line import CommandLine, MissingSettings
from lavaclient.cli.options.completion_cache import forget
from lavaclient.cli.options.secret_prompt import ASK, read_secret
from lavaclient.cli.options.sources import SETTINGS, Collected, add_key, collect
from lavaclient.error import InvalidError, LavaError

# Cached names are completed without the client, which takes 100 ms and more.
if TYPE_CHECKING:
    from lavaclient import Lava

__all__ = ["Account"]

_SECRETS: Final = {"api_key": "API key", "token": "Token"}
_OF_LAVA: Final = frozenset(setting.name for setting in SETTINGS) - {"verify_ssl", "token_cache"}
_OURS: Final = ("LAVA", "OS_", "AUTH_TOKEN")
_LOGGERS: Final = ("lavaclient", "keystoneauth", "urllib3")


class Account:
    """The user, key, region and the rest that a run signs in with.

    Args:
        command_line: The options of the run.

    Attributes:
        used: The options of ``Lava`` that the client was made with; empty before that.
    """

    def __init__(self, command_line: CommandLine) -> None:
        self._command_line = command_line
        self._lava: Lava | None = None
        self._handlers: list[tuple[logging.Logger, logging.Handler]] = []
        self._had_token = False
        self.used: dict[str, object] = {}

    @property
    def profile_name(self) -> str | None:
        """The name of the profile that was given, or None."""
        return chosen_name(self._command_line.text("profile"), os.environ)

    def profile(self) -> Profile | None:
        """Return the profile in use, or None."""
        if self.profile_name is not None:
            return read_profile(self.profile_name)
        return read_profiles().get(DEFAULT)

    def profile_names(self) -> list[str]:
        """Return the names of all profiles."""
        return list(read_profiles())

    def configured(self, key: str) -> str | None:
        """Return the profile's value for a setting of the program, or None."""
        # A profile that does not exist is an error at the sign-in.
        profile = read_profiles().get(self.profile_name or DEFAULT)
        value = None if profile is None else profile.values.get(key)
        return None if value is None else str(value)

    def collected_over(self, profile: Profile | None) -> Collected:
        """Return the options of ``Lava`` from the command line, the environment and a profile."""
        options: dict[str, str | bool] = {
            name: text for name in _OF_LAVA if (text := self._command_line.text(name)) is not None
        }
        if (insecure := self._command_line.choice("insecure")) is not None:
            options["verify_ssl"] = not insecure
        return collect(options, os.environ, profile)

    @property
    def lava(self) -> Lava:
        """The client; it signs in on first use."""
        if self._lava is None:
            self._lava = self._sign_in()
        return self._lava

    def new_token(self) -> str:
        """Return a valid token: of a new sign-in, or one that the service has just accepted."""
        lava = self.lava
        if "api_key" not in self.used:
            lava.limits.get()
        elif self._had_token:
            lava.reauthenticate()
        return lava.token

    @property
    def owner(self) -> str:
        """A digest that identifies the settings of options, environment and profile."""
        variables = [item for item in os.environ.items() if item[0].startswith(_OURS)]
        try:
            configured = config_file().stat().st_mtime_ns
        except OSError:
            configured = 0
        return _digest(
            [*sorted(self._command_line.options.items()), *sorted(variables), configured]
        )

    def close(self) -> None:
        """Close the client, if there is one, and remove the log handlers."""
        if self._lava is not None:
            self._lava.close()
            self._forget()
        for logger, handler in self._handlers:
            logger.removeHandler(handler)

    def client_of(self, collected: Collected) -> Lava:
        """Sign in with some options.

        Raises:
            ClickException: It was not possible; the text says where bad values came from.
        """
        self._log_to_stderr()
        try:
            # Help and completion do not wait for the client: it takes 100 ms and more.
            make: Callable[..., Lava] = import_module("lavaclient.client").Lava
            return make(**{"username": None, **collected.options})
        except LavaError as error:
            # In other errors the words token and region are not names of options.
            origins = {
                name: origin
                for name, origin in collected.origins.items()
                if isinstance(error, InvalidError) or "_" in name
            }
            raise click.ClickException(named_by_origin(str(error), origins)) from error

    def _sign_in(self) -> Lava:
        profile = self.profile()
        collected = self.collected_over(profile)
        if profile is not None:
            add_key(collected, profile)
        options = collected.options
        for name, title in _SECRETS.items():
            if options.get(name) == ASK:
                options[name] = read_secret(title, headless=self._command_line.headless)
        _check_nothing_is_missing(options)
        if self._command_line.choice("token_cache") is False:
            options["token_cache"] = None
        elif "api_key" in options and not options.keys() & {"token", "token_cache"}:
            # Each account has its own.
            owner = [options.get(name) for name in ("username", "region", "auth_url", "tenant_id")]
            options["token_cache"] = str(cache_directory() / f"token-{_digest(owner)}.json")
        cache = options.get("token_cache")
        self._had_token = "token" in options or (isinstance(cache, str) and os.path.exists(cache))
        self.used = options
        self._forget()
        return self.client_of(collected)

    def _forget(self) -> None:
        """Delete the cached names of completion, which a command may change."""
        if not self._command_line.is_completing:
            forget()

    def _log_to_stderr(self) -> None:
        """Show the client's requests; with ``-dd`` also what its libraries log."""
        if not self._command_line.debug or self._handlers:
            return
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        for name in _LOGGERS[: 1 if self._command_line.debug == 1 else None]:
            logger = logging.getLogger(name)
            logger.setLevel(logging.DEBUG)
            logger.addHandler(handler)
            self._handlers.append((logger, handler))


def _check_nothing_is_missing(options: dict[str, object]) -> None:
    """Use the local user's name by default; raise an error that lists what is missing.

    Raises:
        MissingSettings: A setting is missing.
    """
    lines = []
    if not options.keys() & {"api_key", "token"}:
        lines.append(("API key", "--api-key -, LAVA_API_KEY, or stored by 'lava configure'"))
    if not options.keys() & {"region", "endpoint"}:
        lines.append(("region", "--region, LAVA_REGION_NAME, or region in a profile"))
    if "username" not in options and "token" not in options:
        places = "--user, LAVA_USERNAME, or user in a profile"
        with suppress(OSError, KeyError, ImportError):  # a bare container has no such user
            options["username"] = getpass.getuser()
            places = f"{places} (else {options['username']})"
        if lines or "username" not in options:
            lines.insert(0, ("user", places))
    if lines:
        table = "".join(f"\n  {name:<8} {places}" for name, places in lines)
        raise MissingSettings(
            f"cannot sign in: these settings are missing.{table}\n"
            "'lava configure' asks for all of them, and stores them.\n"
            "'lava sandbox' runs the service on this machine, to try it without an account."
        )


def _digest(texts: Iterable[object]) -> str:
    """Return a digest that identifies these texts without showing them."""
    data = "\n".join(map(str, texts)).encode(errors="surrogateescape")
    return hashlib.sha256(data).hexdigest()[:16]
