"""Schemas for Prisma 5.17, made what Prisma 7's modules take: nothing of them is lost, and no line moves.

Prisma 7 refuses a datasource's URLs, primary keys and indexes of views, and a preview feature that has ended.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["SchemaFile", "Url", "accepted", "declared_urls", "original_words", "restored"]

SchemaFile = tuple[str, str]
"""The path of a file of a schema, and its text."""

_MARK: Final = "//@5 "
_URLS: Final = "url|directUrl|shadowDatabaseUrl"
_ENDED_FEATURES: Final = ("metrics",)
"""Preview features that 5.17 knew and 7 refuses; it warns of the others that have ended."""

_DATASOURCE: Final = re.compile(r"^[ \t]*datasource\s+\w+\s*\{.*?^[ \t]*\}", re.MULTILINE | re.DOTALL)
_GENERATOR: Final = re.compile(r"^[ \t]*generator\s+\w+\s*\{.*?^[ \t]*\}", re.MULTILINE | re.DOTALL)
_VIEW: Final = re.compile(r"^[ \t]*view\s+\w+\s*\{.*?^[ \t]*\}", re.MULTILINE | re.DOTALL)
_URL_START: Final = re.compile(rf"^([ \t]*)((?:{_URLS})[ \t]*=)", re.MULTILINE)
_URL_LINE: Final = re.compile(rf"^[ \t]*(?:{_URLS})[ \t]*=[^\r\n]*", re.MULTILINE)
_HIDDEN_URL: Final = re.compile(rf"^([ \t]*){_MARK}((?:{_URLS})[ \t]*=)", re.MULTILINE)
_PROVIDER_LINE: Final = re.compile(r"^[ \t]*provider[ \t]*=[^\r\n]*", re.MULTILINE)
_FEATURES: Final = re.compile(r"^([ \t]*previewFeatures[ \t]*=[ \t]*)\[([^\]]*)\]", re.MULTILINE)
_NAMES: Final = re.compile(r'"([^"]*)"')
_VIEW_ID: Final = re.compile(r"(@@?)id\b")
_KEY_NAME: Final = re.compile(
    r"""(@@?(?:id|unique)\b[^\r\n]*?)(?:\(\s*map:\s*"[^"]*"\s*\)|,\s*map:\s*"[^"]*"|map:\s*"[^"]*"\s*,)"""
)
_VIEW_INDEX: Final = re.compile(r"^([ \t]*)(@@(?:index|fulltext)\b)", re.MULTILINE)
_DECLARED_URL: Final = re.compile(
    rf"""^[ \t]*({_URLS})[ \t]*=[ \t]*(?:env\([ \t]*"([^"]*)"[ \t]*\)|("(?:[^"\\\r\n]|\\.)*"))""", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Url:
    """A URL as a schema declares it: its text, or the environment's variable that has it."""

    variable: str | None = None
    text: str | None = None

    def resolve(self) -> str | None:
        """The URL itself, None where its variable is not set."""
        return self.text if self.variable is None else os.environ.get(self.variable) or None


def accepted(files: Sequence[SchemaFile]) -> list[SchemaFile]:
    """The schema as Prisma 7's modules take it."""
    return [(path, _accepted(text)) for path, text in files]


def original_words(message: str) -> str:
    """A message that shows lines of an accepted schema, with the lines as they were written."""
    return message.replace(_MARK, "")


def declared_urls(files: Sequence[SchemaFile]) -> dict[str, Url]:
    """What the schema says of `url`, `directUrl` and `shadowDatabaseUrl`."""
    blocks = [block for _, text in files for block in _DATASOURCE.findall(text)]
    return {
        name: Url(text=json.loads(literal)) if literal else Url(variable=variable)
        for block in blocks
        for name, variable, literal in _DECLARED_URL.findall(block)
    }


def restored(before: str, text: str) -> str:
    """A schema that an engine has written anew, with the URLs and the ended features that it had before.

    An engine drops comments where it prints a datasource; the lines then follow the provider.
    """
    features = {_name(block): _features(block) for block in _GENERATOR.findall(before)}
    text = _DATASOURCE.sub(lambda block: _with_urls(block[0], before), text)
    return _GENERATOR.sub(lambda block: _with_features(block[0], features.get(_name(block[0]), [])), text)


def _accepted(text: str) -> str:
    text = _DATASOURCE.sub(lambda block: _URL_START.sub(rf"\1{_MARK}\2", block[0]), text)
    text = _GENERATOR.sub(lambda block: _FEATURES.sub(_without_ended, block[0]), text)
    return _VIEW.sub(lambda block: _view(block[0]), text)


def _view(block: str) -> str:
    """A view has neither keys nor indexes in the database: its fields are no more than unique, and that has no name."""
    return _VIEW_INDEX.sub(r"\1//\2", _VIEW_ID.sub(r"\1unique", _KEY_NAME.sub(r"\1", block)))


def _without_ended(features: re.Match[str]) -> str:
    names = [name for name in _NAMES.findall(features[2]) if name not in _ENDED_FEATURES]
    lines = "\n" * features[2].count("\n")
    return f"{features[1]}[{lines}{', '.join(map(json.dumps, names))}]"


def _with_features(block: str, names: Sequence[str]) -> str:
    """The block with the ended ones of the names; those that the engine has added stay."""
    if not {*names} & {*_ENDED_FEATURES}:
        return block
    now = _features(block)
    kept = [name for name in names if name in now or name in _ENDED_FEATURES]
    listed = f"[{', '.join(map(json.dumps, [*kept, *(name for name in now if name not in kept)]))}]"
    if _FEATURES.search(block):
        return _FEATURES.sub(lambda found: f"{found[1]}{listed}", block)
    return _PROVIDER_LINE.sub(lambda provider: f"{provider[0]}\n  previewFeatures = {listed}", block)


def _name(block: str) -> str:
    return block.split(maxsplit=2)[1]


def _features(block: str) -> list[str]:
    found = _FEATURES.search(block)
    return _NAMES.findall(found[2]) if found else []


def _with_urls(block: str, before: str) -> str:
    shown = _HIDDEN_URL.sub(r"\1\2", block)
    if shown != block:
        return shown
    source = _DATASOURCE.search(before)
    lines = _URL_LINE.findall(source[0]) if source else []
    return _PROVIDER_LINE.sub(lambda provider: "\n".join([provider[0], *lines]), block)
