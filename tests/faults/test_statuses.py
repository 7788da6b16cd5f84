"""Rows 20 to 23, and 30: answers that are no success."""

from __future__ import annotations

import email.utils
import json
import random
import threading
from collections.abc import Callable

import pytest

from lavaclient import (
    ApiError,
    BadRequestError,
    Lava,
    LavaError,
    OverLimitError,
    RequestError,
    ServerError,
)
from tests.faults.conftest import TOKEN, Client, Serve
from tests.faults.test_transit import create
from tests.support.clock import START, MovedClock
from tests.support.fake_cloud import FakeCloud
from tests.support.fault_server import DETAIL, Step, answer

pytestmark = pytest.mark.usefixtures("no_collection")


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {}),
        (429, {"Retry-After": "2"}),
        (413, {"Retry-After": "2"}),
        (503, {"Retry-After": "2"}),
    ],
)
def test_20_a_post_turned_away_by_429_413_or_503_is_sent_again(
    status: int, headers: dict[str, str], serve: Serve, client: Client, clock: MovedClock
) -> None:
    server = serve(answer(status, b"", headers), answer(202, DETAIL))
    create(client(server))
    assert len(server.requests) == 2
    assert server.requests[0].body == server.requests[1].body
    assert clock.pauses[0] >= (2 if headers else 0)


def test_20_503_alone_is_not_repeated_for_a_create(serve: Serve, client: Client) -> None:
    server = serve(answer(503, b"<title>Bad day</title>"))
    with pytest.raises(ServerError, match=r"Bad day.*look before trying again") as caught:
        create(client(server))
    assert caught.value.maybe_applied
    assert len(server.requests) == 1


def test_20_503_alone_is_repeated_for_get_put_and_delete(serve: Serve, client: Client) -> None:
    for method in ("get", "delete"):
        server = serve(answer(503, b""), answer(200, DETAIL))
        getattr(client(server).clusters, method)("c-1")
        assert len(server.requests) == 2


def test_a_quota_that_is_used_up_is_told_at_once(serve: Serve, client: Client) -> None:
    server = serve(answer(413, b'{"fault": {"code": 413, "message": "no nodes left"}}'))
    with pytest.raises(OverLimitError, match="no nodes left") as caught:
        create(client(server))
    assert caught.value.retry_after is None
    assert not caught.value.maybe_applied
    assert len(server.requests) == 1


def test_21_a_long_retry_after_is_told_at_once(
    serve: Serve, client: Client, clock: MovedClock
) -> None:
    server = serve(answer(503, b"", {"Retry-After": "86400"}))
    with pytest.raises(ServerError) as caught:
        client(server).clusters.list()
    assert caught.value.retry_after == 86400
    assert len(server.requests) == 1
    assert not clock.pauses


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("0.5", 0.5),
        ("7", 7),
        ("7, 9", 7),
        (email.utils.formatdate(START + 20, usegmt=True), 20),
        (email.utils.formatdate(START - 20, usegmt=True), 0),
        ("-5", 0),
        ("soon", 0),
        ("nan", 0),
        ("Mon, 99 Foo 2015 10:00:00 GMT", 0),
        ("", 0),
    ],
)
def test_21_every_form_of_retry_after_is_read_or_ignored(
    text: str, least: float, serve: Serve, client: Client, clock: MovedClock
) -> None:
    server = serve(answer(429, b"", {"Retry-After": text}), answer())
    client(server).clusters.list()
    (slept,) = clock.pauses
    assert least <= slept <= max(least, 0.1)


def test_the_pauses_grow_with_jitter_up_to_half_a_minute(
    serve: Serve, client: Client, clock: MovedClock
) -> None:
    random.seed(7)
    with pytest.raises(ServerError):
        client(serve(answer(503, b"")), max_retries=12, retry_backoff=1).clusters.list()
    assert all(0 <= slept <= min(2**index, 30) for index, slept in enumerate(clock.pauses))
    assert max(clock.pauses) > 15
    assert len(set(clock.pauses)) == 12


@pytest.mark.parametrize("status", [500, 502, 504])
def test_22_after_500_502_or_504_a_get_alone_is_repeated(
    status: int, serve: Serve, client: Client
) -> None:
    server = serve(answer(status, b""), answer())
    client(server).clusters.list()
    assert len(server.requests) == 2
    for call in ("delete", "resize"):
        server = serve(answer(status, b""))
        clusters = client(server).clusters
        with pytest.raises(ServerError) as caught:
            clusters.delete("c-1") if call == "delete" else clusters.resize(
                "c-1", {"s": {"count": 2}}
            )
        assert caught.value.code == status
        assert caught.value.maybe_applied
        assert len(server.requests) == 1


def test_23_endless_503_costs_half_a_request_a_call(serve: Serve, client: Client) -> None:
    server = serve(answer(503, b""))
    lava = client(server)
    failures: list[LavaError] = []

    def call() -> None:
        for _ in range(50):
            try:
                lava.clusters.list()
            except LavaError as failure:
                failures.append(failure)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) == 400
    assert 400 < len(server.requests) <= 600


def test_23_a_single_call_has_all_its_retries(serve: Serve, client: Client) -> None:
    for retries in (3, 60):
        server = serve(answer(503, b""))
        with pytest.raises(ServerError):
            client(server, max_retries=retries).clusters.list()
        assert len(server.requests) == retries + 1


def test_23_time_refills_the_budget(serve: Serve, client: Client, clock: MovedClock) -> None:
    server = serve(answer(503, b""))
    lava = client(server)
    for _ in range(100):
        with pytest.raises(ServerError):
            lava.clusters.list()
    clock.now += 3600
    before = len(server.requests)
    with pytest.raises(ServerError):
        lava.clusters.list()
    assert len(server.requests) - before == 4


BODIES = {
    b'{"fault": {"code": 400, "message": "name: too long"}}': "name: too long",
    b'{"badRequest": {"code": 400, "message": "name: too long"}}': "name: too long",
    b'{"error": {"message": "name: too long"}}': "name: too long",
    b'{"message": "name: too long"}': "name: too long",
    b'{"error": "name: too long"}': "name: too long",
    b'"name: too long"': "name: too long",
    b"<html><head><title>Proxy\n says no</title></head></html>": "Proxy says no",
    b"<html><script>alert(1)</script><p>Proxy <b>says</b> no": "Proxy says no",
    b"plain\x00\x1b[31m words": "plain [31m words",
    b"": "Bad Request",
    b"[]": "Bad Request",
    b"null": "Bad Request",
    b'{"fault": null}': "Bad Request",
    b'{"fault": {"code": 400}}': "Bad Request",
    b'{"message": "\\u202eevil"}': "evil",
    b'{"message": "odd \\ue000\\udbff\\udfff signs"}': "odd signs",
}


@pytest.mark.parametrize("body", BODIES)
def test_30_a_message_is_found_in_a_body_of_any_shape(
    body: bytes, serve: Serve, client: Client
) -> None:
    server = serve(answer(400, body, {"X-Request-Id": "req-1"}))
    with pytest.raises(BadRequestError) as caught:
        client(server).clusters.list()
    assert caught.value.message == BODIES[body]
    assert str(caught.value) == f"GET clusters: 400 {BODIES[body]} (request id req-1)"


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe" * 500, b"x" * 10_000_000, b"[" * 200_000, b'{"message": "' + b"y" * 9999 + b'"}'],
)
def test_30_a_message_is_short_and_printable(body: bytes, serve: Serve, client: Client) -> None:
    server = serve(answer(418, body))
    with pytest.raises(RequestError) as caught:
        client(server).clusters.list()
    assert caught.value.code == 418
    assert 0 < len(caught.value.message) <= 500
    assert caught.value.message.isprintable()


def test_31_a_token_that_is_echoed_is_hidden_everywhere(serve: Serve, client: Client) -> None:
    body = f'{{"fault": {{"message": "bad token {TOKEN[:16]}\\u0000{TOKEN[16:]} and {TOKEN}"}}}}'
    server = serve(answer(400, body.encode(), {"X-Request-Id": TOKEN}))
    with pytest.raises(BadRequestError) as caught:
        client(server).clusters.list()
    assert TOKEN not in repr(vars(caught.value)) + str(caught.value)
    assert "[hidden]" in caught.value.message
    assert caught.value.request_id == "[hidden]"


def test_31_what_a_request_carried_is_hidden_too(serve: Serve, client: Client) -> None:
    password = "correct horse battery"
    server = serve(answer(400, f'{{"message": "weak: {password}"}}'.encode()))
    with pytest.raises(BadRequestError) as caught:
        client(server).credentials.create_ambari("admin", password)
    assert password not in repr(vars(caught.value)) + str(caught.value)


@pytest.mark.parametrize("status", [101, 300, 304, 399])
def test_a_status_that_is_neither_success_nor_error_makes_no_sense(
    status: int, serve: Serve, client: Client
) -> None:
    server = serve(answer(status, b""))
    with pytest.raises(ApiError) as caught:
        client(server, timeout=0.5, max_retries=0).clusters.list()
    assert caught.value.code == status


@pytest.mark.parametrize(
    "header",
    ["x-request-id", "x-openstack-request-id", "X-Compute-Request-Id", "Client-Request-ID"],
)
def test_the_services_own_request_id_is_told(header: str, serve: Serve, client: Client) -> None:
    server = serve(answer(404, b"", {header: "req-77"}))
    with pytest.raises(RequestError, match=r"\(request id req-77\)$") as caught:
        client(server).distros.get("x")
    assert caught.value.request_id == "req-77"


EVIL = "line\r\none\x1b[2J\u202e" + "x" * 5_000


def is_one_short_line(text: str) -> bool:
    return text.isprintable() and len(text) <= 500


def test_52_what_the_service_says_is_one_short_line_in_every_error(
    serve: Serve, client: Client
) -> None:
    fault = json.dumps({"fault": {"message": EVIL}}).encode()
    detail = json.loads(DETAIL)
    detail["cluster"] |= {"status": EVIL, "name": EVIL}
    evil = {"id": "c-1", "name": "n", "status": "ACTIVE"}
    twins = {"clusters": [{**evil, "id": f"{EVIL}{number}"} for number in range(2)], "links": []}
    calls: list[tuple[list[Step], Callable[[Lava], object]]] = [
        ([answer(400, fault)], lambda lava: lava.clusters.list()),
        ([answer(200, json.dumps(detail).encode())], lambda lava: lava.clusters.wait("c-1")),
        (
            [answer(200, json.dumps(detail).encode())],
            lambda lava: lava.clusters.ssh_execute("c-1", "n", "true", "false"),
        ),
        (
            [answer(404, b"{}"), answer(200, json.dumps(twins).encode())],
            lambda lava: lava.clusters.get("n"),
        ),
        (
            [answer(302, b"", {"Location": "http://x/" + "y" * 900})],
            lambda lava: lava.clusters.list(),
        ),
        ([answer(400, fault, {"x-request-id": "z" * 2_000})], lambda lava: lava.clusters.list()),
    ]
    for script, call in calls:
        with pytest.raises(LavaError) as caught:
            call(client(serve(*script), max_retries=0))
        assert is_one_short_line(str(caught.value))
        assert is_one_short_line(str(caught.value.message))


def test_52_the_id_of_a_request_stands_behind_however_long_a_message(
    serve: Serve, client: Client
) -> None:
    server = serve(answer(500, b"y" * 9_000, {"x-request-id": "req-7"}))
    with pytest.raises(LavaError) as caught:
        client(server, max_retries=0).clusters.create("n", "s", "ada", ["k"])
    assert str(caught.value).endswith("look before trying again (request id req-7)")


def test_52_a_late_doubt_leaves_the_line_short() -> None:
    failure = LavaError("x" * 900)
    failure.mark_maybe_applied()
    assert is_one_short_line(str(failure))
    assert str(failure).endswith("look before trying again")


def test_52_names_of_regions_are_one_short_line() -> None:
    with FakeCloud() as cloud:

        def change(access: dict[str, object]) -> None:
            endpoint = {"region": EVIL, "versionId": "2", "publicURL": "https://x/v2/1"}
            access["serviceCatalog"] = [{"type": "rax:bigdata", "endpoints": [endpoint]}]

        cloud.change = change
        with pytest.raises(LavaError, match="regions that have one: LINE") as caught:
            cloud.client()
    assert is_one_short_line(str(caught.value))
