"""Where settings come from, and what the exit status says."""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import signal
import stat
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from lavaclient import __version__
from lavaclient.api.credentials import Credentials
from lavaclient.cli import __main__, main
from lavaclient.cli.options import completion_cache
from lavaclient.cli.output.columns import printable
from lavaclient.cli.output.views import credential_pairs
from lavaclient.sandbox.http.server import SandboxServer
from tests.cli.conftest import CREATE, Program
from tests.support.recorder import Wire
from tests.support.threads import until_asleep

ROOT = Path(__file__).resolve().parents[2]


def _sign_ins(sandbox: SandboxServer) -> int:
    return sum(request.path.endswith("/tokens") for request in sandbox.sandbox.requests)


def _options(sandbox: SandboxServer) -> list[str]:
    service = sandbox.sandbox
    return [
        f"--user={service.username}",
        f"--api-key={service.api_key}",
        f"--auth-url={sandbox.auth_url}",
        "--region=dfw",
    ]


def test_options_may_stand_before_the_command_and_after_it(
    offline: Program, sandbox: SandboxServer
) -> None:
    first, *others = _options(sandbox)
    ran = offline.ok("", first, "flavors", others[0], "list", *others[1:], "--retries", "1")
    assert any(line.startswith("hadoop1-7,") for line in ran.lines)


def test_options_win_over_the_environment(
    run: Program, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAVA_REGION_NAME", "NOWHERE")
    monkeypatch.setenv("LAVA_USERNAME", "nobody")
    run.ok(f"--user {sandbox.sandbox.username} flavors list --region ORD")
    assert "/ord/v2/" in sandbox.sandbox.requests[-1].path


def test_a_region_goes_before_the_endpoint_of_the_environment(
    run: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAVA2_API_URL", "http://127.0.0.1:9/v2/123456")
    assert run("clusters list --retries 0").status == 1
    ran = run.ok("clusters list --region ORD -d")
    assert "127.0.0.1:9" not in ran.err
    ran = run("clusters list --region ORD --retries 0 --endpoint http://127.0.0.1:9/v2/123456")
    assert ran.status == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--retries lots", "--retries must be"),
        ("--retry-backoff=-1", "--retry-backoff must"),
        ("--request-timeout 0", "--request-timeout must"),
        ("--auth-url nowhere", "--auth-url"),
        ("--tenant many", "the user signs in to account '123456', not to --tenant 'many'"),
        ("--api-key ' '", "--api-key must not be blank"),
    ],
)
def test_a_message_names_the_option_of_the_program(run: Program, line: str, message: str) -> None:
    ran = run(f"clusters list {line}")
    assert ran.status == 1
    assert ran.err.startswith(f"Error: {message}")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("clusters create logs x --ssh-key k --username root", "--username must not be root"),
        ("clusters ssh logs whoami", "to wait for it, give --wait"),
        ("clusters wait logs --timeout=-1", "--timeout must be 0 minutes or more"),
        ("clusters ssh-proxy logs --port many", "--port must be a whole number"),
    ],
)
def test_a_message_names_the_option_of_the_command(
    run: Program, building: str, line: str, message: str
) -> None:
    ran = run(line)
    assert ran.status == 1
    assert message in ran.err


def test_another_user_does_not_act_with_the_token_of_the_environment(
    run: Program, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports = run.ok("authenticate --export").lines
    for name, value in (line.removeprefix("export ").split("=", 1) for line in exports):
        monkeypatch.setenv(name, value)
    for _ in range(2):
        ran = run("clusters list --user bob --api-key", "0" * 32)
        assert (ran.status, ran.out) == (1, "")
        assert "401" in ran.err
    sandbox.sandbox.add_user("ann", "k" * 32, tenant_id="654321")
    assert run.ok("clusters list -q --tenant 654321 --user ann --api-key", "k" * 32).out == ""


def test_a_given_token_is_not_kept(run: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    token = run.ok("authenticate").out.strip().partition("=")[2]
    for path in completion_cache.cache_file("").glob("token-*"):
        path.unlink()
    run.ok("clusters list --token", token)
    assert not list(completion_cache.cache_file("").glob("token-*"))


def test_a_user_name_that_is_no_text_is_one_line(
    run: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAVA_USERNAME", "\udcff")
    ran = run("clusters list")
    assert ran.status == 1
    assert ran.err.startswith("Error: LAVA_USERNAME must")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_trouble(sandbox: SandboxServer, run: Program, closed: str) -> None:
    command = f"{shlex.quote(sys.executable)} -m lavaclient.cli clusters list {closed}"
    ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ran.returncode == 0
    assert "Traceback" not in ran.stderr


def test_what_the_output_cannot_write_is_written_in_another_way(
    run: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.ok("scripts create \u3042 https://example.com/t.sh")
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    command = [sys.executable, "-m", "lavaclient.cli", "scripts", "list"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "\\u3042," in ran.stdout


def test_times_at_the_ends_of_the_calendar_are_shown() -> None:
    first = datetime.fromisoformat("0001-01-01T00:00:00+14:00")
    assert printable(first) == "0001-01-01 00:00:00+14:00"


def test_ctrl_c_at_a_question_without_a_terminal_is_130(
    sandbox: SandboxServer, run: Program, building: str
) -> None:
    command = [sys.executable, "-m", "lavaclient.cli", "clusters", "delete", "logs"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as program:
        assert program.stderr is not None
        shown = ""
        while not shown.endswith("[y/N]:"):
            letter = program.stderr.read(1)
            assert letter, shown
            shown += letter
        until_asleep(program.pid)  # a signal just before Python reads is noticed after it
        program.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(5.0)
        program.send_signal(signal.SIGINT)
        assert program.wait(20) == 130


def test_without_credentials_the_message_says_what_to_set(
    run: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAVA_API_KEY")
    ran = run("clusters list")
    assert "  API key  --api-key -, LAVA_API_KEY," in ran.err
    assert "region " not in ran.err


def test_no_header_holds_for_tables_too(run: Program, building: str) -> None:
    assert "Status" in run.ok("clusters list --format").out
    assert "Status" not in run.ok("clusters list --format --no-header").out
    assert "BUILDING" in run.ok("clusters list --format --no-header").out


def test_underscores_do_for_hyphens_in_options_and_commands(run: Program, building: str) -> None:
    assert run.ok("--request_timeout 9 clusters get logs --no_header -q").lines == [building]


def test_without_settings_one_message_says_all_that_is_missing(offline: Program) -> None:
    ran = offline("clusters list")
    assert (ran.status, ran.out) == (1, "")
    first, *settings, configure, sandbox = ran.err.splitlines()
    assert first == "Error: cannot sign in: these settings are missing."
    assert [line.split("  ")[1] for line in settings] == ["user", "API key", "region"]
    for line, places in zip(
        settings,
        (
            ("--user", "LAVA_USERNAME", "user in a profile"),
            ("--api-key", "LAVA_API_KEY", "lava configure"),
            ("--region", "LAVA_REGION_NAME", "region in a profile"),
        ),
        strict=True,
    ):
        assert all(place in line for place in places)
    assert "lava configure" in configure
    assert "lava sandbox" in sandbox
    assert max(map(len, ran.err.splitlines())) <= 80


def test_the_api_key_can_be_read_from_the_input(
    run: Program, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAVA_API_KEY")
    ran = run.ok("flavors list -q --api-key -", answers=sandbox.sandbox.api_key + "\n")
    assert "hadoop1-7" in ran.lines


def test_a_refused_key_is_one_line_without_the_key(run: Program) -> None:
    ran = run("flavors list --api-key not-the-right-key")
    assert ran.status == 1
    assert ran.err.count("\n") == 1
    assert "not-the-right-key" not in ran.err


def test_the_help_warns_of_keys_in_the_history(offline: Program) -> None:
    ran = offline.ok("--help")
    assert "stays in the shell's history" in " ".join(ran.out.split())


def test_a_second_run_does_not_sign_in_again(run: Program, sandbox: SandboxServer) -> None:
    run.ok("flavors list")
    run.ok("flavors list")
    assert _sign_ins(sandbox) == 1
    (file,) = Path("~/.cache/lavaclient").expanduser().iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_each_region_has_a_token_file_of_its_own(run: Program) -> None:
    run.ok("flavors list")
    run.ok("flavors list --region ORD")
    assert len(list(Path("~/.cache/lavaclient").expanduser().iterdir())) == 2


def test_no_token_cache_keeps_nothing(run: Program, sandbox: SandboxServer) -> None:
    run.ok("--no-token-cache flavors list")
    run.ok("flavors list --no-token-cache")
    assert _sign_ins(sandbox) == 2
    assert not Path("~/.cache").expanduser().exists()


def test_the_variable_names_another_token_file(
    run: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LAVA_TOKEN_CACHE", str(tmp_path / "token"))
    run.ok("flavors list")
    assert (tmp_path / "token").is_file()
    assert not Path("~/.cache").expanduser().exists()


def test_debug_shows_requests_and_no_secret(run: Program, sandbox: SandboxServer) -> None:
    ran = run.ok("-d flavors list -q")
    lines = ran.err.splitlines()
    assert lines[-1].startswith("lavaclient: GET flavors 200 ")
    assert all(line.startswith("lavaclient: ") for line in lines)
    assert sandbox.sandbox.api_key not in ran.err
    assert not logging.getLogger("lavaclient").handlers[1:]


def test_debug_twice_shows_what_libraries_log(run: Program, sandbox: SandboxServer) -> None:
    ran = run.ok("-d flavors list -q --debug")
    assert "urllib3.connectionpool: " in ran.err
    assert sandbox.sandbox.api_key not in ran.err


def test_an_insecure_client_warns_in_one_plain_line(run: Program) -> None:
    ran = run.ok("flavors list -q -k")
    assert ran.err == ("Warning: verify_ssl=False: anyone on the way can pose as the service\n")


def test_an_error_is_one_line_with_the_request_id(run: Program) -> None:
    ran = run("clusters get nowhere")
    assert ran.status == 1
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("Error: GET clusters/nowhere: 404 ")
    assert "(request id req-" in ran.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("clstrs list", "No such command 'clstrs'"),
        ("clusters lst", "No such command 'lst'"),
        ("clusters get", "Missing argument 'CLUSTER'"),
        ("clusters list --outpt json", "No such option"),
        ("flavors list --output xml", "'xml' is not one of"),
        ("flavors list --columns id,price", "no column 'price'; there are id, name, ram, vcpus"),
        ("flavors list --sort price", "flavors have no column 'price'"),
        ("flavors list --filter name", "is not like name=log*"),
        ("flavors list --query [", "cannot be read"),
        ("flavors list --query [] -o csv", "--query goes with --output json or yaml or text"),
        ("clusters list --re x", "--re is one of --region, --request-timeout, --retries,"),
        ("cluster list", "No such command 'cluster'. Did you mean 'clusters'?"),
        ("clustres list", "Did you mean 'clusters'?"),
        ("clusters show logs", "Did you mean 'get'?"),
        ("nodes describe logs x", "Did you mean 'get'?"),
        ("clusters creat", "Did you mean 'create'?"),
        ("help clusters creat", "Did you mean 'create'?"),
        ("help flavors list all", "has no command 'all'"),
        ("clusters resize logs --node-groups slave=3", "is not like 'slave(count=3"),
        ("clusters resize logs --node-groups 'slave(count=x)'", "count=x: not a whole number"),
        pytest.param(
            f"clusters resize logs --node-groups 'slave(count={'9' * 5000})'",
            "99999: not a whole number",
            id="a count of thousands of digits",
        ),
        ("clusters resize logs --node-groups 'slave(size=3)'", "neither count=N nor flavor_id=ID"),
        ("clusters create logs S --credential user", "'user' is not like cloud_files=my-user"),
        ("clusters ssh-tunnel logs 1 2", "give either --node-name or --component"),
        ("clusters ssh-tunnel logs 1 2 --node x --component y", "either --node-name or --comp"),
    ],
)
def test_wrong_usage_is_exit_status_2(offline: Program, line: str, message: str) -> None:
    ran = offline(line)
    assert (ran.status, ran.out) == (2, "")
    assert message in " ".join(ran.err.split())


def test_the_version(offline: Program) -> None:
    assert offline.ok("--version").out == f"lava {__version__}\n"
    assert offline.ok("clusters list --version").out == f"lava {__version__}\n"


def test_help_of_a_command_has_its_examples_as_they_are(offline: Program) -> None:
    ran = offline.ok("clusters create -h")
    assert "--node-groups 'slave(count=3, flavor_id=hadoop1-7)' \\\n" in ran.out
    assert "The options that 'lava --help' lists may be given here too." in ran.out


def test_json_quiet_and_csv(run: Program, building: str) -> None:
    assert run.ok("clusters list --output JSON").json[0]["id"] == building
    assert run.ok("clusters list --output json --quiet").out == building + "\n"
    header, line = run.ok("clusters list --output csv --delimiter '\\t'").lines
    assert header.split("\t")[:2] == ["id", "name"]
    assert line.split("\t")[:2] == [building, "logs"]
    assert len(run.ok("clusters list --output csv --no-header").lines) == 1
    assert run.ok("clusters list --no-header").err == ""
    assert run("clusters list --output csv --delimiter ::").status == 2
    assert run.ok("clusters list --delimiter ::").out.startswith(f"{building}::logs::")


def test_an_empty_list_is_an_empty_answer(run: Program) -> None:
    assert run.ok("clusters list").out == ""
    assert run.ok("clusters list --output json").json == []
    assert run.ok("clusters list --format").out == "No clusters.\n"
    assert run.ok("flavors list --format --filter id=none").out == "No flavors match.\n"


def test_json_is_ascii_where_the_output_is(
    run: Program, building: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ascii_out = open(os.devnull, "w", encoding="ascii")  # noqa: SIM115
    with ascii_out:
        monkeypatch.setattr("sys.stdout", ascii_out)
        assert run("clusters list --output json").status == 0


def test_what_a_terminal_would_obey_is_printed_harmlessly(run: Program, key: str) -> None:
    run.ok(CREATE.format("''"), "--help")
    ran = run.ok(
        "clusters create", "a\x1b[31mb\n,", "HDP2.3_Hadoop", "--ssh-key=laptop", "--username=me_"
    )
    assert ",a\\x1b[31mb\\n ," in ran.out


def test_a_missing_file_of_the_machine_is_one_line(
    run: Program, monkeypatch: pytest.MonkeyPatch, wire: Wire
) -> None:
    ran = run("credentials create-ssh-key laptop /nowhere/id.pub")
    assert ran.status == 1
    assert ran.err.count("\n") == 1
    assert not wire.requests


def test_help_of_a_group_lists_its_commands(offline: Program) -> None:
    ran = offline.ok("clusters --help")
    assert "\n  ssh-tunnel " in ran.out
    assert "\nOptions:\n  -h, --help" in ran.out


def test_the_module_runs_the_program() -> None:
    assert vars(__main__)["main"] is main


def test_a_type_of_credentials_that_came_later_is_shown_by_name() -> None:
    other: dict[str, list[object]] = {"vault": [{"name": "mine", "secret": "x"}, 3]}
    assert credential_pairs(Credentials(other=other)) == [("vault", "mine"), ("vault", "")]


def test_ctrl_c_into_a_pipe_leaves_no_traceback(
    sandbox: SandboxServer, run: Program, building: str
) -> None:
    command = [sys.executable, "-m", "lavaclient.cli", "clusters", "wait", "logs"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as program:
        assert program.stderr is not None
        assert program.stderr.readline().startswith("logs: BUILDING")
        program.send_signal(signal.SIGINT)
        _, shown = program.communicate(timeout=20)
    assert program.returncode == 130
    assert shown == (
        "The work on cluster logs goes on; this waits for it again: "
        f"lava clusters wait {building}\n"
    )
