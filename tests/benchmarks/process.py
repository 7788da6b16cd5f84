"""Figures of whole processes: how long a line of Python takes, and how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from lavaclient._auth.token import AccessToken
from lavaclient._auth.token_cache import TokenCache
from lavaclient._config.secret import Secret

# Bare requests gets slower with every variable, so there are none to speak of.
EMPTY = {"HOME": os.environ.get("HOME", "/"), "PATH": os.environ.get("PATH", "")}
_PEAK = """
import resource
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def _run(code: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", code], env=EMPTY, capture_output=True, text=True, check=True
    )
    return ran.stdout


def ratio_of_seconds(ours: str, theirs: str, times: int) -> float:
    """Return the ratio of the shortest runs of two programs that alternate."""
    shortest = [float("inf"), float("inf")]
    for attempt in range(times + 1):
        for index, code in enumerate((ours, theirs)):
            started = time.perf_counter()
            _run(code)
            if attempt:
                shortest[index] = min(shortest[index], time.perf_counter() - started)
    return shortest[0] / shortest[1]


def peak_memory(code: str) -> int:
    """Return the most memory that a program ever held, in KiB."""
    return int(_run(code + _PEAK))


def ratio_of_printed(programs: list[str], times: int) -> float:
    """Return the largest figure beside the smallest, of programs that each print one.

    Of each program, the least that it printed counts; the runs alternate.
    """
    least = [float("inf")] * len(programs)
    for _ in range(times):
        for index, code in enumerate(programs):
            least[index] = min(least[index], float(_run(code)))
    return max(least) / min(least)


def write_token_cache(path: Path, url: str, base: str) -> None:
    """Write what an earlier process would have left there."""
    endpoint = {"region": "DFW", "versionId": "2", "publicURL": base}
    body = {
        "access": {
            "token": {"id": "a-token-from-before", "expires": "2099-01-01T00:00:00Z"},
            "serviceCatalog": [
                {"type": "rax:bigdata", "name": "cloudBigData", "endpoints": [endpoint]}
            ],
        }
    }
    token = AccessToken("a-token-from-before", 4e9, body, time.time())
    owner = ("user", f"{url}/identity/v2.0", "DFW", None)
    TokenCache(str(path), owner, Secret("k" * 32)).save(token)
