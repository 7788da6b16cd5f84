"""``lava configure``: profiles, which store settings."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple

import click

from lavaclient._config.profiles import (
    DEFAULT,
    KEYS,
    Profile,
    config_file,
    read_profiles,
    save_profile,
)
from lavaclient._config.urls import DEFAULT_AUTH_URL
from lavaclient.cli.commands._confirm import answered
from lavaclient.cli.options.groups import ListCommand, Noun
from lavaclient.cli.options.secret_prompt import ASK, read_secret
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.options.sources import SETTINGS, Collected, add_key
from lavaclient.cli.output.columns import Column, View
from lavaclient.cli.output.render import show_list
from lavaclient.error import InvalidError

__all__ = ["configure"]

_HINT = "--headless uses options and variables only"
# The questions: the key of the profile, the text, and the default answer.
_QUESTIONS: Final = (
    ("user", "User", None),
    ("region", "Region (DFW, IAD, LON, ORD)", None),
    ("auth_url", "Identity URL", DEFAULT_AUTH_URL),
)


class _Row(NamedTuple):
    """A profile, as a list shows it."""

    name: str
    user: str | None
    region: str | None
    tenant: str | None
    auth_url: str | None
    endpoint: str | None
    output: str | None
    api_key: str | None

    def to_dict(self) -> dict[str, object]:
        """Return all of it."""
        return self._asdict()


_PROFILES: Final = View(
    "profiles",
    (
        Column("name", "Name", "name"),
        Column("user", "User", "user"),
        Column("region", "Region", "region"),
        Column("api_key", "API key in", "api_key"),
        Column("tenant", "Tenant", "tenant", rank=3),
        Column("auth_url", "Identity URL", "auth_url", rank=1),
        Column("endpoint", "Endpoint", "endpoint", rank=2),
        Column("output", "Output", "output", rank=4),
    ),
    ("name", "user", "region", "tenant", "auth_url", "endpoint", "output", "api_key"),
    key="name",
)


@click.group("configure", cls=Noun, invoke_without_command=True)
@pass_settings
@click.pass_context
def configure(context: click.Context, settings: Settings) -> None:
    """Store settings in a profile, which is called default or as --profile says.

    Asks for settings that no option gives, signs in to check them, and stores them.
    The API key goes into the system's keyring, if the library keyring is installed
    and works, or else into a file that only you can read.

    \b
    Examples:
      lava configure
      lava configure --profile london --region LON
      lava configure list
    """
    if context.invoked_subcommand is not None:
        return
    name = settings.account.profile_name or DEFAULT
    profile = read_profiles().get(name)
    values = _values(settings, profile)
    api_key = _api_key(settings, profile)
    options: dict[str, object] = {**Profile("", config_file(), values, {}).options()}
    options |= {"api_key": api_key, "token_cache": None}
    origins = {setting.name: setting.option for setting in SETTINGS}
    settings.account.client_of(Collected(options, origins)).close()
    store = save_profile(name, values, api_key)
    place = "the system's keyring" if store == "keyring" else "keys.toml beside it"
    click.echo(
        f"Signed in. Profile {name} is in {config_file()}, its API key in {place}.", err=True
    )


@configure.command("list", cls=ListCommand, view=_PROFILES)
@pass_settings
def list_profiles(settings: Settings) -> None:
    """List the profiles."""
    rows = []
    for name, profile in read_profiles().items():
        fields = {key: profile.values.get(key) for key in _Row._fields if key in KEYS}
        texts = {key: None if value is None else str(value) for key, value in fields.items()}
        rows.append(_Row(name=name, api_key=profile.store, **texts))
    show_list(settings, rows, _PROFILES)


def _values(settings: Settings, profile: Profile | None) -> dict[str, str | bool]:
    """Return the profile's new values: its old ones, those of options, and answers."""
    values = dict(profile.values) if profile else {}
    collected = settings.account.collected_over(profile)
    for key, option in KEYS.items():
        if option and option in collected.options:
            value = collected.options[option]
            values[key] = value is False if option == "verify_ssl" else str(value)
    if (output := settings.text("output")) is not None:
        values["output"] = output
    for key, question, default in _QUESTIONS:
        if settings.headless or settings.is_given(str(KEYS[key])):
            continue
        ask = partial(click.prompt, question, default=values.get(key, default), err=True)
        answer = str(answered(ask, _HINT))
        if key in values or answer != default:
            values[key] = answer
    return values


def _api_key(settings: Settings, profile: Profile | None) -> str:
    """Return the API key from options, variables, the profile or an answer."""
    collected = settings.account.collected_over(profile)
    if profile is not None:
        with suppress(InvalidError):  # a key that cannot be read is asked for instead
            add_key(collected, profile)
    known = collected.options.get("api_key")
    if known is None or known == ASK:
        return read_secret("API key", headless=settings.headless)
    if settings.headless or settings.is_given("api_key"):
        return str(known)
    answer = answered(
        lambda: click.prompt(
            "API key (Enter keeps the one that is known)",
            default="",
            show_default=False,
            hide_input=sys.stdin.isatty(),
            err=True,
        ),
        _HINT,
    )
    return str(answer or known)
