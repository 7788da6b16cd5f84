"""The global options, which may come before the command or after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from lavaclient._version import __version__
from lavaclient.cli.options.abbreviations import AddedOption
from lavaclient.cli.options.global_types import COLUMN_NAMES, PROFILE, REGION
from lavaclient.cli.options.settings import Settings
from lavaclient.cli.output.layout import KINDS

__all__ = ["LIST", "OPTIONS", "OUTPUT", "RUNNING", "SIGN_IN"]

if TYPE_CHECKING:
    _ParamType = click.ParamType[str]
else:  # of click before 8.3 it takes no type
    _ParamType = click.ParamType

_PREFIX = "global_"


def _take(context: click.Context, parameter: click.Parameter, value: object) -> None:
    name = parameter.name or ""
    if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
        context.ensure_object(Settings).take(name.removeprefix(_PREFIX), value)


def _value(
    name: str,
    *spellings: str,
    metavar: str | None = None,
    help: str,
    type: _ParamType | None = None,
    kind: type[click.Option] = click.Option,
    multiple: bool = False,
) -> click.Option:
    return kind(
        [_PREFIX + name, *spellings],
        metavar=metavar,
        help=help,
        type=type,
        multiple=multiple,
        expose_value=False,
        callback=_take,
    )


def _switch(
    name: str, *spellings: str, help: str, kind: type[click.Option] = click.Option
) -> click.Option:
    return kind(
        [_PREFIX + name, *spellings],
        is_flag=True,
        default=None,
        help=help,
        expose_value=False,
        callback=_take,
    )


def _show_version(context: click.Context, _parameter: click.Parameter, value: object) -> None:
    if value and not context.resilient_parsing:
        click.echo(f"lava {__version__}")
        context.exit()


SIGN_IN: list[click.Parameter] = [
    _value(
        "profile",
        "--profile",
        metavar="NAME",
        type=PROFILE,
        kind=AddedOption,
        help="Settings that 'lava configure' has stored.  [LAVA_PROFILE; default: default]",
    ),
    _value(
        "username",
        "--user",
        metavar="NAME",
        help="Rackspace user.  [LAVA_USERNAME, OS_USERNAME; default: your login name]",
    ),
    _value(
        "api_key",
        "--api-key",
        metavar="KEY",
        help="API key; it stays in the shell's history and shows in the list of processes, so "
        "better use the variable, or '-' to be asked without echo.  [LAVA_API_KEY, OS_API_KEY]",
    ),
    _value(
        "token",
        "--token",
        metavar="TOKEN",
        help="Token of an earlier sign-in, with the same risk; '-' asks.  "
        "[LAVA_AUTH_TOKEN, AUTH_TOKEN]",
    ),
    _value(
        "tenant_id",
        "--tenant",
        metavar="ID",
        help="Account number.  [LAVA_TENANT_NAME, OS_TENANT_NAME]",
    ),
    _value(
        "region",
        "--region",
        metavar="ID",
        type=REGION,
        help="Region, e.g. DFW; goes before LAVA2_API_URL.  [LAVA_REGION_NAME, OS_REGION_NAME]",
    ),
    _value(
        "auth_url",
        "--auth-url",
        metavar="URL",
        help="URL of identity.  [LAVA_AUTH_URL, OS_AUTH_URL]",
    ),
    _value(
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
    _value(
        "output",
        "--output",
        "-o",
        type=click.Choice(KINDS, case_sensitive=False),
        kind=AddedOption,
        help="Kind of output.  [default: table on a terminal, else text]",
    ),
    _value(
        "columns",
        "--columns",
        metavar="NAME,...",
        type=COLUMN_NAMES,
        kind=AddedOption,
        help="The columns to show, in this order.",
    ),
    _value(
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
    _value(
        "delimiter",
        "--delimiter",
        "-l",
        metavar="TEXT",
        help="What delimits text.  [default: ,]",
    ),
]
LIST: list[click.Parameter] = [
    _value(
        "sort",
        "--sort",
        "-a",
        metavar="NAME,...",
        type=COLUMN_NAMES,
        kind=AddedOption,
        help="Sort by these columns; -NAME: downwards.",
    ),
    _value(
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
    _value(
        "timeout", "--request-timeout", metavar="SECONDS", help="For one request.  [LAVA_TIMEOUT]"
    ),
    _value("max_retries", "--retries", metavar="COUNT", help="Retries.  [LAVA_RETRIES]"),
    _value(
        "retry_backoff",
        "--retry-backoff",
        metavar="SECONDS",
        help="The first pause between tries.  [LAVA_RETRY_BACKOFF]",
    ),
    _switch("headless", "--headless", help="Never ask questions."),
    click.Option(
        [_PREFIX + "debug", "--debug", "-d"],
        count=True,
        help="Show each request on stderr, without secrets; -dd: also what libraries log.",
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
