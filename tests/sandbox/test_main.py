"""The command line, and the state that it keeps between runs."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path

import pytest
import requests

from lavaclient.sandbox import ManualClock, Sandbox, SystemClock
from lavaclient.sandbox.__main__ import main


def _exports(text: str) -> dict[str, str]:
    return dict(re.findall(r"^export (LAVA_\w+)=(\S+)$", text, re.MULTILINE))


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_prints_its_exports_and_ends_cleanly(sign: signal.Signals) -> None:
    """With status 0, after Ctrl-C as after SIGTERM, and nothing but request lines on stderr."""
    command = [sys.executable, "-W", "error", "-m", "lavaclient.sandbox", "--port", "0"]
    fault = ["--fault", "GET limits: 503 x1"]
    with subprocess.Popen(
        [*command, *fault], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            text = "".join(process.stdout.readline() for _ in range(6))
            environ = _exports(text)
            origin = environ["LAVA_AUTH_URL"].removesuffix("/identity/v2.0")
            assert set(environ) == {
                "LAVA_USERNAME", "LAVA_API_KEY", "LAVA_REGION_NAME", "LAVA_AUTH_URL",
                "LAVA_TENANT_NAME",
            }  # fmt: skip
            with requests.Session() as session:
                answer = session.get(f"{origin}/dfw/v2/123456/limits", timeout=10)
                assert answer.status_code == 503
                process.send_signal(sign)
                assert process.wait(10) == 0
            assert process.stderr is not None
            assert re.fullmatch(r"GET /dfw/v2/123456/limits 503 \S+ \S+\n", process.stderr.read())
        finally:
            process.kill()


def _serve(pool: ThreadPoolExecutor, *arguments: str) -> tuple[Future[int], threading.Event]:
    stop = threading.Event()
    return pool.submit(main, ["--port", "0", *arguments], stop), stop


class Interrupted(threading.Event):
    """An event that a signal comes for while the event holds its own lock."""

    def wait(self, timeout: float | None = None) -> bool:
        with self._cond:  # type: ignore[attr-defined]
            signal.raise_signal(signal.SIGTERM)
        return super().wait(timeout)


def test_a_signal_ends_it_whatever_it_is_doing(capsys: pytest.CaptureFixture[str]) -> None:
    stop = Interrupted()
    assert main(["--port", "0"], stop) == 0
    assert not stop.is_set()


@pytest.mark.parametrize("quiet", [True, False])
def test_quiet_leaves_out_the_request_lines(
    quiet: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """They go to stderr otherwise."""
    with ThreadPoolExecutor(1) as pool:
        future, stop = _serve(pool, *(["--quiet"] if quiet else []))
        environ: dict[str, str] = {}
        text = ""
        while "LAVA_TENANT_NAME" not in environ:
            text += capsys.readouterr().out
            environ = _exports(text)
            threading.Event().wait(0.01)
        requests.get(environ["LAVA_AUTH_URL"], timeout=5)
        stop.set()
        assert future.result(10) == 0
    assert bool(capsys.readouterr().err) is not quiet


def test_what_cannot_be_served_is_one_line_and_status_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--port", "0", "--host", "192.0.2.1"]) == 1
    assert re.fullmatch(r"lavaclient.sandbox: .+\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--colour"], "--colour"),
        (["--fault", "nonsense"], "'nonsense' is not a fault; write [METHOD] [PATH]: WHAT"),
        (["--fault", "GTE: 503"], "there is no 'GTE'"),
        (["--fault", "/clutsers$: 503"], "the service has no path"),
        (["--speed", "0"], "speed must be a positive number"),
        (["--speed", "fast"], "--speed"),
        (["--port", "65536"], "--port: must be a number from 0 to 65535"),
        (["--quota", "node_count"], "--quota: node_count: must be a number"),
        (["--quota", "nodes=5"], "--quota: there is no 'nodes'; there are node_count, ram"),
        (["--quota", "ram=-1"], "ram: must be a number from 0 up"),
        (["--timing", "build=soon"], "--timing: build: must be a number"),
        (["--timing", "build=nan"], "build: must be a number from 0 up"),
        (["--token-lifetime", "0"], "token_lifetime must be a positive number"),
        (["--token-lifetime", "1e11"], "token_lifetime must be a positive number up to 1000000"),
        (["--seed", "x"], "--seed"),
    ],
)
def test_a_wrong_option_is_one_line_and_status_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--port", "0", *arguments])
    error = capsys.readouterr().err
    assert re.fullmatch(r"lavaclient.sandbox: .+\n", error)
    assert message in error


def test_a_missing_extra_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("lavaclient.sandbox.http")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "werkzeug", None)
    monkeypatch.setitem(sys.modules, "werkzeug.serving", None)
    assert main(["--port", "0"]) == 1
    error = capsys.readouterr().err
    assert re.fullmatch(r"lavaclient.sandbox: needs the package werkzeug.*\n", error)


def test_options_are_the_sandboxs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who may sign in, what the tenant may use, how long it takes; JSON and a file for programs."""
    file = tmp_path / "exports"
    options = (
        "--json --quiet --user ada --api-key k --tenant 99 --quota ram=7 --timing build=0"
        " --token-lifetime 60 --seed 1 --allow-host lava.test"
    )
    with ThreadPoolExecutor(1) as pool:
        future, stop = _serve(pool, *options.split(), "--env-file", str(file))
        try:
            text = ""
            while not text.endswith("\n"):
                text += capsys.readouterr().out
                threading.Event().wait(0.01)
            environ = json.loads(text)["environ"]
            assert environ.items() >= {"LAVA_USERNAME": "ada", "LAVA_TENANT_NAME": "99"}.items()
            assert _exports(file.read_text()) == environ
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            url = json.loads(text)["url"]
            health = f"{url}/_sandbox/health"
            assert requests.get(health, headers={"Host": "lava.test"}, timeout=5).status_code == 200
            assert requests.get(health, headers={"Host": "evil.test"}, timeout=5).status_code == 403
        finally:
            stop.set()
        assert future.result(10) == 0


def test_help_explains_faults(capsys: pytest.CaptureFixture[str]) -> None:
    """With an example."""
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert "GET /clusters$: 503 retry-after=5 x3" in capsys.readouterr().out


def test_the_process_arguments_are_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """When none are given."""
    monkeypatch.setattr(sys, "argv", ["sandbox", "--help"])
    with redirect_stdout(io.StringIO()) as output, pytest.raises(SystemExit):
        main()
    assert "--rate-limits" in output.getvalue()


def test_demo_hands_on_to_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the arguments behind it."""
    calls: list[list[str]] = []

    class Demo:
        @staticmethod
        def main(argv: list[str]) -> int:
            calls.append(argv)
            return 7

    import lavaclient.sandbox

    monkeypatch.setitem(sys.modules, "lavaclient.sandbox.demo", Demo)
    monkeypatch.setattr(lavaclient.sandbox, "demo", Demo, raising=False)
    assert main(["demo", "--fast"]) == 7
    assert calls == [["--fast"]]


def test_clocks_go_forward_only() -> None:
    """By finite numbers."""
    for clock in (ManualClock(), SystemClock()):
        for seconds in (-1, float("nan"), float("inf")):
            with pytest.raises(ValueError, match="seconds must be a number from 0 up"):
                clock.advance(seconds)


def test_a_system_clock_starts_now_and_can_be_moved() -> None:
    """And never stands still for long."""
    import time

    clock = SystemClock(speed=1000)
    before = clock.time()
    assert before >= time.time() - 5
    clock.advance(1000)
    assert clock.time() >= before + 1000


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf")])
def test_a_speed_must_be_a_positive_number(speed: float) -> None:
    """Others are refused."""
    with pytest.raises(ValueError, match="speed must be a positive number"):
        SystemClock(speed)


def test_a_sandbox_shows_no_secret(sandbox: Sandbox) -> None:
    """In its repr; and its ids follow from the seed."""
    assert repr(sandbox) == "<Sandbox user=sandbox tenant=123456 clusters=0>"
    assert Sandbox(seed=5).new_id() == Sandbox(seed=5).new_id()
    assert Sandbox().new_id() != Sandbox().new_id()


def _opening(environ: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "lavaclient.sandbox", "--port", "0", "--open"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
    )


def test_it_opens_its_page_in_the_browser_that_there_is(tmp_path: Path) -> None:
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    os.mkfifo(opened)
    browser.write_text(f'#!/bin/sh\necho "$1" >"{opened}"\n')
    browser.chmod(0o700)
    with _opening({**os.environ, "BROWSER": f"{browser} %s"}) as process:
        try:
            url = opened.read_text().strip()
            assert url.endswith("/_sandbox/")
            assert requests.get(url, timeout=10).headers["Content-Type"].startswith("text/html")
            assert process.stdout is not None
            text = "".join(process.stdout.readline() for _ in range(7))
            assert f"# To look at it: {url}\n" in text
        finally:
            process.terminate()
        assert process.wait(20) == 0


def test_it_says_that_there_is_no_browser_and_serves(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path), "BROWSER": "none"}
    with _opening(environ) as process:
        try:
            assert process.stderr is not None
            assert process.stderr.readline().startswith("There is no browser to show http://")
        finally:
            process.terminate()
        assert process.wait(20) == 0
