"""The real client gets the same from a sandbox in its process as from one on a port."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import lavaclient
from lavaclient import Lava
from lavaclient.api.limits import AbsoluteLimits
from lavaclient.testing import Fault, SandboxHandle

NOUNS = (
    "clusters", "credentials", "distros", "flavors", "limits", "nodes", "scripts", "stacks",
)  # fmt: skip
# These run ssh, and have tests of their own with an ssh server.
SSH = {"clusters.ssh_execute", "clusters.ssh_proxy", "clusters.ssh_tunnel"}
KEY = "ssh-rsa " + "A" * 60 + " somebody@example.com"
S3 = "A" * 20

# Every public method of every manager: how it is called, and what it comes to. The sandbox holds
# a cluster "numbers" with the key "laptop", a script, a stack of one's own, one of each credential.
Call = Callable[[Lava, SandboxHandle], Any]
CALLS: dict[str, tuple[Call, object]] = {
    "clusters.list": (lambda lava, _: [c.name for c in lava.clusters.list()], ["numbers"]),
    "clusters.get": (lambda lava, _: lava.clusters.get("numbers").ssh_keys, ["laptop"]),
    "clusters.create": (
        lambda lava, _: (
            lava.clusters.create(
                "more", "HDP2.3_Kafka", username="worker", ssh_keys=["laptop"], wait=True
            ).status
        ),
        "ACTIVE",
    ),
    "clusters.resize": (
        lambda lava, _: len(
            lava.clusters.resize("numbers", {"slave0": {"count": 4}}, wait=True).nodes
        ),
        7,
    ),
    "clusters.update_credentials": (
        lambda lava, _: [
            credential.username
            for credential in lava.clusters.update_credentials(
                "numbers", {"cloud_files": "filer"}
            ).credentials.cloud_files
        ],
        ["filer"],
    ),
    "clusters.delete_ssh_credentials": (
        lambda lava, _: lava.clusters.delete_ssh_credentials("numbers", ["laptop"]).ssh_keys,
        [],
    ),
    "clusters.delete": (lambda lava, _: lava.clusters.delete("numbers"), None),
    "clusters.wait": (lambda lava, _: lava.clusters.wait("numbers").status, "ACTIVE"),
    "clusters.nodes": (lambda lava, _: len(lava.clusters.nodes("numbers")), 4),
    "clusters.services": (
        lambda lava, _: lava.clusters.services("restart", "numbers", ["HDFS"]).status,
        "UPDATING",
    ),
    "credentials.list": (
        lambda lava, _: [
            [credential.id for credential in listing]
            for listing in (
                lava.credentials.list().ssh_keys,
                lava.credentials.list().cloud_files,
                lava.credentials.list().s3,
                lava.credentials.list().ambari,
            )
        ],
        [["laptop"], ["filer"], [S3], ["boss"]],
    ),
    "credentials.list_types": (
        lambda lava, _: sorted(credential.type for credential in lava.credentials.list_types()),
        ["ambari", "cloud_files", "s3", "ssh_keys"],
    ),
    "credentials.list_ssh_keys": (
        lambda lava, _: [credential.name for credential in lava.credentials.list_ssh_keys()],
        ["laptop"],
    ),
    "credentials.list_cloud_files": (
        lambda lava, _: [credential.username for credential in lava.credentials.list_cloud_files()],
        ["filer"],
    ),
    "credentials.list_s3": (
        lambda lava, _: [credential.access_key_id for credential in lava.credentials.list_s3()],
        [S3],
    ),
    "credentials.list_ambari": (
        lambda lava, _: [credential.username for credential in lava.credentials.list_ambari()],
        ["boss"],
    ),
    "credentials.create_ssh_key": (
        lambda lava, _: lava.credentials.create_ssh_key("desk", KEY).name,
        "desk",
    ),
    "credentials.create_cloud_files": (
        lambda lava, _: lava.credentials.create_cloud_files("other", "k" * 32).username,
        "other",
    ),
    "credentials.create_s3": (
        lambda lava, _: lava.credentials.create_s3("B" * 20, "k" * 40).access_key_id,
        "B" * 20,
    ),
    "credentials.create_ambari": (
        lambda lava, _: lava.credentials.create_ambari("chief", "password").username,
        "chief",
    ),
    "credentials.update_ssh_key": (
        lambda lava, _: lava.credentials.update_ssh_key("laptop", KEY).name,
        "laptop",
    ),
    "credentials.update_cloud_files": (
        lambda lava, _: lava.credentials.update_cloud_files("filer", "k" * 32).username,
        "filer",
    ),
    "credentials.update_s3": (
        lambda lava, _: lava.credentials.update_s3(S3, "k" * 40).access_key_id,
        S3,
    ),
    "credentials.update_ambari": (
        lambda lava, _: lava.credentials.update_ambari("boss", "password").username,
        "boss",
    ),
    "credentials.delete_ssh_key": (
        lambda lava, _: lava.credentials.delete_ssh_key("spare"),
        None,
    ),
    "credentials.delete_cloud_files": (
        lambda lava, _: lava.credentials.delete_cloud_files("filer"),
        None,
    ),
    "credentials.delete_s3": (lambda lava, _: lava.credentials.delete_s3(S3), None),
    "credentials.delete_ambari": (lambda lava, _: lava.credentials.delete_ambari("boss"), None),
    "distros.list": (
        lambda lava, _: "HDP2.3" in [distro.id for distro in lava.distros.list()],
        True,
    ),
    "distros.get": (lambda lava, _: lava.distros.get("HDP2.3").name, "Hortonworks Data Platform"),
    "flavors.list": (
        lambda lava, _: next(
            flavor.vcpus for flavor in lava.flavors.list() if flavor.id == "hadoop1-7"
        ),
        2,
    ),
    "limits.get": (lambda lava, _: lava.limits.get().node_count.used, 4),
    "flavors.get": (lambda lava, _: lava.flavors.get("hadoop1-7").vcpus, 2),
    "nodes.get": (lambda lava, _: lava.nodes.get("numbers", "slave0-1").node_group, "slave0"),
    "scripts.get": (lambda lava, _: lava.scripts.get("setup").type, "POST_INIT"),
    "nodes.list": (lambda lava, _: len(lava.nodes.list("numbers")), 4),
    "nodes.delete": (
        lambda lava, _: lava.nodes.delete("grown", lava.nodes.list("grown")[-1].id),
        None,
    ),
    "scripts.list": (
        lambda lava, _: [script.name for script in lava.scripts.list() if not script.is_public],
        ["setup"],
    ),
    "scripts.create": (
        lambda lava, _: lava.scripts.create("other", "https://example.com/x", "post_init").type,
        "POST_INIT",
    ),
    "scripts.update": (
        lambda lava, handle: lava.scripts.update(_script_id(handle), name="renamed").name,
        "renamed",
    ),
    "scripts.delete": (lambda lava, handle: lava.scripts.delete(_script_id(handle)), None),
    "stacks.list": (lambda lava, _: [stack.name for stack in lava.stacks.list()][-1], "mine"),
    "stacks.get": (lambda lava, _: lava.stacks.get("HDP2.3_Kafka").distro, "HDP2.3"),
    "stacks.create": (
        lambda lava, _: lava.stacks.create("other", "HDP2.3", [{"name": "HDFS"}]).name,
        "other",
    ),
    "stacks.delete": (
        lambda lava, _: lava.stacks.delete(lava.stacks.list()[-1].id),
        None,
    ),
}


def _script_id(handle: SandboxHandle) -> str:
    (script_id,) = handle.sandbox.account().scripts
    return script_id


def add_one_of_each(handle: SandboxHandle, name: str) -> None:
    """Add one of everything, and what the call of this name needs beside that."""
    handle.add_cluster("numbers", ssh_keys=["laptop"])
    handle.add_script("setup")
    handle.add_stack("mine", "HDP2.3", ["HDFS"])
    handle.add_credential("cloud_files", "filer")
    handle.add_credential("s3", S3)
    handle.add_credential("ambari", "boss")
    if name == "credentials.delete_ssh_key":
        handle.add_ssh_key("spare")
    if name == "nodes.delete":
        handle.add_cluster("grown", node_groups={"slave0": {"count": 2}})


@pytest.mark.parametrize("name", CALLS)
def test_every_method_of_every_manager_works(name: str, lava: Lava, handle: SandboxHandle) -> None:
    add_one_of_each(handle, name)
    call, expected = CALLS[name]
    assert call(lava, handle) == expected


def test_no_method_is_left_out(lava: Lava) -> None:
    methods = {
        f"{noun}.{name}"
        for noun in NOUNS
        for name, _ in inspect.getmembers(type(getattr(lava, noun)), inspect.isfunction)
        if not name.startswith("_")
    }
    assert methods - SSH == set(CALLS)


def test_it_signs_in_with_a_token_and_renews_what_expired(handle: SandboxHandle) -> None:
    first = handle.lava()
    second = handle.lava(token=first.token)
    assert second.token != first.token
    handle.expire_tokens()
    assert second.limits.get().node_count.used == 0
    assert first.limits.get().node_count.used == 0
    handle.assert_requested("POST", "/tokens", times=4)


def test_a_role_that_may_only_read_may_only_read(handle: SandboxHandle) -> None:
    handle.add_user("watcher", roles=["observer"])
    watcher = handle.lava("watcher")
    assert isinstance(watcher.limits.get(), AbsoluteLimits)
    with pytest.raises(lavaclient.ForbiddenError):
        watcher.scripts.create("setup", "https://example.com/x", "post_init")


def test_a_user_who_is_disabled_or_unknown_is_refused(handle: SandboxHandle) -> None:
    handle.add_user("gone", enabled=False)
    for name, key in (("gone", None), ("nobody", "k" * 32)):
        with pytest.raises(lavaclient.LavaError):
            handle.lava(name, api_key=key)


def test_waiting_takes_the_sandbox_s_time_and_none_of_ours(
    lava: Lava, handle: SandboxHandle
) -> None:
    handle.add_cluster("numbers", status="BUILDING")
    before, statuses = handle.clock.time(), set[str]()
    built = lava.clusters.wait("numbers", on_progress=lambda cluster: statuses.add(cluster.status))
    assert built.status == "ACTIVE"
    assert statuses == {"BUILDING", "CONFIGURING", "ACTIVE"}
    assert 600 <= handle.clock.time() - before < 640


def test_a_wait_that_is_too_short_ends_in_time(lava: Lava, handle: SandboxHandle) -> None:
    handle.add_cluster("numbers", status="BUILDING")
    before = handle.clock.time()
    with pytest.raises(lavaclient.TimeoutError, match="within 5 minutes"):
        lava.clusters.wait("numbers", timeout=5)
    assert 300 <= handle.clock.time() - before < 310


def test_a_wait_ends_when_the_cluster_fails(lava: Lava, handle: SandboxHandle) -> None:
    handle.fail_next_cluster(after=400, name="numbers")
    handle.add_ssh_key("laptop")
    before = handle.clock.time()
    with pytest.raises(lavaclient.FailedError, match="ERROR"):
        lava.clusters.create("numbers", "HDP2.3_Kafka", "worker", ["laptop"], wait=True)
    assert 400 <= handle.clock.time() - before < 440


def test_latency_beyond_the_timeout_is_a_timeout(handle: SandboxHandle) -> None:
    lava = handle.lava(timeout=0.3, max_retries=0)
    handle.add_fault(Fault("latency", path="limits$", seconds=60))
    with pytest.raises(lavaclient.TimeoutError, match=r"within 0\.3 s"):
        lava.limits.get()
    assert lava.limits.get().node_count.used == 0


def test_latency_within_the_timeout_is_none(lava: Lava, handle: SandboxHandle) -> None:
    handle.add_fault(Fault("latency", path="limits$", seconds=0.01))
    assert lava.limits.get().node_count.used == 0


@pytest.mark.parametrize(("kind", "names"), [("reset_before", []), ("reset_after", ["setup"])])
def test_a_create_whose_connection_breaks_is_not_sent_twice(
    lava: Lava, handle: SandboxHandle, kind: str, names: list[str]
) -> None:
    handle.add_fault(f"POST scripts$: {kind.replace('_', '-')}")
    with pytest.raises(lavaclient.ConnectionError, match="reset") as caught:
        lava.scripts.create("setup", "https://example.com/x", "post_init")
    assert caught.value.maybe_applied
    assert [script.name for script in lava.scripts.list() if not script.is_public] == names
    (request,) = handle.assert_requested("POST", "/scripts", times=1)
    assert request.status == 0


@pytest.mark.parametrize("line", ["limits: reset-before x2", "limits: reset-after", "limits: cut"])
def test_a_read_that_breaks_is_tried_again(lava: Lava, handle: SandboxHandle, line: str) -> None:
    handle.add_fault(line)
    assert lava.limits.get().node_count.used == 0
    handle.assert_requested("GET", "/limits", times=3 if "x2" in line else 2)


def test_a_cut_body_is_a_broken_connection(handle: SandboxHandle) -> None:
    lava = handle.lava(max_retries=0)
    handle.add_fault("limits: cut")
    with pytest.raises(lavaclient.ConnectionError, match="IncompleteRead"):
        lava.limits.get()


def test_retry_after_is_waited_for_in_the_sandbox_s_time(lava: Lava, handle: SandboxHandle) -> None:
    handle.add_fault("POST scripts$: 503 retry-after=45 x2")
    before = handle.clock.time()
    lava.scripts.create("setup", "https://example.com/x", "post_init")
    assert handle.clock.time() - before >= 90
    handle.assert_requested("POST", "/scripts", times=3)


def test_a_server_error_is_one(lava: Lava, handle: SandboxHandle) -> None:
    handle.add_fault(Fault("status", method="POST", path="scripts$", code=500))
    with pytest.raises(lavaclient.ServerError) as caught:
        lava.scripts.create("setup", "https://example.com/x", "post_init")
    assert caught.value.code == 500


@pytest.mark.parametrize("body", ["html", "empty", "list", "types"])
def test_a_wrong_body_makes_no_sense(lava: Lava, handle: SandboxHandle, body: str) -> None:
    handle.add_fault(f"limits: {body} x*")
    with pytest.raises(lavaclient.ApiError):
        lava.limits.get()


def test_an_expired_token_is_renewed(lava: Lava, handle: SandboxHandle) -> None:
    handle.add_fault("limits: expired-token")
    assert lava.limits.get().node_count.used == 0
    assert [request.status for request in handle.requests] == [200, 401, 200, 200]


def test_endless_pages_are_followed_while_they_last(lava: Lava, handle: SandboxHandle) -> None:
    handle.add_cluster("numbers")
    handle.add_fault("clusters$: endless-pages x3")
    # The last marker is nobody's, so that the list is read once more.
    assert [cluster.name for cluster in lava.clusters.list()] == ["numbers"]
    pages = handle.assert_requested("GET", "/clusters", times=5)
    assert [bool(page.query) for page in pages] == [False, True, True, True, False]
    assert [page.status for page in pages] == [200, 200, 200, 400, 200]


def test_rates_are_limited_where_asked_but_not_for_seeds(handle: SandboxHandle) -> None:
    handle.sandbox.rate_limits = True
    for number in range(3):
        handle.add_cluster(f"numbers{number}")
    lava = handle.lava(max_retries=0)
    for _ in range(2):
        lava.clusters.create("more", "HDP2.3_Kafka", "worker", ["sandbox-key"])
    with pytest.raises(lavaclient.OverLimitError) as caught:
        lava.clusters.create("more", "HDP2.3_Kafka", "worker", ["sandbox-key"])
    assert caught.value.retry_after == 60
