"""What the tests of signing in share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.fake_cloud import FakeCloud


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    """A cloud whose answers the test scripts."""
    with FakeCloud() as fake_cloud:
        yield fake_cloud
