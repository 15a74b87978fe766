"""Prisma's schema module, hosted: its functions take texts and answer with texts."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, Final

import wasmtime

from prisma_engine.errors import PrismaEngineError
from prisma_engine.schema.errors import SchemaError
from prisma_engine.wasm import artifact
from prisma_engine.wasm.artifact import Source
from prisma_engine.wasm.guest import STOPPED, Guest
from prisma_engine.wasm.values import JsError

__all__ = ["FILE", "SchemaModule", "host_functions"]

FILE: Final = "prisma_schema_build_bg.wasm"


def host_functions(guest: Guest) -> dict[str, Callable[..., Any]]:
    """Every function that the module imports, by the full names of the pinned build."""
    return {
        "__wbg_set_message_f22ac4a6869ee695": guest.set_message,
        "__wbg_Error_e83987f665cf5504": lambda address, length: JsError(guest.read_text(address, length)),
        "__wbg___wbindgen_throw_b855445ff6a94295": guest.throw,
        "__wbindgen_init_externref_table": guest.reserve_constants,
    }


class SchemaModule:
    """Loaded when it is first called; usable from any thread, one call at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine: wasmtime.Engine | None = None
        self._guest: Guest | None = None

    def call(self, function: str, *texts: str) -> str:
        """Call a function that only answers. Errors: PrismaEngineError when the module panics."""
        return self._locked(_answer, function, texts)

    def checked(self, function: str, *texts: str) -> str:
        """Call a function that may refuse the schema. Errors: SchemaError, and as `call`."""
        return self._locked(_checked_answer, function, texts)

    def _locked(self, work: Callable[[Guest, str, tuple[str, ...]], str], function: str, texts: tuple[str, ...]) -> str:
        with self._lock:
            guest = self._ready()
            try:
                return work(guest, function, texts)
            except STOPPED as stop:
                self._discard(guest)
                raise PrismaEngineError(f"Prisma's schema module panicked: {guest.last_words(stop)}") from stop

    def _ready(self) -> Guest:
        if self._guest is None:
            self._guest = _instance()
        return self._guest

    def _discard(self, guest: Guest) -> None:
        """An instance that did not return has run none of its destructors."""
        self._guest = None
        guest.close()


def _instance() -> Guest:
    engine = artifact.new_engine()
    guest = Guest(engine)
    guest.instantiate(artifact.load(engine, Source.of_prisma(FILE)), host_functions(guest))
    guest.run("__wbindgen_start")
    return guest


def _answer(guest: Guest, function: str, texts: tuple[str, ...]) -> str:
    return _take(guest, *guest.run(function, *_given(guest, texts)))


def _checked_answer(guest: Guest, function: str, texts: tuple[str, ...]) -> str:
    *place, slot, failed = guest.run(function, *_given(guest, texts))
    if failed:
        raise _refused(guest.take_error(slot))
    return _take(guest, *place) if place else ""


def _given(guest: Guest, texts: tuple[str, ...]) -> list[int]:
    """The texts' addresses and lengths; the callee frees them."""
    data = [text.encode() for text in texts]
    return [number for item in data for number in (guest.copy(item), len(item))]


def _take(guest: Guest, address: int, length: int) -> str:
    text = guest.read_text(address, length)
    guest.run("__wbindgen_free", address, length, 1)
    return text


def _refused(error: object) -> SchemaError:
    words = error.message if isinstance(error, JsError) else str(error)
    try:
        report = json.loads(words)
    except ValueError:
        return SchemaError(None, words)
    return SchemaError(report.get("error_code"), report["message"])
