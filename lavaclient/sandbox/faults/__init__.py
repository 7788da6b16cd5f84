"""Faults that the sandbox injects into its answers."""

from __future__ import annotations

from lavaclient.sandbox.faults.model import Fault, Faults

__all__ = ["Fault", "Faults"]
