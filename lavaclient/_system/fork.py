"""What a forked child renews: one registry of all that holds a lock or connections.

A lock that another thread held stays locked in the child, where that thread
does not exist, and a connection would be shared with the parent.

Before a fork the registered locks are taken in reverse order. logging's is registered before
that of ``no_fork``: while a fork waits for a ``no_fork`` block, that block can still log.
"""

from __future__ import annotations

import logging  # noqa: F401 (registers its lock for a fork before this module does)
import os
import threading
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from typing import Generic, Self, TypeVar, overload

__all__ = ["lazy_property", "no_fork", "renew_in_child"]

T = TypeVar("T")

_lock = threading.RLock()
_registry: weakref.WeakKeyDictionary[object, Callable[..., None]] = weakref.WeakKeyDictionary()


def renew_in_child(owner: T, renew: Callable[[T], None]) -> None:
    """Call `renew` with `owner` in each forked child, as long as `owner` exists.

    No other thread is running there yet.
    """
    with _lock:
        _registry[owner] = renew


def no_fork() -> AbstractContextManager[object]:
    """Delay forks by other threads until the block ends.

    A module whose import is incomplete at a fork stays incomplete in the child.
    """
    return _lock


class lazy_property(cached_property[T], Generic[T]):  # noqa: N801 (as property and cached_property)
    """``functools.cached_property`` without the lock that it has before Python 3.12.

    A child that was forked while another thread held that lock would wait for it forever.
    Threads that read it for the first time at once get the same value.
    """

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...
    def __get__(self, instance: object, owner: type | None = None) -> Self | T:
        if instance is None:
            return self
        value: T = vars(instance).setdefault(self.func.__name__, self.func(instance))
        return value


def _renew_all() -> None:
    _lock.release()
    for owner, renew in list(_registry.items()):
        with suppress(Exception):  # the others are renewed all the same
            renew(owner)


if hasattr(os, "register_at_fork"):  # pragma: no branch
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_renew_all
    )
