"""Faults of what requests begin, hooks, and faults of ssh."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

import pytest

import lavaclient
from lavaclient import FailedError, Lava
from lavaclient.sandbox.faults.syntax import line_of, parse
from lavaclient.sandbox.http.app import Application
from lavaclient.testing import (
    Fault,
    LavaSandbox,
    MockLava,
    SandboxHandle,
    SeenRequest,
    each_request,
    mock_lava,
)

needs_ssh = pytest.mark.skipif(
    shutil.which("ssh") is None or find_spec("asyncssh") is None,
    reason="needs the ssh program (OpenSSH's client) and the asyncssh package",
)


def _create(lava: Lava, handle: SandboxHandle, name: str = "nightly") -> str:
    if handle.sandbox.account().credential("ssh_keys", "laptop") is None:
        handle.add_ssh_key("laptop")
    script = lava.scripts.create(f"setup-{name}", "https://example.com/x", "post_init")
    return lava.clusters.create(
        name, "HDP2.3_Hadoop", username="ops", ssh_keys=["laptop"], user_scripts=[script.id]
    ).id


def test_a_build_fails_when_a_fault_says_so(lava: Lava, handle: SandboxHandle) -> None:
    handle.add_fault("POST /clusters$: fail-build=90")
    cluster_id = _create(lava, handle)
    handle.advance(89)
    assert lava.clusters.get(cluster_id).status == "BUILDING"
    handle.advance(1)
    assert lava.clusters.get(cluster_id).status == "ERROR"
    handle.assert_faults_hit()
    (request,) = handle.find_requests("POST", "/clusters")
    assert (request.status, request.faults) == (202, ("POST /clusters$: fail-build=90",))
    assert lava.clusters.get(_create(lava, handle, "next")).status == "BUILDING"


def test_a_build_fails_before_it_is_done_however_late_it_is_to(
    lava: Lava, handle: SandboxHandle
) -> None:
    handle.add_fault(Fault("fail_build", seconds=3600))
    cluster_id = _create(lava, handle)
    with pytest.raises(FailedError, match="ERROR"):
        lava.clusters.wait(cluster_id, interval=60)


def test_a_resize_fails_and_other_changes_do_not(lava: Lava, handle: SandboxHandle) -> None:
    cluster_id = handle.add_cluster("nightly")
    handle.add_fault(": fail-resize=120")
    lava.clusters.services("restart", cluster_id, [])
    handle.advance(120)
    assert len(handle.faults.missed()) == 1
    lava.clusters.resize(cluster_id, {"slave0": {"count": 5}})
    handle.advance(121)
    assert lava.clusters.get(cluster_id).status == "ERROR"
    handle.assert_faults_hit()


def test_scripts_fail_on_the_nodes_that_are_built(lava: Lava, handle: SandboxHandle) -> None:
    handle.add_fault(": fail-script")
    cluster_id = _create(lava, handle)
    handle.advance(509)
    cluster = lava.clusters.get(cluster_id)
    assert (cluster.status, {s.status for s in cluster.scripts}) == ("CONFIGURING", {"RUNNING"})
    handle.advance(2)
    cluster = lava.clusters.get(cluster_id)
    assert (cluster.status, {s.status for s in cluster.scripts}) == ("ERROR", {"FAILED"})


def test_a_cluster_without_scripts_has_none_that_fail(lava: Lava, handle: SandboxHandle) -> None:
    handle.add_ssh_key("laptop")
    handle.add_fault(": fail-script")
    lava.clusters.create("bare", "HDP2.3_Hadoop", username="ops", ssh_keys=["laptop"])
    with pytest.raises(AssertionError, match=": fail-script"):
        handle.assert_faults_hit()


def test_a_node_fails_and_the_cluster_ends_up_impaired(lava: Lava, handle: SandboxHandle) -> None:
    handle.add_fault("POST: fail-node")
    cluster_id = _create(lava, handle)
    handle.advance(600)
    assert lava.clusters.get(cluster_id).status == "IMPAIRED"
    nodes = {node.name: node.status for node in lava.nodes.list(cluster_id)}
    assert [name for name, status in nodes.items() if status == "ERROR"] == [max(
        (name for name in nodes if name.startswith("slave")), key=lambda name: int(name[-1])
    )]  # fmt: skip


def test_a_refused_request_begins_no_work_and_counts_no_hit(
    lava: Lava, handle: SandboxHandle
) -> None:
    handle.add_fault(": fail-build")
    with pytest.raises(lavaclient.BadRequestError):
        lava.clusters.create("x", "none", username="ops", ssh_keys=["none"])
    assert handle.faults.missed() == handle.faults.list() == (Fault("fail_build"),)


def test_only_the_region_and_the_user_that_are_meant_are_hit(handle: SandboxHandle) -> None:
    handle.add_user("eve")
    handle.add_fault(Fault("fail_build", region="ORD"))
    handle.add_fault(Fault("fail_build", username="eve"))
    _create(handle.lava(), handle)
    assert len(handle.faults.missed()) == 2
    _create(handle.lava("eve"), handle, "hers")
    assert [fault.region for fault in handle.faults.missed()] == ["ORD"]


def test_the_matrix_takes_faults_of_what_requests_begin() -> None:
    def job(sandbox: MockLava) -> str:
        lava = sandbox.lava()
        for name in ("a", "b"):
            lava.clusters.wait(_create(lava, sandbox, name))
        return "done"

    runs = each_request(Fault("fail_build"), job)
    assert [run.request.path.rpartition("/")[2] for run in runs] == ["clusters"] * 2
    assert [type(run.error) for run in runs] == [FailedError] * 2
    assert len({run.request.number for run in runs}) == 2
    with pytest.raises(ValueError, match="ssh_lost hits none"):
        each_request(Fault("ssh_lost"), job)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("DELETE: fail-build", "fail_build hits POST alone"),
        ("POST: fail-resize", "fail_resize hits PUT alone"),
        ("GET: fail-node", "fail_node hits POST and PUT alone"),
        ("GET: ssh-refused", "ssh_refused hits no requests"),
        ("/nodes: ssh-lost", "ssh_lost hits no requests"),
        ("/nodes: 503 node=slave0-1", "only ssh_refused and ssh_lost have one"),
        ("POST: fail-build=x", "is not a fault"),
    ],
)
def test_a_fault_that_can_hit_nothing_is_refused(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(line)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("fail_build", method="POST", path="/clusters$", seconds=90),
        Fault("fail_resize", seconds=0),
        Fault("fail_script", times=None),
        Fault("fail_node", after=1),
        Fault("ssh_refused", node="slave0-1", times=2),
        Fault("ssh_lost", region="ORD"),
    ],
    ids=line_of,
)
def test_it_is_written_as_it_is_read(fault: Fault) -> None:
    assert parse(line_of(fault)) == fault


def test_a_hook_sees_each_request_before_it_is_carried_out(handle: SandboxHandle) -> None:
    lines: list[str] = []

    def note(request: SeenRequest) -> None:
        lines.append(f"{request.method} {request.path} {request.status}")
        assert len(handle.requests) == len(lines) - 1

    handle.on_request(note)
    handle.lava().limits.get()
    assert lines == ["POST /identity/v2.0/tokens 0", "GET /dfw/v2/123456/limits 0"]
    handle.reset()
    handle.lava().limits.get()
    assert len(lines) == 2


def test_a_hook_may_change_what_there_is_in_between(lava: Lava, handle: SandboxHandle) -> None:
    cluster_id = handle.add_cluster("nightly")
    handle.on_request(lambda _: handle.fail_cluster(cluster_id), "get", "/clusters/*$")
    assert [cluster.status for cluster in lava.clusters.list()] == ["ACTIVE"]
    assert lava.clusters.get(cluster_id).status == "ERROR"


def test_a_hook_may_say_which_fault_a_request_meets(handle: SandboxHandle) -> None:
    def break_the_third(_request: SeenRequest) -> str | None:
        return ": 503" if len(handle.requests) == 2 else None

    lava = handle.lava(max_retries=0)
    handle.on_request(break_the_third)
    handle.on_request(lambda _: Fault("latency", seconds=0), "GET", "/flavors$")
    lava.limits.get()
    with pytest.raises(lavaclient.ServerError):
        lava.limits.get()
    lava.flavors.list()
    assert [request.faults for request in handle.requests] == [
        (), (), (": 503",), (": latency=0",),
    ]  # fmt: skip


def test_what_a_hook_raises_comes_out(handle: SandboxHandle) -> None:
    def fail(_request: SeenRequest) -> str:
        raise LookupError("of the test's own")

    lava = handle.lava(max_retries=0)
    handle.on_request(fail)
    error = LookupError if isinstance(handle, MockLava) else lavaclient.ServerError
    with pytest.raises(error, match="of the test's own"):
        lava.limits.get()
    handle.sandbox.hooks.clear()
    handle.on_request(lambda _: "nonsense")
    with pytest.raises(ValueError, match="is not a fault"):
        Application(handle.sandbox).handle("GET", "/dfw/v2/123456/limits")


@pytest.mark.parametrize("line", [": fail-build", ": fail-node", ": ssh-refused", ": ssh-lost"])
def test_a_hook_that_returns_a_fault_of_no_answer_is_refused(
    handle: SandboxHandle, line: str
) -> None:
    handle.on_request(lambda _: line)
    with pytest.raises(ValueError, match="which hits no answer"):
        Application(handle.sandbox).handle("GET", "/dfw/v2/123456/limits")


def test_a_hook_for_a_path_that_is_no_pattern_is_refused(handle: SandboxHandle) -> None:
    with pytest.raises(ValueError, match="is not a pattern"):
        handle.on_request(lambda _: None, path="[")


def test_the_control_api_is_seen_by_no_hook() -> None:
    with mock_lava() as sandbox:
        sandbox.on_request(lambda _: ": 503")
        reply = Application(sandbox.sandbox).handle("GET", "/_sandbox/health")
        assert reply.status == 200


def test_ssh_is_refused_or_lost_in_process() -> None:
    with mock_lava() as sandbox:
        sandbox.add_cluster("numbers")
        lava = sandbox.lava()
        sandbox.add_fault(": ssh-refused node=slave0-1")
        sandbox.add_fault(": ssh-lost")
        with pytest.raises(FailedError, match="Connection refused"):
            lava.clusters.ssh_execute("numbers", "slave0-1", "true")
        assert sandbox.ssh_commands == []
        with pytest.raises(FailedError, match="closed by remote host"):
            lava.clusters.ssh_execute("numbers", "slave0-1", "true")
        assert [command.command for command in sandbox.ssh_commands] == ["true"]
        assert lava.clusters.ssh_execute("numbers", "slave0-1", "echo a") == "a\n"
        sandbox.assert_faults_hit()


def test_ssh_to_another_node_or_region_is_not_hit() -> None:
    with mock_lava() as sandbox:
        sandbox.add_cluster("numbers")
        sandbox.add_fault(": ssh-refused node=slave0-2")
        sandbox.add_fault(": ssh-refused region=ORD")
        assert sandbox.lava().clusters.ssh_execute("numbers", "slave0-1", "echo a") == "a\n"
        assert len(sandbox.faults.missed()) == 2


@needs_ssh
def test_ssh_is_refused_or_lost_over_a_port() -> None:
    with LavaSandbox(ssh=True) as sandbox:
        sandbox.add_cluster("numbers")
        clusters = sandbox.lava().clusters
        for line in (": ssh-refused", ": ssh-lost"):
            sandbox.add_fault(line)
            with pytest.raises(FailedError) as caught:
                clusters.ssh_execute(
                    "numbers", "slave0-1", "echo a", ssh_command=sandbox.ssh_command
                )
            assert caught.value.returncode == 255
        assert [command.command for command in sandbox.ssh_commands] == ["echo a"]
        sandbox.assert_faults_hit()
        assert (
            clusters.ssh_execute("numbers", "slave0-1", "echo a", ssh_command=sandbox.ssh_command)
            == "a\n"
        )
