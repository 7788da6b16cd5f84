"""The token provider by itself: who signs in, who waits, what is shared."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from keystoneauth1.session import Session

from lavaclient import error
from lavaclient._auth.identity_api import IdentityClient
from lavaclient._auth.provider import ApiKeyProvider, TokenProvider
from lavaclient._auth.token import AccessToken
from lavaclient._config.secret import Secret
from lavaclient._http.redaction import Redactor
from lavaclient._http.retry import retry_policy
from lavaclient._http.service_client import Token
from tests.support.clock import START, MovedClock
from tests.support.fake_cloud import KEY, USER, FakeCloud
from tests.support.threads import WatchedLock, together, until

SESSION = Session()


class Provider(TokenProvider):
    """Signs in by calling a function of the test's."""

    sign_in: Callable[[], AccessToken]

    def __init__(self, clock: MovedClock, token: AccessToken | None = None) -> None:
        policy = retry_policy(clock, 0, 0.1)
        super().__init__(IdentityClient("https://a", policy=policy, redactor=Redactor()), token)

    def _authenticate(self, session: Session, refused: Token | None) -> AccessToken:
        return self.sign_in()

    def find_endpoint(self, session: Session, region: str | None, tenant_id: str | None) -> str:
        raise NotImplementedError

    def usable(self, sign_in: Callable[[], AccessToken]) -> AccessToken:
        self.sign_in = sign_in
        return self.get_token(SESSION)

    def renew(
        self, refused: Token | None, epoch: int, sign_in: Callable[[], AccessToken]
    ) -> AccessToken:
        self.sign_in = sign_in
        return self.refresh(SESSION, refused, epoch)


def access_token(name: str = "t0ken", lifetime: float = 3600.0) -> AccessToken:
    return AccessToken(name, START + lifetime, {}, START)


def adopt(provider: Provider, text: str) -> AccessToken:
    return provider.replace(Secret(text))


def never() -> AccessToken:
    raise AssertionError("nobody was to sign in")


def failing() -> AccessToken:
    raise error.AuthenticationError("no route") from error.ConnectionError("gone")


def test_what_is_current_and_good_is_used() -> None:
    token = access_token()
    provider = Provider(MovedClock(), token)
    assert provider.usable(never) is token


def test_what_is_not_there_is_made() -> None:
    fresh = access_token()
    provider = Provider(MovedClock())
    assert provider.usable(lambda: fresh) is fresh
    assert provider.current is fresh


def test_a_sign_in_is_told_from_another_by_identity_not_by_token() -> None:
    dead, same_again = access_token(), access_token()
    provider = Provider(MovedClock(), dead)
    assert provider.renew(dead, provider.failure_epoch(), lambda: same_again) is same_again
    assert provider.renew(dead, provider.failure_epoch(), never) is same_again


def test_a_failure_is_shared_by_those_who_began_before_it_and_by_no_others() -> None:
    token = access_token()
    provider = Provider(MovedClock(), token)
    before = provider.failure_epoch()
    with pytest.raises(error.AuthenticationError) as first:
        provider.renew(token, before, failing)
    with pytest.raises(error.AuthenticationError) as shared:
        provider.renew(token, before, never)
    assert shared.value is not first.value
    assert shared.value.__cause__ is first.value.__cause__
    assert (str(shared.value), shared.value.args) == (str(first.value), first.value.args)
    newer = access_token()
    assert provider.renew(token, provider.failure_epoch(), lambda: newer) is newer


@pytest.mark.parametrize("has_ended", [False, True])
def test_after_a_sign_in_that_failed_the_next_call_tries_again(has_ended: bool) -> None:
    clock, fresh = MovedClock(), access_token()
    provider = Provider(clock, access_token(lifetime=600.0) if has_ended else None)
    clock.now += 600.0
    for _ in range(2):
        with pytest.raises(error.AuthenticationError, match="no route"):
            provider.usable(failing)
    assert provider.usable(lambda: fresh) is fresh


def test_a_failure_of_another_kind_is_not_shared() -> None:
    provider = Provider(MovedClock())
    ticket = provider.failure_epoch()

    def broken() -> AccessToken:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        provider.renew(None, ticket, broken)
    fresh = access_token()
    assert provider.renew(None, ticket, lambda: fresh) is fresh


def test_a_signal_handler_may_use_it_while_its_own_thread_signs_in() -> None:
    clock, token = MovedClock(), access_token()
    provider = Provider(clock, token)
    inner, outer = access_token("inner", 7200), access_token("outer", 7200)

    def interrupted() -> AccessToken:
        assert provider.renew(token, provider.failure_epoch(), lambda: inner) is inner
        return outer

    assert provider.renew(token, provider.failure_epoch(), interrupted) is outer
    assert provider.current is outer


def test_one_leads_and_the_others_wait_for_it() -> None:
    provider = Provider(MovedClock())
    led: list[int] = []
    fresh = access_token()

    def slow() -> AccessToken:
        led.append(1)
        until(lambda: threading.active_count() >= 16)
        return fresh

    assert together(16, lambda _: provider.usable(slow)) == [fresh] * 16
    assert len(led) == 1


def test_dropping_names_the_one_that_was_refused() -> None:
    old, token = access_token("old"), access_token("held")
    provider = Provider(MovedClock(), token)
    provider.invalidate(old)
    assert provider.current is token
    provider.invalidate(token)
    fresh = access_token("made")
    assert provider.usable(lambda: fresh) is fresh
    provider.invalidate(None)
    assert provider.usable(lambda: token) is token


def test_a_token_of_others_is_one_object_while_it_is_the_same() -> None:
    provider = Provider(MovedClock())
    first = adopt(provider, "t0ken")
    assert adopt(provider, "t0ken") is first
    second = adopt(provider, "another")
    assert second is not first
    assert second.expires is None
    assert provider.current is second


def test_threads_that_bring_the_same_token_at_once_hold_the_same_object() -> None:
    provider = Provider(MovedClock())
    provider._lock = lock = WatchedLock()  # type: ignore[assignment]
    tokens: list[AccessToken] = []
    adopting = threading.Thread(target=lambda: tokens.append(adopt(provider, "t0ken")))
    with lock:
        adopting.start()
        until(lambda: lock.waiting == 1)
        provider.current = first = AccessToken.of_text("t0ken")
    adopting.join(10)
    assert tokens == [first]


def test_an_early_renewal_waits_for_nobody() -> None:
    clock, token = MovedClock(), access_token()
    provider = Provider(clock, token)
    clock.now += 3600 - 60
    inside, released = threading.Event(), threading.Event()

    def slow() -> AccessToken:
        inside.set()
        released.wait(10)
        return access_token("newer", 7200)

    leader = threading.Thread(target=provider.usable, args=(slow,))
    leader.start()
    inside.wait(10)
    assert provider.usable(never) is token
    released.set()
    leader.join(10)
    assert provider.usable(never).reveal() == "newer"


def counting(count: list[int]) -> Callable[[], AccessToken]:
    """A sign-in that fails, and is counted."""

    def fail() -> AccessToken:
        count.append(1)
        raise error.AuthenticationError("no route")

    return fail


def test_an_early_renewal_that_failed_waits_ten_seconds_and_no_longer() -> None:
    clock, token = MovedClock(), access_token()
    provider = Provider(clock, token)
    clock.now += 3600 - 110
    tries: list[int] = []
    for moved, count in ((0.0, 1), (9.75, 1), (0.25, 2), (10.0, 3)):
        clock.now += moved
        assert provider.usable(counting(tries)) is token
        assert len(tries) == count


@pytest.mark.parametrize(
    ("left", "renewed"), [(120.25, False), (120.0, True), (60.0, True), (0.0, True), (-9.0, True)]
)
def test_a_token_is_renewed_from_two_minutes_before_its_end(left: float, renewed: bool) -> None:
    clock, token = MovedClock(), access_token()
    provider = Provider(clock, token)
    clock.now += 3600 - left
    newer = access_token("newer", 7200)
    assert provider.usable(lambda: newer) is (newer if renewed else token)


@pytest.mark.parametrize(("left", "kept"), [(0.25, True), (0.0, False), (-9.0, False)])
def test_a_renewal_that_fails_leaves_a_token_in_use_until_its_end(left: float, kept: bool) -> None:
    clock, token = MovedClock(), access_token()
    provider = Provider(clock, token)
    clock.now += 3600 - left
    if kept:
        assert provider.usable(counting([])) is token
    else:
        with pytest.raises(error.AuthenticationError, match="no route"):
            provider.usable(counting([]))


def test_a_token_that_ends_while_its_early_renewal_fails_is_not_used() -> None:
    clock, token = MovedClock(), access_token()
    provider = Provider(clock, token)
    clock.now += 3600 - 60

    def slow() -> AccessToken:
        clock.now += 60
        raise error.AuthenticationError("no route")

    with pytest.raises(error.AuthenticationError, match="no route"):
        provider.usable(slow)


def test_the_lock_is_open_after_an_early_renewal_however_it_ends() -> None:
    clock, token = MovedClock(), access_token()
    provider = Provider(clock, token)
    clock.now += 3600 - 60
    assert provider.usable(counting([])) is token
    assert together(1, lambda _: provider.renew(token, 9, lambda: token)) == [token]


def test_each_failure_is_counted_and_a_success_ends_its_sharing() -> None:
    token = access_token()
    provider = Provider(MovedClock(), token)
    for count in (1, 2, 3):
        with pytest.raises(error.AuthenticationError):
            provider.renew(token, provider.failure_epoch(), failing)
        assert provider.failure_epoch() == count
    newer, newest = access_token("newer"), access_token("newest")
    assert provider.renew(token, 3, lambda: newer) is newer
    assert provider.renew(newer, 0, lambda: newest) is newest


def test_reauthenticating_signs_in_though_the_token_is_good_and_others_failed() -> None:
    token = access_token()
    provider = Provider(MovedClock(), token)
    with pytest.raises(error.AuthenticationError):
        provider.renew(token, 0, failing)
    newer = access_token("newer")
    provider.sign_in = lambda: newer
    provider.reauthenticate(SESSION)
    assert provider.current is newer


def test_an_endpoint_is_looked_up_over_the_session_before_the_first_sign_in_too(
    cloud: FakeCloud,
) -> None:
    policy = retry_policy(cloud.clock, 0, 0.1)
    identity = IdentityClient(cloud.auth_url, policy=policy, redactor=Redactor())
    provider = ApiKeyProvider(identity, username=USER, api_key=Secret(KEY))
    session = Session()
    assert provider.find_endpoint(session, "DFW", None) == cloud.endpoint()
    session.session.close()
