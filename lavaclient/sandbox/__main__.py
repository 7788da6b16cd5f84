"""`python -m lavaclient.sandbox`: serve the sandbox, or run the demo."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from lavaclient.sandbox.core.clock import SystemClock
from lavaclient.sandbox.core.context import Quotas, Timings
from lavaclient.sandbox.faults import syntax
from lavaclient.sandbox.options import Options
from lavaclient.sandbox.service import DEFAULT_API_KEY


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        """Complain, and exit with status 2."""
        self.exit(2, f"lavaclient.sandbox: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m lavaclient.sandbox",
        description="Cloud Identity and Cloud Big Data on one local port.",
        epilog=f'"demo" as first argument shows it all at work.\n\nFAULT:\n{syntax.SYNTAX}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_server_options(parser)
    _add_service_options(parser)
    return parser


def _add_server_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=_port, default=8642, help="port, 0 for a free one (default: %(default)s)")
    add(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name for this server besides localhost, as clients write it",
    )
    add("--tls", action="store_true", help="speak TLS, with a certificate made on the spot")
    add("--ssh", action="store_true", help="let ssh in to the nodes, with the clusters' keys")
    add("--env-file", type=Path, metavar="FILE", help="write the exports to this file too")
    add("--open", action="store_true", help="show the sandbox's page in a browser")
    add("--json", action="store_true", help="print one line of JSON instead of the exports")
    add("--quiet", action="store_true", help="no line for each request")


def _add_service_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--speed", type=float, default=1.0, help="how much faster than life time passes")
    add("--state", type=Path, metavar="FILE", help="keep the state in this SQLite file")
    add("--world", metavar="FILE", help="begin with this world file, or with empty, team or outage")
    add("--user", default="sandbox", help="who may sign in (default: %(default)s)")
    add("--api-key", default=DEFAULT_API_KEY, help="the user's API key")
    add("--tenant", default="123456", help="the account number (default: %(default)s)")
    add(
        "--token-lifetime",
        type=float,
        default=86_400,
        metavar="SECONDS",
        help="how long a token is good (default: a day)",
    )
    add(
        "--quota",
        action="append",
        default=[],
        metavar="NAME=N",
        help="what the tenant may use: node_count, ram, disk, vcpus",
    )
    add(
        "--timing",
        action="append",
        default=[],
        metavar="NAME=S",
        help="how long it takes: build, resize, update, delete; 0 is at once",
    )
    add("--seed", type=int, help="make the same ids in each run")
    add("--rate-limits", action="store_true", help="keep the real service's rate limits")
    add("--malformed-links", action="store_true", help="next links as wrong as the real ones")
    add("--fault", action="append", default=[], help="make requests go wrong, see below")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 65535, not {text!r}")
    return int(text)


def main(argv: Sequence[str] | None = None, stop: threading.Event | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM.

    Args:
        argv: The arguments; those of the process if None.
        stop: Ends it too, when set.

    Returns:
        The exit status.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    stop = stop if stop is not None else threading.Event()
    try:
        if arguments[:1] == ["demo"]:
            # The demo drives the client, which nothing else here needs.
            from lavaclient.sandbox import demo

            return demo.main(arguments[1:])
        options = _read_options(arguments)
        # It needs werkzeug, which comes with an extra.
        from lavaclient.sandbox.http import program

        program.serve(options, stop)
    except ModuleNotFoundError as error:
        message = f"needs the package {error.name}: pip install 'lavaclient[sandbox]'"
        print(f"lavaclient.sandbox: {message}", file=sys.stderr)
        return 1
    except (OSError, ValueError, RuntimeError) as error:
        print(f"lavaclient.sandbox: {error}", file=sys.stderr)
        return 1
    return 0


def _read_options(arguments: Sequence[str]) -> Options:
    parser = _parser()
    options = parser.parse_args(arguments, Options())
    try:
        options.faults = [syntax.parse(line) for line in options.fault]
        options.clock = SystemClock(options.speed)
        options.quotas = Quotas(**_numbers("--quota", options.quota, Quotas, int))
        options.timings = Timings(**_numbers("--timing", options.timing, Timings, float))
        # Checks the rest, without the file.
        options.sandbox(state_path=None)
    except ValueError as error:
        parser.error(str(error).splitlines()[0])
    return options


def _numbers(
    option: str, texts: Sequence[str], kind: type[Quotas | Timings], read: Callable[[str], float]
) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    for text in texts:
        name, _, number = text.partition("=")
        if name not in kind.__slots__:
            message = f"{option}: there is no {name!r}; there are {', '.join(kind.__slots__)}"
            raise ValueError(message)
        try:
            numbers[name] = read(number)
        except ValueError as error:
            raise ValueError(f"{option}: {name}: must be a number, not {number!r}") from error
    return numbers


if __name__ == "__main__":
    sys.exit(main())
