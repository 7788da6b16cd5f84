"""What time it is in a sandbox, and what makes it pass."""

from __future__ import annotations

import datetime as dt
import time

import pytest
import time_machine
from freezegun import freeze_time

from lavaclient import Lava
from lavaclient.testing import LavaSandbox, ManualClock, SystemClock, mock_lava

NOON = dt.datetime(2031, 5, 4, 12, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize("kind", [mock_lava, LavaSandbox])
def test_it_is_now_and_stands_still_until_it_is_moved(kind: type[LavaSandbox]) -> None:
    before = time.time()
    with kind() as sandbox:
        start = sandbox.clock.time()
        assert int(before) <= start <= time.time()
        sandbox.add_cluster("numbers", status="BUILDING")
        sandbox.advance(600)
        assert sandbox.clock.time() == start + 600
        assert sandbox.lava().clusters.get("numbers").status == "ACTIVE"


def test_a_token_is_good_for_a_day_from_now() -> None:
    with mock_lava() as sandbox:
        token = sandbox.lava().token
        (request,) = sandbox.requests
        assert abs(request.time - time.time()) < 600
        sandbox.advance(86_500)
        assert sandbox.lava().token != token


def test_it_follows_freezegun_forth_and_back() -> None:
    with freeze_time(NOON) as frozen, mock_lava() as sandbox:
        assert sandbox.clock.time() == NOON.timestamp()
        sandbox.add_cluster("numbers", status="BUILDING")
        lava = sandbox.lava()
        assert lava.clusters.get("numbers").created == NOON
        frozen.tick(HOUR)
        assert sandbox.clock.time() == (NOON + HOUR).timestamp()
        assert lava.clusters.get("numbers").status == "ACTIVE"
        frozen.move_to(NOON - HOUR)
        assert sandbox.clock.time() == (NOON - HOUR).timestamp()
        assert lava.limits.get().node_count.remaining > 0
        sandbox.advance(60)
        assert sandbox.clock.time() == (NOON - HOUR).timestamp() + 60


def test_it_follows_time_machine_forth_and_back() -> None:
    with mock_lava() as sandbox:
        start = sandbox.clock.time()
        with time_machine.travel(NOON, tick=False) as traveller:
            assert sandbox.clock.time() == NOON.timestamp()
            lava = sandbox.lava()
            sandbox.add_cluster("numbers", status="BUILDING")
            traveller.shift(HOUR)
            assert lava.clusters.get("numbers").status == "ACTIVE"
            traveller.shift(-2 * HOUR)
            assert sandbox.clock.time() == (NOON - HOUR).timestamp()
            assert lava.limits.get().node_count.remaining > 0
        assert sandbox.clock.time() == start


def test_waiting_moves_it_beside_a_frozen_clock() -> None:
    with freeze_time(NOON), mock_lava() as sandbox:
        sandbox.add_cluster("numbers", status="BUILDING")
        with Lava("sandbox", "DFW", api_key=sandbox.api_key) as lava:
            assert lava.clusters.wait("numbers").status == "ACTIVE"
        assert 600 <= sandbox.clock.time() - NOON.timestamp() < 640


def test_a_wait_during_which_it_goes_back_ends_all_the_same() -> None:
    with freeze_time(NOON) as frozen, mock_lava() as sandbox:
        sandbox.add_cluster("numbers", status="BUILDING")
        moves = iter([NOON - HOUR])

        def go_back(_cluster: object) -> None:
            for moment in moves:
                frozen.move_to(moment)

        built = sandbox.lava().clusters.wait("numbers", timeout=100, on_progress=go_back)
        assert built.status == "ACTIVE"


def test_a_clock_that_was_given_is_the_one() -> None:
    with freeze_time(NOON), mock_lava(clock=ManualClock(1.0)) as sandbox:
        assert sandbox.clock.time() == 1.0


def test_sleep_takes_its_time_unless_it_is_to_move_the_clock() -> None:
    sleep = time.sleep
    with mock_lava() as sandbox:
        before, started = sandbox.clock.time(), time.monotonic()
        time.sleep(0.01)
        assert time.monotonic() - started >= 0.01
        assert sandbox.clock.time() == before
        with mock_lava(fast_sleep=True) as inner:
            before = inner.clock.time()
            time.sleep(3600)
            assert inner.clock.time() - before == 3600
            with pytest.raises(ValueError, match="-1"):
                time.sleep(-1)
        assert sandbox.clock.time() != inner.clock.time()
    assert time.sleep is sleep


def test_code_that_polls_by_itself_waits_in_the_sandbox_s_time() -> None:
    with mock_lava(fast_sleep=True) as sandbox:
        sandbox.add_cluster("numbers", status="BUILDING")
        lava, polls = sandbox.lava(), 0
        while lava.clusters.get("numbers").status != "ACTIVE":
            time.sleep(30)
            polls += 1
        assert polls == 20


def test_on_a_clock_that_runs_a_sleep_is_as_long_as_its_speed_makes_it() -> None:
    with mock_lava(clock=SystemClock(100_000), fast_sleep=True) as sandbox:
        before, started = sandbox.clock.time(), time.monotonic()
        time.sleep(1000)
        assert time.monotonic() - started >= 0.01
        assert sandbox.clock.time() - before >= 1000
