from __future__ import annotations

from lavaclient import Lava
from lavaclient.api.flavors import Flavor
from tests.api.conftest import Wire


def test_list_returns_the_flavors(lava: Lava, wire: Wire) -> None:
    flavors = {flavor.id: flavor for flavor in lava.flavors.list()}
    assert wire.lines == ["GET flavors"]
    small = flavors["hadoop1-7"]
    assert isinstance(small, Flavor)
    assert (small.name, small.vcpus, small.ram, small.disk, small.flavor_class) == (
        "Small Hadoop Instance",
        2,
        8192,
        1250,
        "hadoop1",
    )
    assert repr(small) == (
        "<Flavor id='hadoop1-7' name='Small Hadoop Instance' vcpus=2 ram=8192 disk=1250>"
    )
