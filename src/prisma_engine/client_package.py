"""The generated client package, as the engine sees it: its models, its wrapper types, its errors.

A client may be generated into any package (`output` in the generator block), so nothing here imports `prisma` by name.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, get_args

from pydantic import ValidationError

from prisma_engine.adoption import adoption
from prisma_engine.errors import NO_RECORD, ArtifactError, PrismaEngineError, UserFacingError, WriteConflictError
from prisma_engine.ports import Found
from prisma_engine.request import InputTable, Values
from prisma_engine.request.required import missing_value
from prisma_engine.schema.files import schema_files
from prisma_engine.slices import in_slices

if TYPE_CHECKING:
    from prisma_engine.compiler.modules import Provider

__all__ = ["DIGEST_FILE", "FOLDER", "INPUTS_FILE", "SCHEMA_FILE", "ClientPackage", "digest", "making"]

FOLDER: Final = "_prisma_engine"
"""Name of the folder beside the generated client that holds the engine's files."""

SCHEMA_FILE: Final = "schema.prisma"
INPUTS_FILE: Final = "inputs.json"
DIGEST_FILE: Final = "schema.sha256"

_COCKROACH: Final = re.compile(r'^datasource\s+\w+\s*\{[^}]*^\s*provider\s*=\s*"cockroachdb"', re.MULTILINE)
_PREFIX: Final = "Transaction API error: "

_RAW: Final = "P2010"
_CONFLICTS: Final = frozenset({"40001", "40P01"})
"""The server's codes of a serialization failure and a deadlock, as errors of raw queries have them."""

_UNKNOWN_FIELDS: Final = frozenset({"UnknownArgument", "UnknownInputField", "UnknownSelectionField"})
_CAUSES: Final[Mapping[object, str]] = {
    "a query": "Expected a record, found none.",
    "an update": "Record to update not found.",
    "a delete": "Record to delete does not exist.",
}
"""What Prisma 5 says of a missing record, by the operation that the compiler's plan names."""

Row = dict[str, Any]


class ClientPackage:
    """One generated client; implements `request.Models`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._fields: dict[type, tuple[str, ...]] = {}
        self._related: dict[tuple[type, str], type] = {}
        self._client = importlib.import_module(f"{name}.client")
        self._utils = importlib.import_module(f"{name}.engine.utils")
        self._builder_module = importlib.import_module(f"{name}._builder")
        self.errors = importlib.import_module(f"{name}.errors")
        self.engine_errors = importlib.import_module(f"{name}.engine.errors")
        self.folder = Path(str(self._client.__file__)).parent / FOLDER

    def schema(self) -> str:
        """The text of the schema that the client was generated from."""
        return self._read(SCHEMA_FILE)

    def url(self) -> str:
        """The URL that the schema has or names a variable for. Errors: UserFacingError P1012 where that is not set."""
        source: Any = self._client.Prisma._default_datasource  # noqa: SLF001  # generated from the schema
        try:
            return str(source.fget(None)["url"])
        except RuntimeError as error:
            raise UserFacingError("P1012", f"{error}. Set it to the database's URL.") from error

    def provider(self) -> Provider:
        """The kind of database that the schema is written for."""
        return "cockroachdb" if _COCKROACH.search(self.schema()) else "postgresql"

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
        return Values(
            json_type=fields.Json,
            base64_type=fields.Base64,
            serialise=self._serialise,
            is_taught=self._is_taught,
        )

    def _is_taught(self, kind: type) -> bool:
        """Whether the program says how values of a type are written."""
        builder = self._builder_module
        write = builder.serializer.registry.get(kind) or builder.serializer.dispatch(kind)  # most are there, or below
        if write is builder.serializer.registry[object]:
            write = builder.dumps
        return _module(write) != builder.__name__

    def _serialise(self, value: object) -> object:
        """A value that JSON does not know, as the client's own text of a query has it.

        Programs register types of theirs with its `serializer`, or put another function in place of its `dumps`.
        """
        builder = self._builder_module
        try:
            if _module(builder.dumps) == builder.__name__:
                return builder.serializer(value)
            return json.loads(builder.dumps(value))
        except OverflowError as error:
            raise UserFacingError("P2020", f"Value out of range for the type: {value} has no form in UTC") from error
        except AttributeError as error:  # a Base64 that was not made of bytes
            raise TypeError(f"a {type(value).__name__} is made of bytes") from error

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

    async def results(self, rows: Sequence[Row] | Found, model: Any) -> list[Any]:
        """Make the model's objects of rows, or dictionaries where it is None, slice by slice.

        Errors: DataError P2032 and P2023, pydantic's.
        """
        try:
            if isinstance(rows, Found):
                return await in_slices(making(model, rows), rows.records)
            return await in_slices(list if model is None else _validating(model), rows)
        except ValidationError as error:
            self.check_values(model, error)
            raise
        except UserFacingError as error:
            self.raise_error(error)

    def check_values(self, model: type, error: ValidationError) -> None:
        """Look into why no object can be made. Errors: DataError P2032 for a value that the schema requires."""
        missing = missing_value(self.name(model), error.errors(include_url=False), self.inputs())
        if missing is not None:
            self.raise_error(missing)

    def groups(self, model: type | None) -> Callable[[list[Row]], list[Row]]:
        """Make the function that gives the rows of a `group_by` the types that the client declares for them.

        For models pydantic does that; these rows are plain dictionaries, whose Json is text and whose Bytes are Base64
        text until then.
        """
        parsers = self._parsers(getattr(model, "__prisma_model__", ""))

        def parse(rows: list[Row]) -> list[Row]:
            for part in _parts(rows) if parsers else ():
                for name in part.keys() & parsers:
                    part[name] = _parsed(part[name], parsers[name])
            return list(rows)  # no class of the engine's own

        return parse

    def _parsers(self, name: str) -> Mapping[str, Callable[[str], object]]:
        """The fields of a model that are Json or Bytes, with what reads their text."""
        fields = importlib.import_module(f"{self._name}.fields")
        readers = {fields.Json: json.loads, fields.Base64: fields.Base64.fromb64}
        model = getattr(importlib.import_module(f"{self._name}.models"), name)
        return {
            field: reader
            for field, info in model.model_fields.items()
            for wrapper, reader in readers.items()
            if _mentions(info.annotation, wrapper)
        }

    def outdated_schema(self) -> Path | None:
        """The schema that the client was generated from, a file or a folder, if it has changed since."""
        path: Path = self._client.SCHEMA_PATH
        try:
            is_same = digest(path) == (self.folder / DIGEST_FILE).read_text(encoding="ascii")
        except OSError:  # a program may run where the schema is not, or as a user who may not read it
            return None
        return None if is_same else path

    def raise_error(self, error: PrismaEngineError) -> NoReturn:
        """Raise what the client's documentation promises for this error; `error` becomes its cause."""
        if not isinstance(error, UserFacingError):
            raise self.engine_errors.EngineError(str(error)) from error
        message, meta = _WORDS.get(error.code or "", _unchanged)(error)
        payload = {
            "error": message.removeprefix(_PREFIX),
            "user_facing_error": {
                "is_panic": False,
                "error_code": error.code,
                "message": message,
                "meta": meta,
            },
        }
        if _is_write_conflict(error):
            kind = self.errors.RawQueryError if error.code == _RAW else self.errors.DataError
            raise _write_conflict_class(kind)(payload) from error
        try:
            self._utils.handle_response_errors(None, [payload])
        except self.errors.PrismaError as raised:
            raise raised from error
        raise AssertionError("unreachable: the client raises for every payload")


def making(model: Any, found: Found) -> Callable[[Sequence[Any]], list[Any]]:
    """Make the function that makes results of records: objects of the model, dictionaries where it is None."""
    read = found.reader()
    if model is None:
        return read
    validate = _validating(model)
    known = adoption(model, model.__pydantic_validator__, tuple(found.types.items()))
    if known is None:
        return lambda records: validate(read(records))
    read_whole, objects = found.reader(known.fields, known.whole), known.objects

    def make(records: Sequence[Any]) -> list[Any]:
        rows = read_whole(records)
        if len(rows) < len(records):
            return validate(read(records))  # pydantic says what lacks
        return objects(rows)

    return make


def _validating(model: Any) -> Callable[[Sequence[Row]], list[Any]]:
    validate = model.__pydantic_validator__.validate_python  # what `model_validate` calls, in half of its time
    return lambda rows: [validate(row) for row in rows]


def digest(schema: Path) -> str:
    """What tells whether a schema has changed by a byte: the SHA-256 of its files and their names. Errors: OSError."""
    whole = hashlib.sha256()
    for file in schema_files(schema):
        name, data = str(file.relative_to(schema)).encode("utf-8", "surrogateescape"), file.read_bytes()
        whole.update(b"%d %s %d " % (len(name), name, len(data)) + data)
    return whole.hexdigest()


def _module(function: object) -> object:
    """Where a function is from; methods of built-in types are from nowhere."""
    return getattr(function, "__module__", None)


def _is_write_conflict(error: UserFacingError) -> bool:
    return error.code == "P2034" or (error.code == _RAW and error.meta.get("code") in _CONFLICTS)


@cache
def _write_conflict_class(kind: type[Exception]) -> type[Exception]:
    return type(WriteConflictError.__name__, (kind, WriteConflictError), {"__doc__": WriteConflictError.__doc__})


def _parts(rows: Sequence[Row]) -> Iterator[Row]:
    """The dictionaries of `group_by` rows that hold values of fields: the rows, and what is smallest and largest."""
    for row in rows:
        yield from (part for part in (row, row.get("_min"), row.get("_max")) if part)


def _parsed(value: object, parse: Callable[[str], object]) -> object:
    if isinstance(value, list):
        return [_parsed(item, parse) for item in value]
    return parse(value) if isinstance(value, str) else value


def _mentions(annotation: object, wrapper: type) -> bool:
    return annotation is wrapper or any(_mentions(argument, wrapper) for argument in get_args(annotation))


Words = tuple[str, Mapping[str, object]]


def _unchanged(error: UserFacingError) -> Words:
    return error.message, error.meta


def _unique(error: UserFacingError) -> Words:
    target = error.meta.get("target")
    if not isinstance(target, list):
        return _unchanged(error)
    columns = ",".join(f"`{column}`" for column in target)
    return f"Unique constraint failed on the fields: ({columns})", error.meta


def _foreign_key(error: UserFacingError) -> Words:
    constraint = _cause(error).get("constraint")
    if not isinstance(constraint, Mapping) or "index" not in constraint:
        return _unchanged(error)
    field = f"{constraint['index']} (index)"
    return f"Foreign key constraint failed on the field: `{field}`", {**error.meta, "field_name": field}


def _out_of_range(error: UserFacingError) -> Words:
    details = _cause(error).get("cause")
    if details is None:
        return _unchanged(error)
    return f"Value out of range for the type. {details}", {**error.meta, "details": details}


def _with(name: str, field: str) -> Callable[[UserFacingError], Words]:
    """Lift a field of the driver's report into meta, under the name that it had there."""
    return lambda error: (error.message, {**error.meta, name: _cause(error).get(field)})


def _missing_record(error: UserFacingError) -> Words:
    known = _CAUSES.get(error.meta.get("operation")) if "relation" not in error.meta else None
    cause = known or error.message.removeprefix(NO_RECORD)
    return f"{NO_RECORD}{cause}", {**error.meta, "cause": cause}


def _invalid(error: UserFacingError) -> Words:
    """Bring an unknown field to the top, out of what every other allowed type of the value had to say about it."""
    deepest = max(_flat(error.meta), key=_depth, default={})
    return error.message, {**error.meta, "errors": [deepest]} if deepest.get("kind") in _UNKNOWN_FIELDS else error.meta


def _flat(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if error.get("kind") != "Union":
        yield error
    for inner in error.get("errors", ()):
        yield from _flat(inner)


def _depth(error: Mapping[str, Any]) -> int:
    return len(error.get("argumentPath", ())) + len(error.get("selectionPath", ()))


def _cause(error: UserFacingError) -> Mapping[str, Any]:
    report = error.meta.get("driverAdapterError")
    return report["cause"] if isinstance(report, dict) else {}


def _of_the_server(error: UserFacingError) -> Words:
    """Add the report as Prisma 5 printed it, because programs look for its SQLSTATE in there."""
    cause = _cause(error)
    code = cause.get("originalCode")
    fields = {"code": code, "message": cause.get("originalMessage"), "severity": cause.get("severity") or "ERROR"}
    shown = [f"{name}: {_quoted(value)}" for name, value in fields.items()]
    shown += [f"{name}: {_optional(cause.get(name))}" for name in ("detail", "column", "hint")]
    report = f"QueryError(PostgresError {{ {', '.join(shown)} }})"
    text = f"ConnectorError(ConnectorError {{ user_facing_error: None, kind: {report}, transient: false }})"
    return f"{error.message}\nError occurred during query execution:\n{text}", {**error.meta, "code": code}


def _quoted(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False)


def _optional(value: object) -> str:
    return "None" if value is None else f"Some({_quoted(value)})"


_WORDS: Final[Mapping[str, Callable[[UserFacingError], Words]]] = {
    "P2000": _with("column_name", "column"),
    "P2002": _unique,
    "P2003": _foreign_key,
    "P2009": _invalid,
    "P2020": _out_of_range,
    "P2021": _with("table", "table"),
    "P2022": _with("column", "column"),
    "P2025": _missing_record,
    "P2039": _of_the_server,
}
"""Message and meta as Prisma 5 gave them, where programs know them from there, by code."""
