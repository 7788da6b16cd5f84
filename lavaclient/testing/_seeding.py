"""Putting things into the sandbox before a test begins, by the service's own rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, get_args

import msgspec

from lavaclient.sandbox.core.decoding import convert
from lavaclient.sandbox.core.errors import ApiFault
from lavaclient.sandbox.resources.credentials import KINDS
from lavaclient.sandbox.service import Sandbox

__all__ = ["ClusterStatus", "Seeding"]

ClusterStatus: TypeAlias = Literal[
    "ACTIVE", "BUILDING", "CONFIGURING", "ERROR", "UPDATING", "RESIZING", "DELETING"
]

_KEY_NAME = "sandbox-key"
_PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeUpForTestsAndGoodForNothingElse00 test@sandbox"
)
# A length that every type of credential accepts.
_SECRET = "0123456789" * 4


class _Created(msgspec.Struct):
    id: str


class Seeding:
    """The part of a sandbox's handle that adds resources.

    What is added is not in the log of requests, meets no fault and counts for no rate limit.
    The service's rules apply to it: a ``ValueError`` names the rule that was violated.
    """

    sandbox: Sandbox
    _public_key = _PUBLIC_KEY

    def add_cluster(
        self,
        name: str,
        stack_id: str = "HDP2.3_Hadoop",
        node_groups: Mapping[str, Mapping[str, object]] | None = None,
        status: ClusterStatus = "ACTIVE",
        *,
        username: str = "sandbox",
        ssh_keys: Sequence[str] | None = None,
        scripts: Sequence[str] = (),
        region: str = "DFW",
    ) -> str:
        """Add a cluster.

        Args:
            name: Its name.
            stack_id: What it is made from.
            node_groups: Counts and flavors that differ from the stack's, as
                ``clusters.create`` takes them: ``{"slave0": {"count": 3}}``.
            status: What it is doing: ``ACTIVE``, or a status of work in progress.
            username: The login on its nodes.
            ssh_keys: Names of keys, which are put there if they are not; one is made up if None.
            scripts: Ids of scripts that it runs.
            region: Where it is.

        Returns:
            Its id.

        Raises:
            ValueError: The service would refuse it, or there is no such status.
        """
        if status not in get_args(ClusterStatus):
            raise ValueError(f"status: must be one of {get_args(ClusterStatus)}, not {status!r}")
        keys = list(ssh_keys) if ssh_keys is not None else [_KEY_NAME]
        self._add_missing_keys(keys, region)
        groups = [{"id": group, **rest} for group, rest in (node_groups or {}).items()]
        cluster = {
            "name": name,
            "username": username,
            "ssh_keys": keys,
            "stack_id": stack_id,
            **({"node_groups": groups} if groups else {}),
            "scripts": [{"id": script_id} for script_id in scripts],
        }
        age = self._age(status)
        cluster_id = self._create("cluster", ["clusters"], cluster, region, age)
        self._advance_to(cluster_id, status, region)
        return cluster_id

    def add_script(
        self, name: str, url: str = "https://example.com/setup.sh", *, region: str = "DFW"
    ) -> str:
        """Add a script.

        Args:
            name: Its name.
            url: Where nodes get it from.
            region: Where it is.

        Returns:
            Its id.

        Raises:
            ValueError: The service would refuse it.
        """
        script = {"name": name, "type": "POST_INIT", "url": url}
        return self._create("script", ["scripts"], script, region)

    def add_ssh_key(
        self, name: str = _KEY_NAME, public_key: str | None = None, *, region: str = "DFW"
    ) -> str:
        """Add an SSH key.

        Args:
            name: Its name.
            public_key: The key itself, 50 to 1024 characters. By default a made-up one, or with
                ``LavaSandbox(ssh=True)`` the one that its ``ssh_command`` logs in with.
            region: Where it is.

        Returns:
            The name.

        Raises:
            ValueError: The service would refuse it.
        """
        body = {"ssh_keys": {"key_name": name, "public_key": public_key or self._public_key}}
        self._seed("POST", ["credentials", "ssh_keys"], body, region)
        return name

    def add_credential(
        self,
        credential_type: Literal["cloud_files", "s3", "ambari"],
        name: str,
        *,
        region: str = "DFW",
    ) -> str:
        """Add a credential with a made-up secret.

        Args:
            credential_type: What it is for.
            name: The user name; for S3 the access key id, of 20 characters.
            region: Where it is.

        Returns:
            The name.

        Raises:
            ValueError: The service would refuse it.
        """
        identifies, secret = KINDS[credential_type].fields
        body = {credential_type: {identifies: name, secret: _SECRET}}
        self._seed("POST", ["credentials", credential_type], body, region)
        return name

    def add_stack(
        self, name: str, distro: str, services: Sequence[str], *, region: str = "DFW"
    ) -> str:
        """Add a custom stack.

        Args:
            name: Its name.
            distro: The id of the distribution.
            services: The names of its services.
            region: Where it is.

        Returns:
            Its id.

        Raises:
            ValueError: The service would refuse it.
        """
        chosen = [{"name": service} for service in services]
        stack = {"name": name, "distro": distro, "services": chosen}
        return self._create("stack", ["stacks"], stack, region)

    def _add_missing_keys(self, names: Sequence[str], region: str) -> None:
        with self.sandbox.lock:
            known = self.sandbox.account(region).fingerprints
        for name in dict.fromkeys(names):
            if name not in known:
                self.add_ssh_key(name, region=region)

    def _age(self, status: ClusterStatus) -> float:
        """Seconds that a cluster of this status has behind it."""
        timings = self.sandbox.timings
        elapsed = {"BUILDING": 0.0, "ERROR": 0.5, "CONFIGURING": 0.8}
        if status in elapsed:
            return elapsed[status] * timings.build
        return timings.build + timings.resize

    def _advance_to(self, cluster_id: str, status: ClusterStatus, region: str) -> None:
        """Take a cluster that is built on to this status."""
        path = ["clusters", cluster_id]
        if status == "ERROR":
            self.sandbox.fail_cluster(cluster_id)
        elif status == "DELETING":
            self._seed("DELETE", path, None, region)
        elif status == "UPDATING":
            control = {"action": "restart", "services": []}
            self._seed("PUT", path, {"cluster": {"control_services": control}}, region)
        elif status == "RESIZING":
            group = self.sandbox.cluster(cluster_id).groups[-1]
            unchanged = {"node_groups": [{"id": group.id, "count": group.count}]}
            ago = 0.5 * self.sandbox.timings.resize
            self._seed("PUT", path, {"cluster": unchanged}, region, ago)

    def _create(
        self, noun: str, path: Sequence[str], body: object, region: str, ago: float = 0.0
    ) -> str:
        answer = self._seed("POST", path, {noun: body}, region, ago)
        return convert(answer, dict[str, _Created])[noun].id

    def _seed(
        self, method: str, path: Sequence[str], body: object, region: str, ago: float = 0.0
    ) -> object:
        try:
            return self.sandbox.seed(method, path, body, region=region, ago=ago)
        except ApiFault as fault:
            raise ValueError(fault.message) from fault
