"""A job under a fault at each of its requests, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Unpack

import msgspec

from lavaclient.sandbox.core.request_log import SeenRequest
from lavaclient.sandbox.faults.model import SSH_KINDS, Fault
from lavaclient.sandbox.faults.syntax import as_fault, line_of
from lavaclient.testing._mock import MockLava
from lavaclient.testing._options import SandboxOptions

__all__ = ["FaultRun", "each_request"]

_MOST_RUNS = 1000


@dataclass(frozen=True, slots=True)
class FaultRun:
    """What became of a job that had a fault at one of its requests.

    Attributes:
        request: The request that the fault hit.
        result: What the job returned.
        error: What it raised instead, if it did.
        sandbox: The sandbox that it ran against, to look into.
    """

    request: SeenRequest
    result: object
    error: Exception | None
    sandbox: MockLava = field(repr=False)

    def __str__(self) -> str:
        """The request, and the error or "no error"."""
        outcome = "no error" if self.error is None else f"{type(self.error).__name__}: {self.error}"
        return f"{self.request.method} {self.request.path}: {outcome}"


def each_request(
    fault: Fault | str, job: Callable[[MockLava], object], **options: Unpack[SandboxOptions]
) -> list[FaultRun]:
    """Run a job once for each request that it makes, with a fault at that request.

    It shows where a ``try`` is missing. Each run is in a ``mock_lava`` block of its own, with the
    same seed, and takes no time for pauses. The job seeds the sandbox and calls the code under
    test; what it does by the handle is not counted.

    Args:
        fault: The fault, which hits one request in each run; ``times`` is how many from there on.
            With a method or a path it hits only the requests that fit.
        job: Gets the sandbox.
        **options: Options of the sandbox; ``seed=1`` unless another is given.

    Returns:
        A run for each request, in the order of the requests.

    Raises:
        ValueError: The fault is not understood, hits by chance, by user or by time, or hits ssh.
        RuntimeError: The job makes more than 1000 requests.

    Example::

        def job(sandbox):
            sandbox.add_cluster("nightly", status="ERROR")
            rebuild(sandbox.username, sandbox.api_key, "nightly")

        def test_it_gets_over_an_outage_at_any_read():
            runs = each_request("GET: 503 x2", job, timings=Timings(build=1))
            assert not [run for run in runs if run.error]
    """
    fault = as_fault(fault)
    if fault.probability < 1 or fault.username or fault.begins or fault.lasts is not None:
        raise ValueError("each_request takes a fault without probability, user, begins and lasts")
    if fault.kind in SSH_KINDS:
        raise ValueError(f"each_request takes a fault of requests, and {fault.kind} hits none")
    runs: list[FaultRun] = []
    while run := _run(msgspec.structs.replace(fault, after=fault.after + len(runs)), job, options):
        if len(runs) == _MOST_RUNS:
            raise RuntimeError(f"the job makes more than {_MOST_RUNS} requests")
        runs.append(run)
    return runs


def _run(
    fault: Fault, job: Callable[[MockLava], object], options: SandboxOptions
) -> FaultRun | None:
    """Run the job once; None if the fault hit no request."""
    result, error = None, None
    chosen: SandboxOptions = {"seed": 1, **options}
    with MockLava(**chosen) as sandbox:
        sandbox.add_fault(fault)
        try:
            result = job(sandbox)
        except Exception as raised:  # noqa: BLE001 (it is what the run tells of)
            error = raised
        if sandbox.faults.missed():
            return None
        hit = next(request for request in sandbox.requests if request.faults == (line_of(fault),))
        return FaultRun(hit, result, error, sandbox)
