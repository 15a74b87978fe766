"""Builds requests of calls: what those of one method on one model share is written once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from prisma_engine.slices import in_slices

from .call import ACTIONS, Call
from .inputs import InputTable, InputType
from .rows import RowRun, RowWriter, left_out
from .shapes import Trace
from .values import Values
from .writer import OBJECT, Models, Tracer, Writer, scalars

__all__ = ["Request", "RequestBuilder"]

_SELECTION: Final = re.compile(r"(\w+)(?:\s*\{\s*([^}]*)\})?")


@dataclass(slots=True)
class Request:
    """A request text with `%1`, `%2` … for its values, and the values in that order."""

    text: str
    params: list[object]


@dataclass(frozen=True, slots=True)
class _Operation:
    """What the requests of one method on one model share."""

    head: str
    arguments: InputType
    selection: str  # without relations


class RequestBuilder:
    """Builds requests for one generated client."""

    def __init__(self, table: InputTable, values: Values, models: Models) -> None:
        self._table = table
        self._values = values
        self._models = models
        self._operations: dict[tuple[type, str], _Operation] = {}

    def build(self, call: Call) -> Request:
        """Turn a call into a request.

        Errors: UserFacingError P2007 and P2019 for values that no request can carry; TypeError for a Python type
        that no Prisma type takes; the client's own errors for a relation that does not exist.
        """
        return self._build(call, Writer(self._table, self._values, self._models, dedupe=call.method == "upsert"))

    def trace(self, call: Call) -> Trace | None:
        """What becomes of the call's values; None where its text depends on more than that. Errors: as `build`."""
        tracer = Tracer(self._table, self._values, self._models, dedupe=call.method == "upsert")
        self._build(call, tracer)
        return tracer.trace

    def _build(self, call: Call, writer: Writer) -> Request:
        if call.model is None:
            raise ValueError("Cannot include fields when model is None.")
        operation = self._operations.get((call.model, call.method)) or self._operation(call.model, call.method)
        parts = writer.parts
        parts.append(operation.head)
        writer.arguments(call.arguments, operation.arguments)
        parts.append(',"selection":')
        include = call.arguments.get("include")
        if call.root_selection is not None:
            parts.append(_root_selection(tuple(call.root_selection)))
        elif include is not None:
            writer.selection(call.model, include)
        else:
            parts.append(operation.selection)
        parts.append("}}")
        return Request("".join(parts), writer.params)

    def _operation(self, model: type, method: str) -> _Operation:
        name = self._models.name(model)
        action = self._table.action(name, ACTIONS[method])
        operation = self._operations[model, method] = _Operation(
            head=f'{{"modelName":"{name}","action":"{action}","query":{{"arguments":',
            arguments=self._table.operation(name, action),
            selection=scalars(tuple(self._models.fields(model))) + "}",
        )
        return operation

    async def rows(self, call: Call) -> list[RowRun]:
        """Turn `create_many` into requests for one row each: the text of a row's request, the parameters by column.

        Compiling a row once and inserting many with it keeps the cost of a new shape independent of the row count.
        Rows of one shape go together only where they follow each other, because sequences count in the rows' order.
        Errors: as `build`.
        """

        def build(row: Mapping[str, Any]) -> tuple[str, list[object]]:
            request = self.build(Call(call.method, {**call.arguments, "data": row}, call.model, call.root_selection))
            return request.text, request.params

        data = call.arguments["data"]
        rows = [data] if isinstance(data, OBJECT) else list(data)
        fields = self._row_fields(call)
        writer = RowWriter(build, fields, left_out(rows, fields), self._values.converters)
        return await in_slices(writer.runs, rows)

    def _row_fields(self, call: Call) -> InputType:
        field = self._operation(call.model, call.method).arguments.get("data") if call.model else None
        return (field and field.type) or {}


@lru_cache(maxsize=1024)
def _root_selection(selection: tuple[str, ...]) -> str:
    """Write the selection that `count` and `group_by` give as GraphQL text, such as `_count { _all }`."""
    fields: dict[str, Any] = {}
    for text in selection:
        for name, inner in _SELECTION.findall(text):
            selected = dict.fromkeys(inner.split(), True)
            fields[name] = {"arguments": {}, "selection": selected} if selected else True
    return json.dumps(fields)
