"""Reads a `prisma.config.ts` without running it, where it says in plain words what it says."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Config", "Value", "read_config"]

_TEXT: Final = r"""(?:"[^"\\\n]*"|'[^'\\\n]*')"""
_COMMENTS: Final = re.compile(rf"({_TEXT}|`[^`]*`)|//[^\n]*|/\*.*?\*/", re.DOTALL)
_OBJECT: Final = re.compile(r"export\s+default\s+(?:defineConfig\(\s*)?\{")
_PROGRAM: Final = re.compile(r"\.\.\.\w")  # an object that is spread into another
_PATH: Final = rf"(?:path\.)?join\(\s*{_TEXT}(?:\s*,\s*{_TEXT})*\s*,?\s*\)|{_TEXT}"
_URL: Final = rf"env\(\s*{_TEXT}\s*\)|process\.env\.\w+!?|process\.env\[\s*{_TEXT}\s*\]!?|{_TEXT}"
_END: Final = r"\s*(?=[,}])"


@dataclass(frozen=True, slots=True)
class Value:
    """A text, or the name of the environment variable that has it."""

    variable: str = ""
    text: str = ""

    def resolve(self) -> str | None:
        """The text, None where the variable is not set."""
        return self.text or os.environ.get(self.variable) or None


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration says of these; None where it says nothing. Paths are relative to its own folder."""

    schema: Path | None = None
    migrations: Path | None = None
    url: Value | None = None


def read_config(path: Path) -> Config | None:
    """Read a configuration; None where only running it would tell.

    Errors: OSError when the file cannot be read.
    """
    code = _COMMENTS.sub(lambda found: found[1] or " ", path.read_text(encoding="utf-8"))
    if not _OBJECT.search(code) or _PROGRAM.search(code):
        return None
    try:
        schema = _find("schema", _PATH, code)
        migrations = _find("path", _PATH, _section("migrations", code))
        url = _find("url", _URL, _section("datasource", code))
    except _UnreadableError:
        return None
    return Config(
        schema=_path(schema) if schema else None,
        migrations=_path(migrations) if migrations else None,
        url=_value(url) if url else None,
    )


class _UnreadableError(Exception):
    """A property is there, and its value is not written out."""


def _section(name: str, code: str) -> str:
    return _find(name, r"\{[^{}]*\}", code) or ""


def _find(name: str, value: str, code: str) -> str | None:
    """The expression that a property has, in one of the readable forms."""
    mentioned = re.findall(rf"""(?<![\w.'"/-]){name}\s*[:,}}]""", code)
    if not mentioned:
        return None
    found = re.search(rf"""(?<![\w.'"/-]){name}\s*:\s*({value}){_END}""", code)
    if found is None or len(mentioned) > 1:
        raise _UnreadableError
    return found[1]


def _path(expression: str) -> Path:
    return Path(*(text[1:-1] for text in re.findall(_TEXT, expression)))


def _value(expression: str) -> Value:
    text = re.search(_TEXT, expression)
    if text is None:
        return Value(variable=expression.removeprefix("process.env.").removesuffix("!"))
    if expression == text[0]:
        return Value(text=text[0][1:-1])
    return Value(variable=text[0][1:-1])
