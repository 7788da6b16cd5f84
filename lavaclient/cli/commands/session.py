"""``lava authenticate``, ``shell``, ``sandbox``, ``completion`` and ``help``."""

from __future__ import annotations

import code
import importlib
import os
import shlex

import click
from click.shell_completion import get_completion_class

from lavaclient.cli.options.groups import Command
from lavaclient.cli.options.settings import Settings, pass_settings

__all__ = ["authenticate", "completion", "help_command", "sandbox", "shell"]

_EXPORTED = {
    "username": "LAVA_USERNAME",
    "region": "LAVA_REGION_NAME",
    "tenant_id": "LAVA_TENANT_NAME",
    "auth_url": "LAVA_AUTH_URL",
}


@click.command("authenticate", cls=Command)
@click.option("--export", is_flag=True, help="Print exports of all settings.")
@pass_settings
def authenticate(settings: Settings, export: bool) -> None:
    """Sign in and print the token, as AUTH_TOKEN=...

    The token is as good as the key until it expires: keep it to yourself.

    \b
    Example:
      eval "$(lava authenticate --export)"
    """
    token = settings.account.new_token()
    if not export:
        click.echo(f"AUTH_TOKEN={shlex.quote(token)}")
        return
    exports = {"AUTH_TOKEN": token, "LAVA_AUTH_TOKEN": token}
    exports["LAVA2_API_URL"] = settings.lava.endpoint
    for option, name in _EXPORTED.items():
        if value := settings.account.used.get(option):
            exports[name] = str(value)
    if settings.account.used.get("verify_ssl") is False:
        exports["LAVA_INSECURE"] = "1"
    for name, text in exports.items():
        click.echo(f"export {name}={shlex.quote(text)}")


@click.command("shell", cls=Command)
@pass_settings
def shell(settings: Settings) -> None:
    """Open Python (IPython where there is one), with a client as 'lava'."""
    lava = settings.lava
    banner = f"lava is {lava!r}"
    try:
        ipython = importlib.import_module("IPython")
    except ImportError:
        code.interact(banner, local={"lava": lava}, exitmsg="")
    else:
        click.echo(banner)
        ipython.start_ipython(argv=[], user_ns={"lava": lava})


@click.command(
    "sandbox",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def sandbox(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Run the service on this machine, until Ctrl-C.

    The arguments are those of python -m lavaclient.sandbox: see there.
    """
    try:
        program = importlib.import_module("lavaclient.sandbox.__main__")
    except ImportError as error:
        text = f"the sandbox needs werkzeug: pip install 'lavaclient[sandbox]' ({error.name}"
        raise click.ClickException(f"{text} is missing)") from error
    context.exit(program.main(list(arguments)))


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), required=False)
@click.pass_context
def completion(context: click.Context, shell: str | None) -> None:
    """Print the code that makes a SHELL complete commands, ids and names.

    \b
    Examples:
      eval "$(lava completion bash)"             in ~/.bashrc
      eval "$(lava completion zsh)"              in ~/.zshrc
      lava completion fish | source              in ~/.config/fish/config.fish
    """
    name = shell or os.path.basename(os.environ.get("SHELL", ""))
    writer = get_completion_class(name)
    if writer is None:
        raise click.UsageError("give the shell: bash, zsh or fish")
    lava = context.find_root().command
    click.echo(writer(lava, {}, "lava", "_LAVA_COMPLETE").source())


@click.command("help", cls=Command)
@click.argument("names", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def help_command(context: click.Context, names: tuple[str, ...]) -> None:
    """Show the help of a command.

    \b
    Example:
      lava help clusters create
    """
    inner = context.find_root()
    for name in names:
        if not isinstance(inner.command, click.Group):
            raise click.UsageError(f"{inner.command_path} has no command {name!r}")
        _, command, _ = inner.command.resolve_command(inner, [name])
        if command is not None:
            inner = click.Context(command, info_name=command.name, parent=inner)
    click.echo(inner.get_help())
