"""JSON of any shape for hypothesis, drawn from one number.

``st.recursive`` draws each leaf by itself, which takes ten times as long as the calls that the
values are for; what is lost is that hypothesis makes a failing value smaller.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import strategies as st

_LEAVES: tuple[object, ...] = (
    *(None, True, False, 0, 1, -1, 7, 2**31, -(2**63), 2**64, 10**30, 0.0, -0.5, 1.5e300),
    *(float("inf"), float("nan"), "", " ", "0", "\0", "\ufeff", "\U0001f30b", "a" * 300),
)


def json_values(
    names: Sequence[str], *, leaves: int, texts: Sequence[str] = ()
) -> st.SearchStrategy[object]:
    """Draw JSON values.

    Args:
        names: The keys of objects, beside some of any letters.
        leaves: How many there are at the most.
        texts: Texts to stand among the leaves.
    """

    def value(seed: int) -> object:
        source = random.Random(seed)
        return _value(source, names, (*_LEAVES, *texts), source.randint(1, leaves))

    return st.integers(0, 2**64 - 1).map(value)


def _value(
    source: random.Random, names: Sequence[str], leaves: Sequence[object], room: int
) -> object:
    if room == 1 or source.random() < 0.1:
        return source.choice(leaves) if source.random() < 0.7 else _letters(source)
    count = source.randint(0, min(room, 5))
    inner = [_value(source, names, leaves, max(room // max(count, 1), 1)) for _ in range(count)]
    if source.random() < 0.4:
        return inner
    return {
        source.choice(names) if source.random() < 0.8 else _letters(source): item for item in inner
    }


def _letters(source: random.Random) -> str:
    planes = ((0, 0x80), (0x80, 0xD800), (0xE000, 0x110000))
    return "".join(
        chr(source.randrange(*source.choice(planes))) for _ in range(source.randrange(9))
    )
