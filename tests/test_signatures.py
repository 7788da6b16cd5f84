"""Public signatures change on purpose, and together with the changelog."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lavaclient import __version__
from tests.support.signatures import SNAPSHOT, public_signatures

ROOT = Path(__file__).parents[1]
CHANGELOG = "CHANGELOG.rst"


def _git(*arguments: str) -> list[str]:
    command = ["git", "-C", str(ROOT), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout.splitlines() if ran.returncode == 0 else []


def test_public_signatures_are_those_of_the_snapshot() -> None:
    recorded = SNAPSHOT.read_text(encoding="utf-8").splitlines()
    current = public_signatures()
    gone, new = sorted(set(recorded) - set(current)), sorted(set(current) - set(recorded))
    hint = "say so in CHANGELOG.rst, then run python -m tests.support.signatures"
    assert (gone, new) == ([], []), hint


@pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="needs a git checkout"
)
def test_the_snapshot_changes_with_the_changelog() -> None:
    name = str(SNAPSHOT.relative_to(ROOT))
    changed = _git("diff", "--name-only", "HEAD", "--", name, CHANGELOG)
    if name not in changed:
        (commit,) = _git("log", "-1", "--format=%H", "--", name) or [""]
        changed = _git("show", "--format=", "--name-only", commit) if commit else [CHANGELOG]
    assert CHANGELOG in changed


def test_a_release_has_a_section_in_the_changelog() -> None:
    heading = re.compile(rf"^{re.escape(__version__)} \(\d{{4}}-\d\d-\d\d\)\n-+$", re.MULTILINE)
    assert ".dev" in __version__ or heading.search((ROOT / CHANGELOG).read_text(encoding="utf-8"))
