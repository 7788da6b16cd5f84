"""The command lines of 0.3.x: what they ask for, print and end with, in a pipe.

The table is that of the program of 0.3.7, as it was measured.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lavaclient.sandbox.http.server import SandboxServer
from tests.api.conftest import PUBLIC_KEY
from tests.cli.conftest import CREATE, Program
from tests.support.recorder import Wire

CLUSTER = "id,name,status,stack,created,cbd_version,username,progress"
NODES = "id,name,role,status,public_ip,private_ip"
SCRIPT = "id,name,type,public,created,url"
STACK = "id,name,distro,created,description,services,node_groups"
ACCESS = "A" * 20
ID = r"[0-9a-f-]{36}"
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00"
STARTED = rf"{ID},logs,[A-Z]+,HDP2.3_Hadoop,{TIME},2,analyst,[\d.]+"
SERVICES = json.dumps([{"name": "HDFS"}, {"name": "YARN"}])

# Command line, answers, header, and what its first line is like.
TABLE = [
    (
        "clusters list",
        "",
        "id,name,status,stack,created",
        rf"{ID},logs,ACTIVE,HDP2.3_Hadoop,{TIME}",
    ),
    ("clusters get logs", "", CLUSTER, STARTED.replace("[A-Z]+", "ACTIVE")),
    (CREATE.format("more"), "", CLUSTER, STARTED.replace("logs", "more")),
    ("clusters resize logs --node-groups 'slave0(count=3)'", "", CLUSTER, STARTED),
    ("clusters resize logs --node-groups 'slave0(count=3)' --wait", "", CLUSTER, STARTED),
    ("clusters wait logs", "", CLUSTER, STARTED.replace("[A-Z]+", "ACTIVE")),
    ("clusters services restart logs HDFS", "y\n", CLUSTER, STARTED),
    ("clusters services stop logs --force", "", CLUSTER, STARTED),
    ("clusters update_credentials logs --credential ssh_keys=laptop", "", CLUSTER, STARTED),
    ("clusters delete_ssh_credentials logs laptop", "y\n", CLUSTER, STARTED),
    ("clusters delete_ssh_credentials --force logs laptop", "", CLUSTER, STARTED),
    ("clusters nodes logs", "", NODES, rf"{ID},ambari-1,ambari,ACTIVE,203[\d.]+,10[\d.]+"),
    ("nodes list logs", "", NODES, rf"{ID},ambari-1,ambari,ACTIVE,203[\d.]+,10[\d.]+"),
    (
        "flavors list",
        "",
        "id,name,ram_(mb),vcpus,disk_(gb)",
        "hadoop1-1,Tiny Hadoop Instance,1024,1,160",
    ),
    ("distros list", "", "id,name,version", "HDP1.3,Hortonworks Data Platform,1.3"),
    ("distros get HDP2.3", "", "id,name,version", "HDP2.3,Hortonworks Data Platform,2.3"),
    (
        "stacks list",
        "",
        "id,name,distro,description",
        "HDP2.1_Hadoop,Core Hadoop,HDP2.1,Hadoop with a standby namenode  and Hive and Pig on a gateway",
    ),
    (
        "stacks get HDP2.3_Hadoop",
        "",
        STACK,
        "HDP2.3_Hadoop,Core Hadoop,HDP2.3,2015[0-9: +-]+,Hadoop with [^,]+  managed [^,]+,[^,]+,[^,]+",
    ),
    (
        f"stacks create mine HDP2.3 '{SERVICES}' --description 'My, own'",
        "",
        STACK,
        rf"{ID},mine,HDP2.3,{TIME},My  own,[^,]+,[^,]*",
    ),
    ("scripts list", "", SCRIPT, rf"{ID},[\w ]+,POST_INIT,True,{TIME},https://[\w./-]+"),
    (
        "scripts create tools https://example.com/t.sh post_init",
        "",
        SCRIPT,
        rf"{ID},tools,POST_INIT,False,{TIME},https://example.com/t.sh",
    ),
    ("credentials list_ssh_keys", "", "type,name", "SSH Key,laptop"),
    (f"credentials create_ssh_key other '{PUBLIC_KEY}x'", "", "type,name", "SSH Key,other"),
    (f"credentials update_ssh_key laptop '{PUBLIC_KEY}x'", "", "type,name", "SSH Key,laptop"),
    (f"credentials create_cloud_files user {'k' * 32}", "", "type,username", "Cloud Files,user"),
    (
        f"credentials create_s3 {ACCESS} {'s' * 40}",
        "",
        "type,access_key_id",
        f"Amazon S3,{ACCESS}",
    ),
    (
        "credentials create_ambari admin --ambari-password secret-of-admin",
        "",
        "type,username",
        "Ambari,admin",
    ),
    ("credentials create_ambari admin", "secret-of-admin\n", "type,username", "Ambari,admin"),
]


@pytest.mark.parametrize(
    ("line", "answers", "header", "first"), TABLE, ids=[row[0][:50] for row in TABLE]
)
def test_a_command_line_prints_what_it_printed(
    run: Program, logs: str, line: str, answers: str, header: str, first: str
) -> None:
    ran = run.ok(line, answers=answers)
    assert re.fullmatch(first, ran.lines[0])
    fields = header.count(",")
    assert {text.count(",") for text in ran.lines} == {fields}
    assert ran.err.splitlines()[-1].endswith(header)
    assert len(ran.err.splitlines()) == 1 or "--wait" in line or "wait" in line
    # The header goes to stdout where it is asked for, at both places.
    if "create" not in line:
        both = run.ok(f"--header {line}", answers=answers) if "logs" not in line else None
        assert both is None or both.lines[0] == header


@pytest.mark.parametrize("kind", ["cloud_files", "s3", "ambari"])
def test_credentials_are_listed_and_updated_with_type_and_name(run: Program, kind: str) -> None:
    name, secret, field, title = {
        "cloud_files": ("user", "k" * 32, "username", "Cloud Files"),
        "s3": (ACCESS, "s" * 40, "access_key_id", "Amazon S3"),
        "ambari": ("admin", "secret-of-admin", "username", "Ambari"),
    }[kind]
    arguments = f"--ambari-password {secret} {name}" if kind == "ambari" else f"{name} {secret}"
    for verb in ("create", "update"):
        ran = run.ok(f"credentials {verb}_{kind} {arguments}")
        assert (ran.out, ran.err) == (f"{title},{name}\n", f"type,{field}\n")
    ran = run.ok(f"credentials list_{kind}")
    assert (ran.out, ran.err) == (f"{title},{name}\n", f"type,{field}\n")


def test_scripts_update_prints_what_create_does(run: Program) -> None:
    script = run.ok("scripts create tools https://example.com/t.sh post_init").out.split(",")[0]
    ran = run.ok(
        f"scripts update {script} --name better --url https://example.com/b.sh --type post_init"
    )
    assert ran.err == SCRIPT + "\n"
    line = rf"{script},better,POST_INIT,False,{TIME},https://example.com/b.sh\n"
    assert re.fullmatch(line, ran.out)


def test_limits_and_all_credentials_print_something(run: Program, logs: str) -> None:
    assert run.ok("limits get").lines[0].startswith("node_count,100,")
    assert run.ok("credentials list").lines == ["ssh_keys,laptop"]


def test_authenticate_signs_in_each_time(run: Program, sandbox: SandboxServer) -> None:
    tokens = set()
    for _ in range(3):
        ran = run.ok("authenticate")
        assert re.fullmatch(r"AUTH_TOKEN=\w+\n", ran.out)
        assert ran.err == ""
        tokens.add(ran.out)
    assert len(tokens) == 3


@pytest.mark.parametrize("option", ["option", "variable"])
def test_authenticate_looks_whether_a_token_without_a_key_works(
    run: Program, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    token = run.ok("authenticate").out.strip().partition("=")[2]
    monkeypatch.delenv("LAVA_API_KEY")
    endpoint = f"--endpoint {sandbox.auth_url.partition('/identity')[0]}/dfw/v2/123456"
    if option == "variable":
        monkeypatch.setenv("AUTH_TOKEN", token)
    else:
        endpoint += f" --token {token}"
    assert run.ok(f"authenticate {endpoint}").out == f"AUTH_TOKEN={token}\n"
    sandbox.sandbox.expire_tokens()
    ran = run(f"authenticate {endpoint}")
    assert (ran.status, ran.out) == (1, "")


def test_deletes_print_nothing_and_a_no_ends_with_0(
    run: Program, logs: str, wire: Wire, tmp_path: Path
) -> None:
    stack = run.ok(f"stacks create mine HDP2.3 '{SERVICES}'").out.split(",")[0]
    script = run.ok("scripts create tools https://example.com/t.sh post_init").out.split(",")[0]
    run.ok(f"credentials create_cloud_files user {'k' * 32}")
    run.ok(f"credentials create_s3 {ACCESS} {'s' * 40}")
    run.ok("credentials create_ambari admin --ambari-password secret-of-admin")
    run.ok(f"credentials create_ssh_key other '{PUBLIC_KEY}x'")
    wire.clear()
    lines = [
        f"stacks delete {stack}",
        f"scripts delete {script}",
        "credentials delete_ssh_key other",
        "credentials delete_cloud_files user",
        f"credentials delete_s3 {ACCESS}",
        "credentials delete_ambari admin",
        f"clusters delete {logs}",
    ]
    for line in lines:
        assert run.ok(line, answers="n\n").out == ""
    assert not [line for line in wire.lines if line.startswith("DELETE")]
    for number, line in enumerate(lines, 1):
        answers, option = ("y\n", "") if number % 2 else ("", " --force")
        assert run.ok(line + option, answers=answers).out == ""
        assert len([line for line in wire.lines if line.startswith("DELETE")]) == number


@pytest.mark.parametrize(
    ("groups", "sent"),
    [
        ("slave0", [{"id": "slave0"}]),
        ("slave0()", [{"id": "slave0"}]),
        ("slave0(count=3)", [{"id": "slave0", "count": 3}]),
        (
            "slave0(flavor_id=hadoop1-7, count=3)",
            [{"id": "slave0", "count": 3, "flavor_id": "hadoop1-7"}],
        ),
        (" slave0 ( count = 3 ) ,master0", [{"id": "slave0", "count": 3}, {"id": "master0"}]),
    ],
)
def test_node_groups_are_written_as_they_were(
    run: Program, key: str, wire: Wire, groups: str, sent: list[object]
) -> None:
    run.ok(CREATE.format("logs"), "--node-groups", groups)
    _, body = wire.last
    assert isinstance(body, dict)
    assert body["cluster"]["node_groups"] == sent


def test_the_id_of_a_node_group_may_hold_spaces(run: Program, key: str) -> None:
    ran = run(CREATE.format("logs"), "--node-groups", "big slaves(count=3)")
    assert ran.status == 1
    assert "there is no node group big slaves: " in ran.err


@pytest.mark.parametrize(
    "line",
    [
        "-l ; --header clusters list",
        "clusters list -l ; --header",
        "clusters --delim ; list --header",
        "clusters list --delimiter=; --heade",
        "--retries 1 --request-timeout 9 clusters list --retry-b 0.5 -l; --header",
        "clusters list -F -l ; --header",
        "--no-f clusters list --header -kl ;",
        "clusters list --reg DFW --header --del ;",
        "clusters list --debug -dl ; --header --insec",
        "clusters list --head --delim ;",
    ],
)
def test_options_are_short_abbreviated_and_anywhere(run: Program, logs: str, line: str) -> None:
    ran = run(*[""], *line.split(" "))
    if "--head " in line:  # --header and --headless
        assert ran.status == 2
        return
    assert ran.status == 0, ran.err
    assert ran.lines[0] == "id;name;status;stack;created"
    assert ran.lines[1].startswith(f"{logs};logs;ACTIVE;")


def test_options_of_a_command_are_abbreviated(run: Program, key: str, wire: Wire) -> None:
    run.ok(
        "clusters create logs HDP2.3_Hadoop --ssh laptop --usern analyst --node-group",
        "slave0(count=2)",
        "--w",
        "--cluster-reg=DFW",
    )
    posts = [line for line in wire.lines if line.startswith("POST clusters")]
    assert posts == ["POST clusters"]
    assert wire.lines[-1].startswith("GET clusters/")


def test_an_abbreviation_of_0_3_means_what_it_meant(run: Program, logs: str) -> None:
    # --output, --filter and --columns came later, and so did --timeout of create.
    assert run.ok("clusters list --f").out.startswith("ID ")
    assert run.ok("clusters list --fo").out.startswith("ID ")
    assert run.ok("clusters list --fi name=x").out == ""
    assert run.ok("clusters resize logs --node-groups slave0(count=2) --in").err.startswith(
        "Warning: verify_ssl=False"
    )


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("clusters get nowhere", 1),
        ("clusters list --user nobody --api-key x", 1),
        ("clusters delete logs", 1),  # no answer
        ("clusters lst", 2),
        ("clusters get", 2),
        ("clusters list --nonsense", 2),
        ("clusters services explode logs", 2),
        ("--version", 0),
    ],
)
def test_it_ends_as_it_ended(run: Program, logs: str, line: str, status: int) -> None:
    ran = run(line)
    assert ran.status == status
    assert ("rror: " in ran.err) == (status > 0)


def test_the_user_is_by_default_the_one_that_is_logged_in(
    run: Program, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAVA_USERNAME")
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, sandbox.sandbox.username)
    run.ok("flavors list")
