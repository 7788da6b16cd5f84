"""``python -m lavaclient.cli`` is ``lava``."""

from __future__ import annotations

import sys

from lavaclient.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
