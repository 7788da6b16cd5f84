from __future__ import annotations

import copy
import functools
import getpass
import inspect
import pickle
import socket
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from lavaclient import (
    ApiError,
    ConflictError,
    InvalidError,
    Lava,
    NotFoundError,
    OverLimitError,
)
from lavaclient.api.clusters import Cluster, ClusterDetail, ClusterStatus
from lavaclient.api.credentials import CloudFilesCredential, CredentialManager, SSHKey
from lavaclient.api.nodes import Node, NodeGroup
from lavaclient.sandbox import Fault
from lavaclient.sandbox.http.server import SandboxServer
from tests.api.conftest import PUBLIC_KEY
from tests.support.recorder import Wire

STACK = "HDP2.2_Hadoop"
SCRIPT = "c5033423-97ff-4215-9552-19d425e1f9dd"
MINIMUM: dict[str, Any] = {
    "name": "logs",
    "username": "ada",
    "ssh_keys": ["desk"],
    "stack_id": STACK,
}


@pytest.fixture
def key(lava: Lava, wire: Wire) -> SSHKey:
    """A public key for clusters."""
    ssh_key = lava.credentials.create_ssh_key("desk", PUBLIC_KEY)
    wire.clear()
    return ssh_key


@pytest.fixture
def cluster(lava: Lava, sandbox: SandboxServer, wire: Wire, key: SSHKey) -> ClusterDetail:
    """A cluster that is active."""
    cluster = lava.clusters.create("logs", STACK, "ada", [key.name])
    sandbox.sandbox.clock.advance(600)
    wire.clear()
    return cluster


def test_create_sends_what_a_cluster_needs(lava: Lava, wire: Wire, key: SSHKey) -> None:
    cluster = lava.clusters.create("logs", STACK, "ada", [key.name])
    assert wire.last == ("POST clusters", {"cluster": MINIMUM})
    assert isinstance(cluster, ClusterDetail)
    assert (cluster.name, cluster.stack_id, cluster.username) == ("logs", STACK, "ada")
    assert cluster.status in ClusterStatus.IN_PROGRESS
    assert cluster.progress == 5.0
    assert cluster.credentials.ssh_keys == [SSHKey(name="desk")]
    assert cluster.node_groups[0] == NodeGroup(
        id="master", count=1, flavor_id="hadoop1-7", components=cluster.node_groups[0].components
    )
    assert repr(cluster) == (
        f"<ClusterDetail id={cluster.id!r} name='logs' status='BUILDING' stack_id='HDP2.2_Hadoop'"
        " progress=5.0>"
    )


def test_create_sends_all_that_is_given(lava: Lava, wire: Wire, key: SSHKey) -> None:
    lava.credentials.create_cloud_files("archive", "k" * 32)
    lava.credentials.create_s3("i" * 20, "s" * 40)
    groups: dict[str, Any] = {
        "slave": {"count": "3", "flavor_id": "hadoop1-7"},
        "gateway": {"count": 1},
    }
    credentials = [{"cloud_files": "archive", "s3": "i" * 20}, {"ssh_keys": "desk"}]
    before = copy.deepcopy((groups, credentials))
    cluster = lava.clusters.create(
        "logs",
        STACK,
        "ada",
        [key.name],
        [SCRIPT],
        groups,
        credentials=credentials,
        region="ord",
    )
    assert (groups, credentials) == before
    assert wire.last[1] == {
        "cluster": {
            **MINIMUM,
            "node_groups": [
                {"id": "slave", "count": 3, "flavor_id": "hadoop1-7"},
                {"id": "gateway", "count": 1},
            ],
            "scripts": [{"id": SCRIPT}],
            "credentials": [
                {"type": "cloud_files", "credential": {"name": "archive"}},
                {"type": "s3", "credential": {"name": "i" * 20}},
                {"type": "ssh_keys", "credential": {"name": "desk"}},
            ],
            "region": "ord",
        }
    }
    assert cluster.credentials.cloud_files == [CloudFilesCredential(username="archive")]
    assert (cluster.scripts[0].id, cluster.scripts[0].status) == (SCRIPT, "PENDING")


@pytest.mark.parametrize(
    "groups",
    [
        [{"id": "slave", "count": 3}],
        ({"id": "slave", "count": "3", "flavor_id": None},),
        {"slave": {"count": 3}},
    ],
)
def test_node_groups_may_be_a_list_or_a_dict(
    lava: Lava, wire: Wire, key: SSHKey, groups: Any
) -> None:
    lava.clusters.create("logs", STACK, "ada", [key.name], node_groups=groups)
    sent = {"cluster": {**MINIMUM, "node_groups": [{"id": "slave", "count": 3}]}}
    assert wire.last[1] == sent


def test_ids_may_be_uuids(lava: Lava, wire: Wire, key: SSHKey) -> None:
    cluster = lava.clusters.create("logs", STACK, "ada", [key.name], [uuid.UUID(SCRIPT)])
    assert wire.last[1] == {"cluster": {**MINIMUM, "scripts": [{"id": SCRIPT}]}}
    assert lava.clusters.get(uuid.UUID(cluster.id)).id == cluster.id


def test_what_is_empty_is_not_sent(lava: Lava, wire: Wire, key: SSHKey) -> None:
    lava.clusters.create("logs", STACK, "ada", [key.name], [], {}, credentials=[])
    assert wire.last[1] == {"cluster": MINIMUM}


def test_user_and_key_are_by_default_those_of_the_machine_at_the_call(
    lava: Lava, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "grace")
    name = f"grace@{socket.gethostname()}"
    lava.credentials.create_ssh_key(name, PUBLIC_KEY)
    cluster = lava.clusters.create("logs", STACK)
    sent = {"cluster": {**MINIMUM, "username": "grace", "ssh_keys": [name]}}
    assert wire.last[1] == sent
    assert cluster.username == "grace"


@pytest.mark.parametrize("user", ["root", "Root", "x", "9lives", "a b"])
def test_a_local_user_who_may_not_log_in_gives_advice(
    lava: Lava, wire: Wire, monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    monkeypatch.setenv("LOGNAME", user)
    with pytest.raises(
        InvalidError,
        match=r"^username must .*: pass username$",
    ):
        lava.clusters.create("logs", STACK, ssh_keys=["desk"])
    assert wire.lines == []


@pytest.mark.parametrize(
    ("arguments", "named"), [({"ssh_keys": ["k"]}, "username"), ({"username": "ada"}, "ssh_keys")]
)
def test_a_local_user_who_is_not_known_is_asked_for(
    lava: Lava, wire: Wire, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], named: str
) -> None:
    def unknown() -> str:
        raise OSError("no such user")

    monkeypatch.setattr(getpass, "getuser", unknown)
    with pytest.raises(InvalidError, match=f"^{named} is required") as caught:
        lava.clusters.create("logs", STACK, **arguments)
    assert isinstance(caught.value.__cause__, OSError)
    assert wire.lines == []


def test_connectors_warn_at_the_callers_line_and_come_before_credentials(
    lava: Lava, wire: Wire, key: SSHKey
) -> None:
    lava.credentials.create_cloud_files("archive", "k" * 32)
    old, new = [{"cloud_files": "archive"}], {"ssh_keys": "desk"}
    create = functools.partial(lava.clusters.create, "logs", STACK, "ada", [key.name])
    line = inspect.stack()[0].lineno + 2
    with pytest.warns(DeprecationWarning, match="connectors") as caught:
        create(connectors=old, credentials=new)
    assert (caught[0].filename, caught[0].lineno) == (__file__, line)
    body: Any = wire.last[1]
    assert [credential["type"] for credential in body["cluster"]["credentials"]] == [
        "cloud_files",
        "ssh_keys",
    ]
    assert "connectors" not in body["cluster"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"name": ""}, "name must"),
        ({"name": "n" * 256}, "name must have 1 to 255 characters"),
        ({"name": None}, "name must be a string, not NoneType"),
        ({"stack_id": ""}, "stack_id must"),
        ({"stack_id": True}, "stack_id must"),
        ({"username": "root"}, "username must not be root"),
        ({"username": "ROOT"}, "username must not be root"),
        ({"username": "a"}, "username must"),
        ({"username": "a" * 33}, "username must"),
        ({"username": "9a"}, "username must"),
        ({"username": "ada\n"}, "username must"),
        ({"username": "ad\u00e1"}, "username must"),
        ({"ssh_keys": "desk"}, "ssh_keys must be a list"),
        ({"ssh_keys": []}, "ssh_keys must have at least 1"),
        ({"ssh_keys": [""]}, r"ssh_keys\[0\] must"),
        ({"ssh_keys": ["k", "k" * 256]}, r"ssh_keys\[1\] must"),
        ({"ssh_keys": {"desk": 1}}, "ssh_keys must"),
        ({"user_scripts": "s"}, "user_scripts must"),
        ({"user_scripts": [""]}, "user_scripts must"),
        ({"node_groups": "slave"}, "node_groups must"),
        ({"node_groups": ["slave"]}, "node_groups: each group must be a dict"),
        ({"node_groups": [{"count": 1}]}, "node_groups: each group needs an id"),
        ({"node_groups": [{"id": "", "count": 1}]}, "node_groups: id must"),
        ({"node_groups": [{"id": "g" * 256}]}, "node_groups: id must"),
        ({"node_groups": [{"id": "a"}, {"id": "a"}]}, "node_groups: 'a' is given twice"),
        ({"node_groups": {"a": {"id": "a"}}}, r"node_groups\['a'\] must have no other keys"),
        ({"node_groups": {"a": 3}}, r"node_groups\['a'\] must be a dict"),
        ({"node_groups": {5: {"count": 1}}}, "node_groups: id must"),
        ({"node_groups": {"a": {"size": 3}}}, r"node_groups\['a'\] must have no other keys"),
        ({"node_groups": {"a": {"count": 0}}}, "node_groups: 'a': count must be from 1 to 100"),
        ({"node_groups": {"a": {"count": "101"}}}, "node_groups: 'a': count must"),
        ({"node_groups": {"a": {"count": True}}}, "node_groups: 'a': count must"),
        ({"node_groups": {"a": {"count": 1.5}}}, "node_groups: 'a': count must"),
        ({"node_groups": {"a": {"count": "many"}}}, "node_groups: 'a': count must"),
        ({"node_groups": {"a": {"flavor_id": ""}}}, "node_groups: 'a': flavor_id must"),
        ({"credentials": "archive"}, "credentials must"),
        ({"credentials": ["archive"]}, "credentials must"),
        ({"credentials": [{}]}, "credentials must"),
        ({"credentials": [{"cloud_files": ""}]}, r"credentials\['cloud_files'\] must"),
        ({"credentials": [{"cloud_files": ["a"]}]}, r"credentials\['cloud_files'\] must"),
        ({"credentials": [{"": "a"}]}, "credentials: type must"),
        ({"region": ""}, "region must"),
        ({"region": 5}, "region must"),
    ],
)
def test_create_refuses_what_is_no_good(
    lava: Lava, wire: Wire, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidError, match=f"^{named}"):
        lava.clusters.create(**{**MINIMUM, **changes})
    assert wire.lines == []


def test_create_can_wait_until_the_cluster_is_active(
    patient: Lava, wire: Wire, sandbox: SandboxServer
) -> None:
    patient.credentials.create_ssh_key("desk", PUBLIC_KEY)
    cluster = patient.clusters.create("logs", STACK, "ada", ["desk"], None, None, None, True)
    assert (cluster.status, cluster.progress) == ("ACTIVE", 100.0)
    assert wire.lines.count("POST clusters") == 1
    # After 2 seconds, and then ever more slowly.
    assert wire.lines.count(f"GET clusters/{cluster.id}") == 25
    assert 0 <= sandbox.sandbox.clock.time() - 1_445_000_600 < 30


def test_a_quota_that_is_used_up_is_an_over_limit_error(lava: Lava, key: SSHKey) -> None:
    with pytest.raises(OverLimitError) as caught:
        lava.clusters.create(
            "logs", STACK, "ada", [key.name], node_groups={"slave": {"count": 100}}
        )
    assert (caught.value.code, caught.value.retry_after) == (413, None)


def test_list_returns_the_clusters(lava: Lava, wire: Wire, cluster: ClusterDetail) -> None:
    listed = lava.clusters.list()
    assert wire.lines == ["GET clusters"]
    assert [type(cluster) for cluster in listed] == [Cluster]
    assert (listed[0].id, listed[0].name, listed[0].status) == (cluster.id, "logs", "ACTIVE")
    assert (listed[0].created, listed[0].cbd_version) == (cluster.created, 2)
    assert repr(listed[0]).startswith(f"<Cluster id={cluster.id!r} name='logs' status='ACTIVE'")


def test_list_goes_through_all_pages(
    lava: Lava, wire: Wire, sandbox: SandboxServer, cluster: ClusterDetail
) -> None:
    account = sandbox.sandbox.account()
    record = account.clusters[cluster.id]
    for number in range(250):
        account.clusters[f"c{number}"] = twin = copy.copy(record)
        twin.id = f"c{number}"
    ids = [cluster.id for cluster in lava.clusters.list()]
    assert ids == [cluster.id, *(f"c{number}" for number in range(250))]
    assert [line.partition("?")[0] for line in wire.lines] == ["GET clusters"] * 3


def test_get_returns_a_cluster_by_id(lava: Lava, wire: Wire, cluster: ClusterDetail) -> None:
    cluster_detail = lava.clusters.get(cluster.id)
    assert wire.lines == [f"GET clusters/{cluster.id}"]
    assert isinstance(cluster_detail, ClusterDetail)
    assert (cluster_detail.id, cluster_detail.status, cluster_detail.progress) == (
        cluster.id,
        "ACTIVE",
        100.0,
    )


def test_get_returns_a_cluster_by_name(lava: Lava, wire: Wire, cluster: ClusterDetail) -> None:
    assert lava.clusters.get("logs").id == cluster.id
    assert wire.lines == ["GET clusters/logs", "GET clusters", f"GET clusters/{cluster.id}"]


def test_a_name_that_two_clusters_have_is_refused_with_both_ids(
    lava: Lava, wire: Wire, sandbox: SandboxServer, cluster: ClusterDetail
) -> None:
    account = sandbox.sandbox.account()
    account.clusters["twin"] = twin = copy.copy(account.clusters[cluster.id])
    twin.id = "twin"
    calls: list[Callable[[], object]] = [
        lambda: lava.clusters.get("logs"),
        lambda: lava.clusters.delete("logs"),
        lambda: lava.clusters.resize("logs", {"slave": {"count": 2}}),
        lambda: lava.clusters.services("restart", "logs", []),
        lambda: lava.clusters.wait("logs"),
        lambda: lava.clusters.nodes("logs"),
    ]
    for call in calls:
        with pytest.raises(InvalidError, match=f"cluster_id.*{cluster.id}, twin"):
            call()
    assert {line for line in wire.lines if line.startswith("DELETE")} == {"DELETE clusters/logs"}
    assert len(lava.clusters.list()) == 2


def test_neither_id_nor_name_is_the_404_of_the_id(lava: Lava, wire: Wire) -> None:
    with pytest.raises(NotFoundError) as caught:
        lava.clusters.get("a/b")
    assert (caught.value.code, caught.value.path) == (404, "clusters/a%2Fb")
    assert wire.lines == ["GET clusters/a%2Fb", "GET clusters"]


@pytest.mark.parametrize("bad", ["", ".", "..", "a/../b", None, b"a", ["a"], True, 1.5])
def test_a_cluster_id_that_is_none_sends_nothing(lava: Lava, wire: Wire, bad: Any) -> None:
    calls: list[Callable[[], object]] = [
        lambda: lava.clusters.get(bad),
        lambda: lava.clusters.delete(bad),
        lambda: lava.clusters.wait(bad),
        lambda: lava.clusters.nodes(bad),
        lambda: lava.clusters.resize(bad, {"slave": {"count": 1}}),
        lambda: lava.clusters.services("start", bad, []),
    ]
    for call in calls:
        with pytest.raises(InvalidError, match="cluster_id"):
            call()
    assert wire.lines == []


def test_resize_sends_the_counts(
    lava: Lava, wire: Wire, sandbox: SandboxServer, cluster: ClusterDetail
) -> None:
    resized = lava.clusters.resize(cluster.id, {"slave": {"count": 3}})
    sent = {"cluster": {"node_groups": [{"id": "slave", "count": 3}]}}
    assert wire.last == (f"PUT clusters/{cluster.id}", sent)
    assert (resized.id, resized.status) == (cluster.id, "UPDATING")
    assert {group.id: group.count for group in resized.node_groups}["slave"] == 3
    with pytest.raises(ConflictError):
        lava.clusters.resize("logs", [{"id": "slave", "count": 2}])
    sandbox.sandbox.clock.advance(300)
    assert len(cluster.nodes) == 9


@pytest.mark.parametrize(
    ("groups", "named"),
    [
        (None, "node_groups must have at least one group"),
        ([], "node_groups must have at least one group"),
        ({}, "node_groups must have at least one group"),
        ([{"id": "slave"}], "node_groups: 'slave' needs a count"),
        ([{"count": 3}], "node_groups: each group needs an id"),
        ({"slave": {"count": 0}}, "node_groups: 'slave': count must"),
    ],
)
def test_resize_refuses_what_is_no_good(lava: Lava, wire: Wire, groups: Any, named: str) -> None:
    with pytest.raises(InvalidError, match=f"^{named}"):
        lava.clusters.resize("logs", groups)
    assert wire.lines == []


def test_update_credentials_sends_types_and_names(
    lava: Lava, wire: Wire, cluster: ClusterDetail
) -> None:
    lava.credentials.create_ssh_key("laptop", PUBLIC_KEY)
    lava.credentials.create_cloud_files("archive", "k" * 32)
    changed = lava.clusters.update_credentials(
        cluster.id, {"ssh_keys": ["desk", "laptop"], "cloud_files": "archive"}
    )
    used = [
        {"type": "ssh_keys", "name": "desk"},
        {"type": "ssh_keys", "name": "laptop"},
        {"type": "cloud_files", "name": "archive"},
    ]
    assert wire.last == (f"PUT clusters/{cluster.id}", {"cluster": {"credentials": used}})
    assert [key.name for key in changed.credentials.ssh_keys] == ["desk", "laptop"]
    manager = changed.credentials.cloud_files[0]._manager
    assert isinstance(manager, CredentialManager)
    manager.list_types()
    assert wire.lines[-1] == "GET credentials/types"


@pytest.mark.parametrize(
    ("credentials", "named"),
    [
        (None, "credentials must"),
        ({}, "credentials must"),
        ([{"ssh_keys": "desk"}], "credentials must"),
        ({"ssh_keys": []}, r"credentials\['ssh_keys'\] must"),
        ({"ssh_keys": [""]}, r"credentials\['ssh_keys'\]\[0\] must"),
        ({"ssh_keys": ""}, r"credentials\['ssh_keys'\] must"),
        ({"ssh_keys": 5}, r"credentials\['ssh_keys'\] must"),
        ({"": "desk"}, "credentials: type must"),
    ],
)
def test_update_credentials_refuses_what_is_no_good(
    lava: Lava, wire: Wire, credentials: Any, named: str
) -> None:
    with pytest.raises(InvalidError, match=f"^{named}"):
        lava.clusters.update_credentials("logs", credentials)
    assert wire.lines == []


def test_delete_ssh_credentials_sends_the_names(
    lava: Lava, wire: Wire, cluster: ClusterDetail
) -> None:
    changed = lava.clusters.delete_ssh_credentials(cluster.id, ("desk",))
    gone = [{"type": "ssh_keys", "name": "desk"}]
    assert wire.last == (f"PUT clusters/{cluster.id}", {"cluster": {"remove_credentials": gone}})
    assert changed.credentials.ssh_keys == []


@pytest.mark.parametrize("names", [[], "desk", None, [""], [5]])
def test_delete_ssh_credentials_refuses_what_is_no_good(lava: Lava, wire: Wire, names: Any) -> None:
    with pytest.raises(InvalidError, match=r"^keynames"):
        lava.clusters.delete_ssh_credentials("logs", names)
    assert wire.lines == []


@pytest.mark.parametrize("action", ["start", "stop", "restart"])
@pytest.mark.parametrize("names", [[], ["HDFS", "Yarn"]])
def test_services_sends_action_and_names_and_an_empty_list_for_all(
    lava: Lava, wire: Wire, cluster: ClusterDetail, action: str, names: list[str]
) -> None:
    changed = lava.clusters.services(action, cluster.id, names)
    control = {"action": action, "services": [{"name": name} for name in names]}
    assert wire.last == (f"PUT clusters/{cluster.id}", {"cluster": {"control_services": control}})
    assert changed.status == "UPDATING"


@pytest.mark.parametrize(
    ("action", "names", "named"),
    [
        ("kill", [], "action"),
        (None, [], "action"),
        ("start", "HDFS", "service_names"),
        ("start", None, "service_names"),
        ("start", [""], "service_names"),
    ],
)
def test_services_refuses_what_is_no_good(
    lava: Lava, wire: Wire, action: Any, names: Any, named: str
) -> None:
    with pytest.raises(InvalidError, match=f"^{named}"):
        lava.clusters.services(action, "logs", names)
    assert wire.lines == []


def test_services_are_never_restarted_twice(
    lava: Lava, wire: Wire, sandbox: SandboxServer, cluster: ClusterDetail
) -> None:
    sandbox.sandbox.faults.add(Fault("reset_after", "PUT"))
    with pytest.raises(Exception, match="may have been carried out") as caught:
        lava.clusters.services("restart", cluster.id, [])
    assert getattr(caught.value, "maybe_applied", False)
    assert wire.lines == [f"PUT clusters/{cluster.id}"]


def test_delete_deletes_a_cluster_by_id_or_name(
    lava: Lava, wire: Wire, sandbox: SandboxServer, cluster: ClusterDetail
) -> None:
    assert lava.clusters.delete("logs") is None  # type: ignore[func-returns-value]
    assert wire.lines == [
        "DELETE clusters/logs",
        "GET clusters",
        f"DELETE clusters/{cluster.id}",
    ]
    assert cluster.refresh().status == "DELETING"
    sandbox.sandbox.clock.advance(60)
    with pytest.raises(NotFoundError):
        lava.clusters.delete(cluster.id)


def test_nodes_are_those_of_the_cluster(lava: Lava, wire: Wire, cluster: ClusterDetail) -> None:
    nodes = lava.clusters.nodes("logs")
    assert wire.lines[-1] == f"GET clusters/{cluster.id}/nodes"
    assert len(nodes) == 7
    assert all(isinstance(node, Node) for node in nodes)


def test_a_cluster_does_itself_what_its_manager_does(
    patient: Lava, wire: Wire, sandbox: SandboxServer
) -> None:
    patient.credentials.create_ssh_key("desk", PUBLIC_KEY)
    patient.clusters.create("logs", STACK, "ada", ["desk"])
    cluster = patient.clusters.list()[0]
    at = f"clusters/{cluster.id}"
    assert cluster.wait(20, 60).status == "ACTIVE"
    assert wire.lines[-1] == f"GET {at}"
    assert len(cluster.nodes) == 7
    assert wire.lines[-1] == f"GET {at}/nodes"
    assert cluster.refresh().status == "ACTIVE"
    assert wire.lines[-1] == f"GET {at}"
    assert cluster.status == "BUILDING"
    resized = cluster.resize([{"id": "slave", "count": 2}], wait=True)
    assert resized.status == "ACTIVE"
    assert f"PUT {at}" in wire.lines
    assert len(resized.nodes) == 8
    resized.delete()
    assert wire.lines[-1] == f"DELETE {at}"
    sandbox.sandbox.clock.advance(60)
    assert patient.clusters.list() == []


def test_a_cluster_without_a_client_is_a_value_and_says_so(
    lava: Lava, wire: Wire, cluster: ClusterDetail
) -> None:
    twins = [copy.copy(cluster), copy.deepcopy(cluster), pickle.loads(pickle.dumps(cluster))]
    for twin in twins:
        assert twin == cluster
        assert repr(twin) == repr(cluster)
        for use in (twin.refresh, twin.delete, twin.wait, lambda twin=twin: twin.nodes):
            with pytest.raises(InvalidError, match="this ClusterDetail belongs to no client"):
                use()
    assert wire.lines == []


def test_a_dict_of_a_cluster_has_plain_values_and_its_datetimes(cluster: ClusterDetail) -> None:
    plain: Any = cluster.to_dict()
    assert plain["created"] is cluster.created
    assert plain["node_groups"][0] == {
        "id": "master",
        "flavor_id": "hadoop1-7",
        "count": 1,
        "components": cluster.node_groups[0].components,
    }
    assert plain["links"][0] == {"rel": "self", "href": cluster.links[0].href}
    assert plain["credentials"]["ssh_keys"] == [{"name": "desk"}]
    assert list(plain) == list(cluster.__struct_fields__)


def test_an_answer_that_is_no_cluster_may_have_been_carried_out(
    lava: Lava, sandbox: SandboxServer, key: SSHKey
) -> None:
    sandbox.sandbox.faults.add(Fault("wrong_body", "POST", body="types"))
    with pytest.raises(ApiError) as caught:
        lava.clusters.create("logs", STACK, "ada", [key.name])
    assert caught.value.maybe_applied
    assert "$.cluster" in str(caught.value)


def test_a_manager_shows_where_it_leads(lava: Lava) -> None:
    assert repr(lava.clusters) == f"<ClusterManager of {lava.endpoint}>"
