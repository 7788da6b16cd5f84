"""The sandbox on a port, under its documented path."""

from __future__ import annotations

from lavaclient.sandbox.http.server import SandboxServer

__all__ = ["SandboxServer"]
