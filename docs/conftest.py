"""Every example of the site and of the README runs, each page against a service of its own."""

from __future__ import annotations

import importlib.util
import shutil
from contextlib import ExitStack
from doctest import ELLIPSIS, IGNORE_EXCEPTION_DETAIL
from pathlib import Path

import pytest
from console import run_block
from sybil import Sybil
from sybil.parsers.rest import CodeBlockParser, DocTestParser, PythonCodeBlockParser, SkipParser
from sybil.sybil import SybilCollection

from lavaclient import Lava
from lavaclient.api.clusters import ClusterDetail
from lavaclient.testing import mock_lava

KEY = "807895ec1ec4ca255e49ccc6715bf29f"
PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeUpForTheDocsAndGoodForNothingElse0 you@laptop"
)


def set_up(namespace: dict[str, object]) -> None:
    """Give a page its service, and the names that its examples begin with."""
    stack = namespace["_stack"] = ExitStack()
    sandbox = stack.enter_context(
        mock_lava(username="myusername", api_key=KEY, tenant_id="123456", seed=7)
    )
    lava = stack.enter_context(Lava("myusername", region="DFW", api_key=KEY))

    def make_cluster(name: str, **options: object) -> ClusterDetail:
        """Build a cluster with a key of its own, and wait for it."""
        settings: dict[str, object] = {"username": "analyst", **options}
        if "ssh_keys" not in settings:
            lava.credentials.create_ssh_key(f"key-of-{name}", PUBLIC_KEY)
            settings["ssh_keys"] = [f"key-of-{name}"]
        return lava.clusters.create(name, "HDP2.3_Hadoop", wait=True, **settings)  # type: ignore[arg-type]

    namespace.update(
        {
            "PUBLIC_KEY": PUBLIC_KEY,
            "Lava": Lava,
            "lava": lava,
            "make_cluster": make_cluster,
            "shutil": shutil,
            "sandbox": sandbox,
        }
    )


def tear_down(namespace: dict[str, object]) -> None:
    """End a page's service."""
    stack = namespace["_stack"]
    if isinstance(stack, ExitStack):
        stack.close()


def _pages(pattern: str, excludes: tuple[str, ...] = (), **options: object) -> Sybil:
    return Sybil(
        parsers=[
            DocTestParser(optionflags=ELLIPSIS | IGNORE_EXCEPTION_DETAIL),
            PythonCodeBlockParser(),
            CodeBlockParser(language="console", evaluator=run_block),
            SkipParser(),
        ],
        path=str(Path(__file__).parent),
        pattern=pattern,
        excludes=excludes,
        **options,  # type: ignore[arg-type]
    )


# The tests of the guide on testing run these themselves.
collect_ignore = ["examples"]

# Nodes that can be logged in to are on a port: that page starts a server of its own.
_SSH = "guides/ssh.rst"
_collections = [_pages("*.rst", (_SSH, "guides/testing.rst"), setup=set_up, teardown=tear_down)]
if shutil.which("ssh") and importlib.util.find_spec("asyncssh"):
    _collections.append(_pages(_SSH))

pytest_collect_file = SybilCollection(_collections).pytest()


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What an example writes at home does not stay."""
    monkeypatch.setenv("HOME", str(tmp_path))
