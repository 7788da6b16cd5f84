"""What a shell completes, and how long it waits for that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lavaclient.sandbox.server import SandboxServer
from tests.cli.conftest import Program

ROOT = Path(__file__).resolve().parents[2]


def _complete(run: Program, monkeypatch: pytest.MonkeyPatch, line: str) -> list[str]:
    words = ["lava", *line.split(" ")]
    with monkeypatch.context() as patch:
        patch.setenv("_LAVA_COMPLETE", "bash_complete")
        patch.setenv("COMP_WORDS", " ".join(words))
        patch.setenv("COMP_CWORD", str(len(words) - 1))
        ran = run.ok("")
    assert ran.err == ""
    return [one.partition(",")[2] for one in ran.lines if one]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("fl", ["flavors"]),
        ("clusters ssh", ["ssh", "ssh-proxy", "ssh-tunnel"]),
        ("clusters create --node-g", ["--node-groups"]),
        ("clusters list --outp", ["--output"]),
        ("clusters list --output j", ["json"]),
    ],
)
def test_commands_and_options_are_completed(
    offline: Program, monkeypatch: pytest.MonkeyPatch, line: str, words: list[str]
) -> None:
    assert _complete(offline, monkeypatch, line) == words


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
    assert _complete(run, monkeypatch, "clusters resize logs --node-groups sl") == []


def test_without_settings_or_service_nothing_is_offered_and_nothing_said(
    offline: Program, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _complete(offline, monkeypatch, "clusters get lo") == []
    for name, value in sandbox.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LAVA_AUTH_URL", "http://127.0.0.1:9/v2.0")
    assert _complete(offline, monkeypatch, "-d clusters get lo") == []


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
    assert "say which shell: bash, zsh or fish" in ran.err


def test_help_imports_neither_the_client_nor_rich() -> None:
    lines = (
        "import sys; from lavaclient.cli import main; main(['--help']); "
        "print(*sys.modules, file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not {"rich", "requests", "msgspec", "lavaclient.client"} & set(ran.stderr.split())
