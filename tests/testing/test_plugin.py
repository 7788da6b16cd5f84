"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import pytest

from lavaclient.testing import _blocks, mock_lava
from tests.testing.test_conformance import NOUNS

pytest_plugins = ["pytester"]

CONFTEST = 'pytest_plugins = ["lavaclient.testing.plugin"]'


@pytest.fixture(autouse=True, scope="module")
def _all_is_imported() -> None:
    """pytester forgets the modules that a run of its imports, and leaves what holds their classes."""
    with mock_lava() as sandbox:
        lava = sandbox.lava()
        for noun in NOUNS:
            assert getattr(lava, noun)


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A suite that has switched the fixtures on."""
    pytester.makeconftest(CONFTEST)
    return pytester


def _run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return suite.runpytest_inprocess(
        "-p", "no:cacheprovider", "-p", "no:randomly", "--strict-markers", "--strict-config",
        "-W", "error", "-W", "ignore::pytest.PytestAssertRewriteWarning", *arguments,
    )  # fmt: skip


def test_the_fixtures_are_a_sandbox_in_the_process_and_a_client_of_it(
    suite: pytest.Pytester,
) -> None:
    suite.makepyfile(
        """
        from lavaclient import Lava
        from lavaclient.testing import MockLava

        def test_one(lava, lava_sandbox):
            assert type(lava) is Lava and type(lava_sandbox) is MockLava
            lava_sandbox.add_cluster("numbers", status="BUILDING")
            assert lava.clusters.wait("numbers").status == "ACTIVE"

        def test_each_test_has_its_own(lava):
            assert lava.clusters.list() == []
        """
    )
    _run(suite).assert_outcomes(passed=2)


def test_the_marker_gives_options_and_the_nearest_wins(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest
        from lavaclient.testing import LavaSandbox, MockLava

        @pytest.mark.lava_sandbox(username="ada", tenant_id="42")
        class TestThem:
            def test_a_class_is_marked(self, lava_sandbox):
                assert (lava_sandbox.username, lava_sandbox.tenant_id) == ("ada", "42")

            @pytest.mark.lava_sandbox(username="bob")
            def test_a_function_in_it_too(self, lava_sandbox):
                assert (lava_sandbox.username, lava_sandbox.tenant_id) == ("bob", "42")

        @pytest.mark.lava_sandbox(server=True, speed=600)
        def test_a_server(lava, lava_sandbox):
            assert isinstance(lava_sandbox, LavaSandbox)
            assert lava_sandbox.clock.speed == 600
            assert lava.endpoint.startswith(lava_sandbox.url)

        @pytest.mark.lava_sandbox(server=False)
        def test_none(lava_sandbox):
            assert isinstance(lava_sandbox, MockLava)
        """
    )
    _run(suite).assert_outcomes(passed=4)


def test_a_fixture_of_any_scope_is_made_by_the_factory(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest
        import requests
        from lavaclient.testing import _blocks

        @pytest.fixture(scope="session")
        def server(make_lava_sandbox):
            with make_lava_sandbox(server=True) as sandbox:
                yield sandbox
            with pytest.raises(requests.ConnectionError):
                requests.get(sandbox.url, timeout=5)

        @pytest.fixture(scope="module")
        def service(make_lava_sandbox):
            with make_lava_sandbox(username="ada", passthrough=True) as sandbox:
                sandbox.add_cluster("numbers")
                yield sandbox
            assert _blocks.active_blocks() == ()

        @pytest.mark.parametrize("number", [1, 2])
        def test_it_lasts(service, number):
            assert len(service.lava().clusters.list()) == 1
            assert len(service.requests) == 2 * number

        def test_one_of_a_test_is_nested(service, lava):
            before = len(service.requests)
            assert lava.clusters.list() == []
            assert len(service.requests) == before

        def test_a_server(server, service):
            assert server.lava().clusters.list() == []
            assert service.username == "ada"
        """
    )
    suite.makepyfile(
        test_second="""
        from lavaclient.testing import _blocks

        def test_what_is_not_left_lasts_to_the_end(make_lava_sandbox):
            assert _blocks.active_blocks() == ()
            make_lava_sandbox().add_cluster("numbers")
            assert len(_blocks.active_blocks()) == 1
        """
    )
    _run(suite).assert_outcomes(passed=5)
    assert _blocks.active_blocks() == ()


def test_a_marker_names_the_world_that_a_test_begins_with(suite: pytest.Pytester) -> None:
    suite.makefile(".json", world='{"accounts": [{"clusters": [{"name": "numbers"}]}]}')
    suite.makepyfile(
        """
        import pytest

        @pytest.mark.lava_world("world.json")
        @pytest.mark.lava_sandbox(seed=1)
        def test_a_file(lava):
            assert [cluster.name for cluster in lava.clusters.list()] == ["numbers"]

        @pytest.mark.lava_world({"users": [{"username": "ada", "api_key": "k" * 32}]})
        @pytest.mark.lava_sandbox(server=True)
        def test_a_dict(lava_sandbox):
            assert lava_sandbox.lava("ada").clusters.list() == []

        @pytest.mark.lava_world("no-such-world")
        def test_none(lava):
            pass
        """
    )
    _run(suite).assert_outcomes(passed=2, errors=1)


def test_wrong_options_are_errors_that_say_so(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest

        @pytest.mark.lava_sandbox(1)
        def test_by_place(lava_sandbox):
            pass

        @pytest.mark.lava_sandbox(colour="blue")
        def test_unknown(lava_sandbox):
            pass
        """
    )
    result = _run(suite)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*lava_sandbox takes options by name, as in seed=1*"])
    result.stdout.fnmatch_lines(["*unexpected keyword argument 'colour'*"])


def test_a_failed_assertion_shows_the_requests_and_not_our_code(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        def test_it(lava, lava_sandbox):
            lava.limits.get()
            lava_sandbox.assert_requested("PUT", "/clusters")
        """
    )
    result = _run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *expected at least 1 PUT *", "E *GET */limits -> 200"])
    result.stdout.no_fnmatch_line("*_assertions.py*")


def test_it_can_be_switched_on_from_the_command_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(lava):\n    assert lava.limits.get().node_count.used == 0")
    _run(pytester, "-p", "lavaclient.testing.plugin").assert_outcomes(passed=1)


def test_it_tells_of_its_fixtures_and_its_marker(suite: pytest.Pytester) -> None:
    suite.makepyfile("")
    _run(suite, "--markers").stdout.fnmatch_lines(["@pytest.mark.lava_sandbox(server=False, *"])
    _run(suite, "--fixtures").stdout.fnmatch_lines_random(
        ["lava_sandbox -- *", "lava -- *", "make_lava_sandbox *-- *"]
    )


def test_nothing_is_switched_on_by_installing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(lava_sandbox): pass")
    result = _run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'lava_sandbox' not found*"])
