"""The program as people see it: in a terminal."""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lavaclient import Lava
from lavaclient.sandbox.core.clock import SystemClock
from lavaclient.sandbox.http.server import SandboxServer
from lavaclient.sandbox.service import Sandbox
from tests.api.conftest import PUBLIC_KEY
from tests.support.terminal import lava

MINE = f"{getpass.getuser()}@{socket.gethostname()}"


@pytest.fixture
def fast() -> Iterator[SandboxServer]:
    """A sandbox in which ten minutes pass in two seconds."""
    with SandboxServer(Sandbox(SystemClock(speed=400))) as server:
        yield server


@pytest.fixture
def client(sandbox: SandboxServer) -> Iterator[Lava]:
    """A client that sets the scene."""
    with Lava.from_env(sandbox.environ()) as client:
        yield client


@pytest.fixture
def cluster(sandbox: SandboxServer, client: Lava) -> str:
    """The id of an active cluster called logs."""
    client.credentials.create_ssh_key("laptop", PUBLIC_KEY)
    building = client.clusters.create("logs", "HDP2.3_Hadoop", "analyst", ["laptop"])
    sandbox.sandbox.clock.advance(900)
    return building.id


@pytest.mark.parametrize(
    ("columns", "titles"),
    [
        (600, "ID,Name,Status,Role,Flavor,Public IP,Private IP,Components,URLs"),
        (120, "ID,Name,Status,Role,Flavor,Public IP,Private IP"),
        (80, "ID,Name,Status,Role,Public IP"),
    ],
)
def test_a_list_is_a_table_that_fits(
    sandbox: SandboxServer, cluster: str, columns: int, titles: str
) -> None:
    with lava("nodes list logs", sandbox.environ(), columns) as terminal:
        assert terminal.end() == 0
    header, rule, *rows = terminal.text.splitlines()
    if columns < 600:
        assert re.fullmatch("Too narrow for .*components, urls: --columns shows them.", rows.pop())
    assert re.split("  +", header.strip()) == titles.split(",")
    assert set(rule.strip()) == {"─"}
    assert max(map(len, (header, rule, *rows))) <= columns
    assert len(rows) == 4
    assert "\x1b[32mACTIVE" in terminal.raw


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 132, 160])
def test_no_word_is_broken_at_any_width(sandbox: SandboxServer, columns: int) -> None:
    with Lava.from_env(sandbox.environ()) as client:
        stacks = client.stacks.list()
    whole_words = {
        word.strip(",")
        for stack in stacks
        for value in (stack.id, stack.name, stack.distro, stack.description)
        for word in str(value).split()
    }
    whole_words |= {service.name for stack in stacks for service in stack.services}
    titles = {"ID", "Name", "Distro", "Services", "Description"}
    with lava("stacks list", sandbox.environ(), columns) as terminal:
        assert terminal.end() == 0
    lines = terminal.text.splitlines()
    if lines[-1].startswith("Too narrow for "):
        lines.pop()
    shown = {word.strip(",") for line in lines for word in line.split() if "─" not in word}
    assert shown <= whole_words | titles
    with lava("scripts list", sandbox.environ(), columns) as terminal:
        assert terminal.end() == 0
    assert "c5033423-97ff-4215-9552-19d425e1f9dd" in terminal.text
    if columns == 20:
        assert "https://scripts.example.com/mongodb-connector.sh" in terminal.text


def test_columns_that_are_asked_for_are_all_there(sandbox: SandboxServer) -> None:
    line = "scripts list --columns url,name --sort -name"
    with lava(line, sandbox.environ(), 60) as terminal:
        assert terminal.end() == 0
    lines = terminal.text.splitlines()
    assert lines[0] == "URL   https://scripts.example.com/mongodb-connector.sh"
    assert lines[1] == "Name  MongoDB Connector"


def test_a_list_that_is_too_wide_has_a_block_for_each(sandbox: SandboxServer, cluster: str) -> None:
    with lava("nodes list logs", sandbox.environ(), 60) as terminal:
        assert terminal.end() == 0
    first, *others = terminal.text.rstrip().split("\n\n")
    titles = [line.split("  ")[0] for line in first.splitlines()]
    assert [title for title in titles if title] == [
        *("ID", "Name", "Status", "Role", "Flavor", "Public IP", "Private IP", "Components", "URLs")
    ]
    assert len(others) == 3


def test_of_one_thing_the_titles_alone_are_bold(sandbox: SandboxServer, cluster: str) -> None:
    with lava("clusters get logs", sandbox.environ()) as terminal:
        assert terminal.end() == 0
    assert re.search(r"\x1b\[1mName +\x1b\[0mlogs\s", terminal.raw)
    assert re.search(r"\x1b\[1mStatus +\x1b\[0m\x1b\[32mACTIVE\x1b\[0m", terminal.raw)


def test_no_color_is_kept(sandbox: SandboxServer, cluster: str) -> None:
    with lava("clusters list", {**sandbox.environ(), "NO_COLOR": "1"}) as terminal:
        assert terminal.end() == 0
    assert cluster in terminal.text
    assert "\x1b[32m" not in terminal.raw


def test_no_format_gives_text_on_a_terminal(sandbox: SandboxServer, cluster: str) -> None:
    with lava("clusters list --no-format", sandbox.environ()) as terminal:
        assert terminal.end() == 0
    header, line = terminal.text.splitlines()
    assert header == "id,name,status,stack,created"
    assert line.startswith(f"{cluster},logs,ACTIVE,")


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("n", 0), ("", 0)])
def test_a_delete_is_confirmed(
    sandbox: SandboxServer, client: Lava, cluster: str, answer: str, status: int
) -> None:
    with lava("clusters delete logs", sandbox.environ()) as terminal:
        terminal.expect("? [y/N]: ")
        terminal.type(answer + "\n")
        assert terminal.end() == status
    assert client.clusters.get(cluster).status == ("DELETING" if answer == "y" else "ACTIVE")


def test_ctrl_c_at_a_question_ends_with_130(
    sandbox: SandboxServer, client: Lava, cluster: str
) -> None:
    with lava("clusters delete logs", sandbox.environ()) as terminal:
        terminal.expect("? [y/N]: ")
        terminal.interrupt()
        assert terminal.end() == 130
    assert "Traceback" not in terminal.text
    assert client.clusters.get(cluster).status == "ACTIVE"


def test_the_default_key_is_uploaded_when_one_agrees(
    sandbox: SandboxServer, client: Lava, tmp_path: Path
) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_work.pub").write_text(PUBLIC_KEY)
    line = "clusters create logs HDP2.3_Hadoop --username analyst"
    with lava(line, sandbox.environ()) as terminal:
        terminal.expect(f"The service has no SSH key {MINE}.")
        terminal.expect("id_work.pub under this name? [Y/n]: ")
        terminal.type("\n")
        assert terminal.end() == 0
    assert [key.name for key in client.credentials.list_ssh_keys()] == [MINE]
    assert client.clusters.get("logs").ssh_keys == [MINE]
    with lava(line.replace("logs", "more"), sandbox.environ()) as terminal:
        assert terminal.end() == 0


def test_no_key_no_cluster(sandbox: SandboxServer, client: Lava, tmp_path: Path) -> None:
    line = "clusters create logs HDP2.3_Hadoop --username analyst"
    with lava(line, sandbox.environ()) as terminal:
        assert terminal.end() == 1
    assert "make one with ssh-keygen" in " ".join(terminal.text.split())
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_rsa.pub").write_text(PUBLIC_KEY)
    with lava(line, sandbox.environ()) as terminal:
        terminal.expect("[Y/n]: ")
        terminal.type("n\n")
        assert terminal.end() == 1
    assert "a cluster needs an SSH key: give --ssh-key" in terminal.text
    assert client.credentials.list_ssh_keys() == []
    assert client.clusters.list() == []


def test_waiting_shows_a_bar_and_the_time(fast: SandboxServer) -> None:
    with Lava.from_env(fast.environ()) as client:
        client.credentials.create_ssh_key("laptop", PUBLIC_KEY)
    line = "clusters create logs HDP2.3_Hadoop --username me_ --ssh-key laptop --wait --interval .2"
    with lava(line, fast.environ()) as terminal:
        terminal.expect("logs: BUILDING")
        terminal.expect("logs: ACTIVE")
        assert terminal.end() == 0
    assert "━━━" in terminal.text
    assert "100%" in terminal.text
    assert "0:00:0" in terminal.text


def test_ctrl_c_ends_a_wait_with_130(sandbox: SandboxServer, client: Lava) -> None:
    client.credentials.create_ssh_key("laptop", PUBLIC_KEY)
    client.clusters.create("logs", "HDP2.3_Hadoop", "analyst", ["laptop"])
    with lava("clusters wait logs", sandbox.environ()) as terminal:
        terminal.expect("logs: BUILDING")
        terminal.interrupt()
        assert terminal.end() == 130
    assert "Traceback" not in terminal.text


def test_a_secret_is_asked_for_without_echo(sandbox: SandboxServer, client: Lava) -> None:
    with lava("credentials create-ambari admin", sandbox.environ()) as terminal:
        terminal.expect("Password: ")
        terminal.type("password-of-admin\n")
        assert terminal.end() == 0
    assert "password-of-admin" not in terminal.text
    assert [credential.id for credential in client.credentials.list_ambari()] == ["admin"]


def test_headless_never_asks(sandbox: SandboxServer, cluster: str) -> None:
    for line, status in (
        ("credentials create-ambari admin --headless", 2),
        ("clusters list --api-key - --headless", 2),
        ("clusters delete logs --headless", 0),
    ):
        with lava(line, sandbox.environ()) as terminal:
            assert terminal.end() == status, terminal.text


def test_the_shell_answers_and_ends(sandbox: SandboxServer) -> None:
    with lava("shell", {**sandbox.environ(), "PYTHON_BASIC_REPL": "1"}) as terminal:
        terminal.expect("lava is <Lava")
        terminal.type("print(len(lava.flavors.list()) * 0 + 41)\r")
        terminal.expect("\n41")
        terminal.type("exit()\r")
        assert terminal.end() == 0


def test_the_sandbox_runs_until_ctrl_c() -> None:
    with lava("sandbox --port 0", {}) as terminal:
        terminal.expect("export LAVA_AUTH_URL=")
        terminal.interrupt()
        assert terminal.end() == 0
    assert "Traceback" not in terminal.text


@pytest.mark.parametrize("columns", [80, 160])
def test_the_first_session_of_a_new_user(fast: SandboxServer, tmp_path: Path, columns: int) -> None:
    service = fast.sandbox
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519.pub").write_text(PUBLIC_KEY)
    environ = {"HOME": str(tmp_path)}

    def session(line: str, *answers: tuple[str, str], status: int = 0) -> str:
        with lava(line, environ, columns) as terminal:
            for prompt, answer in answers:
                terminal.expect(prompt)
                terminal.type(f"{answer}\n")
            assert terminal.end() == status, terminal.text
        assert "Traceback" not in terminal.text
        return terminal.text

    shown = session("clusters list", status=1)
    assert "API key  --api-key" in shown
    assert "lava configure" in shown
    session(
        "configure",
        ("User: ", service.username),
        ("Region (DFW, IAD, LON, ORD): ", "DFW"),
        ("Identity URL [https://identity.api.rackspacecloud.com/v2.0]: ", fast.auth_url),
        ("API key: ", service.api_key),
    )
    assert session("clusters list") == "No clusters.\n"
    assert "Did you mean 'clusters'?" in session("cluster list", status=2)
    stacks = session("stacks list --filter distro=HDP2.3 --filter id=*hadoop")
    assert "HDP2.3_Hadoop" in stacks
    assert max(map(len, stacks.splitlines())) <= columns
    shown = session(
        "clusters create logs HDP2.3_Hadoop --username analyst --wait --interval .1",
        ("under this name? [Y/n]: ", ""),
    )
    assert "logs: BUILDING" in shown
    assert "logs: ACTIVE ━" in shown
    assert "left" in shown
    nodes = session("nodes list logs")
    assert max(map(len, nodes.splitlines())) <= columns
    assert ("Private IP" in nodes) == (columns == 160)
    assert "http://" in session("nodes get logs master0-1")
    shown = session("clusters resize logs --node-groups slave0(count=2) --wait --interval .1")
    assert "slave0   hadoop1-7      2" in shown
    shown = session("clusters delete logs --wait --interval .1", ("Delete cluster logs (", "y"))
    assert "logs: DELETING" in shown
    assert "Deleted cluster logs (" in shown
    assert session("clusters list") == "No clusters.\n"


def test_ctrl_c_names_the_command_that_waits_again(
    sandbox: SandboxServer, client: Lava, cluster: str
) -> None:
    with lava("clusters delete logs --force --wait", sandbox.environ(), 200) as terminal:
        terminal.expect("logs: DELETING")
        terminal.interrupt()
        assert terminal.end() == 130
    command = f"lava clusters wait {cluster} --until DELETED"
    assert command in terminal.text
    with lava(command.removeprefix("lava "), sandbox.environ(), 200) as terminal:
        terminal.expect("logs: DELETING")
        sandbox.sandbox.clock.advance(900)
        assert terminal.end() == 0
    assert "logs: DELETING" in terminal.text
