"""Row 76: the client and its models on a system that has no forks, process groups and users."""

from __future__ import annotations

from pathlib import Path

from lavaclient.sandbox.http.server import SandboxServer
from tests.support.programs import run_python
from tests.support.sandbox_callers import PUBLIC_KEY

OTHERS = """
import asyncio, getpass, logging, platformdirs, sqlite3, subprocess, tempfile, webbrowser
import asyncssh, click, requests, responses, rich.console, werkzeug
import keystoneauth1.discover, keystoneauth1.loading, keystoneauth1.session
from tests.support.without_posix import take_away
take_away()
"""

IMPORTS = """
import importlib, pkgutil, lavaclient
for module in pkgutil.walk_packages(lavaclient.__path__, "lavaclient."):
    # programs begin when they are imported; PyInstaller reads its hook
    if not module.name.endswith("__main__") and ".hook-" not in module.name:
        importlib.import_module(module.name)
"""

WORK = """
import concurrent.futures, os, sys
from lavaclient import Lava, NotFoundError
user, key, auth_url, public_key, place = sys.argv[1:]
cache = os.path.join(place, "below", "token")

def client():
    return Lava(user, "DFW", api_key=key, auth_url=auth_url, token_cache=cache)

with client() as lava:
    first = lava.token
    lava.credentials.create_ssh_key("laptop", public_key)
    lava.scripts.create("setup", "https://example.com/setup.sh", "post_init")
    cluster = lava.clusters.create("nightly", "HDP2.3_Hadoop", username="ada", ssh_keys=["laptop"])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: lava.clusters.get(cluster.id).name, range(16)))
    try:
        lava.clusters.get("no-such-cluster")
    except NotFoundError as failure:
        print(sorted(names), failure.code, lava.stacks.get(cluster.stack_id).name)
with client() as lava:
    print(lava.token == first)
"""


def run(code: str, *arguments: str) -> str:
    ran = run_python(OTHERS + code, *arguments, check=False)
    assert ran.stderr == ""
    return ran.stdout


def test_76_every_module_is_imported_without_what_windows_lacks() -> None:
    assert run(IMPORTS) == ""


def test_76_a_client_works_without_what_windows_lacks(tmp_path: Path) -> None:
    with SandboxServer() as server:
        user, key = server.sandbox.username, server.sandbox.api_key
        written = run(WORK, user, key, server.auth_url, PUBLIC_KEY, str(tmp_path))
        sign_ins = [request for request in server.sandbox.requests if "/tokens" in request.path]
    assert written == "['nightly'] 404 Core Hadoop\nTrue\n"
    assert len(sign_ins) == 1
