"""Rows 61 and 65: cassettes and recorded answers, whole, and gone without a trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from urllib3.connection import HTTPConnection

from lavaclient import ConnectionError, Lava
from lavaclient.sandbox.http.server import SandboxServer
from tests.interop.conftest import Connect, RunLines


def look_around(lava: Lava) -> tuple[int, int, list[str]]:
    """Make three calls; the second and third change something."""
    lava.credentials.create_ambari("admin", "a-password-of-ambari")
    lava.credentials.delete_ambari("admin")
    limits = lava.limits.get()
    return limits.node_count.limit, limits.ram.limit, [flavor.id for flavor in lava.flavors.list()]


def test_61_vcrpy_records_whole_cassettes_and_plays_them(
    sandbox: SandboxServer, connect: Connect, tmp_path: Path
) -> None:
    vcr: Any = pytest.importorskip("vcr", reason="vcrpy is not installed")
    path = str(tmp_path / "cassette.yaml")
    with vcr.use_cassette(path) as recorded:
        outcome = look_around(connect())
    assert [request.method for request in recorded.requests] == [
        *("POST", "POST", "DELETE", "GET", "GET")
    ]
    count = len(sandbox.sandbox.requests)
    with vcr.use_cassette(path, record_mode="none") as played:
        lava = connect()
        assert look_around(lava) == outcome
        assert played.all_played
        with pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException):
            lava.stacks.list()
    assert len(sandbox.sandbox.requests) == count


def test_61_vcrpy_records_the_calls_of_a_client_that_was_there_before(
    connect: Connect, tmp_path: Path
) -> None:
    vcr: Any = pytest.importorskip("vcr", reason="vcrpy is not installed")
    lava = connect()
    lava.limits.get()
    with vcr.use_cassette(str(tmp_path / "cassette.yaml")) as recorded:
        lava.flavors.list()
    lava.flavors.list()
    assert [request.path.rpartition("/")[2] for request in recorded.requests] == ["flavors"]


def test_65_a_client_made_inside_a_cassette_keeps_nothing_of_it(
    connect: Connect, tmp_path: Path
) -> None:
    vcr: Any = pytest.importorskip("vcr", reason="vcrpy is not installed")
    with vcr.use_cassette(str(tmp_path / "cassette.yaml")) as recorded:
        lava = connect()
        lava.flavors.list()
    lava.flavors.list()
    assert len(recorded.requests) == 2
    adapter: Any = lava.session.session.get_adapter(lava.endpoint)
    (pool,) = adapter._pools.values()
    names = {cls.__module__.partition(".")[0] for cls in pool.ConnectionCls.__mro__}
    assert names == {"lavaclient", "urllib3", "http", "builtins"}
    connection = pool._get_conn()
    assert isinstance(connection, HTTPConnection)
    assert type(connection) is pool.ConnectionCls
    connection.close()


def test_65_what_is_imported_inside_a_cassette_keeps_nothing_of_it(
    run_lines: RunLines, tmp_path: Path
) -> None:
    pytest.importorskip("vcr", reason="vcrpy is not installed")
    lines = f"""
import vcr
from lavaclient import Lava
with vcr.use_cassette({str(tmp_path / "cassette.yaml")!r}) as cassette:
    lava = Lava.from_env()
    lava.limits.get()
lava.limits.get()
(pool,) = lava.session.session.get_adapter(lava.endpoint)._pools.values()
print(len(cassette.requests), *(cls.__module__ for cls in pool.ConnectionCls.__mro__))
lava.close()
"""
    count, *modules = run_lines(lines).split()
    assert count == "2"
    assert not [module for module in modules if module.startswith("vcr")]


def test_61_betamax_records_and_plays(
    sandbox: SandboxServer, connect: Connect, tmp_path: Path
) -> None:
    betamax: Any = pytest.importorskip("betamax", reason="betamax is not installed")
    lava = connect()
    recorder = betamax.Betamax(lava.session.session, cassette_library_dir=str(tmp_path))
    with recorder.use_cassette("calls"):
        flavors = lava.flavors.list()
    count = len(sandbox.sandbox.requests)
    with recorder.use_cassette("calls", record="none"):
        assert lava.flavors.list() == flavors
        with pytest.raises(betamax.BetamaxError, match="could not be found in calls"):
            lava.stacks.list()
    assert len(sandbox.sandbox.requests) == count
    assert lava.flavors.list() == flavors
    assert len(sandbox.sandbox.requests) == count + 1


def test_61_the_recorder_of_responses_records_and_its_file_is_played(
    sandbox: SandboxServer, connect: Connect, tmp_path: Path
) -> None:
    responses: Any = pytest.importorskip("responses", reason="responses is not installed")
    recorders: Any = pytest.importorskip("responses._recorder")
    pytest.importorskip("yaml", reason="PyYAML is not installed")
    path = str(tmp_path / "answers.yaml")
    recorder = recorders.Recorder()
    with recorder:
        outcome = look_around(connect())
        recorder.dump_to_file(file_path=path, registered=recorder.get_registry().registered)
    count = len(sandbox.sandbox.requests)
    with responses.RequestsMock() as answers:
        answers._add_from_file(path)
        lava = connect()
        assert look_around(lava) == outcome
        with pytest.raises(ConnectionError, match="doesn't match any registered mock"):
            lava.stacks.list()
    assert len(sandbox.sandbox.requests) == count
