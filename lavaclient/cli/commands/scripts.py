"""``lava scripts``."""

from __future__ import annotations

import click

from lavaclient.cli.commands._confirm import delete_each, force_option
from lavaclient.cli.commands._resolve import by_id_or_name, labels_of
from lavaclient.cli.options.completion import SCRIPT
from lavaclient.cli.options.groups import Command, ListCommand, Noun
from lavaclient.cli.options.settings import Settings, pass_settings
from lavaclient.cli.output.render import show_list, show_one
from lavaclient.cli.output.views import SCRIPTS

__all__ = ["scripts"]


@click.group("scripts", cls=Noun)
def scripts() -> None:
    """Scripts that run on new nodes.

    A SCRIPT is given by its id or its name.
    """


@scripts.command("list", cls=ListCommand, view=SCRIPTS)
@pass_settings
def list_scripts(settings: Settings) -> None:
    """List the scripts, your own and the service's."""
    show_list(settings, settings.lava.scripts.list(), SCRIPTS)


@scripts.command("get", cls=Command, view=SCRIPTS)
@click.argument("script", type=SCRIPT)
@pass_settings
def get(settings: Settings, script: str) -> None:
    """Show one script."""
    show_one(settings, settings.lava.scripts.get(script), SCRIPTS)


@scripts.command("create", cls=Command, view=SCRIPTS)
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
    show_one(settings, settings.lava.scripts.create(name, url, script_type), SCRIPTS)


@scripts.command("update", cls=Command, view=SCRIPTS)
@click.argument("script", type=SCRIPT)
@click.option("--name", help="New name.")
@click.option("--url", help="New URL.")
@click.option("--type", "script_type", metavar="TYPE", help="POST_INIT.")
@pass_settings
def update(
    settings: Settings,
    script: str,
    name: str | None,
    url: str | None,
    script_type: str | None,
) -> None:
    """Change a script; options that are left out change nothing."""
    manager = settings.lava.scripts
    model = by_id_or_name("script", script, manager.list())
    changed = manager.update(script if model is None else model.id, name, url, script_type)
    show_one(settings, changed, SCRIPTS)


@scripts.command("delete")
@click.argument("scripts", type=SCRIPT, nargs=-1, required=True, metavar="SCRIPT...")
@force_option
@pass_settings
def delete(settings: Settings, scripts: tuple[str, ...], force: bool) -> None:
    """Delete scripts."""
    manager = settings.lava.scripts
    labels = labels_of("script", scripts, manager.list())
    delete_each(settings, "script", labels, manager.delete, force=force)
