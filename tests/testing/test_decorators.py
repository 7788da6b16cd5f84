"""`mock_lava` as a decorator of all that one decorates in a suite."""

from __future__ import annotations

import asyncio
import inspect
import socket
import unittest
from collections.abc import AsyncIterator, Iterator

import pytest

from lavaclient import Lava
from lavaclient.testing import MockLava, mock_lava

pytest_plugins = ["pytester"]

KEY = "k" * 32


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever gets past the kit fails at once, and is not sent."""

    def connect(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", connect)


def _count(name: str = "setup") -> int:
    """Make a script and count."""
    with Lava("sandbox", "DFW", api_key=KEY) as lava:
        lava.scripts.create(name, "https://example.com/x", "post_init")
        return len([script for script in lava.scripts.list() if not script.is_public])


def test_a_function_gets_the_handle_where_it_asks_for_it() -> None:
    @mock_lava(api_key=KEY)
    def count(name: str, sandbox: MockLava) -> tuple[int, str]:
        return _count(name), sandbox.api_key

    assert count("a") == (1, KEY)  # type: ignore[call-arg]
    assert list(inspect.signature(count).parameters) == ["name"]
    own = mock_lava()
    assert count("a", sandbox=own) == (1, own.api_key)


def test_no_brackets_are_needed() -> None:
    @mock_lava
    def sign_in(sandbox: MockLava) -> str:
        return sandbox.lava().endpoint

    assert sign_in().endswith("/123456")  # type: ignore[call-arg]


def test_a_coroutine_is_within_the_block_to_its_end() -> None:
    @mock_lava(api_key=KEY)
    async def count() -> int:
        await asyncio.sleep(0)
        return _count()

    @mock_lava
    async def count_requests(sandbox: MockLava) -> int:
        await asyncio.sleep(0)
        sandbox.lava().limits.get()
        return len(sandbox.requests)

    async def main() -> tuple[int, int, int]:
        return await asyncio.gather(count(), count(), count_requests())  # type: ignore[call-arg]

    assert inspect.iscoroutinefunction(count)
    assert list(asyncio.run(main())) == [1, 1, 2]


def test_a_generator_is_within_the_block_to_its_end() -> None:
    @mock_lava(api_key=KEY)
    def handles(sandbox: MockLava) -> Iterator[MockLava]:
        _count()
        yield sandbox
        _count("second")

    @mock_lava
    async def async_handles(sandbox: MockLava) -> AsyncIterator[MockLava]:
        yield sandbox
        await asyncio.to_thread(sandbox.lava)

    (handle,) = handles()  # type: ignore[call-arg]
    handle.assert_requested("POST", "/scripts", times=2)

    async def main() -> list[MockLava]:
        return [handle async for handle in async_handles()]  # type: ignore[call-arg]

    (handle,) = asyncio.run(main())
    handle.assert_requested("POST", "/tokens", times=1)


def _outcome(case: type[unittest.TestCase]) -> unittest.TestResult:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    return result


def test_each_test_of_a_test_case_has_a_sandbox_from_set_up_to_clean_up() -> None:
    steps: list[str] = []

    @mock_lava(api_key=KEY)
    class Case(unittest.TestCase):
        def setUp(self, sandbox: MockLava) -> None:  # type: ignore[override]
            sandbox.add_script("there")
            self.addCleanup(self.look, sandbox)

        def test_first(self, sandbox: MockLava) -> None:
            assert _count() == 2
            steps.append(f"first {len(sandbox.requests)}")

        def test_second(self) -> None:
            assert _count() == 2
            steps.append("second")

        def test_that_fails(self) -> None:
            self.fail("as it should")

        def look(self, sandbox: MockLava) -> None:
            steps.append(f"looked at {len(sandbox.lava().scripts.list()) > 0}")

    result = _outcome(Case)
    assert (result.testsRun, len(result.errors), len(result.failures)) == (3, 0, 1)
    assert steps == [
        "first 3", "looked at True", "second", "looked at True", "looked at True",
    ]  # fmt: skip


def test_the_tests_of_an_asynchronous_test_case_too() -> None:
    @mock_lava
    class Case(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self, sandbox: MockLava) -> None:  # type: ignore[override]
            await asyncio.sleep(0)
            self.lava = sandbox.lava()

        async def test_it(self, sandbox: MockLava) -> None:
            await asyncio.to_thread(self.lava.limits.get)
            assert len(sandbox.requests) == 2

    result = _outcome(Case)
    assert (result.testsRun, result.errors, result.failures) == (1, [], [])


def test_a_test_case_that_inherits_its_tests_runs_them_in_its_own_sandbox() -> None:
    class Base(unittest.TestCase):
        def test_it(self, sandbox: MockLava) -> None:
            assert sandbox.username == "ada"

    @mock_lava(username="ada")
    class Case(Base):
        pass

    result = _outcome(Case)
    assert (result.testsRun, result.errors, result.failures) == (1, [], [])
    assert "sandbox" in inspect.signature(Base.test_it).parameters


def test_each_method_of_another_class_has_a_sandbox() -> None:
    @mock_lava(api_key=KEY)
    class Them:
        calls = 0

        def test_first(self) -> int:
            return _count()

        def test_second(self, sandbox: MockLava) -> int:
            return _count() + len(sandbox.requests)

        async def test_third(self, sandbox: MockLava) -> int:
            return _count() + len(sandbox.requests)

        @staticmethod
        def shout(word: str) -> str:
            return word.upper()

        @classmethod
        def name(cls) -> str:
            return cls.__name__

    them = Them()
    assert (them.test_first(), them.test_first()) == (1, 1)
    assert them.test_second() == 4  # type: ignore[call-arg]
    assert asyncio.run(them.test_third()) == 4  # type: ignore[call-arg]
    assert (them.shout("a"), them.name()) == ("A", "Them")


def test_pytest_sees_no_fixture_in_the_argument_and_one_sandbox_around_set_up(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        import unittest
        import pytest
        from lavaclient.testing import mock_lava

        @pytest.fixture
        def name():
            return "numbers"

        @mock_lava
        def test_a_function(sandbox, name):
            assert sandbox.add_cluster(name)

        @mock_lava(username="ada")
        class TestThem:
            def setup_method(self, method, sandbox):
                self.sandbox = sandbox
                sandbox.add_cluster("numbers")

            @pytest.mark.parametrize("number", [1, 2])
            def test_it(self, sandbox, number):
                assert sandbox is self.sandbox
                assert len(sandbox.lava().clusters.list()) == 1

            def teardown_method(self, sandbox):
                assert sandbox.lava().clusters.list()

        @mock_lava
        class TestOthers:
            def setup_method(self):
                raise KeyError("set up")

            def test_it(self):
                pass

        @mock_lava
        class TestCase(unittest.TestCase):
            def test_it(self, sandbox):
                assert sandbox.lava().clusters.list() == []

        @pytest.fixture
        @mock_lava
        def service(sandbox):
            sandbox.add_cluster("numbers")
            yield sandbox

        def test_a_decorated_fixture(service):
            assert len(service.lava().clusters.list()) == 1

        def test_nothing_is_left_behind():
            from lavaclient.testing import _blocks
            assert _blocks.active_blocks() == ()
        """
    )
    result = pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "-p", "no:randomly", "-W", "error"
    )
    result.assert_outcomes(passed=6, errors=1)
    result.stdout.fnmatch_lines(["*KeyError: 'set up'*"])
