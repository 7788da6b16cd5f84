"""A script as it was written for version 0.3, which must go on as it is.

Nothing below `SCRIPT` knows of anything that 0.3 did not have.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lavaclient import Lava, client, error
from lavaclient.api import clusters, response
from lavaclient.sandbox import Sandbox, SystemClock
from lavaclient.sandbox.http.server import SandboxServer

SCRIPT = """
import sys

from lavaclient.client import Lava
from lavaclient.error import LavaError, RequestError
from lavaclient.api.response import Cluster, ClusterDetail, Flavor, Node, Script, SSHKey

auth_url, tenant_id, api_key, key_file = sys.argv[1:5]

client = Lava("sandbox", "dfw", None, api_key, auth_url, int(tenant_id))
token = client.token
again = Lava("sandbox", token=token, endpoint=client.endpoint)
assert again.endpoint == client.endpoint

assert client.limits.get().node_count.limit > 0
assert isinstance(client.flavors.list()[0], Flavor)
assert client.distros.get("HDP2.2").services[0].name == "HDFS"
stack = client.stacks.get("HDP2.2_Hadoop")

key = client.credentials.create_ssh_key("laptop", key_file)
assert isinstance(key, SSHKey) and key.type == "SSH Key" and key.id == "laptop"
client.credentials.create_cloud_files("archive", "0123456789abcdef0123")
assert [one.id for one in client.credentials.list_ssh_keys()] == ["laptop"]
script = client.scripts.create("setup", "https://example.com/setup.sh", "post_init")
assert isinstance(script, Script) and script.type == "POST_INIT"

cluster = client.clusters.create(
    "first",
    stack.id,
    "ada",
    ["laptop"],
    [script.id],
    {"slave": {"count": "2", "flavor_id": "hadoop1-7"}},
    [{"cloud_files": "archive"}],
)
assert isinstance(cluster, ClusterDetail)
assert cluster.scripts[0].id == script.id
cluster = client.clusters.create(
    "second", stack.id, "ada", ["laptop"], [], [{"id": "slave", "count": 1}], None, False
)

try:
    client.clusters.get("no-such-cluster")
except RequestError as exc:
    assert exc.code == 404
else:
    sys.exit("a cluster that is not there was found")

try:
    client.clusters.resize(cluster.id, {"slave": {"count": 0}})
except LavaError as exc:
    assert "count" in str(exc)
else:
    sys.exit("a count of nought was taken")

cluster = client.clusters.wait("second", 5, 0.05)
assert cluster.status == "ACTIVE"
nodes = cluster.nodes
assert isinstance(nodes[0], Node)
assert nodes[0].public_ip and nodes[0].private_ip
cluster = client.clusters.resize("second", [{"id": "slave", "count": "3"}])
cluster = client.clusters.wait(cluster.id, interval=0.05)
assert len(client.clusters.nodes("second")) == len(nodes) + 2
client.clusters.services("restart", cluster.id, [])
client.clusters.wait(cluster.id, interval=0.05)
client.clusters.wait("first", interval=0.05)

for one in client.clusters.list():
    assert isinstance(one, Cluster)
    one.delete()

client.reauthenticate()
assert client.token
print("done")
"""


def test_a_script_of_version_0_3_runs_as_it_is(tmp_path: Path) -> None:
    key = tmp_path / "id_rsa.pub"
    key.write_text(f"ssh-rsa {'A' * 60} ada@laptop\n", encoding="utf-8")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    with SandboxServer(Sandbox(SystemClock(6000.0))) as server:
        service = server.sandbox
        arguments = [server.auth_url, service.tenant_id, service.api_key, str(key)]
        ran = subprocess.run(
            [sys.executable, str(script), *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"PYTHONPATH": str(Path(__file__).parent.parent)},
        )
    assert (ran.stdout, ran.returncode) == ("done\n", 0), ran.stderr


def test_the_paths_of_version_0_3_lead_to_the_same_things() -> None:
    assert client.Lava is Lava
    assert issubclass(error.RequestError, error.LavaError)
    assert response.ClusterDetail is clusters.ClusterDetail
