"""The rows of the table: what is measured, beside what, and the goal."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from lavaclient import Lava
from tests.benchmarks import process

TOKEN = "0123456789abcdef0123456789abcdef"
HEADERS = {
    "X-Auth-Token": TOKEN,
    "Accept": "application/json",
    "User-Agent": "python-lavaclient/1.0",
    "Client-Request-ID": "7b0d8d3c-4a0e-4f7e-9f6e-0d8f6f6b2f4e",
}
TIMEOUT = 30.0


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: What is measured.
        beside: What it is set against.
        goal: The ratio that it may have at the most.
        measure: Takes the server's URL and returns the ratio.
    """

    what: str
    beside: str
    goal: float
    measure: Callable[[str], float]


def interleaved(ours: Callable[[], object], theirs: Callable[[], object], times: int) -> float:
    """Return the ratio of the medians of calls that alternate."""
    for call in (ours, theirs) * 3:
        call()
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for call, record in zip((ours, theirs), spent, strict=True):
            started = time.perf_counter()
            call()
            record.append(time.perf_counter() - started)
    return statistics.median(spent[0]) / statistics.median(spent[1])


def endpoint(url: str, kind: str) -> str:
    return f"{url}/{kind}/v2/123456"


@contextmanager
def clients(base: str) -> Iterator[tuple[Lava, requests.Session]]:
    with Lava("user", token=TOKEN, endpoint=base) as lava, requests.Session() as session:
        yield lava, session


def one_list(count: int, times: int) -> Callable[[str], float]:
    def measure(url: str) -> float:
        base = endpoint(url, f"whole-{count}")
        with clients(base) as (lava, session):

            def bare() -> object:
                return session.get(f"{base}/clusters", headers=HEADERS, timeout=TIMEOUT).json()

            return interleaved(lava.clusters.list, bare, times)

    return measure


def pages(url: str) -> float:
    base = endpoint(url, "paged-10000")
    with clients(base) as (lava, session):

        def bare() -> list[object]:
            items: list[object] = []
            target = f"{base}/clusters"
            while True:
                body = session.get(target, headers=HEADERS, timeout=TIMEOUT).json()
                items += body["clusters"]
                if not body["links"]:
                    return items
                query = body["links"][0]["href"].partition("?")[2]
                target = f"{base}/clusters?{query}"

        return interleaved(lava.clusters.list, bare, 9)


def threads(url: str) -> float:
    """960 calls from 32 threads: one client for all, beside a session a thread."""
    base = endpoint(url, "whole-1")
    with Lava("user", token=TOKEN, endpoint=base) as lava, ThreadPoolExecutor(32) as pool:
        own = threading.local()
        sessions: list[requests.Session] = []

        def bare(_: int) -> object:
            if not hasattr(own, "session"):
                own.session = requests.Session()
                sessions.append(own.session)
            return own.session.get(f"{base}/clusters", headers=HEADERS, timeout=TIMEOUT).json()

        ratio = interleaved(
            lambda: list(pool.map(lambda _: lava.clusters.list(), range(960))),
            lambda: list(pool.map(bare, range(960))),
            7,
        )
        for session in sessions:
            session.close()
        return ratio


IMPORT = "from lavaclient import Lava"
BARE_IMPORT = "import requests, keystoneauth1.session"
CONSTRUCT = f"""
from lavaclient import Lava
Lava('user', token={TOKEN!r}, endpoint='http://127.0.0.1:1/v2/123456')
"""
BARE_CONSTRUCT = """
import requests, keystoneauth1.session
keystoneauth1.session.Session(session=requests.Session())
"""
LIST_MANY = """
from lavaclient import Lava
found = Lava('user', token={token!r}, endpoint={base!r}).clusters.list()
assert len(found) == 100000
"""
BARE_LIST_MANY = """
import requests
found = requests.Session().get({base!r} + '/clusters', headers={headers!r}, timeout=30).json()
assert len(found['clusters']) == 100000
"""
FIRST_CALL = """
from lavaclient import Lava
Lava('user', region='DFW', api_key='k' * 32, auth_url={auth!r}, token_cache={cache!r}).clusters.list()
"""
BARE_FIRST_CALL = """
import requests
requests.Session().get({base!r} + '/clusters', headers={headers!r}, timeout=30).json()
"""
ADAPTER_FIRST_CALL = """
from keystoneauth1.adapter import Adapter
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token
with_token = Session(auth=Token({base!r}, {token!r}), timeout=30)
adapter = Adapter(with_token, service_type='rax:bigdata', additional_headers={headers!r})
adapter.get('/clusters').json()
"""
PER_ITEM = """
import time
from lavaclient import Lava
many = Lava('user', token={token!r}, endpoint={many!r})
one = Lava('user', token={token!r}, endpoint={one!r})
for _ in range(20):
    one.clusters.list()
held, alone, together = [], 0.0, 0.0
for _ in range({times}):
    started = time.perf_counter()
    one.clusters.list()
    between = time.perf_counter()
    held.append(many.clusters.list())
    together += time.perf_counter() - between
    alone += between - started
print((together - alone) / ({times} * ({count} - 1)))
"""


def starts(ours: str, theirs: str) -> Callable[[str], float]:
    return lambda _: process.ratio_of_seconds(ours, theirs, 15)


def memory(url: str) -> float:
    base = endpoint(url, "whole-100000")
    ours = LIST_MANY.format(token=TOKEN, base=base)
    theirs = BARE_LIST_MANY.format(base=base, headers=HEADERS)
    return process.peak_memory(ours) / process.peak_memory(theirs)


def first_call(theirs: str) -> Callable[[str], float]:
    """Compare a process that makes one call from a warm token cache with one written by hand."""

    def measure(url: str) -> float:
        base = endpoint(url, "whole-1")
        with TemporaryDirectory() as folder:
            cache = Path(folder) / "private" / "token"
            process.write_token_cache(cache, url, base)
            ours = FIRST_CALL.format(auth=f"{url}/identity/v2.0", cache=str(cache))
            by_hand = theirs.format(base=base, headers=HEADERS, token=TOKEN)
            return process.ratio_of_seconds(ours, by_hand, 15)

    return measure


def linear(url: str) -> float:
    """Return the most that an item costs in a list of one size, beside the least in another.

    A process of its own asks for lists of one size until it holds 100,000
    clusters, so that as much memory is asked of the system for each item,
    whatever the size. What a list of one costs is no cost of an item.
    """
    return process.ratio_of_printed(
        [
            PER_ITEM.format(
                token=TOKEN,
                many=endpoint(url, f"whole-{count}"),
                one=endpoint(url, "whole-1"),
                count=count,
                times=100_000 // count,
            )
            for count in (100, 1_000, 10_000, 100_000)
        ],
        5,
    )


GET = "requests.Session().get(...).json()"
ROWS = (
    Row(IMPORT, BARE_IMPORT, 0.60, starts(IMPORT, BARE_IMPORT)),
    Row("that and constructing one", "that and a Session", 1.10, starts(CONSTRUCT, BARE_CONSTRUCT)),
    Row("one small call", GET, 0.62, one_list(1, 1500)),
    Row("list of 100", "the same", 0.62, one_list(100, 500)),
    Row("list of 10,000 in one body", "the same", 0.50, one_list(10_000, 25)),
    Row("peak memory, list of 100,000", "the same", 0.68, memory),
    Row("32 threads on one client, 960 calls", "a session a thread", 0.68, threads),
    Row("10,000 in pages of 100", "a hand-written loop", 0.65, pages),
    Row("first call, warm token cache", "bare, token at hand", 1.40, first_call(BARE_FIRST_CALL)),
    Row("the same first call", "a keystoneauth1 adapter", 1.05, first_call(ADAPTER_FIRST_CALL)),
    Row("time per item, 100 to 100,000", "the least of them", 1.20, linear),
)
