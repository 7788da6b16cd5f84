"""The options that every command takes, before its name or after it."""

from __future__ import annotations

import click
from click.core import ParameterSource

from lavaclient._version import __version__
from lavaclient.cli.options.settings import Settings

__all__ = ["OPTIONS", "OUTPUT", "RUNNING", "SIGN_IN"]

_PREFIX = "global_"


def _take(context: click.Context, parameter: click.Parameter, value: object) -> None:
    name = parameter.name or ""
    if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
        context.ensure_object(Settings).take(name.removeprefix(_PREFIX), value)


def _value(
    name: str, spelling: str, metavar: str | None, help: str, type: click.Choice[str] | None = None
) -> click.Option:
    names = [_PREFIX + name, spelling]
    return click.Option(
        names, metavar=metavar, help=help, type=type, expose_value=False, callback=_take
    )


def _switch(name: str, *spellings: str, help: str) -> click.Option:
    names = [_PREFIX + name, *spellings]
    return click.Option(
        names, is_flag=True, default=None, help=help, expose_value=False, callback=_take
    )


def _show_version(context: click.Context, _parameter: click.Parameter, value: object) -> None:
    if value and not context.resilient_parsing:
        click.echo(f"lava {__version__}")
        context.exit()


SIGN_IN: list[click.Parameter] = [
    _value("username", "--user", "NAME", "Rackspace user.  [LAVA_USERNAME, OS_USERNAME]"),
    _value(
        "api_key",
        "--api-key",
        "KEY",
        "API key; it stays in the shell's history and shows in the list of processes, so better "
        "use the variable, or '-' to be asked without echo.  [LAVA_API_KEY, OS_API_KEY]",
    ),
    _value(
        "token",
        "--token",
        "TOKEN",
        "Token of an earlier sign-in, with the same risk; '-' asks.  [LAVA_AUTH_TOKEN, AUTH_TOKEN]",
    ),
    _value("tenant_id", "--tenant", "ID", "Account number.  [LAVA_TENANT_NAME, OS_TENANT_NAME]"),
    _value(
        "region",
        "--region",
        "ID",
        "Region, e.g. DFW; goes before LAVA2_API_URL.  [LAVA_REGION_NAME, OS_REGION_NAME]",
    ),
    _value("auth_url", "--auth-url", "URL", "URL of identity.  [LAVA_AUTH_URL, OS_AUTH_URL]"),
    _value("endpoint", "--endpoint", "URL", "URL of the service.  [LAVA2_API_URL, LAVA_API_URL]"),
    _switch(
        "token_cache",
        "--token-cache/--no-token-cache",
        help="Keep the token in your cache directory for the next command, readable by you alone "
        "(the default with an API key).  [LAVA_TOKEN_CACHE: another file]",
    ),
]
OUTPUT: list[click.Parameter] = [
    _value(
        "output",
        "--output",
        None,
        "Kind of output.  [default: table on a terminal, else delimited text]",
        click.Choice(["table", "json", "csv"], case_sensitive=False),
    ),
    _switch("quiet", "--quiet", "-q", help="Show nothing but ids, one a line."),
    _switch("format", "--format/--no-format", help="Tables, or delimited text, wherever it goes."),
    _switch(
        "header",
        "--header/--no-header",
        help="A header over tables; over delimited text, on stderr; over CSV, in its first line.",
    ),
    _value("delimiter", "--delimiter", "TEXT", "What delimits text.  [default: ,]"),
]
RUNNING: list[click.Parameter] = [
    _switch("insecure", "--insecure", "-k", help="Do not verify certificates.  [LAVA_INSECURE]"),
    _value("timeout", "--request-timeout", "SECONDS", "For one request.  [LAVA_TIMEOUT]"),
    _value("max_retries", "--retries", "COUNT", "Tries after the first.  [LAVA_RETRIES]"),
    _value(
        "retry_backoff",
        "--retry-backoff",
        "SECONDS",
        "The first pause between tries.  [LAVA_RETRY_BACKOFF]",
    ),
    _switch("headless", "--headless", help="Never ask anything."),
    click.Option(
        [_PREFIX + "debug", "--debug", "-d"],
        count=True,
        help="Show each request on stderr, without secrets; -dd: and what libraries log.",
        expose_value=False,
        callback=_take,
    ),
    click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        help="Show the version and end.",
        expose_value=False,
        callback=_show_version,
    ),
]
OPTIONS: list[click.Parameter] = [*SIGN_IN, *OUTPUT, *RUNNING]
