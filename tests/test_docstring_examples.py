"""The examples in docstrings run, each beside a service that has what it names."""

from __future__ import annotations

import ast
import doctest
import importlib.util
import io
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

import lavaclient
from lavaclient import Lava, testing
from lavaclient.testing import LavaSandbox, SandboxHandle, mock_lava

PACKAGE = Path(lavaclient.__file__).parent
REBUILD = runpy.run_path(str(PACKAGE.parent / "docs/examples/rebuild.py"))["rebuild"]
KEY = "807895ec1ec4ca255e49ccc6715bf29f"
PUBLIC_KEY = f"ssh-ed25519 {'A' * 68} you"
PROFILE = '[profile.london]\nuser = "myusername"\nregion = "LON"\napi_key_store = "file"\n'
# What ./nightly stands for: a tool that creates a cluster where its environment leads it.
NIGHTLY = f"""#!{sys.executable}
from lavaclient import Lava
with Lava.from_env() as lava:
    lava.credentials.create_ssh_key("laptop", {PUBLIC_KEY!r})
    lava.clusters.create("nightly", "HDP2.3_Hadoop", "analyst", ["laptop"])
"""
_EXAMPLE = re.compile(r"^Example::?\n+((?: {4}.*\n|\n)+)", re.MULTILINE)
# These open a port to a node, which an ssh program does.
_FORWARDS = re.compile(r"\.ssh_(?:proxy|tunnel)\(|SandboxSSH")


class Example(NamedTuple):
    """What stands below ``Example`` in a docstring, and whose docstring it is."""

    owner: str
    source: str


def _sources() -> Iterator[tuple[str, str]]:
    """Go through the modules but those of the program, whose examples are for a shell."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        text = path.read_text(encoding="utf-8")
        if not module.startswith("cli.") and "Example:" in text:
            yield module, text


def _examples() -> Iterator[Example]:
    for module, text in _sources():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                owner = f"{module}.{getattr(node, 'name', '')}"
                for match in _EXAMPLE.finditer(f"{ast.get_docstring(node)}\n"):
                    yield Example(owner, textwrap.dedent(match[1]))


EXAMPLES = list(_examples())


def _parameters(*, forwards: bool) -> list[object]:
    return [
        pytest.param(example, id=example.owner)
        for example in EXAMPLES
        if bool(_FORWARDS.search(example.source)) == forwards
    ]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home, and the folder that examples run in."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    files = {
        ".ssh/id_ed25519.pub": PUBLIC_KEY,
        "config/lavaclient/config.toml": PROFILE,
        "config/lavaclient/keys.toml": f'[keys]\nlondon = "{KEY}"\n',
        "nightly": NIGHTLY,
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o700)
    return tmp_path


def _clean_up(lava: Lava) -> None:
    """Do what an example tests: delete what has failed."""
    for cluster in lava.clusters.list():
        if cluster.status == "ERROR":
            cluster.delete()


def _names(sandbox: SandboxHandle, lava: Lava) -> dict[str, object]:
    """Give an example the names that its readers have, and what the names stand for."""
    cluster = lava.clusters.get("my-cluster")
    return {
        **{name: getattr(testing, name) for name in testing.__all__},
        "Lava": Lava,
        "lava": lava,
        "sandbox": sandbox,
        "os": os,
        "requests": requests,
        "subprocess": subprocess,
        "cluster": cluster,
        "node": lava.nodes.get(cluster.id, "master0-1"),
        "script": next(iter(lava.scripts.list()), None),
        "stack": lava.stacks.list()[-1],
        "clean_up": _clean_up,
        "rebuild": REBUILD,
    }


def _fill(sandbox: SandboxHandle, lava: Lava) -> None:
    sandbox.add_ssh_key("laptop", PUBLIC_KEY)
    sandbox.add_script("notebooks")
    sandbox.add_stack("mine", "HDP2.3", ["HDFS"])
    lava.credentials.create_cloud_files("reports", "x" * 40)
    lava.credentials.create_s3("AKIDEXAMPLE000000000", "x" * 40)
    lava.credentials.create_ambari("reports", "x" * 40)


def _run(source: str, names: dict[str, object]) -> None:
    """Run an example, and the tests that it defines."""
    if ">>>" in source:
        report = io.StringIO()
        test = doctest.DocTestParser().get_doctest(source, names, "example", None, None)
        doctest.DocTestRunner().run(test, out=report.write)
        assert not report.getvalue()
        return
    exec(compile(source, "example", "exec"), names)
    for name in [name for name in names if name.startswith("test_")]:
        test_function = names[name]
        assert callable(test_function)
        test_function()


def test_every_example_is_found() -> None:
    headings = [re.findall(r"^ *Example::?$", text, re.MULTILINE) for _, text in _sources()]
    assert len(EXAMPLES) == sum(map(len, headings)) > 70


@pytest.mark.parametrize("example", _parameters(forwards=False))
def test_an_example_runs(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_lava(username="myusername", api_key=KEY) as sandbox:
        for name, value in sandbox.environ().items():
            monkeypatch.setenv(name, value)
        sandbox.add_cluster(
            "my-cluster",
            node_groups={"slave0": {"count": 3}},
            username="analyst",
            ssh_keys=["desktop", "server"],
        )
        lava = sandbox.lava()
        if ".create" not in example.owner or "clusters" in example.owner:
            _fill(sandbox, lava)
        _run(example.source, _names(sandbox, lava))


@pytest.mark.skipif(
    not (shutil.which("ssh") and importlib.util.find_spec("asyncssh")),
    reason="needs ssh, and the extra sandbox-ssh",
)
@pytest.mark.parametrize("example", _parameters(forwards=True))
def test_an_example_with_a_port_to_a_node_runs(
    example: Example, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LavaSandbox(ssh=True) as sandbox:
        program = home / "bin" / "ssh"
        program.parent.mkdir()
        command = [str(shutil.which("ssh")), *sandbox.ssh_command[1:]]
        program.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        program.chmod(0o700)
        monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
        sandbox.add_cluster("my-cluster")
        _run(example.source, _names(sandbox, sandbox.lava()))
