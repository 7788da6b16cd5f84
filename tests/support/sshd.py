"""OpenSSH's own server on loopback, with a configuration, keys and a port of its own.

Unlike `tests.support.ssh_server` it runs what it is asked to run, on this machine and as the user
who runs the tests.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

__all__ = ["SSHD", "why_not"]

_PROGRAM = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
_READY_WITHIN = 60


def why_not() -> str | None:
    """Say why sshd cannot be run here, None where it can."""
    if _PROGRAM is None or shutil.which("ssh") is None:
        return "needs OpenSSH's server and client (Debian: openssh-server)"
    if os.geteuid() == 0 and not os.path.isdir("/run/sshd"):
        return "sshd refuses to run as root without its directory /run/sshd"
    return None


def _new_key(path: Path) -> str:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path.with_suffix(".pub").read_text().strip()


class SSHD:
    """The server's process.

    Attributes:
        user: Who can log in: the user who runs this.
        port: Where it listens, on 127.0.0.1.
        directory: Where its files are.
        known_hosts: Path of a file that holds its host key.
    """

    def __init__(self, directory: Path) -> None:
        assert _PROGRAM is not None
        self.user = getpass.getuser()
        self.directory = directory
        self.known_hosts = directory / "known_hosts"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        host_key = _new_key(directory / "host_key")
        (directory / "authorized_keys").write_text(_new_key(directory / "key") + "\n")
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {host_key}\n")
        lines = [
            *(f"Port {self.port}", "ListenAddress 127.0.0.1", "PidFile none"),
            *(f"HostKey {directory}/host_key", f"AuthorizedKeysFile {directory}/authorized_keys"),
            *("StrictModes no", "UsePAM no", "PasswordAuthentication no", "PermitRootLogin yes"),
            "MaxStartups 100",
        ]
        config = directory / "sshd_config"
        config.write_text("\n".join(lines) + "\n")
        self._log = (directory / "log").open("wb")
        self._process = subprocess.Popen(
            [_PROGRAM, "-D", "-e", "-f", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        self._wait_until_it_listens()

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self._process.poll() is None, (self.directory / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def ssh(self, *options: str, config: str = "", program: str = "ssh") -> list[str]:
        """Return an ``ssh_command`` that reaches the server, with this text for a configuration."""
        file = self.directory / f"ssh_config_{abs(hash((options, config, program)))}"
        own = f"IdentityFile {self.directory}/key\nIdentitiesOnly yes\nIdentityAgent none\n"
        file.write_text(f"{config}\n{own}Port {self.port}\n")
        return [
            *(program, "-F", str(file), *options),
            *("-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "StrictHostKeyChecking=yes"),
            *("-o", "GlobalKnownHostsFile=/dev/null"),
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(_READY_WITHIN)
        self._log.close()
