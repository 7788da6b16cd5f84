"""Holding one sign-in for many threads, and renewing it once for all of them."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from lavaclient import error
from lavaclient._auth.token import SOON, SignIn

if TYPE_CHECKING:
    from lavaclient._shapes import TimeSource

__all__ = ["Keeper"]

_PAUSE = 10.0


class Keeper:
    """The current sign-in, renewed by one thread while the others wait.

    A renewal names the sign-in that was refused. If another one is current by
    then, that is the answer; so a late 401 for an older token signs nothing
    in. Those who wait share what comes of it, the failure too.

    The one who signs in holds the lock meanwhile. However it ends, by Ctrl-C
    for instance, the lock opens, and the next in line finds a new sign-in, a
    failure to share, or neither and signs in itself.
    """

    def __init__(self, clock: TimeSource, sign_in: SignIn | None = None) -> None:
        self.current = sign_in
        self._clock = clock
        self._failures = 0
        self._failure: error.LavaError | None = None
        self._not_before = float("-inf")
        self.make_lock()
        _KEEPERS.add(self)

    def make_lock(self) -> None:
        """Start with an open lock: in a forked child nobody would open a closed one.

        It lets its own thread in again, for a signal handler that uses the client.
        """
        self._lock = threading.RLock()

    def ticket(self) -> int:
        """Return a mark of this moment: how many renewals have failed so far."""
        return self._failures

    def usable(self, make: Callable[[], SignIn]) -> SignIn:
        """Return the current sign-in, made or renewed first if need be."""
        ticket = self._failures
        held = self.current
        if held is None:
            return self.renew(None, ticket, make)
        now = self._clock.time()
        if not held.ends_within(SOON, now):
            return held
        if held.ends_within(0.0, now):
            return self.renew(held, ticket, make)
        return self._renew_early(held, ticket, make)

    def _renew_early(self, held: SignIn, ticket: int, make: Callable[[], SignIn]) -> SignIn:
        """Renew a token that is still good, and use it on if that fails."""
        lock = self._lock
        if self._clock.monotonic() < self._not_before or not lock.acquire(blocking=False):
            return held
        try:
            return self.renew(held, ticket, make)
        except error.LavaError:
            self._not_before = self._clock.monotonic() + _PAUSE
            if held.ends_within(0.0, self._clock.time()):
                raise
            return held
        finally:
            lock.release()

    def renew(self, dead: object, ticket: int, make: Callable[[], SignIn]) -> SignIn:
        """Return a sign-in other than ``dead``.

        Args:
            dead: What was refused, or None when there was nothing.
            ticket: From when the caller's own request began; a renewal that
                has failed since then is not made again for this caller.
            make: Signs in.

        Raises:
            LavaError: What ``make`` raised, here or for another thread.
        """
        with self._lock:
            held = self.current
            if held is not None and held is not dead:
                return held
            if self._failure is not None and self._failures > ticket:
                raise self._failure.copy()
            return self._made(make)

    def _made(self, make: Callable[[], SignIn]) -> SignIn:
        try:
            made = make()
        except error.LavaError as failure:
            self._failure = failure.copy()
            self._failures += 1
            raise
        self.current, self._failure = made, None
        return made

    def adopt(self, token: str) -> SignIn:
        """Hold a token that someone else has signed in for, as one object while it is the same."""
        held = self.current
        if held is not None and held.token == token:
            return held
        with self._lock:
            held = self.current
            if held is None or held.token != token:
                held = self.current = SignIn.of_token(token)
            return held

    def drop(self, dead: SignIn | None) -> None:
        """Forget the current sign-in if it is the one that was refused, or if none is named."""
        with self._lock:
            if dead is None or self.current is dead:
                self.current = None


_KEEPERS: weakref.WeakSet[Keeper] = weakref.WeakSet()


def _renew_locks() -> None:
    for keeper in list(_KEEPERS):
        keeper.make_lock()


if hasattr(os, "register_at_fork"):  # pragma: no branch
    os.register_at_fork(after_in_child=_renew_locks)
