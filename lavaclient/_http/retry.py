"""Which requests are retried, when, and how often.

A request that never reached the service is retried whatever its method. One
that may have reached it is retried only if it is idempotent. The pause is
exponential with full jitter, and never shorter than ``Retry-After``.
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
_SECONDS = r"[0-9]+(\.[0-9]+)?"
_LONGEST_SHOWN = 1e9


class RetryRules(msgspec.Struct, frozen=True):
    """In which cases a request may be repeated.

    Attributes:
        after_sending: When the service may have received it.
        after_503: After a 503 without ``Retry-After``.
        after_5xx: After other 5xx statuses.
    """

    after_sending: bool
    after_503: bool
    after_5xx: bool

    def allow(self, outcome: Response | TransportFailure, floor: float | None) -> bool:
        """Tell whether a request with this outcome may be sent again.

        Args:
            outcome: The response or failure of an attempt.
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

    A token bucket: it is full at first, is refilled by calls and by time, and never
    holds more than ``ceiling``, so that few retries follow an outage even after many
    successful calls. The total of retries is limited by the total of calls as well.
    """

    FIRST = 40  # retries in a full bucket
    PER_CALL = 0.35  # retries that a call adds
    PER_SECOND = 0.1  # retries that a second adds
    SHARE = 0.49  # the total of retries may be this share of calls,
    ALWAYS = 140  # or this number

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
        """Make a new lock, reentrant for signal handlers."""
        self._lock = threading.RLock()

    def record_call(self) -> None:
        """Count a call, which adds a part of a retry."""
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
    """Return a random pause; it spreads load and needs no secure random numbers."""
    return random.uniform(0.0, most)  # noqa: S311


class RetryPolicy(msgspec.Struct, frozen=True):
    """Number of retries and length of pauses, as the caller of ``Lava`` chose them.

    Attributes:
        max_retries: Tries after the first.
        backoff: Seconds, at most, before the first retry; doubled for each more.
        clock: The source of time and sleep.
        budget: Shared by the client's threads.
        jitter: Returns a random pause between 0 and its argument.
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
    """Return a policy with these retries, and a budget that is large enough for them."""
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
        """Count from zero: with a new token the request counts as another one."""
        self._retries = 0
        self._policy.budget.record_call()

    def sleep_before_retry(self, outcome: Response | TransportFailure) -> bool:
        """Sleep and return True if the request is to be sent again after this outcome."""
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
    """Tell whether the service may have carried out a request that it answered like this.

    Args:
        status: An unsuccessful status.
        pause: The answer's ``Retry-After``; a 503 with it means that nothing was done.
    """
    return status >= 500 and not (status == 503 and pause is not None)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Read ``Retry-After``: seconds, or an HTTP date; None for anything else.

    Of several values the first counts. A date is compared with the answer's own ``Date``, as
    the server's clock may be wrong, and without one with the wall clock.

    Args:
        headers: The answer's headers.
        now: The wall clock.
    """
    text = headers.get("Retry-After", "").strip()
    first = text.partition(",")[0].strip()
    if re.fullmatch(_SECONDS, first):
        return min(float(first), _LONGEST_SHOWN)
    moment = _http_date(text)
    if moment is None:
        return None
    sent_at = _http_date(headers.get("Date", ""))
    return min(max(moment - (now if sent_at is None else sent_at), 0.0), _LONGEST_SHOWN)


def _http_date(text: str) -> float | None:
    """Return an HTTP date in seconds since the epoch; one without an offset is in UTC."""
    try:
        date = email.utils.parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
