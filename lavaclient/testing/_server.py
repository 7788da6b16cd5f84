"""``LavaSandbox``: the sandbox on a port, in a thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Unpack

from lavaclient.sandbox.core.clock import Clock, SystemClock
from lavaclient.sandbox.http.server import SandboxServer
from lavaclient.sandbox.service import Sandbox
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
        log: Gets one line for each request.
        **options: As those of ``mock_lava``.

    Raises:
        ValueError: Both a clock and a speed are given, or the speed is not a positive number.
        OSError: The port cannot be had.

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
        log: Callable[[str], object] | None = None,
        **options: Unpack[SandboxOptions],
    ) -> None:
        super().__init__(Sandbox(_clock(clock, speed), **options))
        self._server = SandboxServer(self.sandbox, host, port, tls, log)

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
        """The environment variables that lead a program here; with TLS, to its bundle too."""
        return self._server.environ()

    def close(self) -> None:
        """Close its clients and stop serving: threads and sockets are gone."""
        super().close()
        self._server.close()

    def _bundle(self) -> str | None:
        return self.environ().get("REQUESTS_CA_BUNDLE")


def _clock(clock: Clock | None, speed: float | None) -> Clock:
    if speed is None:
        return clock if clock is not None else FollowingClock()
    if clock is not None:
        message = "clock and speed do not go together: give SystemClock(speed) as the clock"
        raise ValueError(message)
    return SystemClock(speed)
