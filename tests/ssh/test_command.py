"""Commands through the real ssh program, to a server on loopback."""

from __future__ import annotations

import os
import re
import shutil
import signal
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lavaclient import FailedError, InvalidError
from lavaclient._ssh.command import command_line, execute
from lavaclient._ssh.forward import proxy, tunnel
from tests.support.programs import run_python
from tests.support.ssh_server import SSHServer

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
WITHIN = 20

needs_ssh = pytest.mark.skipif(
    shutil.which("ssh") is None or find_spec("asyncssh") is None,
    reason="needs the ssh program (OpenSSH's client) and the asyncssh package",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SSHServer]:
    with SSHServer(tmp_path_factory.mktemp("ssh")) as server:
        yield server


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    """Name a file that only a command run on this machine could make."""
    path = tmp_path / "canary"
    yield path
    assert not path.exists()


def on_node(server: SSHServer, command: str) -> str:
    return execute("hadoop", HOST, command, ssh_command=server.ssh())


# -- what comes back


@needs_ssh
def test_a_command_gives_what_it_wrote(server: SSHServer) -> None:
    assert on_node(server, "hdfs dfs -ls /") == "hdfs dfs -ls /"


@needs_ssh
def test_a_large_output_arrives_whole(server: SSHServer) -> None:
    assert on_node(server, "spew 300000") == "x" * 300_000


@needs_ssh
def test_bytes_that_are_not_utf8_are_replaced(server: SSHServer) -> None:
    assert on_node(server, "raw 70c3a9ff0a") == "pé\N{REPLACEMENT CHARACTER}\n"


@needs_ssh
def test_a_command_gets_nothing_of_the_programs_own_input(server: SSHServer) -> None:
    script = (
        "from lavaclient._ssh.command import execute\n"
        f"print(execute('hadoop', {HOST!r}, 'input', ssh_command={server.ssh()!r}))\n"
    )
    assert run_python(script, stdin="yes\n").stdout == "b''\n"


@needs_ssh
def test_a_failing_command_gives_status_and_both_streams(server: SSHServer) -> None:
    with pytest.raises(FailedError) as caught:
        on_node(server, "fail 3")
    assert caught.value.returncode == 3
    assert caught.value.output == "half of it\nfirst\nno such \x1b[31mtable\n"
    assert str(caught.value) == (
        "the command on hadoop@127.0.0.1 exited with status 3: no such [31mtable"
    )


@needs_ssh
def test_the_text_of_the_command_stays_out_of_the_error(server: SSHServer) -> None:
    with pytest.raises(FailedError) as caught:
        on_node(server, "fail 4")
    assert "fail 4" not in str(caught.value)


# -- ssh's own failures


@needs_ssh
def test_a_refused_key_gives_ssh_s_words_and_advice(server: SSHServer) -> None:
    with pytest.raises(FailedError, match=r"Permission denied.*ssh -i PATH") as caught:
        execute("hadoop", HOST, "true", ssh_command=server.ssh(key=server.stranger))
    assert caught.value.returncode == 255
    assert "Permission denied" in caught.value.output


@needs_ssh
def test_an_unknown_host_key_is_refused_with_advice(server: SSHServer) -> None:
    command = server.ssh("-o", "UserKnownHostsFile=/dev/null")
    with pytest.raises(FailedError, match=r"Host key verification failed.*accept-new"):
        execute("hadoop", HOST, "true", ssh_command=command)


@needs_ssh
def test_a_dead_server_is_told_from_a_failing_command(server: SSHServer) -> None:
    command = [*server.ssh()[:3], "-p", "1"]
    with pytest.raises(FailedError, match=r"^ssh to hadoop@127.0.0.1 failed: .*refused") as caught:
        execute("hadoop", HOST, "true", ssh_command=command)
    assert caught.value.returncode == 255


@needs_ssh
def test_a_silent_ssh_is_said_to_have_given_no_reason(server: SSHServer) -> None:
    command = server.ssh("-q", key=server.stranger)
    with pytest.raises(FailedError, match="ssh gave no reason"):
        execute("hadoop", HOST, "true", ssh_command=command)


@needs_ssh
def test_debug_lines_of_ssh_are_not_taken_for_the_reason(server: SSHServer) -> None:
    command = server.ssh("-v", key=server.stranger)
    with pytest.raises(FailedError) as caught:
        execute("hadoop", HOST, "true", ssh_command=command)
    assert "debug1" in caught.value.output
    assert "debug1" not in str(caught.value)


def test_a_missing_ssh_program_is_named() -> None:
    with pytest.raises(FailedError, match=r"cannot start 'no-such-ssh' .*ssh_command") as caught:
        execute("hadoop", HOST, "true", ssh_command="no-such-ssh -v")
    assert caught.value.returncode is None
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_an_ssh_that_a_signal_ended_is_told_so() -> None:
    with pytest.raises(FailedError, match="ended by signal 9") as caught:
        execute("hadoop", HOST, "true", ssh_command=["sh", "-c", "kill -9 $$", "ssh"])
    assert caught.value.returncode == -9


def test_a_failure_without_a_word_still_makes_a_line() -> None:
    with pytest.raises(FailedError, match=r"exited with status 7$"):
        execute("hadoop", HOST, "true", ssh_command=["sh", "-c", "exit 7", "ssh"])


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Make SIGINT what it is for a program at a terminal, wherever the tests run."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@needs_ssh
@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_ssh_and_goes_on_to_the_caller(server: SSHServer, tmp_path: Path) -> None:
    started, pid = tmp_path / "started", tmp_path / "pid"
    wrapped = ["sh", "-c", f'echo $$ > {pid}; exec "$@"', "sh", *server.ssh()]
    here = threading.get_ident()

    def press() -> None:
        deadline = time.monotonic() + WITHIN
        while not started.exists() and time.monotonic() < deadline:
            threading.Event().wait(0.02)
        signal.pthread_kill(here, signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        execute("hadoop", HOST, f"hang {started}", ssh_command=wrapped)
    presser.join()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


# -- what may be said to ssh


HOSTILE_COMMANDS = [
    "-oProxyCommand=touch {canary}",
    "-o ProxyCommand='touch {canary}' x",
    "--",
    "-v",
    "echo $HOME ${{HOME}} ~ %h",
    "$(touch {canary}) `touch {canary}`",
    "; touch {canary} & touch {canary} | touch {canary}",
    "' touch {canary} ' \" touch {canary} \"",
    "first line\ntouch {canary}\n",
    "a  b\tc \\ d * ? [a-z] {{1,2}} !! # é",
    " leading and trailing ",
]


@needs_ssh
@pytest.mark.parametrize("template", HOSTILE_COMMANDS)
def test_a_command_reaches_the_node_as_it_is_and_runs_nothing_here(
    server: SSHServer, canary: Path, template: str
) -> None:
    command = template.format(canary=canary)
    assert on_node(server, command) == command


HOSTILE_NAMES = [
    "-oProxyCommand=touch {canary}",
    "-l",
    "--",
    "a b",
    "a\nb",
    "a\n",
    "a\tb",
    "$HOME",
    "$(touch {canary})",
    "`touch {canary}`",
    "a;touch {canary}",
    "a|b",
    "a&b",
    "a'b",
    'a"b',
    "a\\b",
    "a/b",
    "%h",
    "a{{b,c}}",
    "~",
    ".",
    "a\0b",
    "a\x7fb",
    "ümlaut",
    "\u0661",
    "",
    "x" * 256,
    "fe80::1%$(touch {canary})",
    "::g",
    "[::1]",
]


@pytest.mark.parametrize("template", [*HOSTILE_NAMES, "user@host", "ssh://host"])
def test_a_host_that_is_none_is_refused_and_runs_nothing(canary: Path, template: str) -> None:
    host = template.format(canary=canary)
    with pytest.raises(InvalidError, match=r"^host "):
        execute("hadoop", host, "true")
    with pytest.raises(InvalidError, match=r"^host "):
        proxy("hadoop", host)
    with pytest.raises(InvalidError, match=r"^host "):
        tunnel("hadoop", host, local_port=0, remote_host="localhost", remote_port=80)
    with pytest.raises(InvalidError, match=r"^remote_host "):
        tunnel("hadoop", HOST, local_port=0, remote_host=host, remote_port=80)


@pytest.mark.parametrize("template", HOSTILE_NAMES)
def test_a_user_that_is_none_is_refused_and_runs_nothing(canary: Path, template: str) -> None:
    user = template.format(canary=canary)
    with pytest.raises(InvalidError, match=r"^username "):
        execute(user, HOST, "true")
    with pytest.raises(InvalidError, match=r"^username "):
        proxy(user, HOST)
    with pytest.raises(InvalidError, match=r"^username "):
        tunnel(user, HOST, local_port=0, remote_host="localhost", remote_port=80)


@pytest.mark.parametrize("value", [None, 7, b"node"])
def test_names_and_commands_that_are_no_text_are_refused(value: object) -> None:
    with pytest.raises(InvalidError, match=r"^username "):
        execute(value, HOST, "true")  # type: ignore[arg-type]
    with pytest.raises(InvalidError, match=r"^host "):
        execute("hadoop", value, "true")  # type: ignore[arg-type]
    with pytest.raises(InvalidError, match=r"^command "):
        execute("hadoop", HOST, value)  # type: ignore[arg-type]


@pytest.mark.parametrize("command", ["", "  \n", "a\0b", "\ud800"])
def test_a_command_that_cannot_be_sent_is_refused(command: str) -> None:
    with pytest.raises(InvalidError, match=r"^command "):
        execute("hadoop", HOST, command)


@pytest.mark.parametrize("user", ["hadoop", "_svc", "a.b-c_d", "jane@example.com", "0day"])
@pytest.mark.parametrize("host", ["10.0.0.1", "node-1.example.com.", "Master_1", "2001:db8::1"])
def test_a_plain_user_and_host_become_words_of_their_own(user: str, host: str) -> None:
    assert command_line(None, (), user, host)[-4:] == ["-l", user, "--", host]


# -- ssh_command


def test_a_text_is_split_as_a_shell_would_and_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/jane")
    monkeypatch.setenv("LAVA_TEST_KEY", "/keys/my key; touch x")
    arguments = command_line("~/bin/ssh -i $LAVA_TEST_KEY -o 'User Name=a'", (), "hadoop", HOST)
    assert arguments[:5] == [
        "/home/jane/bin/ssh",
        "-i",
        "/keys/my key; touch x",
        "-o",
        "User Name=a",
    ]


def test_a_list_is_taken_as_it_is() -> None:
    arguments = ("ssh", "-i", "$HOME/key", "~/x", "")
    assert tuple(command_line(arguments, (), "hadoop", HOST)[:5]) == arguments


def test_the_users_own_options_come_first_so_that_they_win() -> None:
    arguments = command_line("ssh -o BatchMode=no", (), "hadoop", HOST)
    assert arguments.index("BatchMode=no") < arguments.index("BatchMode=yes")


@pytest.mark.parametrize(
    "ssh_command",
    [
        "",
        "   ",
        "ssh 'open",
        [],
        [""],
        ["ssh", 7],
        ["ssh", "a\0"],
        b"ssh",
        7,
        {"ssh"},
        "~\0",
        "~\ud800",
    ],
)
def test_an_ssh_command_that_is_none_is_refused(ssh_command: object) -> None:
    with pytest.raises(InvalidError, match=r"^ssh_command "):
        execute("hadoop", HOST, "true", ssh_command=ssh_command)  # type: ignore[arg-type]


@needs_ssh
def test_a_text_with_a_key_of_a_variable_path_works(
    server: SSHServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAVA_TEST_KEY", str(server.key))
    text = " ".join(server.ssh()).replace(str(server.key), "$LAVA_TEST_KEY")
    assert "$LAVA_TEST_KEY" in text
    assert execute("hadoop", HOST, "$LAVA_TEST_KEY", ssh_command=text) == "$LAVA_TEST_KEY"


@needs_ssh
def test_a_command_leaves_no_master_connection_behind(server: SSHServer, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"ControlMaster auto\nControlPersist yes\nControlPath {tmp_path}/master\n")
    answer = execute("hadoop", HOST, "hello", ssh_command=server.ssh(config=config))
    assert answer == "hello"
    assert [path.name for path in tmp_path.iterdir()] == ["config"]


@needs_ssh
def test_forwards_of_the_users_configuration_stay_out_of_a_command(
    server: SSHServer, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("ExitOnForwardFailure yes\nLocalForward 192.0.2.1:9 localhost:9\n")
    answer = execute("hadoop", HOST, "hello", ssh_command=server.ssh(config=config))
    assert answer == "hello"


def test_the_error_of_a_bad_name_is_one_line() -> None:
    with pytest.raises(InvalidError) as caught:
        execute("hadoop", "a\nb", "true")
    assert re.fullmatch(r".+", str(caught.value))
