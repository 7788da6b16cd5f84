"""Columns, filters, sorting, queries, and what needs a library that is not installed."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from importlib import import_module

import pytest

from lavaclient.cli.output.progress import Estimate
from lavaclient.sandbox.http.server import SandboxServer
from tests.cli.conftest import CREATE, Program
from tests.support.programs import run_python
from tests.support.recorder import Wire

OF_THE_PROGRAM = {"click", "rich", "platformdirs", "jmespath", "keyring", "yaml"}


def test_columns_are_those_that_are_named_in_that_order(run: Program) -> None:
    line = "flavors list --filter id=hadoop1-7 --columns"
    assert run.ok(f"{line} name,id").out == "Small Hadoop Instance,hadoop1-7\n"
    ran = run.ok(f"{line} RAM,disk_(gb),flavor_class --header")
    assert ran.out == "ram_(mb),disk_(gb),class\n8192,1250,hadoop1\n"
    assert run.ok(f"{line} ram,name -o json").json == [
        {"ram": 8192, "name": "Small Hadoop Instance"}
    ]
    assert run.ok(f"{line} ram -o csv").out == "ram_(mb)\n8192\n"
    title, rule, value = run.ok(f"{line} vcpus -f").out.split()
    assert (title, set(rule), value) == ("VCPUs", {"─"}, "2")
    assert run.ok("flavors get hadoop1-7 --columns disk,id").out == "1250,hadoop1-7\n"
    assert run.ok("flavors get hadoop1-7 --columns disk -o json").json == {"disk": 1250}
    assert run.ok("flavors get hadoop1-7 --columns disk -f").out == "Disk (GB)  1250\n"


def test_wrong_columns_are_refused_before_anything_is_changed(
    run: Program, key: str, wire: Wire
) -> None:
    wire.clear()
    for option in ("--columns nam", "--query [", "-o csv -l ::"):
        ran = run(f"{CREATE.format('logs')} {option}")
        assert (ran.status, ran.out) == (2, "")
    assert wire.requests == []


def test_lists_are_sorted_by_numbers_and_by_text(run: Program) -> None:
    def ids(options: str) -> list[str]:
        return run.ok(f"flavors list -q --filter id=hadoop1-?? {options}").lines

    assert ids("--sort ram") == ["hadoop1-15", "hadoop1-30", "hadoop1-60"]
    assert ids("--sort -ram") == ["hadoop1-60", "hadoop1-30", "hadoop1-15"]
    assert ids("-a -name") == ["hadoop1-60", "hadoop1-15", "hadoop1-30"]
    assert ids("-a class,-vcpus") == ["hadoop1-60", "hadoop1-30", "hadoop1-15"]


def test_filters_match_all_of_them_whatever_the_case(run: Program, logs: str) -> None:
    assert run.ok("nodes list logs -q --filter name=SLAVE* --filter status=active").lines
    assert run.ok("nodes list logs -q --filter name=slave* --filter status=error").lines == []
    assert run.ok("nodes list logs --filter components=*metastore* --columns name").lines == [
        "master0-1"
    ]
    assert run.ok("clusters list --filter name=l?gs -o json").json[0]["id"] == logs
    assert run.ok("limits get --filter resource=ram --columns limit,unit").out == "819200,MB\n"
    assert run.ok("limits get --filter resource=ram -o json").json[0]["limit"] == 819200


def test_a_query_takes_something_out_of_the_json(run: Program, logs: str) -> None:
    assert run.ok("clusters list --query '[].name'").json == ["logs"]
    assert run.ok("clusters get logs --query name -o text").out == "logs\n"
    assert run.ok("clusters get logs --query name -o yaml").out == "logs\n"
    ran = run.ok("clusters get logs -o text", "--query", "node_groups[].[id, count]")
    assert "slave0,1" in ran.lines
    ran = run.ok("clusters get logs -o text", "--query", "node_groups[].{id: id, count: count}")
    assert "slave0,1" in ran.lines


@pytest.mark.parametrize("options", ["--columns id,ram", "--query '[].[id, ram]'"])
def test_a_field_has_no_delimiter_in_it_whichever_it_is(run: Program, options: str) -> None:
    lines = run.ok(f"flavors list -o text --sort id -l - {options}").lines
    assert "hadoop1 15-15360" in lines
    assert {line.count("-") for line in lines} == {1}


@pytest.mark.parametrize(("kind", "escaped"), [("json", r"caf\u00e9"), ("yaml", r"caf\xE9")])
@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_letters_are_escaped_only_where_the_output_lacks_them(
    run: Program, monkeypatch: pytest.MonkeyPatch, kind: str, escaped: str, encoding: str
) -> None:
    run.ok("scripts create café https://example.com/t.sh post_init")
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding=encoding))
    assert run(f"scripts list -o {kind} --columns name --filter name=caf*").status == 0
    text = written.getvalue().decode(encoding)
    assert ("café" if encoding == "utf-8" else escaped) in text
    assert import_module("yaml").safe_load(text) == [{"name": "café"}]


def test_yaml_is_what_json_is(run: Program, logs: str) -> None:
    yaml = import_module("yaml")
    for line in ("clusters get logs", "stacks list", "limits get", "credentials list"):
        assert yaml.safe_load(run.ok(f"{line} -o yaml").out) == run.ok(f"{line} -o json").json


def test_csv_has_all_columns_and_is_read_again(run: Program, logs: str) -> None:
    rows = list(csv.DictReader(io.StringIO(run.ok("nodes list logs -o csv").out)))
    assert {row["name"]: row["role"] for row in rows}["slave0-1"] == "slave0"
    assert "HDFS Namenode, YARN Resource Manager" in rows[1]["components"]
    assert "http://" in rows[1]["urls"]


@pytest.mark.parametrize(
    ("line", "module", "message"),
    [
        ("flavors list -o yaml", "yaml", "--output yaml needs PyYAML: pip install"),
        ("flavors list --query []", "jmespath", "--query needs jmespath: pip install"),
    ],
)
def test_a_library_that_is_missing_is_one_line(
    run: Program, monkeypatch: pytest.MonkeyPatch, line: str, module: str, message: str, wire: Wire
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    ran = run(line)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.count("\n") == 1
    assert ran.err.startswith(f"Error: {message} 'lavaclient[cli]'")
    assert wire.requests == []


@pytest.mark.parametrize("line", ["flavors list", "stacks list -o json", "clusters list -o csv"])
def test_a_reader_that_has_gone_is_no_error(
    run: Program, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as out:
        monkeypatch.setattr("sys.stdout", out)
        ran = run(line)
    assert ran.status == 0
    assert "Error" not in ran.err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_under_the_output_is_one_line(
    run: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open("/dev/full", "w", encoding="utf-8") as out:
        monkeypatch.setattr("sys.stdout", out)
        ran = run("flavors list --no-header")
    assert (ran.status, ran.err) == (1, "Error: No space left on device\n")


def test_the_sdk_imports_nothing_of_the_program(sandbox: SandboxServer) -> None:
    lines = (
        "import json, sys\n"
        "from lavaclient import Lava\n"
        f"lava = Lava.from_env({sandbox.environ()!r})\n"
        "lava.clusters.list(); lava.stacks.list(); lava.close()\n"
        "print(json.dumps(list(sys.modules)))"
    )
    ran = run_python(lines)
    modules = set(json.loads(ran.stdout))
    assert "lavaclient.client" in modules
    assert not {name for name in modules if name.partition(".")[0] in OF_THE_PROGRAM}
    assert not {name for name in modules if f"{name}.".startswith("lavaclient.cli.")}


def test_a_pipe_does_not_wait_for_rich(run: Program) -> None:
    lines = (
        "import sys; from lavaclient.cli import main; main(['flavors', 'list']); "
        "print(*sys.modules, file=sys.stderr)"
    )
    ran = run_python(lines)
    assert "rich" not in ran.stderr.split()


def test_the_time_that_is_left_is_reckoned_from_the_progress() -> None:
    estimate = Estimate(20.0, 100.0)
    assert estimate.remaining(20.0, 110.0) is None
    assert estimate.remaining(60.0, 140.0) == 40.0
    assert estimate.remaining(5.0, 150.0) is None  # another stage
    assert estimate.remaining(10.0, 155.0) == 90.0
    assert estimate.remaining(100.0, 160.0) is None
