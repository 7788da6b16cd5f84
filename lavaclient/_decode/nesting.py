"""Checks how deeply arrays and objects of a body are nested, before it is decoded.

msgspec decodes each level with another call in C. Python limits their number to what
the main thread's stack can hold; with the smaller stack of another thread (musl's,
macOS's, or by ``threading.stack_size``) the process would crash.
"""

from __future__ import annotations

import re
import threading

__all__ = ["is_too_deep"]

_MOST = 200
_CHUNK = 2048
_TOKEN = rb'(?s)"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]'


def is_too_deep(data: bytes) -> bool:
    """Tell whether a body is nested too deeply to be decoded in this thread."""
    if threading.current_thread() is threading.main_thread():
        return False
    return _may_exceed(data, _MOST) and _exceeds(data, _MOST)


def _may_exceed(data: bytes, most: int) -> bool:
    """Tell quickly whether nesting may be deeper than this; brackets in strings count too."""
    depth = 0
    for start in range(0, len(data), _CHUNK):
        chunk = data[start : start + _CHUNK]
        opened = chunk.count(b"[") + chunk.count(b"{")
        if depth + opened > most:
            return True
        depth = max(0, depth + opened - chunk.count(b"]") - chunk.count(b"}"))
    return False


def _exceeds(data: bytes, most: int) -> bool:
    depth = 0
    for token in re.finditer(_TOKEN, data):
        first = token[0][:1]
        depth += (first in b"[{") - (first in b"]}")
        if depth > most:
            return True
    return False
