"""What the testing kit stands on; imported first, so that what is missing is one line."""

from __future__ import annotations

from importlib.util import find_spec

__all__: list[str] = []

_MISSING = [name for name in ("responses", "werkzeug") if find_spec(name) is None]
if _MISSING:
    raise ImportError(
        f"lavaclient.testing needs {' and '.join(_MISSING)}: pip install 'lavaclient[testing]'"
    )
