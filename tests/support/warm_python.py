"""Ask the process of ``warm_start`` for a program; as a script, be that program for a shell.

It imports little: as a script it is started often.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
from collections.abc import Mapping, Sequence

PLACE = "WARM_START_SOCKET"


class WarmProcess:
    """A program that runs, with what ``subprocess.Popen`` has of it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("r")
        self.pid = int(self._lines.readline())
        self._status: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, or None while the program runs."""
        try:
            return self.wait(0)
        except TimeoutError:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status, negative for a signal, as soon as there is one."""
        if self._status is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise TimeoutError
            with self._connection, self._lines:
                self._status = int(self._lines.readline())
        return self._status

    def send_signal(self, number: int) -> None:
        """Send a signal, if the program still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)


def start(
    arguments: Sequence[str],
    streams: Sequence[int],
    environ: Mapping[str, str],
    *,
    terminal: bool = False,
) -> WarmProcess:
    """Start a program.

    Args:
        arguments: What follows ``python`` on a command line.
        streams: File descriptors of its stdin, stdout and stderr.
        environ: All its variables, among them those of ``warm_start.warm_environ``.
        terminal: Make its stdin the terminal that controls it.
    """
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(environ[PLACE])
    request = [list(arguments), dict(environ), os.getcwd(), terminal]
    socket.send_fds(connection, [b"-"], list(streams))
    connection.sendall(json.dumps(request).encode() + b"\n")
    return WarmProcess(connection)


if __name__ == "__main__":
    sys.exit(start(sys.argv[1:], (0, 1, 2), os.environ).wait())
