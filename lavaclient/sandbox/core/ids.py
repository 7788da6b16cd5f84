"""Ids: random ones, or the same in each run."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import MutableMapping


class Ids:
    """Makes ids. With a seed they follow from it, the kind, and how many of the kind there were.

    Args:
        seed: What the ids follow from; None for random ones.
        counters: How many ids of each kind there were; kept with the state.
    """

    def __init__(self, seed: int | None, counters: MutableMapping[str, int]) -> None:
        self._seed = seed
        self._counters = counters

    def new(self, kind: str) -> str:
        """An id that was not used before.

        Args:
            kind: What it is for. One kind's ids do not depend on how many others were made.
        """
        if self._seed is None:
            return str(uuid.uuid4())
        number = self._counters[kind] = self._counters.get(kind, 0) + 1
        name = f"{self._seed}/{kind}/{number}".encode()
        return str(uuid.UUID(bytes=hashlib.blake2b(name, digest_size=16).digest(), version=4))
