"""The ways of signing in, each with what is sent."""

from __future__ import annotations

import threading
import traceback
import warnings

import pytest
import requests
from keystoneauth1 import exceptions as keystone_errors
from keystoneauth1 import session as keystone
from keystoneauth1.access import create
from keystoneauth1.identity import v2
from keystoneauth1.token_endpoint import Token

from lavaclient import error
from lavaclient._http.service_client import is_transient
from lavaclient.identity import RackspaceApiKey
from tests.support.fake_cloud import BREAK, KEY, TENANT, USER, FakeCloud, Reply
from tests.support.recorder import SentRequest

BY_KEY = {"auth": {"RAX-KSKEY:apiKeyCredentials": {"username": USER, "apiKey": KEY}}}


def a_token(cloud: FakeCloud) -> str:
    """A token from an earlier sign-in."""
    access = cloud.access()["access"]
    assert isinstance(access, dict)
    return str(access["token"]["id"])


def sent(cloud: FakeCloud) -> list[tuple[str, str]]:
    return [(request.method, request.path) for request in cloud.requests]


def test_a_key_and_a_region_send_one_post_and_find_the_endpoint(cloud: FakeCloud) -> None:
    with cloud.client(region="ord", tenant_id=int(TENANT)) as lava:
        assert lava.endpoint == cloud.endpoint("ORD")
        assert lava.token in cloud.good
    assert sent(cloud) == [("POST", "/identity/v2.0/tokens")]
    assert cloud.requests[0].json() == BY_KEY


def test_a_key_and_an_endpoint_send_one_post_and_do_not_look_at_the_catalog(
    cloud: FakeCloud,
) -> None:
    cloud.change = lambda access: access.update(serviceCatalog="none")
    with cloud.client(region=None, endpoint=cloud.endpoint("IAD") + "/") as lava:
        assert lava.endpoint == cloud.endpoint("IAD")
        assert lava.limits.get().node_count.remaining == 7
    assert sent(cloud)[0] == ("POST", "/identity/v2.0/tokens")
    assert cloud.sign_ins == 1


def test_a_token_and_an_endpoint_send_nothing(cloud: FakeCloud) -> None:
    token = a_token(cloud)
    with cloud.client(
        username=None, api_key=None, region=None, token=token, endpoint=cloud.endpoint()
    ) as lava:
        assert lava.token == token
        assert lava.endpoint == cloud.endpoint()
        assert not cloud.requests
        lava.limits.get()
    assert cloud.requests[0].headers["X-Auth-Token"] == token
    assert cloud.sign_ins == 0


def test_an_endpoint_that_ends_in_v2_takes_the_tenant(cloud: FakeCloud) -> None:
    base = cloud.endpoint().removesuffix(f"/{TENANT}")
    with cloud.client(api_key=None, token="t0ken", endpoint=base, tenant_id=TENANT) as lava:
        assert lava.endpoint == cloud.endpoint()
    assert not cloud.requests


@pytest.mark.parametrize("tenant", [None, TENANT])
def test_a_token_and_a_region_ask_for_the_catalog(cloud: FakeCloud, tenant: str | None) -> None:
    token = a_token(cloud)
    with cloud.client(api_key=None, token=token, tenant_id=tenant) as lava:
        assert lava.endpoint == cloud.endpoint()
        assert lava.token != token
        assert lava.token in cloud.good
    wanted = {"token": {"id": token}} | ({"tenantId": tenant} if tenant else {})
    assert [request.json() for request in cloud.requests] == [{"auth": wanted}]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
@pytest.mark.parametrize("tenant", [None, TENANT])
def test_a_refused_token_falls_back_to_the_key(
    cloud: FakeCloud, status: int, tenant: str | None
) -> None:
    cloud.replies = [Reply(status, {"itemNotFound": {"code": status, "message": "no"}})]
    with cloud.client(token="dead-token", tenant_id=tenant) as lava:
        assert lava.token in cloud.good
    assert cloud.requests[1].json() == BY_KEY
    assert cloud.sign_ins == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refused_token_without_a_key_says_so(cloud: FakeCloud, status: int) -> None:
    cloud.replies = [Reply(status, {"badRequest": {"code": status, "message": "what a token"}})]
    with pytest.raises(error.AuthenticationError, match=r"refused.*no api_key") as caught:
        cloud.client(token="dead-token", api_key=None)
    assert "what a token" in str(caught.value.__cause__)
    assert ("; tenant_id may be missing: " in str(caught.value)) is (status == 400)
    assert cloud.sign_ins == 1


def test_a_5xx_is_not_a_refusal_of_the_token(cloud: FakeCloud) -> None:
    cloud.outage = Reply(500, {"identityFault": {"code": 500, "message": "broken"}})
    with pytest.raises(error.AuthenticationError, match="broken") as caught:
        cloud.client(token="some-token")
    assert caught.value.code == 500
    assert cloud.sign_ins == 1
    assert b"apiKey" not in cloud.requests[0].body


def test_after_a_token_that_was_given_the_key_renews(cloud: FakeCloud) -> None:
    with cloud.client(token=a_token(cloud)) as lava:
        cloud.kill()
        lava.limits.get()
    assert [request.json() for request in cloud.requests if request.path.endswith("/tokens")][
        1
    ] == BY_KEY


def test_a_token_alone_cannot_be_renewed(cloud: FakeCloud) -> None:
    with cloud.client(token=a_token(cloud), api_key=None) as lava:
        cloud.kill()
        with pytest.raises(
            error.AuthenticationError,
            match=r"^the token is no longer accepted, and there is no api_key to get another with$",
        ) as caught:
            lava.limits.get()
        assert isinstance(caught.value.__cause__, error.AuthorizationError)
        with pytest.raises(error.AuthenticationError, match="no api_key"):
            lava.reauthenticate()
    assert cloud.sign_ins == 1


def test_a_token_with_an_endpoint_is_not_asked_about_when_it_is_refused(cloud: FakeCloud) -> None:
    options: dict[str, object] = {"region": None, "endpoint": cloud.endpoint()}
    with cloud.client(token="dead-token", **options) as lava:
        lava.limits.get()
    assert [request.json() for request in cloud.requests if request.body] == [BY_KEY]
    with (
        cloud.client(token="dead-token", api_key=None, **options) as lava,
        pytest.raises(error.AuthenticationError, match="no api_key"),
    ):
        lava.limits.get()
    assert cloud.sign_ins == 1


def test_a_token_alone_is_used_past_its_end_until_it_is_refused(cloud: FakeCloud) -> None:
    cloud.lifetime = 600
    with cloud.client(token=a_token(cloud), api_key=None) as lava:
        cloud.clock.now += 700
        lava.limits.get()
    assert cloud.sign_ins == 1


def test_a_region_without_an_endpoint_lists_those_that_have_one(cloud: FakeCloud) -> None:
    with pytest.raises(error.AuthenticationError, match="DFW, IAD, ORD"):
        cloud.client(region="SYD")


def test_a_catalog_of_another_account_than_the_tenant_is_refused(cloud: FakeCloud) -> None:
    with pytest.raises(error.AuthenticationError, match=r"'123456'.*'99'"):
        cloud.client(tenant_id=99)


def test_a_session_signs_in_itself_and_its_catalog_gives_the_endpoint(cloud: FakeCloud) -> None:
    auth = RackspaceApiKey(USER, KEY, cloud.auth_url)
    outside = keystone.Session(auth=auth)
    with cloud.client(api_key=None, auth_url=None, session=outside, region="iad") as lava:
        assert lava.session is outside
        assert lava.endpoint == cloud.endpoint("IAD")
        lava.limits.get()
        assert lava.token == auth.get_token(outside)
    assert outside.get_token() in cloud.good
    assert cloud.sign_ins == 1
    outside.session.close()


def foreign(cloud: FakeCloud) -> keystone.Session:
    """A session of keystoneauth1's own password plugin."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        auth = v2.Password(cloud.auth_url, username=USER, password="hunter22", tenant_id=TENANT)
    cloud.usual = lambda request: Reply(200, cloud.access())  # type: ignore[method-assign]
    return keystone.Session(auth=auth)


def test_a_foreign_plugin_signs_in_and_is_renewed_once(cloud: FakeCloud) -> None:
    outside = foreign(cloud)
    cloud.clock.now = 4_000_000_000.0
    with cloud.client(api_key=None, auth_url=None, session=outside) as lava:
        assert lava.endpoint == cloud.endpoint()
        cloud.kill()
        lava.limits.get()
        assert cloud.sign_ins == 2
        lava.reauthenticate()
        assert cloud.sign_ins == 3
        assert lava.token == outside.get_token()
    outside.session.close()


def test_a_foreign_session_signs_in_again_after_it_could_not(cloud: FakeCloud) -> None:
    outside = foreign(cloud)
    cloud.clock.now = 4_000_000_000.0
    with cloud.client(api_key=None, auth_url=None, session=outside) as lava:
        cloud.outage = Reply(503, {})
        with pytest.raises(error.AuthenticationError, match="session could not sign in"):
            lava.reauthenticate()
        cloud.outage = None
        lava.reauthenticate()
        assert lava.token == outside.get_token()
    outside.session.close()


def test_a_foreign_session_must_be_of_the_account_that_is_asked_for(cloud: FakeCloud) -> None:
    outside = foreign(cloud)
    with pytest.raises(error.AuthenticationError, match=f"account '{TENANT}', not to tenant_id"):
        cloud.client(api_key=None, auth_url=None, session=outside, tenant_id="77")
    outside.session.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_catalog_of_a_foreign_session_leads_from_https_to_https(
    cloud: FakeCloud, scheme: str
) -> None:
    class Keystone(Token):
        auth_url = f"{scheme}://identity.example/v3"

        def get_access(self, session: keystone.Session) -> object:
            reply = session.post(f"{cloud.auth_url}/tokens", json=BY_KEY, authenticated=False)
            return create(resp=reply)

    outside = keystone.Session(auth=Keystone(cloud.url, "t0ken"))
    if scheme == "https":
        with pytest.raises(error.AuthenticationError, match="leads from https to an http"):
            cloud.client(api_key=None, auth_url=None, session=outside)
    else:
        with cloud.client(api_key=None, auth_url=None, session=outside) as lava:
            assert lava.endpoint == cloud.endpoint()
    outside.session.close()


def test_a_foreign_session_with_a_given_endpoint_needs_no_catalog(cloud: FakeCloud) -> None:
    token = a_token(cloud)
    outside = keystone.Session(auth=Token("http://127.0.0.1:9", token))
    with cloud.client(
        api_key=None, auth_url=None, region=None, session=outside, endpoint=cloud.endpoint()
    ) as lava:
        lava.limits.get()
        cloud.kill()
        with pytest.raises(error.AuthorizationError):
            lava.limits.get()
    assert cloud.calls == 3
    outside.session.close()


def test_a_session_without_a_catalog_needs_an_endpoint() -> None:
    outside = keystone.Session(auth=Token("http://127.0.0.1:9", "t0ken"))
    with pytest.raises(error.AuthenticationError, match="none"), FakeCloud() as cloud:
        cloud.client(api_key=None, auth_url=None, session=outside)


def test_a_session_that_has_renewed_by_itself_is_not_invalidated(cloud: FakeCloud) -> None:
    auth = RackspaceApiKey(USER, KEY, cloud.auth_url)
    outside = keystone.Session(auth=auth)
    with cloud.client(api_key=None, auth_url=None, session=outside) as lava:

        def renew_elsewhere(request: SentRequest) -> None:
            if cloud.calls == 1 and not request.path.endswith("/tokens"):
                cloud.kill()
                thread = threading.Thread(target=renew, args=(auth, outside))
                thread.start()
                thread.join(10)

        cloud.before = renew_elsewhere
        lava.limits.get()
    assert cloud.sign_ins == 2
    outside.session.close()


def renew(auth: RackspaceApiKey, session: keystone.Session) -> None:
    auth.get_token(session)
    auth.invalidate()
    auth.get_token(session)


@pytest.mark.parametrize("token", [None, "", "a\nb", "t\u00f6ken"])
def test_a_session_that_gives_no_good_token_is_an_authentication_error(
    cloud: FakeCloud, token: str | None
) -> None:
    outside = keystone.Session(auth=Token(cloud.url, token))
    with pytest.raises(error.AuthenticationError, match=r"^the session's plugin gave no token$"):
        cloud.client(api_key=None, auth_url=None, session=outside)


def test_a_session_of_our_own_plugin_raises_its_errors_as_they_are(cloud: FakeCloud) -> None:
    cloud.outage = Reply(401, {"unauthorized": {"code": 401, "message": "no such user"}})
    outside = keystone.Session(auth=RackspaceApiKey(USER, KEY, cloud.auth_url))
    with pytest.raises(error.AuthorizationError, match=r"^POST tokens: 401 no such user"):
        cloud.client(api_key=None, auth_url=None, session=outside)
    outside.session.close()


def test_a_session_that_takes_too_long_is_a_timeout_that_is_transient(cloud: FakeCloud) -> None:
    class Slow(Token):
        def get_token(self, session: keystone.Session) -> str:
            raise keystone_errors.ConnectTimeout("too slow")

    outside = keystone.Session(auth=Slow(cloud.url, "t0ken"))
    with pytest.raises(error.AuthenticationError, match="too slow") as caught:
        cloud.client(api_key=None, auth_url=None, session=outside)
    assert isinstance(caught.value.__cause__, error.TimeoutError)
    assert isinstance(caught.value.__cause__.__cause__, keystone_errors.ConnectTimeout)
    assert is_transient(caught.value)


@pytest.mark.parametrize(
    ("reply", "kind", "cause", "name", "code"),
    [
        (Reply(401, {}), error.AuthorizationError, error.AuthorizationError, "Unauthorized", 401),
        (Reply(503, {}), error.AuthenticationError, error.ServerError, "ServiceUnavailable", 503),
        (BREAK, error.AuthenticationError, error.ConnectionError, "ConnectFailure", None),
    ],
)
def test_a_session_that_cannot_sign_in_fails_in_our_words(
    cloud: FakeCloud,
    reply: object,
    kind: type[error.LavaError],
    cause: type[error.LavaError],
    name: str,
    code: int | None,
) -> None:
    outside = foreign(cloud)
    cloud.outage = reply
    with pytest.raises(kind, match="session could not sign in") as caught:
        cloud.client(api_key=None, auth_url=None, session=outside)
    between = caught.value.__cause__
    assert type(between) is cause
    assert (str(between), between.code, caught.value.code) == (name, code, code)
    link: BaseException | None = between
    while link is not None:
        assert getattr(link, "request", None) is None
        assert getattr(link, "response", None) is None
        link = link.__cause__ or link.__context__
    outside.session.close()


class Failing(Token):
    """A plugin that someone has written, and that always fails."""

    def __init__(self, failure: Exception) -> None:
        super().__init__("http://127.0.0.1:9", "t0ken")
        self.failure = failure

    def get_token(self, session: keystone.Session) -> str:
        raise self.failure


@pytest.mark.parametrize(
    ("status", "kind", "cause", "code"),
    [
        (400, error.AuthenticationError, error.BadRequestError, 400),
        (403, error.AuthorizationError, error.ForbiddenError, 403),
        (404, error.AuthenticationError, error.NotFoundError, 404),
        (429, error.AuthenticationError, error.OverLimitError, 429),
        (300, error.AuthenticationError, error.ApiError, 300),
        (0, error.AuthenticationError, error.LavaError, None),
        ("503", error.AuthenticationError, error.LavaError, None),
        ([401], error.AuthenticationError, error.LavaError, None),
    ],
)
def test_a_plugin_may_fail_with_errors_of_its_own(
    cloud: FakeCloud,
    status: object,
    kind: type[error.LavaError],
    cause: type[error.LavaError],
    code: int | None,
) -> None:
    class OutOfOrderError(Exception):
        http_status = status

    outside = keystone.Session(auth=Failing(OutOfOrderError()))
    with pytest.raises(kind, match=r"sign in: OutOfOrderError$") as caught:
        cloud.client(api_key=None, auth_url=None, session=outside)
    between = caught.value.__cause__
    assert type(between) is cause
    assert (str(between), between.code, caught.value.code) == ("OutOfOrderError", code, code)
    assert type(caught.value) is kind


def test_where_a_plugin_failed_is_told_without_what_it_had_sent(cloud: FakeCloud) -> None:
    failure = OSError("out of order")
    cloud.outage = BREAK
    with requests.Session() as session, pytest.raises(requests.ConnectionError) as caught:
        session.post(f"{cloud.url}/tokens", data={"password": "hunter22"})
    failure.__context__, failure.__cause__ = caught.value, KeyError("another")
    outside = keystone.Session(auth=Failing(failure))
    with pytest.raises(error.AuthenticationError, match="out of order"):
        cloud.client(api_key=None, auth_url=None, session=outside)
    assert caught.value.request is None
    places = [frame.f_code.co_qualname for frame, _ in traceback.walk_tb(failure.__traceback__)]
    assert places[-1] == "Failing.get_token"
    modules = {
        frame.f_globals["__name__"] for frame, _ in traceback.walk_tb(caught.value.__traceback__)
    }
    assert modules == {__name__}
