"""The user's directories for settings and caches."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

__all__ = ["cache_directory", "config_directory"]

# Stands for both where there is no home directory: nothing exists below it, and writing fails.
_NO_HOME = Path(os.devnull) / "no home directory"


def cache_directory() -> Path:
    """Return the directory for caches."""
    return _directory(platformdirs.PlatformDirs("lavaclient", appauthor=False), "user_cache_dir")


def config_directory() -> Path:
    """Return the directory for settings."""
    return _directory(platformdirs.PlatformDirs("lavaclient", appauthor=False), "user_config_dir")


def _directory(directories: platformdirs.PlatformDirs, name: str) -> Path:
    try:
        path = Path(getattr(directories, name))
    except RuntimeError:  # newer versions of platformdirs, where there is no home
        return _NO_HOME
    return path if path.is_absolute() else _NO_HOME  # older ones return the ~
