"""One instance of the schema engine's module, and the engine in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

import wasmtime

from prisma_engine.schema_engine.imports import host_functions
from prisma_engine.schema_engine.rows import Modules, RowMemory, load_modules
from prisma_engine.wasm.artifact import Source, load, new_engine
from prisma_engine.wasm.guest import Guest
from prisma_engine.wasm.promises import Jobs
from prisma_engine.wasm.values import UNDEFINED

__all__ = ["Instance"]

_MODULE: Final = "schema_engine_bg.wasm"
_WITHOUT_PARAMETERS: Final[Mapping[str, tuple[int, ...]]] = {"debugPanic": (), "version": (0,)}


class Instance:
    """The engine for some schema files and one way to a database; of no use any more after a BrokenError."""

    def __init__(self, files: Sequence[tuple[str, str]]) -> None:
        engine, module, row_modules = _loaded()
        self.jobs = Jobs()
        self._guest = Guest(engine)
        self._options = {"datamodels": [list(file) for file in files] or UNDEFINED}  # an empty list makes it panic
        try:
            self._instantiate(module, row_modules)
        except BaseException:
            self._guest.close()
            raise

    def _instantiate(self, module: wasmtime.Module, row_modules: Modules) -> None:
        functions = host_functions(self._guest, self.jobs)
        rows = RowMemory(self._guest, row_modules, functions)
        self._guest.instantiate(module, {**functions, **rows.functions})
        rows.attach(self._guest.exports)
        self._guest.run("__wbindgen_start")

    async def start(self, factory: Mapping[str, object], log: Callable[[str], None]) -> None:
        """Make the engine, which connects at once."""
        self._engine = await self.jobs.call(self._run, "schemaengine_new", self._options, log, factory)

    async def call(self, method: str, params: object) -> object:
        """Call a method of the engine."""
        arguments = _WITHOUT_PARAMETERS.get(method, (params,))
        return await self.jobs.call(self._run, f"schemaengine_{method}", self._engine, *arguments)

    def last_words(self, stop: Exception) -> str:
        """Why the engine stopped."""
        return self._guest.last_words(stop)

    async def close(self) -> None:
        """Free it and everything in it."""
        await self.jobs.close()
        self._guest.close()

    def _run(self, function: str, *arguments: object) -> Any:
        return self._guest.run(function, *arguments)


@cache
def _loaded() -> tuple[wasmtime.Engine, wasmtime.Module, Modules]:
    engine = new_engine()
    return engine, load(engine, Source.of_prisma(_MODULE)), load_modules(engine)
