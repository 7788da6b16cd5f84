"""Sockets through a SOCKS proxy that keep the deadline of an exchange.

PySocks, which requests uses, applies its timeout to each read from the proxy.
"""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable
from typing import Any, TypedDict

__all__ = ["SocksOptions", "proxy_address", "socks_socket"]

_DEFAULT_PORT = 1080


class SocksOptions(TypedDict):
    """The options of a SOCKS proxy that urllib3 gives to its connections."""

    socks_version: int
    proxy_host: str | None
    proxy_port: int | None
    username: str | None
    password: str | None
    rdns: bool


def proxy_address(options: SocksOptions) -> tuple[str, int]:
    """Return the host and port of a proxy."""
    return (options["proxy_host"] or "").strip("[]"), options["proxy_port"] or _DEFAULT_PORT


def socks_socket(
    kind: tuple[int, int, int],
    address: tuple[Any, ...],
    options: SocksOptions,
    remaining: Callable[[], float | None],
) -> socket.socket:
    """Return a socket that connects through a proxy.

    Args:
        kind: Family, type and protocol.
        address: One of the proxy's addresses.
        options: The proxy's version and credentials, and who resolves names.
        remaining: Returns the seconds that are left.
    """
    sock = _socket_class()(*kind)
    sock.set_proxy(
        options["socks_version"],
        address[0],
        address[1],
        options["rdns"],
        options["username"],
        options["password"],
    )
    sock.remaining = remaining
    proxied: socket.socket = sock
    return proxied


@functools.cache
def _socket_class() -> Any:  # noqa: ANN401 (PySocks has no types)
    import socks  # an optional dependency, needed for SOCKS proxies only

    class SocksSocket(socks.socksocket):  # type: ignore[misc]
        """Limits each read from the proxy to the time that is left.

        Attributes:
            remaining: Returns that time; None once the connection stands.
        """

        remaining: Callable[[], float | None] | None

        def connect(self, address: tuple[str, int]) -> None:
            super().connect(address)
            self.remaining = None

        def recv_into(self, *arguments: Any) -> int:  # noqa: ANN401 (as socket has it)
            if self.remaining is not None:
                self.settimeout(self.remaining())
            size: int = super().recv_into(*arguments)
            return size

    return SocksSocket
