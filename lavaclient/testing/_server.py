"""``LavaSandbox``: the sandbox on a port, in a thread."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Unpack

from lavaclient.sandbox.core.clock import Clock, SystemClock
from lavaclient.sandbox.http.server import SandboxServer
from lavaclient.sandbox.service import Sandbox
from lavaclient.sandbox.ssh.server import SandboxSSH
from lavaclient.testing._clock import FollowingClock
from lavaclient.testing._handle import SandboxHandle
from lavaclient.testing._options import SandboxOptions

__all__ = ["LavaSandbox"]


class LavaSandbox(SandboxHandle):
    """Cloud Identity and Cloud Big Data on a port. It serves as soon as it is made.

    For programs in other processes, in any language: ``environ()`` leads them here. Leave it, or
    ``close()`` it. The clients that ``lava()`` makes live in its time; others live in their own, so
    give a ``speed`` to a program that waits for something.

    Args:
        clock: Where time comes from; by default as in ``mock_lava``.
        speed: Sandbox seconds for one real second, on a clock that runs; instead of ``clock``.
        host: The address to listen on.
        port: The port; 0 for any that is free.
        tls: Whether to speak TLS, with a certificate made on the spot. Needs trustme.
        ssh: Whether ssh can log in to the nodes, on a port of its own. Needs asyncssh.
        log: Gets one line for each request.
        **options: As those of ``mock_lava``.

    Raises:
        ValueError: Both a clock and a speed are given, or the speed is not a positive number.
        OSError: The port cannot be had.
        RuntimeError: What ``ssh`` needs is not installed.

    Example::

        with LavaSandbox(speed=600) as sandbox:
            subprocess.run(["./nightly"], env={**os.environ, **sandbox.environ()}, check=True)
            sandbox.assert_requested("POST", "/clusters", times=1)
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        speed: float | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        ssh: bool = False,
        log: Callable[[str], object] | None = None,
        **options: Unpack[SandboxOptions],
    ) -> None:
        super().__init__(Sandbox(_clock(clock, speed), **options))
        self._server = SandboxServer(self.sandbox, host, port, tls, log)
        self._ssh: SandboxSSH | None = None
        if ssh:
            try:
                self._ssh = SandboxSSH(self.sandbox)
                self._key = self._ssh.new_key("sandbox-key")
                public_key = self._key.with_suffix(".pub").read_text(encoding="ascii")
                self._public_key = public_key.strip()
            except BaseException:
                self.close()
                raise

    def __repr__(self) -> str:
        """Where it is."""
        return f"<LavaSandbox {self.url}>"

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return self._server.url

    @property
    def auth_url(self) -> str:
        """The identity URL."""
        return self._server.auth_url

    def endpoint(self, region: str = "DFW") -> str:
        """The URL of Cloud Big Data in a region."""
        return self._server.endpoint(region)

    def environ(self) -> dict[str, str]:
        """The environment variables that lead a program here; with TLS, to its bundle too.

        With ``ssh=True`` there is ``LAVA_SSH_COMMAND`` too.
        """
        command = {} if self._ssh is None else {"LAVA_SSH_COMMAND": shlex.join(self.ssh_command)}
        return {**super().environ(), **command}

    @property
    def ssh_command(self) -> list[str]:
        """What the ``ssh_command`` arguments take, to log in to the nodes.

        The key is that of ``add_ssh_key()``, and of clusters that were added without keys.

        Raises:
            RuntimeError: The sandbox was made without ``ssh=True``.
        """
        if self._ssh is None:
            raise RuntimeError("ssh needs LavaSandbox(ssh=True)")
        return self._ssh.ssh_command(self._key)

    def close(self) -> None:
        """Close its clients and stop serving: threads and sockets are gone."""
        super().close()
        if self._ssh is not None:
            self._ssh.close()
        self._server.close()


def _clock(clock: Clock | None, speed: float | None) -> Clock:
    if speed is None:
        return clock if clock is not None else FollowingClock()
    if clock is not None:
        raise ValueError("clock and speed do not go together: give SystemClock(speed) as the clock")
    return SystemClock(speed)
