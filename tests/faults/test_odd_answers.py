"""Rows 50 to 52, 54, 60 and 73: answers that are odd, and can be read all the same or not at all."""

from __future__ import annotations

import gzip
import json
import logging
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from lavaclient import ApiError, FailedError, InvalidError, Lava, LavaError, NotFoundError
from lavaclient.api import response
from lavaclient.api.clusters import Cluster, ClusterDetail
from lavaclient.api.nodes import Address, Addresses, Node
from tests.faults.conftest import Client, Serve
from tests.support.fault_server import CLUSTERS, DETAIL, Step, answer
from tests.support.warm_start import WARM_PYTHON, warm_environ

pytestmark = pytest.mark.usefixtures("no_collection")

ONE = b'{"clusters": [{"id": "c-1", "name": "%s"}]}'
BODIES = {
    "a mark of byte order": b"\xef\xbb\xbf" + ONE % b"nightly",
    "half a pair": ONE % rb"night\ud83dly",
    "the other half": ONE % rb"\udca9nightly",
    "half a pair as bytes": ONE % b"night\xed\xa0\xbdly",
    "a mark and half a pair": b"\xef\xbb\xbf" + ONE % rb"\ud83d",
}


@pytest.mark.parametrize("kind", BODIES)
def test_50_a_body_with_odd_characters_is_read(kind: str, serve: Serve, client: Client) -> None:
    (cluster,) = client(serve(answer(body=BODIES[kind]))).clusters.list()
    halves = kind.count("half")
    assert cluster.id == "c-1"
    assert cluster.name.count("\ufffd") == halves
    cluster.name.encode()


def test_50_whole_characters_and_other_escapes_stay(serve: Serve, client: Client) -> None:
    text = rb"\ud83d\ude00 \\ud83d \u00e4 \n \ud83d"
    (cluster,) = client(serve(answer(body=ONE % text))).clusters.list()
    assert cluster.name == "\U0001f600 \\ud83d \xe4 \n \ufffd"


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "none", "aws-chunked", "identity", ""])
def test_50_what_is_no_encoding_of_a_body_is_passed_over(
    encoding: str, serve: Serve, client: Client
) -> None:
    server = serve(answer(headers={"Content-Encoding": encoding}))
    assert client(server).clusters.list() == []


def test_50_an_encoding_beside_one_that_is_none_is_undone(serve: Serve, client: Client) -> None:
    body = gzip.compress(ONE % b"n")
    server = serve(answer(body=body, headers={"Content-Encoding": "gzip"}))
    assert len(client(server).clusters.list()) == 1


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2015-11-18T23:59:60Z", None),
        ("0000-00-00", None),
        ("yesterday", None),
        ("2015-11-18 18:35:45 UTC", datetime(2015, 11, 18, 18, 35, 45, tzinfo=UTC)),
        ("Wed, 18 Nov 2015 18:35:45 GMT", datetime(2015, 11, 18, 18, 35, 45, tzinfo=UTC)),
        (1447871745013, datetime(2015, 11, 18, 18, 35, 45, 13_000, tzinfo=UTC)),
    ],
)
def test_50_one_odd_timestamp_hides_nothing(
    written: object,
    meant: datetime | None,
    serve: Serve,
    client: Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "lavaclient")
    clusters = [
        {"id": "c-1", "name": "a", "created": written},
        {"id": "c-2", "name": "b", "created": "2015-11-18T18:35:45Z"},
    ]
    body = json.dumps({"clusters": clusters}).encode()
    odd, usual = client(serve(answer(body=body))).clusters.list()
    if meant is None or odd.created is None:
        assert odd.created is meant
    else:
        assert abs(odd.created - meant) < timedelta(microseconds=10)
    assert usual.created == datetime(2015, 11, 18, 18, 35, 45, tzinfo=UTC)
    assert ("a timestamp that is not valid is read as None" in caplog.text) == (meant is None)


def _page(names: str, marker: str | None = None) -> Step:
    links = [] if marker is None else [{"rel": "next", "href": f"?marker={marker}&limit=2"}]
    items = [{"id": name, "name": name, "status": "ACTIVE"} for name in names]
    return answer(body=json.dumps({"clusters": items, "nodes": items, "links": links}).encode())


GONE = answer(404, b'{"fault": {"code": 404, "message": "no marker b"}}')
REFUSED = answer(400, b'{"fault": {"code": 400, "message": "marker b not found"}}')


def test_51_an_item_on_two_pages_is_listed_once(serve: Serve, client: Client) -> None:
    server = serve(_page("ab", "b"), _page("bc", "c"), _page("cd"))
    assert [cluster.id for cluster in client(server).clusters.list()] == ["a", "b", "c", "d"]
    assert len(server.requests) == 3


@pytest.mark.parametrize("refusal", [GONE, REFUSED])
def test_51_a_marker_that_was_deleted_lets_the_list_begin_again(
    refusal: Step, serve: Serve, client: Client
) -> None:
    server = serve(_page("ab", "b"), refusal, _page("ac", "c"), _page("d"))
    assert [node.id for node in client(server).nodes.list("x")] == ["a", "c", "d"]
    assert [sent.path.partition("?")[2] for sent in server.requests] == [
        *("", "marker=b&limit=2"),
        *("", "marker=c&limit=2"),
    ]


@pytest.mark.parametrize("refusal", [GONE, REFUSED])
def test_51_a_list_that_changes_for_ever_is_no_missing_cluster(
    refusal: Step, serve: Serve, client: Client
) -> None:
    server = serve(_page("ab", "b"), refusal, _page("ab", "b"), refusal)
    with pytest.raises(ApiError, match="the list changed while it was read") as caught:
        client(server).nodes.list("x")
    assert not isinstance(caught.value, NotFoundError)
    assert caught.value.path == "clusters/x/nodes?marker=b&limit=2"
    assert caught.value.request_id
    assert len(server.requests) == 4


def test_51_a_cluster_that_is_gone_when_its_list_is_begun_again_is_a_404(
    serve: Serve, client: Client
) -> None:
    server = serve(_page("ab", "b"), GONE, GONE, _page(""))
    with pytest.raises(NotFoundError):
        client(server).nodes.list("x")


NASTY = "evil\n\x1b[31m\u202e\x00 name" + "x" * 5000


def _body(**fields: object) -> Step:
    cluster = {"id": "c-1", "name": "n", "status": "ACTIVE", **fields}
    nodes = [{"id": "n-1", "name": NASTY, "status": NASTY, "components": [{"name": NASTY}]}]
    return answer(body=json.dumps({"cluster": cluster, "nodes": nodes}).encode())


def _fault(status: int) -> Step:
    return answer(status, json.dumps({"fault": {"message": NASTY}}).encode())


@pytest.mark.parametrize(
    ("step", "call"),
    [
        (_body(name=NASTY, status="ERROR"), lambda lava: lava.clusters.wait("c-1")),
        (_body(status=NASTY, id=NASTY), lambda lava: lava.clusters.wait("c-1")),
        (_body(status="BUILDING", id="c" * 600), lambda lava: lava.clusters.wait("c-1", 0)),
        (_body(name=NASTY, status="Error"), lambda lava: lava.clusters.ssh_execute("c", "n", "x")),
        (_body(name=NASTY), lambda lava: lava.clusters.ssh_execute("c", "n", "x")),
        (_body(username=NASTY), lambda lava: lava.clusters.ssh_proxy("c", 0, NASTY.strip())),
        (_body(username="u"), lambda lava: lava.clusters.ssh_tunnel("c", 0, 1, None, "n")),
        (_body(username="u"), lambda lava: lava.clusters.ssh_proxy("c", 0)),
        *((_fault(status), lambda lava: lava.clusters.get("c")) for status in (400, 409, 413, 500)),
        (_fault(503), lambda lava: lava.clusters.create("n", "s", "ada", ["k"])),
        (_fault(401), lambda lava: lava.limits.get()),
        (_fault(404), lambda lava: lava.stacks.get("s" * 5000)),
        (answer(body=NASTY.encode()), lambda lava: lava.limits.get()),
        (
            answer(302, b"", {"Location": f"https://x.example/{'y' * 600}"}),
            lambda lava: lava.limits.get(),
        ),
    ],
)
def test_52_words_of_the_service_are_one_short_line_in_every_error(
    step: Step, call: Callable[[Lava], object], serve: Serve, client: Client
) -> None:
    with pytest.raises(LavaError) as caught:
        call(client(serve(step), max_retries=0))
    for text in (str(caught.value), caught.value.message):
        assert text.isprintable()
        assert len(text) <= 500
    if caught.value.request_id:
        assert str(caught.value).endswith(f"(request id {caught.value.request_id})")


def test_52_a_note_that_is_added_later_leaves_the_line_short() -> None:
    error = LavaError("word " * 200)
    error.mark_maybe_applied()
    assert len(str(error)) <= 500
    assert str(error).endswith("look before trying again")


def _detail(status: bytes) -> Step:
    return answer(body=DETAIL.replace(b"ACTIVE", status))


def test_54_a_status_in_another_case_is_the_same_to_a_wait(serve: Serve, client: Client) -> None:
    server = serve(_detail(b"building"), _detail(b"Active"))
    cluster = client(server).clusters.wait("c-1")
    assert cluster.status == "ACTIVE"
    assert len(server.requests) == 2
    with pytest.raises(FailedError, match=r"is ERROR$"):
        client(serve(_detail(b"Error"))).clusters.wait("c-1")


def test_54_a_status_in_another_case_is_the_same_to_lists_and_ssh(
    serve: Serve, client: Client
) -> None:
    body = b'{"clusters": [{"id": "c-1", "name": "n", "status": "Resizing"}]}'
    assert client(serve(answer(body=body))).clusters.list()[0].status == "RESIZING"
    body = b'{"nodes": [{"id": "n-1", "name": "n", "status": "Active"}]}'
    assert client(serve(answer(body=body))).nodes.list("c")[0].status == "ACTIVE"
    with pytest.raises(InvalidError, match="is BUILDING: to wait for it"):
        client(serve(_detail(b"building"))).clusters.ssh_execute("c-1", None, "true")


def test_60_models_hash_by_type_and_what_identifies_them() -> None:
    old = Cluster(id="a", name="n", status="BUILDING", links=[response.Link(rel="self")])
    new = Cluster(id="a", name="n", status="ACTIVE")
    detail = ClusterDetail(id="a", name="n")
    assert hash(old) == hash(new)
    assert hash(old) != hash(detail)
    assert len({old, new, detail, Cluster(id="a", name="n", status="ACTIVE")}) == 3
    assert {new: 1}[Cluster(id="a", name="n", status="ACTIVE")] == 1


def test_60_every_model_of_an_answer_can_be_hashed() -> None:
    address = Address(address="192.0.2.1")
    node = Node(id="n", name="n", addresses=Addresses(public=[address]))
    limit = response.AbsoluteLimit(limit=1, remaining=1)
    credentials = response.Credentials(ssh_keys=[response.SSHKey(name="k")], other={"x": [[]]})
    models = [
        *(address, node, node.addresses, credentials, *credentials.ssh_keys, limit),
        response.AbsoluteLimits(node_count=limit, ram=limit, disk=limit, vcpus=limit),
        response.AmbariCredential(username="a"),
        response.CloudFilesCredential(username="a"),
        response.S3Credential(access_key_id="a"),
        response.CredentialType(type="s3", schema=["a"]),
        response.DistroService(name="a", modes=["b"]),
        response.Distro(id="a", name="b"),
        response.DistroDetail(id="a", name="b", services=[response.DistroService(name="a")]),
        response.Flavor(id="a", name="b"),
        response.Link(rel="self"),
        response.NodeGroup(id="a", count=1),
        response.NodeScript(id="a", name="b"),
        response.Script(id="a", name="b"),
        *(response.Stack(id="a", name="b"), response.StackDetail(id="a", name="b")),
        response.StackNodeGroup(id="a", components=[{"name": "c"}]),
        response.StackService(name="a"),
        response.ResourceLimits(min_count=1),
        *(Cluster(id="a", name="b"), ClusterDetail(id="a", name="b")),
    ]
    assert {type(model).__name__ for model in models} == set(response.__all__)
    assert len(set(models)) == len(models)
    assert len({hash(model) for model in models}) == len(models)


DEEP = {
    "arrays": b"[" * 200_000,
    "objects": b'{"a":' * 200_000,
    "arrays in a field": b'{"clusters": [{"id": "a", "name": "b", "created": ' + b"[" * 200_000,
    "objects in a field": b'{"cluster": {"id": "a", "credentials": ' + b'{"a":' * 200_000,
    "closed": b'{"clusters": ' + b"[" * 500 + b"]" * 500 + b"}",
    "closed in another": b'{"x": ' + b"[" * 900 + b"]" * 900 + b"}",
    "among many": b'{"clusters": [' + b"{}," * 5000 + b"[" * 200_000,
}
IN_A_SMALL_THREAD = """
import sys, threading
from lavaclient import ApiError, Lava, LavaError

def call(method):
    lava = Lava("ada", token="t" * 16, endpoint=sys.argv[1])
    try:
        method(lava)
    except ApiError as error:
        print(str(error)[:120])

threading.stack_size(256 * 1024)
for method in (lambda lava: lava.clusters.list(), lambda lava: lava.clusters.get("c")):
    thread = threading.Thread(target=call, args=(method,))
    thread.start()
    thread.join()
"""


def _run_in_a_small_thread(lines: str, endpoint: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WARM_PYTHON, "-c", lines, endpoint],
        env=warm_environ(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("kind", DEEP)
def test_73_a_deep_body_never_ends_the_process(kind: str, status: int, serve: Serve) -> None:
    ran = _run_in_a_small_thread(IN_A_SMALL_THREAD, serve(answer(status, DEEP[kind])).endpoint)
    assert ran.returncode == 0
    if status == 200:
        assert ran.stdout.count("its nesting is too deep") == 2


def test_73_a_body_that_is_large_and_flat_is_read_in_a_small_thread(serve: Serve) -> None:
    items = [{"id": f"c-{number}", "name": "[" * 10, "links": [{}]} for number in range(2000)]
    server = serve(answer(body=json.dumps({"clusters": items, "cluster": items[0]}).encode()))
    lines = IN_A_SMALL_THREAD.replace("        method(lava)", "        print(bool(method(lava)))")
    ran = _run_in_a_small_thread(lines, server.endpoint)
    assert (ran.returncode, ran.stdout) == (0, "True\nTrue\n")


def test_73_a_deep_body_is_an_error_in_the_main_thread_too(serve: Serve, client: Client) -> None:
    with pytest.raises(ApiError, match="deep"):
        client(serve(answer(body=DEEP["arrays"]))).clusters.list()
    assert client(serve(answer(body=CLUSTERS))).clusters.list() == []
