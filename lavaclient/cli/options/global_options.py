"""The global options, which may come before the command or after it."""

from __future__ import annotations

import functools

import click
from click.core import ParameterSource

from lavaclient._version import __version__
from lavaclient.cli.options.abbreviations import AddedOption
from lavaclient.cli.options.global_types import COLUMN_NAMES, PROFILE, REGION
from lavaclient.cli.options.settings import Settings
from lavaclient.cli.output.layout import KINDS

__all__ = ["LIST", "OPTIONS", "OUTPUT", "RUNNING", "SIGN_IN"]

_PREFIX = "global_"


def _take(context: click.Context, parameter: click.Parameter, value: object) -> None:
    name = parameter.name or ""
    if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
        context.ensure_object(Settings).take(name.removeprefix(_PREFIX), value)


def _option(
    name: str, *spellings: str, kind: type[click.Option] = click.Option, **attributes: object
) -> click.Option:
    """Return a global option.

    Args:
        name: Its name in `Settings`.
        spellings: How it is written.
        kind: Its class.
        **attributes: As those of ``click.Option``.
    """
    declarations = [_PREFIX + name, *spellings]
    return kind(declarations, expose_value=False, callback=_take, **attributes)  # type: ignore[arg-type]


# A switch that is not given is None.
_switch = functools.partial(_option, is_flag=True, default=None)


def _show_version(context: click.Context, _parameter: click.Parameter, value: object) -> None:
    if value and not context.resilient_parsing:
        click.echo(f"lava {__version__}")
        context.exit()


SIGN_IN: list[click.Parameter] = [
    _option(
        "profile",
        "--profile",
        metavar="NAME",
        type=PROFILE,
        kind=AddedOption,
        help="Settings that 'lava configure' has stored.  [LAVA_PROFILE; default: default]",
    ),
    _option(
        "username",
        "--user",
        metavar="NAME",
        help="Rackspace user.  [LAVA_USERNAME, OS_USERNAME; default: your login name]",
    ),
    _option(
        "api_key",
        "--api-key",
        metavar="KEY",
        help="API key; it stays in the shell's history and shows in the list of processes, so "
        "better use the variable, or '-' to be asked without echo.  [LAVA_API_KEY, OS_API_KEY]",
    ),
    _option(
        "token",
        "--token",
        metavar="TOKEN",
        help="Token of an earlier sign-in, with the same risk; '-' asks.  "
        "[LAVA_AUTH_TOKEN, AUTH_TOKEN]",
    ),
    _option(
        "tenant_id",
        "--tenant",
        metavar="ID",
        help="Account number.  [LAVA_TENANT_NAME, OS_TENANT_NAME]",
    ),
    _option(
        "region",
        "--region",
        metavar="ID",
        type=REGION,
        help="Region, e.g. DFW; goes before LAVA2_API_URL.  [LAVA_REGION_NAME, OS_REGION_NAME]",
    ),
    _option(
        "auth_url",
        "--auth-url",
        metavar="URL",
        help="URL of identity.  [LAVA_AUTH_URL, OS_AUTH_URL]",
    ),
    _option(
        "endpoint",
        "--endpoint",
        metavar="URL",
        help="URL of the service.  [LAVA2_API_URL, LAVA_API_URL]",
    ),
    _switch(
        "token_cache",
        "--token-cache/--no-token-cache",
        kind=AddedOption,
        help="Keep the token in your cache directory for the next command, readable by you alone "
        "(the default with an API key).  [LAVA_TOKEN_CACHE: another file]",
    ),
]
OUTPUT: list[click.Parameter] = [
    _option(
        "output",
        "--output",
        "-o",
        type=click.Choice(KINDS, case_sensitive=False),
        kind=AddedOption,
        help="Kind of output.  [default: table on a terminal, else text]",
    ),
    _option(
        "columns",
        "--columns",
        metavar="NAME,...",
        type=COLUMN_NAMES,
        kind=AddedOption,
        help="The columns to show, in this order.",
    ),
    _option(
        "query",
        "--query",
        metavar="JMESPATH",
        kind=AddedOption,
        help="Show the part of the JSON that this selects.",
    ),
    _switch("quiet", "--quiet", "-q", kind=AddedOption, help="Show nothing but ids, one a line."),
    _switch(
        "format",
        "--format/--no-format",
        "-f/-F",
        help="Tables, or delimited text, wherever it goes.",
    ),
    _switch(
        "header",
        "--header/--no-header",
        help="The header of text on stdout, where it else is on stderr; or no header at all.",
    ),
    _option(
        "delimiter",
        "--delimiter",
        "-l",
        metavar="TEXT",
        help="What delimits text.  [default: ,]",
    ),
]
LIST: list[click.Parameter] = [
    _option(
        "sort",
        "--sort",
        "-a",
        metavar="NAME,...",
        type=COLUMN_NAMES,
        kind=AddedOption,
        help="Sort by these columns; -NAME: downwards.",
    ),
    _option(
        "filter",
        "--filter",
        metavar="NAME=GLOB",
        type=COLUMN_NAMES,
        kind=AddedOption,
        multiple=True,
        help="Only rows whose column matches, e.g. name=log*; may be repeated.",
    ),
]
RUNNING: list[click.Parameter] = [
    _switch("insecure", "--insecure", "-k", help="Do not verify certificates.  [LAVA_INSECURE]"),
    _option(
        "timeout", "--request-timeout", metavar="SECONDS", help="For one request.  [LAVA_TIMEOUT]"
    ),
    _option("max_retries", "--retries", metavar="COUNT", help="Retries.  [LAVA_RETRIES]"),
    _option(
        "retry_backoff",
        "--retry-backoff",
        metavar="SECONDS",
        help="The first pause between tries.  [LAVA_RETRY_BACKOFF]",
    ),
    _switch("headless", "--headless", help="Never ask questions."),
    _option(
        "debug",
        "--debug",
        "-d",
        count=True,
        help="Show each request on stderr, without secrets; -dd: also what libraries log.",
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
