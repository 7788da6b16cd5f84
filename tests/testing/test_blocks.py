"""`mock_lava` blocks side by side: whose sandbox answers whom, and what is left behind."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
import requests
import urllib3

from lavaclient import Lava
from lavaclient.testing import MockLava, mock_lava
from lavaclient.testing._patches import Patch, PatchSet
from tests.testing.test_conformance import CALLS, add_one_of_each

LIMITS = "https://dfw.bigdata.api.rackspacecloud.com/v2/123456/limits"
PATCHED = (
    (requests.Session, "get_adapter"),
    (urllib3.HTTPConnectionPool, "urlopen"),
    (socket, "getaddrinfo"),
    (threading.Thread, "start"),
    (ThreadPoolExecutor, "submit"),
    (time, "sleep"),
)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever gets past the kit fails at once, and is not sent."""

    def connect(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", connect)


def _attributes() -> list[object]:
    return [getattr(owner, name) for owner, name in PATCHED]


def _run_at_once(count: int, work: Callable[[int, threading.Barrier], None]) -> None:
    """Run it in so many threads that belong to no block, and raise what one of them raises."""
    barrier = threading.Barrier(count, timeout=60)
    with ThreadPoolExecutor(count) as pool:
        for future in [pool.submit(work, number, barrier) for number in range(count)]:
            future.result(60)


def test_parallel_threads_each_have_their_own_service() -> None:
    before = _attributes()

    def work(number: int, barrier: threading.Barrier) -> None:
        with mock_lava(username=f"user{number}") as sandbox:
            barrier.wait()
            with Lava(f"user{number}", "DFW", api_key=sandbox.api_key) as lava:
                lava.scripts.create(f"s{number}", "https://example.com/x", "post_init")
                barrier.wait()
                names = [script.name for script in lava.scripts.list() if not script.is_public]
            assert names == [f"s{number}"]
            assert len(sandbox.requests) == 3
            barrier.wait()

    _run_at_once(4, work)
    assert _attributes() == before


def test_the_conformance_calls_work_in_eight_threads_at_once() -> None:
    def work(number: int, barrier: threading.Barrier) -> None:
        barrier.wait()
        for name, (call, expected) in list(CALLS.items())[number % 2 :: 2]:  # four at each
            with mock_lava(seed=1) as sandbox:
                add_one_of_each(sandbox, name)
                assert call(sandbox.lava(), sandbox) == expected, name

    _run_at_once(8, work)


def test_a_thread_and_a_pool_belong_to_the_block_that_starts_them() -> None:
    usernames: list[str] = []

    def sign_in(sandbox: MockLava) -> None:
        Lava(sandbox.username, "DFW", api_key=sandbox.api_key).close()
        usernames.append(sandbox.username)

    def work(number: int, barrier: threading.Barrier) -> None:
        with mock_lava(username=f"user{number}") as sandbox:
            barrier.wait()
            thread = threading.Thread(target=sign_in, args=(sandbox,))
            thread.start()
            thread.join(30)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(sign_in, sandbox).result(30)
            sandbox.assert_requested("POST", "/tokens", times=2)
            barrier.wait()

    _run_at_once(2, work)
    assert sorted(usernames) == ["user0", "user0", "user1", "user1"]


def test_the_work_of_a_shared_pool_belongs_to_the_block_that_submits_it() -> None:
    with ThreadPoolExecutor(1) as shared:

        def work(number: int, barrier: threading.Barrier) -> None:
            with mock_lava(username=f"user{number}") as sandbox:
                barrier.wait()
                shared.submit(sandbox.lava).result(30)
                sandbox.assert_requested("POST", "/tokens", times=1)
                barrier.wait()

        _run_at_once(2, work)


def test_code_outside_of_several_blocks_is_refused_and_nothing_sent() -> None:
    entered, leave = threading.Barrier(3, timeout=30), threading.Event()

    def hold() -> None:
        with mock_lava() as sandbox:
            entered.wait()
            leave.wait(30)
            assert len(sandbox.requests) == 0

    holders = [threading.Thread(target=hold) for _ in range(2)]
    for holder in holders:
        holder.start()
    entered.wait()
    try:
        for url in (LIMITS, "https://example.com/"):
            with pytest.raises(requests.ConnectionError, match="belongs to none of them"):
                requests.get(url, timeout=5)
    finally:
        leave.set()
        for holder in holders:
            holder.join(30)


def test_code_outside_of_the_only_block_is_answered_by_it() -> None:
    go, statuses = threading.Event(), list[int]()

    def ask() -> None:
        go.wait(30)
        statuses.append(requests.get(LIMITS, timeout=5).status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    with mock_lava(), mock_lava() as inner:
        go.set()
        thread.join(30)
        assert len(inner.requests) == 1
    assert statuses == [401]


def test_tasks_each_have_their_own_service() -> None:
    async def work(number: int) -> int:
        with mock_lava(username=f"user{number}") as sandbox:
            await asyncio.sleep(0)
            lava = await asyncio.to_thread(sandbox.lava)
            await asyncio.sleep(0)
            lava.limits.get()
            return len(sandbox.requests)

    async def main() -> list[int]:
        return await asyncio.gather(*map(work, range(5)))

    assert asyncio.run(main()) == [2] * 5


def test_a_thread_that_outlives_its_block_gets_the_block_around_it() -> None:
    go, done = threading.Event(), threading.Event()

    def ask() -> None:
        go.wait(30)
        requests.get(LIMITS, timeout=5)
        done.set()

    with mock_lava() as outer:
        with mock_lava() as inner:
            threading.Thread(target=ask).start()
        go.set()
        assert done.wait(30)
        assert (len(outer.requests), len(inner.requests)) == (1, 0)


def test_blocks_may_end_in_any_order() -> None:
    before = _attributes()
    first, second = mock_lava().start(), mock_lava().start()
    first.stop()
    requests.get(LIMITS, timeout=5)
    assert (len(first.requests), len(second.requests)) == (0, 1)
    second.stop()
    assert _attributes() == before


def test_starting_and_stopping_go_together() -> None:
    sandbox = mock_lava()
    sandbox.stop()
    for _ in range(2):
        assert sandbox.start() is sandbox
        with pytest.raises(RuntimeError, match="started already"):
            sandbox.start()
        with sandbox:
            assert sandbox.lava().clusters.list() == []
            sandbox.add_cluster("numbers")
        sandbox.stop()


def test_a_block_that_fails_to_close_leaves_nothing_behind() -> None:
    before = _attributes()
    with pytest.raises(RuntimeError, match="of the client"), mock_lava() as sandbox:
        lava = sandbox.lava()
        with_fault = mock.patch.object(lava, "close", side_effect=RuntimeError("of the client"))
        with_fault.start()
    with_fault.stop()
    assert _attributes() == before


def test_a_patch_that_was_put_on_top_keeps_working_after_the_block() -> None:
    sandbox = mock_lava().start()
    on_top = mock.patch.object(requests.Session, "get_adapter", autospec=True)
    on_top.start()
    sandbox.stop()
    on_top.stop()
    try:
        # What comes back is the kit's own, which then does nothing.
        with requests.Session() as session:
            assert isinstance(session.get_adapter(LIMITS), requests.adapters.HTTPAdapter)
        with mock_lava():
            assert requests.get(LIMITS, timeout=5).status_code == 401
    finally:
        requests.Session.get_adapter = _original_get_adapter  # type: ignore[method-assign]


_original_get_adapter = requests.Session.get_adapter


def test_a_patch_that_cannot_be_made_undoes_the_others() -> None:
    sleep = time.sleep
    patches = PatchSet(
        [
            Patch(time, "sleep", lambda _original: print),
            Patch(requests, "no_such", lambda original: original),
        ]
    )
    with pytest.raises(AttributeError, match="no_such"):
        patches.acquire()
    assert time.sleep is sleep


def test_a_nested_block_that_passes_on_passes_to_the_one_around_it() -> None:
    with mock_lava(base_url="https://lava.test") as outer, mock_lava(passthrough=True) as inner:
        assert requests.get("https://lava.test/_sandbox/clock", timeout=5).status_code == 200
        assert requests.get(LIMITS, timeout=5).status_code == 401
        assert (len(outer.requests), len(inner.requests)) == (0, 1)
        with pytest.raises(requests.ConnectionError, match="is not for the sandbox"):
            requests.get("https://example.com/", timeout=5)
