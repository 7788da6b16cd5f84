"""The SOCKS proxy and tunnels, through the real ssh program to a server on loopback."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lavaclient
from lavaclient import FailedError, InvalidError, LavaError, ProxyError
from lavaclient._ssh import forward as starting
from lavaclient._ssh import process as running
from lavaclient._ssh.child import Child, Watchdog
from lavaclient._ssh.forward import Forward, proxy, tunnel
from lavaclient._system.clock import SystemClock
from tests.support.clock import MovedClock
from tests.support.programs import run_python
from tests.support.ssh_server import SSHServer
from tests.support.threads import fork

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
WITHIN = 20
PAGE = b"NameNode of node-1"

needs_ssh = pytest.mark.skipif(
    shutil.which("ssh") is None or find_spec("asyncssh") is None,
    reason="needs the ssh program (OpenSSH's client) and the asyncssh package",
)


class Page(BaseHTTPRequestHandler):
    """The page of a node's web interface."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SSHServer]:
    with SSHServer(tmp_path_factory.mktemp("ssh")) as server:
        yield server


@pytest.fixture
def web() -> Iterator[int]:
    """Serve the page, and give its port."""
    with HTTPServer((HOST, 0), Page) as web:
        thread = threading.Thread(target=web.serve_forever, args=(0.02,))
        thread.start()
        yield web.server_port
        web.shutdown()
        thread.join()


@pytest.fixture
def silent() -> Iterator[int]:
    """Give the port of something that takes connections and never says a word."""
    with socket.create_server((HOST, 0)) as listener:
        yield listener.getsockname()[1]


def socks(server: SSHServer, port: int | str = 0) -> Forward:
    return proxy("hadoop", HOST, port=port, ssh_command=server.ssh())


def fetch(connection: socket.socket) -> bytes:
    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
    with connection.makefile("rb") as answer:
        return answer.read().partition(b"\r\n\r\n")[2]


def fetch_by_socks(port: int, name: str, far_port: int) -> bytes:
    with socket.create_connection((HOST, port), timeout=WITHIN) as connection:
        connection.sendall(b"\x05\x01\x00")
        assert connection.recv(2) == b"\x05\x00"
        far = bytes([len(name)]) + name.encode() + far_port.to_bytes(2, "big")
        connection.sendall(b"\x05\x01\x00\x03" + far)
        assert connection.recv(10)[:2] == b"\x05\x00"
        return fetch(connection)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def is_gone(pid: int) -> bool:
    """Tell whether there is no such process, not even one that nobody has collected."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


# -- what they do


@needs_ssh
def test_a_page_comes_through_the_proxy_by_a_name_only_the_node_knows(
    server: SSHServer, web: int
) -> None:
    with socks(server) as forward:
        assert fetch_by_socks(forward.port, "node-1.cluster.test", web) == PAGE


@needs_ssh
def test_a_page_comes_through_a_tunnel(server: SSHServer, web: int) -> None:
    with (
        tunnel(
            "hadoop",
            HOST,
            local_port=0,
            remote_host="node-1.cluster.test",
            remote_port=str(web),
            ssh_command=server.ssh(),
        ) as forward,
        socket.create_connection((HOST, forward.port), timeout=WITHIN) as connection,
    ):
        assert fetch(connection) == PAGE


@needs_ssh
def test_a_port_that_is_asked_for_is_the_one_that_is_opened(server: SSHServer) -> None:
    port = free_port()
    with socks(server, str(port)) as forward:
        assert forward.port == port
        assert is_listening(port)


@needs_ssh
def test_a_tunnel_may_lead_to_an_ipv6_address(server: SSHServer) -> None:
    with tunnel(
        "hadoop", HOST, local_port=0, remote_host="::1", remote_port=80, ssh_command=server.ssh()
    ) as forward:
        assert "tunnel to [::1]:80 through 127.0.0.1" in repr(forward)


@needs_ssh
@pytest.mark.skipif(sys.platform != "linux", reason="needs all of 127.0.0.0/8 to be loopback")
def test_it_listens_on_the_loopback_address_alone(server: SSHServer, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("GatewayPorts yes\n")
    # Another address of the loopback network is free only if ssh does not hold all.
    with (
        proxy("hadoop", HOST, port=0, ssh_command=server.ssh(config=config)) as forward,
        socket.create_server(("127.0.0.2", forward.port)) as other,
    ):
        assert other.fileno() > 0


@needs_ssh
def test_a_forward_has_a_connection_of_its_own(server: SSHServer, tmp_path: Path) -> None:
    path = tmp_path / "master"
    config = tmp_path / "config"
    config.write_text(f"ControlMaster auto\nControlPersist yes\nControlPath {path}\n")
    command = server.ssh(config=config)
    with Forward([*command, "-MN", "-o", "ControlPersist=no", HOST], 0, "master") as master:
        deadline = time.monotonic() + WITHIN
        while not path.exists() and time.monotonic() < deadline:
            threading.Event().wait(0.02)
        assert path.exists()
        with proxy("hadoop", HOST, port=0, ssh_command=command) as forward:
            master.kill()
            assert is_listening(forward.port)
            assert forward.poll() is None
        assert not is_listening(forward.port)


@needs_ssh
def test_a_forward_leaves_no_master_connection_behind(server: SSHServer, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"ControlMaster auto\nControlPersist yes\nControlPath {tmp_path}/master\n")
    with proxy("hadoop", HOST, port=0, ssh_command=server.ssh(config=config)) as forward:
        assert forward.poll() is None
        assert not (tmp_path / "master").exists()
    assert not is_listening(forward.port)


# -- how they end


@needs_ssh
def test_leaving_the_block_ends_ssh_and_frees_the_port(server: SSHServer) -> None:
    with socks(server) as forward:
        assert forward.poll() is None
        assert repr(forward) == (
            f"<Forward port={forward.port} SOCKS proxy through {HOST} pid={forward.pid} running>"
        )
    assert forward.returncode is not None
    assert repr(forward).endswith(f"ended with {forward.returncode}>")
    assert is_gone(forward.pid)
    assert not is_listening(forward.port)


@needs_ssh
def test_an_error_in_the_block_ends_ssh_too(server: SSHServer) -> None:
    with pytest.raises(ZeroDivisionError), socks(server) as forward:
        _ = 1 / 0
    assert is_gone(forward.pid)


@needs_ssh
def test_kill_ends_it_for_those_who_wait(server: SSHServer) -> None:
    forward = socks(server)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(forward.wait)
        forward.kill()
        assert waiting.result(WITHIN) == forward.returncode
    assert is_gone(forward.pid)


@needs_ssh
def test_ending_it_twice_is_fine(server: SSHServer) -> None:
    with socks(server) as forward:
        forward.kill()
        forward.kill()
    assert is_gone(forward.pid)


@needs_ssh
def test_a_wait_that_is_too_short_leaves_it_running(server: SSHServer) -> None:
    with socks(server) as forward:
        with pytest.raises(lavaclient.TimeoutError, match=r"still runs after 0.01 s"):
            forward.wait(0.01)
        assert is_listening(forward.port)


@needs_ssh
def test_an_ssh_that_ends_by_itself_is_collected(server: SSHServer) -> None:
    forward = socks(server)
    os.kill(forward.pid, signal.SIGKILL)
    assert forward.wait(WITHIN) == -signal.SIGKILL
    assert is_gone(forward.pid)
    forward.kill()


@needs_ssh
def test_an_ssh_that_does_not_heed_a_polite_signal_is_killed(
    server: SSHServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_GRACE", 0.1)
    forward = socks(server)
    os.kill(forward.pid, signal.SIGSTOP)
    forward.kill()
    assert forward.returncode == -signal.SIGKILL


@needs_ssh
def test_an_ssh_behind_a_program_that_starts_it_is_ended_with_it(server: SSHServer) -> None:
    command = ["sh", "-c", '"$@"; exit $?', "sh", *server.ssh()]
    with proxy("hadoop", HOST, port=0, ssh_command=command) as forward:
        assert is_listening(forward.port)
    assert not is_listening(forward.port)


@needs_ssh
def test_losing_the_last_reference_does_not_end_it(server: SSHServer) -> None:
    forward = socks(server)
    port, pid = forward.port, forward.pid
    del forward
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gc.collect()
    assert is_listening(port)
    running._end_all()
    assert is_gone(pid)


@needs_ssh
@pytest.mark.parametrize("fork", [False, True])
def test_the_end_of_the_interpreter_ends_it_and_that_of_a_fork_does_not(
    server: SSHServer, *, fork: bool
) -> None:
    script = (
        "import os, sys\n"
        "from lavaclient._ssh.forward import proxy\n"
        f"forward = proxy('hadoop', {HOST!r}, port=0, ssh_command={server.ssh()!r})\n"
        f"if {fork} and not os.fork(): sys.exit()\n"
        f"if {fork}: os.wait()\n"
        "print(forward.pid, forward.port, forward.poll())\n"
    )
    done = run_python(script, flags=("-W", "ignore::DeprecationWarning"))
    pid, port, state = done.stdout.split()
    assert (state, done.stderr) == ("None", "")
    assert is_gone(int(pid))
    assert not is_listening(int(port))


@needs_ssh
def test_twenty_proxies_of_many_threads_leave_no_process(server: SSHServer) -> None:
    def visit(_: int) -> tuple[int, int]:
        with socks(server) as forward:
            assert is_listening(forward.port)
            return forward.pid, forward.port

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(visit, range(20)))
    assert len({pid for pid, _ in answers}) == 20
    assert [pid for pid, _ in answers if not is_gone(pid)] == []
    assert not running._RUNNING
    assert not starting._CLAIMED


# -- why they do not start


@needs_ssh
@pytest.mark.parametrize(
    ("flaw", "message"),
    [
        ("key", r"Permission denied .* - to choose a key"),
        ("host key", r"Host key verification failed"),
        ("server", r"port 1: Connection refused"),
        ("program", r"cannot start 'no-such-ssh'"),
    ],
)
def test_what_keeps_ssh_from_starting_is_told_in_its_words(
    server: SSHServer, flaw: str, message: str
) -> None:
    command = {
        "key": server.ssh(key=server.stranger),
        "host key": server.ssh("-o", "UserKnownHostsFile=/dev/null"),
        "server": [*server.ssh()[:3], "-p", "1"],
        "program": ["no-such-ssh"],
    }[flaw]
    with pytest.raises(ProxyError, match=message):
        proxy("hadoop", HOST, port=0, ssh_command=command)
    with pytest.raises(FailedError, match=message):
        tunnel("hadoop", HOST, local_port=0, remote_host="a", remote_port=1, ssh_command=command)
    assert not running._RUNNING


@needs_ssh
def test_a_port_that_another_program_holds_is_refused(server: SSHServer, silent: int) -> None:
    with pytest.raises(ProxyError, match=rf"port {silent} on localhost .*in use"):
        socks(server, silent)


@needs_ssh
def test_of_two_threads_that_want_one_port_one_gets_it(server: SSHServer) -> None:
    port = free_port()

    def start(_: int) -> Forward | LavaError:
        try:
            return socks(server, port)
        except ProxyError as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(start, range(4)))
    started = [result for result in results if isinstance(result, Forward)]
    for forward in started:
        assert forward.poll() is None
        forward.kill()
    assert len(started) == 1


class ThiefClock(SystemClock):
    """A clock in whose first pause another program takes the port, before ssh can.

    Args:
        folder: Where the thief leaves a sign that it has been there.
    """

    def __init__(self, folder: Path) -> None:
        self.loot: socket.socket | None = None
        self._sign = folder / "taken"

    def sleep(self, seconds: float) -> None:
        if self.loot is None:
            (port,) = starting._CLAIMED
            self.loot = socket.create_server((HOST, port))
            self._sign.touch()
        super().sleep(seconds)

    def slow(self, ssh: list[str]) -> list[str]:
        """Return an ``ssh_command`` that begins when the thief has been there."""
        lines = 'while [ ! -e "$0" ]; do sleep 0.01; done; exec "$@"'
        return ["sh", "-c", lines, str(self._sign), *ssh]


@needs_ssh
def test_a_free_port_that_is_taken_in_between_is_replaced_by_another(
    server: SSHServer, tmp_path: Path
) -> None:
    clock = ThiefClock(tmp_path)
    ssh = clock.slow(server.ssh())
    with proxy("hadoop", HOST, port=0, ssh_command=ssh, clock=clock) as forward:
        assert clock.loot is not None
        with clock.loot:
            assert forward.port != clock.loot.getsockname()[1]


@needs_ssh
def test_a_port_that_was_asked_for_and_is_taken_in_between_is_an_error(
    server: SSHServer, tmp_path: Path
) -> None:
    clock = ThiefClock(tmp_path)
    ssh = clock.slow(server.ssh())
    with pytest.raises(ProxyError, match="Address already in use"):
        proxy("hadoop", HOST, port=free_port(), ssh_command=ssh, clock=clock)
    assert clock.loot is not None
    clock.loot.close()


def test_a_free_port_is_never_one_that_another_start_has_in_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken = {port for port in range(65536) if port % 4 < 2}
    monkeypatch.setattr(starting, "_CLAIMED", set(taken))
    kind = starting._ForwardKind(
        lambda number, *, newer: [], "proxy", starting._is_socks, ProxyError
    )
    claimed = {starting._claim(kind, 0) for _ in range(20)}
    assert len(claimed) == 20
    assert not claimed & taken


@needs_ssh
def test_a_node_that_never_answers_is_given_up_when_the_time_is_over(
    server: SSHServer, silent: int
) -> None:
    clock = MovedClock()
    command = [*server.ssh()[:3], "-p", str(silent)]
    with pytest.raises(ProxyError, match=r"no SOCKS proxy .* in time: "):
        proxy("hadoop", HOST, port=0, ssh_command=command, timeout=3, clock=clock)
    assert 3 <= sum(clock.pauses) < 3.1
    assert not running._RUNNING


def test_a_program_that_never_listens_is_given_up_with_what_it_said() -> None:
    command = ["sh", "-c", "echo waiting for a token >&2; exec sleep 60", "ssh"]
    with pytest.raises(FailedError, match=r"in time: .*"):
        tunnel(
            "hadoop",
            HOST,
            local_port=0,
            remote_host="a",
            remote_port=1,
            ssh_command=command,
            clock=MovedClock(),
        )
    assert not running._RUNNING


def test_a_talkative_ssh_is_never_held_up() -> None:
    flood = "i=0; while [ $i -lt 3000 ]; do echo debug1: $i $0$0$0$0 >&2; i=$((i+1)); done"
    command = ["sh", "-c", f"{flood}; echo the end >&2; exit 255", "x" * 100]
    with pytest.raises(ProxyError, match=r": the end$"):
        proxy("hadoop", HOST, port=0, ssh_command=command)


def test_ctrl_c_while_it_starts_ends_ssh() -> None:
    never_ready = ["sh", "-c", "exec sleep 60", "ssh"]
    pids: list[int] = []

    class Interrupted(SystemClock):
        def sleep(self, seconds: float) -> None:
            del seconds
            pids.extend(forward.pid for forward in running._RUNNING)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        proxy("hadoop", HOST, port=0, ssh_command=never_ready, clock=Interrupted())
    assert [is_gone(pid) for pid in pids] == [True]
    assert not starting._CLAIMED


@pytest.mark.parametrize("port", [-1, 65536, True, 1.5, None, "", "1e3", " 80", "٣", "123456"])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(InvalidError, match=r"^port must be"):
        proxy("hadoop", HOST, port=port)
    with pytest.raises(InvalidError, match=r"^local_port must be"):
        tunnel("hadoop", HOST, local_port=port, remote_host="a", remote_port=1)
    with pytest.raises(InvalidError, match=r"^remote_port must be"):
        tunnel("hadoop", HOST, local_port=0, remote_host="a", remote_port=port)


@pytest.mark.parametrize("port", [0, "0"])
def test_the_far_end_of_a_tunnel_cannot_be_any_port(port: int) -> None:
    with pytest.raises(InvalidError, match=r"^remote_port must be .* from 1 "):
        tunnel("hadoop", HOST, local_port=0, remote_host="a", remote_port=port)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_48_a_forked_child_does_not_keep_the_watchdog_from_what_it_is_for() -> None:
    watchdog = Watchdog()
    watched = Child(["sleep", "60"], new_session=True)
    watchdog.watch(watched.pid)
    waits, ends = os.pipe()
    if (forked := fork()) == 0:
        os.close(ends)
        os.read(waits, 1)
        os._exit(0)
    # What the end of this process would do, with the forked one still there.
    os.close(watchdog._pipe)
    try:
        assert watched.wait(WITHIN) == -signal.SIGTERM
    finally:
        for descriptor in (waits, ends):
            os.close(descriptor)
        os.waitpid(forked, 0)
        watched.end_group(1)
        assert watched.stderr is not None
        watched.stderr.close()
        assert watchdog._child is not None
        watchdog._child.end_group(1)
