"""Commands, proxies and tunnels by a cluster's name, with the real ssh program."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from lavaclient import FailedError, InvalidError, Lava, LavaError, NotFoundError, ProxyError
from lavaclient.api.clusters import ClusterDetail
from lavaclient.api.nodes import Address, Addresses, Node
from lavaclient.sandbox.http.server import SandboxServer
from lavaclient.sandbox.ssh.server import SandboxSSH
from tests.api.conftest import PUBLIC_KEY
from tests.support.clock import MovedClock
from tests.support.recorder import Wire

WITHIN = 20
ENDPOINT = "https://dfw.bigdata.example.com/v2/123456"
# Programs in ssh's place that tell what they were given.
ECHO = ["echo"]
COMPLAIN = ["sh", "-c", 'echo "$@" >&2; exit 1', "ssh"]

needs_ssh = pytest.mark.skipif(
    shutil.which("ssh") is None or find_spec("asyncssh") is None,
    reason="needs the ssh program (OpenSSH's client) and the asyncssh package",
)


def build(lava: Lava, public_key: str) -> ClusterDetail:
    lava.credentials.create_ssh_key("laptop", public_key)
    return lava.clusters.create("logs", "HDP2.3_Hadoop", "analyst", ["laptop"])


@pytest.fixture
def building(lava: Lava) -> ClusterDetail:
    """A cluster that is in progress."""
    return build(lava, PUBLIC_KEY)


@pytest.fixture
def cluster(building: ClusterDetail, sandbox: SandboxServer, wire: Wire) -> ClusterDetail:
    """One that is active, and nobody logs in to."""
    sandbox.sandbox.clock.advance(600)
    wire.clear()
    return building


@pytest.fixture
def nodes(sandbox: SandboxServer) -> Iterator[SandboxSSH]:
    """Let people in to the sandbox's nodes."""
    with SandboxSSH(sandbox.sandbox) as ssh:
        yield ssh


@pytest.fixture
def ssh(nodes: SandboxSSH, lava: Lava, sandbox: SandboxServer) -> list[str]:
    """What gets into the active cluster "logs"."""
    key = nodes.new_key("laptop")
    build(lava, str(key.with_suffix(".pub")))
    sandbox.sandbox.clock.advance(600)
    return nodes.ssh_command(key)


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    """Name a file that only a program run on this machine could make."""
    path = tmp_path / "canary"
    yield path
    assert not path.exists()


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def page_by_socks(port: int, name: str, far_port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=WITHIN) as connection:
        connection.sendall(b"\x05\x01\x00")
        assert connection.recv(2) == b"\x05\x00"
        far = bytes([len(name)]) + name.encode() + far_port.to_bytes(2, "big")
        connection.sendall(b"\x05\x01\x00\x03" + far)
        assert connection.recv(10)[:2] == b"\x05\x00"
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with connection.makefile("rb") as answer:
            return answer.read()


def page(port: int) -> str:
    return requests.get(f"http://127.0.0.1:{port}/", timeout=WITHIN).text


# -- with real nodes


@needs_ssh
def test_a_command_runs_on_the_node_of_a_name_in_any_case(lava: Lava, ssh: list[str]) -> None:
    done = lava.clusters.ssh_execute("logs", "SLAVE0-1", "hostname", ssh_command=ssh)
    assert done == "slave0-1.local\n"


@needs_ssh
def test_a_cluster_and_a_node_run_commands_themselves(lava: Lava, ssh: list[str]) -> None:
    (listed,) = lava.clusters.list()
    detail = listed.refresh()
    for cluster in (listed, detail):
        assert cluster.execute_on_node("ambari-1", "whoami", ssh_command=ssh) == "analyst\n"
    node = next(node for node in listed.nodes if node.name == "master0-1")
    assert detail.username is not None
    assert node.execute(detail.username, "hostname", ssh) == "master0-1.local\n"


@needs_ssh
def test_a_failing_command_is_an_error_with_its_status_and_output(
    lava: Lava, ssh: list[str]
) -> None:
    with pytest.raises(
        FailedError, match=r"analyst@203\.0\.113\.\d+ exited with status 3$"
    ) as caught:
        lava.clusters.ssh_execute("logs", "slave0-1", "exit 3", ssh)
    assert caught.value.returncode == 3


@needs_ssh
def test_a_page_comes_through_the_proxy_by_the_name_of_a_node(lava: Lava, ssh: list[str]) -> None:
    with lava.clusters.ssh_proxy("logs", port=0, ssh_command=ssh) as forward:
        answer = page_by_socks(forward.port, "master0-1.local", 8088)
        assert b"<title>YARN Resource Manager on master0-1</title>" in answer
        assert not is_gone(forward.pid)
    assert is_gone(forward.pid)


@needs_ssh
@pytest.mark.parametrize(
    "component", ["ResourceManager", "resourcemanager", " yarn RESOURCE manager"]
)
def test_a_tunnel_leads_to_the_node_that_runs_a_component(
    lava: Lava, ssh: list[str], component: str
) -> None:
    with lava.clusters.ssh_tunnel("logs", 0, 8088, component=component, ssh_command=ssh) as forward:
        assert "<title>YARN Resource Manager on master0-1</title>" in page(forward.port)


@needs_ssh
def test_a_tunnel_leads_to_a_node_by_its_name(lava: Lava, ssh: list[str]) -> None:
    cluster = lava.clusters.get("logs")
    with cluster.ssh_tunnel("0", "50075", "Slave0-1", ssh_command=ssh) as forward:
        assert "<title>HDFS Datanode on slave0-1</title>" in page(forward.port)
        forward.kill()
        forward.kill()
        assert is_gone(forward.pid)


@needs_ssh
def test_a_wrong_key_is_told_in_ssh_s_words(lava: Lava, ssh: list[str], nodes: SandboxSSH) -> None:
    cluster = lava.clusters.get("logs")
    stranger = nodes.ssh_command(nodes.new_key("stranger"))
    with pytest.raises(FailedError, match="Permission denied") as caught:
        cluster.execute_on_node("slave0-1", "hostname", stranger)
    assert caught.value.returncode == 255
    with pytest.raises(ProxyError, match="Permission denied"):
        cluster.ssh_proxy(0, ssh_command=stranger)
    with pytest.raises(FailedError, match="Permission denied"):
        cluster.ssh_tunnel(0, 8088, "master0-1", ssh_command=stranger)


@needs_ssh
def test_nodes_that_cannot_be_reached_are_told_in_ssh_s_words(
    lava: Lava, ssh: list[str], nodes: SandboxSSH
) -> None:
    nodes.close()
    # The configuration is gone with the servers: this one leads to a port where nothing is.
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    dead = ["ssh", "-F", "none", "-o", "HostName=127.0.0.1", "-p", str(port)]
    with pytest.raises(FailedError, match=f"port {port}: Connection refused") as caught:
        lava.clusters.ssh_execute("logs", "slave0-1", "hostname", dead)
    assert caught.value.returncode == 255
    with pytest.raises(ProxyError, match=f"port {port}: Connection refused"):
        lava.clusters.ssh_proxy("logs", 0, ssh_command=dead)


@needs_ssh
def test_a_taken_port_is_told(lava: Lava, ssh: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ProxyError, match=f"port {port} on localhost cannot be used"):
            lava.clusters.ssh_proxy("logs", port, ssh_command=ssh)
        with pytest.raises(FailedError, match=f"port {port} on localhost cannot be used"):
            lava.clusters.ssh_tunnel("logs", port, 8088, "master0-1", ssh_command=ssh)


# -- which node, and how to get there


def test_without_a_name_it_is_the_first_node_that_is_not_ambaris(
    lava: Lava, cluster: ClusterDetail
) -> None:
    there = {node.name: node.public_ip for node in cluster.nodes}
    assert next(iter(there)) == "ambari-1"
    ran = cluster.execute_on_node(None, "uptime", ECHO)
    assert ran.endswith(f" -l analyst -- {there['master0-1']} uptime\n")
    with pytest.raises(ProxyError, match=f"-l analyst -- {there['master0-1']}$"):
        cluster.ssh_proxy(0, ssh_command=COMPLAIN)
    with pytest.raises(ProxyError, match=f"-l analyst -- {there['ambari-1']}$"):
        cluster.ssh_proxy(0, "Ambari-1", COMPLAIN)


def test_the_port_of_a_proxy_is_12345_unless_another_is_given(cluster: ClusterDetail) -> None:
    with pytest.raises(ProxyError, match="port 12345"):
        cluster.ssh_proxy(ssh_command=COMPLAIN)


def test_a_tunnel_ends_at_the_private_address_of_its_node(cluster: ClusterDetail) -> None:
    node = next(node for node in cluster.nodes if node.name == "slave0-1")
    ways = rf"-L 127\.0\.0\.1:\d+:{node.private_ip}:8042 -l analyst -- {node.public_ip}$"
    with pytest.raises(FailedError, match=ways):
        cluster.ssh_tunnel(0, 8042, component="NodeManager", ssh_command=COMPLAIN)


def node(name: str, *components: str, **fields: object) -> dict[str, object]:
    """Return a node as an answer has it."""
    address = {"public": [{"addr": f"192.0.2.{len(name)}", "version": 4}]}
    parts = [{"name": component} for component in components]
    return {"id": name, "name": name, "addresses": address, "components": parts, **fields}


def run_on(nodes: list[dict[str, object]], node_name: str | None = None, **fields: object) -> str:
    """Run `true` on a cluster of these nodes; what was given to ssh comes back."""
    body = {"id": "c1", "name": "odd", "status": "ACTIVE", "username": "ada", **fields}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.get(f"{ENDPOINT}/clusters/c1", json={"cluster": body})
        wire.get(f"{ENDPOINT}/clusters/c1/nodes", json={"nodes": nodes})
        with Lava("ada", token="t" * 16, endpoint=ENDPOINT) as lava:
            return lava.clusters.ssh_execute("c1", node_name, "true", ECHO)


@pytest.mark.parametrize(
    "ambari",
    [
        node("AMBARI-1"),
        node("base-1", node_group="ambari"),
        node("base-1", "ZookeeperServer", "AmbariServer"),
        node("base-1", components=[{"name": "x", "nice_name": "Ambari Server"}]),
        {"id": "g", "name": "g", "services": [{"name": "ambari"}]},
    ],
)
def test_the_ambari_host_is_known_by_name_group_or_component(ambari: dict[str, object]) -> None:
    agent = node("slave-10", "AmbariMetricsMonitor")
    assert run_on([ambari, agent]).endswith(" -l ada -- 192.0.2.8 true\n")
    name = str(ambari["name"])
    with pytest.raises(
        InvalidError, match=f"'odd' has no node besides Ambari's; its nodes are {name}"
    ):
        run_on([ambari])


def test_a_node_without_a_public_address_is_reached_at_its_private_one() -> None:
    private = {"private": [{"addr": "10.1.2.3", "version": 4}]}
    assert run_on([node("n", addresses=private)]).endswith(" -- 10.1.2.3 true\n")


def test_a_node_without_any_address_is_refused() -> None:
    with pytest.raises(InvalidError, match=r"node 'n' has no address \(its status is 'BUILDING'\)"):
        run_on([node("n", addresses={}, status="BUILDING")])


def test_a_tunnel_to_a_node_with_no_private_address_ends_at_its_localhost() -> None:
    body = {"id": "c1", "name": "odd", "status": "ACTIVE", "username": "ada"}
    with responses.RequestsMock() as wire:
        wire.get(f"{ENDPOINT}/clusters/c1", json={"cluster": body})
        wire.get(f"{ENDPOINT}/clusters/c1/nodes", json={"nodes": [node("n")]})
        ways = r":localhost:80 -l ada -- 192\.0\.2\.1$"
        with (
            Lava("ada", token="t" * 16, endpoint=ENDPOINT) as lava,
            pytest.raises(FailedError, match=ways),
        ):
            lava.clusters.ssh_tunnel("c1", 0, 80, "n", ssh_command=COMPLAIN)


def test_a_cluster_whose_user_is_not_told_is_refused() -> None:
    with pytest.raises(InvalidError, match="'odd': the service names no user"):
        run_on([node("n")], username=None)


def test_a_cluster_without_nodes_is_refused() -> None:
    with pytest.raises(InvalidError, match="it has no nodes yet"):
        run_on([], "n")


@needs_ssh
@pytest.mark.parametrize("field", ["username", "address"])
@pytest.mark.parametrize(
    "template",
    ["-oProxyCommand=touch {}", "a;touch {}", "a\ntouch {}", "$(touch {})", "`touch {}`"],
)
def test_nothing_that_the_service_says_runs_here(canary: Path, field: str, template: str) -> None:
    hostile = template.format(canary)
    fields: dict[str, object] = {"username": hostile} if field == "username" else {}
    address = {"public": [{"addr": hostile if field == "address" else "192.0.2.1", "version": 4}]}
    body = {"id": "c1", "name": "odd", "status": "ACTIVE", "username": "ada", **fields}
    with responses.RequestsMock() as wire:
        wire.get(f"{ENDPOINT}/clusters/c1", json={"cluster": body})
        wire.get(f"{ENDPOINT}/clusters/c1/nodes", json={"nodes": [node("n", addresses=address)]})
        with Lava("ada", token="t" * 16, endpoint=ENDPOINT) as lava:
            for call in (
                lambda: lava.clusters.ssh_execute("c1", "n", "true"),
                lambda: lava.clusters.ssh_proxy("c1", 0),
                lambda: lava.clusters.ssh_tunnel("c1", 0, 80, "n"),
            ):
                with pytest.raises(InvalidError):
                    call()


def test_a_private_address_that_is_none_is_refused(canary: Path) -> None:
    hostile = Node(
        id="n",
        name="n",
        addresses=Addresses(private=[Address(address=f"-oProxyCommand=touch {canary}")]),
    )
    with pytest.raises(InvalidError):
        hostile.execute("ada", "true")


# -- what is refused


class NoText:
    def __str__(self) -> str:
        raise RuntimeError


def test_a_node_that_is_not_there_is_an_error_that_lists_those_that_are(
    cluster: ClusterDetail,
) -> None:
    for call in (
        lambda: cluster.execute_on_node("master", "uptime", ECHO),
        lambda: cluster.ssh_proxy(0, "master", ECHO),
        lambda: cluster.ssh_tunnel(0, 80, "master", ssh_command=ECHO),
    ):
        with pytest.raises(InvalidError) as caught:
            call()
        assert str(caught.value) == (
            "node_name: cluster 'logs' has no node 'master'; "
            "its nodes are ambari-1, master0-1, master1-1, slave0-1"
        )


def test_a_component_that_is_not_there_is_an_error_that_lists_those_that_are(
    cluster: ClusterDetail,
) -> None:
    with pytest.raises(InvalidError) as caught:
        cluster.ssh_tunnel(0, 80, component="Spark", ssh_command=ECHO)
    text = str(caught.value)
    assert text.startswith(
        "component: no node of cluster 'logs' runs 'Spark'; "
        "its components are AmbariServer, AmbariMetricsCollector, ZookeeperServer, "
    )
    assert len(re.findall(r"\bDatanode\b", text)) == 1


def test_a_node_or_component_that_is_no_name_is_not_there(cluster: ClusterDetail) -> None:
    odd: Any = NoText()
    with pytest.raises(InvalidError, match=r"^node_name: cluster 'logs' has no node"):
        cluster.execute_on_node(odd, "uptime", ECHO)
    with pytest.raises(InvalidError, match=r"^component: no node of cluster 'logs' runs"):
        cluster.ssh_tunnel(0, 80, component=odd, ssh_command=ECHO)


@pytest.mark.parametrize(("node_name", "component"), [(None, None), ("slave0-1", "Datanode")])
def test_a_tunnel_wants_a_node_or_a_component(
    lava: Lava, wire: Wire, node_name: str | None, component: str | None
) -> None:
    with pytest.raises(InvalidError, match="either node_name or component"):
        lava.clusters.ssh_tunnel("logs", 0, 80, node_name, component, ECHO)
    assert wire.lines == []


@pytest.mark.parametrize("port", [-1, 65536, "http", True, 1.5])
def test_a_port_that_is_none_is_refused_before_anything_is_sent(
    lava: Lava, wire: Wire, port: int
) -> None:
    with pytest.raises(InvalidError, match="port must be a whole number from 0 to 65535"):
        lava.clusters.ssh_proxy("logs", port)
    with pytest.raises(InvalidError, match="local_port must be a whole number from 0"):
        lava.clusters.ssh_tunnel("logs", port, 80, "n")
    with pytest.raises(InvalidError, match="remote_port must be a whole number from 1"):
        lava.clusters.ssh_tunnel("logs", 0, port, "n")
    assert wire.lines == []


def test_a_command_and_an_ssh_command_are_judged_before_anything_is_sent(
    lava: Lava, wire: Wire
) -> None:
    with pytest.raises(InvalidError, match="command must be a text that is not blank"):
        lava.clusters.ssh_execute("logs", "n", "  ")
    for call in (
        lambda: lava.clusters.ssh_execute("logs", "n", "true", []),
        lambda: lava.clusters.ssh_proxy("logs", ssh_command="ssh 'x"),
        lambda: lava.clusters.ssh_tunnel("logs", 0, 80, "n", ssh_command=""),
    ):
        with pytest.raises(InvalidError, match="ssh_command"):
            call()
    assert wire.lines == []


def test_a_cluster_that_is_not_there_is_a_404(lava: Lava) -> None:
    with pytest.raises(NotFoundError):
        lava.clusters.ssh_proxy("nowhere")


def test_a_cluster_by_hand_says_that_it_belongs_to_no_client() -> None:
    with pytest.raises(InvalidError, match="belongs to no client"):
        ClusterDetail(id="c1", name="c").ssh_proxy()


# -- clusters that are not ready


def test_a_cluster_in_progress_is_refused_unless_waited_for(
    building: ClusterDetail, wire: Wire
) -> None:
    wire.clear()
    for call in (
        lambda: building.execute_on_node("slave0-1", "true", ECHO),
        lambda: building.ssh_proxy(0, ssh_command=ECHO),
        lambda: building.ssh_tunnel(0, 80, "slave0-1", ssh_command=ECHO),
    ):
        with pytest.raises(
            InvalidError, match="'logs' is BUILDING: to wait for it, give wait=True"
        ):
            call()
    assert wire.lines == [f"GET clusters/{building.id}"] * 3


def test_a_cluster_in_progress_is_waited_for_on_request(patient: Lava, clock: MovedClock) -> None:
    cluster = build(patient, PUBLIC_KEY)
    ran = patient.clusters.ssh_execute("logs", "slave0-1", "true", ECHO, wait=True)
    assert " -l analyst -- " in ran
    assert sum(clock.pauses) == pytest.approx(600, abs=30)
    assert cluster.refresh().status == "ACTIVE"
    clock.pauses.clear()
    for wait in (True, False):
        with pytest.raises(ProxyError, match="-l analyst"):
            cluster.ssh_proxy(0, ssh_command=COMPLAIN, wait=wait)
        with pytest.raises(FailedError, match="-l analyst"):
            cluster.ssh_tunnel(0, 80, "slave0-1", ssh_command=COMPLAIN, wait=wait)
    assert clock.pauses == []


def test_a_cluster_in_error_is_refused_whether_waited_for_or_not(
    lava: Lava, cluster: ClusterDetail, sandbox: SandboxServer
) -> None:
    sandbox.sandbox.fail_cluster(cluster.id)
    for wait in (True, False):
        with pytest.raises(InvalidError, match="'logs' is ERROR: no node can be used"):
            lava.clusters.ssh_execute("logs", "slave0-1", "true", ECHO, wait)


def test_a_cluster_that_goes_wrong_while_waited_for_is_a_failure(
    patient: Lava, clock: MovedClock, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = build(patient, PUBLIC_KEY)

    def fail(seconds: float) -> None:
        clock.pauses.append(seconds)
        sandbox.sandbox.fail_cluster(cluster.id)

    monkeypatch.setattr(clock, "sleep", fail)
    with pytest.raises(FailedError, match="is ERROR"):
        cluster.ssh_proxy(0, ssh_command=ECHO, wait=True)
    assert len(clock.pauses) == 1


def test_a_cluster_on_its_way_out_is_refused(lava: Lava, cluster: ClusterDetail) -> None:
    cluster.delete()
    with pytest.raises(InvalidError, match="'logs' is DELETING"):
        cluster.execute_on_node("slave0-1", "true", ECHO, wait=True)


@pytest.mark.parametrize("status", ["IMPAIRED", "SOMETHING_NEW"])
def test_a_status_that_is_neither_broken_nor_in_progress_is_no_hindrance(status: str) -> None:
    assert " -l ada -- " in run_on([node("n")], "N", status=status)


def test_every_error_here_is_the_librarys_own(cluster: ClusterDetail) -> None:
    with pytest.raises(LavaError, match="cannot start 'no-such-ssh'"):
        cluster.execute_on_node("slave0-1", "true", "no-such-ssh")
