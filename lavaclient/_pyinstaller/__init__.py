"""Tells PyInstaller which parts of this package a frozen program needs."""

from __future__ import annotations

import os

__all__ = ["hook_directories"]


def hook_directories() -> list[str]:
    """Return the directory of the hook; an entry point names this function."""
    return [os.path.dirname(__file__)]
