"""Tests of rebuild.py: the sandbox comes by a decorator, and by hand."""

from __future__ import annotations

import unittest

from rebuild import rebuild

from lavaclient.testing import mock_lava


@mock_lava
def test_a_cluster_that_works_is_left_alone(sandbox):
    running = sandbox.add_cluster("nightly")
    assert rebuild(sandbox.username, sandbox.api_key, "nightly") == running


@mock_lava(username="ada")
class RebuildTest(unittest.TestCase):
    def setUp(self, sandbox):
        self.failed = sandbox.add_cluster("nightly", status="ERROR")

    def test_a_cluster_that_failed_is_deleted(self, sandbox):
        rebuild("ada", sandbox.api_key, "nightly")
        sandbox.assert_requested("DELETE", f"/clusters/{self.failed}", times=1)


class ByHandTest(unittest.TestCase):
    def setUp(self):
        self.sandbox = mock_lava().start()
        self.addCleanup(self.sandbox.stop)

    def test_a_cluster_that_works_is_left_alone(self):
        running = self.sandbox.add_cluster("nightly")
        assert rebuild("sandbox", self.sandbox.api_key, "nightly") == running
