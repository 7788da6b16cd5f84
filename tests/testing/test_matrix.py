"""A job under a fault at each request, and faults that hit nothing."""

from __future__ import annotations

import pytest

import lavaclient
from lavaclient.sandbox.faults.syntax import line_of, parse
from lavaclient.testing import Fault, MockLava, SandboxHandle, _matrix, each_request


def _job(sandbox: MockLava) -> int:
    """Read, create, and read again."""
    lava = sandbox.lava(max_retries=0)
    lava.flavors.list()
    sandbox.add_cluster("seeded")
    lava.scripts.create("setup", "https://example.com/x", "post_init")
    return len(lava.clusters.list())


def test_the_job_runs_once_for_each_request_with_the_fault_at_it() -> None:
    runs = each_request(Fault("status", code=500), _job)
    assert [(run.request.method, run.request.path.rpartition("/")[2]) for run in runs] == [
        ("POST", "tokens"), ("GET", "flavors"), ("POST", "scripts"), ("GET", "clusters"),
    ]  # fmt: skip
    assert [type(run.error) for run in runs] == [
        lavaclient.AuthenticationError, *[lavaclient.ServerError] * 3,
    ]  # fmt: skip
    assert [len(run.sandbox.requests) for run in runs] == [1, 2, 3, 4]
    assert str(runs[1]).startswith("GET /dfw/v2/123456/flavors: ServerError: GET flavors: 500 ")


def test_what_the_job_gets_over_has_a_result_and_the_same_ids() -> None:
    runs = each_request(Fault("latency", seconds=5), _job, username="ada")
    assert [(run.result, run.error) for run in runs] == [(1, None)] * 4
    assert str(runs[0]) == "POST /identity/v2.0/tokens: no error"
    ids = {tuple(run.sandbox.sandbox.account().clusters) for run in runs}
    assert len(ids) == 1
    assert runs[0].sandbox.username == "ada"


def test_only_requests_that_fit_have_the_fault_and_the_first_ones_may_be_let_through() -> None:
    assert len(each_request("GET: 500", _job)) == 2
    (run,) = each_request("GET: 500 after 1", _job)
    assert run.request.path.endswith("/clusters")
    assert each_request("DELETE: 500", _job) == []


def test_a_fault_of_a_region_hits_the_requests_to_it() -> None:
    def job(sandbox: MockLava) -> None:
        for region in ("DFW", "ORD"):
            sandbox.lava(region=region, max_retries=0).limits.get()

    (run,) = each_request(Fault("status", code=500, region="ORD"), job)
    assert run.request.path == "/ord/v2/123456/limits"


@pytest.mark.parametrize(
    "fields", [{"probability": 0.5}, {"username": "ada"}, {"lasts": 5.0}], ids=str
)
def test_a_fault_by_chance_user_or_time_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="without probability, user, begins and lasts"):
        each_request(Fault("status", **fields), _job)  # type: ignore[arg-type]


def test_what_ends_a_test_ends_the_runs() -> None:
    def job(sandbox: MockLava) -> None:
        sandbox.lava()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        each_request("GET: 500", job)
    with pytest.raises(ValueError, match="is not a fault"):
        each_request("nonsense", _job)


def test_a_job_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_matrix, "_MOST_RUNS", 3)
    with pytest.raises(RuntimeError, match="more than 3 requests"):
        each_request(Fault("latency"), _job)


def test_a_fault_that_hit_nothing_is_found(handle: SandboxHandle) -> None:
    handle.assert_faults_hit()
    handle.add_fault("limits: 503")
    handle.add_fault("DELETE /clusters/*$: 503 retry-after=5 x2 after 1")
    handle.lava().limits.get()
    with pytest.raises(AssertionError) as caught:
        handle.assert_faults_hit()
    lines = str(caught.value).splitlines()
    assert lines[:2] == [
        "these faults hit no request:",
        "  DELETE /clusters/*$: 503 retry-after=5 x2 after 1",
    ]
    assert lines[2] == "Requests:"
    assert len(lines) == 6
    handle.faults.clear()
    handle.assert_faults_hit()


@pytest.mark.parametrize(
    "fault",
    [
        Fault("latency", seconds=0.5, times=None),
        Fault("reset_before", method="GET|PUT", path="/clusters$", times=3, after=2),
        Fault("status", code=429, retry_after="60"),
        Fault("wrong_body", body="types", path="limits"),
        Fault("endless_pages"),
    ],
    ids=line_of,
)
def test_a_fault_is_written_as_it_is_read(fault: Fault) -> None:
    assert parse(line_of(fault)) == fault
