"""Tests of grow.py, with the fixtures."""

from __future__ import annotations

import pytest
from grow import grow

from lavaclient import OverLimitError
from lavaclient.testing import Fault, Quotas


@pytest.fixture
def cluster_id(lava_sandbox):
    return lava_sandbox.add_cluster("numbers", node_groups={"slave0": {"count": 2}})


def test_it_adds_nodes_and_waits_for_them(lava, lava_sandbox, cluster_id):
    assert grow(lava, "numbers", "slave0", 3) == 5
    lava_sandbox.assert_requested(
        "PUT",
        f"/clusters/{cluster_id}",
        times=1,
        json={"cluster": {"node_groups": [{"id": "slave0", "count": 5}]}},
    )


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", method="GET", path="/nodes$", code=503, times=2),
        Fault("reset_before", method="PUT"),
        Fault("expired_token", method="PUT"),
        "GET /clusters/.*: 503 retry-after=40 x2",
    ],
)
def test_it_gets_over_what_passes(lava, lava_sandbox, cluster_id, fault):
    lava_sandbox.add_fault(fault)
    assert grow(lava, cluster_id, "slave0", 1) == 3


@pytest.mark.lava_sandbox(quotas=Quotas(node_count=6))
def test_a_quota_is_the_caller_s_business(lava, lava_sandbox, cluster_id):
    with pytest.raises(OverLimitError, match="node_count"):
        grow(lava, cluster_id, "slave0", 3)
    assert lava.clusters.get(cluster_id).status == "ACTIVE"
