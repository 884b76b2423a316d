"""Changes to JSON that bytes alone seldom bring about: a value, a key or a type goes wrong."""

import copy
import json
import random
import re
from typing import Any

__all__ = ["INTERESTING", "dictionary", "mutated"]

# What has broken parsers before: edges of integers and floats, what JSON should not have, types
# where others stand, text that is no text.
INTERESTING: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1e308,
    float("inf"),
    float("nan"),
    -0.0,
    1e-320,
    2**31,
    2**53 + 1,
    2**63,
    2**64,
    -(2**63) - 1,
    10**400,
    "",
    "0",
    "1e999999999",
    "NaN",
    "-Infinity",
    "\ud800",
    "\x00",
    "{}",
    "%s",
    "KRW-BTC",
    "KRW-BTC.5",
    "KRW-BTC.99999999999999999999",
    "x" * 300,
    [],
    {},
    [[]],
    [None],
    {"": None},
)

_DOCUMENT = re.compile(rb"[\[{].*")


def dictionary(words: tuple[str, ...]) -> str:
    """The words as a dictionary file of libFuzzer."""
    lines = []
    for word in dict.fromkeys(words):
        escaped = "".join(
            chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\x{byte:02x}"
            for byte in word.encode()
        )
        lines.append(f'"{escaped}"')
    return "\n".join(lines) + "\n"


def mutated(data: bytes, words: tuple[str, ...], seed: int) -> bytes | None:
    """The input with one to three changes in the structure of one of its JSON documents.

    A document is a line, or the end of one from the first bracket on. `None` if there is none.
    """
    chance = random.Random(seed)
    lines = data.split(b"\n")
    candidates = [index for index, line in enumerate(lines) if _DOCUMENT.search(line)]
    if not candidates:
        return None
    index = chance.choice(candidates)
    found = _DOCUMENT.search(lines[index])
    assert found is not None
    try:
        document = json.loads(found.group())
        for _ in range(chance.randint(1, 3)):
            document = _changed(document, words, chance)
        text = json.dumps(document, ensure_ascii=chance.random() < 0.5)
    except (ValueError, RecursionError):
        return None
    lines[index] = lines[index][: found.start()] + text.encode("utf-8", "surrogatepass")
    return b"\n".join(lines)


def _changed(document: Any, words: tuple[str, ...], chance: random.Random) -> Any:
    document = copy.deepcopy(document)
    places: list[tuple[Any, Any]] = []
    pending = [document]
    while pending and len(places) < 500:
        node = pending.pop()
        if isinstance(node, dict):
            places += [(node, key) for key in node]
            pending += node.values()
        elif isinstance(node, list):
            places += [(node, index) for index in range(len(node))]
            pending += node
    if not places:
        return chance.choice(INTERESTING)
    parent, key = chance.choice(places)
    match chance.randrange(6):
        case 0:
            del parent[key]
        case 1:
            parent[key] = chance.choice(words)
        case 2 if isinstance(parent, dict):
            parent[chance.choice(words)] = parent.pop(key)
        case 3:
            parent[key] = [parent[key]] * chance.choice((1, 2, 20))
        case 4:
            parent[key] = copy.deepcopy(chance.choice(places)[0])
        case _:
            parent[key] = chance.choice(INTERESTING)
    return document
