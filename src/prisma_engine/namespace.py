"""SQL of a library's own: what tables and columns are called, and errors as those of the client's methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, overload

__all__ = ["Table", "execute", "query", "table_of"]

_Model = TypeVar("_Model")


@dataclass(frozen=True, slots=True)
class Table:
    """A model's table, for `str.format`: `{table}` is its name in SQL, `{table[createdAt]}` the column of a field."""

    schema: str
    name: str
    columns: Mapping[str, str]

    def __str__(self) -> str:
        return f"{_quoted(self.schema)}.{_quoted(self.name)}"

    def __getitem__(self, field: str) -> str:
        return _quoted(self.columns[field])


async def table_of(client: Any, model: type) -> Table:
    """The table of a model, in the schema that the URL of a connected, asynchronous client names.

    SQL that does not say a schema has the server's `search_path`.
    Errors: the client's ClientNotConnectedError.
    """
    table: Table = await client._engine.table(model)  # noqa: SLF001  # where the client keeps it
    return table


async def execute(client: Any, sql: str, *parameters: object) -> int:
    """Run a statement and return how many rows it affected.

    Errors: those of the client's methods, such as TableNotFoundError (P2021), where its own `execute_raw` has but one.
    """
    affected: int = await _run(client, "execute_sql", sql, parameters)
    return affected


@overload
async def query(client: Any, sql: str, *parameters: object) -> list[dict[str, Any]]: ...
@overload
async def query(client: Any, sql: str, *parameters: object, model: type[_Model]) -> list[_Model]: ...
async def query(client: Any, sql: str, *parameters: object, model: type | None = None) -> list[Any]:
    """Run a query that changes nothing, once more where its connection is lost meanwhile, and return its rows.

    With a `model`, they are objects of it, as `find_many` makes them: the statement gives the columns of its fields,
    and a column for each field that a class below the client's own adds.
    Errors: as `execute`.
    """
    rows: list[Any] = await _run(client, "query_sql", sql, parameters, model)
    return rows


async def _run(client: Any, method: str, sql: str, parameters: Sequence[object], model: type | None = None) -> Any:
    arguments = {"query": sql, "parameters": parameters}
    answer = await client._execute(method=method, arguments=arguments, model=model)  # noqa: SLF001  # the seam that `bind` replaces
    return answer["data"]["result"]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
