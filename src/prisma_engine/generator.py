"""The generator that `schema.prisma` names: Prisma Client Python's own, then bound to the in-process engine.

Run by the Prisma CLI as `python -m prisma_engine.generator`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from prisma import __version__ as client_version
from prisma import config
from prisma.generator import BASE_PACKAGE_DIR, Generator, GenericGenerator, Manifest
from prisma.generator.jsonrpc import ErrorData, ErrorResponse, Request, reply
from prisma.generator.models import PythonData

from prisma_engine.client_package import FOLDER, INPUTS_FILE, SCHEMA_FILE
from prisma_engine.compiler import modules
from prisma_engine.errors import ArtifactError, PrismaEngineError, UserFacingError
from prisma_engine.install import BINDING
from prisma_engine.request import table_from_dmmf
from prisma_engine.upstream import ENGINE_HASH, PRISMA_VERSION

__all__ = ["EngineGenerator"]

_SERVER_ERROR: Final = -32000  # JSON-RPC's code for whatever an implementation wants to say

_URL: Final = "PRISMA_ENGINE_URL"  # how `python -m prisma_engine` tells what Prisma 7 does not: the schema's URL


class EngineGenerator(GenericGenerator[PythonData]):
    """Generates the client and leaves beside it what the engine needs to run without Node."""

    def get_manifest(self) -> Manifest:
        """Name the generator; it asks for no engine binary."""
        return Manifest(name=f"Prisma Client Python (v{client_version})", default_output=BASE_PACKAGE_DIR)

    def _on_request(self, request: Request) -> None:
        """Answer a request; what this engine refuses is told in its own words, without the stack that led there."""
        try:
            self._answer(request)
        except PrismaEngineError as error:
            data = ErrorData(code=_SERVER_ERROR, message=str(error), data={})
            reply(ErrorResponse(id=request.id, error=data))

    def _answer(self, request: Request) -> None:
        if request.method == "generate" and request.params is not None:
            _check_version(request.params["version"])
            self._provider = _provider(request.params["datasources"])
            _check_keys(request.params["dmmf"]["datamodel"]["models"])
            # The client's models drop the part of the DMMF that this table is made from.
            self._inputs = table_from_dmmf(request.params["dmmf"])
            request.params = _as_expected(request.params)
        super()._on_request(request)

    def generate(self, data: PythonData) -> None:
        """Generate the client, then add the compiler, the schema and the table of inputs, and bind the engine."""
        Generator().generate(data)
        package = Path(data.generator.output.value)
        folder = package / FOLDER
        modules.prepare(folder, self._provider)
        (folder / SCHEMA_FILE).write_text(data.datamodel, encoding="utf-8")
        (folder / INPUTS_FILE).write_text(json.dumps(self._inputs), encoding="utf-8")
        with (package / "client.py").open("a", encoding="utf-8") as client:
            client.write(BINDING)


def _check_version(version: str) -> None:
    if version != ENGINE_HASH:
        raise ArtifactError(
            f"This Prisma CLI belongs to engine {version}, the generator to {ENGINE_HASH}. "
            f"Run: npm install --save-dev --save-exact prisma@{PRISMA_VERSION}"
        )


def _provider(datasources: Sequence[Mapping[str, Any]]) -> modules.Provider:
    """The provider of the schema's one datasource."""
    [source] = datasources
    for provider in modules.BUILDS:
        if source["activeProvider"] == provider:
            return provider
    raise UserFacingError(
        "P1012",
        f'The datasource {source["name"]} has the provider "{source["activeProvider"]}", '
        f"and this client serves {' and '.join(modules.BUILDS)} only.",
    )


def _check_keys(models: Iterable[Mapping[str, Any]]) -> None:
    """Refuse what the client's own generator stumbles over without a word: a view that nothing is unique in."""
    for model in models:
        has_field = any(field["isId"] or field["isUnique"] for field in model["fields"])
        if not (has_field or model["primaryKey"] or model["uniqueFields"]):
            raise UserFacingError(
                "P1012",
                f"The view {model['name']} has no unique field, and the client needs one. "
                "Mark the field, or the fields, that tell its rows apart with @unique or @@unique.",
            )


def _as_expected(params: Mapping[str, Any]) -> dict[str, Any]:
    """Make Prisma 7's request look as the client's generator knows it: its version, and a URL in the datasource."""
    url = json.loads(os.environ.get(_URL, "null")) or {"value": None, "fromEnvVar": "DATABASE_URL"}
    return {
        **params,
        "version": config.expected_engine_version,
        "datasources": [{"url": url, **source} for source in params["datasources"]],
    }


if __name__ == "__main__":
    EngineGenerator.invoke()
