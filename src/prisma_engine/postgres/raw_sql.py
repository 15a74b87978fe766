"""SQL that the user wrote, with the types of its parameters written into it.

The driver declares no types, so a placeholder is followed by a cast, in parentheses: what a declared type gives,
wherever the server's own lexer sees a placeholder. Placeholders that the text passes over are closed up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

__all__ = ["NAMES", "RawSql", "TypedSql"]

_ESCAPED: Final = r"""
    '[^'\\]* (?: (?:''|\\.?) [^'\\]* )* (?:'|\Z)"""
_STANDARD: Final = rf"""
    [eE]{_ESCAPED}
        (?: [ \t\f\v]* (?:--[^\n\r]*)? [\n\r] (?: [ \t\n\r\f\v] | --[^\n\r]*[\n\r] )* {_ESCAPED} )*  # goes on below
  | '[^']* (?:''[^']*)* (?:'|\Z)"""
"""Strings of SQL, with `standard_conforming_strings` off and on."""


@cache
def _lexemes(*, escapes: bool) -> re.Pattern[str]:
    """What may hold a placeholder's letters and is none, and placeholders; what has no end goes to the text's end.

    Made when it is needed: it takes longer than the import of all else in this package.
    """
    return re.compile(
        rf"""
          {_ESCAPED if escapes else _STANDARD}
        | "[^"]* (?:""[^"]*)* (?:"|\Z)
        | --[^\n\r]*
        | (?P<comment>/\*)
        | \$(?P<tag>[A-Za-z_\x80-\U0010ffff][0-9A-Za-z_\x80-\U0010ffff]*)?\$ .*? (?: \$(?(tag)(?P=tag))\$ | \Z )
        | [A-Za-z_\x80-\U0010ffff][0-9A-Za-z_$\x80-\U0010ffff]*  # a name may have dollars in it
        | \$(?P<number>[0-9]+)
        """,
        re.VERBOSE | re.DOTALL,
    )


_COMMENT: Final = re.compile(r"/\*|\*/")

_NAMELESS: Final = {
    "int8": "(+ {})",
    "numeric": "(+ {})",
    "text": "({} || '')",
    "bool": "({} OR false)",
    "timestamptz": "({} + interval '0')",
    "jsonb": "({} || '{{}}')",
    "bytea": "({} || '')",
}
_NAMELESS_ARRAY: Final = "({} || '{{}}')"
"""Expressions of the same type as a cast that the server gives no name to, by the type; a cast it names by its type."""

NAMES: Final = frozenset(_NAMELESS)
"""What the server may call a column that is a cast and nothing else."""


@dataclass(frozen=True, slots=True)
class TypedSql:
    """SQL as it is sent; `order` has the argument's place for each parameter.

    `nameless` is SQL with the same columns, of which none has its name from a cast of ours; empty without casts.
    """

    text: str
    order: tuple[int, ...]
    nameless: str = ""

    def arguments(self, args: Sequence[object]) -> Sequence[object]:
        """The arguments that the parameters stand for."""
        return args if len(self.order) == len(args) else [args[place] for place in self.order]


class RawSql:
    """SQL as it was written, and where its placeholders are.

    `escapes` tells whether a backslash is more than itself in every string, or only after an E as in standard SQL.
    """

    def __init__(self, text: str, *, escapes: bool) -> None:
        self._text = text
        self._places = list(_placeholders(text, _lexemes(escapes=escapes)))
        self._numbers = sorted({number for _, _, number in self._places})

    @property
    def parameters(self) -> int:
        """How many arguments it takes: the largest number after a dollar."""
        return self._numbers[-1] if self._numbers else 0

    def inferred(self) -> TypedSql:
        """Leave it to the server to find the types."""
        return TypedSql(self._written(lambda number: f"${self._position(number)}"), self._order())

    def typed(self, types: Sequence[str | None]) -> TypedSql:
        """Give the parameters these types, by their order; None leaves one to the server."""

        def cast(number: int) -> str:
            type_ = types[number - 1]
            place = f"${self._position(number)}"
            return f"({place}::pg_catalog.{type_})" if type_ else place

        def nameless(number: int) -> str:
            type_ = types[number - 1] or ""
            form = _NAMELESS_ARRAY if type_.endswith("[]") else _NAMELESS.get(type_, "{}")
            return form.format(cast(number))

        return TypedSql(self._written(cast), self._order(), self._written(nameless))

    def _order(self) -> tuple[int, ...]:
        return tuple(number - 1 for number in self._numbers)

    def _position(self, number: int) -> int:
        return self._numbers.index(number) + 1

    def _written(self, write: Callable[[int], str]) -> str:
        written = {number: write(number) for number in self._numbers}
        pieces, end = [], 0
        for start, stop, number in self._places:
            pieces += [self._text[end:start], written[number]]
            end = stop
        return "".join([*pieces, self._text[end:]])


def _placeholders(text: str, lexemes: re.Pattern[str]) -> Iterator[tuple[int, int, int]]:
    """Start, end and number of each placeholder, as the server's lexer finds them."""
    position = 0
    while lexeme := lexemes.search(text, position):
        position = lexeme.end()
        if lexeme["comment"]:
            position = _end_of_comment(text, position)
        elif lexeme["number"]:
            yield lexeme.start(), lexeme.end(), int(lexeme["number"])


def _end_of_comment(text: str, position: int) -> int:
    """Comments nest."""
    depth = 1
    while depth and (found := _COMMENT.search(text, position)):
        depth += 1 if found[0] == "/*" else -1
        position = found.end()
    return len(text) if depth else position
