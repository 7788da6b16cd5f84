"""Ctrl-C and forks in the middle of signing in (rows 33 and 34)."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from lavaclient import Lava, error
from lavaclient._system.fork import renew_in_child
from lavaclient.identity import RackspaceApiKey
from tests.support.fake_cloud import KEY, USER, FakeCloud
from tests.support.recorder import SentRequest
from tests.support.threads import fork, until


def interrupt_soon(claim: Callable[[], bool]) -> threading.Thread:
    """Press Ctrl-C as soon as something is so."""

    def press() -> None:
        until(claim)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def holding(cloud: FakeCloud, number: int) -> threading.Event:
    """Keep one sign-in, by its number, from its answer until the event."""
    released = threading.Event()

    def hold(request: SentRequest) -> None:
        if request.path.endswith("/tokens") and cloud.sign_ins == number:
            released.wait(20)

    cloud.before = hold
    return released


def test_33_ctrl_c_while_constructing_propagates(cloud: FakeCloud) -> None:
    released = holding(cloud, 1)
    pressing = interrupt_soon(lambda: cloud.sign_ins == 1)
    with pytest.raises(KeyboardInterrupt):
        cloud.client()
    pressing.join(10)
    released.set()
    with cloud.client() as lava:
        lava.limits.get()


def test_33_after_ctrl_c_in_a_renewal_the_client_works(cloud: FakeCloud) -> None:
    with cloud.client() as lava:
        cloud.kill()
        released = holding(cloud, 2)
        pressing = interrupt_soon(lambda: cloud.sign_ins == 2)
        with pytest.raises(KeyboardInterrupt):
            lava.limits.get()
        pressing.join(10)
        released.set()
        assert lava.limits.get().ram.limit == 10
    assert cloud.sign_ins == 3


def test_33_when_the_leader_is_interrupted_another_thread_leads(cloud: FakeCloud) -> None:
    with cloud.client() as lava:
        cloud.kill()
        released = holding(cloud, 2)
        outcomes: list[object] = []
        waiting = [
            threading.Thread(target=lambda: outcomes.append(lava.limits.get().ram.limit))
            for _ in range(8)
        ]

        def follow() -> None:
            until(lambda: cloud.sign_ins == 2)
            for thread in waiting:
                thread.start()
            until(lambda: cloud.calls == 1 + len(waiting))
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        following = threading.Thread(target=follow)
        following.start()
        with pytest.raises(KeyboardInterrupt):
            lava.limits.get()
        following.join(10)
        for thread in waiting:
            thread.join(10)
        released.set()
        assert outcomes == [10] * 8
    assert cloud.sign_ins == 3


def test_33_ctrl_c_while_waiting_for_the_leader_leaves_it_alone(cloud: FakeCloud) -> None:
    with cloud.client() as lava:
        cloud.kill()
        released = holding(cloud, 2)
        outcomes: list[object] = []
        leader = threading.Thread(target=lambda: outcomes.append(lava.limits.get().ram.limit))
        leader.start()
        until(lambda: cloud.sign_ins == 2)
        pressing = interrupt_soon(lambda: cloud.calls == 2)
        with pytest.raises(KeyboardInterrupt):
            lava.limits.get()
        pressing.join(10)
        released.set()
        leader.join(10)
        assert outcomes == [10]
        assert lava.limits.get().ram.limit == 10
    assert cloud.sign_ins == 2


def in_child(work: Callable[[], bool]) -> int:
    """The exit status of a forked child: 0 when the work says so, within 20 s."""
    child = fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(20)
        status = 1
        try:
            status = 0 if work() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_34_a_fork_while_signing_in_does_not_deadlock(cloud: FakeCloud) -> None:
    with cloud.client() as lava:
        cloud.kill()
        released = holding(cloud, 2)
        leader = threading.Thread(target=lava.limits.get)
        leader.start()
        until(lambda: cloud.sign_ins == 2)
        assert in_child(lambda: lava.limits.get().ram.limit == 10) == 0
        assert cloud.sign_ins == 3
        released.set()
        leader.join(10)
        assert lava.limits.get().ram.limit == 10


def test_34_children_of_a_warm_client_use_its_token(cloud: FakeCloud) -> None:
    with cloud.client() as lava:
        lava.limits.get()
        for _ in range(3):
            assert in_child(lambda: all(lava.limits.get().ram.limit == 10 for _ in range(10))) == 0
        lava.limits.get()
    assert cloud.sign_ins == 1
    assert cloud.calls == 32


def test_34_what_cannot_be_renewed_in_a_child_keeps_nothing_else_from_it() -> None:
    class Owner:
        renewed = 0

        def renew(self) -> None:
            self.renewed += 1
            raise OSError("it cannot")

    owners = [Owner(), Owner()]
    for owner in owners:
        renew_in_child(owner, Owner.renew)
    if (child := fork()) == 0:
        # Another registration meets an open lock, in a thread of its own as well.
        thread = threading.Thread(target=renew_in_child, args=(Owner(), Owner.renew), daemon=True)
        thread.start()
        thread.join(10)
        os._exit([owner.renewed for owner in owners] != [1, 1] or thread.is_alive())
    assert os.waitpid(child, 0)[1] == 0
    assert [owner.renewed for owner in owners] == [0, 0]


def test_34_the_plugin_in_a_forked_child_renews(cloud: FakeCloud) -> None:
    with cloud.client() as lava:
        auth = lava.session.auth
        assert isinstance(auth, RackspaceApiKey)
        first = auth.get_token(lava.session)

        def renew() -> bool:
            auth.invalidate()
            return auth.get_token(lava.session) != first

        assert in_child(renew) == 0
        assert lava.token == first


def test_36_closing_twice_is_nothing_and_use_after_it_an_error(cloud: FakeCloud) -> None:
    lava = cloud.client()
    lava.close()
    lava.close()
    for use in (lava.limits.get, lava.reauthenticate, lava.clusters.list):
        with pytest.raises(error.InvalidError, match="closed"):
            use()
    assert lava.token in cloud.good
    assert cloud.calls == 0


def test_36_a_session_from_outside_stays_open(cloud: FakeCloud) -> None:
    with cloud.client() as owner:
        with Lava(USER, "DFW", session=owner.session) as lava:
            lava.limits.get()
        assert owner.limits.get().ram.limit == 10
    assert KEY.encode() in cloud.requests[0].body
