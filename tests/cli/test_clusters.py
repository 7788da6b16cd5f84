"""``lava clusters``, but for ssh."""

from __future__ import annotations

import pytest

from lavaclient.sandbox.http.server import SandboxServer
from tests.cli.conftest import CREATE, Program
from tests.support.recorder import Wire

HEADER = "id,name,status,stack,created"


def test_list_into_a_pipe_is_delimited_text_with_the_header_on_stderr(
    run: Program, logs: str
) -> None:
    ran = run.ok("clusters list")
    assert ran.err == HEADER + "\n"
    (line,) = ran.lines
    assert line.startswith(f"{logs},logs,ACTIVE,HDP2.3_Hadoop,20")
    assert line.endswith("+00:00")


def test_get_takes_a_name_and_shows_all_of_it(run: Program, logs: str) -> None:
    ran = run.ok("clusters get logs --output json")
    assert ran.json["id"] == logs
    assert [group["id"] for group in ran.json["node_groups"]]
    assert ran.json["created"].endswith("+00:00")


def test_get_in_a_table_has_the_groups_below(run: Program, logs: str) -> None:
    lines = run.ok("clusters get logs --format").lines
    assert lines[0].split() == ["ID", logs]
    assert "Node groups" in lines
    assert any(line.startswith("slave0") for line in lines)
    assert not any(line.startswith("Updated") for line in lines)


def test_create_sends_what_its_options_say(run: Program, key: str, wire: Wire) -> None:
    key_of = "x" * 32
    run.ok("credentials create-cloud-files user -", answers=key_of + "\n")
    script = run.ok("scripts create tools https://example.com/t.sh -q").out.strip()
    run.ok(
        f"clusters create logs HDP2.3_Hadoop --username analyst --ssh_key laptop "
        f"--user-script {script} --credential cloud-files=user --cluster-region DFW",
        "--node-groups",
        "slave0(count=3, flavor_id=hadoop1-7), master0(flavor-id=hadoop1-7)",
    )
    assert wire.last == (
        "POST clusters",
        {
            "cluster": {
                "name": "logs",
                "stack_id": "HDP2.3_Hadoop",
                "username": "analyst",
                "ssh_keys": ["laptop"],
                "scripts": [{"id": script}],
                "node_groups": [
                    {"id": "slave0", "count": 3, "flavor_id": "hadoop1-7"},
                    {"id": "master0", "flavor_id": "hadoop1-7"},
                ],
                "credentials": [{"type": "cloud_files", "credential": {"name": "user"}}],
                "region": "DFW",
            }
        },
    )


def test_create_into_a_pipe_asks_for_no_key_and_says_what_the_service_says(run: Program) -> None:
    ran = run("clusters create logs HDP2.3_Hadoop --username analyst")
    assert ran.status == 1
    assert ran.err.startswith("Error: POST clusters: 400")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("logs nothing --ssh-key laptop", "404"),
        ("logs HDP2.3_Hadoop --ssh-key desktop", "there is no SSH key desktop: "),
        ("logs HDP2.3_Hadoop --ssh-key laptop --user-script x", "there is no script x: "),
        ("logs HDP2.3_Hadoop --ssh-key laptop --node-groups slave", "did you mean slave0?"),
        (
            "logs HDP2.3_Hadoop --ssh-key laptop --node-groups slave0(flavor_id=hadoop1-9)",
            "there is no flavor hadoop1-9: did you mean hadoop1-",
        ),
        ("logs HDP2.3_Hadoop --ssh-key laptop --node-groups slave0(count=0)", "count"),
        ("logs HDP2.3_Hadoop --ssh-key laptop --username root", "--username must not be root"),
        ("'' HDP2.3_Hadoop --ssh-key laptop", "name must have 1 to 255"),
        ("logs 'Core Hadoop' --ssh-key laptop", "stacks are named 'Core Hadoop'"),
    ],
)
def test_create_checks_all_that_it_can_before_anything_is_sent(
    run: Program, key: str, wire: Wire, line: str, message: str
) -> None:
    wire.clear()
    user = "" if "--username" in line else " --username analyst"
    ran = run(f"clusters create {line}{user}")
    assert (ran.status, ran.out) == (1, "")
    assert message in ran.err
    assert not [line for line in wire.lines if not line.startswith("GET")]


def test_create_takes_names_where_ids_are_meant(run: Program, key: str, wire: Wire) -> None:
    script = run.ok("scripts create tools https://example.com/t.sh -q").out.strip()
    run.ok(f"{CREATE.format('logs').replace('HDP2.3_Hadoop', 'Kafka')} --user-script tools")
    _, body = wire.last
    assert isinstance(body, dict)
    assert body["cluster"]["stack_id"] == "HDP2.3_Kafka"
    assert body["cluster"]["scripts"] == [{"id": script}]


def test_create_with_wait_tells_how_it_goes_in_plain_lines(run: Program, key: str) -> None:
    ran = run.ok(CREATE.format("logs") + " --wait --interval 60 --timeout 30")
    *told, header = ran.err.splitlines()
    assert header == HEADER + ",cbd_version,username,progress"
    assert told[0].startswith("logs: BUILDING ")
    assert told[-1].startswith("logs: ACTIVE 100% after 0:")
    assert len(told) > 3
    assert ran.out.endswith(",2,analyst,100.0\n")


@pytest.mark.parametrize(
    ("option", "value"), [("--timeout", "-5"), ("--timeout", "nan"), ("--interval", "0")]
)
@pytest.mark.parametrize(
    "line",
    [
        CREATE.format("hive"),
        "clusters delete logs --force",
        "clusters services stop logs --force",
        "clusters resize logs --node-groups 'slave(count=2)'",
    ],
)
def test_a_wait_that_cannot_be_is_refused_before_anything_changes(
    run: Program, logs: str, wire: Wire, line: str, option: str, value: str
) -> None:
    ran = run(f"{line} --wait {option} {value}")
    assert ran.status == 1
    assert ran.err.startswith(f"Error: {option} must be ")
    assert not [line for line in wire.lines if not line.startswith("GET")]


def test_wait_in_quiet_says_nothing_but_the_id(run: Program, building: str) -> None:
    ran = run.ok("clusters wait logs --quiet")
    assert (ran.out, ran.err) == (building + "\n", "")


def test_wait_that_ends_in_time_out_fails(run: Program, building: str) -> None:
    ran = run("clusters wait logs --timeout 1")
    assert ran.status == 1
    assert "was not ACTIVE within 1 minutes: it is BUILDING" in ran.err.splitlines()[-1]


def test_wait_for_a_cluster_that_breaks_fails(
    run: Program, building: str, sandbox: SandboxServer
) -> None:
    sandbox.sandbox.fail_cluster(building)
    ran = run("clusters wait logs")
    assert ran.status == 1
    assert "ERROR" in ran.err.splitlines()[-1]


def test_resize_changes_the_groups_and_waits(run: Program, logs: str, wire: Wire) -> None:
    ran = run.ok("clusters resize logs --wait --node_groups", "slave0(count=5)", "--output=json")
    assert {group["id"]: group["count"] for group in ran.json["node_groups"]}["slave0"] == 5
    assert ran.json["status"] == "ACTIVE"
    assert f"PUT clusters/{logs}" in wire.lines


def test_resize_without_wait_shows_what_has_begun(run: Program, logs: str) -> None:
    ran = run.ok("clusters resize logs --node-groups", "slave0(count=2)", "--output", "json")
    assert ran.json["status"] != "ACTIVE"


def test_delete_asks_and_a_no_deletes_nothing(run: Program, logs: str, wire: Wire) -> None:
    ran = run.ok("clusters delete logs", answers="n\n")
    assert f"Delete cluster logs ({logs}, ACTIVE)? [y/N]" in ran.err
    assert ran.err.endswith("Nothing was changed.\n")
    assert not [line for line in wire.lines if line.startswith("DELETE")]


def test_delete_of_several_asks_one_by_one(
    run: Program, logs: str, sandbox: SandboxServer, wire: Wire
) -> None:
    for name in ("more", "most"):
        run.ok(CREATE.format(name))
    sandbox.sandbox.clock.advance(900)
    ran = run.ok("clusters delete logs more most logs", answers="y\nn\ny\n")
    assert ran.err.count("? [y/N]") == 3
    assert ran.err.count("Deleted cluster ") == 2
    assert "Deleted cluster more" not in ran.err
    assert len([line for line in wire.lines if line.startswith("DELETE")]) == 2


def test_delete_goes_on_where_the_answers_end(run: Program, logs: str, wire: Wire) -> None:
    run.ok(CREATE.format("more"))
    ran = run("clusters delete logs more", answers="y\n")
    assert ran.status == 1
    assert "Deleted cluster logs" in ran.err
    assert [line for line in wire.lines if line.startswith("DELETE")] == [f"DELETE clusters/{logs}"]


@pytest.mark.parametrize("option", ["--force", "--headless"])
def test_delete_does_not_ask_when_it_must_not(run: Program, logs: str, option: str) -> None:
    ran = run.ok(f"clusters delete {option} -q logs")
    assert (ran.out, ran.err) == (logs + "\n", "")


def test_delete_when_nobody_answers_says_how_to(run: Program, logs: str) -> None:
    ran = run("clusters delete logs")
    assert ran.status == 1
    assert ran.err.splitlines()[-1] == "Error: no answer in the input: --force does not ask"


def test_delete_of_one_that_is_not_there_deletes_the_others(
    run: Program, logs: str, wire: Wire
) -> None:
    ran = run("clusters delete --force nowhere logs")
    assert ran.status == 1
    assert "404" in ran.err
    assert [line for line in wire.lines if line.startswith("DELETE")] == [f"DELETE clusters/{logs}"]


def test_delete_of_none_that_is_there_asks_nothing(run: Program) -> None:
    ran = run("clusters delete nowhere nothing")
    assert ran.status == 1
    assert ran.err.count(": 404 ") == 2
    assert "Delete" not in ran.err


def test_nodes_lists_them(run: Program, logs: str) -> None:
    ran = run.ok("clusters nodes logs --output json")
    assert {"ambari-1", "slave0-1"} <= {node["name"] for node in ran.json}


def test_services_sends_action_and_names(run: Program, logs: str, wire: Wire) -> None:
    ran = run.ok("clusters services restart logs HDFS YARN", answers="y\n")
    assert "Restart HDFS, YARN of cluster logs? [y/N]" in ran.err
    assert wire.last == (
        f"PUT clusters/{logs}",
        {
            "cluster": {
                "control_services": {
                    "action": "restart",
                    "services": [{"name": "HDFS"}, {"name": "YARN"}],
                }
            }
        },
    )


def test_services_that_are_declined_stay(run: Program, logs: str, wire: Wire) -> None:
    ran = run.ok("clusters services stop logs", answers="n\n")
    assert "Stop all services of cluster logs? [y/N]" in ran.err
    assert ran.out == ""
    assert wire.lines == []
    run.ok("clusters services stop logs --force --wait")
    assert f"PUT clusters/{logs}" in wire.lines


def test_update_credentials_takes_pairs(run: Program, logs: str, wire: Wire) -> None:
    run.ok("credentials create-ambari admin secret-of-admin")
    run.ok("credentials create-cloud-files user", answers="y" * 32)
    ran = run.ok(
        "clusters update_credentials logs cloud_files=user --credential ssh_keys=laptop "
        "--wait --format"
    )
    assert wire.lines.count(f"PUT clusters/{logs}") == 1
    assert "cloud_files=user" in ran.out


def test_update_credentials_wants_one(run: Program, logs: str) -> None:
    ran = run("clusters update-credentials logs")
    assert ran.status == 2
    assert "give at least one TYPE=NAME" in ran.err


def test_delete_ssh_credentials_asks_and_sends_names(run: Program, logs: str, wire: Wire) -> None:
    ran = run.ok("clusters delete_ssh_credentials logs laptop", answers="y\n")
    assert "Take SSH key laptop away from cluster logs?" in ran.err
    assert wire.last == (
        f"PUT clusters/{logs}",
        {"cluster": {"remove_credentials": [{"type": "ssh_keys", "name": "laptop"}]}},
    )
