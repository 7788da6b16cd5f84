"""What becomes of rebuild.py when the answer to any one of its requests is lost."""

from __future__ import annotations

from rebuild import rebuild

from lavaclient.testing import Fault, Timings, each_request


def job(sandbox):
    sandbox.add_cluster("nightly", status="ERROR")
    return rebuild(sandbox.username, sandbox.api_key, "nightly")


def test_only_a_lost_create_is_the_caller_s_business():
    runs = each_request(Fault("reset_after"), job, timings=Timings(build=1))
    assert len(runs) > 6

    (lost,) = [run for run in runs if run.error is not None]
    assert (lost.request.method, lost.request.path[-9:]) == ("POST", "/clusters")
    # It was carried out, and the error says that it may have been.
    assert lost.error.maybe_applied
    lost.sandbox.assert_requested("POST", "/clusters", times=1)
