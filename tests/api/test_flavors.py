from __future__ import annotations

import pytest

from lavaclient import InvalidError, Lava, NotFoundError
from lavaclient.api.flavors import Flavor
from tests.support.recorder import Wire


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


@pytest.mark.parametrize("written", ["hadoop1-7", "Small Hadoop Instance"])
def test_get_finds_a_flavor_by_id_or_name(lava: Lava, wire: Wire, written: str) -> None:
    assert lava.flavors.get(written).id == "hadoop1-7"
    assert wire.lines == ["GET flavors"]


def test_a_flavor_that_is_not_there_is_a_404(lava: Lava, wire: Wire) -> None:
    with pytest.raises(NotFoundError, match="there is no flavor 'huge'") as caught:
        lava.flavors.get("huge")
    assert caught.value.code == 404
    wire.clear()
    with pytest.raises(InvalidError, match="flavor_id"):
        lava.flavors.get("")
    assert wire.lines == []
