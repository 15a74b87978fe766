"""Reads the data that a JavaScript or TypeScript module exports, without running it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

__all__ = ["Computed", "Environment", "exported"]

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)
  | (?P<name>[\w$]+(?:\s*\??\.\s*[\w$]+)*)
  | (?P<sign>\.\.\.|=>|\?\?|\|\||.)
    """,
    re.DOTALL | re.VERBOSE,
)
_SPACE_IN_NAME: Final = re.compile(r"[\s?]")
_CLOSING: Final = {"{": "}", "[": "]", "(": ")"}
_CONSTANTS: Final = {"true": True, "false": False, "null": None, "undefined": None}
_FOLDER_OF_MODULE: Final = frozenset({"__dirname", "import.meta.dirname"})
_ENVIRONMENT: Final = "process.env"
_STATEMENTS: Final = frozenset({"export", "const", "let", "import", "module.exports"})
_TYPED: Final = frozenset({"as", "satisfies"})
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}


@dataclass(frozen=True, slots=True)
class Environment:
    """A variable of the environment, and what stands for it where it is not set."""

    variable: str
    otherwise: Environment | str | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """An expression whose value only running it would tell."""

    code: str


class _ComputedError(Exception):
    """The expression that is being read has to be run."""


def exported(code: str) -> Any:
    """The value of the module's default export.

    Shape: dict, list, str, bool or None; `Environment` and `Computed` where such expressions stand.
    Errors: ValueError for a module that exports nothing, or ends in the middle.
    """
    reader = _Reader(_tokens(code))
    if not reader.goes_to("export", "default") and not reader.goes_to("module.exports", "="):
        raise ValueError("a module without a default export")
    try:
        value = reader.value()
    except RecursionError:
        return Computed("an expression in very many brackets")
    if isinstance(value, Computed) and not _is_closed(_tokens(value.code)):
        raise ValueError("not whole: a bracket or a text that begins in it does not end")
    return value


def _is_closed(tokens: Sequence[str]) -> bool:
    """Whether each bracket and each text ends; a quote alone is a token where its text does not."""
    opened = sum(token in _CLOSING for token in tokens)
    return opened == sum(token in _CLOSING.values() for token in tokens) and not {'"', "'", "`"} & {*tokens}


def _tokens(code: str) -> list[str]:
    """The module's tokens; a name is one with its dots."""
    found = (match for match in _TOKEN.finditer(code) if not match["space"])
    return [_SPACE_IN_NAME.sub("", match[0]) if match["name"] else match[0] for match in found]


class _Reader:
    """The tokens of a module, and the place of the next one."""

    def __init__(self, tokens: list[str], looked_up: frozenset[str] = frozenset()) -> None:
        self._tokens = tokens
        self._place = 0
        self._looked_up = looked_up

    def goes_to(self, *start: str) -> bool:
        """Go behind the first place where these tokens stand."""
        for place in range(len(self._tokens)):
            if tuple(self._tokens[place : place + len(start)]) == start:
                self._place = place + len(start)
                return True
        return False

    def value(self) -> Any:
        """The expression up to what ends it."""
        start = self._place
        try:
            value = self._expression()
            if self._is_at_end():
                return value
        except _ComputedError:
            pass
        self._place = start
        return Computed(" ".join(self._skip(",;")))

    def _next(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._next()
        self._place += 1
        return token

    def _takes(self, token: str) -> bool:
        found = self._next() == token
        self._place += found
        return found

    def _is_at_end(self) -> bool:
        return self._next() in {"", ",", ";", *_CLOSING.values()} or self._next() in _STATEMENTS

    def _skip(self, ends: str) -> list[str]:
        """Go to the next of these signs that stands in no bracket of its own, or behind the last token."""
        start, depth = self._place, 0
        while (token := self._next()) and (depth or token not in {*ends, *_CLOSING.values()}):
            depth += (token in _CLOSING) - (token in _CLOSING.values())
            self._place += 1
        return self._tokens[start : self._place]

    def _expression(self) -> Any:
        value = self._operand()
        while self._takes("!") or self._next() in _TYPED:
            self._skip_type()
        if isinstance(value, Environment) and (self._takes("??") or self._takes("||")):
            otherwise = self._expression()
            if not isinstance(otherwise, str | Environment):
                raise _ComputedError
            return Environment(value.variable, otherwise)
        return value

    def _skip_type(self) -> None:
        if self._next() in _TYPED:
            self._skip(",;")

    def _operand(self) -> Any:
        word = self._take()
        if word == "{":
            return dict(self._properties())
        if word == "[":
            return self._items("]")
        if word[:1] in {'"', "'", "`"}:
            return _text(word)
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        return self._named(word)

    def _properties(self) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        while not self._takes("}"):
            key = self._take()
            if not re.match(r"[\w$\"']", key):
                raise _ComputedError  # another object that is spread into this one, a computed key, or no end
            name = key.strip("\"'")
            found.append((name, self._property(name)))
            self._separate("}")
        return found

    def _property(self, name: str) -> Any:
        if self._takes(":"):
            return self.value()
        if self._next() in {",", "}"}:
            return self._named_above(name)
        return Computed(" ".join([name, *self._skip(",")]))  # a method

    def _named_above(self, name: str) -> Any:
        """The property of `{ name }`."""
        try:
            return self._constant(name)
        except _ComputedError:
            return Computed(name)

    def _items(self, close: str) -> list[Any]:
        found: list[Any] = []
        while not self._takes(close):
            found.append(self.value())
            self._separate(close)
        return found

    def _separate(self, close: str) -> None:
        """Go over the comma between two parts, unless they end."""
        if not self._takes(",") and self._next() != close:
            raise _ComputedError

    def _named(self, name: str) -> Any:
        if name == _ENVIRONMENT and self._takes("["):
            return _environment(self._items("]"))
        if name.startswith(f"{_ENVIRONMENT}."):
            return _environment([name.removeprefix(f"{_ENVIRONMENT}.")])
        if name in _FOLDER_OF_MODULE:
            return "."
        call = _CALLS.get(name.removeprefix("path."))
        return call(self._arguments()) if call else self._constant(name)

    def _arguments(self) -> list[Any]:
        if self._takes("<"):  # types
            self._skip(">")
            self._take()
        if not self._takes("("):
            raise _ComputedError
        return self._items(")")

    def _constant(self, name: str) -> Any:
        """What `const NAME = …` says, wherever it stands."""
        reader = _Reader(self._tokens, self._looked_up | {name})
        if name in self._looked_up or not reader.goes_to("const", name):
            raise _ComputedError
        reader._skip("=")  # a type
        reader._take()
        return reader.value()


def _text(token: str) -> str:
    if token[0] == "`" and "${" in token:
        raise _ComputedError
    return _ESCAPE.sub(_character, token[1:-1])


def _character(found: re.Match[str]) -> str:
    code, byte, letter = found.groups()
    return _ESCAPED.get(letter, letter) if letter else chr(int(code or byte, 16))


def _environment(names: list[Any]) -> Environment:
    if len(names) != 1 or not isinstance(names[0], str):
        raise _ComputedError
    return Environment(names[0])


def _path(parts: list[Any]) -> str:
    if not parts or not all(isinstance(part, str) for part in parts):
        raise _ComputedError
    return str(PurePosixPath(*parts))


def _only(values: list[Any]) -> Any:
    if len(values) != 1:
        raise _ComputedError
    return values[0]


_CALLS: Final[Mapping[str, Callable[[list[Any]], Any]]] = {
    "defineConfig": _only,
    "env": _environment,
    "join": _path,
    "resolve": _path,
}
"""The functions whose answer is known without calling them."""
