"""Lava itself: its signature, from_env, warnings, TLS, and what it refuses to do."""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
import ssl
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

import lavaclient
import lavaclient.client
from lavaclient import InsecureTransportWarning, Lava, error
from lavaclient.api import clusters, credentials, distros, flavors, limits, nodes, scripts, stacks
from tests.support.fake_cloud import KEY, TENANT, USER, FakeCloud

EMPTY = inspect.Parameter.empty


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with FakeCloud() as fake_cloud:
        yield fake_cloud


def test_the_signature_is_the_documented_one() -> None:
    keyword_only = [
        (parameter.name, parameter.default, parameter.kind.name)
        for parameter in inspect.signature(Lava).parameters.values()
    ]
    documented = ["region", "token", "api_key", "auth_url", "tenant_id", "endpoint", "verify_ssl"]
    of_0_3 = ["timeout", "max_retries", "retry_backoff"]
    assert keyword_only == [
        ("username", EMPTY, "POSITIONAL_OR_KEYWORD"),
        *((name, None, "POSITIONAL_OR_KEYWORD") for name in documented + of_0_3),
        *((name, None, "KEYWORD_ONLY") for name in ("token_cache", "session")),
    ]


def test_the_managers_stand_on_the_client(cloud: FakeCloud) -> None:
    with cloud.client() as lava:
        assert isinstance(lava.clusters, clusters.ClusterManager)
        assert isinstance(lava.credentials, credentials.CredentialManager)
        assert isinstance(lava.distros, distros.DistroManager)
        assert isinstance(lava.flavors, flavors.FlavorManager)
        assert isinstance(lava.limits, limits.LimitManager)
        assert isinstance(lava.nodes, nodes.NodeManager)
        assert isinstance(lava.scripts, scripts.ScriptManager)
        assert isinstance(lava.stacks, stacks.StackManager)


def test_lava_is_where_old_scripts_look_for_it() -> None:
    assert lavaclient.client.Lava is lavaclient.Lava


def test_token_and_endpoint_make_another_client(cloud: FakeCloud) -> None:
    with cloud.client() as first, Lava(USER, token=first.token, endpoint=first.endpoint) as second:
        assert second.limits.get() == first.limits.get()
    assert cloud.sign_ins == 1


def test_all_arguments_may_be_given_by_position(cloud: FakeCloud) -> None:
    arguments = (USER, "dfw", None, KEY, cloud.auth_url, int(TENANT), cloud.endpoint(), True)
    with Lava(*arguments, "5", "1", "0.1") as lava:
        assert lava.limits.get().ram.limit == 10


def test_the_repr_shows_user_region_and_endpoint_and_no_secret(cloud: FakeCloud) -> None:
    with cloud.client(region="ord") as lava:
        assert repr(lava) == f"<Lava username='myusername' region='ord' endpoint='{lava.endpoint}'>"
        assert lava.token not in repr(lava)


@pytest.mark.parametrize("attempt", [copy.copy, copy.deepcopy, pickle.dumps])
def test_35_a_client_cannot_be_copied_or_pickled(
    cloud: FakeCloud, attempt: Callable[[object], object]
) -> None:
    with cloud.client() as lava, pytest.raises(TypeError, match="cannot be pickled or copied"):
        attempt(lava)


def test_37_an_open_client_is_closed_with_and_leaves_no_warning(cloud: FakeCloud) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with cloud.client() as lava:
            lava.limits.get()
        del lava
        gc.collect()
    assert [warning.category for warning in caught] == []


def test_37_a_constructor_that_fails_leaves_nothing_open(cloud: FakeCloud) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(error.AuthenticationError):
            cloud.client(region="SYD")
        gc.collect()
    assert [warning.category for warning in caught] == []


def test_from_env_makes_a_client_and_overrides_win(cloud: FakeCloud) -> None:
    environ = {
        "OS_USERNAME": USER,
        "LAVA_API_KEY": KEY,
        "LAVA_AUTH_URL": cloud.auth_url,
        "LAVA_REGION_NAME": "DFW",
        "LAVA_TIMEOUT": "7.5",
    }
    with Lava.from_env(environ) as lava:
        assert lava.endpoint == cloud.endpoint()
    with Lava.from_env(environ, region="iad", timeout=None) as lava:
        assert lava.endpoint == cloud.endpoint("IAD")


def test_a_region_of_the_caller_goes_before_the_endpoint_of_the_environment(
    cloud: FakeCloud,
) -> None:
    environ = {
        "LAVA_USERNAME": USER,
        "LAVA_API_KEY": KEY,
        "LAVA_AUTH_URL": cloud.auth_url,
        "LAVA2_API_URL": cloud.endpoint("DFW"),
    }
    with Lava.from_env(environ) as lava:
        assert lava.endpoint == cloud.endpoint("DFW")
    with Lava.from_env(environ, region=None) as lava:
        assert lava.endpoint == cloud.endpoint("DFW")
    with Lava.from_env(environ, region="ORD") as lava:
        assert lava.endpoint == cloud.endpoint("ORD")
    with Lava.from_env(environ, region="ORD", endpoint=cloud.endpoint("IAD")) as lava:
        assert lava.endpoint == cloud.endpoint("IAD")


def test_another_user_does_not_go_on_with_the_token_of_the_environment(cloud: FakeCloud) -> None:
    environ = {
        "LAVA_USERNAME": "another",
        "LAVA_AUTH_TOKEN": "t0ken-of-another",
        "LAVA_AUTH_URL": cloud.auth_url,
        "LAVA2_API_URL": cloud.endpoint(),
    }
    with Lava.from_env(environ, username="another") as lava:
        assert lava.token == "t0ken-of-another"
    with Lava.from_env(environ, username=USER, api_key=KEY) as lava:
        assert lava.token != "t0ken-of-another"


def test_from_env_reads_this_process_but_the_constructor_does_not(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAVA_AUTH_TOKEN", "t0ken-of-the-environment")
    monkeypatch.setenv("LAVA_API_URL", cloud.endpoint())
    with Lava.from_env() as lava:
        assert lava.token == "t0ken-of-the-environment"
    with pytest.raises(error.InvalidError, match="one of api_key, token and session"):
        Lava(USER, "DFW")


def test_from_env_beside_a_session_leaves_its_own_matters_alone(cloud: FakeCloud) -> None:
    environ = {"LAVA_API_KEY": KEY, "LAVA_INSECURE": "1", "LAVA_REGION_NAME": "ORD"}
    with cloud.client() as owner, Lava.from_env(environ, session=owner.session) as lava:
        assert lava.endpoint == cloud.endpoint("ORD")


def insecure(**options: object) -> list[warnings.WarningMessage]:
    """The warnings of constructing a client that sends nothing."""
    usual = {"username": None, "token": "t0ken-t0ken", "endpoint": "https://a.example/v2/1"}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Lava(**{**usual, **options}).close()  # type: ignore[arg-type]
    return caught


@pytest.mark.parametrize(
    "options",
    [
        {"endpoint": "http://a.example/v2/1"},
        {"verify_ssl": False},
        {"endpoint": "http://a.example/v2/1", "verify_ssl": False},
    ],
)
def test_05_an_insecure_client_warns_once_at_the_line_that_made_it(
    options: dict[str, object],
) -> None:
    caught = insecure(**options)
    assert [warning.category for warning in caught] == [InsecureTransportWarning]
    assert caught[0].filename == __file__
    assert "Lava(**{**usual" in Path(__file__).read_text().splitlines()[caught[0].lineno - 1]


def test_05_from_env_and_subclasses_warn_at_the_callers_line_too() -> None:
    class Mine(Lava):
        pass

    environ = {"AUTH_TOKEN": "t0ken-t0ken", "LAVA_API_URL": "http://a.example/v2/1"}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Mine.from_env(environ).close()
    assert [(warning.category, warning.filename) for warning in caught] == [
        (InsecureTransportWarning, __file__)
    ]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"endpoint": "http://127.0.0.1/v2/1"},
        {"endpoint": "http://localhost/v2/1"},
        {"auth_url": "http://a.example"},
    ],
)
def test_05_what_stays_on_the_machine_or_is_not_used_gives_no_warning(
    options: dict[str, object],
) -> None:
    assert insecure(**options) == []


def test_05_a_catalog_that_leads_to_plain_http_gives_the_warning(cloud: FakeCloud) -> None:
    def lead_away(access: dict[str, object]) -> None:
        endpoint = {"region": "DFW", "versionId": "2", "publicURL": "http://a.example/v2/1"}
        access["serviceCatalog"] = [{"type": "rax:bigdata", "endpoints": [endpoint]}]

    cloud.change = lead_away
    with pytest.warns(InsecureTransportWarning, match=r"http://a\.example") as caught:
        lava = Lava(USER, "DFW", api_key=KEY, auth_url=cloud.auth_url)
    lava.close()
    assert [warning.filename for warning in caught] == [__file__]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(cloud: FakeCloud, authority: trustme.CA) -> FakeCloud:
    """The same over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    cloud.speak_tls(context)
    return cloud


def test_a_bundle_is_what_certificates_are_verified_with(
    secure: FakeCloud, authority: trustme.CA, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with secure.client(verify_ssl=str(bundle)) as lava:
        assert lava.limits.get().ram.limit == 10
    with secure.client(verify_ssl=bundle) as lava:
        assert lava.endpoint.startswith("https://")


def test_a_bundle_of_the_environment_is_used_too(
    secure: FakeCloud,
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with secure.client() as lava:
        assert lava.limits.get().ram.limit == 10


@pytest.mark.parametrize("verify", [None, True, "other"])
def test_16_a_certificate_that_is_not_trusted_is_refused_at_once(
    secure: FakeCloud, tmp_path: Path, verify: object
) -> None:
    if verify == "other":
        verify = tmp_path / "other.pem"
        trustme.CA().cert_pem.write_to_path(str(verify))
    with pytest.raises(error.AuthenticationError, match="certificate") as caught:
        secure.client(verify_ssl=verify)
    assert isinstance(caught.value.__cause__, error.ConnectionError)
    assert (secure.clock.pauses, secure.requests) == ([], [])


def test_without_verification_there_is_one_warning_of_ours_and_none_of_urllib3(
    secure: FakeCloud,
) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with secure.client(verify_ssl=False) as lava:
            for _ in range(3):
                lava.limits.get()
    assert [warning.category for warning in caught] == [InsecureTransportWarning]
    assert "verify_ssl=False" in str(caught[0].message)
