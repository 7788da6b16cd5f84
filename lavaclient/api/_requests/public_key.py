"""Public SSH keys, as text or in files; no error and no frame here shows a key."""

from __future__ import annotations

import os
import re

from lavaclient._config.secret import Secret
from lavaclient.error import InvalidError

__all__ = ["read_public_key"]

_LEAST, _MOST = 50, 1024
_LARGEST_FILE = 16 * 1024
# PEM and OpenSSH say so in their first line, PuTTY has a format of its own, and the last one
# is how an OpenSSH private key begins that has lost its first line.
_PRIVATE = r"(?i)PRIVATE KEY|PuTTY-User-Key-File|^\s*b3BlbnNzaC1rZXktdjE"


def read_public_key(public_key: Secret | os.PathLike[str]) -> Secret:
    """Return a public key that was given as such, or as the path of its file.

    Raises:
        InvalidError: It is neither, or the key is a private one.
    """
    key = public_key if isinstance(public_key, Secret) else Secret(os.fspath(public_key))
    if not isinstance(key.reveal(), str):
        raise InvalidError(f"public_key must be a string, not {type(key.reveal()).__name__}")
    path = Secret(_expanded(key.reveal()))
    advice = "public_key must be that, or the path of a file that exists"
    if os.path.isfile(path.reveal()):
        key = _file_content(path)
        advice = "the file that public_key names must hold one"
    elif public_key is not key:
        raise InvalidError("public_key: there is no such file")
    if re.search(_PRIVATE, key.reveal()):
        raise InvalidError(
            "public_key is a private key, which must never leave your machine: "
            "give the public one, which is mostly in a file of the same name with .pub"
        )
    key = Secret(key.reveal().strip())
    if not _LEAST <= len(key.reveal()) <= _MOST:
        limits = f"a public key has {_LEAST} to {_MOST} characters"
        raise InvalidError(f"public_key: {limits}; {advice}")
    return key


def _expanded(path: str) -> str:
    try:
        return os.path.expandvars(os.path.expanduser(path))
    except ValueError:  # no user's name holds what stands after a ~
        return path


def _file_content(path: Secret) -> Secret:
    try:
        with open(path.reveal(), "rb") as file:
            content = file.read(_LARGEST_FILE + 1).decode("utf-8-sig")
    except OSError as reason:
        problem = reason.strerror or type(reason).__name__
        raise InvalidError(f"public_key: its file cannot be read: {problem}") from reason
    except UnicodeDecodeError:
        raise InvalidError("public_key: its file holds no text, so no public key") from None
    return Secret(content)
