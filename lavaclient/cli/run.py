"""Runs the program once, and turns an error into one line and an exit status."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from typing import TextIO

import click
from click.shell_completion import shell_complete

from lavaclient.cli.app import lava
from lavaclient.cli.commands._confirm import report
from lavaclient.cli.options.command_line import MissingSettings
from lavaclient.cli.options.settings import Settings
from lavaclient.error import InsecureTransportWarning, LavaError, plain_line

__all__ = ["run"]

_ERROR, _USAGE = 1, 2
_COMPLETION = "_LAVA_COMPLETE"


def run(argv: Sequence[str]) -> int:
    """Run one command and return the exit status.

    Args:
        argv: The arguments, without the program's name.
    """
    settings = Settings()
    try:
        with warnings.catch_warnings():
            if shell := os.environ.get(_COMPLETION):
                warnings.simplefilter("ignore")  # a warning would end up in the shell's prompt
                return shell_complete(lava, {"obj": settings}, "lava", _COMPLETION, shell)
            warnings.filterwarnings("always", category=InsecureTransportWarning)
            warnings.showwarning = _show_warning
            return _call(argv, settings)
    finally:
        settings.close()


def _call(argv: Sequence[str], settings: Settings) -> int:
    try:
        with lava.make_context("lava", list(argv), obj=settings) as context:
            lava.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        error.show()
        return _USAGE
    except MissingSettings as error:
        print(f"Error: {error.format_message()}", file=sys.stderr)
    except click.ClickException as error:
        report(error.format_message())
        _report_causes(error, settings)
    except click.Abort:
        raise KeyboardInterrupt from None
    except LavaError as error:
        report(str(error))
        _report_causes(error, settings)
    except BrokenPipeError:
        raise
    except OSError as error:
        report(error.strerror or str(error))
    else:
        return 0
    return _ERROR


def _report_causes(error: BaseException, settings: Settings) -> None:
    """With ``-d``, print the causes of the error, one a line."""
    cause = error.__cause__ if settings.is_debugging else None
    while cause is not None:
        print(plain_line(f"caused by {type(cause).__name__}: {cause}"), file=sys.stderr)
        cause = cause.__cause__ or cause.__context__


def _show_warning(
    message: Warning | str,
    category: type[Warning],  # noqa: ARG001 (warnings' own signature, up to the end)
    filename: str,  # noqa: ARG001
    lineno: int,  # noqa: ARG001
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    print(f"Warning: {message}", file=sys.stderr)
