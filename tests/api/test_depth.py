"""A reader who follows a call down to requests passes seven functions of ours at the most."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

import lavaclient
from lavaclient import Lava, LavaError
from tests.faults.calls import CALLS
from tests.support.fault_server import DETAIL, FaultServer, answer

OURS = str(Path(lavaclient.__file__).parent)
WAITING: dict[str, Callable[[Lava], object]] = {
    "create": lambda lava: lava.clusters.create("n", "s", "ada", ["k"], wait=True, timeout=0.001),
    "resize": lambda lava: lava.clusters.resize("c", {"slave": {"count": 3}}, True, timeout=0.001),
    "delete": lambda lava: lava.clusters.delete("c", True, timeout=0.001),
}


@pytest.mark.parametrize("name", [*CALLS, *WAITING])
def test_no_more_than_seven_functions_of_ours_stand_above_requests(name: str) -> None:
    depths: list[list[str]] = []

    def record(response: requests.Response, **_: object) -> None:
        stack = traceback.extract_stack()
        depths.append([frame.name for frame in stack if frame.filename.startswith(OURS)])

    call = CALLS.get(name) or WAITING[name]
    with (
        FaultServer(answer(body=DETAIL)) as server,
        Lava("ada", token="t" * 16, endpoint=server.endpoint, max_retries=0) as lava,
    ):
        session = lava.session.session
        assert isinstance(session, requests.Session)
        session.hooks["response"].append(record)
        with contextlib.suppress(LavaError):
            call(lava)
    assert depths
    assert max(map(len, depths)) <= 7, max(depths, key=len)
