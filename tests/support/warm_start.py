"""Python programs that start warm: forked from a process that has imported this tree.

Importing is most of what a short program costs. Where a test tells of what a program does, and
not of how the interpreter starts, it may run ``[*WARM_PYTHON, "-m", "lavaclient.cli", ...]`` for
``[sys.executable, "-m", "lavaclient.cli", ...]``, with the variables of ``warm_environ()``;
``-c``, the path of a script and, first of all, ``-W error`` work as well. A signal for the program itself needs
``warm_python.start``.

One process (``python -m tests.support.warm_start``) serves all tests of a worker and ends with
it. Each program is a fork of it; it tells its id and its status.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import marshal
import os
import pkgutil
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

from tests.support import warm_python

with contextlib.suppress(ImportError):  # on Windows, where no program is started warm
    import fcntl
    import termios

ROOT = Path(__file__).resolve().parents[2]
WARM_PYTHON = (sys.executable, "-IS", warm_python.__file__)


def warm_environ() -> dict[str, str]:
    """Return the variables of this process, and the one by which ``WARM_PYTHON`` finds its way."""
    return {**os.environ, warm_python.PLACE: _server()[1]}


@functools.cache
def _server() -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "tests.support.warm_start"]
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a Ctrl-C is for the tests; this ends with them
    )
    assert server.stdout is not None
    return server, server.stdout.readline().rstrip("\n")


def stop() -> None:
    """End the process that others are forked from, if it was started."""
    if _server.cache_info().currsize:
        with _server()[0] as server:
            server.communicate(timeout=30)
        _server.cache_clear()


def _serve() -> list[str]:
    """Fork a program for each connection, tell its id and its status; return in the program alone."""
    directory = tempfile.mkdtemp()
    running: dict[int, socket.socket] = {}
    ends = _child_ends()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.join(directory, "socket"))
        listener.listen(64)
        print(listener.getsockname(), flush=True)
        while 0 not in (ready := select.select([0, listener.fileno(), ends], [], [])[0]):
            if ends in ready:
                os.read(ends, 4096)
                _tell_ends(running)
            if listener.fileno() in ready:
                connection, _ = listener.accept()
                if (child := os.fork()) == 0:
                    break
                running[child] = connection
                _tell(connection, child)
    if 0 not in ready:
        for other in running.values():
            other.close()
        return _program(connection)
    shutil.rmtree(directory)
    sys.exit()


def _child_ends() -> int:
    """Return a descriptor that can be read when a child has ended."""
    ends, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    return ends


def _tell_ends(running: dict[int, socket.socket]) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            with running.pop(ended[0]) as connection:
                _tell(connection, os.waitstatus_to_exitcode(ended[1]))


def _tell(connection: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody is left who wants to know
        connection.sendall(b"%d\n" % number)


def _program(connection: socket.socket) -> list[str]:
    """Become the program that is asked for; return its arguments."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rb") as request:
        size = int.from_bytes(request.read(8), "big")
        arguments, environ, directory, terminal = marshal.loads(request.read(size))
    connection.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    _open_streams()
    if terminal:
        take_terminal()
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(directory)
    time.tzset()
    return list(arguments)


def _open_streams() -> None:
    """Open the streams anew: the old ones know what could be done with the old files."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        before = getattr(sys, name)
        stream = open(  # noqa: SIM115 (as long as the program)
            number, mode, encoding=before.encoding, errors=before.errors, closefd=False
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.stderr.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def take_terminal() -> None:
    """Make stdin the terminal of this process, with signals as in a terminal just opened."""
    # The shell under these tests may ignore some of them (nohup, `&`).
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _run(arguments: list[str]) -> None:
    if arguments[:2] == ["-W", "error"]:
        warnings.simplefilter("error")
        del arguments[:2]
    sys.path[0] = os.getcwd()
    match arguments:
        case "-m", module, *rest:
            sys.argv = ["-m", *rest]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case "-c", lines, *rest:
            sys.argv = ["-c", *rest]
            exec(compile(lines, "<string>", "exec"), {"__name__": "__main__"})
        case script, *_:
            sys.argv = arguments
            sys.path[0] = os.path.dirname(script)
            runpy.run_path(script, run_name="__main__")


def _import_all() -> None:
    importlib.import_module("keystoneauth1.session")
    for package in ("lavaclient.api", "lavaclient.cli"):
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    gc.freeze()


if __name__ == "__main__":
    _import_all()
    _run(_serve())
