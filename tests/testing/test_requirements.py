"""What is missing is said in one line."""

from __future__ import annotations

import pytest

from tests.support.programs import run_python


@pytest.mark.parametrize("name", ["responses", "werkzeug"])
def test_a_missing_package_is_one_line_that_says_how_to_install_it(name: str) -> None:
    # Where the package is not installed, no finder knows it.
    lines = (
        "import importlib.util, sys\n"
        "find = importlib.util.find_spec\n"
        f"importlib.util.find_spec = lambda n, p=None: None if n == {name!r} else find(n, p)\n"
        "import lavaclient.testing"
    )
    ran = run_python(lines, check=False)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1] == (
        f"ImportError: lavaclient.testing needs {name}: pip install 'lavaclient[testing]'"
    )
