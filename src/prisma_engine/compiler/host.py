"""Prisma's query compiler as an object: it holds the wasm instance and turns requests into plans."""

from __future__ import annotations

import re
import threading
import weakref
from pathlib import Path
from typing import Any, Final, cast

import wasmtime

from prisma_engine.compiler.imports import host_functions
from prisma_engine.compiler.modules import Modules, Provider, load
from prisma_engine.compiler.recorder import IS_STRING, TEXT, Recorder
from prisma_engine.errors import ArtifactError, PlanError, UserFacingError
from prisma_engine.wasm.guest import STOPPED, Guest

__all__ = ["QueryCompiler"]

_UNSAFE_IN_NAME: Final = re.compile('["\\0\ud800-\udfff]')
_REFUSED: Final = "the query compiler refuses its parameters"


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
    """One instance of the compiler with its recorder."""

    def __init__(self, modules: Modules, parameters: object) -> None:
        self._guest = Guest(modules.engine)
        try:
            self._instantiate(modules)
            self._compiler = self._construct(parameters)
        except BaseException:
            self.close()
            raise

    def __str__(self) -> str:
        guest = self._guest
        pages = guest.memory.size(guest.store) + self._recorder.pages
        return f"loaded pages={pages} references={guest.references.size(guest.store)}"

    def compile(self, request: bytes) -> tuple[bool, Any]:
        """Run one compilation; the result is whether it failed, and the plan or the error."""
        try:
            self._recorder.start()
            address = self._guest.copy(request)  # the callee frees it
            plan, error, failed = self._guest.run("querycompiler_compile", self._compiler, address, len(request))
            return bool(failed), self._recorder.finish(error if failed else plan)
        except STOPPED as stop:
            raise PlanError(f"Prisma's query compiler panicked: {self._guest.last_words(stop)}") from stop

    def close(self) -> None:
        """Free the instance and everything in it."""
        self._guest.close()

    def _instantiate(self, modules: Modules) -> None:
        guest = self._guest
        types = {str(item.name): cast("wasmtime.FuncType", item.type) for item in modules.compiler.imports}
        functions = {name: guest.bind(function, types[name]) for name, function in host_functions(guest).items()}
        self._recorder = Recorder(guest.store, modules, text=functions[TEXT], is_string=functions[IS_STRING])
        guest.instantiate(modules.compiler, {**functions, **self._recorder.functions})
        self._recorder.attach(guest.exports)
        guest.run("__wbindgen_start")

    def _construct(self, parameters: object) -> int:
        try:
            compiler, error, failed = self._guest.run("querycompiler_new", parameters)
        except STOPPED as stop:
            raise ArtifactError(f"{_REFUSED}: {self._guest.last_words(stop)}") from stop
        if failed:
            raise ArtifactError(f"{_REFUSED}: {self._guest.take_error(error)}")
        return int(compiler)


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
