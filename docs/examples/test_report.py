"""Tests of report.sh, which is another process and asks with curl."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lavaclient.testing import LavaSandbox

REPORT = Path(__file__).with_name("report.sh")

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")


def report(sandbox):
    return subprocess.run(
        ["sh", str(REPORT)],
        env={**os.environ, **sandbox.environ()},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_it_prints_what_there_is():
    with LavaSandbox() as sandbox:
        sandbox.add_cluster("hourly")
        sandbox.add_cluster("nightly", status="BUILDING")
        ran = report(sandbox)
        assert (ran.returncode, ran.stdout) == (0, "ACTIVE hourly\nBUILDING nightly\n")
        sandbox.advance(600)
        assert report(sandbox).stdout == "ACTIVE hourly\nACTIVE nightly\n"
        sandbox.assert_requested("GET", "/clusters", times=2)


def test_a_failed_cluster_is_status_1():
    with LavaSandbox() as sandbox:
        sandbox.add_cluster("nightly")
        sandbox.fail_cluster("nightly")
        ran = report(sandbox)
        assert (ran.returncode, ran.stdout) == (1, "ERROR nightly\n")


def test_an_outage_is_not_taken_for_good_news():
    with LavaSandbox() as sandbox:
        sandbox.add_fault("GET /clusters$: 503")
        ran = report(sandbox)
        assert ran.returncode != 0
        assert "503" in ran.stderr
