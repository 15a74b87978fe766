"""Keeps apart the names that a schema gives and those that the client's modules import.

A model `Set`, a relation `models`, an optional field `datetime` hide what the generated text goes on to use. There that
gets a name with an underscore in front, which no name of a schema can have. A text without such a name stays as it is.
"""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Final

__all__ = ["apart", "as_members"]

_REBUILD: Final = "model_rebuild"
_NOT_MEMBERS: Final = frozenset({"mro"})
"""What `enum` takes for no member's name."""


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    """New text for a piece of a line. Units: columns are bytes."""

    line: int
    start: int
    end: int
    text: str


def apart(source: str) -> str:
    """The text of a generated module, in which no name of the schema hides one that the module imports."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # comments of the schema may have escapes that Python does not know
        tree = ast.parse(source)
    names = _hidden(tree)
    if not names:
        return source
    missing = sorted(names & _builtin(tree) - _imported(tree))
    imports = "".join(f"from builtins import {name} as _{name}\n" for name in missing)
    [first, *_] = (node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "builtins")
    edits = [*_edits(tree, names), _Edit(first.lineno, 0, 0, imports)]
    return _edited(source, edits)


def as_members(values: Sequence[str]) -> dict[str, str]:
    """The names that an enum's values have in Python: `in` is `in_`."""
    names: dict[str, str] = {}
    taken = set(values)
    for value in values:
        name = value
        while iskeyword(name) or name in _NOT_MEMBERS or (name != value and name in taken):
            name += "_"
        names[value] = name
        taken.add(name)
    return names


def _hidden(tree: ast.Module) -> set[str]:
    """What the module has of its own, and the schema calls something else in the same place."""
    own = _imported(tree) | _builtin(tree) | {target.id for target in _declared(tree)}
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    hidden = {node.name for node in classes}
    for node in classes:
        hidden |= {target.id for target in _declared(node)} & set(_used(node))
    return own & hidden


def _used(node: ast.ClassDef) -> Iterator[str]:
    """The names that are looked up in the class itself: by its fields, and by the headers of its functions."""
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign):
            yield from _names(statement.annotation)
            for text in _texts(statement.annotation):
                yield from _names(ast.parse(str(text.value), mode="eval"))
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in (*statement.decorator_list, statement.args, *filter(None, [statement.returns])):
                yield from _names(part)


def _names(tree: ast.AST) -> Iterator[str]:
    yield from (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _imported(tree: ast.Module) -> set[str]:
    return {alias.asname or alias.name for alias in _aliases(tree)}


def _aliases(tree: ast.Module) -> Iterator[ast.alias]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from node.names


def _builtin(tree: ast.Module) -> set[str]:
    return {name for name in _names(tree) if hasattr(builtins, name)}


def _declared(node: ast.Module | ast.ClassDef) -> Iterator[ast.Name]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target


def _edits(tree: ast.Module, names: set[str]) -> Iterator[_Edit]:
    kept = set(_kept(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names and node not in kept:
            yield _edit(node, f"_{node.id}")
        elif isinstance(node, ast.alias) and (node.asname or node.name) in names:
            yield _edit(node, f"{node.name} as _{node.asname or node.name}")
    for text in _quoted(tree):
        yield from _in_text(text, names)


def _kept(tree: ast.Module) -> Iterator[ast.Name]:
    """Where the schema's names stand: in declarations, and in calls that finish its classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _declared(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == _REBUILD:
            yield from (argument for argument in node.args if isinstance(argument, ast.Name))


def _quoted(tree: ast.Module) -> Iterator[ast.Constant]:
    """The annotations, or parts of them, that are quoted."""
    for node in ast.walk(tree):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(annotation, ast.expr):
                yield from _texts(annotation)


def _texts(annotation: ast.expr) -> Iterator[ast.Constant]:
    """The texts of an annotation that are types: those of a `Literal` are none."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        yield annotation
    elif not (isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Literal"):
        for node in ast.iter_child_nodes(annotation):
            if isinstance(node, ast.expr):
                yield from _texts(node)


def _in_text(text: ast.Constant, names: set[str]) -> Iterator[_Edit]:
    """The edits inside of quotes."""
    for node in ast.walk(ast.parse(str(text.value), mode="eval")):
        if isinstance(node, ast.Name) and node.id in names:
            start = text.col_offset + 1 + node.col_offset
            yield _Edit(text.lineno, start, start + len(node.id), f"_{node.id}")


def _edit(node: ast.Name | ast.alias, text: str) -> _Edit:
    return _Edit(node.lineno, node.col_offset, node.end_col_offset or 0, text)


def _edited(source: str, edits: Iterable[_Edit]) -> str:
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    for edit in sorted(set(edits), reverse=True):
        line = lines[edit.line - 1]
        lines[edit.line - 1] = line[: edit.start] + edit.text.encode() + line[edit.end :]
    return b"".join(lines).decode()
