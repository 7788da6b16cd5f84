"""lavaclient 0.3.7 as a judge of the sandbox: what it sends, and what it demands of answers.

Both were recorded by hand, with the real one and the sandbox in two processes; it needs urllib3 1
and is not installed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from lavaclient.sandbox import ManualClock
from tests.support.sandbox_callers import PUBLIC_KEY, Caller


def text(value: object) -> bool:
    """A text, as anything but a list or an object can be turned into one."""
    return isinstance(value, str | int | float)


def date(value: object) -> bool:
    """A date, or null; the empty text is neither."""
    if value is None:
        return True
    return isinstance(value, str) and datetime.fromisoformat(value) is not None


def number(value: object) -> bool:
    """A number, or a text that is one."""
    return isinstance(value, int | float | str) and float(value) >= 0


def mapping(value: object) -> bool:
    """An object of any kind."""
    return isinstance(value, dict)


LINK = {"rel": text, "href": text}
RESOURCE_LIMITS = {"max_count": number, "min_count": number, "min_ram": number}
FLAVOR = {"id": text, "name": text, "disk": number, "vcpus": number, "ram": number, "links": [LINK]}
STACK_SERVICE = {"name": text, "modes": [text]}
STACK = {
    "id": text, "name": text, "description": text, "distro": text, "services": [STACK_SERVICE],
    "links": [LINK],
}  # fmt: skip
STACK_GROUP = {
    "id": text, "flavor_id": text, "resource_limits": RESOURCE_LIMITS, "count": number,
    "components": [mapping],
}  # fmt: skip
STACK_DETAIL = {**STACK, "created": date, "node_groups": [STACK_GROUP]}
DISTRO = {"id": text, "name": text, "version": text}
DISTRO_SERVICE = {"name": text, "version": text, "description": text, "components": [mapping]}
SCRIPT = {
    "id": text, "name": text, "type": text, "url": text, "is_public": lambda v: v in {True, False},
    "created": date, "updated": date, "links": [LINK],
}  # fmt: skip
CLUSTER = {
    "id": text, "created": date, "updated": date, "name": text, "status": text, "stack_id": text,
    "cbd_version": number, "links": [LINK],
}  # fmt: skip
CLUSTER_DETAIL = {
    **CLUSTER,
    "node_groups": [{"id": text, "count": number, "flavor_id": text, "components": [mapping]}],
    "username": text,
    "scripts": [{"script_id": text, "node_id": text, "name": text, "status": text}],
    "progress": number,
    "credentials": [{"type": text, "name": text}],
}
ADDRESS = {"addr": text, "version": text}
NODE = {
    "id": text, "name": text, "created": date, "updated": date, "status": text, "flavor_id": text,
    "addresses": {"public": [ADDRESS], "private": [ADDRESS]}, "node_group": text,
    "components": [{"name": text, "nice_name": text}],
}  # fmt: skip
QUOTA = {"limit": number, "remaining": number}
LIMITS = {"absolute": {"disk": QUOTA, "node_count": QUOTA, "ram": QUOTA, "vcpus": QUOTA}}
CREDENTIALS = {
    "cloud_files": [{"username": text}],
    "ssh_keys": [{"key_name": text}],
    "s3": [{"access_key_id": text}],
    "ambari": [{"username": text}],
}

SERVICES = [{"name": "HDFS"}, {"name": "YARN"}, {"name": "MapReduce"}]
KEY = {"ssh_keys": {"key_name": "laptop", "public_key": PUBLIC_KEY}}
SECOND_KEY = {"ssh_keys": {"key_name": "desktop", "public_key": PUBLIC_KEY}}
CLOUD_FILES = {"cloud_files": {"username": "cfuser", "api_key": "k" * 32}}
S3 = {"s3": {"access_key_id": "A" * 20, "access_secret_key": "s" * 40}}
AMBARI = {"ambari": {"username": "admin", "password": "password1"}}
NEW_CLUSTER = {
    "name": "first",
    "username": "worker",
    "ssh_keys": ["laptop"],
    "stack_id": "HADOOP_HDP2_2",
    "node_groups": [{"id": "slave", "count": 2, "flavor_id": "hadoop1-7"}],
    "scripts": [{"id": "{script}"}],
    "connectors": [{"type": "cloud_files", "credential": {"name": "cfuser"}}],
}
# Each call of each manager, in an order in which they can be made: what it sends, and what its
# answer must hold. A pause lets the change before it be over.
PAUSE = ("", "", None, None)
Exchange = tuple[str, str, Any, Any]
EXCHANGES: list[Exchange] = [
    ("GET", "limits", None, {"limits": LIMITS}),
    ("GET", "flavors", None, {"flavors": [FLAVOR]}),
    ("GET", "distros", None, {"distros": [DISTRO]}),
    ("GET", "distros/HDP2.2", None, {"distro": {**DISTRO, "services": [DISTRO_SERVICE]}}),
    ("GET", "stacks", None, {"stacks": [STACK]}),
    ("GET", "stacks/HDP2.2_Hadoop", None, {"stack": STACK_DETAIL}),
    ("GET", "stacks/HADOOP_HDP2_2", None, {"stack": STACK_DETAIL}),
    ("POST", "stacks", {"stack": {"name": "mine", "distro": "HDP2.3", "services": SERVICES}},
     {"stack": STACK_DETAIL}),
    ("DELETE", "stacks/{stack}", None, None),
    ("POST", "scripts",
     {"script": {"name": "tune", "url": "https://example.com/x.sh", "type": "POST_INIT"}},
     {"script": SCRIPT}),
    ("PUT", "scripts/{script}", {"script": {"name": "tuned"}}, {"script": SCRIPT}),
    ("GET", "scripts", None, {"scripts": [SCRIPT]}),
    ("POST", "credentials/ssh_keys", KEY, {"credentials": {"ssh_keys": {"key_name": text}}}),
    ("PUT", "credentials/ssh_keys/laptop", KEY,
     {"credentials": {"ssh_keys": {"key_name": text}}}),
    ("POST", "credentials/ssh_keys", SECOND_KEY,
     {"credentials": {"ssh_keys": {"key_name": text}}}),
    ("POST", "credentials/cloud_files", CLOUD_FILES,
     {"credentials": {"cloud_files": {"username": text}}}),
    ("POST", "credentials/s3", S3, {"credentials": {"s3": {"access_key_id": text}}}),
    ("POST", "credentials/ambari", AMBARI, {"credentials": {"ambari": {"username": text}}}),
    ("GET", "credentials", None, {"credentials": CREDENTIALS}),
    ("GET", "credentials/ssh_keys", None, {"credentials": {"ssh_keys": [{"key_name": text}]}}),
    ("POST", "clusters", {"cluster": NEW_CLUSTER}, {"cluster": CLUSTER_DETAIL}),
    ("GET", "clusters", None, {"clusters": [CLUSTER]}),
    ("GET", "clusters/{cluster}", None, {"cluster": CLUSTER_DETAIL}),
    PAUSE,
    ("GET", "clusters/{cluster}/nodes", None, {"nodes": [NODE]}),
    ("PUT", "clusters/{cluster}", {"cluster": {"node_groups": [{"id": "slave", "count": 3}]}},
     {"cluster": CLUSTER_DETAIL}),
    PAUSE,
    ("PUT", "clusters/{cluster}",
     {"cluster": {"credentials": [{"name": "desktop", "type": "ssh_keys"}]}},
     {"cluster": CLUSTER_DETAIL}),
    PAUSE,
    ("PUT", "clusters/{cluster}",
     {"cluster": {"remove_credentials": [{"name": "laptop", "type": "ssh_keys"}]}},
     {"cluster": CLUSTER_DETAIL}),
    PAUSE,
    ("PUT", "clusters/{cluster}",
     {"cluster": {"control_services": {"action": "restart", "services": []}}},
     {"cluster": CLUSTER_DETAIL}),
    PAUSE,
    ("DELETE", "clusters/{cluster}", None, None),
    PAUSE,
    ("DELETE", "scripts/{script}", None, None),
    ("DELETE", "credentials/ssh_keys/laptop", None, None),
    ("DELETE", "credentials/cloud_files/cfuser", None, None),
    ("DELETE", f"credentials/s3/{'A' * 20}", None, None),
    ("DELETE", "credentials/ambari/admin", None, None),
]  # fmt: skip


def _check(value: Any, demand: Any, where: str) -> None:
    if isinstance(demand, dict):
        for name, inner in demand.items():
            assert name in value, f"{where}.{name}: is missing"
            _check(value[name], inner, f"{where}.{name}")
    elif isinstance(demand, list):
        assert isinstance(value, list), where
        for number_, item in enumerate(value):
            _check(item, demand[0], f"{where}[{number_}]")
    else:
        assert demand(value), f"{where}: {value!r} is no {demand.__name__}"


def _filled(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return value.format(**ids)
    if isinstance(value, list):
        return [_filled(item, ids) for item in value]
    if isinstance(value, dict):
        return {name: _filled(item, ids) for name, item in value.items()}
    return value


def test_every_manager_and_verb_of_0_3_7_is_served(caller: Caller, clock: ManualClock) -> None:
    ids: dict[str, str] = {}
    for method, path, body, demand in EXCHANGES:
        if not method:
            clock.advance(600)
            continue
        answer = caller.call(method, path.format(**ids), _filled(body, ids))
        assert answer.status < 300, (method, path, answer)
        if demand is not None:
            _check(answer.body, demand, f"{method} {path}")
        if method == "POST":
            kind = path.removesuffix("s")
            ids.update({kind: answer.body[kind]["id"]} if kind in answer.body else {})


@pytest.mark.parametrize(
    "credentials",
    [
        {"RAX-KSKEY:apiKeyCredentials": {"username": "sandbox", "apiKey": "{key}"}},
        {
            "passwordCredentials": {"username": "ada", "password": "secret"},
            "RAX-AUTH:domain": {"name": "Rackspace"},
        },
    ],
)
def test_it_signs_in_at_the_hosts_root_whatever_the_auth_url(
    caller: Caller, credentials: dict[str, Any]
) -> None:
    """It keeps no more than scheme and host of LAVA_AUTH_URL."""
    caller.sandbox.add_user("ada", "k" * 32, password="secret")
    auth = _filled(credentials, {"key": caller.sandbox.api_key})
    answer = caller.ask("POST", "/v2.0/tokens", {"auth": auth})
    assert answer.status == 200
    access = answer.body["access"]
    _check(access["token"], {"id": text, "expires": date}, "token")
    catalog = {(entry["type"], entry["name"]): entry for entry in access["serviceCatalog"]}
    endpoints = catalog["rax:bigdata", "cloudBigData"]["endpoints"]
    urls = [
        endpoint["publicURL"]
        for endpoint in endpoints
        if endpoint["region"].upper() == "DFW" and endpoint.get("versionId") == "2"
    ]
    assert urls == [f"{caller.url}/dfw/v2/123456"]
