"""The main job from end to end: a real client against a sandbox on a free port.

What is shown is what is run: each call is compiled from the line on screen.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib.util
import shutil
import sys
from collections.abc import Sequence
from typing import TextIO

import lavaclient
from lavaclient._system.clock import Clock, current_clock
from lavaclient.api.clusters import ClusterDetail
from lavaclient.sandbox.core.clock import SystemClock
from lavaclient.sandbox.http.server import SandboxServer
from lavaclient.sandbox.service import Sandbox
from lavaclient.sandbox.ssh.server import SandboxSSH

__all__ = ["Story", "main"]

SPEED = 400.0
_MOST_SHOWN = 6
_PATIENCE, _LOOK = 30.0, 0.1
_PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeUpForTheDemoAndGoodForNothingElse0 you@laptop"
)

Chapter = tuple[str, Sequence[str]]

_ON_A_NODE = "Run a command on a node"
_CHAPTERS: Sequence[Chapter] = (
    (
        "Sign in",
        (
            "lava = Lava(USERNAME, region='dfw', api_key=API_KEY, auth_url=AUTH_URL)",
            "lava",
        ),
    ),
    (
        "Look around",
        (
            "lava.limits.get()",
            "lava.flavors.list()",
            "lava.distros.list()",
            "lava.stacks.list()",
            "stack = lava.stacks.get('HDP2.3_Hadoop')",
            "[(group.id, group.flavor_id) for group in stack.node_groups]",
        ),
    ),
    (
        "Upload a key and a script",
        (
            "lava.credentials.create_ssh_key('laptop', PUBLIC_KEY)",
            "script = lava.scripts.create('tools', 'https://example.com/tools.sh', 'post_init')",
            "script",
        ),
    ),
    (
        "Build a cluster, and wait for it",
        (
            (
                "cluster = lava.clusters.create('demo', stack.id, username='analyst',"
                " ssh_keys=['laptop'], user_scripts=[script.id],"
                " node_groups={'slave0': {'count': 3, 'flavor_id': 'hadoop1-7'}})"
            ),
            "cluster",
            "cluster = cluster.wait(interval=0.25, on_progress=show_progress)",
            "cluster.scripts",
        ),
    ),
    (
        "Its nodes",
        (
            "cluster.nodes",
            "parts = cluster.nodes[0].components",
            "[(part['nice_name'], part['uri']) for part in parts if 'uri' in part]",
            "lava.limits.get().node_count",
        ),
    ),
    (
        _ON_A_NODE,
        (
            "print(cluster.execute_on_node('slave0-1', 'uptime', ssh_command=SSH), end='')",
            "node = cluster.nodes[1]",
            "print(node.execute('analyst', 'hdfs dfs -ls /', ssh_command=SSH), end='')",
        ),
    ),
    (
        "Resize it",
        (
            "resized = lava.clusters.resize('demo', {'slave0': {'count': 5}})",
            "resized = resized.wait(interval=0.25, on_progress=show_progress)",
            "[(node.name, node.private_ip) for node in lava.nodes.list('demo')]",
        ),
    ),
    (
        "Delete it all",
        (
            "lava.clusters.delete('demo')",
            "wait_until_gone(cluster)",
            "script.delete()",
            "lava.credentials.delete_ssh_key('laptop')",
            "lava.clusters.list()",
            "lava.close()",
        ),
    ),
)


class Story:
    """Runs lines of Python as a REPL would, and writes them with what came back.

    Args:
        server: The sandbox the lines talk to.
        out: Where to write.
        ssh: What lets the nodes be logged in to; without it nobody does.
        clock: The time to wait by.
    """

    def __init__(
        self,
        server: SandboxServer,
        out: TextIO,
        ssh: SandboxSSH | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._out = out
        self._clock = clock or current_clock()
        self._live = out.isatty()
        self._names: dict[str, object] = {
            "API_KEY": server.sandbox.api_key,
            "AUTH_URL": server.auth_url,
            "Lava": lavaclient.Lava,
            "PUBLIC_KEY": _PUBLIC_KEY,
            "USERNAME": server.sandbox.username,
            "print": functools.partial(print, file=out, flush=True),
            "show_progress": self._show_progress,
            "wait_until_gone": self._wait_until_gone,
        }
        self._ssh = ssh
        if ssh is not None:
            key = ssh.new_key("laptop")
            self._names["PUBLIC_KEY"] = str(key.with_suffix(".pub"))
            self._names["SSH"] = ssh.ssh_command(key)

    def tell(self, chapters: Sequence[Chapter] = _CHAPTERS) -> None:
        """Run all the chapters that can be run; an error in a line ends the story."""
        for title, lines in chapters:
            if title == _ON_A_NODE and self._ssh is None:
                continue
            self._say(f"\n{title}\n{'-' * len(title)}")
            for line in lines:
                self._say(f">>> {line}")
                self._run(line)

    def close(self) -> None:
        """Close the client, however far the story came."""
        lava = self._names.get("lava")
        if isinstance(lava, lavaclient.Lava):
            lava.close()

    def _run(self, line: str) -> None:
        shown, sys.displayhook = sys.displayhook, self._display
        try:
            exec(compile(line, "<demo>", "single"), self._names)  # noqa: S102 (lines of this module)
        finally:
            sys.displayhook = shown

    def _display(self, value: object) -> None:
        if value is None:
            return
        if not isinstance(value, list):
            self._say(repr(value))
            return
        for item in value[:_MOST_SHOWN]:
            self._say(f"  {item!r}")
        if len(value) > _MOST_SHOWN:
            self._say(f"  ... and {len(value) - _MOST_SHOWN} more")
        if not value:
            self._say("[]")

    def _show_progress(self, cluster: ClusterDetail) -> None:
        done = cluster.progress if cluster.status != "ACTIVE" else 100.0
        filled = int((done or 0.0) / 5)
        line = f"    {cluster.status:<12} [{'#' * filled:<20}] {done or 0.0:3.0f} %"
        if self._live:
            self._say("\r" + line, end="\n" if cluster.status == "ACTIVE" else "")
        else:
            self._say(line)

    def _wait_until_gone(self, cluster: ClusterDetail) -> str:
        until = self._clock.monotonic() + _PATIENCE
        while self._clock.monotonic() < until:
            try:
                cluster.refresh()
            except lavaclient.NotFoundError as gone:
                return f"{type(gone).__name__}: {gone.message}"
            self._clock.sleep(_LOOK)
        raise lavaclient.TimeoutError("the cluster is still there")

    def _say(self, text: str, end: str = "\n") -> None:
        print(text, end=end, file=self._out, flush=True)


def missing_for_ssh() -> str:
    """What commands on nodes need and this machine lacks; the empty text if nothing."""
    if shutil.which("ssh") is None:
        return "the ssh program: install OpenSSH's client"
    if importlib.util.find_spec("asyncssh") is None:
        return "the package asyncssh: pip install 'lavaclient[sandbox-ssh]'"
    return ""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo.

    Args:
        argv: What stood behind ``demo`` on the command line.

    Returns:
        The exit status: 0, or 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="python -m lavaclient.sandbox demo",
        description="Start a sandbox on a free port and drive it with a real client.",
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=SPEED,
        help="how many seconds of the service pass in one (default: %(default)g)",
    )
    speed = parser.parse_args(argv).speed
    missing = missing_for_ssh()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(SandboxServer(Sandbox(SystemClock(speed=speed))))
        ssh = None if missing else stack.enter_context(SandboxSSH(server.sandbox))
        print(f"A sandbox serves {server.url}; its clock runs {speed:g} times as fast as ours.")
        if missing:
            print(f"No command is run on a node here, as that needs {missing}")
        story = Story(server, sys.stdout, ssh)
        try:
            story.tell()
        except KeyboardInterrupt:
            print("\nInterrupted.", file=sys.stderr)
            return 130
        finally:
            story.close()
    print("\nDone. To try it yourself: python -m lavaclient.sandbox")
    return 0
