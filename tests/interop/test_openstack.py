"""Row 66: the plugin in OpenStack's tools, as keystoneauth1's own plugins are there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from keystoneauth1 import exceptions as keystone_errors
from keystoneauth1.session import Session

from lavaclient import error
from lavaclient._keystone_loader import RackspaceApiKeyLoader
from lavaclient.identity import RackspaceApiKey
from tests.support.fake_cloud import BREAK, KEY, TENANT, USER, FakeCloud

BIG_DATA = "rax:bigdata"

# openstacksdk warns of what it does itself
pytestmark = [
    pytest.mark.filterwarnings("ignore:Support for InfluxDB"),
    pytest.mark.filterwarnings("ignore:The 'service_type' parameter"),
]


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with FakeCloud() as started:
        started.clock.now = time.time()
        yield started


@contextmanager
def plugin_session(auth_url: str, key: str = KEY) -> Iterator[Session]:
    session = Session(auth=RackspaceApiKey(USER, key, auth_url))
    yield session
    session.session.close()


@contextmanager
def connected(cloud: FakeCloud, **options: object) -> Iterator[Any]:
    """A connection of openstacksdk's, of our plugin by its name."""
    openstack: Any = pytest.importorskip("openstack", reason="openstacksdk is not installed")
    auth = RackspaceApiKeyLoader().load_from_options(
        username=USER, api_key=KEY, auth_url=cloud.auth_url, tenant_id=TENANT
    )
    session = Session(auth=auth)
    connection = openstack.connection.Connection(session=session, region_name="DFW", **options)
    yield connection
    connection.close()
    session.session.close()


def test_66_openstacksdk_has_catalog_user_and_project(cloud: FakeCloud) -> None:
    with connected(cloud) as connection:
        catalog = {entry["type"]: entry["endpoints"] for entry in connection.service_catalog}
        assert connection.current_user_id == "170454"
        assert connection.current_project_id == TENANT
        url = connection.config.get_session().auth.get_access(connection.session)
    assert cloud.sign_ins == 1
    assert list(catalog) == ["rax:dns", "object-store", BIG_DATA]
    # What looks for names of identity's version 3 finds them, and version 2 of the service first.
    assert [endpoint["url"] for endpoint in catalog[BIG_DATA][:3]] == [
        cloud.endpoint(region) for region in ("DFW", "ORD", "IAD")
    ]
    assert {endpoint["interface"] for endpoint in catalog[BIG_DATA]} == {"public"}
    assert url.service_catalog.url_for(BIG_DATA, region_name="ORD") == cloud.endpoint("ORD")


def test_66_what_the_openstack_program_asks_and_sets(cloud: FakeCloud) -> None:
    with plugin_session(cloud.auth_url) as session:
        auth: Any = session.auth
        assert auth.auth_ref is None
        access = auth.get_auth_ref(session)
        auth.auth_ref = access
        assert auth.auth_ref.auth_token == access.auth_token == session.get_token()
        assert (access.project_id, access.user_id) == (TENANT, "170454")
        assert cloud.sign_ins == 1
        auth.auth_ref = None
        assert session.get_token() != access.auth_token
        auth.auth_ref = access
        assert session.get_token() == access.auth_token
    assert cloud.sign_ins == 2


def test_66_a_keyring_keeps_the_sign_in_between_processes(
    cloud: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openstack: Any = pytest.importorskip("openstack", reason="openstacksdk is not installed")
    kept: dict[tuple[str, str], str] = {}

    class Keyring:
        get_password = staticmethod(lambda service, name: kept.get((service, name)))
        set_password = staticmethod(
            lambda service, name, text: kept.update({(service, name): text})
        )

    monkeypatch.setattr(openstack.config.cloud_region, "keyring", Keyring)
    path = tmp_path / "clouds.yaml"
    path.write_text(
        "cache: {auth: true}\nclouds:\n  rax:\n    auth_type: rax_apikey\n    region_name: DFW\n"
        f"    auth: {{username: {USER}, api_key: {KEY}, auth_url: '{cloud.auth_url}'}}\n"
    )
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    tokens = set()
    for _ in range(2):
        connection = openstack.connect(cloud="rax")
        tokens.add(connection.authorize())
        connection.config.set_auth_cache()
        connection.close()
        connection.session.session.close()
    assert cloud.sign_ins == len(tokens) == 1
    assert KEY not in repr(kept)


CALLS: list[Callable[[Session], object]] = [
    lambda session: session.get_token(),
    lambda session: session.get_endpoint(service_type=BIG_DATA, region_name="DFW"),
    lambda session: session.auth.get_access(session),  # type: ignore[union-attr]
    lambda session: session.auth.get_auth_ref(session),  # type: ignore[union-attr]
    lambda session: session.get_user_id(),
    lambda session: session.get_project_id(),
    lambda session: session.get_auth_headers(),
]


@pytest.mark.parametrize("call", CALLS)
def test_66_a_wrong_key_is_keystoneauth1s_error_as_well(
    cloud: FakeCloud, call: Callable[[Session], object]
) -> None:
    with (
        plugin_session(cloud.auth_url, "a-wrong-key") as session,
        pytest.raises(keystone_errors.ClientException) as caught,
    ):
        call(session)
    assert {keystone_errors.Unauthorized, error.AuthorizationError} <= {*type(caught.value).__mro__}


@pytest.mark.parametrize("call", CALLS)
def test_66_a_dead_identity_is_keystoneauth1s_error_as_well(
    cloud: FakeCloud, call: Callable[[Session], object]
) -> None:
    cloud.outage = BREAK
    with (
        plugin_session(cloud.auth_url) as session,
        pytest.raises(keystone_errors.ClientException) as caught,
    ):
        call(session)
    assert isinstance(caught.value, error.AuthenticationError)


def test_66_an_unknown_region_is_keystoneauth1s_error_as_well(cloud: FakeCloud) -> None:
    with plugin_session(cloud.auth_url) as session:
        for call in (session.get, session.delete):
            with pytest.raises(keystone_errors.ClientException, match="DFW, IAD, ORD"):
                call("/limits", endpoint_filter={"service_type": BIG_DATA, "region_name": "SYD"})


@pytest.mark.parametrize(
    "filters",
    [
        *({"version": version} for version in ("1", "v1", 1, (1, 0), "3", "2.1")),
        *({"interface": interface} for interface in ("admin", "internal", ["admin", "internal"])),
        *({"max_version": "1"}, {"min_version": "3"}, {"min_version": 1, "max_version": (1, 9)}),
        *({"service_name": "another"}, {"service_type": "volume"}, {"service_type": None}),
        {"service_type": None, "service_name": "cloudBigData"},
    ],
)
def test_66_what_there_is_no_endpoint_for_is_none(
    cloud: FakeCloud, filters: dict[str, Any]
) -> None:
    wanted: dict[str, Any] = {"service_type": BIG_DATA, "region_name": "DFW", **filters}
    with plugin_session(cloud.auth_url) as session:
        assert session.get_endpoint(**wanted) is None
        assert session.auth.get_endpoint_data(session, **wanted) is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "filters",
    [
        *({"version": version} for version in ("2", "v2", "2.0", 2, (2, 0), "latest", None)),
        *({"interface": interface} for interface in ("public", "publicURL", ["admin", "public"])),
        *({"min_version": "1", "max_version": "latest"}, {"min_version": 2}, {"max_version": 3}),
        {"service_name": "cloudBigData"},
    ],
)
def test_66_what_is_filtered_as_it_is_is_the_one_endpoint(
    cloud: FakeCloud, filters: dict[str, Any]
) -> None:
    with plugin_session(cloud.auth_url) as session:
        url = session.get_endpoint(service_type=BIG_DATA, region_name="dfw", **filters)
    assert url == cloud.endpoint("DFW")
    assert cloud.calls == 0
