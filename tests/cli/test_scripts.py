"""Shell scripts and pipes with the real program."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest

from lavaclient.cli.app import lava
from lavaclient.sandbox.core.clock import SystemClock
from lavaclient.sandbox.core.context import Timings
from lavaclient.sandbox.http.server import SandboxServer
from lavaclient.sandbox.service import Sandbox
from tests.api.conftest import PUBLIC_KEY
from tests.support.warm_start import WARM_PYTHON, warm_environ

HERE = Path(__file__).parent


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Variables in which ``lava`` is the program of this tree."""
    program = tmp_path / "bin" / "lava"
    program.parent.mkdir()
    command = shlex.join([*WARM_PYTHON, "-W", "error", "-m", "lavaclient.cli"])
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o700)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return {**warm_environ(), "PATH": path}


def test_a_script_as_for_0_3_runs(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "id_rsa.pub").write_text(PUBLIC_KEY)
    with SandboxServer(Sandbox(SystemClock(speed=1500))) as server:
        ran = subprocess.run(
            ["sh", HERE / "data" / "session.sh", tmp_path],
            env={**environ, **server.environ()},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    nodes = [line for line in ran.stdout.splitlines() if line.startswith("nodes: ")]
    assert nodes == ["nodes: 5", "nodes: 6"]  # one of them is Ambari's
    assert re.search(r"^Deleted cluster nightly \(", ran.stdout, re.MULTILINE)
    assert "nightly: ACTIVE 100%" in (tmp_path / "progress").read_text()


def test_a_script_of_0_3_prints_the_same_bytes(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "id_rsa.pub").write_text(PUBLIC_KEY)
    timings = Timings(build=0, resize=0, update=0, delete=0)
    with SandboxServer(Sandbox(SystemClock(), timings=timings)) as server:
        ran = subprocess.run(
            ["sh", HERE / "data" / "nightly.sh", tmp_path],
            env={**environ, **server.environ()},
            capture_output=True,
            timeout=90,
            check=False,
        )
    assert ran.stdout == (HERE / "data" / "nightly.txt").read_bytes(), ran.stderr.decode()
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_read_enough_hears_no_complaint(
    sandbox: SandboxServer, environ: dict[str, str], unbuffered: str
) -> None:
    environ["PYTHONUNBUFFERED"] = unbuffered
    for command in ("stacks list", "--help", "distros get HDP2.3 --output table"):
        script = f'{{ lava {command}; echo "status $?" >&2; }} | true'
        ran = subprocess.run(
            ["sh", "-c", f"{script}; sleep 0"],
            env={**environ, **sandbox.environ()},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert ran.stderr.splitlines()[-1] == "status 0"
        assert "rror" not in ran.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a full device")
def test_an_output_that_takes_no_more_is_an_error(
    sandbox: SandboxServer, environ: dict[str, str]
) -> None:
    ran = subprocess.run(
        ["sh", "-c", "lava distros list --no-header > /dev/full"],
        env={**environ, **sandbox.environ(), "PYTHONUNBUFFERED": ""},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (1, "Error: No space left on device\n")


def _leaves(group: click.Group, path: tuple[str, ...] = ()) -> list[str]:
    context = click.Context(group)
    leaves = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = (*path, name)
        leaves += _leaves(command, inner) if isinstance(command, click.Group) else [" ".join(inner)]
    return leaves


def _texts() -> str:
    """Return what the tests run, one to a line, with ``{kind}`` for each kind."""
    texts = []
    for path in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value.replace("_", "-"))
            if isinstance(node, ast.JoinedStr):
                texts += [_unparsed(node).replace("{kind}", kind) for kind in KINDS]
    return "\n".join(texts)


KINDS = ("cloud-files", "s3", "ambari")


def _unparsed(node: ast.JoinedStr) -> str:
    return ast.unparse(node).removeprefix("f").strip("'\"").replace("_", "-")


def test_every_command_has_a_test() -> None:
    texts = _texts()
    leaves = _leaves(lava)
    assert len(leaves) > 40
    assert not [
        leaf for leaf in leaves if not re.search(rf"^(-\S+ )*{leaf}( |$)", texts, re.MULTILINE)
    ]
