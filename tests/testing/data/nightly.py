"""Builds the nightly cluster, and takes down the one of the night before.

Reads the account from the environment: LAVA_USERNAME, LAVA_API_KEY, LAVA_REGION_NAME.
"""

import sys

from lavaclient import FailedError, Lava

STACK = "HDP2.3_Hadoop"
SCRIPT = "https://example.com/nightly.sh"

with Lava.from_env() as lava:
    left = lava.limits.get().node_count.remaining
    if left < 6:
        sys.exit(f"only {left} nodes are left")
    if "nightly" not in [key.name for key in lava.credentials.list_ssh_keys()]:
        lava.credentials.create_ssh_key("nightly", "ssh-rsa " + "A" * 360 + " nightly@ops")
    script = lava.scripts.create("nightly", SCRIPT, "post_init")
    old = [cluster for cluster in lava.clusters.list() if cluster.name == "nightly"]
    groups = {"slave0": {"count": 3, "flavor_id": "hadoop1-7"}}
    new = lava.clusters.create(
        "nightly", STACK, "ops", ["nightly"], [script.id], groups, wait=False
    )
    try:
        new = lava.clusters.wait(new.id, timeout=60)
    except FailedError as failure:
        sys.exit(f"not built: {failure}")
    for node in lava.nodes.list(new.id):
        print(node.name, node.public_ip, *(part["name"] for part in node.components))
    for cluster in old:
        lava.clusters.delete(cluster.id)
    print(f"{new.name} is {new.status}; {len(old)} taken down")
