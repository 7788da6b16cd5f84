"""Tests that share a sandbox, in which what they need is made once."""

from __future__ import annotations

import pytest

from lavaclient import NotFoundError


@pytest.fixture(scope="module")
def service(make_lava_sandbox):
    with make_lava_sandbox(seed=1) as sandbox:
        sandbox.add_cluster("numbers")
        yield sandbox


def test_it_has_nodes(service):
    assert len(service.lava().nodes.list("numbers")) == 4


def test_a_name_that_is_not_there_is_an_error(service):
    with pytest.raises(NotFoundError):
        service.lava().clusters.get("letters")
