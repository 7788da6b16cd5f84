"""OpenSSH's client and server as people have them: configurations, signals, keys that change."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lavaclient import FailedError, InvalidError, LavaError
from lavaclient._ssh import child, command
from lavaclient._ssh.command import execute
from lavaclient._ssh.forward import proxy, tunnel
from tests.support.programs import run_python
from tests.support.sshd import SSHD, why_not

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]
WITHIN = 30

needs_sshd = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SSHD]:
    with SSHD(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def banner() -> Iterator[int]:
    """The port of a server whose banner can be fetched."""
    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=_greet, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1]


def _greet(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.sendall(b"here it is")


def fetch(port: int) -> bytes:
    with socket.create_connection((HOST, port), timeout=WITHIN) as connection:
        return connection.recv(100)


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + WITHIN
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A process that nobody has collected is gone as well.
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@needs_sshd
def test_a_command_runs_through_openssh_s_own_server(sshd: SSHD) -> None:
    assert execute(sshd.user, HOST, "echo $((6 * 7))", ssh_command=sshd.ssh()) == "42\n"
    with pytest.raises(FailedError, match=r"exited with status 3: enough$") as caught:
        execute(sshd.user, HOST, "echo half; echo enough >&2; exit 3", ssh_command=sshd.ssh())
    assert (caught.value.returncode, caught.value.output) == (3, "half\nenough\n")


@needs_sshd
def test_a_tunnel_leads_through_openssh_s_own_server(sshd: SSHD, banner: int) -> None:
    with tunnel(
        *(sshd.user, HOST),
        local_port=0,
        remote_host=HOST,
        remote_port=banner,
        ssh_command=sshd.ssh(),
    ) as forward:
        assert fetch(forward.port) == b"here it is"
        pid = forward.pid
    assert is_gone(pid)


# -- row 47: children that somebody else collects

IGNORED = "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)"
STOLEN = """
import os, threading
def steal():
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            pass
threading.Thread(target=steal, daemon=True).start()
"""
RUN = """
from lavaclient import FailedError
from lavaclient._ssh.command import execute
try:
    print(repr(execute("ada", "127.0.0.1", "true", ssh_command=["sh", "-c", {script!r}])))
except FailedError as error:
    print(error)
    print(error.returncode, error.output)
"""


@pytest.mark.parametrize("status", [0, 3, 255])
def test_47_an_ignored_sigchld_is_never_success(status: int) -> None:
    script = f"echo written; exit {status}"
    ran = run_python(f"{IGNORED}\n{RUN.format(script=script)}")
    assert "its exit status is unknown, as SIGCHLD is ignored" in ran.stdout
    assert ran.stdout.endswith("None written\n\n")


def test_47_a_child_that_something_else_collects_is_never_success() -> None:
    results = set()
    for _ in range(5):
        ran = run_python(f"{STOLEN}\n{RUN.format(script='exit 3')}")
        results.add("status is unknown" in ran.stdout or "exited with status 3" in ran.stdout)
    assert results == {True}


def test_47_a_forward_whose_end_nobody_saw_says_so(sshd_or_sleep: list[str]) -> None:
    lines = f"""
{IGNORED}
from lavaclient import FailedError
from lavaclient._ssh.process import Forward
forward = Forward({sshd_or_sleep!r}, 1, "test")
print(forward.poll())
forward.kill()
try:
    print(forward.wait())
except FailedError as error:
    print(error)
print(forward.returncode)
"""
    ran = run_python(lines)
    first, second, third = ran.stdout.splitlines()
    assert first == "None"
    assert "status is unknown" in second
    assert third == "255"


@pytest.fixture
def sshd_or_sleep() -> list[str]:
    """A program that runs until it is told to end."""
    return ["sleep", "600"]


# -- row 48: a forward does not outlive its program

HOLDER = """
import os, sys, time
from lavaclient._ssh.forward import proxy
forward = proxy({user!r}, "127.0.0.1", port=0, ssh_command={ssh!r})
{more}
print(forward.pid, forward.port, flush=True)
time.sleep(600)
"""
FORKED = """
if os.fork() == 0:
    time.sleep(600)
"""


@needs_sshd
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("more", ["", FORKED])
def test_48_a_forward_ends_with_its_program(sshd: SSHD, number: signal.Signals, more: str) -> None:
    lines = HOLDER.format(user=sshd.user, ssh=sshd.ssh(), more=more)
    with subprocess.Popen(
        [sys.executable, "-c", lines],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    ) as program:
        assert program.stdout is not None
        pid, port = map(int, program.stdout.readline().split())
        assert is_listening(port)
        try:
            program.send_signal(number)
            program.wait(WITHIN)
            assert until(lambda: is_gone(pid))
            assert until(lambda: not is_listening(port))
        finally:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)


@needs_sshd
def test_48_nothing_is_left_of_a_forward_that_was_ended(sshd: SSHD) -> None:
    before = _children()
    with proxy(sshd.user, HOST, port=0, ssh_command=sshd.ssh()) as forward:
        assert len(_children() - before) == 2
        os.kill(forward.pid, signal.SIGTERM)
        forward.wait(WITHIN)
    assert until(lambda: _children() == before)


def _children() -> set[int]:
    path = f"/proc/{os.getpid()}/task"
    tasks = os.listdir(path)
    lists = [Path(path, task, "children") for task in tasks]
    return {int(pid) for file in lists if file.exists() for pid in file.read_text().split()}


# -- row 67: what configurations may say

CONFIGURATIONS = [
    "ForkAfterAuthentication yes",
    "SessionType none",
    "SessionType subsystem",
    "RemoteCommand touch {canary}",
    "PermitLocalCommand yes\nLocalCommand touch {canary}",
    "ControlMaster auto\nControlPath {directory}/%C\nControlPersist yes",
    "RequestTTY force\nStdinNull yes",
]


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A directory whose path is short enough for sockets in it."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory)


def _execute_and_tunnel(sshd: SSHD, banner: int, ssh: list[str]) -> int:
    """Run a command and open a tunnel, and return the id of what was the tunnel's process."""
    assert execute(sshd.user, HOST, "echo here", ssh_command=ssh) == "here\n"
    place = {"local_port": 0, "remote_host": HOST, "remote_port": banner}
    with tunnel(sshd.user, HOST, **place, ssh_command=ssh) as forward:  # type: ignore[arg-type]
        assert fetch(forward.port) == b"here it is"
        assert forward.poll() is None
        return forward.pid


@needs_sshd
@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_67_a_configuration_has_no_say_in_what_is_run(
    text: str, sshd: SSHD, banner: int, sockets: Path
) -> None:
    canary = sockets / "canary"
    config = "Host *\n" + text.format(canary=canary, directory=sockets)
    assert is_gone(_execute_and_tunnel(sshd, banner, sshd.ssh(config=config)))
    assert not canary.exists()
    assert list(sockets.iterdir()) == []


OLD_SSH = """#!/bin/sh
for word in "$@"; do
    case $word in ForkAfter*|SessionType*|RemoteCommand*)
        echo "command-line: line 0: Bad configuration option: ${word%=*}" >&2; exit 255;;
    esac
done
exec ssh "$@"
"""


@needs_sshd
def test_67_an_older_ssh_is_not_given_what_it_does_not_know(
    sshd: SSHD, banner: int, tmp_path: Path
) -> None:
    program = tmp_path / "old-ssh"
    program.write_text(OLD_SSH)
    program.chmod(0o700)
    _execute_and_tunnel(sshd, banner, sshd.ssh(program=str(program)))


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and has no banner."""
    with socket.create_server((HOST, 0)) as listener:
        yield listener.getsockname()[1]


@needs_sshd
def test_67_a_server_without_a_banner_is_given_up(sshd: SSHD, silent: int) -> None:
    assert "ConnectTimeout=30" in command.command_line(None, (), "ada", HOST)
    ssh = sshd.ssh("-p", str(silent), "-o", "ConnectTimeout=1")
    with pytest.raises(FailedError, match=r"(?i)timed out") as caught:
        execute(sshd.user, HOST, "true", ssh_command=ssh)
    assert caught.value.returncode == 255


# -- row 68: whose failure it is


@needs_sshd
@pytest.mark.parametrize(
    ("remote", "message"),
    [
        (
            "echo some >&2; exit 255",
            "the command on .* exited with status 255, or ssh failed: some$",
        ),
        ("echo some; exit 255", "the command on .* exited with status 255"),
        ("exit 255", r"ssh gave no reason \(or the command exited with status 255"),
        ("echo some; exec sh -c 'kill -9 $$'", "the command on .* or was ended by a signal"),
        ("kill -9 $$", r"ssh gave no reason \(or .* or was ended by a signal"),
    ],
)
def test_68_a_command_s_own_255_is_told_from_ssh_s(sshd: SSHD, remote: str, message: str) -> None:
    with pytest.raises(FailedError, match=message) as caught:
        execute(sshd.user, HOST, remote, ssh_command=sshd.ssh())
    assert caught.value.returncode == 255


@needs_sshd
def test_68_ssh_s_own_failure_is_told_by_its_words(sshd: SSHD, silent: int) -> None:
    with socket.create_server((HOST, 0)) as probe:
        closed = probe.getsockname()[1]
    with pytest.raises(FailedError, match=r"ssh to .* failed: .*Connection refused"):
        execute(sshd.user, HOST, "true", ssh_command=sshd.ssh("-p", str(closed)))
    with pytest.raises(FailedError, match=r"ssh to .* failed: .*Permission denied"):
        execute("nobody", HOST, "true", ssh_command=sshd.ssh())


def test_68_a_command_that_is_too_long_is_a_bad_argument() -> None:
    with pytest.raises(InvalidError, match="command is too long for a command line"):
        execute("ada", HOST, "x" * 3_000_000, ssh_command=["echo"])


@needs_sshd
def test_68_a_host_key_that_has_changed_names_the_remedy_that_works(
    sshd: SSHD, tmp_path: Path
) -> None:
    known = tmp_path / "known_hosts"
    other = (sshd.directory / "key.pub").read_text()
    known.write_text(f"[{HOST}]:{sshd.port} {other}")
    ssh = [*sshd.ssh()[:3], "-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes"]
    with pytest.raises(FailedError, match="forget its old key: ssh-keygen") as caught:
        execute(sshd.user, HOST, "true", ssh_command=ssh)
    assert "accept-new" not in str(caught.value)
    remedy = str(caught.value).partition("forget its old key: ")[2]
    subprocess.run(["sh", "-c", remedy], check=True, capture_output=True)
    assert f"[{HOST}]:{sshd.port}" not in known.read_text()


# -- row 76: Windows


def test_76_backslashes_of_an_ssh_command_stay_on_windows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command, "_IS_WINDOWS", True)
    text = r'C:\Windows\System32\OpenSSH\ssh.exe -i "C:\my keys\lava" -v'
    assert command.check_ssh_command(text) == [
        *(r"C:\Windows\System32\OpenSSH\ssh.exe", "-i", r"C:\my keys\lava", "-v")
    ]
    with pytest.raises(InvalidError, match="cannot be split"):
        command.check_ssh_command('ssh "x')


def test_76_ssh_is_ended_on_windows_without_process_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child, "_IS_WINDOWS", True)
    monkeypatch.delattr(os, "killpg")
    child.Watchdog().release()
    process = child.Child(["sleep", "600"], stderr=subprocess.DEVNULL)
    assert process.poll() is None
    process.end_group(WITHIN)
    assert process.poll() is not None


def test_whatever_goes_wrong_is_a_lava_error() -> None:
    with pytest.raises(LavaError, match="cannot start"):
        execute("ada", HOST, "true", ssh_command=["/no/such/ssh"])
