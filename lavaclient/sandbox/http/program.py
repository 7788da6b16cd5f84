"""Serving until a signal, for `python -m lavaclient.sandbox`."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import sys
import threading
import webbrowser
from collections.abc import Iterator, Sequence

from lavaclient.sandbox.http.dashboard import PATH
from lavaclient.sandbox.http.server import SandboxServer
from lavaclient.sandbox.options import Options
from lavaclient.sandbox.ssh.server import SandboxSSH

_POLL = 0.2


def serve(options: Options, stop: threading.Event) -> None:
    """Serve until Ctrl-C, SIGTERM, or the event.

    Args:
        options: What to serve, and where.
        stop: Ends it when set.

    Raises:
        OSError: The port cannot be had.
        ValueError: The state file cannot be used.
        RuntimeError: A package is missing for what was asked.
    """
    with (
        _signals() as received,
        _server(options) as server,
        SandboxSSH(server.sandbox) if options.ssh else contextlib.nullcontext() as ssh,
    ):
        _announce(options, server, ssh)
        if options.open:
            page = server.url + PATH
            threading.Thread(
                target=_open_page, args=[page], name="sandbox-browser", daemon=True
            ).start()
        while not received and not stop.wait(_POLL):
            pass


@contextlib.contextmanager
def _server(options: Options) -> Iterator[SandboxServer]:
    with contextlib.closing(options.sandbox(options.state)) as sandbox:
        for fault in options.faults:
            sandbox.faults.add(fault)
        with SandboxServer(
            sandbox,
            options.host,
            options.port,
            options.tls,
            None if options.quiet else _print_line,
            options.allow_host,
        ) as server:
            yield server


def _open_page(url: str) -> None:
    """Show the page in a browser; some run in the terminal and end when they are left."""
    if not webbrowser.open(url):
        _print_line(f"There is no browser to show {url}")


def _print_line(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _announce(options: Options, server: SandboxServer, ssh: SandboxSSH | None) -> None:
    environ = server.environ()
    exports = "".join(f"export {name}={shlex.quote(text)}\n" for name, text in environ.items())
    if options.env_file is not None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(options.env_file, flags, 0o600), "w") as file:
            file.write(exports)
    if options.json:
        line: dict[str, object] = {"url": server.url, "environ": environ}
        if ssh is not None:
            line["ssh_config"] = str(ssh.config_path)
        print(json.dumps(line), flush=True)
        return
    print(f"# The sandbox serves {server.url}; Ctrl-C ends it. To use it:")
    print(exports, end="")
    print(f"# To look at it: {server.url}{PATH}")
    if ssh is not None:
        command = shlex.join(["ssh", "-F", str(ssh.config_path), "-i"])
        print(f"# To reach a node: ssh_command='{command} KEY', or {command} KEY USER@NODE")
    sys.stdout.flush()


@contextlib.contextmanager
def _signals() -> Iterator[Sequence[int]]:
    """Give a list of the signals that told the program to end, as they come.

    A handler must not set the event: it may run while the event's own lock is held.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(name, lambda number, _: received.append(number)) for name in names]
    try:
        yield received
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)
