"""Freeze a script that uses the SDK and the program with PyInstaller, and run both against the sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lavaclient.sandbox.core.clock import ManualClock
from lavaclient.sandbox.http.server import SandboxServer
from lavaclient.sandbox.service import Sandbox

SCRIPT = """
import sys
if sys.argv[1:] == ["sdk"]:
    from lavaclient import Lava
    with Lava.from_env() as lava:
        print(len(lava.flavors.list()) > 0, lava.limits.get().ram.limit > 0, lava.clusters.list())
else:
    from lavaclient.cli import main
    sys.exit(main())
"""


def freeze(directory: Path, name: str, code: str) -> str:
    """Return the frozen program of a script."""
    script = directory / f"{name}.py"
    script.write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"]
    places = ["--distpath", "dist", "--workpath", "build", "--specpath", "."]
    subprocess.run([*command, *places, script.name], check=True, cwd=directory)
    return str(directory / "dist" / name / name)


def main(target: str) -> None:
    directory = Path(target)
    directory.mkdir(parents=True, exist_ok=True)
    program = freeze(directory, "frozen-lava", SCRIPT)
    with SandboxServer(Sandbox(ManualClock())) as server:
        environ = {"HOME": str(directory), "PATH": os.environ["PATH"], **server.environ()}
        for command, expected in (
            ([program, "sdk"], "True True []"),
            ([program, "--version"], "lava"),
            ([program, "limits", "get"], "ram"),
            ([program, "flavors", "list", "--header"], "id,name,ram_(mb),vcpus,disk_(gb)"),
        ):
            ran = subprocess.run(
                command, env=environ, capture_output=True, text=True, check=False, timeout=120
            )
            text = ran.stdout + ran.stderr
            assert ran.returncode == 0, text
            assert expected in text, text
            print(*command[1:], "works frozen")


if __name__ == "__main__":
    main(*sys.argv[1:])
