"""The demo, run as people run it."""

from __future__ import annotations

import importlib.util
import io
import shutil
import signal
import subprocess
import sys

import pytest

import lavaclient
from lavaclient.sandbox import ManualClock, demo
from lavaclient.sandbox.http.server import SandboxServer
from tests.support.clock import MovedClock

WITHIN = 20
SIGN_IN = "lava = Lava(USERNAME, region='dfw', api_key=API_KEY, auth_url=AUTH_URL)"
BUILD = "cluster = lava.clusters.create('c', 'HDP2.3_Hadoop', 'analyst', ssh_keys=['laptop'])"

needs_ssh = pytest.mark.skipif(
    shutil.which("ssh") is None or importlib.util.find_spec("asyncssh") is None,
    reason="needs the ssh program (OpenSSH's client) and the asyncssh package",
)


class Terminal(io.StringIO):
    """Something to write to that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@needs_ssh
def test_the_demo_runs_a_command_on_a_node(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["--speed", "4000"]) == 0
    told = capsys.readouterr().out
    chapters = ["Its nodes\n---", "Run a command on a node\n---", "Resize it\n---"]
    places = [told.index(chapter) for chapter in chapters]
    assert places == sorted(places)
    assert "Found 5 items\n" in told[places[1] : places[2]]
    assert "No command is run" not in told


@pytest.mark.parametrize("lacking", ["ssh", "asyncssh"])
def test_the_demo_does_without_ssh_and_says_what_to_install(
    lacking: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if lacking == "ssh":
        monkeypatch.setenv("PATH", "/nonexistent")
    else:
        if shutil.which("ssh") is None:
            pytest.skip("needs the ssh program (OpenSSH's client)")
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert demo.main(["--speed", "4000"]) == 0
    told = capsys.readouterr().out
    lines = [line for line in told.splitlines() if line.startswith("No command is run on a node")]
    assert len(lines) == 1
    assert ("OpenSSH's client" in lines[0]) is (lacking == "ssh")
    assert ("lavaclient[sandbox-ssh]" in lines[0]) is (lacking == "asyncssh")
    assert "Run a command on a node" not in told


def test_ctrl_c_ends_the_demo_with_130() -> None:
    command = [sys.executable, "-W", "error", "-m", "lavaclient.sandbox", "demo", "--speed", "1"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            while "BUILDING     [" not in process.stdout.readline():
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=WITHIN)
        finally:
            process.kill()
    assert process.returncode == 130
    assert errors == "\nInterrupted.\n"


def test_on_a_terminal_progress_stays_on_one_line(
    server: SandboxServer, clock: ManualClock
) -> None:
    out = Terminal()
    story = demo.Story(server, out)
    story.tell([("One", (SIGN_IN, "lava.credentials.create_ssh_key('laptop', PUBLIC_KEY)", BUILD))])
    clock.advance(300)
    story.tell([("Two", ("show_progress(cluster.refresh())",))])
    clock.advance(300)
    story.tell([("Three", ("show_progress(cluster.refresh())",))])
    story.close()
    told = out.getvalue()
    assert "\n\r    BUILDING     [##########          ]  52 %\nThree" in told
    assert told.endswith("\r    ACTIVE       [####################] 100 %\n")


def test_a_cluster_that_never_goes_is_not_waited_for_for_ever(server: SandboxServer) -> None:
    clock = MovedClock()
    story = demo.Story(server, io.StringIO(), clock=clock)
    story.tell([("One", (SIGN_IN, "lava.credentials.create_ssh_key('laptop', PUBLIC_KEY)", BUILD))])
    with pytest.raises(lavaclient.TimeoutError, match="still there"):
        story.tell([("Two", ("wait_until_gone(cluster)",))])
    story.close()
    assert sum(clock.pauses) == pytest.approx(30, abs=0.2)


def test_a_story_that_never_signed_in_can_be_closed(server: SandboxServer) -> None:
    out = io.StringIO()
    story = demo.Story(server, out)
    story.tell([("Sums", ("1 + 1", "[]", "[2] * 8", "None"))])
    story.close()
    assert out.getvalue().splitlines()[3:6] == [">>> 1 + 1", "2", ">>> []"]
    assert "  ... and 2 more" in out.getvalue()
