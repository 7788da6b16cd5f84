"""Build wheel and sdist, look into them, install the wheel in a clean environment and use it."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

from docutils.core import publish_doctree

ROOT = Path(__file__).resolve().parent.parent
OF_THE_SDIST = {
    *("LICENSE", "README.rst", "CHANGELOG.rst", "pyproject.toml", "setup.py", "tox.ini"),
    *(".ci/run", "docs/conf.py", "docs/index.rst"),
}

LOOK = """
import importlib.metadata as metadata, importlib.resources, json, sys, warnings
import lavaclient
from lavaclient import Lava
assert sys.prefix in lavaclient.__file__, lavaclient.__file__
files = importlib.resources.files("lavaclient")
assert files.joinpath("py.typed").is_file()
assert json.loads(files.joinpath("sandbox", "data", "flavors.json").read_text())
assert metadata.version("lavaclient") == lavaclient.__version__
(script,) = metadata.entry_points(group="console_scripts", name="lava")
assert script.value == "lavaclient.cli:main", script
assert not [e for e in metadata.entry_points(group="pytest11") if "lavaclient" in e.value]
with warnings.catch_warnings():
    warnings.simplefilter("default")  # those of keystoneauth1's own parts
    from keystoneauth1.loading import get_plugin_loader
    loader = get_plugin_loader("rax_apikey")
assert type(loader).__module__.startswith("lavaclient."), loader
print("lavaclient", lavaclient.__version__, "works from its wheel")
"""

# What each extra is for, done with nothing else installed.
_SERVED = """
from lavaclient import Lava
from lavaclient.sandbox import Sandbox, SystemClock
from lavaclient.sandbox.http.server import SandboxServer
with SandboxServer(Sandbox(SystemClock()){}) as server:
    with Lava.from_env(server.environ()) as lava:
        assert lava.flavors.list()
"""
EXTRAS = {
    "sandbox": _SERVED.format(""),
    "sandbox-tls": """
import os
from lavaclient.sandbox import Sandbox, SystemClock
from lavaclient.sandbox.http.server import SandboxServer
with SandboxServer(Sandbox(SystemClock()), tls=True) as server:
    os.environ.update(server.environ())
    from lavaclient import Lava
    with Lava.from_env() as lava:
        assert lava.endpoint.startswith("https:") and lava.flavors.list()
""",
    "sandbox-yaml": """
import pathlib
from lavaclient.sandbox import ManualClock, Sandbox
pathlib.Path("world.yaml").write_text("accounts: [{clusters: [{name: nightly}]}]")
world = Sandbox(ManualClock(), world="world.yaml").world()
assert "nightly" in str(world), world
""",
    "sandbox-ssh": """
from lavaclient.sandbox import ManualClock, Sandbox
from lavaclient.sandbox.ssh.server import SandboxSSH
with SandboxSSH(Sandbox(ManualClock())) as nodes:
    assert nodes.port
""",
    "testing": """
from lavaclient import Lava
from lavaclient.testing import mock_lava
with mock_lava() as sandbox, Lava("sandbox", "DFW", api_key=sandbox.api_key) as lava:
    assert lava.flavors.list()
""",
    "cli": """
import jmespath, keyring, yaml
import subprocess, sys
shown = subprocess.run(["bin/lava", "--version"], capture_output=True, text=True, check=True)
assert shown.stdout.startswith("lava "), shown
""",
}


def main(target: str) -> None:
    dist = Path(target)
    build = [sys.executable, "-m", "build", "--quiet", "--outdir", str(dist), str(ROOT)]
    for old in (*dist.glob("*.whl"), *dist.glob("*.tar.gz")):
        old.unlink()
    subprocess.run(build, check=True)
    (wheel,) = dist.glob("*.whl")
    (sdist,) = dist.glob("*.tar.gz")
    _check_wheel(wheel)
    _check_sdist(sdist)
    strict = {"halt_level": 2, "report_level": 2, "syntax_highlight": "none"}
    for page in ("README.rst", "CHANGELOG.rst"):
        publish_doctree((ROOT / page).read_text(encoding="utf-8"), settings_overrides=strict)
    _judge(wheel, sdist)
    _use(wheel, dist / "clean", LOOK)
    for extra, lines in EXTRAS.items():
        _use(f"{wheel}[{extra}]", dist / "clean", lines)
        print(f"lavaclient[{extra}] works alone")


def _files_of(folder: str) -> set[str]:
    """Return the files of a folder of this tree, but for what running it leaves there."""
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not {"__pycache__", "_build"} & set(path.parts)
    }


def _check_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    _complain("the wheel lacks", _files_of("lavaclient") - names)
    _complain("the wheel has", names - _files_of("lavaclient"))


def _check_sdist(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = OF_THE_SDIST | _files_of("lavaclient") | _files_of("tests") | _files_of("docs")
    _complain("the sdist lacks", wanted - names)


def _judge(wheel: Path, sdist: Path) -> None:
    """Have the index's rules checked, and what wheels have by mistake."""
    programs = (
        ("twine", "check", "--strict", wheel, sdist),
        # PyInstaller looks for a file whose name no module can have.
        ("check_wheel_contents", "--ignore=W004", wheel),
    )
    for program in programs:
        subprocess.run([sys.executable, "-P", "-m", *program], check=True, cwd=wheel.parent)


def _complain(what: str, names: set[str]) -> None:
    if names:
        raise SystemExit(f"{what} {sorted(names)}")


def _use(wheel: Path | str, environment: Path, lines: str) -> None:
    """Install the wheel, with an extra perhaps, where nothing else is, and run lines with it."""
    venv.create(environment, clear=True)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(environment)]
    subprocess.run([*pip, "install", "--quiet", wheel], check=True)
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([python, "-W", "error", "-c", lines], check=True, cwd=environment, env=clean)


if __name__ == "__main__":
    main(sys.argv[1])
