"""Changes that no test need notice, each with the reason: what ``may_live.toml`` lists."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.mutation.changes import Change

_FILE = Path(__file__).with_name("may_live.toml")


class MayLive:
    """The changes listed: by reason and place, the line that each of them leaves."""

    def __init__(self) -> None:
        reasons = tomllib.loads(_FILE.read_text(encoding="utf-8")).values()
        places = [place for reason in reasons for place in reason.items()]
        self._listed = {(f"lavaclient.{place}", line) for place, lines in places for line in lines}
        self._places = {place for place, _ in self._listed}
        self._unmet = set(self._listed)

    def covers(self, change: Change) -> bool:
        """Tell whether a change is listed."""
        if change.place not in self._places:
            return False  # to tell the line of each change would take longer than most tests
        key = (change.place, change.lines()[1])
        self._unmet.discard(key)
        return key in self._listed

    def unmet(self) -> list[tuple[str, str]]:
        """Return what is listed and was no change so far."""
        return sorted(self._unmet)
