"""Path patterns: texts with `*`, matched in time that grows with the path alone."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from lavaclient.sandbox.core import reference_data
from lavaclient.sandbox.core.urls import REGIONS
from lavaclient.sandbox.resources import credentials, identity, routes

SYNTAX = "text to be found in the path; ^ is its start, $ its end, * a part without /, ** any part"

_MOST = 256
_TOKEN = re.compile(r"\*\*+|\*|.", re.DOTALL)
# What would mean something in a regular expression, and does not stand in these paths.
_UNKNOWN = frozenset("[](){}|\\+?^$")
_HEX = "0123456789abcdef-"
_ANY_TEXT = "".join(map(chr, range(33, 127))).replace("/", "")
_REGION = "".join({*"".join(REGIONS).lower(), *"".join(REGIONS)})
_ENDPOINT = "/<region>/v2/<tenant_id>"
# What stands before each kind of id.
_NOUNS = {
    "<cluster_id>": "clusters",
    "<credential_type>": "credentials",
    "<distro_id>": "distros",
    "<flavor_id>": "flavors",
    "<name>": "credentials",
    "<node_id>": "nodes",
    "<script_id>": "scripts",
    "<stack_id>": "stacks",
    "<tenant_id>": "v2",
    "<token_id>": "tokens",
}


class PathPattern:
    """A pattern for paths. Its automaton's states are the bits of a number.

    Args:
        text: The pattern.

    Raises:
        ValueError: It is not one.
    """

    def __init__(self, text: str) -> None:
        core = text.removeprefix("^")
        anchored_start, anchored_end = core != text, core.endswith("$")
        core = core.removesuffix("$")
        unknown = sorted(_UNKNOWN.intersection(core))
        if unknown or len(text) > _MOST or not text.isprintable():
            reason = f"{unknown[0]!r} has no meaning" if unknown else "it is too long, or not text"
            raise ValueError(f"path: {text[:60]!r} is not a pattern: {reason}; write {SYNTAX}")
        self.text = text
        tokens = [] if anchored_start else ["**"]
        tokens += _TOKEN.findall(core)
        tokens += [] if anchored_end else ["**"]
        self._literals: dict[str, int] = {}
        self._within, self._across = 0, 0
        for position, part in enumerate(tokens):
            bit = 1 << position
            if part.startswith("**"):
                self._across |= bit
            elif part == "*":
                self._within |= bit
            else:
                self._literals[part] = self._literals.get(part, 0) | bit
        self._accept = 1 << len(tokens)

    def matches(self, path: str) -> bool:
        """Whether a path, as it is on the wire, is one that is meant."""
        state = self._skip(1)
        for character in path:
            state = self._step(state, character)
            if not state:
                return False
        return bool(state & self._accept)

    def meets(self, template: str) -> bool:
        """Whether a path of this form, such as `/v2.0/tokens/<token_id>`, could match."""
        state = self._skip(1)
        for part in re.findall(r"<\w+>|.", template):
            if part == "<region>":
                state = self._step_over(state, _REGION)
            elif part.startswith("<"):
                # A name may be any text, but only behind its noun.
                any_text = f"{_NOUNS[part]}/" in self.text
                state = self._step_over(state, _ANY_TEXT if any_text else _HEX)
            else:
                state = self._step(state, part)
        return bool(state & self._accept)

    def _skip(self, state: int) -> int:
        wild = self._within | self._across
        # Wildcards may stand for nothing; some stand side by side.
        while (skipped := state | (state & wild) << 1) != state:
            state = skipped
        return state

    def _step(self, state: int, character: str) -> int:
        stay = state & (self._across if character == "/" else self._within | self._across)
        return self._skip(stay | (state & self._literals.get(character, 0)) << 1)

    def _step_over(self, state: int, alphabet: str) -> int:
        """The states after any text of at least one character."""
        reached = 0
        while True:
            following = 0
            for character in {*alphabet}.intersection(self._literals) | {alphabet[0]}:
                following |= self._step(state | reached, character)
            if following | reached == reached:
                return reached
            reached |= following


@functools.lru_cache(maxsize=256)
def compiled(text: str) -> PathPattern:
    """A pattern, made once.

    Raises:
        ValueError: It is not one.
    """
    return PathPattern(text)


@functools.lru_cache(maxsize=256)
def is_reachable(text: str) -> bool:
    """Whether the service has any path that a pattern could match."""
    pattern = compiled(text)
    return any(pattern.meets(template) for template in _templates())


@functools.cache
def _templates() -> tuple[str, ...]:
    return tuple({*_identity_paths(), *_service_paths()})


def _identity_paths() -> Iterator[str]:
    for line in identity.ROUTER.lines:
        path = line.split()[1]
        yield from (path, f"{path}/", f"/identity{path}", f"/identity{path}/")


def _service_paths() -> Iterator[str]:
    for line in routes.ROUTER.lines:
        method, pattern = line.split()
        for path in _with_known_ids(pattern):
            yield from (f"{_ENDPOINT}{path}", f"{_ENDPOINT}{path}.json")
            if method == "GET":
                yield f"/<region>/<tenant_id>{path}"


def _with_known_ids(pattern: str) -> Iterator[str]:
    yield pattern
    reference = reference_data.load()
    known: dict[str, Iterable[str]] = {
        "<credential_type>": credentials.KINDS,
        "<distro_id>": reference.distros,
        "<flavor_id>": reference.flavors,
        "<stack_id>": reference.stacks,
    }
    for placeholder, ids in known.items():
        if placeholder in pattern:
            yield from (pattern.replace(placeholder, known_id) for known_id in ids)
