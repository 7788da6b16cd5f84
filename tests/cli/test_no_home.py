"""Row 53: a container without a home and without an entry for its user."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lavaclient.sandbox.http.server import SandboxServer
from tests.support.warm_python import PLACE
from tests.support.warm_start import WARM_PYTHON, warm_environ

NOBODY = """
import os, sys
if "WITHOUT_PWD" in os.environ:
    sys.modules["pwd"] = None
else:
    import pwd
    def missing(*names):
        raise KeyError("no such user")
    pwd.getpwuid = pwd.getpwnam = missing
from lavaclient.cli import main
sys.argv = ["lava", *sys.argv[1:]]
sys.exit(main())
"""


def run(
    directory: Path, environ: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WARM_PYTHON, "-c", NOBODY, *arguments],
        cwd=directory,
        env={**environ, PLACE: warm_environ()[PLACE]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "line", ["clusters list", "authenticate", "stacks list", "configure list", "--help"]
)
def test_53_without_a_home_the_program_works_and_keeps_nothing(
    line: str, sandbox: SandboxServer, tmp_path: Path
) -> None:
    ran = run(tmp_path, sandbox.environ(), *line.split())
    assert (ran.returncode, "Traceback" in ran.stderr) == (0, False)
    assert list(tmp_path.iterdir()) == []


def test_53_without_a_home_the_log_says_that_no_token_is_kept(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    ran = run(tmp_path, sandbox.environ(), "-d", "clusters", "list")
    assert ran.returncode == 0
    assert "token cache" in ran.stderr
    assert "not written" in ran.stderr


@pytest.mark.parametrize("system", [{}, {"WITHOUT_PWD": "1"}])
def test_53_without_a_user_the_program_asks_for_one(
    sandbox: SandboxServer, tmp_path: Path, system: dict[str, str]
) -> None:
    environ = {name: value for name, value in sandbox.environ().items() if name != "LAVA_USERNAME"}
    ran = run(tmp_path, {**environ, **system}, "clusters", "list")
    assert ran.returncode == 1
    assert "LAVA_USERNAME" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_53_profiles_cannot_be_written_without_a_home(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    ran = run(tmp_path, sandbox.environ(), "configure", "--headless")
    assert ran.returncode != 0
    assert "Traceback" not in ran.stderr
    assert list(tmp_path.iterdir()) == []
