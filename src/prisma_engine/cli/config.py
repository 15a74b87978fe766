"""A project's `prisma.config.ts`, read without running it: what it says in plain data."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.script import Computed, Environment, exported
from prisma_engine.cli.text_file import read_text
from prisma_engine.schema import Url

__all__ = ["Config", "find_config", "read_config"]

_SUFFIXES: Final = (".js", ".ts", ".mjs", ".cjs", ".mts", ".cts")
_NAMES: Final = ("prisma7.config", ".config/prisma7")
_OLDER_NAMES: Final = ("prisma.config", ".config/prisma", ".config/prisma.config")
_INDEX: Final = "index"
_SHOWN: Final = 80  # characters of code in a message


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration says of these; None or empty where it says nothing.

    Paths are relative to nothing: they begin with the configuration's own folder.
    """

    path: Path | None = None
    schema: Path | None = None
    migrations: Path | None = None
    views: Path | None = None
    seed: str | None = None
    shadow_script: str = ""
    urls: Sequence[Url] = ()
    shadow_urls: Sequence[Url] = ()
    external: Mapping[str, Sequence[str]] = field(default_factory=dict)


def find_config(folder: Path) -> Path | None:
    """The configuration that Prisma would find in a folder."""
    return next((path for path in _candidates(folder) if path.is_file()), None)


def _candidates(folder: Path) -> Iterator[Path]:
    for name in _NAMES:
        yield from (folder / f"{name}{suffix}" for suffix in _SUFFIXES)
    for name in _OLDER_NAMES:
        yield from (folder / f"{name}{suffix}" for suffix in _SUFFIXES)
        yield from (folder / name / f"{_INDEX}{suffix}" for suffix in _SUFFIXES)


def read_config(path: Path) -> Config:
    """Read a configuration.

    Errors: CommandError when it is not there or not whole, or when a property that is needed would have to be
    computed.
    """
    if not path.is_file():
        raise CommandError(f'Config file not found at "{path}"')
    try:
        properties = _Properties(path, exported(read_text(path)))
    except ValueError as error:
        raise CommandError(f"{os.path.relpath(path)} is {error}. It needs an `export default {{ … }}`.") from error
    return Config(
        path=path,
        schema=properties.path("schema"),
        migrations=properties.path("migrations.path"),
        views=properties.path("views.path"),
        seed=properties.text("migrations.seed"),
        shadow_script=properties.text("migrations.initShadowDb") or "",
        urls=properties.urls("datasource.url"),
        shadow_urls=properties.urls("datasource.shadowDatabaseUrl"),
        external={kind: properties.texts(f"{kind}.external") for kind in ("tables", "enums")},
    )


class _Properties:
    """The properties of a configuration, by their dotted names."""

    def __init__(self, path: Path, exported_value: Any) -> None:
        self._path = path
        self._exported = exported_value

    def text(self, name: str) -> str | None:
        """A property that is a text."""
        value = self._get(name)
        if isinstance(value, Environment):
            return next(filter(None, (url.resolve() for url in _urls(value))), None)
        return value if value is None or isinstance(value, str) else self._refuse(name, value)

    def path(self, name: str) -> Path | None:
        """A property that is a path."""
        text = self.text(name)
        return self._path.parent / text if text else None

    def texts(self, name: str) -> list[str]:
        """A property that is a list of texts."""
        value = self._get(name) or []
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            self._refuse(name, value)
        return value

    def urls(self, name: str) -> list[Url]:
        """A property that is a URL: the first of these that is known."""
        value = self._get(name)
        return list(_urls(value if isinstance(value, Environment) else self.text(name)))

    def _get(self, name: str) -> Any:
        value, *rest = [self._exported, *name.split(".")]
        for key in rest:
            if isinstance(value, Computed) or not isinstance(value, dict | None):
                self._refuse(name, value)
            value = (value or {}).get(key)
        return value

    def _refuse(self, name: str, value: Any) -> Any:
        written = textwrap.shorten(value.code if isinstance(value, Computed) else repr(value), _SHOWN)
        raise CommandError(
            f"{os.path.relpath(self._path)} computes `{name}`, and it is read without running it: `{written}`. Write"
            " the value itself: a text, path.join(…) of texts, env('NAME') or process.env.NAME."
        )


def _urls(value: Environment | str | None) -> Iterator[Url]:
    """The places that a value may come from, the best first."""
    if isinstance(value, Environment):
        yield Url(variable=value.variable)
        yield from _urls(value.otherwise)
    elif value:
        yield Url(text=value)
