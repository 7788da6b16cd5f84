"""The examples that the guide prints run as they stand, in a directory of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lavaclient import ServerError
from lavaclient.testing import LavaSandbox

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
GUIDE = ROOT / "docs" / "guides" / "testing.rst"

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A copy of the examples."""
    return Path(shutil.copytree(EXAMPLES, tmp_path / "examples"))


def _run(
    command: list[str], place: Path, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": path, **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _pytest(place: Path, *arguments: str) -> str:
    flags = ["-p", "no:cacheprovider", "--strict-markers", "-W", "error", "--rootdir", "."]
    ran = _run([sys.executable, "-m", "pytest", *flags, *arguments], place)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_a_function_is_tested_in_the_process(examples: Path) -> None:
    assert "3 passed" in _pytest(examples, "test_rebuild.py")


def test_the_sandbox_may_come_by_a_decorator(examples: Path) -> None:
    assert "3 passed" in _pytest(examples, "test_decorated.py")


def test_a_job_is_tested_under_a_fault_at_each_request(examples: Path) -> None:
    assert "1 passed" in _pytest(examples, "test_rebuild_faults.py")


def test_a_suite_is_tested_with_the_fixtures(examples: Path) -> None:
    assert "8 passed" in _pytest(examples / "suite")


@needs_curl
def test_a_program_in_another_process_is_tested_against_the_server(examples: Path) -> None:
    assert "3 passed" in _pytest(examples, "test_report.py")


@needs_curl
def test_the_control_api_does_what_the_guide_says(examples: Path) -> None:
    with LavaSandbox() as sandbox:
        before = sandbox.clock.time()
        lava = sandbox.lava(max_retries=0)
        token = lava.token
        ran = _run(["sh", "control.sh"], examples, sandbox.environ())
        assert (ran.returncode, ran.stderr) == (0, "")
        assert sandbox.clock.time() - before == 600
        assert "/identity/v2.0/tokens" in ran.stdout
        assert sandbox.api_key not in ran.stdout
        for _ in range(2):
            with pytest.raises(ServerError):
                lava.clusters.list()
        assert lava.clusters.list() == []
        assert lava.token != token
        assert sandbox.lava("watcher", api_key="0123456789").clusters.list() == []
        sandbox.add_cluster("numbers", status="BUILDING")
        sandbox.advance(120)
        assert lava.clusters.get("numbers").status == "ERROR"


def test_the_guide_prints_every_example() -> None:
    printed = re.findall(r"literalinclude:: \.\./examples/(\S+)", GUIDE.read_text("utf-8"))
    files = {
        str(path.relative_to(EXAMPLES))
        for path in EXAMPLES.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sorted(printed) == sorted(files)
