"""The state file: what was acknowledged is there again, whatever happened to the server."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from lavaclient.sandbox import ManualClock, Sandbox
from lavaclient.sandbox.__main__ import main
from tests.support.sandbox_callers import PUBLIC_KEY, DirectCaller

KILLS = int(os.environ.get("LAVA_SANDBOX_KILLS", "5"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the state is kept."""
    return tmp_path / "state.sqlite"


@pytest.fixture
def opened(path: Path, clock: ManualClock) -> Iterator[Callable[[], DirectCaller]]:
    """Opens sandboxes on the state file, each after the one before was closed."""
    with contextlib.ExitStack() as stack:

        def open_next() -> DirectCaller:
            stack.close()
            sandbox = Sandbox(clock, state_path=path)
            stack.callback(sandbox.close)
            return DirectCaller(sandbox)

        yield open_next


def test_the_state_outlives_the_sandbox(
    opened: Callable[[], DirectCaller], path: Path, clock: ManualClock
) -> None:
    """With clusters, tokens and users; builds go on."""
    first = opened()
    first.sandbox.add_user("user", "k" * 32)
    cluster_id = first.cluster()
    second = opened()
    second.token = first.token
    assert second.get(f"clusters/{cluster_id}").body["cluster"]["status"] == "BUILDING"
    clock.advance(600)
    assert second.get(f"clusters/{cluster_id}").body["cluster"]["status"] == "ACTIVE"
    second.sign_in("user", "k" * 32)
    second.sandbox.fail_cluster(cluster_id)
    third = opened()
    assert third.sandbox.cluster(cluster_id).failed == clock.time()
    third.sandbox.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.glob("*state*")) == [path]


def test_time_does_not_go_back_between_runs(path: Path) -> None:
    """A fast clock was ahead when it stopped."""
    late = ManualClock(1000.0)
    late.advance(5000)
    Sandbox(late, state_path=path).close()
    clock = ManualClock(1000.0)
    Sandbox(clock, state_path=path).close()
    assert clock.time() == late.time()
    later = ManualClock(late.time() + 100)
    Sandbox(later, state_path=path).close()
    assert later.time() == late.time() + 100


def test_what_is_in_memory_is_what_is_in_the_file(
    opened: Callable[[], DirectCaller], clock: ManualClock
) -> None:
    """After each kind of change."""
    caller = opened()
    cluster_id = caller.active_cluster(scripts=[{"id": caller.script()}])
    group = {"id": "slave0", "count": 3, "flavor_id": "hadoop1-7"}
    stack = {"name": "mine", "distro": "HDP2.3", "services": [{"name": "Kafka"}]}
    script_id = caller.script("other")
    changes: list[tuple[str, str, Any]] = [
        ("PUT", f"clusters/{cluster_id}", {"cluster": {"node_groups": [group]}}),
        ("POST", "stacks", {"stack": stack}),
        ("PUT", f"scripts/{script_id}", {"script": {"name": "new name"}}),
        ("DELETE", f"scripts/{script_id}", None),
        (
            "PUT",
            "credentials/ssh_keys/somekey",
            {"ssh_keys": {"key_name": "somekey", "public_key": PUBLIC_KEY[:-1]}},
        ),
        ("DELETE", f"clusters/{cluster_id}", None),
    ]
    for method, target, body in changes:
        assert caller.call(method, target, body).status < 300
        before = caller.sandbox.dump()
        token, caller = caller.token, opened()
        caller.token = token
        assert caller.sandbox.dump() == before
        clock.advance(600)
    caller.sandbox.reset()
    assert opened().sandbox.dump() == {}


def test_lists_keep_their_order_and_ids_go_on(path: Path, clock: ManualClock) -> None:
    """With a seed too, no id is made twice."""
    names = []
    ids: set[str] = set()
    for number in range(4):
        sandbox = Sandbox(clock, state_path=path, seed=1)
        caller = DirectCaller(sandbox)
        names.append(f"script {3 - number}")
        ids.add(caller.script(names[-1]))
        shown = caller.get("scripts").body["scripts"]
        assert [script["name"] for script in shown if not script["is_public"]] == names
        sandbox.close()
    assert len(ids) == 4


def test_tokens_that_are_over_are_forgotten(
    opened: Callable[[], DirectCaller], path: Path, clock: ManualClock
) -> None:
    """In the file as in memory."""
    caller = opened()
    for _ in range(5):
        caller.sign_in()
    clock.advance(86_400)
    caller.sign_in()
    caller.sandbox.close()
    with contextlib.closing(sqlite3.connect(path)) as database:
        count = database.execute("SELECT count(*) FROM record WHERE kind = 'token'").fetchone()
    assert count == (1,)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"users": 5}', b"x" * 4096])
def test_a_file_that_holds_no_state_is_refused(path: Path, content: bytes) -> None:
    """And left as it is."""
    path.write_bytes(content)
    with pytest.raises(ValueError, match="does not hold a sandbox's state"):
        Sandbox(state_path=path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE record (x)")
    content = path.read_bytes()
    with pytest.raises(ValueError, match="does not hold a sandbox's state"):
        Sandbox(state_path=path)
    assert path.read_bytes() == content


def test_records_that_are_none_are_refused(path: Path) -> None:
    Sandbox(state_path=path).close()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE record SET value = '[]'")
    with pytest.raises(ValueError, match="does not hold a sandbox's state"):
        Sandbox(state_path=path)


def test_a_second_sandbox_on_the_same_file_is_refused(path: Path) -> None:
    """Until the first is closed."""
    first = Sandbox(state_path=path)
    with pytest.raises(ValueError, match="is in use by another sandbox"):
        Sandbox(state_path=path)
    first.close()
    Sandbox(state_path=path).close()


@contextlib.contextmanager
def _server(path: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "lavaclient.sandbox", "--port", "0", "--quiet"]
    with subprocess.Popen(
        [*command, "--state", str(path), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            text = "".join(process.stdout.readline() for _ in range(6))
            match = re.search(r"LAVA_AUTH_URL=(\S+)/identity/v2.0", text)
            assert match is not None, (text, process.stderr and process.stderr.read())
            yield process, match[1]
        finally:
            process.kill()


def _sign_in(session: requests.Session, url: str) -> str:
    key = {"username": "sandbox", "apiKey": Sandbox().api_key}
    body = {"auth": {"RAX-KSKEY:apiKeyCredentials": key}}
    answer = session.post(f"{url}/identity/v2.0/tokens", json=body, timeout=10)
    token: str = answer.json()["access"]["token"]["id"]
    return token


def test_what_was_acknowledged_survives_kill_9(path: Path) -> None:
    """Time and again, in the midst of writes; so do the tokens."""
    acknowledged: list[str] = []
    tokens: list[str] = []
    for round_number in range(KILLS):
        with _server(path) as (process, url), requests.Session() as session:
            session.trust_env = False
            for token in tokens[-3:]:
                headers = {"X-Auth-Token": token}
                answer = session.get(f"{url}/dfw/v2/123456/limits", headers=headers, timeout=10)
                assert answer.status_code == 200
            tokens.append(_sign_in(session, url))
            session.headers["X-Auth-Token"] = tokens[-1]
            assert set(acknowledged) <= _script_names(session, url)
            _write_until_killed(process, session, url, f"{round_number}", acknowledged)
    assert len(acknowledged) >= KILLS


def _script_names(session: requests.Session, url: str) -> set[str]:
    names: set[str] = set()
    offset = 0
    while True:
        query = {"offset": str(offset)}
        answer = session.get(f"{url}/dfw/v2/123456/scripts", params=query, timeout=10)
        page = [script["name"] for script in answer.json()["scripts"]]
        if not page:
            return names
        names.update(page)
        offset += len(page)


def _write_until_killed(
    process: subprocess.Popen[str],
    session: requests.Session,
    url: str,
    prefix: str,
    acknowledged: list[str],
) -> None:
    for number in range(1000):
        name = f"{prefix}-{number}"
        script = {"name": name, "type": "POST_INIT", "url": "https://example.com/x.sh"}
        if number == 3:
            killer = subprocess.Popen(["sh", "-c", f"sleep 0.02; kill -9 {process.pid}"])
        try:
            answer = session.post(
                f"{url}/dfw/v2/123456/scripts", json={"script": script}, timeout=10
            )
        except requests.RequestException:
            break
        assert answer.status_code == 200
        acknowledged.append(name)
    assert killer.wait(10) == 0
    assert process.wait(10) == -signal.SIGKILL


def test_a_second_server_on_the_same_file_says_so_in_one_line(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with _server(path):
        assert main(["--port", "0", "--state", str(path)]) == 1
    assert capsys.readouterr().err == (
        f"lavaclient.sandbox: {path}: is in use by another sandbox\n"
    )


@pytest.mark.parametrize("make", ["directory", "missing", "foreign"])
def test_a_file_that_cannot_be_used_is_one_line_and_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], make: str
) -> None:
    target = tmp_path / "state"
    if make == "directory":
        target.mkdir()
    elif make == "missing":
        target = tmp_path / "none" / "state"
    else:
        target.write_text("my diary")
    assert main(["--port", "0", "--state", str(target)]) == 1
    assert re.fullmatch(rf"lavaclient.sandbox: {target}.*\n", capsys.readouterr().err)


def test_a_full_disk_refuses_a_write_and_loses_nothing(path: Path) -> None:
    """What cannot be written is answered, not done; when there is space again, it is."""
    with _server(path) as (process, url), requests.Session() as session:
        session.trust_env = False
        session.headers["X-Auth-Token"] = _sign_in(session, url)

        def create(name: str) -> requests.Response:
            script = {"name": name, "type": "POST_INIT", "url": "https://example.com/x.sh"}
            return session.post(f"{url}/dfw/v2/123456/scripts", json={"script": script}, timeout=10)

        assert create("before").status_code == 200
        written = path.with_name(path.name + "-wal").stat().st_size
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (written, resource.RLIM_INFINITY))
        answer = create("too much")
        assert answer.status_code == 500
        assert "nothing was changed" in answer.json()["fault"]["message"]
        assert "too much" not in _script_names(session, url)
        infinity = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, infinity)
        assert create("too much").status_code == 200
        assert {"before", "too much"} <= _script_names(session, url)
