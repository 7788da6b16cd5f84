"""What the tests of decoding share."""

from __future__ import annotations

import pytest

from lavaclient._decode import reader


@pytest.fixture(autouse=True)
def _new_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test makes what reads its types anew, whatever another has made before."""
    monkeypatch.setattr(reader, "_readers", {})
