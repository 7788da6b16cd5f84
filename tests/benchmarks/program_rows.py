"""The rows of the ``lava`` program: whole processes, beside the imports that none can do without."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import process
from tests.benchmarks.rows import HEADERS, Row, endpoint, starts

__all__ = ["PROGRAM_ROWS"]

IMPORTS = "import click, rich"
HELP = """
import sys
from lavaclient.cli import main
sys.argv = ["lava", "--help"]
main()
"""
# What a shell script has at hand: libraries that parse, ask and print.
BARE_LIST = """
import requests, click, rich
for cluster in requests.get({base!r} + '/clusters', headers={headers!r}, timeout=30).json()['clusters']:
    print(cluster['id'], cluster['name'], cluster['status'], sep=',')
"""
PROGRAM = """
import os, sys
os.environ |= {environ!r}
from lavaclient.cli import main
sys.argv = ["lava", *{arguments!r}]
main()
"""
WORDS = ["lava", "clusters", "get", "clu"]


def list_clusters(url: str) -> float:
    base = endpoint(url, "whole-1")
    with TemporaryDirectory() as folder:
        cache = Path(folder) / "private" / "token"
        process.write_token_cache(cache, url, base)
        ours = PROGRAM.format(
            environ=_environ(url, folder) | {"LAVA_TOKEN_CACHE": str(cache)},
            arguments=["clusters", "list"],
        )
        theirs = BARE_LIST.format(base=base, headers=HEADERS)
        return process.ratio_of_seconds(ours, theirs, 15)


def complete(url: str) -> float:
    with TemporaryDirectory() as folder:
        environ = _environ(url, folder) | {
            "LAVA2_API_URL": endpoint(url, "whole-1"),
            "LAVA_AUTH_TOKEN": HEADERS["X-Auth-Token"],
            "_LAVA_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(WORDS),
            "COMP_CWORD": str(len(WORDS) - 1),
        }
        # The first run is not counted: it is the first Tab, which asks the service.
        ours = PROGRAM.format(environ=environ, arguments=[])
        ratio = process.ratio_of_seconds(ours, IMPORTS, 15)
        names = os.listdir(Path(folder) / ".cache" / "lavaclient")
        assert any(name.startswith("names-cluster-") for name in names)
        return ratio


def _environ(url: str, folder: str) -> dict[str, str]:
    return {
        "HOME": folder,
        "LAVA_USERNAME": "user",
        "LAVA_API_KEY": "k" * 32,
        "LAVA_REGION_NAME": "DFW",
        "LAVA_AUTH_URL": f"{url}/identity/v2.0",
    }


PROGRAM_ROWS = (
    Row("lava --help", IMPORTS, 1.30, starts(HELP, IMPORTS)),
    Row(
        "lava clusters list, warm token cache",
        "requests, click, rich, one get",
        1.15,
        list_clusters,
    ),
    Row("completion of names, second Tab", IMPORTS, 2.00, complete),
)
