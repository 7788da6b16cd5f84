"""The settings of one run, and the client made of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from lavaclient.cli.options.command_line import CommandLine

if TYPE_CHECKING:
    from lavaclient import Lava
    from lavaclient.cli.options.account import Account

__all__ = ["Settings", "pass_settings"]

P = ParamSpec("P")
R = TypeVar("R")

_ACCOUNT = "lavaclient.cli.options.account"


class Settings(CommandLine):
    """The global options of one run, and its account."""

    def __init__(self) -> None:
        super().__init__()
        self._account: Account | None = None

    @property
    def account(self) -> Account:
        """The account, from options, environment and profile."""
        if self._account is None:
            # Help does not need the modules that read profiles, tokens and keys.
            make: Callable[[Settings], Account] = import_module(_ACCOUNT).Account
            self._account = make(self)
        return self._account

    @property
    def lava(self) -> Lava:
        """The client; it signs in on first use."""
        return self.account.lava

    def close(self) -> None:
        """Close the client, if there is one, and remove the log handlers."""
        if self._account is not None:
            self._account.close()


_pass_settings = click.make_pass_decorator(Settings, ensure=True)


def pass_settings(command: Callable[Concatenate[Settings, P], R]) -> Callable[P, R]:
    """Pass the settings of the run to a command, as its first argument."""
    return _pass_settings(command)
