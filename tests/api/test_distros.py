from __future__ import annotations

import pytest

from lavaclient import InvalidError, Lava, NotFoundError
from lavaclient.api.distros import Distro, DistroDetail
from tests.support.recorder import Wire


def test_list_returns_the_distros(lava: Lava, wire: Wire) -> None:
    distros = {distro.id: distro for distro in lava.distros.list()}
    assert wire.lines == ["GET distros"]
    assert type(distros["HDP1.3"]) is Distro
    assert (distros["HDP1.3"].name, distros["HDP1.3"].version) == (
        "Hortonworks Data Platform",
        "1.3",
    )
    assert [link.rel for link in distros["HDP1.3"].links] == ["self", "bookmark"]


def test_get_returns_a_distro_with_its_services(lava: Lava, wire: Wire) -> None:
    distro = lava.distros.get("HDP1.3")
    assert wire.lines == ["GET distros/HDP1.3"]
    assert isinstance(distro, DistroDetail)
    hdfs = distro.services[0]
    assert (hdfs.name, hdfs.version, hdfs.modes) == ("HDFS", "1.2", ["Secondary"])
    assert hdfs.components[:2] == [
        {"name": "Namenode"},
        {"name": "SecondaryNamenode", "mode": "Secondary"},
    ]
    assert hdfs.description is not None
    assert hdfs.description.startswith("A file system")


def test_a_distro_that_is_not_there_is_not_found(lava: Lava) -> None:
    with pytest.raises(NotFoundError) as caught:
        lava.distros.get("HDP9")
    assert caught.value.code == 404


def test_an_id_is_one_segment_of_the_path(lava: Lava, wire: Wire) -> None:
    with pytest.raises(NotFoundError):
        lava.distros.get("a/b?c")
    assert wire.lines == ["GET distros/a%2Fb%3Fc"]
    with pytest.raises(InvalidError, match="distro_id"):
        lava.distros.get("..")
