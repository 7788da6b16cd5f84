"""Rows 59, 62, 70 and 71: objects and arguments in places that they were not made for."""

from __future__ import annotations

import importlib
import inspect
import multiprocessing
import pickle
import pkgutil
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec
import pytest

import lavaclient
from lavaclient import InvalidError, Lava
from lavaclient.api.clusters import Cluster
from tests.faults.conftest import Client, Serve
from tests.support.fault_server import DETAIL, answer

KEY = "ssh-rsa " + "AAAAB3NzaC1yc2EAAAADAQABAAABgQ" * 3 + " ada@desk"
ANSWER = b'{"credentials": {"ssh_keys": {"key_name": "desk"}}}'
ROOMS = ("_auth", "_config", "_decode", "_http", "_ssh", "_system", "api", "client", "identity")


def _own_reprs() -> Iterator[type]:
    for module in pkgutil.walk_packages(lavaclient.__path__, "lavaclient."):
        if module.name.split(".")[1] in ROOMS:
            for value in vars(importlib.import_module(module.name)).values():
                if inspect.isclass(value) and value.__module__ == module.name:
                    yield value


@pytest.mark.parametrize(
    "owner",
    [
        owner
        for owner in _own_reprs()
        if "__repr__" in vars(owner) and not issubclass(owner, (dict, msgspec.Struct, tuple, type))
    ],
)
def test_59_an_object_whose_construction_failed_half_way_can_be_shown(owner: type) -> None:
    assert isinstance(repr(object.__new__(owner)), str)


@pytest.mark.parametrize(
    "path",
    [
        "~/.ssh/id_ed25519.pub",
        "/home/ada/.ssh/id_rsa.pub",
        "/home/ada lovelace/.ssh/a-name-that-is-longer-than-fifty-characters.pub",
        "./id.pub",
        "../keys/id_ed25519",
        "keys/of-the-team/a-name-that-is-longer-than-fifty-characters",
        "$HOME/.ssh/id_rsa.pub",
        "id_rsa.pub",
        "C:\\Users\\ada\\.ssh\\id_rsa",
        "keys\\id_rsa",
    ],
)
@pytest.mark.parametrize("kind", [str, Path])
def test_62_the_path_of_a_key_that_is_not_there_is_no_key(
    path: str, kind: type[str | Path], serve: Serve, client: Client
) -> None:
    server = serve(answer(body=ANSWER))
    lava = client(server)
    for method in (lava.credentials.create_ssh_key, lava.credentials.update_ssh_key):
        with pytest.raises(InvalidError, match=r"^public_key: there is no such file$"):
            method("desk", kind(path))
    assert server.requests == []


@pytest.mark.parametrize(
    "key",
    [
        KEY,
        KEY.partition(" ")[2],
        f'command="/bin/true",no-pty {KEY}',
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAI/+bmlzdHAyNTY= /home/ada",
        "a text that the service may judge, of sixty characters and more",
    ],
)
def test_62_what_is_no_path_is_sent_as_it_is(key: str, serve: Serve, client: Client) -> None:
    server = serve(answer(body=ANSWER))
    client(server).credentials.create_ssh_key("desk", key)
    assert server.requests[0].json() == {"ssh_keys": {"key_name": "desk", "public_key": key}}


def test_70_methods_of_a_manager_are_not_sent_to_other_processes(
    lava: Lava, serve: Serve, client: Client
) -> None:
    for sent in (lava.clusters, lava.clusters.get, [lava.nodes.list], lava.credentials):
        with pytest.raises(TypeError, match=r"Manager cannot be pickled .* construct a Lava there"):
            pickle.dumps(sent)
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        with pytest.raises(TypeError, match="ClusterManager cannot be pickled"):
            list(pool.map(lava.clusters.get, ["c-1"]))
        cluster = client(serve(answer(body=DETAIL))).clusters.get("c-1")
        assert list(pool.map(_id_and_bond, [cluster])) == [("c-1", False)]


def _id_and_bond(cluster: Cluster) -> tuple[str, bool]:
    return cluster.id, hasattr(cluster, "_bound_to")


@pytest.mark.parametrize("connectors", [None, []])
def test_71_no_connectors_are_no_reason_to_warn(
    connectors: list[dict[str, str]] | None, serve: Serve, client: Client
) -> None:
    lava = client(serve(answer(202, DETAIL)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lava.clusters.create("n", "s", "ada", ["desk"], connectors=connectors)
    with pytest.warns(DeprecationWarning, match="connectors is deprecated"):
        lava.clusters.create("n", "s", "ada", ["desk"], connectors=[{"s3": "x"}])
