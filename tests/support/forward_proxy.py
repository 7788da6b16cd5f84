"""A real forward proxy on loopback that wants a password: Debian's tinyproxy."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.threads import until

__all__ = ["PASSWORD", "PROGRAM", "USER", "forward_proxy"]

PROGRAM = shutil.which("tinyproxy")
USER, PASSWORD = "somebody", "a-password-of-the-proxy"


@contextmanager
def forward_proxy(folder: Path) -> Iterator[int]:
    """Run the proxy, and give its port.

    Args:
        folder: Where its configuration and log are written.
    """
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
    lines = (f"Port {port}", "Listen 127.0.0.1", "Allow 127.0.0.1", f"BasicAuth {USER} {PASSWORD}")
    configuration = folder / "tinyproxy.conf"
    configuration.write_text("\n".join([*lines, "MaxClients 20", ""]))
    with (folder / "tinyproxy.log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM or "tinyproxy", "-d", "-c", configuration], stdout=log, stderr=log
        )
    try:
        until(lambda: process.poll() is not None or _is_open(port), 30)
        assert process.poll() is None, (folder / "tinyproxy.log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
