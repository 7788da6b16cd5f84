"""The real program in a pseudo-terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Self

from tests.support.threads import until_asleep
from tests.support.warm_python import PLACE, WarmProcess, start
from tests.support.warm_start import take_terminal, warm_environ

WITHIN = 20.0
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A program whose input and output are a terminal.

    Args:
        argv: The program.
        environ: Variables beside those of this process.
        columns: Width of the terminal.
    """

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str], columns: int = 80) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        # What runs the tests may have noted a width, which counts for more than the terminal's.
        inherited = {
            name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}
        }
        self._process = self._start(argv, slave, {**inherited, "TERM": "xterm-256color", **environ})
        os.close(slave)
        self.raw = ""

    def _start(
        self, argv: Sequence[str], slave: int, environ: Mapping[str, str]
    ) -> subprocess.Popen[bytes] | WarmProcess:
        return subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ,
            preexec_fn=take_terminal,  # noqa: PLW1509 (no other way to get Ctrl-C)
        )

    @property
    def text(self) -> str:
        """What was shown so far, without colours and movements."""
        return _CODES.sub("", self.raw).replace("\r\n", "\n")

    def expect(self, text: str) -> None:
        """Wait until something is shown."""
        deadline = time.monotonic() + WITHIN
        while text not in self.text:
            assert self._read(deadline), f"{text!r} did not come: {self.text!r}"

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self._master, text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C, as people do: again when the first one seems to be lost.

        A signal that comes just before Python begins to read is noticed after the read.
        """
        until_asleep(self._process.pid)
        self.type("\x03")
        with contextlib.suppress(subprocess.TimeoutExpired, TimeoutError):
            self._process.wait(5.0)
            return
        self.type("\x03")

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Wait for the end; return the exit status."""
        deadline = time.monotonic() + WITHIN
        while self._read(deadline):
            pass
        return self._process.wait(WITHIN)

    def _read(self, deadline: float) -> bool:
        left = max(deadline - time.monotonic(), 0)
        if not select.select([self._master], [], [], left)[0]:
            return False
        try:
            read = os.read(self._master, 65536)
        except OSError:  # Linux's word for the end of a terminal
            return False
        self.raw += read.decode()
        return bool(read)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc_info: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        os.close(self._master)


class _WarmTerminal(Terminal):
    def _start(self, argv: Sequence[str], slave: int, environ: Mapping[str, str]) -> WarmProcess:
        environ = {**environ, PLACE: warm_environ()[PLACE]}
        return start(argv, (slave, slave, slave), environ, terminal=True)


def lava(line: str, environ: Mapping[str, str], columns: int = 80) -> Terminal:
    """Start ``lava`` in a terminal."""
    return _WarmTerminal(["-m", "lavaclient.cli", *shlex.split(line)], environ, columns)
