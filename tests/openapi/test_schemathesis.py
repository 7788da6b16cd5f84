"""schemathesis asks a running server for all that the description of its APIs allows, and more."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lavaclient.sandbox import ManualClock, Sandbox
from lavaclient.sandbox.http.server import SandboxServer
from tests.support.sandbox_callers import DirectCaller

pytest.importorskip("schemathesis", reason="needs the extra [openapi]")

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


@pytest.fixture
def sandbox() -> Sandbox:
    """A team's account, whose tokens last whatever becomes of the clock."""
    return Sandbox(ManualClock(), seed=1, world="team", token_lifetime=1e10)


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[SandboxServer]:
    """It on a port."""
    with SandboxServer(sandbox) as server:
        yield server


@pytest.fixture
def configuration(sandbox: Sandbox, tmp_path: Path) -> Path:
    """schemathesis's settings, with ids of things that are there."""
    account = sandbox.account()
    cluster = next(iter(account.clusters.values()))
    ids = {
        "cluster_id": cluster.id,
        "node_id": cluster.nodes[0].id,
        "script_id": next(iter(account.scripts)),
        "stack_id": cluster.stack_id,
        "flavor_id": cluster.nodes[0].flavor_id,
        "distro_id": "HDP2.3",
    }
    lines = [f'"path.{name}" = "{value}"\n' for name, value in ids.items()]
    path = tmp_path / "schemathesis.toml"
    path.write_text(CONFIGURATION.read_text(encoding="utf-8") + "".join(lines), encoding="utf-8")
    return path


@pytest.mark.timeout(600)
@pytest.mark.parametrize("tags", [["Identity", "Big Data"], ["Sandbox"]], ids="+".join)
def test_no_request_that_can_be_made_up_breaks_the_description(
    tags: list[str], sandbox: Sandbox, server: SandboxServer, configuration: Path
) -> None:
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration), "run",
        f"{server.url}/_sandbox/openapi.json", "--header",
        f"X-Auth-Token: {DirectCaller(sandbox).sign_in()}", "--phases", "coverage,fuzzing",
        "--max-examples", "3", "--seed", "1", "--generation-deterministic", "--no-color",
        # Which has no end.
        "--exclude-path", "/_sandbox/events",
        *(word for tag in tags for word in ("--include-tag", tag)),
    ]  # fmt: skip
    ran = subprocess.run(
        command, capture_output=True, text=True, cwd=configuration.parent, check=False
    )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr
    # Not one that looked at nothing.
    assert "0 selected" not in ran.stdout
