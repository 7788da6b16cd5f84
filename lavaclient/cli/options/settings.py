"""What the options say, over what the environment says, and the client made of both."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

import click

from lavaclient.cli.options.secret_prompt import ASK, read_secret
from lavaclient.error import InvalidError, LavaError

if TYPE_CHECKING:
    import logging

    from lavaclient import Lava

__all__ = ["Settings", "pass_settings"]

_SECRETS: Final = {"api_key": "API key", "token": "Token"}
_OF_LAVA: Final = (
    "username",
    "api_key",
    "token",
    "tenant_id",
    "region",
    "auth_url",
    "endpoint",
    "max_retries",
    "retry_backoff",
    "timeout",
)
_SPELLED: Final = {
    "username": "--user",
    "api_key": "--api-key",
    "token": "--token",
    "tenant_id": "--tenant",
    "region": "--region",
    "auth_url": "--auth-url",
    "endpoint": "--endpoint",
    "max_retries": "--retries",
    "retry_backoff": "--retry-backoff",
    "timeout": "--request-timeout",
    "token_cache": "LAVA_TOKEN_CACHE",
    "verify_ssl": "--insecure",
}
_OURS: Final = ("LAVA", "OS_", "AUTH_TOKEN")
_LOGGERS: Final = ("lavaclient", "keystoneauth", "urllib3")


class Settings:
    """The global options of one run.

    Each of them may stand before the command or after it, so that the parser
    hands them over one by one, and the last one counts.

    Attributes:
        used: The options of ``Lava`` that it was made with, once it is.
    """

    def __init__(self) -> None:
        self._given: dict[str, object] = {}
        self._debug = 0
        self._completes = False
        self._lava: Lava | None = None
        self.used: dict[str, object] = {}
        self._handlers: list[tuple[logging.Logger, logging.Handler]] = []

    def take(self, name: str, value: object) -> None:
        """Note an option that stands on the command line."""
        if name == "debug":
            self._debug += int(str(value))
        else:
            self._given[name] = value

    def text(self, name: str) -> str | None:
        """Return the value of an option, None if it was not given."""
        value = self._given.get(name)
        return None if value is None else str(value)

    def choice(self, name: str) -> bool | None:
        """Return what an option like ``--header/--no-header`` says, None if nothing."""
        value = self._given.get(name)
        return value if isinstance(value, bool) else None

    @property
    def headless(self) -> bool:
        """Whether nobody is there to be asked."""
        return self.choice("headless") is True

    @property
    def lava(self) -> Lava:
        """The client; it signs in when it is first asked for."""
        if self._lava is None:
            self._lava = self._sign_in()
        return self._lava

    def hurry(self, seconds: str) -> None:
        """Wait no longer than this for an answer, and ask nobody: a shell completes a word."""
        self._given |= {"timeout": seconds, "max_retries": "0", "headless": True}
        self._debug = 0
        self._completes = True

    @property
    def owner(self) -> str:
        """What tells these settings from others, the environment's included."""
        from lavaclient.cli.options.completion_cache import digest

        around = [(name, value) for name, value in os.environ.items() if name.startswith(_OURS)]
        return digest([*sorted(self._given.items()), *sorted(around)])

    def close(self) -> None:
        """Close the client, if there is one, and log no more."""
        if self._lava is not None:
            self._lava.close()
            self._forget()
        for logger, handler in self._handlers:
            logger.removeHandler(handler)

    def _sign_in(self) -> Lava:
        from lavaclient import Lava
        from lavaclient._config.environment import from_environment

        self._log_to_stderr()
        options: dict[str, object] = dict(from_environment(os.environ))
        given = {name: value for name in _OF_LAVA if (value := self.text(name)) is not None}
        _drop_what_belongs_to_another(options, given)
        options.update(given)
        for name in _SECRETS:
            if options.get(name) == ASK:
                options[name] = read_secret(_SECRETS[name], headless=self.headless)
        if self.choice("insecure") is not None:
            options["verify_ssl"] = not self.choice("insecure")
        if self.choice("token_cache") is False:
            options["token_cache"] = None
        elif "api_key" in options and not options.keys() & {"token", "token_cache"}:
            options["token_cache"] = _token_cache(options)
        self.used = options
        self._forget()
        try:
            return Lava(**{"username": None, **options})  # type: ignore[arg-type]
        except LavaError as error:
            raise click.ClickException(_in_words_of_the_program(error)) from error

    def _forget(self) -> None:
        """Forget the names that completion remembers: a command may change what there is."""
        if not self._completes:
            from lavaclient.cli.options.completion_cache import forget

            forget()

    def _log_to_stderr(self) -> None:
        """Show the client's requests; with ``-dd`` also what its libraries log."""
        if not self._debug:
            return
        import logging

        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        for name in _LOGGERS[: 1 if self._debug == 1 else None]:
            logger = logging.getLogger(name)
            logger.setLevel(logging.DEBUG)
            logger.addHandler(handler)
            self._handlers.append((logger, handler))


def _drop_what_belongs_to_another(options: dict[str, object], given: dict[str, str]) -> None:
    """Take out of the environment's options what does not go with those that were given."""
    others_token = None
    if given.keys() & {"username", "api_key"}:
        others_token = options.pop("token", None)
    # With another user's token there mostly is the endpoint of that user's account.
    if "region" in given or (others_token is not None and "region" in options):
        options.pop("endpoint", None)


def _in_words_of_the_program(error: LavaError) -> str:
    """Name the program's options where an error names those of ``Lava``."""
    text = str(error)
    if text.startswith("one of api_key"):
        return "no credentials: set LAVA_API_KEY or LAVA_AUTH_TOKEN, or give --api-key or --token"
    # Where it is not about the options, a token or a region is just what it is called.
    about_options = isinstance(error, InvalidError)
    names = [name for name in _SPELLED if about_options or "_" in name]
    return re.sub(rf"\b({'|'.join(names)})\b", lambda found: _SPELLED[found[1]], text)


def _token_cache(options: dict[str, object]) -> str:
    """Return a file for these credentials: a second account has one of its own."""
    from lavaclient.cli.options.completion_cache import cache_file, digest

    owner = [options.get(name) for name in ("username", "region", "auth_url", "tenant_id")]
    return str(cache_file(f"token-{digest(owner)}.json"))


pass_settings = click.make_pass_decorator(Settings, ensure=True)
