"""What is tried again, when, and how often.

A request that never reached the service is tried again whatever it was. One
that may have reached it is tried again only if carrying it out twice is the
same as once. The pause is exponential with full jitter, and never shorter
than the service's ``Retry-After``.
"""

from __future__ import annotations

import email.utils
import random
import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC

import msgspec

from lavaclient._http.failures import TransportFailure
from lavaclient._http.messages import Response
from lavaclient._system.clock import Clock
from lavaclient._system.fork import renew_in_child

__all__ = [
    "GET",
    "IDEMPOTENT",
    "ONCE",
    "RetryBudget",
    "RetryPolicy",
    "RetryRules",
    "RetryState",
    "may_have_worked",
    "retry_after",
    "retry_policy",
]

LONGEST_PAUSE = 30.0
LONGEST_RETRY_AFTER = 60.0
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_FOR_EVER = 1e9


class RetryRules(msgspec.Struct, frozen=True):
    """How far a request may be repeated.

    Attributes:
        after_sending: Once the service may have seen it.
        after_503: After a 503 without ``Retry-After``.
        after_5xx: After 500, 502, 504 and their like.
    """

    after_sending: bool
    after_503: bool
    after_5xx: bool

    def allow(self, outcome: Response | TransportFailure, floor: float | None) -> bool:
        """Tell whether a request that came to this may be sent again.

        Args:
            outcome: What an attempt came to.
            floor: The response's ``Retry-After`` in seconds, or None.
        """
        if isinstance(outcome, TransportFailure):
            return not outcome.permanent and (self.after_sending or not outcome.request_sent)
        status = outcome.status
        if floor is not None and floor > LONGEST_RETRY_AFTER:
            return False
        if status == 429 or (status in {413, 503} and floor is not None):
            return True
        return self.after_503 if status == 503 else status >= 500 and self.after_5xx


GET = RetryRules(after_sending=True, after_503=True, after_5xx=True)
IDEMPOTENT = RetryRules(after_sending=True, after_503=True, after_5xx=False)
ONCE = RetryRules(after_sending=False, after_503=False, after_5xx=False)


class RetryBudget:
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

    def __init__(self, clock: Clock, ceiling: float = FIRST) -> None:
        self._clock = clock
        self._ceiling = ceiling
        self._left = ceiling
        self._filled_at = clock.monotonic()
        self._calls = 0
        self._retries = 0
        self.renew_lock()
        renew_in_child(self, RetryBudget.renew_lock)

    def renew_lock(self) -> None:
        """Start with an open lock; it lets its own thread in again, for a signal handler."""
        self._lock = threading.RLock()

    def record_call(self) -> None:
        """Count a call, which earns a part of a retry."""
        with self._lock:
            self._calls += 1
            self._left = min(self._left + self.PER_CALL, self._ceiling)

    def try_acquire(self) -> bool:
        """Take one retry from the budget; return False when it is empty."""
        with self._lock:
            now = self._clock.monotonic()
            refill = max(now - self._filled_at, 0.0) * self.PER_SECOND
            self._filled_at = now
            self._left = min(self._left + refill, self._ceiling)
            most = max(self.ALWAYS, self._ceiling, self.SHARE * self._calls)
            if self._left < 1.0 or self._retries + 1 > most:
                return False
            self._left -= 1.0
            self._retries += 1
            return True


def full_jitter(most: float) -> float:
    """Draw a pause; random.uniform spreads load here, and guards nothing."""
    return random.uniform(0.0, most)  # noqa: S311


class RetryPolicy(msgspec.Struct, frozen=True):
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
    clock: Clock
    budget: RetryBudget
    jitter: Callable[[float], float] = full_jitter

    def pause(self, retry: int, floor: float | None) -> float:
        """Return the seconds before retry number ``retry`` (from 0)."""
        most = min(self.backoff * 2.0 ** min(retry, 60), LONGEST_PAUSE)
        return max(self.jitter(most), floor or 0.0)


def retry_policy(clock: Clock, max_retries: int, backoff: float) -> RetryPolicy:
    """Return the retries that were asked for, with a budget that allows for them."""
    budget = RetryBudget(clock, max(RetryBudget.FIRST, max_retries))
    return RetryPolicy(max_retries, backoff, clock, budget)


class RetryState:
    """The retries of one request.

    Attributes:
        maybe_applied: An attempt so far may have been carried out.
    """

    __slots__ = ("_policy", "_retries", "_rules", "maybe_applied")

    def __init__(self, policy: RetryPolicy, rules: RetryRules) -> None:
        self._policy = policy
        self._rules = rules
        self.maybe_applied = False
        self.restart()

    def restart(self) -> None:
        """Count from the beginning: a request with a new token is another one."""
        self._retries = 0
        self._policy.budget.record_call()

    def sleep_before_retry(self, outcome: Response | TransportFailure) -> bool:
        """Pause if the request is to be sent again after this outcome; tell whether it is."""
        policy, floor = self._policy, None
        if isinstance(outcome, Response):
            if outcome.status < 400:
                return False
            floor = retry_after(outcome.headers, policy.clock.time())
        if not self._rules.allow(outcome, floor) or self._retries >= policy.max_retries:
            return False
        if not policy.budget.try_acquire():
            return False
        if isinstance(outcome, TransportFailure):
            self.maybe_applied |= outcome.request_sent
        else:
            self.maybe_applied |= may_have_worked(outcome.status, floor)
        policy.clock.sleep(policy.pause(self._retries, floor))
        self._retries += 1
        return True


def may_have_worked(status: int, pause: float | None) -> bool:
    """Tell whether the service may have acted on a request that it answered so.

    Args:
        status: What it answered, no success.
        pause: The answer's ``Retry-After``; with it a 503 turned the request away.
    """
    return status >= 500 and not (status == 503 and pause is not None)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Read ``Retry-After``: seconds, or an HTTP date; None for anything else.

    Of several the first counts. A date is set against the answer's own ``Date``, as the
    server's clock may be off, and without one against the wall clock.

    Args:
        headers: The answer's headers.
        now: The wall clock.
    """
    text = headers.get("Retry-After", "").strip()
    first = text.partition(",")[0].strip()
    if _SECONDS.fullmatch(first):
        return min(float(first), _FOR_EVER)
    moment = _http_date(text)
    if moment is None:
        return None
    sent_at = _http_date(headers.get("Date", ""))
    return min(max(moment - (now if sent_at is None else sent_at), 0.0), _FOR_EVER)


def _http_date(text: str) -> float | None:
    """Return an HTTP date in seconds since the epoch; one without an offset is in UTC."""
    try:
        date = email.utils.parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
