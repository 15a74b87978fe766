"""Whether the parameters of a raw statement have the types of their values, or those that the server infers.

Prisma 5's engine declared the values' types. What it refused and the server can infer by itself runs all the same: a
text compared with a uuid, for instance. Which it is, a connection finds out once for each statement.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg

from prisma_engine.errors import UserFacingError
from prisma_engine.ports import RawTypes
from prisma_engine.postgres.driver import Driver
from prisma_engine.postgres.faults import translate, wrong_count
from prisma_engine.postgres.raw_sql import NAMES, RawSql, TypedSql

__all__ = ["Choice", "Choices"]

_KEPT: Final = 1000
_UNNAMED: Final = "?column?"
_SAVEPOINT: Final = "prisma_engine_types"

_NO_MATTER_OF_TYPES: Final = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidSchemaNameError,
)
_MATTERS_OF_TYPES: Final = (
    asyncpg.SyntaxOrAccessError,  # no such operator, no such cast, an ambiguous function …
    asyncpg.DataError,  # a constant that is none of the parameter's type
)

Prepare = Callable[[str], Awaitable[Sequence[asyncpg.Attribute]]]
"""Prepares a statement and tells its columns."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How a statement is sent; `refusal` is what the server said of the values' types, where it infers others.

    `unnamed` are the places of columns that only a cast of ours has given a name.
    """

    sql: TypedSql
    unnamed: frozenset[int] = frozenset()
    refusal: UserFacingError | None = None

    def names(self, columns: Sequence[asyncpg.Attribute]) -> list[str]:
        """The columns' names as the statement gives them."""
        names = [column.name for column in columns]
        for place in self.unnamed:
            names[place] = _UNNAMED
        return names

    def explained(self, error: UserFacingError) -> UserFacingError:
        """What to say of a value that cannot be what the server has inferred."""
        refusal = self.refusal
        return error if refusal is None else UserFacingError(refusal.code, refusal.message, refusal.meta)


class Choices:
    """The choices of one connection: tables, search path and temporary tables are its own."""

    __slots__ = ("_driver", "_known", "_prepare")

    def __init__(self, driver: Driver, prepare: Prepare) -> None:
        self._driver = driver
        self._prepare = prepare
        self._known: OrderedDict[tuple[str, RawTypes], Choice] = OrderedDict()

    def known(self, sql: str, types: RawTypes) -> Choice | None:
        """The choice that was made for a statement."""
        return self._known.get((sql, types))

    def forget(self, sql: str, types: RawTypes) -> None:
        """A table has changed, perhaps."""
        self._known.pop((sql, types), None)

    def clear(self) -> None:
        """The server reads SQL in another way from now on."""
        self._known.clear()

    async def make(self, sql: str, types: RawTypes) -> Choice:
        """Find out how a statement with arguments of these types is to be sent.

        Errors: P1016; asyncpg's, where neither way is one.
        """
        written = RawSql(sql, escapes=self._driver.has_escapes)
        if written.parameters != len(types):
            raise wrong_count(written.parameters, len(types))
        choice = await self._chosen(written, types)
        self._known[sql, types] = choice
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return choice

    async def _chosen(self, written: RawSql, types: RawTypes) -> Choice:
        if not any(types):
            return Choice(written.inferred())
        typed = written.typed(types)
        try:
            async with self._attempt():
                columns = await self._prepare(typed.text)
        except _MATTERS_OF_TYPES as refused:
            if isinstance(refused, _NO_MATTER_OF_TYPES):
                raise
            return await self._inferred(written, refused)
        return Choice(typed, await self._unnamed(typed, columns))

    async def _inferred(self, written: RawSql, refused: asyncpg.PostgresError) -> Choice:
        inferred = written.inferred()
        try:
            await self._prepare(inferred.text)
        except _MATTERS_OF_TYPES as error:
            raise (error if isinstance(refused, asyncpg.PostgresSyntaxError) else refused) from None
        return Choice(inferred, refusal=translate(refused))

    async def _unnamed(self, typed: TypedSql, columns: Sequence[asyncpg.Attribute]) -> frozenset[int]:
        suspects = [place for place, column in enumerate(columns) if column.name in NAMES]
        if not suspects:
            return frozenset()
        try:
            async with self._attempt():
                named = await self._prepare(typed.nameless)
        except _MATTERS_OF_TYPES:  # a place for constants and parameters only
            return frozenset()
        return frozenset(place for place in suspects if named[place].name == _UNNAMED)

    @asynccontextmanager
    async def _attempt(self) -> AsyncIterator[None]:
        """Something that may fail without ending the transaction that is open."""
        if not self._driver.is_in_transaction():
            yield
            return
        await self._driver.execute(f"SAVEPOINT {_SAVEPOINT}")
        try:
            yield
        except asyncpg.PostgresError:
            await self._driver.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
            raise
        finally:
            if not self._driver.is_closed():
                await self._driver.execute(f"RELEASE SAVEPOINT {_SAVEPOINT}")
