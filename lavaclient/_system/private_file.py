"""Small files that this user alone may read, replaced whole."""

from __future__ import annotations

import contextlib
import os
import stat

__all__ = ["read", "replace"]

_LARGEST = 4 * 2**20


def read(path: str) -> bytes:
    """Return what stands in a file.

    Raises:
        OSError: It cannot be read.
        ValueError: Others may read it, or it cannot be trusted for another reason.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        _check(os.fstat(file.fileno()))
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError("it is too large")
    return data


def replace(path: str, data: bytes) -> None:
    """Write to a file of its own, which then takes the place of the old one.

    Raises:
        OSError: It cannot be written.
    """
    folder = os.path.dirname(os.path.abspath(path))
    _make_private(folder)
    temporary = os.path.join(folder, f".lava-{os.urandom(8).hex()}")
    file = open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))  # noqa: SIM115
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _without_waiting(path: str, flags: int) -> int:
    """Open without blocking: a FIFO would wait for a writer."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is not a regular file")
    if hasattr(os, "geteuid"):  # pragma: no branch
        if status.st_uid != os.geteuid():
            raise ValueError("it belongs to another user")
        if status.st_mode & 0o077:
            raise ValueError("others may read it; its mode must be 0600")


def _make_private(folder: str) -> None:
    """Make the directory and its parents with mode 0700 where they are missing."""
    missing = []
    # A drive that is not there is a parent of its own, and then mkdir says what is wrong.
    while not os.path.isdir(folder) and folder not in missing:
        missing.append(folder)
        folder = os.path.dirname(folder)
    for directory in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(directory, 0o700)
