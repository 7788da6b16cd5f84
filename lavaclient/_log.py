"""The library's one logger, silent until the application listens."""

from __future__ import annotations

import logging

__all__ = ["LOG"]

LOG = logging.getLogger("lavaclient")
LOG.addHandler(logging.NullHandler())
