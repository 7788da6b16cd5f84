"""Tests of clusters.mjs, which is in JavaScript."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lavaclient.testing import LavaSandbox

PROGRAM = Path(__file__).with_name("clusters.mjs")

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")


def start(sandbox):
    return subprocess.Popen(
        ["node", str(PROGRAM)],
        env={**os.environ, **sandbox.environ()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_prints_until_nothing_is_under_way():
    with LavaSandbox() as sandbox:
        sandbox.add_cluster("hourly")
        sandbox.add_cluster("nightly", status="BUILDING")
        with start(sandbox) as program:
            assert program.stdout.readline() == "ACTIVE hourly\n"
            assert program.stdout.readline() == "BUILDING nightly\n"
            sandbox.advance(600)
            *_, last = program.stdout
            assert last == "ACTIVE nightly\n"
        assert program.returncode == 0


def test_an_outage_ends_it():
    with LavaSandbox() as sandbox:
        sandbox.add_fault("GET /clusters$: 503")
        with start(sandbox) as program:
            assert "503" in program.stderr.read()
        assert program.returncode == 1
