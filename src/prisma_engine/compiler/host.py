"""Prisma's query compiler as an object: it holds the wasm instance and turns requests into plans."""

from __future__ import annotations

import re
import struct
import threading
import weakref
from ctypes import addressof, memmove, string_at
from pathlib import Path
from typing import Any, Final, cast

import wasmtime

from prisma_engine.compiler.artifact import Modules, Provider, load
from prisma_engine.compiler.imports import GuestError, host_functions
from prisma_engine.compiler.recorder import IS_STRING, TEXT, Recorder
from prisma_engine.errors import ArtifactError, PlanError, UserFacingError

__all__ = ["QueryCompiler"]

_ADDRESS: Final = 0xFFFF_FFFF  # addresses and lengths are unsigned, but arrive as signed 32-bit integers
_UNSAFE_IN_NAME: Final = re.compile('["\\0\ud800-\udfff]')
_STOPPED: Final = (wasmtime.Trap, wasmtime.WasmtimeError, GuestError)


class QueryCompiler:
    """Compiles requests of Prisma's JSON protocol for one schema; usable from any thread, one request at a time."""

    def __init__(
        self,
        folder: Path,
        *,
        schema: str,
        provider: Provider = "postgresql",
        schema_name: str = "public",
        max_bind_values: int | None = None,
    ) -> None:
        self._folder = folder
        self._provider = provider
        self._parameters = {
            "datamodel": schema,
            "provider": "postgres",  # of the driver: CockroachDB speaks PostgreSQL's protocol
            "connectionInfo": {
                "schemaName": _checked_name(schema_name),
                "maxBindValues": max_bind_values,
                "supportsRelationJoins": True,
            },
        }
        self._lock = threading.Lock()
        self._modules: Modules | None = None  # a panic costs the instance, but not these
        self._instance: _Instance | None = None
        self._release: weakref.finalize[[], QueryCompiler] | None = None

    def __repr__(self) -> str:
        with self._lock:
            return f"<QueryCompiler {self._instance or 'not loaded'}>"

    def load(self) -> None:
        """Load the compiler and build its instance, unless that was done already.

        Errors: ArtifactError when its files are missing or damaged, or it refuses its parameters.
        """
        with self._lock:
            self._ready()

    def compile(self, request: str) -> Any:
        """Compile one request into its plan.

        Errors: UserFacingError when the request does not fit the schema, PlanError when the compiler panics.
        """
        text = _encoded(request)
        with self._lock:
            instance = self._ready()
            try:
                failed, value = instance.compile(text)
            except BaseException:
                self._discard()  # an instance that did not return has run none of its destructors
                raise
        if failed:
            raise UserFacingError(value["code"], value["message"], value["meta"])
        return value

    def close(self) -> None:
        """Let go of the compiler; another request would load it again."""
        with self._lock:
            self._discard()
            self._modules = None

    def _ready(self) -> _Instance:
        if self._modules is None:
            self._modules = load(self._folder, self._provider)
        if self._instance is None:
            self._instance = _Instance(self._modules, self._parameters)
            # wasmtime keeps the host functions, and they keep the store: only closing it frees any of them.
            self._release = weakref.finalize(self, self._instance.close)
            self._release.atexit = False  # a daemon thread may still be compiling
        return self._instance

    def _discard(self) -> None:
        self._instance = None
        if self._release is not None:
            self._release()


class _Instance:
    """One instance of the compiler: its memory as the host functions see it, and its calls."""

    def __init__(self, modules: Modules, parameters: object) -> None:
        self._panic: str | None = None
        self._store = wasmtime.Store(modules.engine)
        try:
            self._instantiate(modules)
            self._compiler = self._construct(parameters)
        except BaseException:
            self.close()
            raise

    def __str__(self) -> str:
        pages = self._memory.size(self._store) + self._recorder.pages
        return f"loaded pages={pages} references={self._references.size(self._store)}"

    def compile(self, request: bytes) -> tuple[bool, Any]:
        """Run one compilation; the result is whether it failed, and the plan or the error."""
        try:
            self._recorder.start()
            address = self._copy(request)  # the callee frees it
            plan, error, failed = self._run("querycompiler_compile", self._compiler, address, len(request))
            return bool(failed), self._recorder.finish(error if failed else plan)
        except _STOPPED as stop:
            raise PlanError(f"Prisma's query compiler panicked: {self._panic or stop}") from stop

    def close(self) -> None:
        """Free the store and everything in it."""
        self._store.close()

    def read_text(self, address: int, length: int, /) -> str:
        return string_at(self._locate(address), length & _ADDRESS).decode()

    def return_text(self, address: int, text: str | None, /) -> None:
        data = b"" if text is None else text.encode()
        self.write(address, struct.pack("<II", 0 if text is None else self._copy(data), len(data)))

    def return_number(self, address: int, number: float | None, /) -> None:
        self.write(address, struct.pack("<i4xd", number is not None, number or 0))

    def write(self, address: int, data: bytes, /) -> None:
        memmove(self._locate(address), data, len(data))

    def panic(self, message: str, /) -> None:
        self._panic = message

    def _instantiate(self, modules: Modules) -> None:
        types = {str(item.name): cast("wasmtime.FuncType", item.type) for item in modules.compiler.imports}
        functions = {
            name: wasmtime.Func(self._store, types[name], function) for name, function in host_functions(self).items()
        }
        self._recorder = Recorder(self._store, modules, text=functions[TEXT], is_string=functions[IS_STRING])
        functions.update(self._recorder.functions)
        imports = [functions[name] for name in types]
        self._exports = wasmtime.Instance(self._store, modules.compiler, imports).exports(self._store)
        self._recorder.attach(self._exports)
        self._memory = cast("wasmtime.Memory", self._exports["memory"])
        self._references = cast("wasmtime.Table", self._exports["__wbindgen_externrefs"])
        self._run("__wbindgen_start")

    def _construct(self, parameters: object) -> int:
        try:
            compiler, error, failed = self._run("querycompiler_new", parameters)
        except _STOPPED as stop:
            raise ArtifactError(f"the query compiler refuses its parameters: {self._panic or stop}") from stop
        if failed:
            raise ArtifactError(
                f"the query compiler refuses its parameters: {self._references.get(self._store, error)}"
            )
        return int(compiler)

    def _run(self, function: str, *arguments: object) -> Any:
        return cast("wasmtime.Func", self._exports[function])(self._store, *arguments)

    def _locate(self, address: int) -> int:
        # The memory may move whenever it grows, so its place is asked for every time.
        return addressof(self._memory.data_ptr(self._store).contents) + (address & _ADDRESS)

    def _copy(self, data: bytes) -> int:
        address = int(self._run("__wbindgen_malloc", len(data), 1))
        self.write(address, data)
        return address


def _checked_name(schema_name: str) -> str:
    """Refuse what the compiler would put between double quotes as it is."""
    if _UNSAFE_IN_NAME.search(schema_name):
        message = f"The provided database string is invalid: {schema_name!r} cannot be the name of a schema"
        raise UserFacingError("P1013", f"{message}; it holds a double quote, a NUL or half of a surrogate pair.")
    return schema_name


def _encoded(request: str) -> bytes:
    try:
        return request.encode()
    except UnicodeEncodeError as error:
        character = request[error.start]
        message = f"The query holds {character!r}, half of a surrogate pair, which is not a character"
        raise UserFacingError(None, f"{message}; remove it, or pass the text as a parameter.") from error
