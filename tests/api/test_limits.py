from __future__ import annotations

from lavaclient import Lava
from lavaclient.api.limits import AbsoluteLimit, AbsoluteLimits
from tests.api.conftest import PUBLIC_KEY
from tests.support.recorder import Wire


def test_get_returns_what_may_be_used_and_what_is_left(lava: Lava, wire: Wire) -> None:
    lava.credentials.create_ssh_key("desk", PUBLIC_KEY)
    lava.clusters.create("a", "HDP2.2_Hadoop", "ada", ["desk"])
    limits = lava.limits.get()
    assert wire.last == ("GET limits", None)
    assert isinstance(limits, AbsoluteLimits)
    assert limits.node_count == AbsoluteLimit(limit=100, remaining=93)
    assert limits.node_count.used == 7
    assert limits.ram.used > limits.vcpus.used > 0
    assert limits.disk.remaining + limits.disk.used == limits.disk.limit
