"""``lava scripts``."""

from __future__ import annotations

import click

from lavaclient.cli.commands._confirm import delete_each, force_option
from lavaclient.cli.options.completion import SCRIPT
from lavaclient.cli.options.groups import Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.render import Column, printable, show_list, show_one

__all__ = ["scripts"]

_COLUMNS = (
    Column("ID", "id", whole=True),
    Column("Name", "name"),
    Column("Type", "type"),
    Column("Public", "is_public", spare=True),
    Column("URL", "url", least=20),
)


@click.group("scripts", cls=Noun)
def scripts() -> None:
    """Scripts that run on new nodes."""


@scripts.command("list")
@pass_settings
def list_scripts(settings: Settings) -> None:
    """List the scripts, your own and the service's."""
    show_list(settings, settings.lava.scripts.list(), _COLUMNS)


@scripts.command("create")
@click.argument("name")
@click.argument("url")
@click.argument("script_type", metavar="[TYPE]", default="POST_INIT")
@pass_settings
def create(settings: Settings, name: str, url: str, script_type: str) -> None:
    """Register a script that nodes can fetch from a URL. TYPE is POST_INIT.

    \b
    Example:
      lava scripts create tools https://example.com/tools.sh POST_INIT
    """
    show_one(settings, settings.lava.scripts.create(name, url, script_type), _COLUMNS)


@scripts.command("update")
@click.argument("script", type=SCRIPT)
@click.option("--name", help="Another name.")
@click.option("--url", help="Another URL.")
@click.option("--type", "script_type", metavar="TYPE", help="POST_INIT.")
@pass_settings
def update(
    settings: Settings,
    script: str,
    name: str | None,
    url: str | None,
    script_type: str | None,
) -> None:
    """Change a script; what is not given stays as it is."""
    changed = settings.lava.scripts.update(script, name, url, script_type)
    show_one(settings, changed, _COLUMNS)


@scripts.command("delete")
@click.argument("scripts", type=SCRIPT, nargs=-1, required=True, metavar="SCRIPT...")
@force_option
@pass_settings
def delete(settings: Settings, scripts: tuple[str, ...], force: bool) -> None:
    """Delete scripts, by id."""
    manager = settings.lava.scripts
    names = {one.id: printable(one.name) for one in manager.list()}
    things = {one: f"{names[one]} ({one})" if one in names else printable(one) for one in scripts}
    delete_each(settings, "script", things, manager.delete, force=force)
