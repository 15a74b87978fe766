"""Binds a generated client to the in-process engine; the generator appends a call of this to the client's module."""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from prisma_engine.request import Call
from prisma_engine.request.text import BatchText, QueryText

if TYPE_CHECKING:
    from prisma_engine.client_package import ClientPackage
    from prisma_engine.engine import Engine
    from prisma_engine.sync_engine import SyncEngine

__all__ = ["BINDING", "install"]

BINDING: Final = """
# Queries run on the in-process engine.
from prisma_engine.install import install as _install_engine

_install_engine(__name__)
"""
"""What the generator appends to the generated `client.py`."""

_choosing: Final = Lock()


def install(module_name: str) -> None:
    """Replace the seams of a generated client: how it makes its engine, runs calls and batches, and takes results.

    The seams serve both kinds of client: what a method of an `Engine` returns is awaited by the asynchronous one, and
    is the result already for the synchronous one.
    """
    module = importlib.import_module(module_name)
    package = module_name.rpartition(".")[0]
    is_sync = issubclass(module.Prisma, module.SyncBasePrisma)

    def create_engine(self: Any, dml_path: Path | None = None) -> Engine | SyncEngine:  # noqa: ARG001  # its signature
        # Imported on first use, so that importing the client stays cheap.
        from prisma_engine.client_package import ClientPackage
        from prisma_engine.engine import Engine

        client_package = ClientPackage(package)
        datasource = self._datasource or {}
        url = datasource.get("url") or _url_of_schema(self, client_package)
        password = datasource.get("password")  # `credentials.provide` puts it there
        engine = Engine(client_package, url, password=password, log_queries=self._log_queries)
        return _first(self, _synchronous(engine) if is_sync else engine)

    # the client logs the URL, with its password
    logging.getLogger(f"{package}._base_client").addFilter(lambda record: record.msg != "datasources: %s")
    actions: Any = importlib.import_module(f"{package}.actions")
    actions.model_parse = _taking_objects(actions.model_parse)
    module.Prisma._create_engine = create_engine  # noqa: SLF001  # the seam
    module.Prisma._execute = _execute  # noqa: SLF001  # the seam
    module.Batch._add = _batch_add  # noqa: SLF001  # the seam
    module.Batch.commit = _batch_commit


def _synchronous(engine: Engine) -> SyncEngine:
    from prisma_engine.sync_engine import SyncEngine

    return SyncEngine(engine)


def _first(client: Any, engine: Engine | SyncEngine) -> Engine | SyncEngine:
    """The engine of the client: this one, unless another thread has given it one meanwhile."""
    with _choosing:
        first = client._internal_engine or engine  # noqa: SLF001  # where the client keeps what it is given
        client._internal_engine = first  # noqa: SLF001
    return first


def _taking_objects(parse: Callable[[type, Any], Any]) -> Callable[[type, Any], Any]:
    """Let the engine's objects through as they are; pydantic would look at each and return it too."""

    def model_parse(model: type, result: Any) -> Any:
        return result if type(result) is model else parse(model, result)

    return model_parse


def _url_of_schema(client: Any, package: ClientPackage) -> str:
    """The URL that the schema has or names a variable for. Errors: EngineConnectionError where that is not set."""
    try:
        return str(client._default_datasource["url"])  # noqa: SLF001  # generated from the schema
    except RuntimeError as error:
        reason = f"P1012: {error}. Set it to the database's URL."
        raise package.engine_errors.EngineConnectionError(reason) from error


def _execute(
    self: Any,
    method: str,
    arguments: dict[str, Any],
    model: type | None = None,
    root_selection: list[str] | None = None,
) -> Any:
    """Run one call."""
    call = Call(method, arguments, model, root_selection)
    return self._engine.query(QueryText(call, lambda: str(_builder(self, call).build())), tx_id=self._tx_id)


def _builder(client: Any, call: Call) -> Any:
    """The client's own builder of Prisma 5's text."""
    return client._make_query_builder(  # noqa: SLF001  # the client's own
        method=call.method, arguments=call.arguments, model=call.model, root_selection=call.root_selection
    )


def _batch_add(self: Any, **call: Any) -> None:
    """Keep a call for `commit`, as it is now: the program may go on changing what it has passed."""
    arguments = call.pop("arguments")
    with suppress(RecursionError):  # `commit` refuses what is nested so deep
        arguments = deepcopy(arguments)
    vars(self).setdefault("_calls", []).append(Call(arguments=arguments, **call))


def _batch_commit(self: Any) -> Any:
    """Execute the queries, all of them or none."""
    client = self._Batch__client
    calls = vars(self).pop("_calls", [])

    def write() -> str:
        queries = [{"query": _builder(client, call).build_query(), "variables": {}} for call in calls]
        return json.dumps({"batch": queries, "transaction": True}, ensure_ascii=False)

    return client._engine.query(BatchText(calls, write), tx_id=client._tx_id)  # noqa: SLF001  # the client's own
