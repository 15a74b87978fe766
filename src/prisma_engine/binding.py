"""Binds a generated client to the in-process engine; the client's module ends with a call of this."""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import partialmethod
from pathlib import Path
from threading import Lock
from types import MethodType, NoneType
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from prisma_engine.engine import Engine
from prisma_engine.request import OF_THE_DRIVER, Call
from prisma_engine.request.text import Batch, QueryText
from prisma_engine.sync_engine import SyncEngine

__all__ = ["BINDING", "bind"]

BINDING: Final = """
# Queries run on the in-process engine.
from prisma_engine.binding import bind as _bind_engine

_bind_engine(__name__)
"""
"""What the generated `client.py` ends with."""

_ENGINE_MODULES: Final = ("_base_client", "engine", "engine._query", "engine.query")
"""Where a client has the class of its engine."""

_OWN_QUERIES: Final = frozenset({Engine.query, SyncEngine.query})
_OWN_BUILDERS: Final[set[object]] = set()
"""The clients' own methods that make builders."""

_UNCHANGEABLE: Final = (NoneType, int, float, str, bytes, Decimal, date, Enum)
_RAW_LISTS: Final = frozenset({list, tuple})
_LISTS: Final = _RAW_LISTS | {set}
_TEXT_METHODS: Final = {"query_sql": "query_raw", "execute_sql": "execute_raw"}
"""What the client's builder calls the methods that only `namespace` has."""

_OWN_VALIDATION: Final = BaseModel.model_validate.__func__  # type: ignore[attr-defined]  # of a class method

_choosing: Final = Lock()


def bind(module_name: str) -> None:
    """Replace the seams of a generated client: its engine's class, how it runs calls and batches, and takes results.

    They are replaced where the client itself has them, so that a program's own subclasses and patches find them there.
    """
    module = importlib.import_module(module_name)
    package = module_name.rpartition(".")[0]
    is_sync = issubclass(module.Prisma, module.SyncBasePrisma)
    engines = importlib.import_module(f"{package}.engine")
    engine_class = _engine_class(package, engines, is_sync=is_sync)
    _replace(engines.SyncQueryEngine if is_sync else engines.AsyncQueryEngine, engine_class, package)
    # the client logs the URL, with its password
    logging.getLogger(f"{package}._base_client").addFilter(lambda record: record.msg != "datasources: %s")
    actions: Any = importlib.import_module(f"{package}.actions")
    actions.model_parse = _taking_objects(actions.model_parse, package)
    base = module.SyncBasePrisma if is_sync else module.AsyncBasePrisma
    base._create_engine = _creating(base._create_engine)  # noqa: SLF001  # the seam
    base._execute = _execute if is_sync else _execute_async  # noqa: SLF001  # the seam
    _OWN_BUILDERS.add(base._make_query_builder)  # noqa: SLF001  # the client's own
    module.Batch._add = partialmethod(_batch_add, importlib.import_module(f"{package}._builder"))  # noqa: SLF001  # the seam
    module.Batch.commit = _batch_commit if is_sync else _batch_commit_async


def _engine_class(package: str, engines: Any, *, is_sync: bool) -> type[Engine] | type[SyncEngine]:
    """The class of the package's engine, under the name that programs know."""
    place = {"__module__": f"{package}.engine._query"}
    engine: type[Engine] = type("AsyncQueryEngine", (Engine,), {**place, "package": package})
    engines.AsyncAbstractEngine.register(engine)
    if not is_sync:
        return engine
    sync_engine: type[SyncEngine] = type("SyncQueryEngine", (SyncEngine,), {**place, "engine_class": engine})
    engines.SyncAbstractEngine.register(sync_engine)
    return sync_engine


def _replace(old: type, new: type, package: str) -> None:
    for name in _ENGINE_MODULES:
        module = importlib.import_module(f"{package}.{name}")
        for variable in [variable for variable, value in vars(module).items() if value is old]:
            setattr(module, variable, new)


def _creating(create_engine: Callable[[Any, Path | None], Any]) -> Callable[..., Any]:
    """Have a client's engine know its datasource from the beginning, and be the only one, from any thread."""

    def _create_engine(self: Any, dml_path: Path | None = None) -> Any:
        engine = create_engine(self, dml_path)
        if isinstance(engine, (Engine, SyncEngine)):
            engine.read_from(self._datasource or {})
        with _choosing:
            first = self._internal_engine or engine
            self._internal_engine = first
        return first

    return _create_engine


def _taking_objects(parse: Callable[[type, Any], Any], package: str) -> Callable[[type, Any], Any]:
    """Let the engine's objects through as they are; pydantic would look at each and return it too.

    Errors: DataError P2032 for a value that the schema requires and the row does not have; pydantic's others.
    """

    def model_parse(model: Any, result: Any) -> Any:
        if type(result) is model:
            return result
        try:
            if model.model_validate.__func__ is _OWN_VALIDATION:
                return model.__pydantic_validator__.validate_python(result)  # what that calls, in half of its time
            return parse(model, result)
        except ValidationError as error:
            from prisma_engine.client_package import ClientPackage

            ClientPackage(package).check_values(model, error)
            raise

    return model_parse


def _execute(
    self: Any,
    method: str,
    arguments: Mapping[str, Any],
    model: type | None = None,
    root_selection: Sequence[str] | None = None,
) -> Any:
    """Run one call."""
    call = Call(method, arguments, model, root_selection)
    if type(self)._make_query_builder not in _OWN_BUILDERS and method not in _TEXT_METHODS:  # noqa: SLF001  # the client's own
        call = _as_built(self, call)
    return _ask(self, call)


async def _execute_async(
    self: Any,
    method: str,
    arguments: Mapping[str, Any],
    model: type | None = None,
    root_selection: Sequence[str] | None = None,
) -> Any:
    """Run one call."""
    return await _execute(self, method, arguments, model, root_selection)


def _as_built(client: Any, call: Call) -> Call:
    """What a program that makes builders of its own has made of a call."""
    builder = _builder(client, call)
    arguments = {**builder.arguments, "include": builder.include}
    return Call(builder.method, arguments, builder.model or call.model, builder.root_selection)


def _ask(client: Any, query: Call | Batch) -> Any:
    """Give a query to the client's engine; its text is written where something of the program's own may read it."""
    run = client._engine.query  # noqa: SLF001  # the client's own
    if type(run) is MethodType and run.__func__ in _OWN_QUERIES:  # a proxy of a method only has its attributes
        return run(query, tx_id=client._tx_id)  # noqa: SLF001  # likewise
    try:
        text = str(_builder(client, query).build()) if isinstance(query, Call) else _batch_text(client, query)
    except Exception:  # noqa: BLE001  # the engine takes more than the client can write, and tells what it does not take
        text = repr(query)
    return run(QueryText.of(query, text), tx_id=client._tx_id)  # noqa: SLF001  # likewise


def _builder(client: Any, call: Call) -> Any:
    """The client's own builder of Prisma 5's text."""
    return client._make_query_builder(  # noqa: SLF001  # the client's own
        method=_TEXT_METHODS.get(call.method, call.method),
        arguments=call.arguments,
        model=call.model,
        root_selection=call.root_selection,
    )


def _batch_add(self: Any, builder: Any, **call: Any) -> None:
    """Keep a call for `commit`, as it is now: the program may go on changing what it has passed.

    Errors: TypeError, the client's own, for a value that has no form.
    """
    arguments = call.pop("arguments")
    with suppress(RecursionError):  # `commit` refuses what is nested so deep
        if call.get("model") is None:
            arguments = _kept(
                arguments, lambda value: isinstance(value, OF_THE_DRIVER) or builder.dumps(value), _RAW_LISTS
            )
        else:
            arguments = _kept(arguments, builder.dumps, _LISTS)
    self._Batch__queries.append(Call(arguments=arguments, **call))


def _kept(value: Any, check: Callable[[Any], object], lists: Container[type]) -> Any:
    """A copy of a value that nobody changes."""
    if isinstance(value, _UNCHANGEABLE):
        return value
    if isinstance(value, Mapping):
        return {key: _kept(item, check, lists) for key, item in value.items()}
    if type(value) in lists:
        return type(value)(_kept(item, check, lists) for item in value)
    check(value)  # as early as the client's own batch, which writes its text now
    return deepcopy(value)


def _batch_commit(self: Any) -> Any:
    """Execute the queries, all of them or none."""
    calls, self._Batch__queries = tuple(self._Batch__queries), []
    return _ask(self._Batch__client, calls)


def _batch_text(client: Any, calls: Batch) -> str:
    queries = [{"query": _builder(client, call).build_query(), "variables": {}} for call in calls]
    return json.dumps({"batch": queries, "transaction": True}, ensure_ascii=False)


async def _batch_commit_async(self: Any) -> None:
    """Execute the queries, all of them or none."""
    await _batch_commit(self)
