"""The groups besides ``lava clusters`` and ``lava credentials``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Program
from tests.support.recorder import Wire

SERVICES = [{"name": "HDFS", "modes": ["Secondary"]}, {"name": "YARN"}]


def test_nodes_list_has_their_addresses(run: Program, logs: str) -> None:
    ran = run.ok("nodes list logs")
    assert ran.err == "id,name,role,status,public_ip,private_ip\n"
    assert any(",slave0-1,slave0,ACTIVE,203." in line for line in ran.lines)


def test_nodes_delete_takes_names_and_ids(run: Program, logs: str, wire: Wire) -> None:
    run.ok("clusters resize logs --wait --node-groups", "slave0(count=3)")
    nodes = {node["name"]: node["id"] for node in run.ok("nodes list logs --output json").json}
    ran = run.ok("nodes delete logs slave0-1", answers="y\n")
    assert f"Delete node slave0-1 of cluster logs ({nodes['slave0-1']})?" in ran.err
    assert wire.lines[-1] == f"DELETE clusters/{logs}/nodes/{nodes['slave0-1']}"


def test_nodes_delete_of_one_that_is_not_there_deletes_the_others(run: Program, logs: str) -> None:
    run.ok("clusters resize logs --wait --node-groups", "slave0(count=3)")
    ran = run("nodes delete --force logs slave0-99 slave0-1")
    assert ran.status == 1
    missing, deleted = ran.err.splitlines()
    assert missing == "Error: cluster logs has no node slave0-99"
    assert deleted.startswith("Deleted node slave0-1 of cluster logs (")


def test_flavors_list(run: Program) -> None:
    ran = run.ok("flavors list")
    assert ran.err == "id,name,ram_(mb),vcpus,disk_(gb)\n"
    assert any(line.startswith("hadoop1-7,") for line in ran.lines)


def test_limits_get_has_what_is_used(run: Program, logs: str) -> None:
    lines = run.ok("limits get").lines
    rows = {name: [int(number) for number in rest] for name, *rest in (x.split(",") for x in lines)}
    assert set(rows) == {"node_count", "ram", "disk", "vcpus"}
    assert all(limit - used == left for limit, used, left in rows.values())
    assert rows["node_count"][1] > 0
    assert run.ok("limits get --output json").json["ram"]["limit"] == rows["ram"][0]
    assert run.ok("limits get -q").lines == list(rows)


def test_flavors_get_takes_a_name(run: Program) -> None:
    assert run.ok("flavors get 'Small Hadoop Instance' -q").out == "hadoop1-7\n"
    assert "RAM (MB)   8192" in run.ok("flavors get hadoop1-7 -f").out


def test_nodes_get_has_components_and_urls(run: Program, logs: str) -> None:
    ran = run.ok("nodes get logs master0-1 --format")
    assert ran.lines[1].split() == ["Name", "master0-1"]
    assert "Components" in ran.lines
    assert "http" in ran.out
    assert run.ok("nodes get logs master0-1").lines[0].split(",")[1:4] == [
        "master0-1",
        "master0",
        "ACTIVE",
    ]
    ran = run("nodes get logs nobody")
    assert ran.status == 1
    assert "nobody" in ran.err


def test_scripts_get_takes_a_name(run: Program) -> None:
    assert run.ok("scripts get 'MongoDB Connector' -q").out.count("\n") == 1


def test_names_serve_wherever_ids_do(run: Program, wire: Wire) -> None:
    run.ok("scripts create tools https://example.com/t.sh")
    run.ok("scripts update tools --name better")
    run.ok("scripts delete better --force")
    assert wire.lines[-1].startswith("DELETE scripts/")
    run.ok("stacks create mine HDP2.3", json.dumps(SERVICES))
    assert run.ok("stacks get mine --columns name").out == "mine\n"
    run.ok("stacks delete mine --force")
    assert run.ok("distros get 'Apache Spark' -q").out == "SPARK1.5\n"


def test_a_name_that_two_have_is_refused(run: Program, wire: Wire) -> None:
    ran = run("stacks get 'Core Hadoop'")
    assert ran.status == 1
    assert "stacks are named 'Core Hadoop': give one of the ids" in ran.err


def test_distros_list(run: Program) -> None:
    assert "HDP2.3" in run.ok("distros list -q").lines


def test_distros_get_shows_the_services(run: Program) -> None:
    ran = run.ok("distros get HDP2.3 --output table")
    assert any(line.startswith("HDFS") for line in ran.lines)
    assert run.ok("distros get HDP2.3 --output json").json["services"]


def test_a_field_of_text_has_no_delimiter_in_it(run: Program) -> None:
    stack = "HDP2.3_Hadoop,Core Hadoop,HDP2.3,Hadoop with Hive and Pig  managed by Ambari"
    assert stack in run.ok("stacks list").lines
    assert stack.replace(",", ";") in run.ok("stacks list -l ';'").lines


def test_csv_quotes_what_holds_the_delimiter(run: Program) -> None:
    ran = run.ok("stacks list --output csv")
    assert any(',"HDFS, YARN, MapReduce, Hive, Pig",' in line for line in ran.lines)


def test_stacks_get_shows_services_and_groups(run: Program) -> None:
    ran = run.ok("stacks get HDP2.3_Hadoop --format")
    assert {"Services", "Node groups"} <= set(ran.lines)
    assert run.ok("stacks get HDP2.3_Hadoop --output json").json["node_groups"]


@pytest.mark.parametrize("source", ["text", "file", "@file", "input"])
def test_stacks_create_reads_json_from(
    run: Program, source: str, tmp_path: Path, wire: Wire
) -> None:
    path = tmp_path / "services.json"
    path.write_text(json.dumps(SERVICES))
    forms = {"text": json.dumps(SERVICES), "file": str(path), "@file": f"@{path}", "input": "-"}
    run.ok(
        "stacks create mine HDP2.3 --description 'My own'", forms[source], answers=path.read_text()
    )
    line, body = wire.last
    assert line == "POST stacks"
    assert body == {
        "stack": {
            "name": "mine",
            "distro": "HDP2.3",
            "description": "My own",
            "services": SERVICES,
        }
    }


def test_stacks_create_takes_what_stacks_get_shows(
    run: Program, tmp_path: Path, wire: Wire
) -> None:
    shown = run.ok("stacks get HDP2.3_Hadoop --output json").json
    path = tmp_path / "stack.json"
    path.write_text(json.dumps({**shown, "name": "mine"}))
    run.ok("stacks create --description 'My own'", str(path))
    line, body = wire.last
    assert line == "POST stacks"
    assert isinstance(body, dict)
    sent = body["stack"]
    assert (sent["name"], sent["distro"], sent["description"]) == ("mine", "HDP2.3", "My own")
    assert [service["name"] for service in sent["services"]] == [
        service["name"] for service in shown["services"]
    ]
    assert all(service.keys() <= {"name", "modes"} for service in sent["services"])
    groups = {group["id"]: group for group in shown["node_groups"]}
    for group in sent["node_groups"]:
        parts = groups[group["id"]]["components"]
        assert group["components"] == [{"name": part["name"]} for part in parts]


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        ("[]", "must be a JSON object"),
        ('{"name": "mine", "services": [{"name": "HDFS"}]}', "the stack has no distro"),
        (
            '{"name": "mine", "distro": "HDP2.3", "services": [{"name": "HDFS"}], "flavor": 1}',
            "a stack has no flavor",
        ),
        ("mine HDP2.3", "Missing argument 'SERVICES'"),
    ],
)
def test_stacks_create_refuses_a_stack(offline: Program, stack: str, message: str) -> None:
    arguments = [stack] if stack[0] in "[{" else stack.split()
    ran = offline("stacks create", *arguments)
    assert ran.status == 2
    assert message in " ".join(ran.err.split())


def test_a_count_of_none_in_a_stack_is_kept(run: Program, wire: Wire) -> None:
    group = {"id": "slave", "count": 0, "flavor_id": None, "components": []}
    stack = {"name": "mine", "distro": "HDP2.3", "services": SERVICES, "node_groups": [group]}
    run("stacks create", json.dumps(stack))
    _, body = wire.last
    assert isinstance(body, dict)
    assert body["stack"]["node_groups"] == [{"id": "slave", "count": 0}]


def test_stacks_create_leaves_odd_services_to_the_sdk(offline: Program, run: Program) -> None:
    ran = run("stacks create", '{"name": "mine", "distro": "HDP2.3", "services": ["HDFS"]}')
    assert (ran.status, ran.out) == (1, "")
    assert "services" in ran.err


@pytest.mark.parametrize(
    ("services", "message"),
    [
        ("{}", "must be a JSON list of objects"),
        ("[1]", "must be a JSON list of objects"),
        ("[{]", "is not valid JSON"),
        ("/nowhere/services.json", "cannot read /nowhere/services.json: No such file"),
        ("latin1.json", "cannot read latin1.json: it is not UTF-8"),
    ],
)
def test_stacks_create_refuses(
    offline: Program, services: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "latin1.json").write_bytes(b"\xff")
    monkeypatch.chdir(tmp_path)
    ran = offline("stacks create mine HDP2.3", services)
    assert ran.status == 2
    assert message in " ".join(ran.err.split())


def test_stacks_delete_says_what_will_go(run: Program, wire: Wire) -> None:
    stack = run.ok("stacks create mine HDP2.3 -q", json.dumps(SERVICES)).out.strip()
    ran = run.ok("stacks delete", stack, answers="y\n")
    assert f"Delete stack mine ({stack})?" in ran.err
    assert wire.lines[-1] == f"DELETE stacks/{stack}"


def test_one_that_cannot_be_deleted_does_not_keep_the_others(run: Program, wire: Wire) -> None:
    stack = run.ok("stacks create mine HDP2.3 -q", json.dumps(SERVICES)).out.strip()
    ran = run("stacks delete --force nowhere HDP2.3_Hadoop", stack)
    assert ran.status == 1
    assert ran.err.count("Error: DELETE stacks/") == 2
    assert f"Deleted stack mine ({stack})." in ran.err


def test_scripts_create_update_list_delete(run: Program, wire: Wire) -> None:
    script = run.ok("scripts create tools https://example.com/t.sh post_init -q").out.strip()
    assert wire.last == (
        "POST scripts",
        {"script": {"name": "tools", "url": "https://example.com/t.sh", "type": "POST_INIT"}},
    )
    run.ok(f"scripts update {script} --name better --url https://example.com/b.sh --type post_init")
    assert wire.last == (
        f"PUT scripts/{script}",
        {"script": {"name": "better", "url": "https://example.com/b.sh", "type": "POST_INIT"}},
    )
    listed = [line for line in run.ok("scripts list").lines if line.startswith(script)]
    (fields,) = (line.split(",") for line in listed)
    assert fields[:4] == [script, "better", "POST_INIT", "False"]
    assert fields[5:] == ["https://example.com/b.sh"]
    ran = run.ok(f"scripts delete {script}", answers="y\n")
    assert f"Delete script better ({script})?" in ran.err
    assert wire.lines[-1] == f"DELETE scripts/{script}"


def test_authenticate_prints_the_token(run: Program, wire: Wire) -> None:
    ran = run.ok("authenticate")
    name, _, token = ran.out.strip().partition("=")
    assert name == "AUTH_TOKEN"
    assert len(token) > 8


def test_what_authenticate_exports_is_enough_to_go_on_with(
    run: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAVA_AUTH_TOKEN", "of-an-earlier-export")
    ran = run.ok("authenticate --export --region ORD --insecure --no-token-cache")
    exports = dict(line.removeprefix("export ").split("=", 1) for line in ran.lines)
    assert exports["AUTH_TOKEN"] == exports["LAVA_AUTH_TOKEN"] != "of-an-earlier-export"
    assert (exports["LAVA_REGION_NAME"], exports["LAVA_INSECURE"]) == ("ORD", "1")
    assert "LAVA_API_KEY" not in exports
    for name in ("LAVA_USERNAME", "LAVA_API_KEY", "LAVA_AUTH_URL", "LAVA_REGION_NAME"):
        monkeypatch.delenv(name)
    for name, value in exports.items():
        monkeypatch.setenv(name, value)
    assert "HDP2.3" in run.ok("distros list -q").lines


def test_shell_has_a_client_as_lava(run: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", None)
    ran = run.ok("shell", answers="print(len(lava.distros.list()) > 2)\n")
    assert "True" in ran.out
    assert "lava is <Lava username='sandbox'" in ran.err


def test_shell_prefers_ipython(
    run: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "IPython.py").write_text(
        "def start_ipython(argv, user_ns):\n    print(argv, type(user_ns['lava']).__name__)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    try:
        assert run.ok("shell").lines[1:] == ["[] Lava"]
    finally:
        sys.modules.pop("IPython", None)


def test_sandbox_hands_its_arguments_on(offline: Program) -> None:
    ran = offline("sandbox --port 0 --quiet --host 192.0.2.1")
    assert ran.status == 1
    assert ran.err.startswith("lavaclient.sandbox: ")


def test_sandbox_says_what_it_needs(offline: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lavaclient.sandbox.__main__", None)
    ran = offline("sandbox")
    assert ran.status == 1
    assert "Error: the sandbox needs werkzeug: pip install 'lavaclient[sandbox]'" in ran.err
