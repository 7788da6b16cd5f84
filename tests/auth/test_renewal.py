"""Renewal: once for all threads, early, late, and when identity is away (rows 8 and 11 to 15)."""

from __future__ import annotations

import random
import threading
import time

import pytest

from lavaclient import error
from tests.support.fake_cloud import BREAK, FakeCloud, Reply
from tests.support.recorder import SentRequest
from tests.support.threads import WatchedLock, together, until

REFUSED = Reply(401, {"unauthorized": {"code": 401, "message": "Unable to authenticate."}})


def expires(value: object) -> object:
    """A change of a sign-in's answer: another expiry, or none."""

    def change(access: dict[str, object]) -> None:
        token = access["token"]
        assert isinstance(token, dict)
        token.pop("expires") if value is None else token.update(expires=value)

    return change


@pytest.mark.parametrize("spread", [0.0, 0.05])
def test_14_of_64_threads_with_one_dead_token_one_signs_in(cloud: FakeCloud, spread: float) -> None:
    pauses = [random.uniform(0, spread) for _ in range(64)]
    times = 5 if not spread else 3

    def slow_refusal(request: SentRequest) -> None:
        if spread and pauses and request.headers.get("X-Auth-Token") not in cloud.good:
            time.sleep(pauses.pop())

    with cloud.client() as lava:
        cloud.before = slow_refusal
        for round in range(times):
            cloud.kill()
            pauses[:] = [random.uniform(0, spread) for _ in range(64)]
            outcomes = together(64, lambda _: lava.limits.get().ram.remaining)
            assert outcomes == [7] * 64
            assert cloud.sign_ins == round + 2


def test_14_identity_down_is_tried_by_one_of_64_threads_for_all(cloud: FakeCloud) -> None:
    refused: list[SentRequest] = []

    def all_at_once(request: SentRequest) -> None:
        if not request.path.endswith("/tokens"):
            refused.append(request)
            until(lambda: len(refused) == 32)

    with cloud.client(max_retries=3) as lava:
        cloud.kill()
        cloud.before, cloud.outage = all_at_once, Reply(503, {})
        outcomes = together(32, lambda _: lava.limits.get())
    assert cloud.sign_ins == 1 + 4
    assert all(type(outcome) is error.AuthenticationError for outcome in outcomes)
    assert len({id(outcome) for outcome in outcomes}) == 32
    assert {str(outcome) for outcome in outcomes} == {str(outcomes[0])}
    assert {type(getattr(outcome, "__cause__", None)) for outcome in outcomes} == {
        error.ServerError
    }


def test_after_an_outage_the_next_request_signs_in(cloud: FakeCloud) -> None:
    with cloud.client(max_retries=0) as lava:
        cloud.kill()
        cloud.replies = [Reply(503, {}), BREAK]
        for _ in range(2):
            with pytest.raises(error.AuthenticationError):
                lava.limits.get()
        assert lava.limits.get().ram.limit == 10
    assert cloud.sign_ins == 4


def test_08_a_key_refused_at_renewal_is_tried_once_for_all(cloud: FakeCloud) -> None:
    refused: list[SentRequest] = []

    def all_at_once(request: SentRequest) -> None:
        if not request.path.endswith("/tokens"):
            refused.append(request)
            until(lambda: len(refused) == 32)

    with cloud.client() as lava:
        cloud.kill()
        cloud.before, cloud.outage = all_at_once, REFUSED
        outcomes = together(32, lambda _: lava.limits.get())
    assert cloud.sign_ins == 2
    assert {type(outcome) for outcome in outcomes} == {error.AuthorizationError}


def test_12_one_401_is_one_sign_in_and_the_body_is_sent_again_whole(cloud: FakeCloud) -> None:
    with cloud.client() as lava:
        cloud.kill()
        with pytest.raises(error.ApiError):  # what comes back is no script
            lava.scripts.create("http://files.example/a.sh", "a", "post_init")
    posts = [request for request in cloud.requests if request.path.endswith("/scripts")]
    assert cloud.sign_ins == 2
    assert len(posts) == 2
    assert posts[0].body == posts[1].body != b""
    assert posts[0].headers["X-Auth-Token"] != posts[1].headers["X-Auth-Token"]


def test_13_401_for_ever_is_two_requests_and_one_sign_in(cloud: FakeCloud) -> None:
    with cloud.client() as lava:
        cloud.before = lambda request: cloud.kill()
        with pytest.raises(error.AuthorizationError) as caught:
            lava.limits.get()
    assert caught.value.code == 401
    assert (cloud.calls, cloud.sign_ins) == (2, 2)


def test_15_a_late_401_for_an_older_token_signs_nothing_in(cloud: FakeCloud) -> None:
    released = threading.Event()
    with cloud.client() as lava:
        old = lava.token

        def hold_the_first(request: SentRequest) -> None:
            if request.headers.get("X-Auth-Token") == old and cloud.calls == 1:
                released.wait(10)

        cloud.before = hold_the_first
        cloud.kill()
        slow: list[object] = []
        thread = threading.Thread(target=lambda: slow.append(lava.limits.get()))
        thread.start()
        until(lambda: cloud.calls == 1)
        lava.limits.get()
        newer = lava.token
        released.set()
        thread.join(10)
        assert (len(slow), lava.token) == (1, newer)
    assert cloud.sign_ins == 2


@pytest.mark.parametrize("value", [None, ""])
def test_11_without_an_expiry_the_token_is_used_until_a_401(
    cloud: FakeCloud, value: object
) -> None:
    cloud.change = expires(value)  # type: ignore[assignment]
    with cloud.client() as lava:
        cloud.clock.now += 1e9
        lava.limits.get()
        assert cloud.sign_ins == 1
        cloud.kill()
        lava.limits.get()
    assert cloud.sign_ins == 2


def test_11_a_null_expiry_is_none(cloud: FakeCloud) -> None:
    def null(access: dict[str, object]) -> None:
        token = access["token"]
        assert isinstance(token, dict)
        token["expires"] = None

    cloud.change = null
    with cloud.client() as lava:
        lava.limits.get()
    assert cloud.sign_ins == 1


@pytest.mark.parametrize("lifetime", [-3600.0, 0.0, 60.0, 119.0])
def test_a_token_that_was_stale_when_issued_is_trusted_until_a_401(
    cloud: FakeCloud, lifetime: float
) -> None:
    cloud.lifetime = lifetime
    with cloud.client() as lava:
        for _ in range(10):
            lava.limits.get()
            cloud.clock.now += 60
        assert cloud.sign_ins == 1
        cloud.kill()
        lava.limits.get()
    assert cloud.sign_ins == 2


def test_a_token_that_ends_within_two_minutes_is_renewed_before_it_is_used(
    cloud: FakeCloud,
) -> None:
    with cloud.client() as lava:
        cloud.clock.now += cloud.lifetime - 121
        lava.limits.get()
        assert cloud.sign_ins == 1
        cloud.clock.now += 2
        lava.limits.get()
    assert [request.path.rpartition("/")[2] for request in cloud.requests][1:] == [
        "limits",
        "tokens",
        "limits",
    ]


def test_an_early_renewal_that_fails_is_tried_again_after_ten_seconds(cloud: FakeCloud) -> None:
    with cloud.client(max_retries=0) as lava:
        first = lava.token
        cloud.clock.now += cloud.lifetime - 100
        cloud.outage = Reply(503, {})
        for _ in range(5):
            lava.limits.get()
        assert (lava.token, cloud.sign_ins) == (first, 2)
        cloud.clock.now += 9.5
        lava.limits.get()
        assert cloud.sign_ins == 2
        cloud.clock.now += 1
        lava.limits.get()
        assert cloud.sign_ins == 3
        cloud.outage = None
        cloud.clock.now += 10.5
        lava.limits.get()
        assert cloud.sign_ins == 4
        assert lava.token != first


def test_an_expired_token_that_cannot_be_renewed_is_not_sent(cloud: FakeCloud) -> None:
    with cloud.client(max_retries=0) as lava:
        cloud.clock.now += cloud.lifetime + 1
        cloud.outage = Reply(503, {})
        with pytest.raises(error.AuthenticationError, match="503"):
            lava.limits.get()
    assert cloud.calls == 0


def test_a_token_that_ends_while_its_renewal_fails_is_not_used_on(cloud: FakeCloud) -> None:
    with cloud.client(max_retries=0) as lava:
        cloud.clock.now += cloud.lifetime - 20
        cloud.outage = Reply(503, {})

        def takes_long(request: SentRequest) -> None:
            cloud.clock.now += 30

        cloud.before = takes_long
        with pytest.raises(error.AuthenticationError):
            lava.limits.get()
    assert cloud.calls == 0


def test_others_use_the_token_while_one_renews_it_early(cloud: FakeCloud) -> None:
    released = threading.Event()
    with cloud.client() as lava:
        first = lava.token
        cloud.clock.now += cloud.lifetime - 60

        def hold(request: SentRequest) -> None:
            if request.path.endswith("/tokens"):
                released.wait(10)

        cloud.before = hold
        thread = threading.Thread(target=lava.limits.get)
        thread.start()
        until(lambda: cloud.sign_ins == 2)
        lava.limits.get()
        assert cloud.requests[-1].headers["X-Auth-Token"] == first
        released.set()
        thread.join(10)
        assert lava.token != first
    assert cloud.sign_ins == 2


def test_reauthenticate_signs_in_once_for_threads_that_ask_at_once(cloud: FakeCloud) -> None:
    with cloud.client() as lava:
        first = lava.token
        lava._connection.provider._lock = lock = WatchedLock()  # type: ignore[assignment]
        cloud.before = lambda request: until(lambda: lock.waiting == 15)
        assert together(16, lambda _: lava.reauthenticate()) == [None] * 16
        assert lava.token != first
        assert cloud.sign_ins == 2
        cloud.before = lambda request: None
        cloud.clock.now += cloud.lifetime + 1
        lava.reauthenticate()
        assert cloud.sign_ins == 3


def test_a_token_that_the_session_dropped_is_had_again(cloud: FakeCloud) -> None:
    with cloud.client() as lava:
        first = lava.token
        assert lava.session.invalidate()
        assert lava.token != first
        lava.session.invalidate()
        lava.reauthenticate()
        lava.limits.get()
    assert cloud.sign_ins == 3
