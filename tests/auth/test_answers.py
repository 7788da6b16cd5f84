"""What identity may answer, and what never comes of it (rows 8, 9, 10, 27, 31, 39)."""

from __future__ import annotations

import copy
import email.utils
import json
import logging
import pickle
import threading
import time

import pytest

from lavaclient import LavaError, error
from lavaclient._auth.token import AccessToken
from tests.support.fake_cloud import BREAK, KEY, TENANT, USER, FakeCloud, Reply

pytestmark = pytest.mark.usefixtures("no_collection")

UNAUTHORIZED = {"unauthorized": {"code": 401, "message": "Unable to authenticate."}}


@pytest.mark.parametrize("status", [401, 403])
def test_08_a_refused_key_is_an_authorization_error_at_once(cloud: FakeCloud, status: int) -> None:
    cloud.outage = Reply(status, {"userDisabled": {"code": status, "message": "gone away"}})
    with pytest.raises(error.AuthorizationError, match="gone away") as caught:
        cloud.client()
    assert (caught.value.code, caught.value.method, caught.value.path) == (status, "POST", "tokens")
    assert caught.value.request_id
    assert caught.value.maybe_applied is False
    assert cloud.sign_ins == 1


RETRIED = [
    Reply(429, {}),
    Reply(503, {}),
    Reply(503, b"<html><title>away</title></html>", {"Retry-After": "2"}),
    Reply(413, {"overLimit": {"code": 413, "message": "slow"}}, {"Retry-After": "1"}),
    BREAK,
    Reply(200, b"{", {"Content-Length": "50"}),
]


@pytest.mark.parametrize("reply", RETRIED)
def test_09_a_failing_sign_in_is_repeated(cloud: FakeCloud, reply: object) -> None:
    cloud.replies = [reply, reply, reply]
    with cloud.client() as lava:
        lava.limits.get()
    assert cloud.sign_ins == 4
    assert len(cloud.clock.pauses) == 3


@pytest.mark.parametrize("reply", RETRIED)
def test_09_a_sign_in_that_fails_to_the_last_retry_is_an_authentication_error(
    cloud: FakeCloud, reply: object
) -> None:
    cloud.outage = reply
    with pytest.raises(error.AuthenticationError) as caught:
        cloud.client(max_retries=2)
    assert cloud.sign_ins == 3
    assert caught.value.maybe_applied is False
    assert isinstance(caught.value.__cause__, LavaError)


def test_09_a_sign_in_that_stalls_is_given_up_in_time_and_repeated(cloud: FakeCloud) -> None:
    released = threading.Event()
    cloud.before = lambda request: released.wait(10)
    started = time.monotonic()
    with pytest.raises(error.AuthenticationError, match=r"within 0\.2 s") as caught:
        cloud.client(timeout=0.2, max_retries=1)
    spent = time.monotonic() - started
    released.set()
    assert isinstance(caught.value.__cause__, error.TimeoutError)
    assert cloud.sign_ins == 2
    assert 0.4 <= spent < 2


@pytest.mark.parametrize("status", [300, 302, 400, 404, 413, 500, 502, 504])
def test_09_a_sign_in_refused_for_good_is_not_repeated(cloud: FakeCloud, status: int) -> None:
    cloud.outage = Reply(status, {"identityFault": {"code": status, "message": "so it is"}})
    with pytest.raises(error.AuthenticationError) as caught:
        cloud.client()
    assert caught.value.code == status
    assert "could not sign in" not in str(caught.value)  # the answer was not read as a success
    assert cloud.sign_ins == 1


def test_09_a_sign_in_does_not_wait_for_a_long_retry_after(cloud: FakeCloud) -> None:
    cloud.outage = Reply(503, {}, {"Retry-After": "86400"})
    with pytest.raises(error.AuthenticationError) as caught:
        cloud.client()
    assert caught.value.retry_after == 86400
    assert (cloud.sign_ins, cloud.clock.pauses) == (1, [])


def test_09_a_retry_after_of_identity_may_be_a_date(cloud: FakeCloud) -> None:
    until = email.utils.formatdate(cloud.clock.time() + 86400, usegmt=True)
    cloud.outage = Reply(503, {}, {"Retry-After": until})
    with pytest.raises(error.AuthenticationError) as caught:
        cloud.client()
    assert caught.value.retry_after == 86400
    assert cloud.sign_ins == 1


def test_16_an_identity_that_is_not_there_is_an_authentication_error() -> None:
    with FakeCloud() as gone:
        pass
    with pytest.raises(error.AuthenticationError, match="could not sign in") as caught:
        gone.client(max_retries=1)
    assert isinstance(caught.value.__cause__, error.ConnectionError)
    assert len(gone.clock.pauses) == 1


def spoilt(**changes: object) -> bytes:
    """A good answer with some of its parts replaced; "-" takes one out."""
    token: dict[str, object] = {
        "id": "t0ken-of-a-spoilt-answer",
        "expires": "2030-01-01T00:00:00.000Z",
    }
    endpoint: dict[str, object] = {"region": "DFW", "versionId": "2"}
    endpoint["publicURL"] = "https://dfw.example/v2/1"
    entry: dict[str, object] = {"type": "rax:bigdata", "endpoints": [endpoint]}
    parts: dict[str, dict[str, object]] = {
        "endpoint": endpoint,
        "entry": entry,
        "token": token,
        "access": {"token": token, "serviceCatalog": [{"type": 5}, 7, entry]},
    }
    for name, value in changes.items():
        part, _, field = name.partition("_")
        parts[part].pop(field) if value == "-" else parts[part].update({field: value})
    return json.dumps({"access": parts["access"]}).encode()


ODD = {
    "HTML": b"<html>sign in here</html>",
    "nothing": b"",
    "a list": b"[]",
    "null": b"null",
    "text": b'"access"',
    "no access": b"{}",
    "access null": b'{"access": null}',
    "bad UTF-8": b'{"access": "\xff\xfe"}',
    "half a surrogate": b'{"access": {"token": {"id": "\\ud800"}, "serviceCatalog": []}}',
    "deep": b"[" * 200_000,
    "NaN": b'{"access": NaN}',
    "no token": spoilt(access_token="-"),
    "token null": spoilt(access_token=None),
    "token a list": spoilt(access_token=[]),
    "no id": spoilt(token_id="-"),
    "id a number": spoilt(token_id=12345),
    "id empty": spoilt(token_id=""),
    "id breaks a header": spoilt(token_id="abcdef\r\nX-Evil: 1"),
    "id not ASCII": spoilt(token_id="töken-töken"),
    "expires a number": spoilt(token_expires=12345),
    "expires a word": spoilt(token_expires="tomorrow"),
    "expires true": spoilt(token_expires=True),
    "expires a list": spoilt(token_expires=[]),
    "expires no date": spoilt(token_expires="2015-13-45T00:00:00Z"),
    "no catalog": spoilt(access_serviceCatalog="-"),
    "catalog null": spoilt(access_serviceCatalog=None),
    "catalog an object": spoilt(access_serviceCatalog={}),
    "catalog empty": spoilt(access_serviceCatalog=[]),
    "no endpoints": spoilt(entry_endpoints="-"),
    "endpoints a number": spoilt(entry_endpoints=5),
    "endpoint a word": spoilt(entry_endpoints=["x"]),
    "no URL": spoilt(endpoint_publicURL="-"),
    "URL a number": spoilt(endpoint_publicURL=5),
    "URL a word": spoilt(endpoint_publicURL="dfw"),
    "URL of a file": spoilt(endpoint_publicURL="file:///etc/passwd"),
    "URL with credentials": spoilt(endpoint_publicURL="https://u:p@dfw.example/v2/1"),
    "no version": spoilt(endpoint_versionId="-"),
    "version a number": spoilt(endpoint_versionId=2),
    "no region": spoilt(endpoint_region="-"),
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_10_an_odd_identity_answer_is_an_authentication_error(
    cloud: FakeCloud, body: bytes
) -> None:
    cloud.replies = [Reply(200, body)]
    with pytest.raises(error.AuthenticationError):
        cloud.client()
    assert cloud.sign_ins == 1


@pytest.mark.parametrize("body", [ODD["HTML"], ODD["expires a number"], ODD["no catalog"]])
def test_10_of_an_odd_identity_answer_nothing_is_kept(cloud: FakeCloud, body: bytes) -> None:
    with cloud.client() as lava:
        first = lava.token
        cloud.kill()
        cloud.replies = [Reply(200, body)]
        with pytest.raises(error.AuthenticationError, match="could not sign in"):
            lava.limits.get()
        assert lava.token == first
        assert lava.limits.get().ram.limit == 10
    assert cloud.sign_ins == 3


def test_10_odd_catalog_entries_of_other_services_are_passed_over(cloud: FakeCloud) -> None:
    def clutter(access: dict[str, object]) -> None:
        odd: list[object] = [None, 5, {}, {"type": "compute", "endpoints": 5}, {"type": ["x"]}]
        catalog = access["serviceCatalog"]
        assert isinstance(catalog, list)
        access["serviceCatalog"] = [*odd, *catalog]

    cloud.change = clutter
    with cloud.client() as lava:
        assert lava.endpoint == cloud.endpoint()


def test_10_catalog_entries_of_our_own_without_a_version_are_not_v2(cloud: FakeCloud) -> None:
    def add(access: dict[str, object]) -> None:
        catalog = access["serviceCatalog"]
        assert isinstance(catalog, list)
        more = {"region": "DFW", "publicURL": "https://wrong.example/v2/123456"}
        catalog[2]["endpoints"] = [more, {"versionId": "2"} | more | {"region": None}] + catalog[2][
            "endpoints"
        ]

    cloud.change = add
    with cloud.client() as lava:
        assert lava.endpoint == cloud.endpoint()


@pytest.mark.parametrize(
    "expires",
    [
        "2030-11-01T03:32:15-05:00",
        "2030-11-18T18:35:45.013Z",
        "2030-11-18T18:35:45",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
    ],
)
def test_expiries_with_offset_fraction_or_neither_are_read(cloud: FakeCloud, expires: str) -> None:
    def change(access: dict[str, object]) -> None:
        token = access["token"]
        assert isinstance(token, dict)
        token["expires"] = expires

    cloud.change = change
    with cloud.client() as lava:
        lava.limits.get()
    assert cloud.sign_ins == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_27_a_redirected_sign_in_goes_nowhere(cloud: FakeCloud, status: int) -> None:
    with FakeCloud() as other:
        cloud.outage = Reply(status, b"", {"Location": f"{other.auth_url}/tokens"})
        with pytest.raises(error.AuthenticationError, match="redirect") as caught:
            cloud.client()
        assert not other.requests
    assert caught.value.code == status
    assert cloud.sign_ins == 1


def test_05_an_https_identity_does_not_lead_to_http() -> None:
    endpoint = {"region": "DFW", "versionId": "2", "publicURL": "http://dfw.example/v2/1"}
    entry = {"type": "rax:bigdata", "endpoints": [endpoint]}
    token = AccessToken("t0ken", None, {"access": {"serviceCatalog": [entry]}}, 0.0)
    with pytest.raises(error.AuthenticationError, match="https to an http"):
        token.catalog.endpoint("dfw", "HTTPS://identity.example/v2.0")
    assert token.catalog.endpoint("dfw", "http://identity.example/v2.0").startswith("http:")


def shown(failure: BaseException | None) -> str:
    """All that an exception and those it is chained to show."""
    parts = []
    while failure is not None:
        parts += [str(failure), repr(failure), repr(failure.args), repr(vars(failure))]
        if isinstance(failure, LavaError):
            parts.append(repr(pickle.dumps(failure)))
        failure = failure.__cause__ or failure.__context__
    return "\n".join(parts)


@pytest.mark.parametrize("status", [200, 401, 404, 503])
def test_31_an_answer_that_echoes_the_key_is_scrubbed(cloud: FakeCloud, status: int) -> None:
    cloud.outage = Reply(status, {KEY: {"message": f"key {KEY} of {USER} is odd"}})
    with pytest.raises(LavaError) as caught:
        cloud.client(max_retries=0)
    assert KEY not in shown(caught.value)
    assert USER in str(caught.value) or status == 200


def test_31_an_answer_that_echoes_the_token_is_scrubbed(cloud: FakeCloud) -> None:
    token = "abcdef0123456789-given"
    cloud.outage = Reply(404, {"itemNotFound": {"message": f"no token {token} here"}})
    with pytest.raises(error.AuthenticationError) as caught:
        cloud.client(api_key=None, token=token)
    assert "no token" in shown(caught.value)
    assert token not in shown(caught.value)


def test_39_no_secret_stands_in_any_record_of_any_logger(
    cloud: FakeCloud, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("lavaclient", "keystoneauth", "keystoneauth.session", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    cloud.replies = [Reply(503, {}), BREAK]
    with cloud.client(token="dead-but-secret-token") as lava:
        lava.limits.get()
        tokens = {lava.token}
        cloud.kill()
        lava.limits.get()
        tokens.add(lava.token)
        with pytest.raises(TypeError):
            copy.copy(lava)
        repr(lava)
    assert {record.name for record in caplog.records} <= {"lavaclient", "urllib3.connectionpool"}
    ours = [record for record in caplog.records if record.name == "lavaclient"]
    assert any("tokens" in record.getMessage() for record in ours)
    logged = "\n".join(repr(vars(record)) + record.getMessage() for record in caplog.records)
    logged += "".join(capfd.readouterr())
    for secret in (KEY, "dead-but-secret-token", *tokens):
        assert secret not in logged


def test_69_a_token_that_is_refused_for_lack_of_a_tenant_names_tenant_id(cloud: FakeCloud) -> None:
    cloud.replies = [Reply(400, {"badRequest": {"code": 400, "message": "Expecting tenant"}})]
    with pytest.raises(error.AuthenticationError, match="tenant_id may be missing") as caught:
        cloud.client(api_key=None, token="t0ken-of-before")
    assert "Expecting tenant" in str(caught.value)


def test_69_with_a_tenant_the_refusal_does_not_ask_for_one(cloud: FakeCloud) -> None:
    cloud.replies = [Reply(400, {"badRequest": {"code": 400, "message": "no"}})]
    with pytest.raises(error.AuthenticationError) as caught:
        cloud.client(api_key=None, token="t0ken-of-before", tenant_id=TENANT)
    assert "tenant_id" not in str(caught.value)


@pytest.mark.parametrize("outage", [BREAK, Reply(500, {}), Reply(503, {}), Reply(502, {})])
def test_75_a_failed_sign_in_was_not_carried_out(cloud: FakeCloud, outage: object) -> None:
    cloud.outage = outage
    with pytest.raises(error.LavaError) as caught:
        cloud.client()
    failure: BaseException | None = caught.value
    while failure is not None:
        assert not getattr(failure, "maybe_applied", False)
        assert "carried out" not in str(failure)
        failure = failure.__cause__


def told(cloud: FakeCloud, **options: object) -> error.LavaError:
    with pytest.raises(error.LavaError) as caught:
        cloud.client(max_retries=0, **options)
    return caught.value


TEXTS = {
    401: "POST tokens: 401 so it is (request id req-1)",
    404: "POST tokens: 404 so it is (request id req-1)",
    500: "POST tokens: 500 so it is (request id req-1)",
    503: "POST tokens: 503 so it is (request id req-1)",
}


@pytest.mark.parametrize("status", TEXTS)
def test_75_a_refused_sign_in_says_what_identity_said(cloud: FakeCloud, status: int) -> None:
    body = {"identityFault": {"code": status, "message": "so it is"}}
    cloud.outage = Reply(status, body, {"x-request-id": "req-1"})
    failure = told(cloud)
    assert str(failure) == TEXTS[status]
    assert (failure.message, failure.code, failure.request_id) == ("so it is", status, "req-1")
    assert (failure.method, failure.path, failure.maybe_applied) == ("POST", "tokens", False)
    kinds = {401: error.AuthorizationError}
    assert type(failure) is kinds.get(status, error.AuthenticationError)
    causes = {404: error.NotFoundError, 500: error.ServerError, 503: error.ServerError}
    assert status == 401 or type(failure.__cause__) is causes[status]


def test_75_a_sign_in_that_makes_no_sense_says_which_and_in_what(cloud: FakeCloud) -> None:
    cloud.outage = Reply(200, b"<html>", {"x-request-id": "req-1"})
    failure = told(cloud)
    assert str(failure) == (
        "POST tokens: 200 could not sign in: identity's answer is not JSON (request id req-1)"
    )
    assert (failure.code, failure.method, failure.path) == (200, "POST", "tokens")
    assert isinstance(failure.__cause__, ValueError)


def test_75_a_sign_in_that_broke_says_where_and_under_which_id(cloud: FakeCloud) -> None:
    cloud.outage = BREAK
    failure = told(cloud)
    sent_id = cloud.requests[-1].headers["Client-Request-ID"]
    assert type(failure) is error.AuthenticationError
    assert str(failure).startswith("POST tokens: could not sign in: ")
    assert str(failure).endswith(f" (request id {sent_id})")
    assert (failure.method, failure.path, failure.code) == ("POST", "tokens", None)
    assert failure.request_id == sent_id
    cause = failure.__cause__
    assert isinstance(cause, error.ConnectionError)
    assert failure.message == f"could not sign in: {cause.message}"


def test_a_token_that_identity_refuses_without_a_key_is_told_in_one_line(cloud: FakeCloud) -> None:
    body = {"unauthorized": {"message": "no"}}
    cloud.outage = Reply(401, body, {"x-request-id": "req-1"})
    failure = told(cloud, api_key=None, token="t0ken-of-before")
    assert str(failure) == (
        "the token was refused, and there is no api_key to sign in with instead: "
        "POST tokens: 401 no (request id req-1)"
    )


def test_a_sign_in_asks_for_json_and_sends_it(cloud: FakeCloud) -> None:
    cloud.client().close()
    headers = cloud.requests[0].headers
    assert headers["Content-Type"] == headers["Accept"] == "application/json"
    assert headers["User-Agent"].startswith("python-lavaclient/")
    assert "X-Auth-Token" not in headers
