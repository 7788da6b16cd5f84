"""What Windows lacks, taken away here, as far as that can be done on another system."""

from __future__ import annotations

import os
import signal
import socket
import sys

__all__ = ["LACKING", "take_away"]

MODULES = (
    "curses",
    "fcntl",
    "grp",
    "pty",
    "pwd",
    "readline",
    "resource",
    "syslog",
    "termios",
    "tty",
)
LACKING: dict[object, tuple[str, ...]] = {
    os: (
        *("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "WNOHANG", "chown", "fchown", "fork", "forkpty"),
        *("getegid", "geteuid", "getgid", "getloadavg", "getpgid", "getpgrp", "getuid", "killpg"),
        *("mkfifo", "openpty", "posix_spawn", "register_at_fork", "sched_getaffinity", "setpgid"),
        *("setsid", "uname", "wait", "wait3", "wait4"),
    ),
    signal: (
        *("ITIMER_REAL", "SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT"),
        *("SIGUSR1", "SIGUSR2", "alarm", "pthread_sigmask", "setitimer"),
    ),
    socket: ("AF_UNIX", "MSG_DONTWAIT", "SO_REUSEPORT", "recv_fds", "send_fds"),
}


def take_away() -> None:
    """Remove the modules and names from this process, for good.

    The standard library and other packages were written for the system that they run on. What
    they need must be imported before.
    """
    for module in MODULES:
        sys.modules[module] = None  # type: ignore[assignment]
    for owner, names in LACKING.items():
        for name in names:
            if hasattr(owner, name):
                delattr(owner, name)
