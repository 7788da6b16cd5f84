"""The command line, and the state that it keeps between runs."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import redirect_stdout

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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fault", "nonsense"], "'nonsense' is not a fault"),
        (["--speed", "0"], "speed must be a positive number"),
        (["--host", "192.0.2.1"], "lavaclient.sandbox: "),
    ],
)
def test_what_cannot_be_served_is_one_line_and_status_1(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """On stderr."""
    assert main(["--port", "0", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_a_wrong_option_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    """As programs do."""
    with pytest.raises(SystemExit, match="2"):
        main(["--colour"])
    assert "--colour" in capsys.readouterr().err


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
    seen: list[list[str]] = []

    class Demo:
        @staticmethod
        def main(argv: list[str]) -> int:
            seen.append(argv)
            return 7

    import lavaclient.sandbox

    monkeypatch.setitem(sys.modules, "lavaclient.sandbox.demo", Demo)
    monkeypatch.setattr(lavaclient.sandbox, "demo", Demo, raising=False)
    assert main(["demo", "--fast"]) == 7
    assert seen == [["--fast"]]


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
