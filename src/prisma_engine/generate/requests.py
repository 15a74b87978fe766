"""What generators are told, as Prisma's command line tells them, to the byte."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from prisma_engine import schema as schemas
from prisma_engine.errors import UserFacingError
from prisma_engine.generate.platforms import native_target
from prisma_engine.schema import SchemaFile
from prisma_engine.upstream import ENGINE_HASH

__all__ = ["Project", "provider_of", "read_project", "resolved"]

_NATIVE: Final = "native"
_NO_DATASOURCE: Final = """
You don't have any datasource defined in your schema.prisma.
You can define a datasource like this:

datasource db {
  provider = "postgresql"
}

More information in our documentation:
https://pris.ly/d/prisma-schema
"""

Generator = dict[str, Any]


class Project:
    """A schema, as each of its generators gets to see it."""

    def __init__(self, path: Path, files: Sequence[SchemaFile], *, colour: bool = False) -> None:
        described = schemas.config(files)
        self.path = Path(_normal(path))
        self.generators: list[Generator] = described["generators"]
        self.warnings: list[str] = list(dict.fromkeys(described["warnings"]))  # a folder has each one twice
        self._datasources: list[dict[str, Any]] = described["datasources"]
        if not self._datasources:
            raise UserFacingError(None, _NO_DATASOURCE)
        for block in (*self.generators, *self._datasources):
            block["sourceFilePath"] = _normal(Path(block["sourceFilePath"]))
        for generator in self.generators:
            generator["binaryTargets"] = _targets(generator["binaryTargets"])
        self.dmmf = schemas.dmmf(files, colour=colour)
        _round(self.dmmf["datamodel"])
        self._datamodel = schemas.restored("", schemas.merge(files))
        self._urls = {
            name: {"fromEnvVar": url.variable, "value": url.text} for name, url in schemas.declared_urls(files).items()
        }

    @property
    def has_models(self) -> bool:
        """Whether there is anything to generate from."""
        return bool(self.dmmf["datamodel"]["models"])

    @property
    def provider(self) -> str:
        """The kind of database."""
        return str(self._datasources[0]["provider"])

    def set_output(self, generator: Generator, default: str | None) -> None:
        """Say where a generator writes to; its own default counts where the schema names no folder.

        Errors: UserFacingError when neither does.
        """
        base = Path(generator["sourceFilePath"]).parent
        named = generator["output"]
        if named is None and not default:
            raise UserFacingError(
                None,
                f"Can't resolve output dir for generator {generator['name']} with provider"
                f" {generator['provider']['value']}.\nYou need to define `output` in the generator block in the schema"
                " file.",
            )
        place = default if named is None else resolved(named)
        generator["output"] = {"value": _normal(base / str(place)), "fromEnvVar": None}
        if named is not None:
            generator["isCustomOutput"] = True

    def request(self, generator: Generator, others: Sequence[Generator], *, may_lack_models: bool) -> dict[str, Any]:
        """The parameters of `generate`; the URLs are in it where the schema declares them, as Prisma 5 wanted it."""
        return {
            "datamodel": self._datamodel,
            "datasources": [self._with_urls(source) for source in self._datasources],
            "generator": generator,
            "dmmf": self.dmmf,
            "otherGenerators": [other for other in others if other is not generator],
            "schemaPath": str(self.path),
            "version": ENGINE_HASH,
            "allowNoModels": may_lack_models,
        }

    def _with_urls(self, source: Mapping[str, Any]) -> dict[str, Any]:
        """A datasource with its URLs, which Prisma 5 has after the database's kind."""
        first = {name: source[name] for name in ("name", "provider", "activeProvider")}
        return {**first, **self._urls, **source}


def read_project(path: Path, *, colour: bool = False) -> Project:
    """Read a schema, a file or a folder, and describe it. Errors: SchemaError, OSError, UserFacingError."""
    return Project(path, schemas.read(path), colour=colour)


def _normal(path: Path) -> str:
    """The whole path as JavaScript resolves it: links stay what they are."""
    return os.path.normpath(path.absolute())


def provider_of(generator: Mapping[str, Any]) -> str:
    """The provider: a command, or the name of a generator. Errors: as `resolved`."""
    return resolved(generator["provider"])


def resolved(value: Mapping[str, Any]) -> str:
    """A text that may be in the environment. Errors: UserFacingError where its variable is not set."""
    variable = value.get("fromEnvVar")
    if not variable or variable == "null":
        return str(value["value"])
    found = os.environ.get(variable)
    if not found:
        raise UserFacingError(
            None,
            f"Attempted to load provider value using `env({variable})` but it was not present."
            f" Please ensure that {variable} is present in your Environment Variables",
        )
    return found


def _targets(declared: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    targets = [target for item in declared for target in _target(item)]
    return targets or [_named(_NATIVE)]


def _target(declared: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What a target stands for: itself, or what its variable has as JSON, a text or a list of them."""
    variable = declared.get("fromEnvVar")
    if variable and os.environ.get(variable):
        named = json.loads(os.environ[variable])
        yield from map(_named, named if isinstance(named, list) else [named])
    else:
        yield _named(declared["value"]) if declared["value"] == _NATIVE else dict(declared)


def _named(name: str) -> dict[str, Any]:
    if name == _NATIVE:
        return {"fromEnvVar": None, "value": native_target(), "native": True}
    return {"fromEnvVar": None, "value": name}


def _round(datamodel: Mapping[str, Any]) -> None:
    """Write the defaults of Float fields as JavaScript does, which has no 1.0."""
    for model in (*datamodel["models"], *datamodel["types"]):
        for field in model["fields"]:
            if field["type"] == "Float" and "default" in field:
                field["default"] = _rounded(field["default"])


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
