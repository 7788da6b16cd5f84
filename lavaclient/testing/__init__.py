"""Testing what is built on lavaclient, without an account and without a network.

``mock_lava`` puts the whole service into the process of a test; ``LavaSandbox`` puts it on a port,
for programs in other processes; ``lavaclient.testing.plugin`` has pytest fixtures for both.
"""

from __future__ import annotations

from lavaclient.testing import _requirements  # noqa: F401 (before what needs them)

# isort: split
from lavaclient.sandbox.core.clock import Clock, ManualClock, SystemClock
from lavaclient.sandbox.core.context import Quotas, Timings
from lavaclient.sandbox.core.request_log import RequestLog, SeenRequest
from lavaclient.sandbox.faults.model import Fault, Faults
from lavaclient.sandbox.service import Sandbox
from lavaclient.testing._assertions import RequestFilters
from lavaclient.testing._handle import SandboxHandle
from lavaclient.testing._matrix import FaultRun, each_request
from lavaclient.testing._mock import MockLava, mock_lava
from lavaclient.testing._options import ClientOptions, SandboxOptions
from lavaclient.testing._server import LavaSandbox

__all__ = [
    "ClientOptions",
    "Clock",
    "Fault",
    "FaultRun",
    "Faults",
    "LavaSandbox",
    "ManualClock",
    "MockLava",
    "Quotas",
    "RequestFilters",
    "RequestLog",
    "Sandbox",
    "SandboxHandle",
    "SandboxOptions",
    "SeenRequest",
    "SystemClock",
    "Timings",
    "each_request",
    "mock_lava",
]
