"""The rules of trying again, by themselves; what comes of them on the wire is in tests/faults."""

from __future__ import annotations

import email.utils
import threading

import pytest

from lavaclient import error
from lavaclient._http.failures import TransportFailure
from lavaclient._http.messages import OutgoingRequest, Response
from lavaclient._http.redaction import Redactor
from lavaclient._http.retry import (
    GET,
    IDEMPOTENT,
    ONCE,
    RetryBudget,
    RetryPolicy,
    RetryRules,
    RetryState,
    full_jitter,
    retry_after,
    retry_policy,
)
from tests.support.clock import MovedClock

NOW = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT


def answered(status: int, pause: str | None = None) -> Response:
    headers = {} if pause is None else {"Retry-After": pause}
    return Response("PUT", "clusters/c", status, headers, redactor=Redactor())


def broke(*, sent: bool, permanent: bool = False) -> TransportFailure:
    request = OutgoingRequest("PUT", "https://a/c", "clusters/c", headers={}, redactor=Redactor())
    return TransportFailure(
        error.ConnectionError,
        "broke",
        request,
        request_id="sent-id",
        request_sent=sent,
        permanent=permanent,
        cause=OSError("broke"),
    )


def attempts(
    rules: RetryRules, *outcomes: Response | TransportFailure
) -> tuple[int, bool, MovedClock]:
    """How many were made, whether one may have been carried out, at what pauses."""
    clock = MovedClock(NOW)
    policy = RetryPolicy(5, 1.0, clock, RetryBudget(clock), jitter=lambda most: most)
    state = RetryState(policy, rules)
    count = 1
    while state.sleep_before_retry(outcomes[count - 1]):
        count += 1
    return count, state.maybe_applied, clock


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("1.5", 1.5),
        (" 7 ", 7.0),
        ("5, 86400", 5.0),
        ("9" * 400, 1e9),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10.0),
        ("Sun, 06 Nov 1994 08:49:47", 10.0),
        ("Sunday, 06-Nov-94 08:49:47 GMT", 10.0),
        ("Sun Nov  6 08:49:47 1994", 10.0),
        ("Sun, 06 Nov 1994 03:49:47 -0500", 10.0),
        ("Sun, 06 Nov 1994 10:19:47 +0130", 10.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT, Sun, 06 Nov 1994 08:50:47 GMT", 10.0),
        ("Sun, 06 Nov 1994 00:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 1e9),
        ("-5", None),
        ("1e3", None),
        ("soon", None),
        ("", None),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None),
    ],
)
def test_21_retry_after_in_all_its_forms(
    text: str, seconds: float | None, far_from_utc: None
) -> None:
    assert retry_after({"Retry-After": text}, NOW) == seconds


@pytest.mark.parametrize("skew", [-7200.0, 0.0, 7200.0])
def test_56_a_date_counts_from_the_answer_s_own_date(skew: float) -> None:
    sent_at, until = (email.utils.formatdate(NOW + skew + s, usegmt=True) for s in (0, 10))
    assert retry_after({"Retry-After": until, "Date": sent_at}, NOW) == 10.0


@pytest.mark.parametrize("date", ["", "soon", "Mon, 99 Foo 2026 99:99:99 GMT"])
def test_56_without_a_date_of_its_own_it_counts_from_the_wall_clock(date: str) -> None:
    headers = {"Retry-After": "Sun, 06 Nov 1994 08:49:47 GMT", "Date": date}
    assert retry_after(headers, NOW) == 10.0


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (broke(sent=False), {"GET", "PUT", "POST"}),
        (broke(sent=True), {"GET", "PUT"}),
        (broke(sent=True, permanent=True), set()),
        (answered(429), {"GET", "PUT", "POST"}),
        (answered(413), set()),
        (answered(413, "1"), {"GET", "PUT", "POST"}),
        (answered(503, "1"), {"GET", "PUT", "POST"}),
        (answered(503), {"GET", "PUT"}),
        (answered(503, "60"), {"GET", "PUT", "POST"}),
        (answered(503, "60.5"), set()),
        (answered(429, "61"), set()),
        (answered(400), set()),
        (answered(499), set()),
        (answered(500), {"GET"}),
        (answered(502, "1"), {"GET"}),
        (answered(404), set()),
        (answered(409, "1"), set()),
        (answered(302, "1"), set()),
    ],
)
def test_what_is_tried_again(first: Response | TransportFailure, again: set[str]) -> None:
    methods = {"GET": GET, "PUT": IDEMPOTENT, "POST": ONCE}
    delays = {name: attempts(rules, first, answered(200))[0] for name, rules in methods.items()}
    assert {name for name, count in delays.items() if count == 2} == again


@pytest.mark.parametrize(
    ("first", "applied"),
    [
        (broke(sent=True), True),
        (broke(sent=False), False),
        (answered(503), True),
        (answered(503, "1"), False),
        (answered(429), False),
    ],
)
def test_what_may_have_been_carried_out_is_remembered(
    first: Response | TransportFailure, applied: bool
) -> None:
    assert attempts(IDEMPOTENT, first, answered(200))[1] is applied
    assert attempts(IDEMPOTENT, first, broke(sent=False), answered(200))[1] is applied
    assert attempts(IDEMPOTENT, first, answered(429), answered(200))[1] is applied


def test_pauses_double_from_the_back_off_and_retry_after_is_their_floor() -> None:
    outcomes = [answered(429), answered(429, "0.5"), answered(429, "9"), answered(429)]
    assert attempts(GET, *outcomes, answered(200))[2].pauses == [1.0, 2.0, 9.0, 8.0]


def test_a_pause_lasts_until_the_date_in_retry_after() -> None:
    turned_away = answered(503, "Sun, 06 Nov 1994 08:49:47 GMT")
    assert attempts(GET, turned_away, answered(200))[2].pauses == [10.0]


def test_a_pause_without_retry_after_is_at_most_half_a_minute_and_drawn_anew() -> None:
    clock = MovedClock()
    policy = RetryPolicy(999, 0.2, clock, RetryBudget(clock))
    pauses = {policy.pause(500, None) for _ in range(50)}
    assert len(pauses) > 40
    assert all(0 <= pause <= 30 for pause in pauses)


def test_23_a_budget_is_refilled_by_calls_and_by_time() -> None:
    clock = MovedClock()
    budget = RetryBudget(clock, 2)
    assert [budget.try_acquire() for _ in range(3)] == [True, True, False]
    clock.now += 9.5
    assert not budget.try_acquire()
    clock.now += 0.5
    assert [budget.try_acquire() for _ in range(2)] == [True, False]
    for _ in range(3):
        budget.record_call()
    assert [budget.try_acquire() for _ in range(2)] == [True, False]


def test_23_over_thousands_of_calls_retries_stay_under_half_whatever_the_time() -> None:
    clock = MovedClock()
    budget = RetryBudget(clock)
    granted = 0
    for call in range(1, 5_000):
        clock.now += 60
        budget.record_call()
        granted += sum(budget.try_acquire() for _ in range(3))
        assert call < 300 or granted <= call / 2


def test_23_no_time_and_no_call_refills_nothing() -> None:
    budget = RetryBudget(MovedClock(), 2)
    assert [budget.try_acquire() for _ in range(30)] == [True, True] + [False] * 28


@pytest.mark.parametrize(
    ("ceiling", "calls", "most"),
    [(40, 0, 140), (40, 287, 140), (40, 288, 141), (200, 0, 200), (40, 1000, 490)],
)
def test_23_the_total_of_retries_is_bounded_whatever_time_refills(
    ceiling: float, calls: int, most: int
) -> None:
    clock = MovedClock()
    budget = RetryBudget(clock, ceiling)
    for _ in range(calls):
        budget.record_call()
    granted = 0
    for _ in range(600):
        clock.now += 1000
        granted += budget.try_acquire()
    assert granted == most


def test_23_a_bucket_never_holds_more_than_its_ceiling() -> None:
    clock = MovedClock()
    budget = RetryBudget(clock, 3)
    clock.now += 10**6
    for _ in range(50):
        budget.record_call()
    assert [budget.try_acquire() for _ in range(4)] == [True, True, True, False]


def test_a_pause_is_drawn_from_nothing_to_the_back_off() -> None:
    draws = [full_jitter(2.0) for _ in range(200)]
    assert 0.0 <= min(draws) < 0.5
    assert 1.5 < max(draws) <= 2.0
    clock = MovedClock()
    policy = RetryPolicy(3, 5.0, clock, RetryBudget(clock), jitter=lambda most: 0.0)
    assert policy.pause(0, None) == 0.0
    assert policy.pause(0, 0.25) == 0.25


def test_a_back_off_is_doubled_sixty_times_at_most() -> None:
    clock = MovedClock()
    policy = RetryPolicy(3, 2.0**-60, clock, RetryBudget(clock), jitter=lambda most: most)
    assert [policy.pause(retry, None) for retry in (59, 60, 61, 5000)] == [0.5, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(("retries", "ceiling"), [(0, 40), (40, 40), (41, 41)])
def test_a_budget_allows_for_the_retries_of_one_call(retries: int, ceiling: int) -> None:
    policy = retry_policy(MovedClock(), retries, 0.5)
    assert (policy.max_retries, policy.backoff) == (retries, 0.5)
    assert [policy.budget.try_acquire() for _ in range(ceiling + 1)] == [True] * ceiling + [False]


def test_23_a_clock_that_goes_back_takes_nothing_away() -> None:
    clock = MovedClock()
    budget = RetryBudget(clock, 2)
    clock.now -= 100
    assert [budget.try_acquire() for _ in range(3)] == [True, True, False]


def test_a_budget_counts_right_with_many_threads() -> None:
    budget = RetryBudget(MovedClock(), 100)
    granted: list[bool] = []

    def spend() -> None:
        granted.extend(budget.try_acquire() for _ in range(50))

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(granted) == 100
