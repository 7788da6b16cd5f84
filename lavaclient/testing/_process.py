"""What of the process is patched while ``mock_lava`` blocks are active, for all of them."""

from __future__ import annotations

import concurrent.futures
import socket
import subprocess
import threading
import time
from collections.abc import Callable

import requests
import urllib3

from lavaclient._system import clock as client_clock
from lavaclient.testing import _blocks, _wire
from lavaclient.testing._patches import Patch, PatchSet
from lavaclient.testing._ssh import answer_ssh

__all__ = ["PATCHES"]


def _live_in_block(original: Callable[[], client_clock.Clock]) -> Callable[[], client_clock.Clock]:
    """Wrap what gives new clients their clock."""

    def default_clock() -> client_clock.Clock:
        block = _blocks.current()
        return original() if block is None else block.time

    return default_clock


def _inherit_block(original: Callable[[threading.Thread], None]) -> Callable[..., None]:
    """Wrap ``threading.Thread.start``."""

    def start(thread: threading.Thread) -> None:
        _blocks.inherit(thread)
        original(thread)

    return start


def _submit_within_block(original: Callable[..., object]) -> Callable[..., object]:
    """Wrap ``submit`` of a pool, whose threads may have been started elsewhere."""

    def submit(
        pool: object, function: Callable[..., object], /, *args: object, **kwargs: object
    ) -> object:
        return original(pool, _blocks.run_within(function), *args, **kwargs)

    return submit


def _move_clock(original: Callable[[float], None]) -> Callable[[float], None]:
    """Wrap ``time.sleep``."""

    def sleep(seconds: float, /) -> None:
        block = _blocks.current()
        if block is None or not block.fast_sleep:
            original(seconds)
        else:
            block.time.sleep(seconds)

    return sleep


PATCHES = PatchSet(
    [
        Patch(requests.Session, "get_adapter", _wire.intercept_adapters),
        Patch(urllib3.HTTPConnectionPool, "urlopen", _wire.intercept_pools),
        Patch(socket, "getaddrinfo", _wire.refuse_names),
        Patch(threading.Thread, "start", _inherit_block),
        Patch(concurrent.futures.ThreadPoolExecutor, "submit", _submit_within_block),
        Patch(time, "sleep", _move_clock),
        Patch(subprocess, "Popen", answer_ssh),
        Patch(client_clock, "default_clock", _live_in_block),
    ]
)
