"""Cloud Identity and Cloud Big Data on one local port, to learn with and to test against.

The service itself is a `Sandbox`; `lavaclient.sandbox.server.SandboxServer` puts it on a port
and `lavaclient.sandbox.app.Application` gives it an HTTP face without one.
"""

from __future__ import annotations

from lavaclient.sandbox.core.clock import Clock, ManualClock, SystemClock
from lavaclient.sandbox.core.context import Quotas, Timings
from lavaclient.sandbox.faults.model import Fault
from lavaclient.sandbox.service import Sandbox

__all__ = ["Clock", "Fault", "ManualClock", "Quotas", "Sandbox", "SystemClock", "Timings"]
