"""The settings of one run, and the client made of them."""

from __future__ import annotations

import getpass
import hashlib
import logging
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

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
from lavaclient.cli.options.completion_cache import forget
from lavaclient.cli.options.secret_prompt import ASK, read_secret
from lavaclient.cli.options.sources import SETTINGS, Collected, collect
from lavaclient.error import InvalidError, LavaError

# Help and completion do not wait for the client: it takes 100 ms and more.
if TYPE_CHECKING:
    from lavaclient import Lava

__all__ = ["MissingSettings", "Settings", "pass_settings"]

P = ParamSpec("P")
R = TypeVar("R")

_SECRETS: Final = {"api_key": "API key", "token": "Token"}
_OF_LAVA: Final = frozenset(setting.name for setting in SETTINGS) - {"verify_ssl", "token_cache"}
_OURS: Final = ("LAVA", "OS_", "AUTH_TOKEN")
_LOGGERS: Final = ("lavaclient", "keystoneauth", "urllib3")


class MissingSettings(click.ClickException):
    """Nothing says how to sign in; the message has a line for each setting that is missing."""


class Settings:
    """The global options of one run.

    Each of them may stand before the command or after it, so that the parser
    hands them over one by one, and the last one counts.

    Attributes:
        used: The options of ``Lava`` that it was made with, once it is.
    """

    def __init__(self) -> None:
        self._options: dict[str, object] = {}
        self._debug = 0
        self._is_completing = False
        self._lava: Lava | None = None
        self._handlers: list[tuple[logging.Logger, logging.Handler]] = []
        self.used: dict[str, object] = {}
        self._had_token = False

    def take(self, name: str, value: object) -> None:
        """Note an option that stands on the command line."""
        if name == "debug":
            self._debug += int(str(value))
        else:
            self._options[name] = value

    def text(self, name: str) -> str | None:
        """Return the value of an option, None if it was not given."""
        value = self._options.get(name)
        return None if value is None else str(value)

    def texts(self, name: str) -> list[str]:
        """Return the values of an option that may be repeated."""
        values = self._options.get(name)
        return list(map(str, values)) if isinstance(values, tuple) else []

    def choice(self, name: str) -> bool | None:
        """Return what an option like ``--header/--no-header`` says, None if nothing."""
        value = self._options.get(name)
        return value if isinstance(value, bool) else None

    def is_given(self, name: str) -> bool:
        """Tell whether an option stands on the command line."""
        return name in self._options

    @property
    def headless(self) -> bool:
        """Whether no questions may be asked: with ``--headless``, or without a terminal."""
        return self.choice("headless") is True

    @property
    def quiet(self) -> bool:
        """Whether nothing but ids is to be printed."""
        return self.choice("quiet") is True

    @property
    def profile_name(self) -> str | None:
        """The profile that is asked for, None where no name was given."""
        return chosen_name(self.text("profile"), os.environ)

    def profile(self) -> Profile | None:
        """Return the profile that is in use, None without one."""
        if self.profile_name is not None:
            return read_profile(self.profile_name)
        return read_profiles().get(DEFAULT)

    def configured(self, key: str) -> str | None:
        """Return what the profile says of a setting of the program's own."""
        # That there is no such profile is said where it is to sign in.
        profile = read_profiles().get(self.profile_name or DEFAULT)
        value = None if profile is None else profile.values.get(key)
        return None if value is None else str(value)

    def collected_over(self, profile: Profile | None) -> Collected:
        """Return the options of ``Lava`` from the command line, the environment and a profile."""
        options: dict[str, str | bool] = {
            name: text for name in _OF_LAVA if (text := self.text(name)) is not None
        }
        if (insecure := self.choice("insecure")) is not None:
            options["verify_ssl"] = not insecure
        return collect(options, os.environ, profile)

    @property
    def lava(self) -> Lava:
        """The client; it signs in when it is first asked for."""
        if self._lava is None:
            self._lava = self._sign_in()
        return self._lava

    def new_token(self) -> str:
        """Return a token that works: of a new sign-in, or one that the service has just taken."""
        lava = self.lava
        if "api_key" not in self.used:
            lava.limits.get()
        elif self._had_token:
            lava.reauthenticate()
        return lava.token

    def for_completion(self, seconds: str) -> None:
        """Limit waiting and ask no questions: a shell is completing a word."""
        self._options |= {"timeout": seconds, "max_retries": "0", "headless": True}
        self._debug = 0
        self._is_completing = True

    @property
    def owner(self) -> str:
        """What tells these settings from others, those of environment and profile included."""
        variables = [item for item in os.environ.items() if item[0].startswith(_OURS)]
        try:
            configured = config_file().stat().st_mtime_ns
        except OSError:
            configured = 0
        return _digest([*sorted(self._options.items()), *sorted(variables), configured])

    @property
    def is_debugging(self) -> bool:
        """Whether ``-d`` was given."""
        return self._debug > 0

    def close(self) -> None:
        """Close the client, if there is one, and log no more."""
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
            # Where it is not about the options, a token or a region is just what it is called.
            origins = {
                name: origin
                for name, origin in collected.origins.items()
                if isinstance(error, InvalidError) or "_" in name
            }
            raise click.ClickException(named_by_origin(str(error), origins)) from error

    def _sign_in(self) -> Lava:
        collected = self.collected_over(self.profile())
        options = collected.options
        for name, title in _SECRETS.items():
            if options.get(name) == ASK:
                options[name] = read_secret(title, headless=self.headless)
        _check_nothing_is_missing(options)
        if self.choice("token_cache") is False:
            options["token_cache"] = None
        elif "api_key" in options and not options.keys() & {"token", "token_cache"}:
            options["token_cache"] = _token_cache(options)
        self._had_token = "token" in options or _exists(options.get("token_cache"))
        self.used = options
        self._forget()
        return self.client_of(collected)

    def _forget(self) -> None:
        """Forget the names of completion: a command may change what there is."""
        if not self._is_completing:
            forget()

    def _log_to_stderr(self) -> None:
        """Show the client's requests; with ``-dd`` also what its libraries log."""
        if not self._debug or self._handlers:
            return
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        for name in _LOGGERS[: 1 if self._debug == 1 else None]:
            logger = logging.getLogger(name)
            logger.setLevel(logging.DEBUG)
            logger.addHandler(handler)
            self._handlers.append((logger, handler))


def _check_nothing_is_missing(options: dict[str, object]) -> None:
    """Let the user be the one that is logged in; say all that is missing otherwise.

    Raises:
        MissingSettings: Something is.
    """
    lines = []
    if not options.keys() & {"api_key", "token"}:
        lines.append(("API key", "--api-key -, LAVA_API_KEY, or kept by 'lava configure'"))
    if not options.keys() & {"region", "endpoint"}:
        lines.append(("region", "--region, LAVA_REGION_NAME, or region in a profile"))
    if "username" not in options and "token" not in options:
        places = "--user, LAVA_USERNAME, or user in a profile"
        with suppress(OSError, KeyError):  # a bare container has no such user
            options["username"] = getpass.getuser()
            places = f"{places} (else {options['username']})"
        if lines or "username" not in options:
            lines.insert(0, ("user", places))
    if lines:
        table = "".join(f"\n  {name:<8} {places}" for name, places in lines)
        raise MissingSettings(
            f"cannot sign in: these settings are missing.{table}\n"
            "'lava configure' asks for all of them, and keeps them.\n"
            "'lava sandbox' runs the service on this machine, to try it without an account."
        )


def _exists(path: object) -> bool:
    return isinstance(path, str) and os.path.exists(path)


def _token_cache(options: dict[str, object]) -> str:
    """Return a file for these credentials: a second account has one of its own."""
    owner = [options.get(name) for name in ("username", "region", "auth_url", "tenant_id")]
    return str(cache_directory() / f"token-{_digest(owner)}.json")


def _digest(texts: Iterable[object]) -> str:
    """Return what tells one set of settings from another, without telling them."""
    data = "\n".join(map(str, texts)).encode(errors="surrogateescape")
    return hashlib.sha256(data).hexdigest()[:16]


_pass_settings = click.make_pass_decorator(Settings, ensure=True)


def pass_settings(command: Callable[Concatenate[Settings, P], R]) -> Callable[P, R]:
    """Give a command the settings of its run, as the first argument."""
    return _pass_settings(command)
