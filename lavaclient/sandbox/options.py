"""The options of `python -m lavaclient.sandbox`, checked."""

from __future__ import annotations

import argparse
from pathlib import Path

from lavaclient.sandbox.core.clock import SystemClock
from lavaclient.sandbox.core.context import Quotas, Timings
from lavaclient.sandbox.faults.model import Fault
from lavaclient.sandbox.service import Sandbox


class Options(argparse.Namespace):
    """The options as the parser leaves them, and what was made of their texts."""

    host: str
    port: int
    allow_host: list[str]
    tls: bool
    ssh: bool
    env_file: Path | None
    json: bool
    quiet: bool
    open: bool
    speed: float
    state: Path | None
    world: str | None
    user: str
    api_key: str
    tenant: str
    token_lifetime: float
    seed: int | None
    rate_limits: bool
    malformed_links: bool
    faults: list[Fault]
    clock: SystemClock
    quotas: Quotas
    timings: Timings

    def sandbox(self, state_path: Path | None) -> Sandbox:
        """Make the sandbox that they describe.

        Args:
            state_path: Its state file; the options are checked without one first.

        Raises:
            ValueError: One of them is wrong, or the file cannot be used.
        """
        return Sandbox(
            self.clock,
            username=self.user,
            api_key=self.api_key,
            tenant_id=self.tenant,
            rate_limits=self.rate_limits,
            malformed_links=self.malformed_links,
            token_lifetime=self.token_lifetime,
            quotas=self.quotas,
            timings=self.timings,
            seed=self.seed,
            state_path=state_path,
            world=self.world,
        )
