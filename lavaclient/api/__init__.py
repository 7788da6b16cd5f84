"""The resources: a module for each noun, with its models and its manager.

A module is imported on first use; a fork by another thread waits for the import.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from lavaclient._system.fork import no_fork

__all__ = [
    "clusters",
    "credentials",
    "distros",
    "flavors",
    "limits",
    "nodes",
    "response",
    "scripts",
    "stacks",
    "types",
]

if TYPE_CHECKING:
    from lavaclient.api import (
        clusters,
        credentials,
        distros,
        flavors,
        limits,
        nodes,
        response,
        scripts,
        stacks,
        types,
    )
else:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        with no_fork():
            return importlib.import_module(f"{__name__}.{name}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
