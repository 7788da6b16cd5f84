"""ssh to the sandbox's nodes: in the process, where none is run, and over a port."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lavaclient import FailedError, ProxyError
from lavaclient.cli import main
from lavaclient.sandbox.ssh import hosts
from lavaclient.testing import LavaSandbox, MockLava, mock_lava
from lavaclient.testing._ssh import _read

needs_ssh = pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no ssh here")


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MockLava:
    """A sandbox with a cluster, on a machine whose ssh fails the test."""
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text("#!/bin/sh\necho really run; exit 42\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}:/usr/bin:/bin")
    return mock_lava()


@pytest.fixture
def address(sandbox: MockLava) -> str:
    """The public address of a node of a cluster that is there."""
    sandbox.add_cluster("numbers", username="ops")
    (host,) = hosts.called(sandbox.sandbox, "slave0-1")
    return host.names[2]


def test_a_command_is_answered_by_the_node_itself(sandbox: MockLava) -> None:
    with sandbox:
        sandbox.add_cluster("numbers")
        lava = sandbox.lava()
        assert lava.clusters.ssh_execute("numbers", "slave0-1", "hostname") == "slave0-1.local\n"
        assert "Found 5 items" in lava.clusters.get("numbers").execute_on_node(
            None, "hdfs dfs -ls /", ssh_command="sshpass -e ssh -i key"
        )
        assert [(run.node, run.command) for run in sandbox.ssh_commands] == [
            ("slave0-1", "hostname"),
            ("master0-1", "hdfs dfs -ls /"),
        ]


def test_a_command_that_fails_does_so_with_its_status(sandbox: MockLava) -> None:
    with sandbox:
        sandbox.add_cluster("numbers")
        with pytest.raises(FailedError) as caught:
            sandbox.lava().clusters.ssh_execute("numbers", None, "no-such-program")
        assert caught.value.returncode == 127
        assert "command not found" in str(caught.value.output)


def test_answers_are_scripted_and_the_last_one_that_fits_is_taken(sandbox: MockLava) -> None:
    with sandbox:
        sandbox.add_cluster("numbers")
        execute = sandbox.lava().clusters.ssh_execute
        sandbox.on_ssh("hdfs dfs -du *", "42  /user\n")
        sandbox.on_ssh("hdfs * /tmp", "7  /tmp\n")
        sandbox.on_ssh("restart", "partly\n", 3, stderr="no such unit\n", node_name="slave0-1")
        assert execute("numbers", None, "hdfs dfs -du /user") == "42  /user\n"
        assert execute("numbers", None, "hdfs dfs -du /tmp") == "7  /tmp\n"
        with pytest.raises(FailedError, match="no such unit") as caught:
            execute("numbers", "slave0-1", "restart")
        assert (caught.value.returncode, caught.value.output) == (3, "partly\nno such unit\n")
        with pytest.raises(FailedError, match="command not found"):
            execute("numbers", "master0-1", "restart")
        sandbox.reset()
        assert sandbox.ssh_commands == []
    with pytest.raises(ValueError, match="0 to 255, not 256"):
        sandbox.on_ssh("*", status=256)


@pytest.mark.parametrize(
    ("pattern", "command", "fits"),
    [
        ("uptime", "uptime", True),
        ("uptime", "uptime -p", False),
        ("*", "", True),
        ("a*", "ba", False),
        ("*a", "ab", False),
        ("a*a", "a", False),
        ("a*b*c", "a b c", True),
        ("a*b*c", "acb", False),
        ("a*bb*b", "abb", False),
        ("**", "x", True),
        ("[a]", "a", False),
        ("[a]?", "[a]?", True),
    ],
)
def test_a_pattern_is_the_whole_command(pattern: str, command: str, fits: bool) -> None:
    sandbox = mock_lava()
    sandbox.on_ssh(pattern, "scripted")
    assert (sandbox.sandbox.ssh_answers.find("slave0-1", command) is not None) is fits


def test_no_pattern_takes_long() -> None:
    sandbox = mock_lava()
    sandbox.on_ssh("*a" * 2000 + "*b", "scripted")
    started = time.process_time()
    assert sandbox.sandbox.ssh_answers.find("slave0-1", "a" * 100_000) is None
    assert time.process_time() - started < 5


def test_who_may_not_log_in_and_what_is_not_there_is_said_as_ssh_does(
    sandbox: MockLava, address: str
) -> None:
    with sandbox:
        for line, text in (
            (["-l", "root", address], "root@.*: Permission denied"),
            ([f"ssh://root@{address}/"], "root@.*: Permission denied"),
            (["ops@203.0.113.250"], "port 22: No route to host"),
            (["ops@bastion.example"], "mock_lava: bastion.example is no node of the sandbox"),
        ):
            ran = subprocess.run(
                ["ssh", *line, "true"], capture_output=True, text=True, check=False
            )
            assert (ran.returncode, ran.stdout) == (255, "")

            assert re.search(text, ran.stderr), ran.stderr


def test_proxies_and_tunnels_are_refused_at_once(sandbox: MockLava) -> None:
    with sandbox:
        sandbox.add_cluster("numbers")
        lava = sandbox.lava()
        with pytest.raises(ProxyError, match=r"use LavaSandbox\(ssh=True\)"):
            lava.clusters.ssh_proxy("numbers", port=0)
        with pytest.raises(FailedError, match=r"use LavaSandbox\(ssh=True\)"):
            lava.clusters.ssh_tunnel("numbers", 0, 8088, component="Namenode")


def test_output_goes_where_a_process_would_write_it(
    sandbox: MockLava, address: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ssh = ["ssh", "-p", "22", f"ops@{address}"]
    with sandbox:
        sandbox.on_ssh("both", "out\n", 3, stderr="err\n")
        assert subprocess.call([*ssh, "both"]) == 3
        assert capfd.readouterr() == ("out\n", "err\n")
        with (tmp_path / "log").open("wb") as log:
            subprocess.run([*ssh, "both"], stdout=log, stderr=subprocess.DEVNULL, check=False)
        assert (tmp_path / "log").read_text() == "out\n"
        merged = subprocess.run(
            f"ssh ops@{address} both", shell=True, stdout=-1, stderr=subprocess.STDOUT, check=False
        )
        assert merged.stdout == b"out\nerr\n"
        with subprocess.Popen([*ssh, "both"], stdin=-1, stdout=-1, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("in")
            assert list(process.stdout) == ["out\n"]
            assert (process.poll(), process.wait(), process.returncode) == (3, 3, 3)
            process.kill()
            assert isinstance(process, subprocess.Popen)
        # Nothing is left open where somebody only reads what was written.
        quiet = subprocess.Popen([*ssh, "both"], stdout=-1)
        assert quiet.communicate()[0] == b"out\n"
        assert quiet.stdout is not None
        assert quiet.stdout.closed
        assert subprocess.run([*ssh], capture_output=True, check=False).returncode == 1
        with pytest.raises(subprocess.CalledProcessError):
            subprocess.check_output([*ssh, "both"])
        capfd.readouterr()


def test_other_programs_run_as_ever(sandbox: MockLava) -> None:
    popen = subprocess.Popen
    with sandbox:
        command = [sys.executable, "-c", "print('ssh')"]
        assert subprocess.check_output(command, text=True) == "ssh\n"
        assert subprocess.run(["which", "ssh"], capture_output=True, check=False).stdout
        assert subprocess.run("ssh '", shell=True, capture_output=True, check=False).returncode == 2
    assert subprocess.Popen is popen


def test_elsewhere_ssh_is_run_where_that_is_asked_for() -> None:
    with mock_lava(passthrough=True), pytest.raises(FileNotFoundError):
        subprocess.run(["/no/such/ssh", "bastion.example", "true"], check=False)


def test_the_block_around_answers_for_its_own_nodes(sandbox: MockLava, address: str) -> None:
    with sandbox, mock_lava(passthrough=True):
        ran = subprocess.run(["ssh", f"ops@{address}", "whoami"], capture_output=True, check=False)
        assert ran.stderr.endswith(b"No route to host\n")
    with sandbox, mock_lava(passthrough=True):
        ran = subprocess.run(["ssh", "bastion.example", "true"], capture_output=True, check=False)
        assert b"bastion.example is no node of the sandbox" in ran.stderr


def test_a_node_by_its_name_is_found_in_the_block_around(sandbox: MockLava) -> None:
    with sandbox:
        sandbox.add_cluster("numbers")
        with mock_lava(passthrough=True):
            command = ["ssh", "sandbox@slave0-1", "whoami"]
            assert subprocess.check_output(command) == b"sandbox\n"


def test_code_outside_of_several_blocks_runs_no_ssh(sandbox: MockLava) -> None:
    entered, leave = threading.Barrier(3, timeout=30), threading.Event()

    def hold() -> None:
        with mock_lava():
            entered.wait()
            leave.wait(30)

    holders = [threading.Thread(target=hold) for _ in range(2)]
    for holder in holders:
        holder.start()
    entered.wait()
    ran = subprocess.run(["ssh", "sandbox@slave0-1"], capture_output=True, check=False)
    leave.set()
    for holder in holders:
        holder.join(30)
    assert (ran.returncode, ran.stdout) == (255, b"")
    assert b"belongs to none of the mock_lava blocks" in ran.stderr


def test_a_key_is_what_logs_in(sandbox: MockLava) -> None:
    with sandbox:
        sandbox.add_cluster("numbers", ssh_keys=["laptop"])
        lava = sandbox.lava()
        lava.clusters.delete_ssh_credentials("numbers", ["laptop"])
        sandbox.advance(600)
        with pytest.raises(FailedError, match="Permission denied"):
            lava.clusters.ssh_execute("numbers", None, "whoami")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["ssh", "host"], ("host", "", False)),
        (["/usr/bin/ssh", "-i", "key", "-tt", "ada@host", "ls", "-l"], ("host", "ls -l", False)),
        (["ssh", "host", "-p", "22", "ls"], ("host", "ls", False)),
        (["ssh", "--", "host", "-p"], ("host", "-p", False)),
        (["ssh", "-N", "-D", "1", "host"], ("host", "", True)),
        (["ssh", "-V"], None),
        (["ssh", "-?"], None),
        (["man", "ssh"], None),
        ([], None),
    ],
)
def test_command_lines_are_read_as_ssh_reads_them(
    arguments: list[str], expected: tuple[str, str, bool] | None
) -> None:
    call = _read(arguments)
    assert (call and call[1:]) == expected


def test_the_program_lava_gets_the_same(
    sandbox: MockLava, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with sandbox:
        sandbox.add_cluster("numbers")
        for name, value in sandbox.environ().items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            sys.exit(main(["clusters", "ssh", "numbers", "whoami"]))
        assert ended.value.code in {0, None}
        assert capfd.readouterr().out == "sandbox\n"


@needs_ssh
def test_a_server_lets_ssh_in_with_the_key_of_its_clusters() -> None:
    with LavaSandbox(ssh=True) as sandbox:
        sandbox.add_cluster("numbers")
        sandbox.on_ssh("hdfs dfs -du *", "42  /user\n")
        clusters, ssh = sandbox.lava().clusters, sandbox.ssh_command
        assert clusters.ssh_execute("numbers", None, "whoami", ssh_command=ssh) == "sandbox\n"
        shown = clusters.ssh_execute("numbers", None, "hdfs dfs -du /user", ssh_command=ssh)
        assert shown == "42  /user\n"
        assert [run.command for run in sandbox.ssh_commands] == [
            "whoami",
            "hdfs dfs -du /user",
        ]
        assert sandbox.environ()["LAVA_SSH_COMMAND"].startswith("ssh -F ")


def test_a_server_without_ssh_says_so() -> None:
    with LavaSandbox() as sandbox:
        assert "LAVA_SSH_COMMAND" not in sandbox.environ()
        with pytest.raises(RuntimeError, match=r"LavaSandbox\(ssh=True\)"):
            _ = sandbox.ssh_command


def test_a_server_whose_ssh_cannot_start_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr("lavaclient.sandbox.ssh.listener", raising=False)
    monkeypatch.setitem(sys.modules, "asyncssh", None)
    monkeypatch.delitem(sys.modules, "lavaclient.sandbox.ssh.listener", raising=False)

    before = set(threading.enumerate())
    with pytest.raises(RuntimeError, match="asyncssh"):
        LavaSandbox(ssh=True)
    assert set(threading.enumerate()) <= before
