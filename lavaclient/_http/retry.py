"""What is tried again, when, and how often.

A request that never reached the service is tried again whatever it was. One
that may have reached it is tried again only if carrying it out twice is the
same as once. The pause is exponential with full jitter, and never shorter
than the service's ``Retry-After``.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import threading
import weakref
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import TYPE_CHECKING

import msgspec

from lavaclient._http.exchange import Answer, Broken

if TYPE_CHECKING:
    from lavaclient._shapes import TimeSource

__all__ = [
    "GET",
    "IDEMPOTENT",
    "ONCE",
    "Budget",
    "Policy",
    "Repeat",
    "may_have_worked",
    "retry_after",
    "run",
]

LONGEST_PAUSE = 30.0
LONGEST_RETRY_AFTER = 60.0
_SECONDS = r"[0-9]+(\.[0-9]+)?"
_FOR_EVER = 1e9


class Repeat(msgspec.Struct, frozen=True):
    """How far a request may be repeated.

    Attributes:
        after_sending: Once the service may have seen it.
        after_503: After a 503 without ``Retry-After``.
        after_5xx: After 500, 502, 504 and their like.
    """

    after_sending: bool
    after_503: bool
    after_5xx: bool


GET = Repeat(after_sending=True, after_503=True, after_5xx=True)
IDEMPOTENT = Repeat(after_sending=True, after_503=True, after_5xx=False)
ONCE = Repeat(after_sending=False, after_503=False, after_5xx=False)


class Budget:
    """Keeps retries under half of the calls, over all threads of a client.

    A bucket holds a few retries to begin with, is refilled by calls and by
    time, and never grows past ``ceiling``: an outage after a long good run is
    not answered with all that the run has earned. Beside it the total of
    retries is held against the total of calls.
    """

    FIRST = 40
    PER_CALL = 0.35
    PER_SECOND = 0.1
    SHARE = 0.49
    ALWAYS = 140

    def __init__(self, clock: TimeSource, ceiling: float = FIRST) -> None:
        self._clock = clock
        self._ceiling = ceiling
        self._left = ceiling
        self._filled_at = clock.monotonic()
        self._calls = 0
        self._retries = 0
        self.make_lock()
        _BUDGETS.add(self)

    def make_lock(self) -> None:
        """Start with an open lock; a fork may have left it closed."""
        self._lock = threading.Lock()

    def earn(self) -> None:
        """Count a call."""
        with self._lock:
            self._calls += 1
            self._left = min(self._left + self.PER_CALL, self._ceiling)

    def spend(self) -> bool:
        """Take one retry out; False when there is none left."""
        with self._lock:
            self._fill()
            most = max(self.ALWAYS, self._ceiling, self.SHARE * self._calls)
            if self._left < 1.0 or self._retries + 1 > most:
                return False
            self._left -= 1.0
            self._retries += 1
            return True

    def _fill(self) -> None:
        now = self._clock.monotonic()
        earned = max(now - self._filled_at, 0.0) * self.PER_SECOND
        self._filled_at = now
        self._left = min(self._left + earned, self._ceiling)


_BUDGETS: weakref.WeakSet[Budget] = weakref.WeakSet()


def _renew_locks() -> None:
    for budget in list(_BUDGETS):
        budget.make_lock()


if hasattr(os, "register_at_fork"):  # pragma: no branch
    os.register_at_fork(after_in_child=_renew_locks)


def _any_of(most: float) -> float:
    return random.uniform(0.0, most)  # noqa: S311 (spreads load, guards nothing)


class Policy(msgspec.Struct, frozen=True):
    """How often and how long: what the caller of ``Lava`` chose.

    Attributes:
        max_retries: Tries after the first.
        backoff: Seconds, at most, before the first retry; doubled for each more.
        clock: Where time and sleep come from.
        budget: What the client's threads share.
        jitter: Draws the pause out of 0 to its argument.
    """

    max_retries: int
    backoff: float
    clock: TimeSource
    budget: Budget
    jitter: Callable[[float], float] = _any_of

    def pause(self, retry: int, floor: float | None) -> float:
        """Return the seconds before retry number ``retry`` (from 0)."""
        most = min(self.backoff * 2.0 ** min(retry, 60), LONGEST_PAUSE)
        return max(self.jitter(most), floor or 0.0)


def run(
    policy: Policy, repeat: Repeat, attempt: Callable[[], Answer]
) -> tuple[Answer | Broken, bool]:
    """Make an attempt, and more of them as far as the rules go.

    Returns:
        What the last attempt came to, whatever its status, and whether one
        before it may have been carried out.
    """
    policy.budget.earn()
    doubtful = False
    for retry in itertools.count():  # pragma: no branch (it is left by break)
        outcome = _outcome(attempt)
        if not _worth_repeating(repeat, outcome, floor := _floor(policy, outcome)):
            break
        if retry >= policy.max_retries or not policy.budget.spend():
            break
        doubtful = doubtful or _leaves_doubt(outcome, floor)
        policy.clock.sleep(policy.pause(retry, floor))
    return outcome, doubtful


def _outcome(attempt: Callable[[], Answer]) -> Answer | Broken:
    try:
        return attempt()
    except Broken as broken:
        return broken


def _leaves_doubt(outcome: Answer | Broken, floor: float | None) -> bool:
    if isinstance(outcome, Broken):
        return outcome.sent
    return may_have_worked(outcome.status, floor)


def may_have_worked(status: int, pause: float | None) -> bool:
    """Tell whether the service may have acted on a request that it answered so.

    Args:
        status: What it answered, no success.
        pause: The answer's ``Retry-After``; with it a 503 turned the request away.
    """
    return status >= 500 and not (status == 503 and pause is not None)


def _floor(policy: Policy, outcome: Answer | Broken) -> float | None:
    if isinstance(outcome, Broken) or outcome.status < 400:
        return None
    return retry_after(outcome.headers, policy.clock.time())


def _worth_repeating(repeat: Repeat, outcome: Answer | Broken, floor: float | None) -> bool:
    if isinstance(outcome, Broken):
        return not outcome.lasting and (repeat.after_sending or not outcome.sent)
    return outcome.status >= 400 and _answer_may_change(repeat, outcome.status, floor)


def _answer_may_change(repeat: Repeat, status: int, floor: float | None) -> bool:
    if floor is not None and floor > LONGEST_RETRY_AFTER:
        return False
    if status == 429 or (status in {413, 503} and floor is not None):
        return True
    if status == 503:
        return repeat.after_503
    return status >= 500 and repeat.after_5xx


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Read ``Retry-After``: seconds, or an HTTP date; None for anything else.

    Of several the first counts. A date without an offset is in UTC.
    """
    text = headers.get("Retry-After", "").strip()
    first = text.partition(",")[0].strip()
    if re.fullmatch(_SECONDS, first):
        return min(float(first), _FOR_EVER)
    import email.utils

    try:
        date = email.utils.parsedate_to_datetime(text)
        moment = date if date.tzinfo else date.replace(tzinfo=UTC)
        return min(max(moment.timestamp() - now, 0.0), _FOR_EVER)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
