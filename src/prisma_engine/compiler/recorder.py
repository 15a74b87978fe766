"""Two small wasm modules beside the compiler write down what it builds, so that Python reads a plan in one go.

Theory of operation. The compiler builds its result through imported functions, one call for each object, text and
store: hundreds to thousands of calls. Answered by Python each takes some 10 µs, and while another thread is busy
each may wait a turn for the interpreter's lock: a plan of 3 ms took a second. So these imports are wasm functions.
They number the values they create, hand the number to the compiler as its reference (an i31, which needs no
memory), and append a record of 16 bytes to a log: what was created or stored, and the numbers of what takes part.
`replay` turns the log into dicts and lists.

The compiler's constructor reads Python values instead, and gets texts and answers from Python until `start`.

What needs the compiler's memory or table cannot exist before the compiler, which cannot exist before its imports.
It lives in the second module, the attachment, and is called through a table that the attachment fills.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final, cast

import wasmtime

from prisma_engine.compiler.modules import Modules

__all__ = ["CONSTANTS", "IS_STRING", "TEXT", "Recorder", "replay"]

TEXT: Final = "__wbindgen_cast_2241b6af4c4b2941"
IS_STRING: Final = "__wbg___wbindgen_is_string_fbb76cb2940daafd"

CONSTANTS: Final = (None, True, False)
"""The values with the first numbers; null and undefined are one."""

_RECORD_SIZE: Final = 16
_PROPERTY, _TEXT, _OBJECT, _ITEM, _ARRAY, _DOUBLE, _SIGNED, _UNSIGNED = range(8)
_LARGEST_SAFE: Final = 2**53 - 1


class Recorder:
    """The log of one compiler instance. Python may not use its store while the compiler runs."""

    def __init__(
        self,
        store: wasmtime.Store,
        modules: Modules,
        *,
        text: wasmtime.Func,
        is_string: wasmtime.Func,
    ) -> None:
        self._store = store
        self._modules = modules
        self._values: list[Any] = [*CONSTANTS]  # and the texts that the compiler keeps
        self.functions: Mapping[str, Any] = wasmtime.Instance(store, modules.recorder, [text, is_string]).exports(store)
        self._log = cast("wasmtime.Memory", self.functions["log"])
        self._texts = cast("wasmtime.Memory", self.functions["texts"])

    @property
    def pages(self) -> int:
        """How many pages of memory the log and its texts take."""
        return self._log.size(self._store) + self._texts.size(self._store)

    def attach(self, compiler: Mapping[str, Any]) -> None:
        """Connect with the exports of the compiler that this recorder's functions were given to."""
        exports = {"compiler": compiler, "recorder": self.functions}
        attachment = self._modules.attachment
        imports = [exports[item.module][str(item.name)] for item in attachment.imports]
        self._attached = wasmtime.Instance(self._store, attachment, imports).exports(self._store)

    def start(self) -> None:
        """Begin a new log."""
        self.functions["start"](self._store)

    def finish(self, slot: int) -> Any:
        """Free a slot of the compiler's table of references, and build the value that it stood for."""
        number, records, end = self._call("take", slot)
        values = self._values.copy()
        replay(values, self._read(self._log, records * _RECORD_SIZE), self._read(self._texts, end))
        kept = self._call("keep")
        self._values += [values[old] for (old,) in struct.iter_unpack("<I", self._read(self._texts, kept * 4))]
        return values[number]

    def _call(self, name: str, *arguments: int) -> Any:
        return cast("wasmtime.Func", self._attached[name])(self._store, *arguments)

    def _read(self, memory: wasmtime.Memory, length: int) -> bytearray:
        return memory.read(self._store, 0, length)


def replay(values: list[Any], log: bytes | bytearray, texts: bytes | bytearray) -> None:
    """Append what a log created to the values before it; a value's place in the list is its number."""
    add = values.append
    for kind, a, b, c in struct.iter_unpack("<4I", log):
        if kind == _PROPERTY:  # the most frequent kinds come first
            values[a][values[b]] = values[c]
            add(None)  # a store creates nothing, but has a number
        elif kind == _TEXT:
            add(texts[a : a + b].decode())
        elif kind == _OBJECT:
            add({})
        elif kind == _ITEM:
            _set_item(values[a], b, values[c])
            add(None)
        elif kind == _ARRAY:
            add([])
        else:
            add(_number(kind, struct.pack("<2I", a, b)))


def _set_item(array: list[Any], index: int, value: object) -> None:
    if index == len(array):  # the compiler fills arrays in order
        array.append(value)
        return
    array.extend([None] * (index + 1 - len(array)))
    array[index] = value


def _number(kind: int, bits: bytes) -> int | float:
    """JavaScript has one type of number; whole ones are integers here, such as a LIMIT."""
    if kind != _DOUBLE:
        return int.from_bytes(bits, "little", signed=kind == _SIGNED)
    number = float(struct.unpack("<d", bits)[0])
    return int(number) if number.is_integer() and abs(number) <= _LARGEST_SAFE else number
