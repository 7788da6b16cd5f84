"""What a shell completes, and how long it waits for that."""

from __future__ import annotations

import os
import time

import pytest

from lavaclient._config import profiles
from lavaclient.cli.options import completion_cache
from lavaclient.sandbox.http.server import SandboxServer
from tests.cli.conftest import Program
from tests.support.programs import run_python
from tests.support.recorder import Wire
from tests.support.terminal import lava


def _complete(run: Program, monkeypatch: pytest.MonkeyPatch, line: str) -> list[str]:
    typed = ["lava", *line.split(" ")]
    with monkeypatch.context() as patch:
        patch.setenv("_LAVA_COMPLETE", "bash_complete")
        patch.setenv("COMP_WORDS", " ".join(typed))
        patch.setenv("COMP_CWORD", str(len(typed) - 1))
        ran = run.ok("")
    assert ran.err == ""
    return [line.partition(",")[2] for line in ran.lines if line]


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("fl", ["flavors"]),
        ("clusters ssh", ["ssh", "ssh-proxy", "ssh-tunnel"]),
        ("clusters ssh_", ["ssh_proxy", "ssh_tunnel"]),
        ("clusters --request_", []),
        ("credentials create_s", ["create_s3", "create_ssh_key"]),
        ("credentials list_s", ["list_s3", "list_ssh_keys"]),
        ("clusters create --node-g", ["--node-groups"]),
        ("clusters list --outp", ["--output"]),
        ("clusters list --output j", ["json"]),
    ],
)
def test_commands_and_options_are_completed(
    offline: Program, monkeypatch: pytest.MonkeyPatch, line: str, candidates: list[str]
) -> None:
    assert _complete(offline, monkeypatch, line) == candidates


def test_clusters_are_completed_by_id_and_by_name(
    run: Program, logs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(_complete(run, monkeypatch, "clusters get ")) >= {logs, "logs"}
    assert _complete(run, monkeypatch, "clusters get lo") == ["logs"]
    assert _complete(run, monkeypatch, f"clusters delete logs {logs[:8]}") == [logs]


def test_a_name_that_two_clusters_have_is_not_offered(
    run: Program, logs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.ok("clusters create logs HDP2.3_Hadoop --ssh-key laptop --username me_")
    assert _complete(run, monkeypatch, "clusters get lo") == []


def test_all_else_that_has_a_name_is_completed(
    run: Program, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = run.ok("scripts create tools https://example.com/t.sh -q").out.strip()
    for line, word in (
        ("stacks get HDP2.3_S", "HDP2.3_Spark"),
        ("clusters create logs HDP2.3_Ha", "HDP2.3_Hadoop"),
        ("distros get HDP2.3", "HDP2.3"),
        (f"scripts delete {script[:12]}", script),
        ("clusters create logs x --ssh-key lap", "laptop"),
        ("credentials delete-ssh-key lap", "laptop"),
        ("clusters update-credentials logs ssh_keys=", "ssh_keys=laptop"),
        (
            "clusters create logs x --node-groups slave(flavor_id=hadoop1-7",
            "slave(flavor_id=hadoop1-7",
        ),
    ):
        assert word in _complete(run, monkeypatch, line), line
    assert _complete(run, monkeypatch, "clusters resize nowhere --node-groups sl(c") == []


def test_what_belongs_to_a_cluster_is_completed(
    run: Program, logs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for line, word in (
        ("nodes delete logs sl", "slave0-1"),
        ("nodes get logs am", "ambari-1"),
        ("clusters ssh logs --node-name ma", "master0-1"),
        ("clusters resize logs --node-groups sl", "slave0(count="),
        ("clusters create more HDP2.3_Hadoop --node-groups sl", "slave0(count="),
        ("clusters services restart logs HD", "HDFS"),
        ("clusters services restart logs HDFS Y", "YARN"),
    ):
        assert word in _complete(run, monkeypatch, line), line
    for line in ("nodes delete nowhere sl", "clusters resize --node-groups sl"):
        assert _complete(run, monkeypatch, line) == [], line


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("clusters list --region d", ["DFW"]),
        ("clusters list --columns st", ["status", "stack"]),
        ("clusters list --columns id,cre", ["id,created"]),
        ("clusters list --sort name,-cre", ["name,-created"]),
        ("nodes list logs --filter ro", ["role"]),
        ("flavors list --columns r", ["ram"]),
        ("clusters list --profile lo", ["london"]),
        ("--profile lo", ["london"]),
        ("clusters list -o y", ["yaml"]),
        ("configure l", ["list"]),
    ],
)
def test_what_the_program_knows_itself_is_completed(
    offline: Program, monkeypatch: pytest.MonkeyPatch, line: str, candidates: list[str]
) -> None:
    profiles.save_profile("london", {"user": "ada", "region": "LON"}, None)
    assert _complete(offline, monkeypatch, line) == candidates


def test_a_file_of_profiles_that_cannot_be_read_completes_nothing(
    offline: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles.save_profile("london", {"user": "ada", "region": "LON"}, None)
    profiles.config_file().write_text("[")
    assert _complete(offline, monkeypatch, "clusters list --profile lo") == []
    assert _complete(offline, monkeypatch, "clusters get lo") == []


def test_without_settings_or_service_nothing_is_offered_and_nothing_said(
    offline: Program, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _complete(offline, monkeypatch, "clusters get lo") == []
    for name, value in sandbox.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LAVA_AUTH_URL", "http://127.0.0.1:9/v2.0")
    assert _complete(offline, monkeypatch, "-d clusters get lo") == []


def test_no_warning_gets_into_the_prompt(
    run: Program, logs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAVA_INSECURE", "1")
    assert run.ok("clusters list -q").err != ""
    assert _complete(run, monkeypatch, "clusters get lo") == ["logs"]


def test_names_are_remembered_while_a_line_is_typed(
    run: Program, logs: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _complete(run, monkeypatch, "clusters get lo") == ["logs"]
    requests = len(wire.lines)
    assert _complete(run, monkeypatch, "clusters get log") == ["logs"]
    assert _complete(run, monkeypatch, "nodes list l") == ["logs"]
    assert len(wire.lines) == requests


def test_another_account_has_names_of_its_own(
    run: Program, logs: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _complete(run, monkeypatch, "clusters get lo") == ["logs"]
    requests = len(wire.lines)
    assert _complete(run, monkeypatch, "--region ORD clusters get lo") == []
    assert len(wire.lines) == requests + 1


@pytest.mark.parametrize("seconds", [31, -1])
def test_names_of_another_time_are_asked_for_again(
    run: Program,
    logs: str,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    seconds: int,
) -> None:
    assert _complete(run, monkeypatch, "clusters get lo") == ["logs"]
    requests = len(wire.lines)
    (path,) = completion_cache.cache_file("").glob("names-cluster-*.json")
    then = time.time() - seconds
    os.utime(path, (then, then))
    assert _complete(run, monkeypatch, "clusters get lo") == ["logs"]
    assert len(wire.lines) == requests + 1


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"a": 1}', b"\xff"])
def test_a_spoilt_file_of_names_is_asked_for_again(
    run: Program, logs: str, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    assert _complete(run, monkeypatch, "clusters get lo") == ["logs"]
    (path,) = completion_cache.cache_file("").glob("names-cluster-*.json")
    path.write_bytes(content)
    assert _complete(run, monkeypatch, "clusters get lo") == ["logs"]


def test_a_command_makes_names_forgotten(run: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _complete(run, monkeypatch, "scripts delete ")
    script = run.ok("scripts create tools https://example.com/t.sh -q").out.strip()
    assert _complete(run, monkeypatch, "scripts delete ") == [script, *before]


def test_names_remembered_in_the_midst_of_a_command_are_forgotten_at_its_end(
    run: Program, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = run.ok("scripts create tools https://example.com/t.sh -q").out.strip()
    with lava(f"scripts delete {script}", sandbox.environ()) as terminal:
        terminal.expect("[y/N]: ")
        assert script in _complete(run, monkeypatch, "scripts delete ")
        terminal.type("y\n")
        assert terminal.end() == 0
    assert script not in _complete(run, monkeypatch, "scripts delete ")


def test_names_that_are_remembered_need_no_client(
    run: Program, logs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _complete(run, monkeypatch, "clusters get lo") == ["logs"]
    monkeypatch.setenv("_LAVA_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "lava clusters get lo")
    monkeypatch.setenv("COMP_CWORD", "3")
    lines = "import sys; from lavaclient.cli import main; main([]); print(*sys.modules)"
    ran = run_python(lines)
    offered, modules = ran.stdout.splitlines()
    assert offered == "plain,logs"
    assert not {"rich", "requests", "msgspec", "lavaclient.client"} & set(modules.split())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_lines(
    offline: Program, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    lines = offline.ok(f"completion {shell}").out
    assert f"_LAVA_COMPLETE={shell}_complete" in lines
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    assert offline.ok("completion").out == lines


def test_an_unknown_shell_is_asked_for(offline: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    ran = offline("completion")
    assert ran.status == 2
    assert "give the shell: bash, zsh or fish" in ran.err


def test_help_imports_neither_the_client_nor_rich() -> None:
    lines = (
        "import sys; from lavaclient.cli import main; main(['--help']); "
        "print(*sys.modules, file=sys.stderr)"
    )
    ran = run_python(lines)
    assert not {"rich", "requests", "msgspec", "lavaclient.client"} & set(ran.stderr.split())


def test_only_a_process_of_the_program_collects_garbage_rarely() -> None:
    lines = (
        "import gc, sys; from lavaclient.cli import main; "
        "print(gc.get_threshold()[0], file=sys.stderr); main(['--help']); "
        "print(gc.get_threshold()[0], file=sys.stderr); sys.argv = ['lava', '--help']; main(); "
        "print(gc.get_threshold()[0], file=sys.stderr)"
    )
    ran = run_python(lines)
    before, in_a_program, in_its_own = map(int, ran.stderr.split())
    assert before == in_a_program < in_its_own
