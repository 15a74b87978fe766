"""Finds the statements in a text of SQL, as far as that can be told without PostgreSQL's own parser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Statement", "statements_in"]

_MARK: Final = re.compile(
    r"""
      (?P<escaped> (?<![\w$]) e'(?:\\.|''|[^'\\])*(?:'|\Z) )  # E'it\'s'
    | (?P<text>    '(?:''|[^'])*(?:'|\Z) )
    | (?P<name>    "(?:""|[^"])*(?:"|\Z) )
    | (?P<line>    --[^\n]* )
    | (?P<block>   /\* )
    | (?P<dollar>  (?<![\w$]) \$(?:[a-z_]\w*)?\$ )
    | (?P<end>     ; )
    """,
    re.ASCII | re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_COMMENT: Final = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement without what surrounds it; `start` counts the characters before it."""

    text: str
    start: int


def statements_in(sql: str) -> list[Statement]:
    """The statements between the semicolons that are neither in a text, nor in a name, nor in a comment."""
    found = []
    begin = place = 0
    while mark := _MARK.search(sql, place):
        place = _end(sql, mark)
        if mark.lastgroup == "end":
            found.append(_statement(sql, begin, mark.start()))
            begin = place
    found.append(_statement(sql, begin, len(sql)))
    return [statement for statement in found if statement.text]


def _end(sql: str, mark: re.Match[str]) -> int:
    if mark.lastgroup == "dollar":
        closing = sql.find(mark[0], mark.end())
        return len(sql) if closing < 0 else closing + len(mark[0])
    return _end_of_comment(sql, mark.end()) if mark.lastgroup == "block" else mark.end()


def _end_of_comment(sql: str, place: int) -> int:
    depth = 1  # comments nest
    while depth and (bound := _COMMENT.search(sql, place)):
        depth += 1 if bound[0] == "/*" else -1
        place = bound.end()
    return len(sql) if depth else place


def _statement(sql: str, begin: int, end: int) -> Statement:
    part = sql[begin:end]
    return Statement(part.strip(), begin + len(part) - len(part.lstrip()))
