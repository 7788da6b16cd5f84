"""Public SSH keys, as text or in files; no error here quotes a key."""

from __future__ import annotations

import os
import re

from lavaclient._config.checks import text
from lavaclient.error import InvalidError

__all__ = ["public_key_text"]

_LEAST, _MOST = 50, 1024
_LARGEST_FILE = 16 * 1024
# PEM and OpenSSH say so in their first line, PuTTY has a format of its own, and the last one
# is how an OpenSSH private key begins that has lost its first line.
_PRIVATE = r"(?i)PRIVATE KEY|PuTTY-User-Key-File|^\s*b3BlbnNzaC1rZXktdjE"


def public_key_text(public_key: str | os.PathLike[str]) -> str:
    """Return a public key that was given as such, or as the path of its file.

    Raises:
        InvalidError: It is neither, or the key is a private one.
    """
    given = os.fspath(public_key) if isinstance(public_key, os.PathLike) else public_key
    if not isinstance(given, str):
        raise InvalidError(f"public_key must be a string, not {type(given).__name__}")
    path = _expanded(given)
    if os.path.isfile(path):
        return _checked(_content(path), "the file that public_key names must hold one")
    if isinstance(public_key, os.PathLike):
        raise InvalidError("public_key: there is no such file")
    return _checked(given, "public_key must be that, or the path of a file that exists")


def _expanded(path: str) -> str:
    try:
        return os.path.expandvars(os.path.expanduser(path))
    except ValueError:  # no user's name holds what stands after a ~
        return path


def _content(path: str) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except OSError as reason:
        why = reason.strerror or type(reason).__name__
        raise InvalidError(f"public_key: its file cannot be read: {why}") from reason
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidError("public_key: its file holds no text, so no public key") from None


def _checked(key: str, advice: str) -> str:
    if re.search(_PRIVATE, key):
        raise InvalidError(
            "public_key is a private key, which must never leave your machine: "
            "give the public one, which is mostly in a file of the same name with .pub"
        )
    key = key.strip()
    if not _LEAST <= len(key) <= _MOST:
        limits = f"a public key has {_LEAST} to {_MOST} characters"
        raise InvalidError(f"public_key: {limits}; {advice}")
    return text("public_key", key, _LEAST, _MOST)
