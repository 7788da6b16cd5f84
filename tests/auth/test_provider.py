"""The keeper of a sign-in, by itself: who leads, who waits, what is shared."""

from __future__ import annotations

import threading
import time

import pytest

from lavaclient import error
from lavaclient._auth._keeper import Keeper
from lavaclient._auth.token import SignIn
from tests.support.fake_identity import START, MovedClock, together, until


def sign_in(name: str = "t0ken", lifetime: float = 3600.0) -> SignIn:
    return SignIn(name, START + lifetime, {}, START)


def never() -> SignIn:
    raise AssertionError("nobody was to sign in")


def failing() -> SignIn:
    raise error.AuthenticationError("no route") from error.ConnectionError("gone")


def test_what_is_current_and_good_is_used() -> None:
    held = sign_in()
    keeper = Keeper(MovedClock(), held)
    assert keeper.usable(never) is held


def test_what_is_not_there_is_made() -> None:
    made = sign_in()
    keeper = Keeper(MovedClock())
    assert keeper.usable(lambda: made) is made
    assert keeper.current is made


def test_a_sign_in_is_told_from_another_by_identity_not_by_token() -> None:
    dead, same_again = sign_in(), sign_in()
    keeper = Keeper(MovedClock(), dead)
    assert keeper.renew(dead, keeper.ticket(), lambda: same_again) is same_again
    assert keeper.renew(dead, keeper.ticket(), never) is same_again


def test_a_failure_is_shared_by_those_who_began_before_it_and_by_no_others() -> None:
    held = sign_in()
    keeper = Keeper(MovedClock(), held)
    before = keeper.ticket()
    with pytest.raises(error.AuthenticationError) as first:
        keeper.renew(held, before, failing)
    with pytest.raises(error.AuthenticationError) as shared:
        keeper.renew(held, before, never)
    assert shared.value is not first.value
    assert shared.value.__cause__ is first.value.__cause__
    assert (str(shared.value), shared.value.args) == (str(first.value), first.value.args)
    newer = sign_in()
    assert keeper.renew(held, keeper.ticket(), lambda: newer) is newer


def test_a_failure_of_another_kind_is_not_shared() -> None:
    keeper = Keeper(MovedClock())
    ticket = keeper.ticket()

    def broken() -> SignIn:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keeper.renew(None, ticket, broken)
    made = sign_in()
    assert keeper.renew(None, ticket, lambda: made) is made


def test_a_signal_handler_may_use_it_while_its_own_thread_signs_in() -> None:
    clock, held = MovedClock(), sign_in()
    keeper = Keeper(clock, held)
    inner, outer = sign_in("inner", 7200), sign_in("outer", 7200)

    def interrupted() -> SignIn:
        assert keeper.renew(held, keeper.ticket(), lambda: inner) is inner
        return outer

    assert keeper.renew(held, keeper.ticket(), interrupted) is outer
    assert keeper.current is outer


def test_one_leads_and_the_others_wait_for_it() -> None:
    keeper = Keeper(MovedClock())
    led: list[int] = []
    made = sign_in()

    def slow() -> SignIn:
        led.append(1)
        until(lambda: threading.active_count() >= 16)
        return made

    assert together(16, lambda _: keeper.usable(slow)) == [made] * 16
    assert len(led) == 1


def test_dropping_names_the_one_that_was_refused() -> None:
    old, held = sign_in("old"), sign_in("held")
    keeper = Keeper(MovedClock(), held)
    keeper.drop(old)
    assert keeper.current is held
    keeper.drop(held)
    made = sign_in("made")
    assert keeper.usable(lambda: made) is made
    keeper.drop(None)
    assert keeper.usable(lambda: held) is held


def test_a_token_of_others_is_one_object_while_it_is_the_same() -> None:
    keeper = Keeper(MovedClock())
    first = keeper.adopt("t0ken")
    assert keeper.adopt("t0ken") is first
    second = keeper.adopt("another")
    assert second is not first
    assert second.expires is None
    assert keeper.current is second


def test_threads_that_bring_the_same_token_at_once_hold_the_same_object() -> None:
    keeper = Keeper(MovedClock())
    found: list[SignIn] = []
    adopting = threading.Thread(target=lambda: found.append(keeper.adopt("t0ken")))
    with keeper._lock:
        adopting.start()
        time.sleep(0.05)  # long enough to come to the lock
        keeper.current = first = SignIn.of_token("t0ken")
    adopting.join(10)
    assert found == [first]


def test_an_early_renewal_waits_for_nobody() -> None:
    clock, held = MovedClock(), sign_in()
    keeper = Keeper(clock, held)
    clock.now += 3600 - 60
    inside, released = threading.Event(), threading.Event()

    def slow() -> SignIn:
        inside.set()
        released.wait(10)
        return sign_in("newer", 7200)

    leader = threading.Thread(target=keeper.usable, args=(slow,))
    leader.start()
    inside.wait(10)
    assert keeper.usable(never) is held
    released.set()
    leader.join(10)
    assert keeper.usable(never).token == "newer"
