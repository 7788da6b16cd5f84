"""Freeze a script that uses the SDK and the program with PyInstaller, and run both against the sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
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


def look_at_the_page(program: str, environ: dict[str, str]) -> None:
    """See that a frozen sandbox has the files of its page."""
    command = [program, "sandbox", "--port", "0", "--json", "--quiet"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as sandbox:
        try:
            assert sandbox.stdout is not None
            url = json.loads(sandbox.stdout.readline())["url"]
            for name in ("", "dashboard.css", "dashboard.js"):
                with urllib.request.urlopen(f"{url}/_sandbox/{name}", timeout=60) as answer:
                    assert answer.status == 200
        finally:
            sandbox.terminate()
    print("the page of the sandbox is there frozen")


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
    look_at_the_page(program, environ)


if __name__ == "__main__":
    main(*sys.argv[1:])
