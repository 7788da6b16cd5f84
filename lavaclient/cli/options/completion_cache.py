"""Names for completion, remembered while somebody types one command line.

A shell asks at each Tab, in a process of its own. What the service answered is
kept for half a minute, and forgotten as soon as a command runs.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_cache_path

from lavaclient._system import private_file

__all__ = ["cache_file", "digest", "forget", "recall", "remember"]

_SECONDS = 30.0

Pairs = list[tuple[str, str]]


def cache_file(name: str) -> Path:
    """Return the path of a file in the user's cache directory."""
    return user_cache_path("lavaclient", appauthor=False) / name


def digest(texts: Iterable[object]) -> str:
    """Return what tells one set of settings from another, without telling them."""
    import hashlib

    data = "\n".join(map(str, texts)).encode(errors="surrogateescape")
    return hashlib.sha256(data).hexdigest()[:16]


def recall(kind: str, owner: str) -> Pairs | None:
    """Return the words that were remembered, with what each stands for; None if there are none."""
    path = cache_file(f"names-{kind}-{owner}.json")
    try:
        if not 0.0 <= time.time() - path.stat().st_mtime < _SECONDS:
            return None
        held = json.loads(private_file.read(str(path)))
        return [(str(word), str(words)) for word, words in held]
    except (OSError, ValueError, TypeError):
        return None


def remember(kind: str, owner: str, pairs: Pairs) -> None:
    """Keep words, unless they cannot be."""
    path = cache_file(f"names-{kind}-{owner}.json")
    with contextlib.suppress(OSError):
        private_file.replace(str(path), json.dumps(pairs).encode())


def forget() -> None:
    """Forget all words: a command may change what there is."""
    for path in glob.iglob(glob.escape(str(cache_file("names-"))) + "*.json"):
        with contextlib.suppress(OSError):
            os.unlink(path)
