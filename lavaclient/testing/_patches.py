"""Patches of the process that are shared by all ``mock_lava`` blocks and counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

__all__ = ["Patch", "PatchSet"]


class Patch(NamedTuple):
    """One attribute that is replaced.

    Attributes:
        owner: The class or module.
        name: The attribute's name.
        wrap: Makes the replacement from what stands there now. The replacement must call that
            while no block is active: another patch may still hold it after the last block.
    """

    owner: Any
    name: str
    wrap: Callable[[Any], Any]


class PatchSet:
    """Patches that are applied with the first user and undone after the last.

    Args:
        patches: What is replaced, in this order.
    """

    def __init__(self, patches: Sequence[Patch]) -> None:
        self._patches = patches
        self._lock = threading.Lock()
        self._users = 0
        self._applied: list[tuple[Patch, object, object]] = []

    def acquire(self) -> None:
        """Count one user more; the first applies the patches, all of them or none."""
        with self._lock:
            if self._users == 0:
                try:
                    for patch in self._patches:
                        original = getattr(patch.owner, patch.name)
                        replacement = patch.wrap(original)
                        setattr(patch.owner, patch.name, replacement)
                        self._applied.append((patch, original, replacement))
                except BaseException:
                    self._undo()
                    raise
            self._users += 1

    def release(self) -> None:
        """Count one user less; after the last, what was there before is there again."""
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._undo()

    def _undo(self) -> None:
        while self._applied:
            patch, original, replacement = self._applied.pop()
            # Somebody who patched it since then, and is still at it, puts ours back at the end.
            if getattr(patch.owner, patch.name) is replacement:
                setattr(patch.owner, patch.name, original)
