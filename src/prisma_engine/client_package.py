"""The generated client package, as the engine sees it: its models, its wrapper types, its errors.

A client may be generated into any package (`output` in the generator block), so nothing here imports `prisma` by name.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from prisma_engine.compiler import artifact
from prisma_engine.errors import ArtifactError, UserFacingError
from prisma_engine.request import InputTable, Values

__all__ = ["INPUTS_FILE", "SCHEMA_FILE", "ClientPackage"]

SCHEMA_FILE: Final = "schema.prisma"
INPUTS_FILE: Final = "inputs.json"

_PREFIX: Final = "Transaction API error: "


class ClientPackage:
    """One generated client; implements `request.Models`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._fields: dict[type, tuple[str, ...]] = {}
        self._related: dict[tuple[type, str], type] = {}
        self._client = importlib.import_module(f"{name}.client")
        self._utils = importlib.import_module(f"{name}.engine.utils")
        self.errors = importlib.import_module(f"{name}.errors")
        self.engine_errors = importlib.import_module(f"{name}.engine.errors")
        self.folder = Path(str(self._client.__file__)).parent / artifact.FOLDER

    def schema(self) -> str:
        """The text of the schema that the client was generated from."""
        return self._read(SCHEMA_FILE)

    def inputs(self) -> InputTable:
        """What the schema's inputs may hold."""
        return InputTable(json.loads(self._read(INPUTS_FILE)))

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except OSError as exc:
            raise ArtifactError(f"The generated client is incomplete ({exc}); generate it again.") from exc

    def values(self) -> Values:
        """Converters that know this client's Json and Base64 wrappers."""
        fields = importlib.import_module(f"{self._name}.fields")
        return Values(json_type=fields.Json, base64_type=fields.Base64)

    def name(self, model: type) -> str:
        """The model's name in the schema. Errors: InvalidModelError for a class that is not a Prisma model."""
        self.fields(model)
        return str(model.__prisma_model__)  # type: ignore[attr-defined]  # `fields` has checked it

    def fields(self, model: type) -> Sequence[str]:
        """The scalar fields of the class, in its order."""
        fields = self._fields.get(model)
        if fields is None:
            fields = self._fields[model] = tuple(self._builder(model).get_default_fields(model))
        return fields

    def related(self, model: type, field: str) -> type:
        """The class behind a relation field. Errors: UnknownRelationalFieldError."""
        key = (model, field)
        if key not in self._related:
            self._related[key] = self._builder(model).get_relational_model(model, field)
        return self._related[key]

    def _builder(self, model: type) -> Any:
        """The client's own query builder, asked only for what it knows of the models."""
        return self._client.QueryBuilder(
            method="find_many",
            arguments={},
            model=model,
            prisma_models=self._client.PRISMA_MODELS,
            relational_field_mappings=self._client.RELATIONAL_FIELD_MAPPINGS,
        )

    def raise_error(self, error: UserFacingError) -> NoReturn:
        """Raise what the client's documentation promises for this error; `error` becomes its cause."""
        payload = {
            "error": error.message.removeprefix(_PREFIX),
            "user_facing_error": {
                "is_panic": False,
                "error_code": error.code,
                "message": error.message,
                "meta": error.meta,
            },
        }
        try:
            self._utils.handle_response_errors(None, [payload])
        except self.errors.PrismaError as raised:
            raise raised from error
        raise AssertionError("unreachable: the client raises for every payload")
