"""An ssh process in the background."""

from __future__ import annotations

import atexit
import os
import subprocess
import threading
from collections.abc import Sequence
from typing import Self

from lavaclient import error
from lavaclient._ssh.child import STATUS_UNKNOWN, Child, Watchdog

__all__ = ["Forward"]

_MOST_STDERR = 16 * 1024  # bytes of ssh's standard error that are stored
_GRACE = 2.0  # seconds for ssh to end by itself

_RUNNING: set[Forward] = set()


class Forward:
    """A running ssh that forwards a port of localhost to a node.

    It runs until :meth:`kill`, the end of its ``with`` block or the end of the
    program, also by a signal; losing the last reference does not end it. It may
    be used from many threads.

    Attributes:
        port: The port on 127.0.0.1.

    Example::

        with lava.clusters.ssh_proxy("my-cluster", port=0) as forward:
            print(f"socks5h://localhost:{forward.port}")
    """

    def __init__(self, argv: Sequence[str], port: int, name: str) -> None:
        self.port = port
        self._name = name
        self._stderr = b""
        watchdog = Watchdog()
        try:
            # In a session of its own, it does not get the Ctrl-C at the terminal.
            self._process = Child(argv, new_session=True)
        except BaseException:
            watchdog.release()
            raise
        watchdog.watch(self._process.pid)
        self._watchdog = watchdog
        _RUNNING.add(self)
        self._reader = threading.Thread(target=self._collect, name=f"ssh-{port}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Process id of ssh."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit status of ssh, negative for a signal; None while it runs."""
        return self.poll()

    def poll(self) -> int | None:
        """Return the exit status of ssh, or None while it runs.

        An unknown status is 255, as for a failure of ssh: in a forked process, whose child this
        ssh is not, and where something else collects the program's child processes.
        """
        return self._process.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Wait until ssh ends, by itself or by :meth:`kill` in another thread.

        Args:
            timeout: Seconds to wait at most; default: no limit.

        Returns:
            The exit status of ssh, negative for a signal.

        Raises:
            TimeoutError: ssh still runs after that time; it is not ended.
            FailedError: ssh has ended, and its exit status is not known.
        """
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired as expired:
            raise error.TimeoutError(
                f"ssh (process {self.pid}) still runs after {timeout:g} s"
            ) from expired
        if not self._process.status_is_known:
            raise error.FailedError(f"ssh (process {self.pid}) has ended: {STATUS_UNKNOWN}")
        return status

    def kill(self) -> None:
        """End ssh and wait until it has ended; it may be called more than once."""
        # ssh may be a child of a program that starts it: the whole group is ended.
        self._process.end_group(_GRACE)
        self._reader.join(_GRACE)
        _RUNNING.discard(self)

    def stderr_tail(self) -> bytes:
        """Return the end of what an ssh that has ended wrote to its standard error."""
        self._reader.join(_GRACE)
        return self._stderr

    def _collect(self) -> None:
        """Read what ssh writes, so that the pipe does not fill up, and reap it at its end."""
        stream = self._process.stderr
        assert stream is not None  # noqa: S101 - for mypy: it is a pipe
        with stream:
            while chunk := os.read(stream.fileno(), _MOST_STDERR):
                tail = self._stderr + chunk
                # Whole lines are dropped: a part of a debug line would look like a reason.
                self._stderr = (
                    tail if len(tail) <= _MOST_STDERR else tail[-_MOST_STDERR:].partition(b"\n")[2]
                )
        self._process.wait()
        self._watchdog.release()
        _RUNNING.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.kill()

    def __repr__(self) -> str:
        if not hasattr(self, "_process"):
            return "<Forward, ssh could not be started>"
        code = self.poll()
        state = "running" if code is None else f"ended with {code}"
        return f"<Forward port={self.port} {self._name} pid={self.pid} {state}>"


@atexit.register
def _end_all() -> None:
    for forward in list(_RUNNING):
        forward.kill()
