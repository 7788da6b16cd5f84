"""Public SSH keys, as text or in files; no error and no frame here shows a key."""

from __future__ import annotations

import os
import re

from lavaclient._config.secret import Secret
from lavaclient.error import InvalidError

__all__ = ["read_public_key"]

_LEAST, _MOST = 50, 1024
_LARGEST_FILE = 16 * 1024
# The first line of PEM and OpenSSH, that of PuTTY, and the second line of OpenSSH, for a key
# whose first one is missing.
_PRIVATE = r"(?i)PRIVATE KEY|PuTTY-User-Key-File|^\s*b3BlbnNzaC1rZXktdjE"

# How public keys begin: with the length of the type's name, in base 64.
_KEY = r"(?:^|\s)AAAA[A-Za-z0-9+/]"
_PATH = r"(?:[~/$]|\.{1,2}[/\\]|[A-Za-z]:[/\\]).*|\S*[/\\]\S*|.*\.pub"


def read_public_key(public_key: Secret | os.PathLike[str]) -> Secret:
    """Return a public key, given as text or as the path of its file.

    Raises:
        InvalidError: It is neither, or the key is a private one.
    """
    key = public_key if isinstance(public_key, Secret) else Secret(os.fspath(public_key))
    if not isinstance(key.reveal(), str):
        raise InvalidError(f"public_key must be a string, not {type(key.reveal()).__name__}")
    path = Secret(_expanded(key.reveal()))
    is_path = public_key is not key or _looks_like_path(key.reveal())
    advice = "public_key must be that, or the path of a file that exists"
    if os.path.isfile(path.reveal()):
        key = _file_content(path)
        advice = "the file that public_key names must hold one"
    elif is_path:
        raise InvalidError("public_key: there is no such file")
    if re.search(_PRIVATE, key.reveal()):
        raise InvalidError(
            "public_key is a private key, which must never leave your machine: "
            "give the public one, which is usually in a file of the same name with .pub"
        )
    key = Secret(key.reveal().strip())
    if not _LEAST <= len(key.reveal()) <= _MOST:
        limits = f"a public key has {_LEAST} to {_MOST} characters"
        raise InvalidError(f"public_key: {limits}; {advice}")
    return key


def _looks_like_path(text: str) -> bool:
    """Tell whether a text is the path of a file rather than a key."""
    is_key = re.search(_KEY, text) is not None
    return not is_key and text.isprintable() and re.fullmatch(_PATH, text.strip()) is not None


def _expanded(path: str) -> str:
    try:
        return os.path.expandvars(os.path.expanduser(path))
    except ValueError:  # what follows the ~ cannot be a user's name
        return path


def _file_content(path: Secret) -> Secret:
    try:
        with open(path.reveal(), "rb") as file:
            content = Secret(file.read(_LARGEST_FILE + 1).decode("utf-8-sig", "surrogateescape"))
    except OSError as reason:
        problem = reason.strerror or type(reason).__name__
        raise InvalidError(f"public_key: its file cannot be read: {problem}") from reason
    if any("\udc80" <= character <= "\udcff" for character in content.reveal()):
        raise InvalidError("public_key: its file is not a text, so not a public key")
    return content
