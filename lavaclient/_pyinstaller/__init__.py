"""Tells PyInstaller what a frozen program needs of this package."""

from __future__ import annotations

import os

__all__ = ["hook_directories"]


def hook_directories() -> list[str]:
    """Return where PyInstaller finds the hook; it asks through an entry point."""
    return [os.path.dirname(__file__)]
