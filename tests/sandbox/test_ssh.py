"""SSH to the sandbox's nodes, with the real ssh program."""

from __future__ import annotations

import contextlib
import shutil
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest

import lavaclient.sandbox
from lavaclient._ssh.command import execute
from lavaclient._ssh.forward import proxy, tunnel
from lavaclient.error import FailedError, ProxyError
from lavaclient.sandbox import ManualClock, Sandbox
from lavaclient.sandbox.__main__ import main
from lavaclient.sandbox.ssh import commands, hosts, pages
from lavaclient.sandbox.ssh.hosts import Host
from lavaclient.sandbox.ssh.server import SandboxSSH
from tests.support.sandbox_callers import DirectCaller

WITHIN = 20

needs_asyncssh = pytest.mark.skipif(
    find_spec("asyncssh") is None, reason="needs the asyncssh package"
)
needs_ssh = pytest.mark.skipif(
    shutil.which("ssh") is None or find_spec("asyncssh") is None,
    reason="needs the ssh program (OpenSSH's client) and the asyncssh package",
)


class Laptop:
    """Somebody with a key, and a cluster that has it."""

    def __init__(self, ssh: SandboxSSH, direct: DirectCaller, name: str) -> None:
        self.key = ssh.new_key(name)
        self.ssh_command = ssh.ssh_command(self.key)
        self.direct = direct
        body = {"key_name": name, "public_key": self.key.with_suffix(".pub").read_text()}
        assert direct.post("credentials/ssh_keys", {"ssh_keys": body}).status == 201
        self.cluster = direct.active_cluster(ssh_keys=[name], username="analyst")

    def address(self, node: str, kind: str = "public") -> str:
        nodes = {entry["name"]: entry for entry in self.direct.nodes(self.cluster)}
        return str(nodes[node]["addresses"][kind][0]["addr"])

    def run(self, command: str, node: str = "master0-1", username: str = "analyst") -> str:
        return execute(username, self.address(node), command, ssh_command=self.ssh_command)


@pytest.fixture
def ssh(sandbox: Sandbox) -> Iterator[SandboxSSH]:
    """Let people in to the sandbox's nodes."""
    with SandboxSSH(sandbox) as ssh:
        yield ssh


@pytest.fixture
def laptop(ssh: SandboxSSH, direct: DirectCaller) -> Laptop:
    """Make a key and a cluster that has it."""
    return Laptop(ssh, direct, "laptop")


@pytest.fixture
def host(sandbox: Sandbox, direct: DirectCaller) -> Host:
    """Give the master of a cluster, without any SSH."""
    direct.active_cluster(name="a & b")
    return hosts.called(sandbox, "master0-1")[0]


# -- commands


@needs_ssh
def test_a_node_answers_commands_as_itself(laptop: Laptop) -> None:
    assert laptop.run("hostname") == "master0-1.local\n"
    assert laptop.run("hostname", "slave0-1") == "slave0-1.local\n"
    assert laptop.run("hostname -I") == laptop.address("master0-1", "private") + "\n"
    assert laptop.run("whoami") == "analyst\n"
    assert laptop.run("echo 'two  spaces' é") == "two  spaces é\n"


@needs_ssh
def test_a_name_leads_to_a_node_as_its_addresses_do(laptop: Laptop) -> None:
    for there in ("Master0-1.local", laptop.address("master0-1", "private")):
        done = execute("analyst", there, "hostname", ssh_command=laptop.ssh_command)
        assert done == "master0-1.local\n"


@needs_ssh
def test_a_command_that_fails_gives_its_status_and_words(laptop: Laptop) -> None:
    with pytest.raises(
        FailedError, match="sandbox: ls: command not found; there are echo"
    ) as caught:
        laptop.run("ls | wc")
    assert caught.value.returncode == 127
    assert "no pipes, no variables" in caught.value.output


@needs_ssh
def test_nothing_runs_on_this_machine(laptop: Laptop, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    assert laptop.run(f"echo $(touch {canary})") == f"$(touch {canary})\n"
    for command in ("touch", "true; touch", "`touch"):
        with pytest.raises(FailedError, match="command not found"):
            laptop.run(f"{command} {canary}")
    assert not canary.exists()


@needs_ssh
def test_a_node_has_no_shell_to_sit_at(laptop: Laptop) -> None:
    there = f"analyst@{laptop.address('slave0-1')}"
    command = [*laptop.ssh_command, "-o", "BatchMode=yes", there]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=WITHIN, check=False
    )
    assert done.returncode == 1
    assert b"there is no shell here; give a command" in done.stderr


def test_commands_tell_of_the_node(host: Host, clock: ManualClock) -> None:
    assert commands.run(host, "hdfs dfs -ls /").stdout.startswith("Found 5 items\ndrwxr")
    assert commands.run(host, "nproc").stdout == "2\n"
    assert "1074 ResourceManager\n" in commands.run(host, "jps").stdout
    assert " up  0:08,  1 user" in commands.run(host, "uptime").stdout
    clock.advance(3 * 86_400 + 3600)
    assert " up 3 days,  1:08,  1 user" in commands.run(host, "uptime").stdout


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("true", 0), ("false", 1), ("exit", 0), ("exit 3", 3), ("exit 256", 0), ("exit x", 2),
        ("", 0), ("echo 'x", 2), ("rm -rf /", 127), ("hdfs", 1), ("hdfs dfs -rm /", 1),
    ],
)  # fmt: skip
def test_commands_end_with_a_status(host: Host, text: str, status: int) -> None:
    outcome = commands.run(host, text)
    assert outcome.status == status
    assert bool(outcome.stderr) is (status in {2, 127} or text.startswith("hdfs"))


def test_hdfs_is_not_there_without_a_namenode(sandbox: Sandbox, direct: DirectCaller) -> None:
    direct.active_cluster(stack_id="HDP2.3_Kafka")
    outcome = commands.run(hosts.called(sandbox, "slave0-1")[0], "hdfs dfs -ls /")
    assert outcome == ("", "sandbox: hdfs: this cluster has no Namenode\n", 127)


# -- who gets in


@needs_ssh
def test_a_key_that_the_cluster_does_not_have_is_refused(ssh: SandboxSSH, laptop: Laptop) -> None:
    laptop.ssh_command = ssh.ssh_command(ssh.new_key("stranger"))
    with pytest.raises(FailedError, match="Permission denied"):
        laptop.run("hostname")


@needs_ssh
def test_another_user_name_is_refused(laptop: Laptop) -> None:
    with pytest.raises(FailedError, match="Permission denied"):
        laptop.run("hostname", username="worker")


@needs_ssh
def test_a_key_that_was_taken_from_the_cluster_is_refused(laptop: Laptop) -> None:
    gone = {"remove_credentials": [{"type": "ssh_keys", "name": "laptop"}]}
    assert laptop.direct.put(f"clusters/{laptop.cluster}", {"cluster": gone}).status == 202
    with pytest.raises(FailedError, match="Permission denied"):
        laptop.run("hostname")


@needs_ssh
def test_a_key_that_was_changed_is_the_new_one(ssh: SandboxSSH, laptop: Laptop) -> None:
    key = ssh.new_key("new")
    body = {"key_name": "laptop", "public_key": key.with_suffix(".pub").read_text()}
    put = laptop.direct.put("credentials/ssh_keys/laptop", {"ssh_keys": body})
    assert put.status == 200
    with pytest.raises(FailedError, match="Permission denied"):
        laptop.run("hostname")
    laptop.ssh_command = ssh.ssh_command(key)
    assert laptop.run("whoami") == "analyst\n"


@needs_ssh
def test_of_two_nodes_with_one_address_the_key_tells_which(
    ssh: SandboxSSH, laptop: Laptop, sandbox: Sandbox
) -> None:
    """Each region counts its addresses for itself."""
    elsewhere = DirectCaller(sandbox)
    elsewhere.region = "lon"
    other = Laptop(ssh, elsewhere, "other")
    assert other.address("slave0-1") == laptop.address("slave0-1")
    sandbox.cluster(other.cluster).username = "londoner"
    assert laptop.run("whoami", "slave0-1") == "analyst\n"
    assert other.run("whoami", "slave0-1", "londoner") == "londoner\n"


@needs_ssh
def test_there_is_no_way_to_what_is_no_node(laptop: Laptop) -> None:
    for there in ("203.0.113.99", "nobody.local"):
        with pytest.raises(FailedError, match="the sandbox has no such node that is up"):
            execute("analyst", there, "hostname", ssh_command=laptop.ssh_command)


@needs_ssh
def test_only_the_ssh_port_of_nodes_can_be_reached_from_outside(laptop: Laptop) -> None:
    elsewhere = [*laptop.ssh_command, "-p", "8088"]
    with pytest.raises(FailedError, match="no such node"):
        execute("analyst", laptop.address("master0-1"), "true", ssh_command=elsewhere)


@needs_ssh
def test_the_way_in_runs_no_command(laptop: Laptop) -> None:
    with pytest.raises(FailedError) as caught:
        execute("sandbox", "lavaclient-sandbox", "hostname", ssh_command=laptop.ssh_command)
    assert caught.value.returncode == 255
    assert "Session refused" in caught.value.output


def test_a_node_is_reached_from_when_it_is_up(
    sandbox: Sandbox, direct: DirectCaller, clock: ManualClock
) -> None:
    direct.cluster()
    assert hosts.called(sandbox, "ambari-1") == []
    clock.advance(200)
    assert [node["status"] for node in direct.nodes(next(iter(sandbox.account().clusters)))]
    assert hosts.called(sandbox, "ambari-1") == []
    clock.advance(400)
    assert [host.status for host in hosts.called(sandbox, "AMBARI-1.local")] == ["ACTIVE"]


def test_a_text_that_is_no_key_lets_nobody_in(sandbox: Sandbox, direct: DirectCaller) -> None:
    text = "ssh-ed25519 not/base64!" + "x" * 40
    body = {"ssh_keys": {"key_name": "odd", "public_key": text}}
    assert direct.post("credentials/ssh_keys", body).status == 201
    direct.active_cluster(ssh_keys=["odd"])
    (host,) = hosts.called(sandbox, "slave0-1")
    assert sandbox.account().fingerprints == {"odd": ""}
    assert not host.authorizes("worker", "SHA256:x")


def test_a_key_is_known_by_its_fingerprint_as_long_as_it_is_there(
    sandbox: Sandbox, direct: DirectCaller
) -> None:
    direct.key("somekey")
    assert sandbox.account().fingerprints["somekey"].startswith("SHA256:")
    assert direct.delete("credentials/ssh_keys/somekey").status == 204
    assert sandbox.account().fingerprints == {}


# -- proxies and tunnels


def fetch(connection: socket.socket, name: str) -> bytes:
    connection.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
    with connection.makefile("rb") as answer:
        return answer.read()


@needs_ssh
def test_a_proxy_shows_the_pages_of_all_nodes_by_name(laptop: Laptop) -> None:
    there = laptop.address("slave0-1")
    with proxy("analyst", there, port=0, ssh_command=laptop.ssh_command) as forward:
        for name, port, title in (
            ("master0-1.local", 8088, b"YARN Resource Manager on master0-1"),
            ("ambari-1", 8080, b"Ambari Server on ambari-1"),
            ("localhost", 8042, b"YARN Node Manager on slave0-1"),
        ):
            with socket.create_connection(("127.0.0.1", forward.port), WITHIN) as connection:
                far = bytes([len(name)]) + name.encode() + port.to_bytes(2, "big")
                connection.sendall(b"\x05\x01\x00")
                assert connection.recv(2) == b"\x05\x00"
                connection.sendall(b"\x05\x01\x00\x03" + far)
                assert connection.recv(10)[:2] == b"\x05\x00"
                assert b"<title>" + title in fetch(connection, name)


@needs_ssh
def test_a_tunnel_shows_the_page_of_a_component(laptop: Laptop) -> None:
    with tunnel(
        "analyst",
        laptop.address("master0-1"),
        local_port=0,
        remote_host=laptop.address("master0-1", "private"),
        remote_port=50070,
        ssh_command=laptop.ssh_command,
    ) as forward:
        address = ("127.0.0.1", forward.port)
        with socket.create_connection(address, WITHIN) as connection:
            assert b"<h1>HDFS Namenode on master0-1</h1>" in fetch(connection, "localhost")
        with socket.create_connection(address, WITHIN) as connection:
            connection.sendall(b"GET / HT")
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""


@needs_ssh
@pytest.mark.parametrize(
    ("name", "port"), [("master0-1.local", 9), ("master0-1.local", 10000), ("192.0.2.1", 80)]
)
def test_nothing_else_can_be_reached_through_a_node(laptop: Laptop, name: str, port: int) -> None:
    forward = tunnel(
        "analyst",
        laptop.address("master0-1"),
        local_port=0,
        remote_host=name,
        remote_port=port,
        ssh_command=laptop.ssh_command,
    )
    received = b""
    with (
        forward,
        contextlib.suppress(ConnectionError),
        socket.create_connection(("127.0.0.1", forward.port), WITHIN) as connection,
    ):
        received = fetch(connection, name)
    assert received == b""


@pytest.mark.parametrize(
    ("request_", "status", "has_body"),
    [
        (b"GET / HTTP/1.1", b"200 OK", True),
        (b"GET /?a=b HTTP/1.0", b"200 OK", True),
        (b"HEAD / HTTP/1.1", b"200 OK", False),
        (b"GET /favicon.ico HTTP/1.1", b"404 Not Found", True),
        (b"POST / HTTP/1.1", b"405 Method Not Allowed", False),
        (b"nonsense", b"405 Method Not Allowed", False),
    ],
)
def test_pages_speak_http(host: Host, request_: bytes, status: bytes, has_body: bool) -> None:
    program = pages.program_at(host, 8088)
    assert program is not None
    head, _, body = pages.reply(host, program, request_ + b"\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status + b"\r\n")
    assert bool(body) is has_body
    if has_body:
        assert f"Content-Length: {len(body)}\r\n".encode() in head


def test_a_page_leads_to_the_others_and_quotes_names(host: Host) -> None:
    program = pages.program_at(host, 50070)
    assert program is not None
    text = pages.page(host, program)
    assert '<a href="http://slave0-1.local:50075/">HDFS Datanode</a>' in text
    assert "Cluster a &amp; b, stack HDP2.3_Hadoop." in text
    assert "master0-1.local (10." in text


# -- its life


@needs_ssh
def test_closing_cuts_what_is_open_and_leaves_nothing(
    sandbox: Sandbox, direct: DirectCaller
) -> None:
    ssh = SandboxSSH(sandbox)
    laptop = Laptop(ssh, direct, "laptop")
    there = laptop.address("slave0-1")
    assert repr(ssh) == f"<SandboxSSH port={ssh.port} config={ssh.config_path}>"
    with proxy("analyst", there, port=0, ssh_command=laptop.ssh_command) as forward:
        ssh.close()
        assert forward.wait(WITHIN) == 255
    ssh.close()
    assert not ssh.config_path.parent.exists()
    assert "sandbox-ssh" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ssh.port), WITHIN).close()
    with pytest.raises(ProxyError):
        proxy("analyst", there, port=0, ssh_command=laptop.ssh_command)


@needs_asyncssh
def test_its_keys_and_files_are_for_their_owner_alone(ssh: SandboxSSH) -> None:
    key = ssh.new_key("laptop")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert key.with_suffix(".pub").read_text().endswith(" laptop\n")
    with pytest.raises(FileExistsError):
        ssh.new_key("laptop")


@needs_asyncssh
def test_a_port_that_is_taken_is_an_error(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        SandboxSSH(sandbox, taken.getsockname()[1])
    assert "sandbox-ssh" not in {thread.name for thread in threading.enumerate()}


def _without_asyncssh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("lavaclient.sandbox.ssh.listener", raising=False)
    monkeypatch.setitem(sys.modules, "asyncssh", None)
    monkeypatch.delitem(sys.modules, "lavaclient.sandbox.ssh.listener", raising=False)
    monkeypatch.delattr(lavaclient.sandbox, "ssh_listener", raising=False)


def test_without_asyncssh_it_says_what_to_install(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_asyncssh(monkeypatch)
    with pytest.raises(RuntimeError, match=r"pip install 'lavaclient\[sandbox-ssh\]'"):
        SandboxSSH(sandbox)


# -- the command line


def test_the_command_line_says_so_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_asyncssh(monkeypatch)
    assert main(["--port", "0", "--ssh"]) == 1
    assert "pip install 'lavaclient[sandbox-ssh]'" in capsys.readouterr().err


@needs_asyncssh
def test_the_command_line_tells_how_to_reach_a_node(capsys: pytest.CaptureFixture[str]) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(main, ["--port", "0", "--quiet", "--ssh"], stop)
        text = ""
        while "USER@NODE" not in text:
            assert not future.done()
            text += capsys.readouterr().out
            threading.Event().wait(0.01)
        config = Path(text.rpartition(" -F ")[2].partition(" ")[0])
        assert config.is_file()
        stop.set()
        assert future.result(WITHIN) == 0
    assert f"ssh_command='ssh -F {config} -i KEY'" in text
    assert not config.exists()
