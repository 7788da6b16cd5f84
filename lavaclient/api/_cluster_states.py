"""The statuses of a cluster."""

from __future__ import annotations

from typing import Final

__all__ = ["ClusterStatus"]


class ClusterStatus:
    """The statuses of a cluster that are known; there may be others.

    Attributes:
        IN_PROGRESS: Those that pass by themselves.
    """

    BUILDING: Final = "BUILDING"
    BUILD: Final = "BUILD"
    CONFIGURING: Final = "CONFIGURING"
    CONFIGURED: Final = "CONFIGURED"
    UPDATING: Final = "UPDATING"
    REBOOTING: Final = "REBOOTING"
    RESIZING: Final = "RESIZING"
    WAITING: Final = "WAITING"
    ACTIVE: Final = "ACTIVE"
    ERROR: Final = "ERROR"
    IMPAIRED: Final = "IMPAIRED"
    DELETING: Final = "DELETING"
    DELETED: Final = "DELETED"

    IN_PROGRESS: Final = frozenset(
        {BUILDING, BUILD, CONFIGURING, CONFIGURED, UPDATING, REBOOTING, RESIZING, WAITING}
    )
