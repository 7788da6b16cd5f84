"""Child processes whose exit status is reliable, and which end with this program."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from lavaclient._system.fork import renew_in_child

__all__ = ["STATUS_UNKNOWN", "Child", "Watchdog"]

STATUS_UNKNOWN = (
    "its exit status is unknown, as SIGCHLD is ignored or something else collects the children"
    " of this program"
)
_UNKNOWN_STATUS = 255
_POLL_INTERVAL = 0.02
_IS_WINDOWS = os.name == "nt"
# Reads the number of a process group, and then a line or the end of the pipe. The pipe ends when
# the program at the other side has ended, however that happened.
_WATCH = (
    "read -r group && { read -r line ||"
    ' { kill -s TERM -- "-$group"; sleep 2; kill -s KILL -- "-$group"; }; } 2>/dev/null'
)


class Child:
    """A child process.

    If other code has collected it, or SIGCHLD is ignored so that it cannot be collected,
    subprocess returns status 0. Here the status is 255 then, and marked as unknown.

    Args:
        argv: The program and its arguments.
        stdin: Its standard input, as for subprocess.
        stdout: Its standard output.
        stderr: Its standard error.
        new_session: Start it in a session of its own, where it does not get Ctrl-C.

    Attributes:
        pid: Its process id.
        stderr: The pipe of its standard error, if it is one.
        status_is_known: Whether the exit status is the process's own.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.DEVNULL,
        stderr: int = subprocess.PIPE,
        new_session: bool = False,
    ) -> None:
        self.status_is_known = True
        self._reaping = threading.Lock()
        self._process = subprocess.Popen(
            argv, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=new_session
        )
        if not _IS_WINDOWS:
            # communicate() calls this to wait.
            self._process.wait = self.wait  # type: ignore[method-assign]
        self.pid = self._process.pid
        self.stderr = self._process.stderr

    def communicate(self) -> tuple[bytes, bytes]:
        """Read all output, wait for the end, and return standard output and error.

        An interrupt kills the process.
        """
        with self._process:
            try:
                return self._process.communicate()
            except BaseException:
                # subprocess.run() kills it too, but does not wait after Ctrl-C: a zombie stays.
                self._kill()
                self.wait()
                raise

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while the process runs."""
        if _IS_WINDOWS:
            return self._process.poll()
        if self._process.returncode is None and self._reaping.acquire(blocking=False):
            try:
                self._reap(os.WNOHANG)
            finally:
                self._reaping.release()
        return self._process.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, and return the exit status, negative for a signal.

        Raises:
            subprocess.TimeoutExpired: It still runs after so many seconds.
        """
        if _IS_WINDOWS:
            return self._process.wait(timeout)
        if timeout is None:
            with self._reaping:
                self._reap(0)
            return self._process.returncode
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired(self._process.args, timeout)
            time.sleep(_POLL_INTERVAL)
        return self._process.returncode

    def _reap(self, flags: int) -> None:
        if self._process.returncode is not None:
            return
        try:
            pid, status = os.waitpid(self.pid, flags)
        except ChildProcessError:
            self.status_is_known = False
            self._process.returncode = _UNKNOWN_STATUS
            return
        if pid:
            self._process.returncode = os.waitstatus_to_exitcode(status)

    def end_group(self, grace: float) -> None:
        """End the process and its children, by SIGTERM and, after ``grace`` seconds, SIGKILL."""
        for name in ("SIGTERM", "SIGKILL"):
            if self.poll() is not None:
                return
            if _IS_WINDOWS:
                self._kill()
            else:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.Signals[name])
            with suppress(subprocess.TimeoutExpired):
                self.wait(grace)

    def _kill(self) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                self._process.kill()


class Watchdog:
    """A small process that ends another one when this program ends, even by SIGKILL.

    Without a shell, as on Windows, it does nothing.
    """

    def __init__(self) -> None:
        self._child: Child | None = None
        if _IS_WINDOWS:
            return
        read_end, self._pipe = os.pipe()
        try:
            self._child = Child(
                ["/bin/sh", "-c", _WATCH],
                stdin=read_end,
                stderr=subprocess.DEVNULL,
                new_session=True,
            )
        except OSError:  # no shell
            os.close(self._pipe)
        else:
            # A forked child has the pipe too, and would keep it open.
            renew_in_child(self, Watchdog._forget)
        finally:
            os.close(read_end)

    def watch(self, group: int) -> None:
        """End this process group when this program ends."""
        if self._child is not None:
            with suppress(BrokenPipeError):
                os.write(self._pipe, b"%d\n" % group)

    def release(self) -> None:
        """Stop watching: the process group has ended."""
        child, self._child = self._child, None
        if child is not None:
            with suppress(BrokenPipeError):
                os.write(self._pipe, b"\n")
            os.close(self._pipe)
            child.wait()

    def _forget(self) -> None:
        if self._child is not None:
            self._child = None
            os.close(self._pipe)
