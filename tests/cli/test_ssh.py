"""``lava clusters ssh``, ``ssh-proxy`` and ``ssh-tunnel``."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from lavaclient.sandbox.http.server import SandboxServer
from lavaclient.sandbox.ssh.server import SandboxSSH
from tests.cli.conftest import CREATE, Program
from tests.support.terminal import lava

ROOT = Path(__file__).resolve().parents[2]

needs_ssh = pytest.mark.skipif(
    shutil.which("ssh") is None or find_spec("asyncssh") is None,
    reason="needs the ssh program (OpenSSH's client) and the asyncssh package",
)


@pytest.fixture
def nodes(sandbox: SandboxServer) -> Iterator[SandboxSSH]:
    """Let people in to the sandbox's nodes."""
    with SandboxSSH(sandbox.sandbox) as ssh:
        yield ssh


@pytest.fixture
def ssh(run: Program, nodes: SandboxSSH, sandbox: SandboxServer) -> str:
    """The option that gets into the active cluster called logs."""
    key = nodes.new_key("laptop")
    run.ok(f"credentials create-ssh-key laptop {key.with_suffix('.pub')}")
    run.ok(CREATE.format("logs"))
    sandbox.sandbox.clock.advance(900)
    return f"--ssh-command={shlex.join(nodes.ssh_command(key))}"


def _fake(tmp_path: Path, lines: str) -> str:
    """Return the option that puts a program in ssh's place."""
    path = tmp_path / "ssh"
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o700)
    return f"--ssh-command={path}"


@needs_ssh
def test_a_command_runs_on_a_node(run: Program, ssh: str) -> None:
    arguments = ("clusters ssh logs --node-name slave0-1", ssh, "--", "hostname")
    assert run.ok(*arguments).out == "slave0-1.local\n"


@needs_ssh
def test_the_exit_status_of_a_command_is_the_programs(run: Program, ssh: str) -> None:
    ran = run("clusters ssh", ssh, "logs", "exit 3")
    assert (ran.status, ran.out, ran.err) == (3, "", "")


def test_what_a_failing_command_wrote_is_on_its_own_streams(
    run: Program, logs: str, tmp_path: Path
) -> None:
    ran = run("clusters ssh", _fake(tmp_path, "echo so far; echo no >&2; exit 2"), "logs", "ls")
    assert (ran.status, ran.out, ran.err) == (2, "so far\n", "no\n")


def test_nothing_after_the_command_begins_is_an_option_of_the_program(
    run: Program, logs: str, tmp_path: Path
) -> None:
    fake = _fake(tmp_path, "shift 4; printf '<%s>' \"$@\"")
    for line, message in (
        ("logs grep -q x --help", "<grep><-q><x><--help>"),
        ("logs -- --wait -f", "<--wait><-f>"),
        ("-- logs ls -l", "<ls><-l>"),
        ("logs df -- -h --columns", "<df><--><-h><--columns>"),
        ("logs --command 'uptime -p'", "<uptime -p>"),
        ("logs --node-name slave0-1 hostname --wait", "<hostname><--wait>"),
        ("--com uptime logs", "<uptime>"),
    ):
        assert run.ok("clusters ssh", fake, *shlex.split(line)).out == message, line


def test_a_command_is_given_once(offline: Program) -> None:
    ran = offline("clusters ssh --command ls logs ls")
    assert ran.status == 2
    assert "give COMMAND or --command, and not both" in ran.err


def test_streams_are_bytes_both_ways(
    sandbox: SandboxServer, run: Program, logs: str, tmp_path: Path
) -> None:
    _fake(tmp_path, "cat; printf '\\377\\0' >&2")
    command = [sys.executable, "-m", "lavaclient.cli", "clusters", "ssh", "logs", "cat"]
    data = bytes(range(256)) * 300
    environ = {**os.environ, "LAVA_SSH_COMMAND": str(tmp_path / "ssh")}
    ran = subprocess.run(
        command, input=data, capture_output=True, env=environ, check=True, cwd=ROOT
    )
    assert (ran.stdout, ran.stderr) == (data, b"\xff\0")


def test_a_session_has_the_terminal_and_ctrl_c_is_for_the_node(
    sandbox: SandboxServer, logs: str, tmp_path: Path
) -> None:
    fake = _fake(
        tmp_path,
        "trap 'echo interrupted' INT\n"
        'echo "$@"; tty >/dev/null && echo terminal; read line || read line\n'
        'echo "got $line"; exit 7',
    )
    line = f"clusters ssh logs --node slave0-1 {fake}"
    with lava(line, sandbox.environ(), columns=200) as terminal:
        terminal.expect("-l analyst -- 203.0.113.")
        terminal.expect("terminal\n")
        terminal.type("\x03")
        terminal.expect("interrupted")
        terminal.type("two\n")
        terminal.expect("got two")
        assert terminal.end() == 7


def test_a_session_that_is_told_to_end_gives_the_terminal_back(
    sandbox: SandboxServer, logs: str, tmp_path: Path
) -> None:
    fake = _fake(
        tmp_path, "trap 'echo restored; exit' TERM\necho begun\nwhile :; do sleep 0.1; done"
    )
    with lava(f"clusters ssh logs {fake}", sandbox.environ(), columns=200) as terminal:
        terminal.expect("begun")
        terminal.signal(signal.SIGTERM)
        terminal.expect("restored")
        assert terminal.end() == 143


def test_a_session_that_ssh_cannot_open_is_an_error(
    run: Program, logs: str, tmp_path: Path
) -> None:
    ran = run("clusters ssh logs", _fake(tmp_path, "echo cannot resolve >&2; exit 255"))
    assert (ran.status, ran.err) == (255, "cannot resolve\n")
    ran = run("clusters ssh logs --ssh-command /nowhere/ssh")
    assert ran.status == 1
    assert "cannot start '/nowhere/ssh'" in ran.err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_cluster_in_progress_is_waited_for_only_when_asked(
    run: Program, building: str, tmp_path: Path
) -> None:
    fake = _fake(tmp_path, "echo there")
    ran = run("clusters ssh", fake, "logs", "whoami")
    assert ran.status == 1
    assert "BUILDING" in ran.err
    ran = run.ok("clusters ssh --wait", fake, "logs", "whoami")
    assert ran.out == "there\n"
    assert "logs: ACTIVE 100%" in ran.err
    assert run.ok("clusters ssh --wait", fake, "logs", "whoami").err == ""


def _connects(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


@needs_ssh
@pytest.mark.parametrize(
    ("line", "before_port"),
    [
        ("clusters ssh-proxy logs --port 0", "SOCKS5 proxy on localhost:"),
        ("clusters ssh-tunnel logs 0 8088 --component ResourceManager", "localhost:"),
    ],
)
def test_a_port_is_open_until_ctrl_c(
    sandbox: SandboxServer, ssh: str, line: str, before_port: str
) -> None:
    with lava(f"{line} {shlex.quote(ssh)}", sandbox.environ(), columns=200) as terminal:
        terminal.expect("Ctrl-C ends it.")
        port = int(terminal.text.partition(before_port)[2].split()[0].rstrip(";"))
        assert _connects(port)
        terminal.interrupt()
        assert terminal.end() == 130
    assert not _connects(port)


@needs_ssh
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_program_that_is_told_to_end_leaves_no_ssh(
    sandbox: SandboxServer, ssh: str, number: signal.Signals, status: int
) -> None:
    line = f"clusters ssh-proxy logs --port 0 {shlex.quote(ssh)}"
    with lava(line, sandbox.environ(), columns=200) as terminal:
        terminal.expect("Ctrl-C ends it.")
        port = int(terminal.text.partition("localhost:")[2].split()[0].rstrip(";"))
        terminal.signal(number)
        assert terminal.end() == status
    assert not _connects(port)


def test_what_nohup_ignores_stays_ignored(run: Program, logs: str, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        run.ok("clusters ssh", _fake(tmp_path, "kill -HUP $PPID; echo there"), "logs", "whoami")
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@needs_ssh
def test_a_proxy_whose_ssh_ends_is_an_error(
    sandbox: SandboxServer, ssh: str, nodes: SandboxSSH
) -> None:
    command = [sys.executable, "-m", "lavaclient.cli", "clusters", "ssh-proxy", "logs", "--port=0"]
    with subprocess.Popen(
        [*command, ssh], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as program:
        assert program.stdout is not None
        assert "Ctrl-C ends it." in program.stdout.readline()
        nodes.close()
        _, errors = program.communicate(timeout=20)
    assert program.returncode == 1
    assert errors.startswith("Error: ssh ended with status 255: ")
