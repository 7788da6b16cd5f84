"""The file that keeps a sign-in between processes.

Whatever is wrong with the file is a miss and a warning in the log, never an
error: the client then signs in as if there were none.
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


# Made here: msgspec may crash where several threads are the first to use a type.
_DECODER = msgspec.json.Decoder(_File)


class TokenCache:
    """One file for one set of credentials.

    Args:
        path: The file; its directory is made if need be, for the user alone.
        owner: What tells one set of credentials from another: user, identity
            URL, region, tenant. Only a salted digest of it and the key is written.
        secret: The API key, which must not stand in the file even if identity
            repeats it in its answer.
    """

    def __init__(self, path: str, owner: tuple[str | None, ...], secret: Secret | None) -> None:
        self._path = path
        self._owner = owner
        self._secret = secret

    @classmethod
    def for_options(cls, options: Options) -> Self | None:
        """Return the cache that a client with these options has, or None."""
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
        """Return the sign-in that the file holds, if it is ours and good for a while.

        Args:
            now: The wall clock.
            margin: Seconds that the token must still be good for.
        """
        try:
            return self._good(now + margin)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, msgspec.MsgspecError, RecursionError) as reason:
            self._warn("not used", reason)
        return None

    def _good(self, until: float) -> AccessToken:
        record = _DECODER.decode(private_file.read(self._path))
        if record.version != _VERSION:
            raise ValueError("it is of another version")
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
        """Write the sign-in, to a file of its own that then takes the place of the old one."""
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
