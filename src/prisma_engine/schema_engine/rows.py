"""Two small wasm modules beside the engine answer its questions about the rows of a statement.

Theory of operation. The engine reads a result cell by cell, and asks five or six imported functions about each: a
database with 300 tables is a million questions, of which Python answers each in some 15 µs. So the rows of a result are
written into a memory when the engine takes them, as cells of 16 bytes, and it is given their numbers as references (an
i31, which needs no memory): the rows are cell 0, an array of arrays. The imports that cells come to are wasm functions,
which ask Python about all other values only.

The engine reads a result as soon as it has taken it, so that the next one may be written over it.

What needs the engine's memory cannot exist before the engine, which cannot exist before its imports. It lives in the
second module, the attachment, and is called through a table that the attachment fills.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import wasmtime

from prisma_engine.wasm.artifact import Source, load
from prisma_engine.wasm.guest import Guest
from prisma_engine.wasm.values import get

__all__ = ["Cells", "Modules", "RowMemory", "load_modules"]

_FOLDER: Final = Path(__file__).parent
_PAGE: Final = 65536
_NULL, _BOOLEAN, _NUMBER, _TEXT, _ARRAY = range(5)
_NOT_CELLS: Final = -1
_WHOLE: Final = struct.Struct("<4i")
_DOUBLE: Final = struct.Struct("<iid")
_NULL_CELL: Final = _WHOLE.pack(_NULL, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Modules:
    """The module of the imports, and the one that is attached afterwards."""

    rows: wasmtime.Module
    attachment: wasmtime.Module


def load_modules(engine: wasmtime.Engine) -> Modules:
    """Load both. Errors: ArtifactError."""
    names = ("rows.wat", "rows_attachment.wat")
    return Modules(*(load(engine, Source.of_ours(_FOLDER / name)) for name in names))


@dataclass(frozen=True, slots=True)
class Cells:
    """The rows of a result, of None, bools, numbers, texts and lists of texts and None."""

    rows: Sequence[Sequence[object]]


class RowMemory:
    """The rows that one engine reads. `functions` are imports of the engine's, by their names."""

    def __init__(self, guest: Guest, modules: Modules, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._store = guest.store
        self._attachment = modules.attachment
        given = {**functions, "get": self._get}
        imports = [
            guest.bind(given[str(item.name)], cast("wasmtime.FuncType", item.type)) for item in modules.rows.imports
        ]
        self._exports = wasmtime.Instance(self._store, modules.rows, imports).exports(self._store)
        self._memories = [cast("wasmtime.Memory", self._exports[name]) for name in ("cells", "texts")]
        self.functions: dict[str, wasmtime.Func] = {
            item.name: cast("wasmtime.Func", self._exports[item.name])
            for item in modules.rows.exports
            if isinstance(item.type, wasmtime.FuncType)
        }

    def attach(self, engine: Mapping[str, Any]) -> None:
        """Connect with the exports of the engine that this object's functions were given to."""
        exports = {"engine": engine, "rows": self._exports}
        imports = [exports[item.module][str(item.name)] for item in self._attachment.imports]
        wasmtime.Instance(self._store, self._attachment, imports)

    def _get(self, value: object, key: object) -> tuple[object, int]:
        """A property, and the number of its cell, where it is one."""
        found = get(value, key)
        if not isinstance(found, Cells):
            return found, _NOT_CELLS
        for memory, data in zip(self._memories, packed(found.rows), strict=True):
            self._write(memory, data)
        return None, 0

    def _write(self, memory: wasmtime.Memory, data: bytes) -> None:
        missing = -(-len(data) // _PAGE) - memory.size(self._store)
        if missing > 0:
            memory.grow(self._store, missing)
        memory.write(self._store, data)


class _Packer:
    """Writes cells and their texts; those of lists are numbered from where the rows' cells end."""

    def __init__(self, end: int) -> None:
        self._end = end
        self._of_lists: list[bytes] = []
        self._known: dict[str, bytes] = {}  # the cells of texts: catalogs repeat themselves
        self._texts: list[bytes] = []
        self._length = 0

    def cell(self, value: object) -> bytes:
        """The cell of a value."""
        if value is None:
            return _NULL_CELL
        if isinstance(value, str):
            return self._known.get(value) or self._text(value)
        if isinstance(value, bool):
            return _WHOLE.pack(_BOOLEAN, value, 0, 0)
        if isinstance(value, (int, float)):
            return _DOUBLE.pack(_NUMBER, 0, value)
        return self._list(cast("list[object]", value))

    def finish(self) -> tuple[bytes, bytes]:
        """The cells of lists, and the texts."""
        return b"".join(self._of_lists), b"".join(self._texts)

    def _text(self, text: str) -> bytes:
        data = text.encode()
        cell = self._known[text] = _WHOLE.pack(_TEXT, len(data), self._length, 0)
        self._texts.append(data)
        self._length += len(data)
        return cell

    def _list(self, items: list[object]) -> bytes:
        first = self._end + len(self._of_lists)
        self._of_lists += map(self.cell, items)
        return _WHOLE.pack(_ARRAY, len(items), first, 0)


def packed(rows: Sequence[Sequence[object]]) -> tuple[bytes, bytes]:
    """Rows as the memories hold them: the cells, those of an array in one piece, and the texts."""
    first = 1 + len(rows)
    width = len(rows[0]) if rows else 0
    packer = _Packer(first + width * len(rows))
    arrays = [_WHOLE.pack(_ARRAY, len(rows), 1, 0)]
    arrays += [_WHOLE.pack(_ARRAY, width, first + number * width, 0) for number in range(len(rows))]
    cells = [packer.cell(value) for row in rows for value in row]
    of_lists, texts = packer.finish()
    return b"".join([*arrays, *cells, of_lists]), texts
