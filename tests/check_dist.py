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
    _use(wheel, dist / "clean")


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


def _complain(what: str, names: set[str]) -> None:
    if names:
        raise SystemExit(f"{what} {sorted(names)}")


def _use(wheel: Path, environment: Path) -> None:
    venv.create(environment, with_pip=True, clear=True)
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True)
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([python, "-W", "error", "-c", LOOK], check=True, cwd=environment, env=clean)


if __name__ == "__main__":
    main(sys.argv[1])
