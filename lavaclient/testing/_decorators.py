"""``mock_lava`` as a decorator of functions, coroutines, generators and classes."""

from __future__ import annotations

import functools
import inspect
import unittest
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TypeVar

__all__ = ["decorate"]

T = TypeVar("T", bound=Callable[..., object])
MakeBlock = Callable[[], AbstractContextManager[object]]
Function = Callable[..., object]

_ARGUMENT = "sandbox"
_HANDLE = "_mock_lava_handle"
_BLOCK = "_mock_lava_block"
"""The attributes of a test's instance that hold its handle, and what is to be left."""
_OF_TEST_CASES = ("setUp", "tearDown", "asyncSetUp", "asyncTearDown")


def decorate(target: T, make_block: MakeBlock) -> T:
    """Return a function or a class whose calls or tests each have a sandbox of their own.

    Args:
        target: The function or class. A class is changed in place.
        make_block: Makes what a call is to be within; entering it gives the handle.
    """
    if not inspect.isclass(target):
        return _decorate_function(target, make_block)  # type: ignore[return-value]  # it looks like it
    if issubclass(target, unittest.TestCase):
        _decorate_test_case(target, make_block)
    else:
        _decorate_class(target, make_block)
    return target


def _decorate_function(function: Function, make_block: MakeBlock) -> Function:
    """Wrap a function of any kind, so that the block lasts as long as it runs."""
    if inspect.iscoroutinefunction(function):

        async def run_coroutine(*args: object, **kwargs: object) -> object:
            with make_block() as sandbox:
                return await function(*args, **_with_handle(function, sandbox, kwargs))

        return _looks_like(function, run_coroutine)

    if inspect.isasyncgenfunction(function):

        async def run_async_generator(*args: object, **kwargs: object) -> AsyncIterator[object]:
            with make_block() as sandbox:
                async for item in function(*args, **_with_handle(function, sandbox, kwargs)):
                    yield item

        return _looks_like(function, run_async_generator)

    if inspect.isgeneratorfunction(function):

        def run_generator(*args: object, **kwargs: object) -> Iterator[object]:
            with make_block() as sandbox:
                yield from function(*args, **_with_handle(function, sandbox, kwargs))

        return _looks_like(function, run_generator)

    def run(*args: object, **kwargs: object) -> object:
        with make_block() as sandbox:
            return function(*args, **_with_handle(function, sandbox, kwargs))

    return _looks_like(function, run)


def _decorate_test_case(case: type[unittest.TestCase], make_block: MakeBlock) -> None:
    """Give each test a block, from before ``setUp`` until after the last clean-up."""
    run = case.run

    @functools.wraps(run)
    def run_within_block(
        self: unittest.TestCase, result: unittest.TestResult | None = None
    ) -> unittest.TestResult | None:
        with make_block() as sandbox:
            vars(self)[_HANDLE] = sandbox
            return run(self, result)

    case.run = run_within_block  # type: ignore[method-assign]  # that is what decorating is
    for name, function in inspect.getmembers(case, inspect.isfunction):
        if name.startswith(unittest.TestLoader.testMethodPrefix) or name in _OF_TEST_CASES:
            _pass_handle_of_instance(case, name, function)


def _decorate_class(target: type, make_block: MakeBlock) -> None:
    """Give each call of a public method a block, which ``setup_method`` opens if there is one."""
    methods = {
        name: method
        for name, method in inspect.getmembers(target, inspect.isfunction)
        if not name.startswith("_")
        and not isinstance(inspect.getattr_static(target, name), staticmethod)
    }
    spanned = "setup_method" in methods
    for name, method in methods.items():
        if spanned:
            _pass_handle_of_instance(target, name, method)
        else:
            setattr(target, name, _decorate_function(method, make_block))
    if spanned:
        _span_test(target, make_block)


def _span_test(target: type, make_block: MakeBlock) -> None:
    """Open a block before pytest's ``setup_method``, and close it after ``teardown_method``."""
    set_up: Function = vars(target)["setup_method"]
    tear_down: Function = getattr(target, "teardown_method", lambda _self: None)

    # pytest counts the arguments to tell whether they take the test's method.
    def setup_method(self: object, method: object = None) -> None:
        block = make_block()
        vars(self).update({_BLOCK: block, _HANDLE: block.__enter__()})
        try:
            _call_with_optional_method(set_up, self, method)
        except BaseException:
            block.__exit__(None, None, None)
            raise

    def teardown_method(self: object, method: object = None) -> None:
        try:
            _call_with_optional_method(tear_down, self, method)
        finally:
            vars(self)[_BLOCK].__exit__(None, None, None)

    target.setup_method = functools.update_wrapper(setup_method, set_up)  # type: ignore[attr-defined]
    target.teardown_method = teardown_method  # type: ignore[attr-defined]


def _call_with_optional_method(function: Function, self: object, method: object) -> None:
    takes_method = len(inspect.signature(function).parameters) > 1
    function(*((self, method) if takes_method else (self,)))


def _pass_handle_of_instance(target: type, name: str, method: Function) -> None:
    """Give a method that asks for the handle the one of its instance."""
    if _ARGUMENT not in inspect.signature(method).parameters:
        return

    def call(self: object, *args: object, **kwargs: object) -> object:
        return method(self, *args, **_with_handle(method, vars(self)[_HANDLE], kwargs))

    wrapper: Function = call
    if inspect.iscoroutinefunction(method):

        async def call_coroutine(self: object, *args: object, **kwargs: object) -> object:
            return await method(self, *args, **_with_handle(method, vars(self)[_HANDLE], kwargs))

        wrapper = call_coroutine
    setattr(target, name, _looks_like(method, wrapper))


def _with_handle(
    function: Function, sandbox: object, kwargs: Mapping[str, object]
) -> dict[str, object]:
    """Return keyword arguments, with the handle if the function has the argument for it."""
    asks = _ARGUMENT in inspect.signature(function).parameters
    return {**({_ARGUMENT: sandbox} if asks else {}), **kwargs}


def _looks_like(function: Function, wrapper: Function) -> Function:
    """Return the wrapper with name, text and signature of a function, without the handle.

    Without it, because pytest would look for a fixture of that name.
    """
    functools.update_wrapper(wrapper, function)
    signature = inspect.signature(function)
    parameters = [p for p in signature.parameters.values() if p.name != _ARGUMENT]
    vars(wrapper)["__signature__"] = signature.replace(parameters=parameters)
    return wrapper
