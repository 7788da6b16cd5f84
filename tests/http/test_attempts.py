"""What is carried from one attempt of a request to the next, and over a new token."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator

import pytest

from lavaclient import Lava, error
from lavaclient._http.service_client import is_transient
from tests.support.fake_cloud import BREAK, FakeCloud, Reply
from tests.support.recorder import SentRequest

ADVICE = "look before trying again"
BUSY = Reply(503, {}, {"Retry-After": "1"})
UNSURE = Reply(503, {})
RATE = Reply(429, {})
REFUSED = Reply(401, {})


class ScriptedCloud(FakeCloud):
    """Answers the service's calls by a script first."""

    def __init__(self) -> None:
        super().__init__()
        self.script: list[object] = []

    def answer(self, request: SentRequest, /) -> object:
        if self.script and not request.path.endswith("/tokens"):
            return self.script.pop(0)
        return super().answer(request)


@pytest.fixture
def cloud() -> Iterator[ScriptedCloud]:
    with ScriptedCloud() as started:
        yield started


def create(lava: Lava) -> object:
    return lava.clusters.create("nightly", "HDP2.3_Hadoop", username="analyst", ssh_keys=["k"])


def resize(lava: Lava) -> object:
    return lava.clusters.resize("c-1", {"slave": {"count": 3}})


def delete(lava: Lava) -> None:
    lava.scripts.delete("s-1")


def limits(lava: Lava) -> object:
    return lava.limits.get()


Call = Callable[[Lava], object]


@pytest.mark.parametrize(
    ("call", "script", "kind", "applied"),
    [
        (resize, [BREAK, Reply(409, {})], error.ConflictError, True),
        (resize, [RATE, Reply(409, {})], error.ConflictError, False),
        (resize, [BUSY, Reply(409, {})], error.ConflictError, False),
        (resize, [UNSURE, Reply(409, {})], error.ConflictError, True),
        (resize, [BREAK, RATE, BUSY, RATE], error.OverLimitError, True),
        (resize, [RATE, RATE, RATE, BREAK], error.ConnectionError, True),
        (resize, [BREAK, REFUSED, Reply(400, {})], error.BadRequestError, True),
        (resize, [UNSURE, REFUSED, RATE, Reply(400, {})], error.BadRequestError, True),
        (resize, [BUSY, REFUSED, Reply(400, {})], error.BadRequestError, False),
        (resize, [REFUSED, Reply(400, {})], error.BadRequestError, False),
        (resize, [REFUSED, BREAK, Reply(400, {})], error.BadRequestError, True),
        (resize, [BREAK, REFUSED, REFUSED], error.AuthorizationError, True),
        (resize, [REFUSED, REFUSED], error.AuthorizationError, False),
        (create, [RATE, BREAK], error.ConnectionError, True),
        (create, [BUSY, UNSURE], error.ServerError, True),
        (create, [RATE, BUSY, Reply(400, {})], error.BadRequestError, False),
        (create, [REFUSED, BREAK], error.ConnectionError, True),
        (create, [REFUSED, Reply(400, {})], error.BadRequestError, False),
        (limits, [BREAK, REFUSED, Reply(400, {})], error.BadRequestError, False),
        (limits, [UNSURE, REFUSED, REFUSED], error.AuthorizationError, False),
        (delete, [REFUSED, Reply(404, {})], error.NotFoundError, False),
        (delete, [BUSY, REFUSED, Reply(404, {})], error.NotFoundError, False),
        (delete, [BREAK, Reply(410, {})], error.RequestError, True),
    ],
)
def test_18_maybe_applied_is_carried_to_the_error_of_the_last_attempt(
    cloud: ScriptedCloud, call: Call, script: list[object], kind: type[Exception], applied: bool
) -> None:
    with cloud.client() as lava:
        cloud.script = list(script)
        with pytest.raises(error.LavaError) as caught:
            call(lava)
    assert type(caught.value) is kind
    assert caught.value.maybe_applied is applied
    assert (ADVICE in str(caught.value)) is applied
    assert cloud.calls == len(script)


@pytest.mark.parametrize(
    "script",
    [
        [BREAK, Reply(404, {})],
        [UNSURE, Reply(404, {})],
        [BREAK, RATE, BUSY, Reply(404, {})],
        [BREAK, REFUSED, Reply(404, {})],
        [REFUSED, BREAK, Reply(404, {})],
        [UNSURE, REFUSED, RATE, Reply(404, {})],
    ],
)
def test_19_a_404_after_a_delete_that_may_have_worked_is_success_over_a_401_too(
    cloud: ScriptedCloud, script: list[object]
) -> None:
    with cloud.client() as lava:
        cloud.script = list(script)
        delete(lava)
    assert cloud.calls == len(script)


@pytest.mark.parametrize(
    ("call", "script", "applied"),
    [
        (resize, [BREAK, REFUSED], True),
        (resize, [REFUSED], False),
        (resize, [RATE, REFUSED], False),
        (create, [REFUSED], False),
        (limits, [BREAK, REFUSED], False),
    ],
)
@pytest.mark.parametrize("outage", [REFUSED, Reply(500, {})])
def test_18_a_sign_in_that_fails_after_a_401_tells_of_the_attempts_before(
    cloud: ScriptedCloud, call: Call, script: list[object], applied: bool, outage: Reply
) -> None:
    with cloud.client() as lava:
        cloud.script, cloud.outage = list(script), outage
        with pytest.raises(error.LavaError, match="POST tokens") as caught:
            call(lava)
    assert caught.value.maybe_applied is applied
    assert (ADVICE in str(caught.value)) is applied


def test_18_a_request_with_a_new_token_has_all_its_retries_again(cloud: ScriptedCloud) -> None:
    with cloud.client(max_retries=3) as lava:
        cloud.script = [RATE, RATE, RATE, REFUSED, RATE, RATE, RATE]
        limits(lava)
        assert cloud.calls == 8
        cloud.script = [RATE, RATE, RATE, REFUSED, RATE, RATE, RATE, RATE]
        with pytest.raises(error.OverLimitError):
            limits(lava)
    assert cloud.calls == 16


def test_13_a_second_401_is_not_answered_by_a_third_token(cloud: ScriptedCloud) -> None:
    with cloud.client() as lava:
        cloud.script = [REFUSED, RATE, REFUSED]
        with pytest.raises(error.AuthorizationError):
            limits(lava)
    assert (cloud.calls, cloud.sign_ins) == (3, 2)


def test_12_after_a_redirect_the_request_starts_over_from_its_own_url(
    cloud: ScriptedCloud,
) -> None:
    with cloud.client() as lava:
        there = Reply(302, b"", {"Location": "/there"})
        cloud.script = [there, REFUSED, there, RATE]
        limits(lava)
    own, other = f"{cloud.endpoint()}/limits".removeprefix(cloud.url), "/there"
    paths = [request.path for request in cloud.requests if not request.path.endswith("/tokens")]
    assert paths == [own, other, own, other, own]


def test_27_five_redirects_are_followed_in_each_attempt_and_no_sixth(
    cloud: ScriptedCloud,
) -> None:
    with cloud.client() as lava:
        hops = [Reply(302, b"", {"Location": f"/{number}"}) for number in range(5)]
        cloud.script = [*hops, RATE, *hops]
        limits(lava)
        assert cloud.calls == 12
        cloud.script = [*hops, Reply(302, b"", {"Location": "/6"})]
        with pytest.raises(error.ApiError, match="to /6"):
            limits(lava)


def test_24_a_choice_of_places_is_no_success(cloud: ScriptedCloud) -> None:
    with cloud.client() as lava:
        cloud.script = [Reply(300, {})]
        with pytest.raises(error.ApiError, match="300 Multiple Choices") as caught:
            delete(lava)
    assert caught.value.code == 300


@pytest.mark.parametrize("reply", [RATE, REFUSED], ids=["in a pause", "while it signs in"])
def test_36_a_client_that_is_closed_sends_nothing_more(cloud: ScriptedCloud, reply: Reply) -> None:
    with cloud.client() as lava:
        cloud.script = [reply]
        cloud.before = lambda request: lava.close()
        with pytest.raises(error.InvalidError, match=r"^this client is closed$"):
            limits(lava)
    assert cloud.calls == 1


def test_36_a_client_that_is_closed_signs_in_no_more(cloud: ScriptedCloud) -> None:
    with cloud.client() as lava:
        token = lava.token
    assert lava.token == token
    lava.session.invalidate()
    with pytest.raises(error.InvalidError, match="this client is closed"):
        _ = lava.token
    assert cloud.calls == 0


@pytest.mark.parametrize(
    ("failure", "transient"),
    [
        (error.ConnectionError("x"), True),
        (error.TimeoutError("x"), True),
        (error.ServerError("x", code=500), True),
        (error.OverLimitError("x", code=429), True),
        (error.OverLimitError("x", code=413), False),
        (error.OverLimitError("x", code=413, retry_after=0.0), True),
        (error.NotFoundError("x", code=404), False),
        (error.ApiError("x"), False),
        (error.AuthorizationError("x", code=401), False),
        (error.AuthenticationError("x"), False),
    ],
)
def test_what_may_pass_by_itself(failure: error.LavaError, transient: bool) -> None:
    assert is_transient(failure) is transient
    by_cause = error.AuthenticationError("could not sign in")
    by_cause.__cause__ = failure
    assert is_transient(by_cause) is transient


def test_an_authentication_error_caused_by_others_does_not_pass_by_itself() -> None:
    failure = error.AuthenticationError("x")
    failure.__cause__ = ConnectionError()
    assert not is_transient(failure)
    refused = error.ConnectionError("certificate refused")
    refused.__cause__ = ssl.SSLCertVerificationError()
    assert not is_transient(refused)


@pytest.mark.parametrize(
    ("call", "reply", "text", "applied"),
    [
        (
            limits,
            Reply(200, b"", {"x-request-id": "req-1"}),
            "GET limits: 200 the answer is not valid: it is empty (request id req-1)",
            False,
        ),
        (
            create,
            Reply(202, b"<html>", {"x-request-id": "req-1"}),
            (
                "POST clusters: 202 the answer is not valid: it is HTML or XML, not JSON; it may "
                "have been carried out, so look before trying again (request id req-1)"
            ),
            True,
        ),
    ],
)
def test_24_a_body_that_makes_no_sense_is_told_whole(
    cloud: ScriptedCloud, call: Call, reply: Reply, text: str, applied: bool
) -> None:
    with cloud.client() as lava:
        cloud.script = [reply]
        with pytest.raises(error.ApiError) as caught:
            call(lava)
    failure = caught.value
    assert str(failure) == text
    assert (failure.code, failure.request_id) == (reply.status, "req-1")
    assert failure.maybe_applied is applied
    assert failure.__cause__ is not None
    assert failure.__cause__.__traceback__ is None


def test_what_is_sent_says_who_asks_and_in_which_form(cloud: ScriptedCloud) -> None:
    with cloud.client() as lava:
        limits(lava)
        cloud.script = [RATE, Reply(400, {})]
        with pytest.raises(error.BadRequestError):
            create(lava)
        token = lava.token
    get, first, second = cloud.requests[1:]
    for request in (get, first, second):
        assert request.headers["X-Auth-Token"] == token
        assert request.headers["Accept"] == "application/json"
        assert request.headers["Accept-Encoding"] == "gzip, deflate"
        assert request.headers["User-Agent"].startswith("python-lavaclient/")
    assert "Content-Type" not in get.headers
    assert get.body == b""
    assert json.loads(first.body)["cluster"]["name"] == "nightly"
    assert first.headers["Content-Type"] == "application/json"
    assert (first.path, first.body) == (second.path, second.body)
    ids = {request.headers["Client-Request-ID"] for request in (get, first, second)}
    assert len(ids) == 3
