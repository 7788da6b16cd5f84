"""The file that keeps a sign-in between processes.

A problem with the file is never an error but a warning in the log; the client then
signs in as if there were no file.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from typing import Self

import msgspec

from lavaclient._auth.token import AccessToken, read_state
from lavaclient._config.options import Options
from lavaclient._config.secret import Secret
from lavaclient._system import private_file

__all__ = ["TokenCache"]

LOG = logging.getLogger("lavaclient")

_VERSION = 1


class _File(msgspec.Struct, frozen=True):
    version: int
    salt: str
    owner: str
    state: str


# Made here: msgspec may crash if several threads use a type for the first time at once.
_DECODER = msgspec.json.Decoder(_File)


class TokenCache:
    """One file for one set of credentials.

    Args:
        path: The file; its directory is created if necessary, private to the user.
        owner: What identifies the credentials: user, identity URL, region,
            tenant. Only a salted digest of it and the key is written.
        secret: The API key, which must not be in the file even if identity
            repeats it in its answer.
    """

    def __init__(self, path: str, owner: tuple[str | None, ...], secret: Secret | None) -> None:
        self._path = path
        self._owner = owner
        self._secret = secret

    @classmethod
    def for_options(cls, options: Options) -> Self | None:
        """Return the cache of a client with these options, or None."""
        if options.token_cache is None:
            return None
        owner = (
            options.username,
            options.auth_url,
            options.region.upper() if options.region else None,
            options.tenant_id,
        )
        return cls(options.token_cache, owner, options.api_key)

    def load(self, now: float, margin: float) -> AccessToken | None:
        """Return the token in the file, if it is for these credentials and not about to expire.

        Args:
            now: The wall clock.
            margin: Seconds that the token must still be valid.
        """
        try:
            return self._read(now + margin)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, msgspec.MsgspecError, RecursionError) as reason:
            self._warn("not used", reason)
        return None

    def _read(self, until: float) -> AccessToken:
        record = _DECODER.decode(private_file.read(self._path))
        if record.version != _VERSION:
            raise ValueError("it has another version")
        if record.owner != self._digest(record.salt):
            raise ValueError("it is for other credentials")
        token = read_state(record.state)
        if token.expires is not None and token.expires <= until:
            raise ValueError("its token has expired, or is about to")
        return token

    def _digest(self, salt: str) -> str:
        key = self._secret and self._secret.reveal()
        return hashlib.sha256(msgspec.json.encode([salt, *self._owner, key])).hexdigest()

    def save(self, token: AccessToken) -> None:
        """Replace the file by one with this token."""
        try:
            private_file.replace(self._path, self._contents(token.state()))
        except (OSError, ValueError, RecursionError) as reason:
            self._warn("not written", reason)

    def _contents(self, state: str) -> bytes:
        if self._secret and json.dumps(self._secret.reveal())[1:-1] in state:
            raise ValueError("identity repeats the key in its answer")
        salt = os.urandom(16).hex()
        return msgspec.json.encode(_File(_VERSION, salt, self._digest(salt), state))

    def _warn(self, what: str, reason: Exception) -> None:
        text = reason.strerror if isinstance(reason, OSError) else str(reason)
        LOG.warning("token cache %s %s: %s", self._path, what, text)
