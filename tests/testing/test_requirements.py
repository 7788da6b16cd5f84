"""What is missing is said in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["responses", "werkzeug"])
def test_a_missing_package_is_one_line_that_says_how_to_install_it(name: str) -> None:
    # Where the package is not installed, no finder knows it.
    lines = (
        "import importlib.util, sys\n"
        "find = importlib.util.find_spec\n"
        f"importlib.util.find_spec = lambda n, p=None: None if n == {name!r} else find(n, p)\n"
        "import lavaclient.testing"
    )
    ran = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1] == (
        f"ImportError: lavaclient.testing needs {name}: pip install 'lavaclient[testing]'"
    )
