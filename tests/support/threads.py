"""Threads that start at once, waiting for what another thread does, and forks beside both."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable

__all__ = ["WatchedLock", "fork", "together", "until", "until_asleep"]


class WatchedLock:
    """A lock, and how many threads wait for it, so that a test need not guess that by time."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._waiting: set[int] = set()

    @property
    def waiting(self) -> int:
        """How many threads wait for it now."""
        return len(self._waiting)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, as ``threading.RLock`` does."""
        self._waiting.add(threading.get_ident())
        try:
            return self._lock.acquire(blocking, timeout)
        finally:
            self._waiting.discard(threading.get_ident())

    def release(self) -> None:
        """Let the next one take it."""
        self._lock.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_exc_info: object) -> None:
        self.release()


def fork() -> int:
    """Fork beside other threads: Python warns of it, and from 3.15 on raises where that is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def until(claim: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it did not come to be in time"
        time.sleep(0.002)


def until_asleep(pid: int) -> None:
    """Wait until a process waits for something itself, where Linux tells."""

    def is_asleep() -> bool:
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
                return stat.read().rpartition(")")[2].split()[0] == "S"
        except OSError:
            return True

    until(is_asleep)


def together(count: int, call: Callable[[int], object]) -> list[object]:
    """What each of so many threads, started at once, returned or raised."""
    outcomes: list[object] = [None] * count
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait(10)
        try:
            outcomes[number] = call(number)
        except Exception as raised:  # noqa: BLE001 (it is what the test looks at)
            outcomes[number] = raised

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return outcomes
