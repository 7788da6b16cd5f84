"""Ways to ask a sandbox for things: in-process and over a socket, in the same words."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import requests

from lavaclient.sandbox import Sandbox
from lavaclient.sandbox.http.app import Application
from lavaclient.sandbox.http.server import SandboxServer

PUBLIC_KEY = "ssh-rsa " + "A" * 60 + " somebody@example.com"


class Answer(NamedTuple):
    """What came back: `body` is the decoded JSON, None where there was nothing."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def message(self) -> str:
        """What a fault says."""
        return str(next(iter(self.body.values()))["message"])


class Caller:
    """Asks a sandbox for things; `send` is what the two faces differ in."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.sandbox = sandbox
        self.url = url
        self.region = "dfw"
        self.token: str | None = None

    def send(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request."""
        raise NotImplementedError

    def ask(
        self,
        method: str,
        url: str,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request to a path of the host."""
        raw = (
            b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        )
        kind = {} if body is None else {"Content-Type": "application/json"}
        status, answered, content = self.send(
            method, self.url + url, {**kind, **(headers or {})}, raw
        )
        return Answer(status, answered, json.loads(content) if content else None)

    def auth(self, auth: object) -> Answer:
        """Send the `auth` part of a sign-in."""
        return self.ask("POST", "/identity/v2.0/tokens", {"auth": auth})

    def sign_in(self, username: str | None = None, api_key: str | None = None) -> str:
        """Sign in with a key and use the token from now on."""
        credentials = {
            "username": username or self.sandbox.username,
            "apiKey": api_key or self.sandbox.api_key,
        }
        answer = self.auth({"RAX-KSKEY:apiKeyCredentials": credentials})
        assert answer.status == 200, answer
        self.token = str(answer.body["access"]["token"]["id"])
        return self.token

    def call(self, method: str, path: str, body: object = None) -> Answer:
        """Ask Cloud Big Data."""
        if self.token is None:
            self.sign_in()
        url = f"/{self.region}/v2/{self.sandbox.tenant_id}/{path}"
        return self.ask(method, url, body, {"X-Auth-Token": self.token or ""})

    def get(self, path: str) -> Answer:
        """GET."""
        return self.call("GET", path)

    def post(self, path: str, body: object) -> Answer:
        """POST."""
        return self.call("POST", path, body)

    def put(self, path: str, body: object) -> Answer:
        """PUT."""
        return self.call("PUT", path, body)

    def delete(self, path: str) -> Answer:
        """DELETE."""
        return self.call("DELETE", path)

    def key(self, name: str = "somekey") -> str:
        """Upload an SSH key."""
        body = {"ssh_keys": {"key_name": name, "public_key": PUBLIC_KEY}}
        assert self.post("credentials/ssh_keys", body).status == 201
        return name

    def script(self, name: str = "setup") -> str:
        """Make a script."""
        body = {"script": {"name": name, "type": "POST_INIT", "url": "https://example.com/x.sh"}}
        return str(self.post("scripts", body).body["script"]["id"])

    def cluster_body(self, **fields: object) -> dict[str, Any]:
        """The body that makes a cluster, with these fields changed."""
        cluster = {
            "name": "numbers",
            "username": "worker",
            "ssh_keys": ["somekey"],
            "stack_id": "HDP2.3_Hadoop",
            **fields,
        }
        return {"cluster": {name: value for name, value in cluster.items() if value is not None}}

    def cluster(self, **fields: object) -> str:
        """Make a cluster, with its key if that is not there, and start to build it."""
        if not self.get("credentials/ssh_keys").body["credentials"]["ssh_keys"]:
            self.key()
        answer = self.post("clusters", self.cluster_body(**fields))
        assert answer.status == 202, answer
        return str(answer.body["cluster"]["id"])

    def active_cluster(self, **fields: object) -> str:
        """Make a cluster and let the time pass that it takes."""
        cluster_id = self.cluster(**fields)
        self.sandbox.clock.advance(600)
        return cluster_id

    def nodes(self, cluster_id: str) -> list[dict[str, Any]]:
        """The nodes of a cluster."""
        nodes: list[dict[str, Any]] = self.get(f"clusters/{cluster_id}/nodes").body["nodes"]
        return nodes


_NOUNS = ("clusters", "stacks", "scripts", "flavors", "distros")


def every_get(caller: Caller) -> dict[str, Any]:
    """Ask for all that a user may read in a region, and for a first page of one.

    Of what the service offers to all, the first and the last are enough.
    """
    answers = {
        path: caller.get(path).body
        for path in (
            *_NOUNS,
            *(f"{noun}?limit=1" for noun in _NOUNS if noun != "distros"),
            *("limits", "credentials", "credentials/types", "credentials/connectors"),
            *(f"credentials/{kind}" for kind in ("ssh_keys", "cloud_files", "s3", "ambari")),
        )
    }
    for noun in _NOUNS:
        things = answers[noun][noun]
        for thing in things if noun in {"clusters", "scripts"} else [*things[:1], *things[-1:]]:
            path = f"{noun}/{thing['id']}"
            answers[path] = caller.get(path).body
    for cluster in answers["clusters"]["clusters"]:
        path = f"clusters/{cluster['id']}/nodes"
        answers[path] = caller.get(path).body
        for node in answers[path]["nodes"]:
            answers[f"{path}/{node['id']}"] = caller.get(f"{path}/{node['id']}").body
    return answers


class DirectCaller(Caller):
    """Calls the application."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox, sandbox.base_url)
        self.application = Application(sandbox)

    def send(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request."""
        reply = self.application.handle(method, url, headers, body)
        return reply.status, dict(reply.headers), reply.body


class SocketCaller(Caller):
    """Goes over a real connection."""

    def __init__(self, server: SandboxServer, session: requests.Session) -> None:
        super().__init__(server.sandbox, server.url)
        self.session = session

    def send(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request."""
        answer = self.session.request(method, url, headers=headers, data=body, timeout=10)
        return answer.status_code, dict(answer.headers), answer.content
