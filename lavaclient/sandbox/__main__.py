"""`python -m lavaclient.sandbox`: serve the sandbox, or run the demo."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from lavaclient.sandbox.core.clock import SystemClock
from lavaclient.sandbox.faults import syntax
from lavaclient.sandbox.http.server import SandboxServer
from lavaclient.sandbox.service import Sandbox
from lavaclient.sandbox.ssh.server import SandboxSSH

_POLL = 0.2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lavaclient.sandbox",
        description="Cloud Identity and Cloud Big Data on one local port.",
        epilog=f'"demo" as first argument shows it all at work.\n\nFAULT:\n{syntax.SYNTAX}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=8642, help="port, 0 for a free one (default: %(default)s)")
    add("--speed", type=float, default=1.0, help="how much faster than life time passes")
    add("--rate-limits", action="store_true", help="keep the real service's rate limits")
    add("--malformed-links", action="store_true", help="next links as wrong as the real ones")
    add("--state", type=Path, metavar="FILE", help="keep the state here between runs")
    add("--ssh", action="store_true", help="let ssh in to the nodes, with the clusters' keys")
    add("--tls", action="store_true", help="speak TLS, with a certificate made on the spot")
    add("--fault", action="append", default=[], help="make requests go wrong, see below")
    add("--quiet", action="store_true", help="no line for each request")
    return parser


def main(argv: Sequence[str] | None = None, stop: threading.Event | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM.

    Args:
        argv: The arguments; those of the process if None.
        stop: Ends it too, when set.

    Returns:
        The exit status.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["demo"]:
        from lavaclient.sandbox import demo

        return demo.main(arguments[1:])
    options = _parser().parse_args(arguments)
    stop = stop if stop is not None else threading.Event()
    try:
        with _signals() as told, _server(options) as server, _ssh(options, server) as ssh:
            _announce(server, ssh)
            while not told and not stop.wait(_POLL):
                pass
    except (OSError, ValueError, RuntimeError) as error:
        print(f"lavaclient.sandbox: {error}", file=sys.stderr)
        return 1
    return 0


def _server(options: argparse.Namespace) -> SandboxServer:
    faults = [syntax.parse(line) for line in options.fault]
    sandbox = Sandbox(
        SystemClock(options.speed),
        rate_limits=options.rate_limits,
        malformed_links=options.malformed_links,
        state_path=options.state,
    )
    for fault in faults:
        sandbox.faults.add(fault)
    log = None if options.quiet else _print_line
    return SandboxServer(sandbox, options.host, options.port, options.tls, log)


def _print_line(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def _ssh(options: argparse.Namespace, server: SandboxServer) -> Iterator[SandboxSSH | None]:
    if not options.ssh:
        yield None
        return
    with SandboxSSH(server.sandbox) as ssh:
        yield ssh


def _announce(server: SandboxServer, ssh: SandboxSSH | None) -> None:
    print(f"# The sandbox serves {server.url}; Ctrl-C ends it. To use it:")
    for name, value in server.environ().items():
        print(f"export {name}={shlex.quote(value)}")
    if ssh is not None:
        command = shlex.join(["ssh", "-F", str(ssh.config_path), "-i"])
        print(f"# To reach a node: ssh_command='{command} KEY', or {command} KEY USER@NODE")
    sys.stdout.flush()


@contextlib.contextmanager
def _signals() -> Iterator[Sequence[int]]:
    """Give a list of the signals that told to end, as they come.

    A handler must not set the event: it may run while the event's own lock is held.
    """
    told: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield told
        return
    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(name, lambda number, _frame: told.append(number)) for name in names]
    try:
        yield told
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)


if __name__ == "__main__":
    sys.exit(main())
