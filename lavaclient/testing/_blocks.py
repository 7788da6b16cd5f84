"""Which ``mock_lava`` block the running code belongs to."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

import responses

from lavaclient.sandbox.service import Sandbox
from lavaclient.testing._clock import SandboxTime
from lavaclient.testing._interceptor import Interceptor

__all__ = ["Block", "active_blocks", "current", "enter", "inherit", "leave", "run_within"]

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(eq=False)
class Block:
    """One ``mock_lava`` block.

    Attributes:
        sandbox: Its service.
        interceptor: What answers requests.
        responses: What the user has registered for other URLs.
        time: The time of its clients.
        passthrough: Whether requests to other places are sent.
        fast_sleep: Whether ``time.sleep`` moves the sandbox's clock.
        outer: The block around it, in the context that entered it.
        active: Whether it was entered and not left.
    """

    sandbox: Sandbox
    interceptor: Interceptor
    responses: responses.RequestsMock
    time: SandboxTime
    passthrough: bool
    fast_sleep: bool
    outer: Block | None = field(default=None, repr=False)
    active: bool = False

    @property
    def around(self) -> Block | None:
        """The innermost active block of those around it."""
        return _innermost_active(self.outer)


_CONTEXT: ContextVar[Block | None] = ContextVar("mock_lava", default=None)
_INHERITED = "_mock_lava_block"
"""The attribute of a thread that holds the block in which it was started."""
_LOCK = threading.Lock()
_ACTIVE: tuple[Block, ...] = ()
"""Replaced under the lock, and read without it."""


def current() -> Block | None:
    """Return the block that the running code belongs to.

    That is the innermost block of its context, else of the code that started its thread. Code
    that belongs to none gets the only one there is, with those in which that is nested.

    Returns:
        None if there is no block, or if there are several that are not nested.
    """
    block = _own()
    if block is not None or not _ACTIVE:
        return block
    active = active_blocks()
    outer = [block.outer for block in active]
    innermost = [block for block in active if block not in outer]
    return innermost[0] if len(innermost) == 1 else None


def active_blocks() -> tuple[Block, ...]:
    """Return all blocks of the process that were entered and not left."""
    return _ACTIVE


def enter(block: Block) -> None:
    """Let the code of this context, and the threads that it starts, belong to a block."""
    block.outer = _own()
    block.active = True
    _replace_active(lambda blocks: (*blocks, block))
    _CONTEXT.set(block)


def leave(block: Block) -> None:
    """Let no code belong to a block any more, whichever context it was entered in."""
    block.active = False
    _replace_active(lambda blocks: tuple(each for each in blocks if each is not block))
    if _CONTEXT.get() is block:
        _CONTEXT.set(block.outer)


def inherit(thread: threading.Thread) -> None:
    """Let a thread that is about to start belong to the block of the code that starts it."""
    block = _own()
    if block is not None:
        vars(thread)[_INHERITED] = block


def run_within(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that belongs to the block of the code that calls this one."""
    block = _own()
    if block is None:
        return function

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        token = _CONTEXT.set(block)
        try:
            return function(*args, **kwargs)
        finally:
            _CONTEXT.reset(token)

    return run


def _replace_active(change: Callable[[tuple[Block, ...]], tuple[Block, ...]]) -> None:
    global _ACTIVE  # noqa: PLW0603 (there is one process)
    with _LOCK:
        _ACTIVE = change(_ACTIVE)


def _own() -> Block | None:
    """Return the innermost active block of this context, else of this thread."""
    inherited: Block | None = vars(threading.current_thread()).get(_INHERITED)
    return _innermost_active(_CONTEXT.get()) or _innermost_active(inherited)


def _innermost_active(block: Block | None) -> Block | None:
    while block is not None and not block.active:
        block = block.outer
    return block
