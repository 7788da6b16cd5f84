"""World files and snapshots: what there is, written down, and made again."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lavaclient.sandbox import Fault, ManualClock, Quotas, Sandbox
from lavaclient.sandbox.__main__ import main
from lavaclient.sandbox.resources import routes
from lavaclient.sandbox.ssh.answers import Outcome, SeenCommand
from lavaclient.sandbox.worlds.model import WorldError
from lavaclient.testing import mock_lava
from tests.support.sandbox_callers import Caller, DirectCaller, every_get

NOW = 1_445_000_000.0


def _caller(world: Any, clock: ManualClock | None = None) -> DirectCaller:
    return DirectCaller(Sandbox(clock or ManualClock(NOW), world=world))


def _account(**fields: Any) -> dict[str, Any]:
    return {"accounts": [{"region": "DFW", **fields}]}


def test_the_environment_leads_to_the_first_user_of_a_world() -> None:
    """Who has another key there, and another tenant; not where the world is refused."""
    other = Sandbox(ManualClock(NOW), api_key="o" * 32, tenant_id="999999")
    sandbox = Sandbox(ManualClock(NOW), world=other.world())
    assert sandbox.environ() == other.environ()
    boss = {"username": "a", "api_key": "k", "roles": ["boss"]}
    with pytest.raises(ValueError, match="roles"):
        sandbox.load_world({"users": [{"username": "sandbox", "api_key": "n" * 32}, boss]})
    assert sandbox.environ() == other.environ()
    with mock_lava(world=other.world()) as handle:
        assert handle.api_key == "o" * 32
        assert handle.lava().endpoint.endswith("/999999")


@pytest.mark.parametrize(
    "status",
    [
        "BUILDING", "CONFIGURING", "ACTIVE", "UPDATING", "RESIZING", "IMPAIRED", "ERROR",
        "DELETING",
    ],
)  # fmt: skip
def test_a_cluster_may_be_in_any_state(status: str) -> None:
    """It goes on from there: what is in progress ends, what is over stays."""
    caller = _caller(_account(clusters=[{"name": "nightly", "status": status}]))
    [cluster] = caller.get("clusters").body["clusters"]
    assert (cluster["name"], cluster["status"]) == ("nightly", status)
    caller.sandbox.clock.advance(600)
    later = caller.get(f"clusters/{cluster['id']}")
    ends = {"ERROR": "ERROR", "IMPAIRED": "IMPAIRED"}
    if status == "DELETING":
        assert later.status == 404
    else:
        assert later.body["cluster"]["status"] == ends.get(status, "ACTIVE")


def test_a_cluster_has_its_age_and_how_far_it_is(caller: Caller) -> None:
    """Half built, or of any age."""
    clusters = [
        {"name": "half", "status": "BUILDING", "progress": 0.5},
        {"name": "slow", "status": "BUILDING", "progress": 0.5, "age": 10_000},
        {"name": "old", "age": 86_400},
        {"name": "fresh", "age": 5},
        {"name": "broken", "status": "ERROR", "progress": 0.2, "age": 900},
    ]
    caller.sandbox.load_world(_account(clusters=clusters))
    shown = {c["name"]: c for c in caller.get("clusters").body["clusters"]}
    assert shown["old"]["created"] == "2015-10-15T12:53:20Z"
    assert shown["fresh"]["status"] == "ACTIVE"
    detail = {
        name: caller.get(f"clusters/{cluster['id']}").body["cluster"]
        for name, cluster in shown.items()
    }
    assert detail["half"]["progress"] == detail["slow"]["progress"] == "52"
    assert detail["broken"]["progress"] == "24"
    caller.sandbox.clock.advance(301)
    assert caller.get(f"clusters/{shown['half']['id']}").body["cluster"]["status"] == "ACTIVE"
    assert caller.get(f"clusters/{shown['slow']['id']}").body["cluster"]["status"] == "BUILDING"


def test_everything_else_may_stand_in_it_too() -> None:
    """Users, tenants, quotas, timings, keys, scripts, stacks, faults, ssh answers."""
    caller = _caller(
        {
            "users": [{"username": "eve", "api_key": "k" * 32, "roles": ["observer"]}],
            "quotas": {"node_count": 7},
            "timings": {"build": 10},
            "accounts": [
                {
                    "region": "LON",
                    "tenant_id": "99",
                    "credentials": [{"type": "s3", "name": "A" * 20}],
                    "scripts": [{"name": "tune", "url": "https://example.com/x"}],
                    "stacks": [{"name": "mine", "distro": "HDP2.3", "services": ["Kafka"]}],
                    "clusters": [
                        {
                            "name": "nightly",
                            "status": "IMPAIRED",
                            "ssh_keys": ["desk"],
                            "scripts": ["tune"],
                            "node_groups": [{"id": "slave0", "count": 2}],
                            "failed_nodes": ["slave0-2"],
                        }
                    ],
                }
            ],
            "faults": ["GET /limits$: 503", {"kind": "cut", "path": "/flavors$"}],
            "planned_failures": [{"after": 5, "name": "doomed"}],
            "ssh_answers": [{"pattern": "hdfs *", "status": 3}],
        }
    )
    sandbox = caller.sandbox
    account = sandbox.account("LON", "99")
    assert set(account.credentials) == {f"s3/{'A' * 20}", "ssh_keys/desk"}
    [cluster] = account.clusters.values()
    assert {n.name for n in cluster.nodes if n.failed} == {"slave0-2"}
    assert [s.name for s in account.stacks.values()] == ["mine"]
    assert sandbox.quotas == Quotas(node_count=7)
    assert len(sandbox.faults.list()) == 2
    assert sandbox.ssh_answers.scripts[0][0] == "hdfs *"
    sandbox.faults.clear()
    caller.sign_in("eve", "k" * 32)
    assert caller.post("scripts", {}).status == 403
    sandbox.clock.advance(10)
    caller.sign_in()
    doomed = caller.cluster(name="doomed", stack_id="HDP2.3_Kafka")
    sandbox.clock.advance(5)
    assert caller.get(f"clusters/{doomed}").body["cluster"]["status"] == "ERROR"


@pytest.mark.parametrize(
    ("world", "message"),
    [
        ({"colour": "red"}, "unknown field 'colour'"),
        (_account(clusters=[{"name": "a"}, {"name": "b", "status": "OK"}]),
         "accounts[0].clusters[1].status: "),
        (_account(clusters=[{"name": "a", "stack_id": "none"}]),
         "accounts[0].clusters[0]: stack_id: there is no stack 'none'"),
        (_account(clusters=[{"name": "a", "username": "root"}]),
         "accounts[0].clusters[0]: cluster.username: "),
        (_account(clusters=[{"name": "a", "scripts": ["none"]}]), "accounts[0].clusters[0]: scripts: there is no script 'none'"),
        (_account(clusters=[{"name": "a", "failed_nodes": ["x"]}]), "accounts[0].clusters[0]: failed_nodes: there is no node 'x'"),
        (_account(clusters=[{"name": "a", "status": "BUILDING", "progress": 0.9}]),
         "accounts[0].clusters[0]: progress: 0.9 of a build of 600 seconds is not BUILDING"),
        (_account(clusters=[{"name": "a", "copies": 40}]),
         "accounts[0].clusters[0]: Quota exceeded for node_count"),
        (_account(stacks=[{"name": "a", "distro": "none", "services": ["Kafka"]}]),
         "accounts[0].stacks[0]: distro: "),
        (_account(scripts=[{"name": "a", "url": "x"}]), "accounts[0].scripts[0]: script.url: "),
        ({"users": [{"username": "a", "api_key": "k", "roles": ["boss"]}]},
         "users[0]: roles: there is no role 'bigdata:boss'"),
        ({"faults": ["GET: 503", "get: 503"]}, "faults[1]: "),
        ({"timings": {"build": -1}}, "timings.build: "),
    ],
)  # fmt: skip
def test_an_error_names_the_place_and_changes_nothing(
    direct: DirectCaller, world: dict[str, Any], message: str
) -> None:
    cluster_id = direct.cluster()
    direct.sandbox.faults.add(Fault("cut", path="/flavors$"))
    before = direct.sandbox.world()
    with pytest.raises(ValueError) as caught:
        direct.sandbox.load_world(world)
    assert message in str(caught.value)
    after = direct.sandbox.world()
    assert msgspec.to_builtins(after) == msgspec.to_builtins(before)
    assert direct.get(f"clusters/{cluster_id}").status == 200


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("clusters", 0, "stack_id"), "none", "clusters[0].stack_id: there is no 'none'"),
        (("clusters", 0, "region"), "MARS", "clusters[0].region: there is no 'MARS'"),
        (("clusters", 0, "id"), "", "clusters[0].id: is empty"),
        (("clusters", 0, "created"), 1e300, "clusters[0]: 1e+300 is not a time"),
        (("clusters", 0, "job", "steps"), [], "clusters[0].job.steps: is empty"),
        (("clusters", 0, "job", "steps", 0, "at"), -1e12, "clusters[0]: -1e+12 is not a time"),
        (("clusters", 0, "groups", 0, "flavor_id"), "x", "clusters[0].groups: there is no 'x'"),
        (("clusters", 0, "groups", 0, "components"), ["x"], "clusters[0].groups: there is no 'x'"),
        (("clusters", 0, "nodes", 1, "node_group"), "x", "nodes[1].node_group: there is no 'x'"),
        (("clusters", 0, "nodes", 1, "flavor_id"), "x", "nodes[1].flavor_id: there is no 'x'"),
        (("clusters", 0, "nodes", 1, "name"), "x", "nodes[1].name: 'x' does not end in a number"),
        (("clusters", 0, "credentials", 0, "type"), "x", "clusters[0].credentials: there is no"),
        (("credentials", 0, "type"), "x", "credentials[0].type: there is no 'x'"),
        (("scripts", 0, "created"), 1e300, "scripts[0]: 1e+300 is not a time"),
        (("stacks", 0, "created"), 1e300, "stacks[0]: 1e+300 is not a time"),
        (("stacks", 0, "node_groups", 0, "components"), ["x"], "stacks[0].node_groups: there is"),
        (("stacks", 0, "node_groups", 0, "flavor_id"), "x", "stacks[0].node_groups: there is no"),
    ],
)  # fmt: skip
def test_a_record_that_names_what_is_not_there_is_refused(
    direct: DirectCaller, path: tuple[Any, ...], value: Any, message: str
) -> None:
    direct.cluster(scripts=[{"id": direct.script()}])
    services = [{"name": "Kafka"}]
    stack = {"stack": {"name": "mine", "distro": "HDP2.3", "services": services}}
    assert direct.post("stacks", stack).status == 200
    world = direct.ask("GET", "/_sandbox/world").body
    place = world["accounts"][0]["records"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    answer = direct.ask("PUT", "/_sandbox/world", world)
    assert answer.status == 400
    assert answer.message.startswith("accounts[0].records.")
    assert message in answer.message


def _answers(caller: DirectCaller) -> dict[str, Any]:
    caller.sign_in()
    return every_get(caller)


def _lively(caller: DirectCaller) -> None:
    """Let there be clusters in many states."""
    caller.active_cluster(name="old", scripts=[{"id": caller.script()}])
    clusters = [caller.cluster(name=name) for name in ("broken", "shrunk", "going")]
    caller.sandbox.clock.advance(100)
    caller.sandbox.fail_cluster(clusters[0])
    caller.sandbox.clock.advance(600)
    change = {"cluster": {"control_services": {"action": "restart", "services": []}}}
    assert caller.put(f"clusters/{clusters[1]}", change).status == 202
    assert caller.delete(f"clusters/{clusters[2]}").status == 204
    caller.sandbox.clock.advance(20)
    caller.sandbox.fail_next_cluster(after=50)
    caller.cluster(name="new")
    caller.sandbox.clock.advance(10)


def test_what_is_written_down_is_made_again(direct: DirectCaller) -> None:
    """In another sandbox, from JSON, every GET is answered alike, now and later."""
    _lively(direct)
    world = json.loads(msgspec.json.encode(direct.sandbox.world()))
    other = _caller(copy.deepcopy(world))
    for _ in range(12):
        assert other.sandbox.clock.time() == direct.sandbox.clock.time()
        assert _answers(other) == _answers(direct)
        for caller in (other, direct):
            caller.sandbox.clock.advance(40)
    assert json.loads(msgspec.json.encode(_caller(world).sandbox.world())) == world


def test_each_path_that_can_be_read_is_among_those_that_are_compared(
    direct: DirectCaller,
) -> None:
    _lively(direct)
    paths = set(_answers(direct))
    for line in routes.ROUTER.lines:
        method, path = line.split()
        pattern = re.sub(r"<\w+>", "[^/]+", path.removeprefix("/"))
        assert method != "GET" or [each for each in paths if re.fullmatch(pattern, each)], line


def test_what_is_left_of_a_fault_is_written_down(direct: DirectCaller) -> None:
    """As much of it is still to come, in the other sandbox too."""
    faults = direct.sandbox.faults
    faults.add(Fault("status", path="/limits$", times=5, after=1))
    faults.add(Fault("cut", path="/scripts$", begins=100, lasts=50))
    faults.add(Fault("cut", path="/stacks$", begins=10, lasts=100))
    faults.add(Fault("cut", path="/flavors$", lasts=10))
    faults.add(Fault("cut", path="/distros$"))
    statuses = [direct.get("limits").status for _ in range(3)]
    assert statuses == [200, 503, 503]
    faults.take("GET", "/dfw/v2/123456/distros")
    direct.sandbox.clock.advance(60)
    world = json.loads(msgspec.json.encode(direct.sandbox.world()))
    other = _caller(world)
    assert other.sandbox.faults.list() == (
        Fault("status", path="/limits$", times=3),
        Fault("cut", path="/scripts$", begins=40, lasts=50),
        Fault("cut", path="/stacks$", lasts=50),
    )
    assert [other.get("limits").status for _ in range(4)] == [503, 503, 503, 200]


def test_a_world_that_is_refused_leaves_hits_and_commands(direct: DirectCaller) -> None:
    direct.sandbox.faults.add(Fault("status", path="/limits$", times=2))
    direct.get("limits")
    direct.sandbox.ssh_answers.add("true", Outcome())
    direct.sandbox.ssh_answers.note(SeenCommand("id", "slave0-1", "ops", "true", 0))
    before = direct.sandbox.faults.hits()
    with pytest.raises(ValueError, match="colour"):
        direct.sandbox.load_world({"colour": "red"})
    with pytest.raises(ValueError, match=r"accounts\[0\]"):
        direct.sandbox.load_world(_account(clusters=[{"name": "a", "stack_id": "none"}]))
    assert direct.sandbox.faults.hits() == before
    assert [hits for _, hits in before] == [1]
    assert [command.command for command in direct.sandbox.ssh_answers.commands] == ["true"]
    assert len(direct.sandbox.ssh_answers.scripts) == 1


def test_a_handle_makes_worlds_and_snapshots() -> None:
    with mock_lava() as sandbox:
        sandbox.load_world(_account(clusters=[{"name": "nightly"}]))
        sandbox.save_snapshot("first")
        lava = sandbox.lava()
        lava.clusters.delete("nightly")
        sandbox.advance(60)
        assert lava.clusters.list() == []
        world = sandbox.world()
        sandbox.restore_snapshot("first")
        assert [cluster.name for cluster in lava.clusters.list()] == ["nightly"]
        sandbox.load_world(world)
        assert lava.clusters.list() == []
        with pytest.raises(KeyError):
            sandbox.restore_snapshot("second")


def test_on_a_clock_that_is_ahead_ages_stay(direct: DirectCaller) -> None:
    """All times are moved."""
    _lively(direct)
    world = direct.sandbox.world()
    later = _caller(world, ManualClock(direct.sandbox.clock.time() + 1e6))
    mine, theirs = ({c["name"]: c for c in _answers(x)["clusters"]["clusters"]}
                    for x in (direct, later))  # fmt: skip
    assert {n: c["status"] for n, c in mine.items()} == {n: c["status"] for n, c in theirs.items()}
    assert mine["old"]["created"] != theirs["old"]["created"]


def test_snapshots_are_saved_and_restored_over_the_control_api(caller: Caller) -> None:
    """With a token that stays good."""
    first = caller.cluster(name="first")
    caller.sandbox.clock.advance(300)
    assert caller.ask("PUT", "/_sandbox/snapshots/half built").status == 204
    progress = caller.get(f"clusters/{first}").body["cluster"]["progress"]
    caller.sandbox.clock.advance(300)
    second = caller.cluster(name="second")
    assert caller.ask("GET", "/_sandbox/snapshots").body == {"snapshots": ["half built"]}
    assert caller.ask("POST", "/_sandbox/snapshots/none").status == 404
    for _ in range(2):
        assert caller.ask("POST", "/_sandbox/snapshots/half%20built").status == 204
        assert caller.get(f"clusters/{second}").status == 404
        assert caller.get(f"clusters/{first}").body["cluster"]["progress"] == progress
        assert caller.cluster(name="third") not in {first, second}


def test_a_world_goes_in_and_out_over_the_control_api(caller: Caller) -> None:
    world = _account(clusters=[{"name": "nightly"}])
    assert caller.ask("PUT", "/_sandbox/world", world).status == 204
    shown = caller.ask("GET", "/_sandbox/world").body
    caller.sandbox.reset()
    assert caller.ask("PUT", "/_sandbox/world", shown).status == 204
    caller.token = None
    assert [c["name"] for c in caller.get("clusters").body["clusters"]] == ["nightly"]
    answer = caller.ask("PUT", "/_sandbox/world", {"accounts": [{"region": "MARS"}]})
    assert (answer.status, "accounts[0].region: " in answer.message) == (400, True)
    schema = caller.ask("GET", "/_sandbox/world/schema").body
    assert {"World", "WorldCluster", "Fault"} <= set(schema["$defs"])


@pytest.mark.parametrize(("name", "count"), [("empty", 0), ("team", 300), ("outage", 4)])
def test_three_worlds_come_along(name: str, count: int) -> None:
    sandbox = Sandbox(ManualClock(NOW), world=name)
    assert sum(len(account.clusters) for account in sandbox.accounts()) == count


def test_a_file_may_say_where_its_schema_is() -> None:
    sandbox = Sandbox(ManualClock(NOW), world={"$schema": "world.schema.json"})
    assert sandbox.world().schema_url is None


def test_a_file_may_be_json_or_yaml(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    world = _account(clusters=[{"name": "nightly"}])
    for name, content in {"w.json": json.dumps(world), "w.yaml": yaml.safe_dump(world)}.items():
        (tmp_path / name).write_text(content)
        [cluster] = Sandbox(world=tmp_path / name).account().clusters.values()
        assert cluster.name == "nightly"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.json", None, "cannot be read"),
        ("w.json", "{", "is not valid JSON"),
        ("w.yaml", "a: [", "is not YAML"),
        ("w.json", '{"accounts": [{"clusters": [{"name": 5}]}]}', "accounts[0].clusters[0].name: "),
    ],
)
def test_a_file_that_is_no_world_is_one_line_with_its_name(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: str | None,
    message: str,
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(SystemExit, match="2"):
        main(["--port", "0", "--world", str(path)])
    error = capsys.readouterr().err
    assert error.startswith(f"lavaclient.sandbox: {path}: ")
    assert message in error
    assert error.count("\n") == 1


def test_a_name_that_is_no_world_names_those_that_come_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WorldError, match="that come along are empty, team and outage"):
        Sandbox(world="busy")


def test_a_world_is_kept_in_the_state_file(tmp_path: Path) -> None:
    path = tmp_path / "state"
    Sandbox(ManualClock(NOW), world="outage", state_path=path).close()
    sandbox = Sandbox(ManualClock(NOW), state_path=path)
    assert len(sandbox.account().clusters) == 4
    sandbox.close()


def test_the_testing_kit_takes_a_world() -> None:
    world = _account(clusters=[{"name": "nightly"}])
    with mock_lava(world=world) as sandbox:
        [cluster] = sandbox.lava().clusters.list()
        assert cluster.name == "nightly"


def test_a_world_that_is_none_leaves_the_state_file_to_others(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with pytest.raises(ValueError, match="colour") as caught:
        Sandbox(world={"colour": "red"}, state_path=path)
    Sandbox(state_path=path).close()
    assert caught.value.__traceback__ is not None
