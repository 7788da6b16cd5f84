"""``lava configure``, and settings of options, variables and profiles together."""

from __future__ import annotations

import sys

import pytest

from lavaclient._config import environment, profiles
from lavaclient.cli.options.sources import SETTINGS
from lavaclient.sandbox.http.server import SandboxServer
from tests.cli.conftest import Program
from tests.support.terminal import lava


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the library is not installed."""
    monkeypatch.setitem(sys.modules, "keyring", None)


def _answers(sandbox: SandboxServer, region: str = "DFW") -> str:
    service = sandbox.sandbox
    return f"{service.username}\n{region}\n{sandbox.auth_url}\n{service.api_key}\n"


def test_answers_are_checked_and_kept_and_serve_other_commands(
    offline: Program, sandbox: SandboxServer
) -> None:
    ran = offline.ok("configure", answers=_answers(sandbox))
    assert "Signed in. Profile default is in " in ran.err
    assert sandbox.sandbox.api_key not in ran.out + ran.err
    assert "hadoop1-7" in offline.ok("flavors list -q").lines
    answers = _answers(sandbox).replace("DFW\n", "")
    offline.ok("configure --profile ord --region ORD --output json", answers=answers)
    assert offline.ok("flavors list --profile ord").json


def test_an_input_that_ends_is_an_error(offline: Program, sandbox: SandboxServer) -> None:
    answers = _answers(sandbox).splitlines(keepends=True)
    for count in range(4):
        ran = offline("configure", answers="".join(answers[:count]))
        assert (ran.status, ran.out) == (1, "")
        assert "Error: no " in ran.err
    assert not profiles.config_file().exists()


def test_answers_that_do_not_sign_in_are_not_kept(offline: Program, sandbox: SandboxServer) -> None:
    for answers in (
        _answers(sandbox).replace(sandbox.sandbox.api_key, "wrong"),
        _answers(sandbox, "NOWHERE"),
    ):
        ran = offline("configure", answers=answers)
        assert ran.status == 1
        assert "Error: " in ran.err
    assert not profiles.config_file().exists()


def test_options_are_not_asked_for_and_headless_asks_nothing(
    offline: Program, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = sandbox.sandbox
    monkeypatch.setenv("LAVA_API_KEY", service.api_key)
    line = f"--user {service.username} --auth-url {sandbox.auth_url}"
    offline.ok(f"configure --headless {line} --region ORD --profile work -o json -k")
    monkeypatch.delenv("LAVA_API_KEY")
    assert offline.ok("--profile work flavors list --no-token-cache").json
    ran = offline.ok("configure list --profile work -o csv")
    header, row = ran.lines
    assert header == "name,user,region,api_key,tenant,auth_url,endpoint,output"
    assert row == f"work,{service.username},ORD,file,,{sandbox.auth_url},,json"
    assert profiles.read_profile("work").values["insecure"] is True


def test_a_profile_is_changed_where_options_and_answers_say_so_and_kept_elsewhere(
    offline: Program, sandbox: SandboxServer
) -> None:
    offline.ok("configure", answers=_answers(sandbox))
    before = profiles.read_profile("default").values
    ran = offline.ok("configure --headless --region ORD")
    assert ran.err.count("\n") == 1
    assert profiles.read_profile("default").values == {**before, "region": "ORD"}
    ran = offline.ok("configure", answers="\n\n\n\n")
    assert "API key (Enter keeps the one that is known): " in ran.err
    assert profiles.read_profile("default").values == {**before, "region": "ORD"}
    assert offline("configure", answers="\n\n\nanother-key\n").status == 1
    assert offline.ok("flavors list -q --no-token-cache").lines


def test_a_key_that_cannot_be_read_is_asked_for_again(
    offline: Program, sandbox: SandboxServer
) -> None:
    offline.ok("configure", answers=_answers(sandbox))
    keys = profiles.config_file().with_name("keys.toml")
    keys.write_text("[keys", encoding="utf-8")
    ran = offline("clusters list")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"Error: {keys} is not valid TOML")
    keys.unlink()
    ran = offline("clusters list")
    assert f"{keys} has no API key of this profile" in ran.err
    offline.ok("configure --headless --api-key -", answers=sandbox.sandbox.api_key)
    offline.ok("clusters list")


def test_options_win_over_variables_and_those_over_the_profile(
    offline: Program, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline.ok("configure", answers=_answers(sandbox))

    def region(line: str) -> str:
        offline.ok(line)
        return sandbox.sandbox.requests[-1].path.split("/")[1]

    assert region("flavors list") == "dfw"
    monkeypatch.setenv("LAVA_REGION_NAME", "ORD")
    assert region("flavors list") == "ord"
    assert region("flavors list --region IAD") == "iad"


def test_another_user_does_not_sign_in_with_the_key_of_the_profile(
    offline: Program, sandbox: SandboxServer
) -> None:
    offline.ok("configure", answers=_answers(sandbox))
    ran = offline("flavors list --user bob")
    assert ran.status == 1
    assert "  API key  --api-key" in ran.err


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("retries = 'many'", "flavors list", "retries ({path}, line 2) must be a number"),
        ("price = 3", "flavors list", "{path}, line 2: a profile has no price"),
        ("output = 'xml'", "flavors list", "output must be one of table, text, csv, json, yaml"),
        ("", "flavors list --profile work", "no profile 'work' in {path}: there are default"),
        ("", "configure list --profile work --columns nam", "profiles have no column 'nam'"),
    ],
)
def test_an_error_says_where_a_bad_value_stands(
    run: Program, text: str, line: str, message: str
) -> None:
    path = profiles.config_file()
    path.parent.mkdir(parents=True)
    path.write_text(f"[profile.default]\n{text}\n")
    ran = run(line)
    assert ran.status in {1, 2}
    assert message.format(path=path) in " ".join(ran.err.split())


def test_a_bad_variable_is_named(run: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAVA_TIMEOUT", "-1")
    ran = run("flavors list")
    assert ran.err.startswith("Error: LAVA_TIMEOUT must be more than 0")


def test_the_profile_says_how_to_show_and_how_long_to_wait(run: Program, building: str) -> None:
    path = profiles.config_file()
    path.parent.mkdir(parents=True)
    path.write_text("[profile.default]\noutput = 'csv'\nwait_timeout = 1\nwait_interval = 5\n")
    assert run.ok("clusters list").lines[0].startswith("id,name,")
    assert run.ok("clusters list -F").lines[0].startswith(building)
    ran = run("clusters wait logs")
    assert (ran.status, ran.out) == (1, "")
    assert "within 1 minutes" in ran.err
    path.write_text("[profile.default]\nwait_timeout = 'long'\n")
    ran = run("clusters wait logs")
    assert f"wait_timeout ({path}, line 2) must be a number" in ran.err
    path.write_text("[profile.default]\nwait_interval = 0\n")
    ran = run("clusters delete logs --force --wait")
    assert f"wait_interval ({path}, line 2) must be more than 0 seconds" in ran.err
    assert run.ok("clusters list -q").lines == [building]


def test_a_key_is_asked_for_without_echo(sandbox: SandboxServer) -> None:
    service = sandbox.sandbox
    with lava("configure --profile work", {"LAVA_AUTH_URL": sandbox.auth_url}) as terminal:
        terminal.expect("User: ")
        terminal.type(f"{service.username}\n")
        terminal.expect("Region (DFW, IAD, LON, ORD): ")
        terminal.type("DFW\n")
        terminal.expect(f"Identity URL [{sandbox.auth_url}]: ")
        terminal.type("\n")
        terminal.expect("API key: ")
        terminal.type(f"{service.api_key}\n")
        assert terminal.end() == 0
    assert service.api_key not in terminal.text
    assert "Signed in. Profile work is in " in " ".join(terminal.text.split())


def test_the_program_reads_the_variables_that_the_sdk_reads() -> None:
    ours = {setting.name: setting.variables for setting in SETTINGS}
    assert ours.pop("verify_ssl") == ("LAVA_INSECURE",)
    assert ours == environment.VARIABLES
