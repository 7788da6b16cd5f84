"""``lava credentials``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.conftest import PUBLIC_KEY
from tests.cli.conftest import Program
from tests.support.recorder import Wire

ACCESS = "A" * 20
SECRETS = {
    "cloud-files": ("user", "api-key-of-the-user-" + "1" * 12),
    "s3": (ACCESS, "s" * 40),
    "ambari": ("admin", "password-of-admin"),
}
TITLES = {"cloud-files": "Cloud Files", "s3": "Amazon S3", "ambari": "Ambari"}
KEYS = {"cloud-files": "cloud_files", "s3": "s3", "ambari": "ambari"}


def test_an_ssh_key_comes_from_a_file_and_goes(run: Program, tmp_path: Path, wire: Wire) -> None:
    path = tmp_path / "id.pub"
    path.write_text(PUBLIC_KEY)
    ran = run.ok(f"credentials create_ssh_key laptop {path}")
    assert ran.out == "SSH Key,laptop\n"
    assert wire.last == (
        "POST credentials/ssh_keys",
        {"ssh_keys": {"key_name": "laptop", "public_key": PUBLIC_KEY}},
    )
    run.ok("credentials update_ssh_key laptop", PUBLIC_KEY + "-new")
    assert wire.lines[-1] == "PUT credentials/ssh_keys/laptop"
    assert run.ok("credentials list_ssh_keys").lines == ["SSH Key,laptop"]
    ran = run.ok("credentials delete_ssh_key laptop", answers="y\n")
    assert "Delete SSH key laptop? [y/N]" in ran.err
    assert run.ok("credentials list_ssh_keys -q").out == ""


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("way", ["argument", "input", "dash"])
def test_a_secret_may_be_an_argument_or_a_line_of_the_input(
    run: Program, wire: Wire, kind: str, way: str
) -> None:
    name, secret = SECRETS[kind]
    arguments = {"argument": [name, secret], "input": [name], "dash": [name, "-"]}[way]
    ran = run.ok(f"credentials create-{kind}", *arguments, answers=f"{secret}\n")
    line, body = wire.last
    assert line == f"POST credentials/{KEYS[kind]}"
    assert secret in str(body)
    assert secret not in ran.out + ran.err


@pytest.mark.parametrize("kind", SECRETS)
def test_a_credential_is_listed_replaced_and_deleted(run: Program, wire: Wire, kind: str) -> None:
    name, secret = SECRETS[kind]
    run.ok(f"credentials create-{kind}", name, secret)
    assert run.ok(f"credentials list-{kind}").lines == [f"{TITLES[kind]},{name}"]
    run.ok(f"credentials update-{kind}", name, answers=secret[::-1] + "\n")
    assert wire.lines[-1] == f"PUT credentials/{KEYS[kind]}/{name}"
    run.ok(f"credentials delete-{kind} --force", name)
    assert wire.lines[-1] == f"DELETE credentials/{KEYS[kind]}/{name}"


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nsecond line\n"])
def test_a_secret_of_the_input_keeps_its_blanks_and_loses_the_end_of_its_line(
    run: Program, wire: Wire, end: str
) -> None:
    secret = "  a pass word\t "
    run.ok("credentials create-ambari admin", answers=secret + end)
    assert wire.last[1] == {"ambari": {"username": "admin", "password": secret}}


def test_no_secret_in_the_input_is_an_error(run: Program) -> None:
    ran = run("credentials create-s3", ACCESS)
    assert (ran.status, ran.err) == (1, "Error: no Secret key in the input\n")


def test_list_has_all_types(run: Program) -> None:
    run.ok("credentials create-ssh-key laptop", PUBLIC_KEY)
    for kind, (name, secret) in SECRETS.items():
        run.ok(f"credentials create-{kind}", name, secret)
    assert run.ok("credentials list").lines == [
        "ssh_keys,laptop",
        "cloud_files,user",
        f"s3,{ACCESS}",
        "ambari,admin",
    ]
    assert run.ok("credentials list --output json").json["ambari"] == [{"username": "admin"}]


def test_list_types_says_what_each_consists_of(run: Program) -> None:
    lines = run.ok("credentials list-types --delimiter ;").lines
    assert any(line.startswith("ssh_keys;") and "public_key" in line for line in lines)
    assert "ssh_keys" in run.ok("credentials list-types --quiet").lines


@pytest.mark.parametrize("kind", SECRETS)
def test_the_help_warns_of_secrets_in_the_history(offline: Program, kind: str) -> None:
    assert "shell's history" in " ".join(
        offline.ok(f"credentials create-{kind} --help").out.split()
    )
