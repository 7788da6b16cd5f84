"""Tests of rebuild.py: the service is in the process, and its time is moved."""

from __future__ import annotations

import pytest
from rebuild import rebuild

from lavaclient import FailedError
from lavaclient.testing import mock_lava


def test_a_cluster_that_failed_is_replaced():
    with mock_lava() as sandbox:
        failed = sandbox.add_cluster("nightly", status="ERROR")
        before = sandbox.clock.time()

        fresh = rebuild(sandbox.username, sandbox.api_key, "nightly")

        assert fresh != failed
        sandbox.assert_requested("DELETE", f"/clusters/{failed}", times=1)
        sandbox.assert_requested("POST", "/clusters", times=1)
        # Ten minutes of building went by, and the test took none of them.
        assert sandbox.clock.time() - before >= 600


def test_a_cluster_that_works_is_left_alone():
    with mock_lava() as sandbox:
        running = sandbox.add_cluster("nightly")
        assert rebuild(sandbox.username, sandbox.api_key, "nightly") == running
        sandbox.assert_not_requested("DELETE")


def test_the_caller_hears_of_it_when_the_new_one_fails_too():
    with mock_lava() as sandbox:
        sandbox.add_cluster("nightly", status="ERROR")
        sandbox.fail_next_cluster(after=120)
        with pytest.raises(FailedError, match="ERROR"):
            rebuild(sandbox.username, sandbox.api_key, "nightly")
