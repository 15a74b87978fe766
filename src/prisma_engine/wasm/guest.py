"""An instance of a module that wasm-bindgen made: its memory and its functions, as Python uses them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from ctypes import addressof, c_ubyte, memmove, string_at
from typing import Any, Final, cast

import wasmtime

__all__ = ["STOPPED", "Guest", "GuestError"]

_ADDRESS: Final = 0xFFFF_FFFF  # addresses and lengths are unsigned, but arrive as signed 32-bit integers


class GuestError(Exception):
    """The module gave up with a JavaScript exception."""


STOPPED: Final = (wasmtime.Trap, wasmtime.WasmtimeError, GuestError)
"""What a call raises that did not return; the instance is of no use then, because no destructor has run."""


class Guest:
    """One instance; not for two threads at once. `panic_message` has the last words of a module that trapped."""

    def __init__(self, engine: wasmtime.Engine) -> None:
        self.panic_message: str | None = None
        self.store = wasmtime.Store(engine)

    def instantiate(self, module: wasmtime.Module, functions: Mapping[str, Callable[..., Any] | wasmtime.Func]) -> None:
        """Make the instance; `functions` are its imports by their names, in Python or of another instance.

        Errors: KeyError for an import that has no function.
        """
        imports = [
            self.bind(functions[str(item.name)], cast("wasmtime.FuncType", item.type)) for item in module.imports
        ]
        self.exports = wasmtime.Instance(self.store, module, imports).exports(self.store)
        self.memory = cast("wasmtime.Memory", self.exports["memory"])
        self.references = cast("wasmtime.Table", self.exports["__wbindgen_externrefs"])

    def bind(self, function: Callable[..., Any] | wasmtime.Func, kind: wasmtime.FuncType) -> wasmtime.Func:
        """A function as wasm calls it."""
        return function if isinstance(function, wasmtime.Func) else wasmtime.Func(self.store, kind, function)

    def close(self) -> None:
        """Free the instance and everything in it: wasmtime keeps host functions, and they keep the store."""
        self.store.close()

    def run(self, function: str, *arguments: object) -> Any:
        """Call an export. Errors: those of STOPPED."""
        return cast("wasmtime.Func", self.exports[function])(self.store, *arguments)

    def last_words(self, stop: Exception) -> str:
        """Why a call did not return."""
        return self.panic_message or str(stop)

    def reserve_constants(self) -> None:
        """Make the places where the module expects undefined, null, true and false; a module that asks for none."""
        self.references.grow(self.store, 4, None)

    def take_error(self, slot: int) -> object:
        """Take the object that a function left in the table of references."""
        error = self.references.get(self.store, slot)
        self.run("__externref_table_dealloc", slot)
        return error

    def keep(self, value: object) -> int:
        """Put a value into the table of references, and return its slot, which the module frees."""
        slot = int(self.run("__externref_table_alloc"))
        self.references.set(self.store, slot, value)
        return slot

    def read_text(self, address: int, length: int, /) -> str:
        """Copy a text out of the memory."""
        return self.read(address, length).decode()

    def read(self, address: int, length: int, /) -> bytes:
        """Copy bytes out of the memory."""
        return string_at(self._locate(address), length & _ADDRESS)

    def view(self, address: int, length: int, /) -> memoryview:
        """Bytes of the memory themselves, until it next grows."""
        array = c_ubyte * (length & _ADDRESS)
        return memoryview(array.from_address(self._locate(address))).cast("B")

    def return_text(self, address: int, text: str | None, /) -> None:
        """Copy a text into the memory, and where it lies to `address`; address 0 stands for no text."""
        data = b"" if text is None else text.encode()
        self.write(address, struct.pack("<II", 0 if text is None else self.copy(data), len(data)))

    def return_number(self, address: int, number: float | None, /) -> None:
        """Write whether there is a number, and the number, to `address`."""
        self.write(address, struct.pack("<i4xd", number is not None, number or 0))

    def write(self, address: int, data: bytes, /) -> None:
        """Copy bytes into the memory."""
        memmove(self._locate(address), data, len(data))

    def copy(self, data: bytes) -> int:
        """Copy bytes to a place of their own in the memory, which whoever takes them frees; return its address."""
        address = int(self.run("__wbindgen_malloc", len(data), 1))
        self.write(address, data)
        return address & _ADDRESS

    def panic(self, message: str, /) -> None:
        """Take note of why the trap that follows happens."""
        self.panic_message = message

    def set_message(self, address: int, length: int, /) -> None:
        """What a module that is about to trap calls, with its last words."""
        self.panic(self.read_text(address, length))

    def throw(self, address: int, length: int, /) -> None:
        """End the call with a JavaScript exception. Errors: GuestError, always."""
        raise GuestError(self.read_text(address, length))

    def _locate(self, address: int) -> int:
        # The memory may move whenever it grows, so its place is asked for every time.
        return addressof(self.memory.data_ptr(self.store).contents) + (address & _ADDRESS)
