"""Ask the process of ``warm_start`` for a program; as a script, be that program for a shell.

It imports little: as a script it is started often, and ``socket`` and ``json`` would take longer
than all the rest of it.
"""

from __future__ import annotations

import marshal
import os
import select
import sys
from _socket import AF_UNIX, SCM_RIGHTS, SOL_SOCKET, socket
from array import array
from collections.abc import Mapping, Sequence

PLACE = "WARM_START_SOCKET"


class WarmProcess:
    """A program that runs, with what ``subprocess.Popen`` has of it."""

    def __init__(self, connection: socket) -> None:
        self._lines = open(connection.detach(), "rb")  # noqa: SIM115 (until the program has ended)
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
            if not select.select([self._lines], [], [], timeout)[0]:
                raise TimeoutError
            with self._lines:
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
    request = marshal.dumps([list(arguments), dict(environ), os.getcwd(), terminal])
    connection = socket(AF_UNIX)
    connection.connect(environ[PLACE])
    connection.sendmsg([b"-"], [(SOL_SOCKET, SCM_RIGHTS, array("i", streams))])
    connection.sendall(len(request).to_bytes(8, "big") + request)
    return WarmProcess(connection)


if __name__ == "__main__":
    sys.exit(start(sys.argv[1:], (0, 1, 2), os.environ).wait())
