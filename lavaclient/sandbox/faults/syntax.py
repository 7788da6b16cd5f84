"""The text form of faults, as on a command line."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from lavaclient.sandbox.core.decoding import convert
from lavaclient.sandbox.faults.model import Fault

SYNTAX = """[METHOD] [PATH]: WHAT [xTIMES] [after N]
METHOD is in capitals, as in GET or GET|PUT; without it every method is meant.
PATH is found in the path: ^ is its start, $ its end, * a part without /, ** any part.
WHAT is one of:
  503 (or another status), with retry-after=SECONDS where it should have that header
  latency=SECONDS
  reset-before, reset-after: the connection is reset before or after the request is carried out
  cut: half of the body; html, empty, list, types: another body
  expired-token, endless-pages
  dribble=SECONDS: the body piece by piece; interim: an answer of status 102 before the real one
  fail-build, fail-resize, with =SECONDS after which the cluster breaks; fail-script, fail-node
  ssh-refused, ssh-lost, with node=NAME: the connection to a node, before or after the command
More words: spread=SECONDS (latency and dribble take up to so much more), p=0.3 (how likely it
hits), region=DFW, user=NAME, begins=SECONDS and lasts=SECONDS (on the sandbox's clock).
TIMES is 1 unless given; x* means always. "after N" lets N requests through first.
Example: "GET /clusters$: 503 retry-after=5 x3\""""

_LINE = re.compile(r"^(?:(?P<method>[A-Z|]+)(?=\s|:))?\s*(?P<path>.*?)\s*:\s*(?P<what>[^:]+)$")
_LONGEST = 1000
_NUMBER = r"(\d+(?:\.\d+)?)"

# The forms of a word, and the fields of a fault that follow from it.
_WORDS: tuple[tuple[re.Pattern[str], Callable[[str], dict[str, object]]], ...] = (
    (re.compile(r"\d{3}"), lambda word: {"kind": "status", "code": int(word)}),
    (re.compile(r"retry-after=(.+)"), lambda value: {"retry_after": value}),
    (re.compile(f"latency={_NUMBER}"), lambda n: {"kind": "latency", "seconds": float(n)}),
    (re.compile(f"dribble={_NUMBER}"), lambda n: {"kind": "dribble", "seconds": float(n)}),
    (re.compile(f"fail-build={_NUMBER}"), lambda n: {"kind": "fail_build", "seconds": float(n)}),
    (re.compile(f"fail-resize={_NUMBER}"), lambda n: {"kind": "fail_resize", "seconds": float(n)}),
    (re.compile(r"node=(.+)"), lambda name: {"node": name}),
    (re.compile(f"spread={_NUMBER}"), lambda n: {"spread": float(n)}),
    (re.compile(f"p={_NUMBER}"), lambda n: {"probability": float(n)}),
    (re.compile(r"region=([A-Za-z]+)"), lambda name: {"region": name.upper()}),
    (re.compile(r"user=(.+)"), lambda name: {"username": name}),
    (re.compile(f"begins={_NUMBER}"), lambda n: {"begins": float(n)}),
    (re.compile(f"lasts={_NUMBER}"), lambda n: {"lasts": float(n)}),
    (re.compile(r"x(\d+)"), lambda number: {"times": int(number)}),
    (re.compile(r"x\*"), lambda _: {"times": None}),
    (re.compile(r"after=(\d+)"), lambda number: {"after": int(number)}),
    (re.compile(r"html|empty|list|types"), lambda word: {"kind": "wrong_body", "body": word}),
    (
        re.compile(
            r"reset-before|reset-after|cut|expired-token|endless-pages|interim"
            r"|fail-build|fail-resize|fail-script|fail-node|ssh-refused|ssh-lost"
        ),
        lambda word: {"kind": word.replace("-", "_")},
    ),
)


def parse(line: str) -> Fault:
    """Read one fault.

    Args:
        line: As `SYNTAX` says.

    Raises:
        ValueError: It is none, or one that can hit nothing.
    """
    match = _LINE.match(line.strip()) if len(line) <= _LONGEST else None
    if match is None:
        raise _bad(line)
    fields: dict[str, object] = {"method": match["method"] or "*", "path": match["path"]}
    for word in re.sub(r"\bafter\s+(?=\d)", "after=", match["what"]).split():
        fields.update(_fields(line, word))
    try:
        return convert(fields, Fault)
    except msgspec.ValidationError as error:
        raise ValueError(f"{line!r}: {error}") from error


def as_fault(fault: Fault | str) -> Fault:
    """A fault as it is, or read from its line.

    Raises:
        ValueError: The line is no fault.
    """
    return parse(fault) if isinstance(fault, str) else fault


def line_of(fault: Fault) -> str:
    """Write a fault as `parse` reads it."""
    what = {
        "latency": f"latency={fault.seconds:g}",
        "dribble": f"dribble={fault.seconds:g}",
        "fail_build": f"fail-build={fault.seconds:g}",
        "fail_resize": f"fail-resize={fault.seconds:g}",
        "status": f"{fault.code}",
        "wrong_body": fault.body,
    }.get(fault.kind, fault.kind.replace("_", "-"))
    parts = [what]
    parts += [f"retry-after={fault.retry_after}"] if fault.retry_after is not None else []
    parts += [] if fault.times == 1 else ["x*" if fault.times is None else f"x{fault.times}"]
    parts += [f"after {fault.after}"] if fault.after else []
    parts += [f"spread={fault.spread:g}"] if fault.spread else []
    parts += [f"p={fault.probability:g}"] if fault.probability < 1 else []
    parts += [f"region={fault.region}"] if fault.region is not None else []
    parts += [f"user={fault.username}"] if fault.username is not None else []
    parts += [f"begins={fault.begins:g}"] if fault.begins else []
    parts += [f"lasts={fault.lasts:g}"] if fault.lasts is not None else []
    parts += [f"node={fault.node}"] if fault.node is not None else []
    place = " ".join(part for part in (fault.method.removeprefix("*"), fault.path) if part)
    return f"{place}: {' '.join(parts)}"


def _fields(line: str, word: str) -> dict[str, object]:
    for pattern, read in _WORDS:
        match = pattern.fullmatch(word)
        if match is not None:
            return read(match[match.lastindex or 0])
    raise _bad(line)


def _bad(line: str) -> ValueError:
    return ValueError(f"{line!r} is not a fault; write {SYNTAX}")
