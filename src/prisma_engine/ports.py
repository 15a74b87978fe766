"""What the interpreter needs from a database; `postgres` implements it, tests may replay it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, SupportsIndex, TypeVar, overload

from prisma_engine.errors import SchemaChangedError

__all__ = ["Column", "Connection", "Database", "Found", "RawResult", "RawTypes", "Record", "Rows", "in_one_transaction"]

_Result = TypeVar("_Result")

Record = dict[str, object]
"""One row by column name, in canonical values (`postgres.values`); a later duplicate column wins."""


RawTypes = tuple[str | None, ...]
"""PostgreSQL's types of the arguments of a raw statement, None where the server is to infer one."""


class Rows(list[Record]):
    """The rows of a statement with the type that every value of a column has, where it is not None, by column name.

    A slice keeps the types; a column of no certain type has `object`.
    """

    __slots__ = ("types",)

    def __init__(self, rows: Iterable[Record], types: Mapping[str, type]) -> None:
        super().__init__(rows)
        self.types = types

    @overload
    def __getitem__(self, index: SupportsIndex) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Rows: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Record | Rows:
        if isinstance(index, slice):
            return Rows(super().__getitem__(index), self.types)
        return super().__getitem__(index)


@dataclass(frozen=True, slots=True)
class Found:
    """What a statement has found, not made into rows yet: who makes objects of the rows makes both slice by slice.

    `types` are as in `Rows`. Errors: reading rows may raise what `query` may.
    """

    records: Sequence[Any]
    types: Mapping[str, type]
    reader: Callable[..., Callable[[Sequence[Any]], list[Record]]]
    """Makes what reads rows of records; `fields`, where given, are what they are to have, in this order, None for those
    that are no columns, and rows that have no value in one of the columns `whole` are left out."""


@dataclass(frozen=True, slots=True)
class RawResult:
    """The rows of a raw query as Prisma describes them: column names, Prisma's type words, rows in column order."""

    columns: list[str]
    types: list[str]
    rows: list[list[object]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a statement: its type as SQL writes it, None where it cannot, and that of its values as in `Rows`."""

    name: str
    sql_type: str | None
    exact: type


class Connection(Protocol):
    """One database connection: it runs one statement at a time."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open on this connection."""
        ...

    async def query(self, sql: str, args: Sequence[object]) -> list[Record]:
        """Run one statement and return its rows, as `Rows` where their types are known.

        Errors: UserFacingError with the code that Prisma gives the database's error.
        """
        ...

    async def find(self, sql: str, args: Sequence[object]) -> Found:
        """Run one statement and return its rows, not made yet.

        Errors: as `query`, those of reading the rows when they are looked at.
        """
        ...

    async def execute(self, sql: str, args: Sequence[object]) -> int:
        """Run one statement and return how many rows it affected."""
        ...

    async def parameter_types(self, sql: str) -> list[str | None]:
        """Ask what types a statement's parameters have, as SQL writes them; None for one that no array can hold."""
        ...

    async def columns(self, sql: str) -> list[Column]:
        """Ask what columns the rows of a statement have."""
        ...

    async def parts(self, sql: str, args: Sequence[object], parts: Sequence[Sequence[Column]]) -> list[Rows]:
        """Run one statement made of several, and return the rows of each by column name.

        The first column is the number of the part that a row is of; then come the columns of each part.
        Errors: as `query`.
        """
        ...

    async def query_raw(self, sql: str, args: Sequence[object], types: RawTypes = ()) -> RawResult:
        """Run a statement that the user wrote and describe its rows.

        `types` are PostgreSQL's, of the arguments; where one is None or none fits, the server infers them.
        Errors: P2010, P1016 for a wrong number of arguments, P2035 for too many.
        """
        ...

    async def execute_raw(self, sql: str, args: Sequence[object], types: RawTypes = ()) -> int:
        """Run a statement that the user wrote and return how many rows it affected. Errors: as `query_raw`."""
        ...

    def transaction(self, isolation: str | None = None) -> AbstractAsyncContextManager[None]:
        """Run the block in a transaction: commit at its end, roll back on any error and re-raise that error.

        `isolation` is one of Prisma's words (ReadUncommitted, ReadCommitted, RepeatableRead, Serializable).
        """
        ...

    def terminate(self) -> None:
        """Cut the connection at once; a running statement fails and the server rolls its transaction back."""
        ...


async def in_one_transaction(connection: Connection, job: Callable[[], Awaitable[_Result]]) -> _Result:
    """Run the job in the transaction that is open on the connection, else in one of its own.

    Its own is run a second time when the schema has changed: the first was rolled back, and the second cannot meet
    that error, because it prepares its statements anew and thereby locks their tables against further changes.
    """
    if connection.in_transaction:
        return await job()
    try:
        async with connection.transaction():
            return await job()
    except SchemaChangedError:
        async with connection.transaction():
            return await job()


class Database(Protocol):
    """Where connections come from."""

    def acquire(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection for the block.

        Errors: P1001 and its like on connecting, P2024 when the pool stays exhausted.
        """
        ...
