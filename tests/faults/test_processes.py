"""Rows 46, 55, 57, 58, 64, 72 and 74: forks, signals, imports, threads, the interpreter's end."""

from __future__ import annotations

import builtins
import contextlib
import itertools
import logging
import os
import random
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

import pytest
import requests
import requests.adapters
from keystoneauth1.access import AccessInfoV3
from keystoneauth1.identity import v3
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token

from lavaclient import Lava, LavaError
from lavaclient._config.secret import Secret
from lavaclient._http.redaction import Redactor
from lavaclient._http.service_client import ServiceClient
from lavaclient.api.clusters import ClusterManager
from tests.faults.conftest import TOKEN, Client, Serve
from tests.support.fake_cloud import USER, FakeCloud, Reply
from tests.support.fault_server import FaultServer, answer, stall
from tests.support.programs import run_python
from tests.support.threads import fork, together

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX")


class TimeLimit(Exception):
    """What a job queue's handler raises."""


@contextlib.contextmanager
def alarm(failure: BaseException, seconds: float = 0.2) -> Iterator[None]:
    """Raise this in the main thread after a while, as a signal handler does."""

    def end(number: int, frame: FrameType | None) -> None:
        raise failure

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "kind",
    [
        TimeLimit,
        builtins.TimeoutError,
        OSError,
        builtins.ConnectionError,
        requests.ConnectionError,
        KeyboardInterrupt,
    ],
)
@pytest.mark.parametrize("call", ["list", "create", "sign in"])
def test_64_what_a_signal_handler_raises_passes_at_once_and_without_a_retry(
    kind: type[BaseException], call: str, serve: Serve, client: Client
) -> None:
    def alarm_soon(connection: socket.socket) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        stall(connection)

    failure = kind("job timed out")
    server = serve(alarm_soon)
    lava = client(server, timeout=5)
    calls: dict[str, Callable[[], object]] = {
        "list": lava.clusters.list,
        "create": lambda: lava.clusters.create("n", "s", "ada", ["k"]),
        "sign in": lambda: Lava("u", "DFW", api_key="k" * 32, auth_url=server.url, timeout=5),
    }
    started = time.monotonic()
    with pytest.raises(kind) as caught, alarm(failure, 0):
        calls[call]()
    assert caught.value is failure
    assert time.monotonic() - started < 4
    assert len(server.requests) == 1


def test_64_after_it_the_client_works(serve: Serve, client: Client) -> None:
    server = serve(stall, answer())
    lava = client(server)
    with pytest.raises(TimeLimit), alarm(TimeLimit()):
        lava.clusters.list()
    assert lava.clusters.list() == []


@pytest.mark.parametrize("kind", [LookupError, FileNotFoundError])
def test_64_what_a_hook_raises_passes_as_it_is(
    kind: type[Exception], serve: Serve, client: Client
) -> None:
    failure = kind("a bug of the hook's")

    def hook(response: requests.Response, **options: object) -> None:
        response.close()
        raise failure

    server = serve()
    lava = client(server)
    lava.session.session.hooks["response"].append(hook)
    with pytest.raises(kind) as caught:
        lava.clusters.list()
    assert caught.value is failure
    assert len(server.requests) == 1


def test_64_what_refuses_sockets_in_a_test_passes_as_it_is(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SocketBlockedError(RuntimeError):
        """As pytest-socket has it."""

    def refuse(*args: object, **options: object) -> None:
        raise SocketBlockedError("no sockets in tests")

    lava = client(serve())
    monkeypatch.setattr("socket.socket", refuse)
    with pytest.raises(SocketBlockedError):
        lava.clusters.list()


@pytest.mark.parametrize("lock", ["provider", "budget"])
def test_55_a_signal_handler_may_use_the_client_while_its_thread_holds_a_lock(lock: str) -> None:
    with FakeCloud() as cloud, cloud.client() as lava:
        connection = lava._connection
        locks = {
            "provider": connection.provider._lock,
            "budget": connection.client._policy.budget._lock,
        }
        answers: list[object] = []

        def use(number: int, frame: FrameType | None) -> None:
            answers.append(lava.limits.get())

        before = signal.signal(signal.SIGUSR1, use)
        try:
            with locks[lock]:
                os.kill(os.getpid(), signal.SIGUSR1)
        finally:
            signal.signal(signal.SIGUSR1, before)
        assert len(answers) == 1


def test_55_a_signal_handler_may_use_the_client_wherever_its_thread_is() -> None:
    with FakeCloud() as cloud, cloud.client() as lava:
        answers: list[object] = []

        def use(number: int, frame: FrameType | None) -> None:
            answers.append(lava.limits.get())
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0002, 0.003))

        before = signal.signal(signal.SIGALRM, use)
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        try:
            while len(answers) < 100:
                lava.limits.get()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def child_says(work: Callable[[], bool], seconds: float = 60) -> bool:
    """Fork, and return whether the child did its work in time.

    The child ends by a signal: what others do at a process's end is not what is tested.
    """
    answer_end, child_end = os.pipe()
    child = fork()
    if child == 0:  # pragma: no cover - another process
        try:
            os.write(child_end, b"yes" if work() else b"no")
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(child_end)
    readable, _, _ = select.select([answer_end], [], [], seconds)
    says = os.read(answer_end, 3) if readable else b""
    os.close(answer_end)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return says == b"yes"


@contextlib.contextmanager
def locked_by_another_thread(lock: threading.Lock) -> Iterator[None]:
    """A lock that another thread holds in the block, and so for ever in a child forked there."""
    locked, release = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            locked.set()
            release.wait(120)

    thread = threading.Thread(target=hold)
    thread.start()
    assert locked.wait(30)
    try:
        yield
    finally:
        release.set()
        thread.join()


def test_34_a_fork_while_another_thread_reads_an_answers_cookies(
    client: Client, serve: Serve
) -> None:
    lava = client(serve())
    lava.clusters.list()
    jar = vars(lava.session.session.cookies)
    with locked_by_another_thread(jar["_cookies_lock"]):
        assert child_says(lambda: lava.clusters.list() == [])


def test_34_a_fork_while_another_thread_signs_in_through_a_foreign_plugin() -> None:
    with FakeCloud() as cloud:
        auth = v3.Password(f"{cloud.url}/v3", username=USER, password="hunter22")
        auth.auth_ref = AccessInfoV3({"token": {"expires_at": "2999-01-01T00:00:00Z"}}, TOKEN)
        cloud.good.add(TOKEN)
        with requests.Session() as wire:
            outside = Session(auth=auth, session=wire)
            lava = Lava(None, endpoint=cloud.endpoint(), session=outside)
            with locked_by_another_thread(auth._lock):
                assert child_says(lambda: lava.limits.get().node_count.limit > 0)
            lava.close()


def test_57_a_fork_while_another_thread_makes_the_first_manager(
    client: Client, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    lava = client(serve())
    begun, go_on = threading.Event(), threading.Event()
    parent = os.getpid()

    class SlowManager(ClusterManager):
        def __init__(self, service: ServiceClient) -> None:
            if os.getpid() == parent:
                begun.set()
                go_on.wait(120)
            super().__init__(service)

    monkeypatch.setattr("lavaclient.api.clusters.ClusterManager", SlowManager)
    thread = threading.Thread(target=lambda: lava.clusters)
    thread.start()
    try:
        assert begun.wait(30)
        assert child_says(lambda: lava.clusters.list() == [])
    finally:
        go_on.set()
        thread.join()


def test_46_a_child_has_connections_of_its_own_over_a_session_from_outside(serve: Serve) -> None:
    server = serve()
    with requests.Session() as wire:
        session = Session(auth=Token(server.endpoint, TOKEN), session=wire)
        lava = Lava(None, endpoint=server.endpoint, session=session)
        lava.clusters.list()
        assert child_says(lambda: lava.clusters.list() == [])
        lava.clusters.list()
    assert server.connections == 2


def test_46_a_child_has_connections_of_its_own_over_a_users_adapter(
    serve: Serve, client: Client
) -> None:
    server = serve()
    lava = client(server)
    lava.session.session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=2))
    lava.clusters.list()
    assert child_says(lambda: lava.clusters.list() == [])
    lava.clusters.list()
    assert server.connections == 2


SLOW_IMPORT = """
import os, socket, sys, threading, time, importlib.abc, signal
from lavaclient import Lava

class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == SLOW:
            reached.set()
            time.sleep(0.5)
        return None

SLOW = {slow!r}
reached = threading.Event()
sys.meta_path.insert(0, Slow())

def use():
    with Lava("u", token="t" * 20, endpoint={endpoint!r}) as lava:
        lava.clusters.list()
        lava.credentials, lava.stacks

# glibc has locks of its own while it looks an address up, which nobody can renew in a child.
look_up, looking_up = socket.getaddrinfo, threading.Lock()
def getaddrinfo(*arguments):
    with looking_up:
        return look_up(*arguments)
socket.getaddrinfo = getaddrinfo
os.register_at_fork(
    before=looking_up.acquire,
    after_in_parent=looking_up.release,
    after_in_child=looking_up.release,
)

thread = threading.Thread(target=use)
thread.start()
assert reached.wait(30)
child = os.fork()
if child == 0:
    signal.alarm(30)
    use()
    os._exit(0)
_, status = os.waitpid(child, 0)
thread.join()
print(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.parametrize(
    "slow", ["lavaclient._connection", "lavaclient.api.stacks", "requests", "keystoneauth1.session"]
)
def test_57_a_fork_while_another_thread_makes_the_first_client_does_not_hang(
    slow: str, serve: Serve
) -> None:
    code = SLOW_IMPORT.format(slow=slow, endpoint=serve().endpoint)
    ran = run_python(code, check=False)
    # What others register meanwhile, to run after a fork, may complain; nobody hangs.
    assert (ran.stdout, ran.returncode) == ("0\n", 0)


def test_57_a_call_imports_nothing_of_ours(serve: Serve) -> None:
    code = f"""
    import sys
    from lavaclient import Lava
    lava = Lava("u", token="t" * 20, endpoint={serve().endpoint!r})
    clusters = lava.clusters
    before = set(sys.modules)
    clusters.list()
    print(sorted(name for name in set(sys.modules) - before if name.startswith("lavaclient")))
    """
    assert run_python(code).stdout == "[]\n"


ENDS = {
    "atexit": "atexit.register(use)",
    "del": "lava.end = type('End', (), {'__del__': lambda self: use()})()",
    "daemon threads": "[threading.Thread(target=use, daemon=True).start() for _ in range(8)]",
}


@pytest.mark.parametrize("kind", ENDS)
def test_58_the_interpreter_ends_quietly(kind: str, serve: Serve) -> None:
    code = f"""
    import atexit, threading
    from lavaclient import Lava, LavaError
    lava = Lava("u", token="t" * 20, endpoint={serve().endpoint!r})
    def use():
        try:
            while lava.clusters.list() == [] and {kind == "daemon threads"}:
                pass
        except LavaError:
            pass
    lava.clusters.list()
    {ENDS[kind]}
    """
    ran = run_python(code, flags=("-W", "ignore::ResourceWarning"), check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_72_many_threads_fail_while_tokens_change_with_errors_of_ours_alone() -> None:
    with FakeCloud() as cloud, cloud.client(max_retries=0) as lava:
        numbers = random.Random(7)

        def change(request: object) -> None:
            if numbers.random() < 0.2:
                cloud.kill()
            cloud.outage = Reply(500, {"message": "no"}) if numbers.random() < 0.3 else None

        cloud.before = change

        def storm(number: int) -> set[type]:
            kinds: set[type] = set()
            for _ in range(25):
                try:
                    lava.limits.get()
                except LavaError as failure:
                    kinds.add(type(failure))
            return kinds

        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        try:
            outcomes = together(16, storm)
        finally:
            sys.setswitchinterval(before)
    assert all(isinstance(kinds, set) for kinds in outcomes)


def test_72_a_redactor_is_read_while_tokens_are_added_at_every_place() -> None:
    """A thread that yields wherever it can stands in for one that runs at the same time."""
    redactor = Redactor(Secret("the-key-of-this-test"))
    texts: list[str] = []
    count = itertools.count()

    tracing = sys.gettrace()  # that of who measures the tests' coverage, say

    def add(frame: FrameType, event: str, argument: object) -> object:
        sys.settrace(None)
        redactor.remember(Secret(f"token-number-{next(count):05d}"))
        sys.settrace(add)  # type: ignore[arg-type]
        return add

    sys.settrace(add)  # type: ignore[arg-type]
    try:
        texts += [redactor.sanitize("the-key-of-this-test is here") for _ in range(5)]
    finally:
        sys.settrace(tracing)
    assert set(texts) == {"[hidden] is here"}
    assert len(redactor._tokens) <= 65


def test_74_modules_imported_at_once_by_many_threads_are_all_there() -> None:
    code = """
    import importlib, threading
    names = ["lavaclient.api.clusters", "lavaclient.client", "lavaclient.identity", "lavaclient.error",
             "lavaclient.api.response", "lavaclient._connection", "lavaclient.api.nodes", "lavaclient"]
    barrier = threading.Barrier(16)
    failures = []
    def load(number):
        barrier.wait()
        try:
            importlib.import_module(names[number % len(names)])
            from lavaclient import Lava
            from lavaclient import api
            api.stacks.StackManager, api.clusters.ClusterManager
        except BaseException as failure:
            failures.append(repr(failure))
    threads = [threading.Thread(target=load, args=(number,)) for number in range(16)]
    for thread in threads: thread.start()
    for thread in threads: thread.join(50)
    print(failures, any(thread.is_alive() for thread in threads))
    """
    assert run_python(code).stdout == "[] False\n"


@pytest.fixture
def _nothing_is_logged() -> Iterator[None]:
    """A fork while another thread writes a line leaves the lock of the file that it goes to."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("_nothing_is_logged")
def test_34_a_fork_beside_busy_threads_answers(client: Client, serve: Serve) -> None:
    server: FaultServer = serve()
    lava = client(server)
    ended = threading.Event()
    warm = threading.Barrier(5)

    def busy() -> None:
        sys.settrace(None)  # what measures the tests' coverage has a lock that no child renews
        lava.clusters.list()
        warm.wait(30)  # a name is being looked up no more: a fork in that is the system's matter
        while not ended.is_set():
            lava.clusters.list()

    threads = [threading.Thread(target=busy) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        warm.wait(30)
        assert all(child_says(lambda: lava.clusters.list() == []) for _ in range(4))
    finally:
        ended.set()
        for thread in threads:
            thread.join()
