"""Small files that only this user may read, replaced atomically."""

from __future__ import annotations

import contextlib
import os
import stat

__all__ = ["read", "replace"]

_LARGEST = 4 * 2**20


def read(path: str) -> bytes:
    """Return the contents of a file.

    Raises:
        OSError: It cannot be read.
        ValueError: Others may read it, it is another user's, not a regular file, or too large.
    """
    with open(path, "rb", opener=_open_nonblocking) as file:
        _check(os.fstat(file.fileno()))
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError("it is too large")
    return data


def replace(path: str, data: bytes) -> None:
    """Write a temporary file, and rename it to replace the old one.

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


def _open_nonblocking(path: str, flags: int) -> int:
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
    """Create the directory and its missing parents with mode 0700."""
    missing = []
    # A drive that does not exist is its own parent; mkdir then raises the error.
    while not os.path.isdir(folder) and folder not in missing:
        missing.append(folder)
        folder = os.path.dirname(folder)
    for directory in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(directory, 0o700)
