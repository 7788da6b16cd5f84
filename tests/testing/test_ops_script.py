"""A script that was written for the real service runs against the sandbox as it stands."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lavaclient.testing import LavaSandbox, Quotas, SystemClock, Timings
from tests.support.warm_start import WARM_PYTHON, warm_environ

SCRIPT = Path(__file__).parent / "data" / "nightly.py"
# The script waits in its own time: building takes less than a request.
AT_ONCE = Timings(build=0.001, resize=0.001, update=0.001, delete=0.001)


def _run(sandbox: LavaSandbox) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WARM_PYTHON, str(SCRIPT)],
        env={**warm_environ(), **sandbox.environ()},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_script_names_nothing_of_the_sandbox() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    assert "sandbox" not in text
    assert "127.0.0.1" not in text
    assert len(text.split('"""', 2)[2].strip().splitlines()) <= 32


def test_it_builds_a_cluster_and_takes_the_old_one_down() -> None:
    with LavaSandbox(clock=SystemClock(), timings=AT_ONCE) as sandbox:
        old = sandbox.add_cluster("nightly", ssh_keys=["nightly"], status="ERROR")
        ran = _run(sandbox)
        assert (ran.returncode, ran.stderr) == (0, "")
        lines = ran.stdout.splitlines()
        assert lines[-1] == "nightly is ACTIVE; 1 taken down"
        assert [line.split()[0] for line in lines[:-1]] == [
            "ambari-1", "master0-1", "master1-1", "slave0-1", "slave0-2", "slave0-3",
        ]  # fmt: skip
        sandbox.assert_requested("DELETE", f"/clusters/{old}", times=1)
        sandbox.assert_not_requested("POST", "/credentials/ssh_keys")


def test_it_runs_over_tls_too() -> None:
    with LavaSandbox(clock=SystemClock(), timings=AT_ONCE, tls=True) as sandbox:
        assert _run(sandbox).stdout.endswith("nightly is ACTIVE; 0 taken down\n")
        sandbox.assert_requested("POST", "/credentials/ssh_keys", times=1)


def test_it_ends_with_a_line_where_the_quota_does_not_do() -> None:
    with LavaSandbox(quotas=Quotas(node_count=5)) as sandbox:
        ran = _run(sandbox)
        assert (ran.returncode, ran.stderr) == (1, "only 5 nodes are left\n")
        sandbox.assert_not_requested("POST", "/clusters")


def test_it_ends_with_a_line_where_the_cluster_fails() -> None:
    with LavaSandbox(clock=SystemClock()) as sandbox:
        sandbox.fail_next_cluster(after=0)
        ran = _run(sandbox)
        assert ran.returncode == 1
        assert ran.stderr.startswith("not built: cluster ")
