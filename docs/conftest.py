"""Every example of the site and of the README runs, each page against a service of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from doctest import ELLIPSIS
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from console import run_block
from sybil import Sybil
from sybil.parsers.rest import CodeBlockParser, DocTestParser, PythonCodeBlockParser, SkipParser
from sybil.sybil import SybilCollection

from lavaclient import Lava
from lavaclient.sandbox import ManualClock
from lavaclient.testing import mock_lava

KEY = "807895ec1ec4ca255e49ccc6715bf29f"
PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeUpForTheDocsAndGoodForNothingElse0 you@laptop"
)
# When the examples happen: their output shows times.
MOMENT = datetime(2025, 11, 3, 9, tzinfo=UTC)


def set_up(
    namespace: dict[str, object],
    *,
    after_quickstart: bool = True,
    username: str = "myusername",
    base_url: str | None = None,
) -> None:
    """Give a page its service, and the client that its examples begin with.

    Args:
        namespace: The names of the page.
        after_quickstart: Whether the key of the quickstart is there.
        username: Whom its examples sign in.
        base_url: Where its service seems to be, the real one's place if None.
    """
    stack = namespace["_stack"] = ExitStack()
    sandbox = stack.enter_context(
        mock_lava(
            base_url=base_url,
            clock=ManualClock(MOMENT.timestamp()),
            username=username,
            api_key=KEY,
            tenant_id="123456",
            seed=7,
        )
    )
    home = Path(stack.enter_context(TemporaryDirectory()))
    stack.enter_context(patch.dict(os.environ, {**sandbox.environ(), "HOME": str(home)}))
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519.pub").write_text(PUBLIC_KEY)
    lava = stack.enter_context(sandbox.lava())
    namespace.update(
        {
            "Lava": Lava,
            "lava": lava,
            "public_key": PUBLIC_KEY,
            "sandbox": sandbox,
            "shutil": shutil,
        }
    )
    if after_quickstart:
        lava.credentials.create_ssh_key("laptop", PUBLIC_KEY)


def tear_down(namespace: dict[str, object]) -> None:
    """End a page's service."""
    stack = namespace["_stack"]
    if isinstance(stack, ExitStack):
        stack.close()


def _pages(pattern: str, excludes: tuple[str, ...] = (), **options: object) -> Sybil:
    return Sybil(
        parsers=[
            DocTestParser(optionflags=ELLIPSIS),
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
# Its service is the one that python -m lavaclient.sandbox starts.
_QUICKSTART = "guides/quickstart.rst"
set_up_from_nothing = partial(set_up, after_quickstart=False)
set_up_quickstart = partial(
    set_up_from_nothing, username="sandbox", base_url="http://127.0.0.1:8642"
)
_WITHOUT_KEY = (
    "clusters.rst",
    "credentials.rst",
    "guides/cli.rst",
    "guides/migration.rst",
)
_collections = [
    _pages("*.rst", (*_WITHOUT_KEY, _QUICKSTART, _SSH), setup=set_up, teardown=tear_down),
    _pages(_QUICKSTART, setup=set_up_quickstart, teardown=tear_down),
    *(_pages(name, setup=set_up_from_nothing, teardown=tear_down) for name in _WITHOUT_KEY),
]
if shutil.which("ssh") and importlib.util.find_spec("asyncssh"):
    _collections.append(_pages(_SSH))

pytest_collect_file = SybilCollection(_collections).pytest()
