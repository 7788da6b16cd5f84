"""The user's own directories, for settings and for what may be forgotten."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

__all__ = ["cache_directory", "config_directory"]

# Without a home nothing can be kept: what is looked for below here is not there, and what is
# written fails as on a disk that cannot be written.
_NOWHERE = Path(os.devnull) / "no home directory"


def cache_directory() -> Path:
    """Return where files may be kept that can be made again."""
    return _directory(platformdirs.PlatformDirs("lavaclient", appauthor=False), "user_cache_dir")


def config_directory() -> Path:
    """Return where settings are kept."""
    return _directory(platformdirs.PlatformDirs("lavaclient", appauthor=False), "user_config_dir")


def _directory(places: platformdirs.PlatformDirs, name: str) -> Path:
    try:
        path = Path(getattr(places, name))
    except RuntimeError:  # newer versions of platformdirs say so where there is no home
        return _NOWHERE
    return path if path.is_absolute() else _NOWHERE  # and older ones leave the ~ as it is
