"""The keystoneauth1 plugin, in sessions and connections that are not ours."""

from __future__ import annotations

import copy
import hashlib
import importlib.metadata
import json
import pickle
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from keystoneauth1 import adapter, loading, plugin
from keystoneauth1 import exceptions as keystone_errors
from keystoneauth1.session import Session

from lavaclient import error
from lavaclient._keystone_loader import RackspaceApiKeyLoader
from lavaclient._system.clock import use_clock
from lavaclient.identity import RackspaceApiKey
from tests.support.fake_cloud import KEY, TENANT, USER, FakeCloud, Reply
from tests.support.recorder import SentRequest
from tests.support.threads import together, until

pytestmark = pytest.mark.usefixtures("no_collection")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with FakeCloud() as fake_cloud:
        fake_cloud.clock.now = time.time()
        yield fake_cloud


@pytest.fixture
def auth(cloud: FakeCloud) -> RackspaceApiKey:
    return RackspaceApiKey(USER, KEY, cloud.auth_url)


@pytest.fixture
def session(auth: RackspaceApiKey) -> Iterator[Session]:
    session = Session(auth=auth)
    session.session.get_adapter("http://").init_poolmanager(64, 64)  # type: ignore[attr-defined]
    yield session
    session.session.close()


def limits(cloud: FakeCloud, session: Session) -> object:
    return session.get(f"{cloud.endpoint()}/limits").json()["limits"]["absolute"]["ram"]["limit"]


def test_it_signs_in_with_one_post_and_no_discovery(
    cloud: FakeCloud, auth: RackspaceApiKey, session: Session
) -> None:
    assert isinstance(auth, plugin.BaseAuthPlugin)
    assert limits(cloud, session) == 10
    assert auth.get_token(session) == session.get_token() in cloud.good
    assert [request.method for request in cloud.requests] == ["POST", "GET"]
    assert cloud.requests[0].json() == {
        "auth": {"RAX-KSKEY:apiKeyCredentials": {"username": USER, "apiKey": KEY}}
    }


def test_32_threads_of_a_plain_session_sign_in_once_for_a_dead_token(
    cloud: FakeCloud, session: Session
) -> None:
    for round in range(4):
        cloud.kill()
        assert together(32, lambda _: limits(cloud, session)) == [10] * 32
        assert cloud.sign_ins == round + 1


def test_401s_that_arrive_spread_out_sign_in_once_too(cloud: FakeCloud, session: Session) -> None:
    limits(cloud, session)
    late = iter(range(32))

    def spread(request: SentRequest) -> None:
        if (
            not request.path.endswith("/tokens")
            and request.headers["X-Auth-Token"] not in cloud.good
        ):
            time.sleep(next(late) * 0.003)

    cloud.kill()
    cloud.before = spread
    assert together(32, lambda _: limits(cloud, session)) == [10] * 32
    assert cloud.sign_ins == 2


def test_identity_down_is_tried_once_for_the_threads_of_a_plain_session(
    cloud: FakeCloud, session: Session
) -> None:
    limits(cloud, session)
    cloud.kill()
    cloud.outage = Reply(401, {})
    refused: list[SentRequest] = []

    def all_at_once(request: SentRequest) -> None:
        if not request.path.endswith("/tokens"):
            refused.append(request)
            until(lambda: len(refused) == 32)

    cloud.before = all_at_once
    outcomes = together(32, lambda _: limits(cloud, session))
    assert all(isinstance(outcome, error.AuthorizationError) for outcome in outcomes)
    assert cloud.sign_ins == 2


def test_invalidate_drops_only_what_the_thread_was_given(
    cloud: FakeCloud, auth: RackspaceApiKey, session: Session
) -> None:
    first = auth.get_token(session)
    tokens: list[str] = []

    def elsewhere() -> None:
        tokens.append(auth.get_token(session))
        assert auth.invalidate() is True
        tokens.append(auth.get_token(session))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join(10)
    assert tokens[0] == first != tokens[1]
    assert session.invalidate() is True
    assert auth.get_token(session) == tokens[1]
    assert cloud.sign_ins == 2


def test_what_is_looked_up_in_between_is_not_what_was_refused(
    cloud: FakeCloud, auth: RackspaceApiKey, session: Session
) -> None:
    auth.get_token(session)
    thread = threading.Thread(target=lambda: (auth.get_token(session), auth.invalidate()))
    thread.start()
    thread.join(10)
    auth.get_endpoint(session, service_type="rax:bigdata", region_name="DFW")
    newer = cloud.sign_ins
    auth.invalidate()
    auth.get_token(session)
    assert cloud.sign_ins == newer == 2


def test_a_thread_that_was_given_nothing_drops_what_is_current(
    cloud: FakeCloud, auth: RackspaceApiKey, session: Session
) -> None:
    thread = threading.Thread(target=auth.get_token, args=(session,))
    thread.start()
    thread.join(10)
    assert session.invalidate() is True
    auth.get_token(session)
    assert cloud.sign_ins == 2


def test_endpoints_come_from_the_catalog(cloud: FakeCloud, session: Session) -> None:
    assert session.get_endpoint(service_type="rax:bigdata", region_name="ord") == cloud.endpoint(
        "ORD"
    )
    assert session.get_endpoint(service_type="rax:bigdata") == cloud.endpoint("DFW")
    assert session.get_endpoint(
        service_type="object-store", interface="public", region_name="ORD"
    ) == (f"{cloud.url}/files/ORD")
    assert session.get_endpoint(service_type="object-store", region_name="SYD") is None
    assert session.get_endpoint(service_type="object-store", interface="internal") is None
    assert session.get_endpoint(service_type="object-store", version="") == f"{cloud.url}/files/DFW"
    for name, there in (("cloudFiles", True), ("cloudDNS", False)):
        url = session.get_endpoint(service_type="object-store", service_name=name)
        assert bool(url) is there
    assert session.get_endpoint(interface=plugin.AUTH_INTERFACE) == cloud.auth_url
    with pytest.raises(error.AuthenticationError, match="DFW, IAD, ORD"):
        session.get_endpoint(service_type="rax:bigdata", region_name="SYD")
    assert {request.method for request in cloud.requests} == {"POST"}


def test_endpoint_data_is_not_discovered(cloud: FakeCloud, session: Session) -> None:
    endpoint = session.get_endpoint_data(service_type="rax:bigdata", region_name="IAD")
    assert endpoint is not None
    assert endpoint.url == cloud.endpoint("IAD")
    override = session.get_endpoint_data(endpoint_override="https://own.example/v2/1")
    assert override is not None
    assert override.url == "https://own.example/v2/1"
    assert session.get_endpoint_data(service_type="volume") is None
    assert cloud.calls == 0


def test_versions_are_those_of_the_catalogs_urls(cloud: FakeCloud, session: Session) -> None:
    def files_inside(access: dict[str, object]) -> None:
        inside = {"region": "DFW", "internalURL": "https://snet.example/v1/files", "adminURL": ""}
        entry = {"type": "object-store", "name": "cloudFiles", "endpoints": [inside]}
        of_admins = {"region": "DFW", "adminURL": "https://admin.example/v3/x"}
        access["serviceCatalog"] += [  # type: ignore[operator]
            entry,
            {"type": "object-store", "endpoints": [of_admins]},
            {"endpoints": [of_admins]},
        ]

    cloud.change = files_inside
    versions = session.get_all_version_data(session.auth)
    # What stands in no region, as the DNS, is left out.
    assert list(versions) == ["DFW", "ORD", "IAD"]
    assert list(versions["DFW"]["public"]) == ["object-store", "rax:bigdata"]
    big_data = versions["ORD"]["public"]["rax:bigdata"]
    assert [(data["version"], data["url"]) for data in big_data] == [
        ("1.0", cloud.endpoint("ORD").replace("/v2/", "/v1.0/")),
        ("2.0", cloud.endpoint("ORD")),
    ]
    assert versions["ORD"]["public"]["object-store"][0]["version"] is None
    narrow = session.get_all_version_data(
        session.auth, interface=["publicURL"], region_name="IAD", service_type="rax:bigdata"
    )
    assert list(narrow) == ["IAD"]
    assert list(narrow["IAD"]) == ["public"]
    assert list(narrow["IAD"]["public"]) == ["rax:bigdata"]
    assert set(session.get_all_version_data(session.auth, interface=None)["DFW"]) == {
        "public",
        "internal",
        "admin",
    }
    of_admins = session.get_all_version_data(session.auth, interface="admin")["DFW"]["admin"]
    assert {kind: [data["url"] for data in versions] for kind, versions in of_admins.items()} == {
        kind: ["https://admin.example/v3/x"] for kind in ("object-store", "")
    }
    assert {request.method for request in cloud.requests} == {"POST"}


def test_an_adapter_reaches_the_service(cloud: FakeCloud, session: Session) -> None:
    service = adapter.Adapter(session, service_type="rax:bigdata", region_name="DFW")
    assert service.get("/limits").status_code == 200
    assert [request.path for request in cloud.requests][1:] == [f"/dfw/v2/{TENANT}/limits"]


def test_a_service_that_is_not_in_the_catalog_is_keystoneauths_error(session: Session) -> None:
    with pytest.raises(keystone_errors.EndpointNotFound):
        session.get("/x", endpoint_filter={"service_type": "volume"})


def test_user_and_project_are_told(cloud: FakeCloud, session: Session) -> None:
    assert (session.get_user_id(), session.get_project_id()) == ("170454", TENANT)
    plugin = RackspaceApiKey(USER, KEY, cloud.auth_url, tenant_id=99)
    assert plugin.get_project_id(session) == "99"
    assert cloud.sign_ins == 1


def test_odd_parts_of_an_answer_are_no_reason_to_fail(cloud: FakeCloud, session: Session) -> None:
    def spoil(access: dict[str, object]) -> None:
        bad = {"type": "dns", "endpoints": [{"publicURL": "https://["}]}
        odd = [None, {}, {"type": 5}, {"type": "volume"}, {"type": "volume", "endpoints": [5]}, bad]
        access["user"] = None
        access["serviceCatalog"] = [*odd, *cloud.catalog()]
        token = access["token"]
        assert isinstance(token, dict)
        token["tenant"] = "none"

    cloud.change = spoil
    assert (session.get_user_id(), session.get_project_id()) == (None, None)
    assert session.get_endpoint(service_type="volume") is None
    with pytest.raises(error.AuthenticationError, match="the catalog is not valid"):
        session.get_endpoint(service_type="dns")
    assert session.get_endpoint(service_type="object-store") == f"{cloud.url}/files/DFW"
    assert isinstance(session.auth, RackspaceApiKey)
    assert session.auth.get_access(session).has_service_catalog()


def test_access_is_what_identity_answered(auth: RackspaceApiKey, session: Session) -> None:
    access = auth.get_access(session)
    assert access.auth_token == session.get_token()
    assert access.username == USER
    assert access.will_expire_soon() is False
    assert access.has_service_catalog()


def test_access_of_a_token_alone_has_no_catalog(cloud: FakeCloud) -> None:
    options: dict[str, object] = {"region": None, "endpoint": cloud.endpoint(), "tenant_id": TENANT}
    with cloud.client(token="some-token", api_key=None, **options) as lava:
        auth = lava.session.auth
        assert isinstance(auth, RackspaceApiKey)
        access = auth.get_access(lava.session)
        assert (access.auth_token, access.has_service_catalog()) == ("some-token", False)
        assert auth.get_project_id(lava.session) == TENANT
        digest = auth.get_cache_id_elements()["api_key_sha256"]
    assert digest == hashlib.sha256(b"").hexdigest()


def test_31_identity_that_repeats_the_key_does_not_show_it(
    cloud: FakeCloud, session: Session
) -> None:
    cloud.outage = Reply(401, {"unauthorized": {"message": f"no key {KEY}"}})
    with pytest.raises(error.AuthorizationError) as caught:
        session.get_token()
    assert caught.value.message == "no key [hidden]"


def test_a_failure_since_the_token_was_got_is_not_asked_for_again(
    cloud: FakeCloud, auth: RackspaceApiKey, session: Session
) -> None:
    auth.get_token(session)
    cloud.outage = Reply(400, {"badRequest": {"message": "not now"}})
    for _ in range(3):
        auth.invalidate()
        with pytest.raises(error.AuthenticationError, match="not now"):
            auth.get_token(session)
    assert cloud.sign_ins == 2


def test_the_version_of_another_service_is_the_one_in_its_url(
    cloud: FakeCloud, session: Session
) -> None:
    url = "https://compute.example/v2.1/x"
    entry = {"type": "compute", "endpoints": [{"region": "DFW", "publicURL": url}]}
    cloud.change = lambda access: access["serviceCatalog"].append(entry)  # type: ignore[attr-defined]
    assert session.get_endpoint(service_type="compute", version="2.1") == url
    assert session.get_endpoint(service_type="compute", version="3") is None


def test_each_call_renews_a_token_that_nears_its_end(cloud: FakeCloud) -> None:
    with use_clock(cloud.clock):
        auth = RackspaceApiKey(USER, KEY, cloud.auth_url)
    with Session(auth=auth).session as wire:
        session = Session(auth=auth, session=wire)
        first = auth.get_token(session)
        cloud.clock.now += cloud.lifetime - 60
        assert first != auth.get_token(session) in cloud.good
    assert cloud.sign_ins == 2


def test_the_auth_state_goes_round_without_the_key(
    cloud: FakeCloud, auth: RackspaceApiKey, session: Session
) -> None:
    assert auth.get_auth_state() is None
    token = auth.get_token(session)
    state = auth.get_auth_state()
    assert state is not None
    assert json.loads(state)["auth_token"] == token
    assert KEY not in state
    other = RackspaceApiKey(USER, KEY, cloud.auth_url)
    other.set_auth_state(state)
    assert other.get_token(session) == token
    assert cloud.sign_ins == 1
    other.set_auth_state(None)
    assert other.get_token(session) != token


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ("{", "Expecting property name"),
        ("[]", "the state is missing"),
        ('{"auth_token": "x", "body": {}}', "access is missing"),
        ("[" * 99_999, "the state is nested"),
    ],
)
def test_what_is_no_auth_state_is_refused(auth: RackspaceApiKey, state: str, problem: str) -> None:
    with pytest.raises(error.InvalidError, match=f"^data is not an auth state: {problem}"):
        auth.set_auth_state(state)


def test_the_cache_id_is_of_user_key_and_place_and_shows_no_key(auth: RackspaceApiKey) -> None:
    same = RackspaceApiKey(USER, KEY, auth.auth_url + "/tokens/")
    assert same.get_cache_id() == auth.get_cache_id()
    others = [
        RackspaceApiKey("another", KEY, auth.auth_url),
        RackspaceApiKey(USER, "another-key", auth.auth_url),
        RackspaceApiKey(USER, KEY, "https://identity.example"),
        RackspaceApiKey(USER, KEY, auth.auth_url, 5),
    ]
    assert len({plugin.get_cache_id() for plugin in [auth, *others]}) == 5
    elements = auth.get_cache_id_elements()
    assert list(elements) == ["auth_url", "username", "tenant_id", "api_key_sha256"]
    assert KEY not in repr(elements)


@pytest.mark.parametrize("attempt", [copy.copy, copy.deepcopy, pickle.dumps])
def test_35_the_plugin_cannot_be_copied_or_pickled(
    auth: RackspaceApiKey, attempt: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError) as caught:
        attempt(auth)
    assert str(caught.value) == (
        "this plugin cannot be pickled or copied: it holds an API key; construct another one, "
        "and hand on get_auth_state() to its set_auth_state() if you like"
    )


def test_the_repr_shows_no_key(auth: RackspaceApiKey) -> None:
    assert repr(auth) == f"<RackspaceApiKey username='myusername' auth_url='{auth.auth_url}'>"


@pytest.mark.parametrize(
    ("credentials", "message"),
    [
        ((USER, None), "^username and api_key are both required$"),
        ((None, KEY), "^username and api_key are both required$"),
        ((" ", KEY), "^username must not be blank"),
        ((USER, ""), "api_key must not be blank"),
        ((USER, KEY, "https://identity.example/v3"), r"v2\.0 only"),
        ((USER, KEY, None, True), "tenant_id"),
    ],
)
def test_bad_arguments_are_refused(credentials: tuple[str, str], message: str) -> None:
    with pytest.raises(error.InvalidError, match=message):
        RackspaceApiKey(*credentials)


def test_the_client_uses_the_plugin_itself(cloud: FakeCloud) -> None:
    with cloud.client(tenant_id=TENANT) as lava:
        auth = lava.session.auth
        assert isinstance(auth, RackspaceApiKey)
        assert lava.session.get_token() == lava.token
        assert auth.get_project_id(lava.session) == TENANT
        assert auth.username == USER
    assert cloud.sign_ins == 1


def test_the_session_of_a_client_sends_as_the_client_does(cloud: FakeCloud) -> None:
    bundle = requests.utils.DEFAULT_CA_BUNDLE_PATH
    with cloud.client(verify_ssl=bundle, timeout=7) as lava:
        assert (lava.session.verify, lava.session.timeout) == (bundle, 7.0)
        assert limits(cloud, lava.session) == 10
    assert cloud.requests[-1].headers["user-agent"].startswith("python-lavaclient/")


def test_the_loader_makes_the_plugin_of_its_options(cloud: FakeCloud) -> None:
    plugin = RackspaceApiKeyLoader().load_from_options(
        username=USER, api_key=KEY, auth_url=cloud.auth_url, tenant_id=TENANT
    )
    assert isinstance(plugin, RackspaceApiKey)
    assert plugin.auth_url == cloud.auth_url
    options = {option.dest: option for option in RackspaceApiKeyLoader().get_options()}
    assert options.keys() == {"username", "api_key", "auth_url", "tenant_id"}
    assert [option.dest for option in options.values() if option.secret] == ["api_key"]
    with pytest.raises(keystone_errors.MissingRequiredOptions):
        RackspaceApiKeyLoader().load_from_options(username=USER)


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin's entry point; where the package is not installed, as it would be if it were."""
    if importlib.metadata.entry_points(group="keystoneauth1.plugin", name="rax_apikey"):
        return
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [(name, place)] = project["entry-points"]["keystoneauth1.plugin"].items()
    folder = tmp_path / "site" / "lavaclient-1.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: lavaclient\nVersion: 1\n")
    (folder / "entry_points.txt").write_text(f"[keystoneauth1.plugin]\n{name} = {place}\n")
    monkeypatch.syspath_prepend(folder.parent)


@pytest.mark.usefixtures("registered")
def test_the_plugin_is_registered_under_its_name() -> None:
    assert isinstance(loading.get_plugin_loader("rax_apikey"), RackspaceApiKeyLoader)


# openstacksdk warns of what it does itself
@pytest.mark.filterwarnings("ignore:Support for InfluxDB", "ignore:The 'service_type' parameter")
@pytest.mark.usefixtures("registered")
def test_an_openstacksdk_connection_from_a_clouds_yaml_works(
    cloud: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openstack = pytest.importorskip("openstack", reason="openstacksdk is not installed")
    lines = [
        "clouds:",
        "  rackspace:",
        "    auth_type: rax_apikey",
        "    auth:",
        f"      username: {USER}",
        f"      api_key: {KEY}",
        f"      auth_url: {cloud.auth_url}",
        f"      tenant_id: '{TENANT}'",
        "    region_name: DFW",
    ]
    path = tmp_path / "clouds.yaml"
    path.write_text("\n".join(lines))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    connection = openstack.connect(cloud="rackspace")
    try:
        assert connection.authorize() in cloud.good
        assert connection.current_project_id == TENANT
        service = connection.config.get_session_client("rax:bigdata")
        cloud.kill()
        assert service.get("/limits").status_code == 200
        assert connection.object_store.get_endpoint() == f"{cloud.url}/files/DFW"
    finally:
        connection.close()
        connection.session.session.close()
    assert cloud.sign_ins == 2
    assert {request.path for request in cloud.requests if request.method == "GET"} == {
        f"/dfw/v2/{TENANT}/limits"
    }
