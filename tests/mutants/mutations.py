"""The mutants of a module: its text with one small mistake each, one JSON object a line.

    python -m tests.mutants.mutations MODULE.py ...

Most mistakes are those of mutmut (another number, another operator, an argument less, `in` for
`not in`, ...). As it mutates functions without decorators only, and would leave out properties
and tables, its operators are applied to the whole module here, beside a few of our own.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# From the environment of requirements/mutants.txt, which is not the one that types are checked in.
import libcst as cst  # type: ignore[import-not-found, import-untyped, unused-ignore]
from libcst.metadata import (  # type: ignore[import-not-found, import-untyped, unused-ignore]
    MetadataWrapper,
    PositionProvider,
)
from mutmut.mutation.mutators import (  # type: ignore[import-not-found, import-untyped, unused-ignore]
    mutation_operators,
)

_UNMUTATED_CALLS = ("len", "isinstance")
"""Any mistake in the arguments of these raises at once, and says nothing about the tests."""


def mutants_of(source: str) -> Iterator[dict[str, Any]]:
    """Every mutant once: its line, what stood there, what stands there now, its whole text."""
    wrapper = MetadataWrapper(cst.parse_module(source))
    module = wrapper.module
    positions = wrapper.resolve(PositionProvider)
    members = _next_members(module)
    seen = {source}
    for node in _mutable(module):
        for mutated in (*_mistakes_of_mutmut(node), *_mistakes_of_ours(node, members)):
            text = module.deep_replace(node, mutated).code
            if text not in seen:
                seen.add(text)
                was, becomes = _difference(source, text)
                line = positions[node].start.line if node in positions else 0
                yield {"line": line, "was": was, "becomes": becomes, "text": text}


def _mutable(node: Any) -> Iterator[Any]:
    """The nodes that say what a module does: no types, no imports, no list of public names."""
    if isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom):
        return
    if isinstance(node, cst.Assign) and _name(node.targets[0].target) == "__all__":
        return
    if not (isinstance(node, cst.Call) and _name(node.func) in _UNMUTATED_CALLS):
        yield node
    for child in node.children:
        yield from _mutable(child)


def _mistakes_of_mutmut(node: Any) -> Iterator[Any]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            yield from operator(node)


def _mistakes_of_ours(node: Any, members: dict[str, str]) -> Iterator[Any]:
    """Another member of an enumeration, an element less, a condition the other way, no result."""
    if isinstance(node, cst.Attribute) and node.attr.value in members:
        yield node.with_changes(attr=cst.Name(members[node.attr.value]))
    if isinstance(node, cst.Dict | cst.Set):
        for index in range(len(node.elements)):
            yield node.with_changes(elements=_without(node.elements, index))
    if isinstance(node, cst.For) and isinstance(node.iter, cst.Tuple):
        for index in range(len(node.iter.elements)):
            fewer = node.iter.with_changes(elements=_without(node.iter.elements, index))
            yield node.with_changes(iter=fewer)
    if isinstance(node, cst.If | cst.IfExp | cst.CompIf | cst.While):
        parentheses = {"lpar": [cst.LeftParen()], "rpar": [cst.RightParen()]}
        inner = node.test.with_changes(**parentheses)
        yield node.with_changes(test=cst.UnaryOperation(cst.Not(), inner))
    if isinstance(node, cst.Return) and node.value is not None:
        yield node.with_changes(value=cst.Name("None"))


def _without(elements: Any, index: int) -> list[Any]:
    return [*elements[:index], *elements[index + 1 :]]


def _next_members(module: Any) -> dict[str, str]:
    """For each member of an enumeration in this module the one after it, round and round."""
    following: dict[str, str] = {}
    for statement in module.body:
        if isinstance(statement, cst.ClassDef) and any(
            _name(base.value).endswith("Enum") for base in statement.bases
        ):
            names = [
                small.targets[0].target.value
                for line in statement.body.body
                if isinstance(line, cst.SimpleStatementLine)
                for small in line.body
                if isinstance(small, cst.Assign)
            ]
            following |= dict(zip(names, names[1:] + names[:1], strict=True))
    return following


def _name(node: Any) -> str:
    return str(node.value) if isinstance(node, cst.Name) else ""


def _difference(source: str, text: str) -> tuple[str, str]:
    """The lines that differ, each side in one line."""
    before, after = source.splitlines(), text.splitlines()
    while before and after and before[0] == after[0]:
        del before[0], after[0]
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    return " ".join(map(str.strip, before)), " ".join(map(str.strip, after))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        for mutant in mutants_of(Path(name).read_text()):
            print(json.dumps({"module": name, **mutant}))
