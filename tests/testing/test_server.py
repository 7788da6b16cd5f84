"""`LavaSandbox`: the sandbox on a port, for other programs."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import requests

from lavaclient import Lava
from lavaclient._system.clock import current_clock
from lavaclient.testing import LavaSandbox, ManualClock, SystemClock


def test_it_serves_until_it_is_closed() -> None:
    before = set(threading.enumerate())
    sandbox = LavaSandbox(username="ada")
    try:
        assert repr(sandbox) == f"<LavaSandbox {sandbox.url}>"
        assert sandbox.auth_url == f"{sandbox.url}/identity/v2.0"
        assert sandbox.endpoint("ORD") == f"{sandbox.url}/ord/v2/123456"
        assert sandbox.username == "ada"
        with Lava.from_env(sandbox.environ()) as lava:
            assert lava.limits.get().node_count.used == 0
    finally:
        sandbox.close()
    sandbox.close()
    assert set(threading.enumerate()) <= before
    with pytest.raises(requests.ConnectionError):
        requests.get(sandbox.url, timeout=5)


def test_its_clients_speak_tls_where_it_does() -> None:
    lines: list[str] = []
    with LavaSandbox(tls=True, log=lines.append) as sandbox:
        bundle = sandbox.environ()["REQUESTS_CA_BUNDLE"]
        assert Path(bundle).is_file()
        assert sandbox.lava().endpoint.startswith("https://127.0.0.1:")
    assert len(lines) == 1
    assert not Path(bundle).exists()


def test_its_time_stands_still_runs_or_is_what_was_given() -> None:
    clock = ManualClock(1.0)
    with LavaSandbox() as still, LavaSandbox(speed=600) as fast, LavaSandbox(clock=clock) as own:
        assert isinstance(still.clock, ManualClock)
        assert isinstance(fast.clock, SystemClock)
        assert fast.clock.speed == 600
        assert own.clock is clock


def test_a_clock_and_a_speed_do_not_go_together() -> None:
    with pytest.raises(ValueError, match="do not go together"):
        LavaSandbox(clock=ManualClock(), speed=2)


def test_only_the_clients_it_makes_live_in_its_time() -> None:
    with LavaSandbox() as sandbox:
        sandbox.advance(1e9)
        assert sandbox.lava()._connection.client.clock.time() == sandbox.clock.time()
        assert current_clock().time() < sandbox.clock.time() - 1e8
