"""Names for completion, cached while a command line is typed.

At each Tab the shell starts a new process. The service's names are cached for half
a minute, and deleted as soon as a command runs.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import time
from pathlib import Path

from lavaclient._system import private_file
from lavaclient._system.user_dirs import cache_directory

__all__ = ["cache_file", "forget", "load", "save"]

_SECONDS = 30.0

Names = list[tuple[str, str]]


def cache_file(name: str) -> Path:
    """Return the path of a file in the user's cache directory."""
    return cache_directory() / name


def load(kind: str, owner: str) -> Names | None:
    """Return the cached names, with a description of each; None if there are none."""
    path = cache_file(f"names-{kind}-{owner}.json")
    try:
        if not 0.0 <= time.time() - path.stat().st_mtime < _SECONDS:
            return None
        pairs = json.loads(private_file.read(str(path)))
        return [(str(name), str(help)) for name, help in pairs]
    except (OSError, ValueError, TypeError):
        return None


def save(kind: str, owner: str, names: Names) -> None:
    """Cache names, if the file can be written."""
    path = cache_file(f"names-{kind}-{owner}.json")
    with contextlib.suppress(OSError):
        private_file.replace(str(path), json.dumps(names).encode())


def forget() -> None:
    """Delete all names, which a command may change."""
    for path in glob.iglob(glob.escape(str(cache_file("names-"))) + "*.json"):
        with contextlib.suppress(OSError):
            os.unlink(path)
