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


def test_the_examples_are_tests_that_pass(examples: Path) -> None:
    expected = {
        "test_clusters_mjs.py": 2,  # a program in JavaScript likewise
        "test_decorated.py": 3,  # the sandbox comes by a decorator
        "test_rebuild.py": 3,  # a function is tested in the process
        "test_rebuild_faults.py": 1,  # a job is tested under a fault at each request
        "test_report.py": 3,  # a program in another process is tested against the server
        "suite/test_grow.py": 6,  # a suite is tested with the fixtures
        "suite/test_shared.py": 2,
    }
    without = []
    for program, name in {"curl": "test_report.py", "node": "test_clusters_mjs.py"}.items():
        if shutil.which(program) is None:
            without += ["--ignore", name]
            del expected[name]
    flags = ["-p", "no:cacheprovider", "--strict-markers", "-W", "error", "--rootdir", "."]
    ran = _run([sys.executable, "-m", "pytest", *flags, *without, ".", "suite"], examples)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    counts = dict(re.findall(r"^(\S+) (\.+) +\[", ran.stdout, re.MULTILINE))
    assert {path: len(dots) for path, dots in counts.items()} == expected


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


def test_the_guides_print_every_example() -> None:
    text = "".join(
        path.read_text("utf-8") for path in sorted((ROOT / "docs" / "guides").glob("*.rst"))
    )
    printed = re.findall(r"literalinclude:: \.\./examples/(\S+)", text)
    files = {
        str(path.relative_to(EXAMPLES))
        for path in EXAMPLES.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sorted(printed) == sorted(files)
