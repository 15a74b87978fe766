"""What Prisma's wasm modules import and export, beside what our hosts of them offer and call."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import wasmtime

from prisma_engine import compiler, schema_engine
from prisma_engine.compiler import imports as compiler_imports
from prisma_engine.compiler.modules import BUILDS
from prisma_engine.schema import module as schema_module
from prisma_engine.schema_engine import imports as engine_imports
from prisma_engine.schema_engine.engine import METHODS
from prisma_engine.wasm import artifact
from prisma_engine.wasm.guest import Guest
from prisma_engine.wasm.promises import CLOSURE_EXPORTS, Jobs

_BINDGEN: Final = frozenset({"memory", "__wbindgen_externrefs", "__wbindgen_start", "__wbindgen_malloc"})
_HASH: Final = re.compile(r"_h?[0-9a-f]{16}(?=_|$)")


@dataclass(frozen=True, slots=True)
class Table:
    """Imports and exports by their names, each with its type."""

    imports: Mapping[str, str]
    exports: Mapping[str, str]

    @classmethod
    def of(cls, name: str, wasm: bytes) -> Table:
        """The table of a module, which is translated for that, once, as the commands that use it would do.

        Errors: WasmtimeError where it is none, or needs what wasmtime lacks.
        """
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, name)
            file.write_bytes(wasm)
            module = artifact.load(artifact.new_engine(), artifact.Source.of_ours(file))
        return cls(
            {str(item.name): _words(item.type) for item in module.imports},
            {item.name: _words(item.type) for item in module.exports},
        )


@dataclass(frozen=True, slots=True)
class Host:
    """What the host of a module has for it: the functions that it may import, and the exports that are called."""

    offers: frozenset[str]
    calls: frozenset[str]

    def missing(self, table: Table) -> Iterator[str]:
        """Why a module with this table cannot be hosted, a sentence for each reason."""
        for name, kind in table.imports.items():
            if name not in self.offers:
                yield f"it imports {name} {kind}, which the host does not have{self._likeness(name)}"
        for name in sorted(self.calls - table.exports.keys()):
            yield f"it does not export {name}, which the host calls{_similar(name, table.exports.keys())}"

    def _likeness(self, name: str) -> str:
        return _similar(name, self.offers)


def hosts() -> dict[str, Host]:
    """The host of each of Prisma's modules, by the name of its file."""
    return asyncio.run(_hosts())


async def _hosts() -> dict[str, Host]:  # a loop must run where the schema engine's promises are made
    engine = wasmtime.Engine()
    guest = Guest(engine)
    of_compiler = Host(
        frozenset(compiler_imports.host_functions(guest)) | _functions(engine, compiler.__path__[0], "recorder.wat"),
        _BINDGEN | {"__externref_table_dealloc", "querycompiler_new", "querycompiler_compile"},
    )
    of_schema = Host(
        frozenset(schema_module.host_functions(guest)),
        _BINDGEN
        | {"__externref_table_dealloc", "__wbindgen_free"}
        | {"format", "get_config", "get_dmmf", "lint", "merge_schemas", "validate"},
    )
    of_engine = Host(
        frozenset(engine_imports.host_functions(guest, Jobs()))
        | _functions(engine, schema_engine.__path__[0], "rows.wat"),
        _BINDGEN
        | {"__externref_table_alloc", "__wbindgen_exn_store", "schemaengine_new", *CLOSURE_EXPORTS}
        | {f"schemaengine_{method}" for method in METHODS.values()},
    )
    guest.close()
    return {
        **dict.fromkeys(BUILDS.values(), of_compiler),
        schema_module.FILE: of_schema,
        "schema_engine_bg.wasm": of_engine,
    }


def _functions(engine: wasmtime.Engine, folder: str, name: str) -> frozenset[str]:
    """What a module of ours offers."""
    module = wasmtime.Module.from_file(engine, str(Path(folder) / name))
    return frozenset(item.name for item in module.exports if isinstance(item.type, wasmtime.FuncType))


def changes(before: Table, after: Table) -> Iterator[str]:
    """What is new in a table, a line for each name."""
    for what, old, new in (("import", before.imports, after.imports), ("export", before.exports, after.exports)):
        for name in sorted({*old, *new}):
            if name not in old:
                yield f"{what} {name} {new[name]} is new"
            elif name not in new:
                yield f"{what} {name} is gone"
            elif old[name] != new[name]:
                yield f"{what} {name} was {old[name]} and is {new[name]}"


def _similar(name: str, others: Iterable[str]) -> str:
    """Another name that differs in its hashes only: the build has changed, not what it means."""
    stem = _HASH.sub("", name)
    found = [other for other in others if other != name and _HASH.sub("", other) == stem]
    return f"; it has {', '.join(sorted(found))}" if found else ""


def _words(kind: object) -> str:
    if isinstance(kind, wasmtime.FuncType):
        return f"({', '.join(map(str, kind.params))}) → ({', '.join(map(str, kind.results))})"
    return type(kind).__name__.removesuffix("Type").lower()
