"""Every method of every manager, as a call that a healthy service answers."""

from __future__ import annotations

from collections.abc import Callable

from lavaclient import Lava

PUBLIC_KEY = "ssh-rsa " + "AAAAB3NzaC1yc2EAAAADAQABAAABgQ" * 3 + " ada@desk"
GROUPS = {"slave": {"count": 3}}
NO_SSH = "false"

CALLS: dict[str, Callable[[Lava], object]] = {
    "clusters.create": lambda lava: lava.clusters.create("n", "s", "ada", ["k"]),
    "clusters.delete": lambda lava: lava.clusters.delete("c"),
    "clusters.delete_ssh_credentials": lambda lava: lava.clusters.delete_ssh_credentials(
        "c", ["k"]
    ),
    "clusters.get": lambda lava: lava.clusters.get("c"),
    "clusters.list": lambda lava: lava.clusters.list(),
    "clusters.nodes": lambda lava: lava.clusters.nodes("c"),
    "clusters.resize": lambda lava: lava.clusters.resize("c", GROUPS),
    "clusters.services": lambda lava: lava.clusters.services("restart", "c", ["hdfs"]),
    "clusters.ssh_execute": lambda lava: lava.clusters.ssh_execute("c", "n", "ls", NO_SSH),
    "clusters.ssh_proxy": lambda lava: lava.clusters.ssh_proxy("c", None, "n", NO_SSH),
    "clusters.ssh_tunnel": lambda lava: lava.clusters.ssh_tunnel(
        "c", 8080, 8080, "n", None, NO_SSH
    ),
    "clusters.update_credentials": lambda lava: lava.clusters.update_credentials(
        "c", {"ssh_keys": ["k"]}
    ),
    "clusters.wait": lambda lava: lava.clusters.wait("c", 1, 30),
    "credentials.create_ambari": lambda lava: lava.credentials.create_ambari("admin", "secret-1"),
    "credentials.create_cloud_files": lambda lava: lava.credentials.create_cloud_files(
        "ada", "k" * 32
    ),
    "credentials.create_s3": lambda lava: lava.credentials.create_s3("A" * 20, "s" * 40),
    "credentials.create_ssh_key": lambda lava: lava.credentials.create_ssh_key("desk", PUBLIC_KEY),
    "credentials.delete_ambari": lambda lava: lava.credentials.delete_ambari("admin"),
    "credentials.delete_cloud_files": lambda lava: lava.credentials.delete_cloud_files("u"),
    "credentials.delete_s3": lambda lava: lava.credentials.delete_s3("a"),
    "credentials.delete_ssh_key": lambda lava: lava.credentials.delete_ssh_key("n"),
    "credentials.list": lambda lava: lava.credentials.list(),
    "credentials.list_ambari": lambda lava: lava.credentials.list_ambari(),
    "credentials.list_cloud_files": lambda lava: lava.credentials.list_cloud_files(),
    "credentials.list_s3": lambda lava: lava.credentials.list_s3(),
    "credentials.list_ssh_keys": lambda lava: lava.credentials.list_ssh_keys(),
    "credentials.list_types": lambda lava: lava.credentials.list_types(),
    "credentials.update_ambari": lambda lava: lava.credentials.update_ambari("admin", "secret-1"),
    "credentials.update_cloud_files": lambda lava: lava.credentials.update_cloud_files(
        "ada", "k" * 32
    ),
    "credentials.update_s3": lambda lava: lava.credentials.update_s3("A" * 20, "s" * 40),
    "credentials.update_ssh_key": lambda lava: lava.credentials.update_ssh_key("desk", PUBLIC_KEY),
    "distros.get": lambda lava: lava.distros.get("d"),
    "distros.list": lambda lava: lava.distros.list(),
    "flavors.get": lambda lava: lava.flavors.get("spark2-4"),
    "flavors.list": lambda lava: lava.flavors.list(),
    "limits.get": lambda lava: lava.limits.get(),
    "nodes.delete": lambda lava: lava.nodes.delete("c", "n"),
    "nodes.get": lambda lava: lava.nodes.get("c", "n-10"),
    "nodes.list": lambda lava: lava.nodes.list("c"),
    "scripts.create": lambda lava: lava.scripts.create("n", "https://x.example/s", "post_init"),
    "scripts.delete": lambda lava: lava.scripts.delete("s"),
    "scripts.get": lambda lava: lava.scripts.get("s-1"),
    "scripts.list": lambda lava: lava.scripts.list(),
    "scripts.update": lambda lava: lava.scripts.update("s", "n"),
    "stacks.create": lambda lava: lava.stacks.create("n", "d", [{"name": "hdfs"}]),
    "stacks.delete": lambda lava: lava.stacks.delete("s"),
    "stacks.get": lambda lava: lava.stacks.get("s"),
    "stacks.list": lambda lava: lava.stacks.list(),
}


def methods(lava: Lava) -> dict[str, Callable[..., object]]:
    """All public methods of all managers, by dotted name."""
    managers = ("clusters", "credentials", "distros", "flavors", "limits", "nodes", "scripts")
    return {
        f"{manager}.{name}": getattr(getattr(lava, manager), name)
        for manager in (*managers, "stacks")
        for name in dir(getattr(lava, manager))
        if not name.startswith("_")
    }
