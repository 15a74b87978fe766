"""Shadow databases: made or emptied for one use, and gone or empty again after it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import replace
from typing import Final

from prisma_engine.admin.errors import shadow_not_created
from prisma_engine.admin.guard import check_may_erase
from prisma_engine.admin.session import GOODBYE, connect, connected, quoted
from prisma_engine.errors import UserFacingError
from prisma_engine.postgres import PostgresConnection, Settings
from prisma_engine.postgres.report import report_of

__all__ = ["BorrowedShadow", "OwnShadow", "Shadow"]

_log = logging.getLogger("prisma_engine.schema_engine")

_NOT_NOW: Final = frozenset({"P1001", "P1017", "P2037"})  # the server restarts, or has no room for a connection
_PATIENCE: Final = 10.0  # seconds in which that may pass
_PAUSE: Final = 0.2  # seconds between two attempts

_IDENTITY: Final = "SELECT system_identifier::text AS system, current_database() AS name FROM pg_control_system()"
"""The cluster's identity and the database: the same for every name and address that leads to it."""

_OWN_SCHEMA: Final = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"

_SCHEMAS: Final = f"""
  SELECT n.nspname AS name FROM pg_namespace n
  WHERE {_OWN_SCHEMA} AND pg_has_role(n.nspowner, 'USAGE')
"""  # noqa: S608  # constants

_DROPS: Final = f"""
  SELECT format('DROP %s IF EXISTS %s CASCADE;', o.type, o.identity) AS statement
  FROM pg_namespace n
  JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.deptype = 'n'
  CROSS JOIN pg_identify_object(d.classid, d.objid, 0) o
  LEFT JOIN pg_extension e ON d.classid = 'pg_extension'::regclass AND d.objid = e.oid
  WHERE {_OWN_SCHEMA} AND NOT pg_has_role(n.nspowner, 'USAGE') AND (e IS NULL OR pg_has_role(e.extowner, 'USAGE'))
  AND NOT EXISTS (
    SELECT FROM pg_depend whole
    WHERE (whole.classid, whole.objid, whole.objsubid) = (d.classid, d.objid, 0) AND whole.deptype IN ('a', 'e', 'i')
  )
"""  # noqa: S608  # constants
"""Empty the schemas of others: until PostgreSQL 14 `public` is the superuser's in a database of anybody's."""

_CONTENTS: Final = f"""
  SELECT count(*) > 0 AS is_filled, coalesce(bool_or(o.name = '_prisma_migrations'), false) AS is_managed
  FROM (
    SELECT 'pg_class'::regclass AS class, oid, relnamespace AS namespace, relname AS name FROM pg_class
    UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace, proname FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace, typname FROM pg_type
  ) o JOIN pg_namespace n ON n.oid = o.namespace
  WHERE {_OWN_SCHEMA}
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')
"""  # noqa: S608  # constants


class Shadow(ABC):
    """A database for one use. It is closed once, whoever asks for it and however often, and all of them wait for it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: PostgresConnection | None = None
        self._closing: asyncio.Future[None] | None = None

    @property
    def schema(self) -> str:
        """The schema that the tables are in."""
        return self._settings.schema

    @abstractmethod
    async def open(self) -> PostgresConnection:
        """Make the database ready and connect to it. Errors: UserFacingError."""

    @abstractmethod
    async def _clean_up(self) -> None:
        """Remove the database or its contents."""

    async def close(self) -> None:
        """Leave nothing behind. Errors: UserFacingError."""
        if self._closing is None or self._closing.cancelled():
            self._closing = asyncio.ensure_future(self._clean_up())
        await asyncio.shield(self._closing)

    async def _hang_up(self) -> None:
        if self._connection is not None:
            await self._connection.close(timeout=GOODBYE)


class OwnShadow(Shadow):
    """A database of a name of its own on the main server."""

    def __init__(self, main: Settings) -> None:
        super().__init__(replace(main, database=f"prisma_migrate_shadow_db_{uuid.uuid4()}"))
        self._main = main
        self._may_exist = False

    async def open(self) -> PostgresConnection:
        """Create it. Errors: P3014 where the server refuses that; as `connect`."""
        async with connected(self._main) as admin:
            self._may_exist = True
            try:
                await admin.execute(f"CREATE DATABASE {quoted(self._settings.database)}", ())
            except UserFacingError as error:
                raise shadow_not_created(error) if report_of(error) else error from error
        self._connection = await connect(self._settings)
        return self._connection

    async def _clean_up(self) -> None:
        await self._hang_up()  # first: a connection to the database would keep it from being dropped
        until = asyncio.get_running_loop().time() + _PATIENCE
        while self._may_exist and not await self._is_dropped(until):  # noqa: ASYNC110  # what is waited for happens on the server
            await asyncio.sleep(_PAUSE)

    async def _is_dropped(self, until: float) -> bool:
        """Try to drop it; False where that may succeed in time."""
        try:
            async with connected(self._main) as admin:
                await admin.execute(f"DROP DATABASE IF EXISTS {quoted(self._settings.database)} WITH (FORCE)", ())
        except UserFacingError as error:
            if error.code in _NOT_NOW and asyncio.get_running_loop().time() < until:
                _log.info("the shadow database %s cannot be dropped yet: %s", self._settings.database, error)
                return False
            _log.warning("the shadow database %s could not be dropped: %s", self._settings.database, error)
            raise
        return True


class BorrowedShadow(Shadow):
    """A database that the user set aside, once it is known to be neither the main one nor in use."""

    def __init__(self, settings: Settings, main: Settings) -> None:
        super().__init__(settings)
        self._main = main

    async def open(self) -> PostgresConnection:
        """Empty it. Errors: UserFacingError where that may not be done; as `connect`."""
        connection = await connect(self._settings)
        try:
            await self._check(connection)
            await _empty(connection)
        except BaseException:
            await connection.close(timeout=GOODBYE)
            raise
        self._connection = connection
        return connection

    async def _check(self, connection: PostgresConnection) -> None:
        await self._refuse_main(connection)
        (contents,) = await connection.query(_CONTENTS, ())
        if contents["is_managed"]:
            raise UserFacingError(
                None,
                f"Refused to erase the shadow database `{self._settings.database}`: it has a table _prisma_migrations,"
                " so it is in use. Configure an empty database as the shadow database.",
            )
        if contents["is_filled"]:  # a shadow database is left empty, so these are a killed run's, or somebody's data
            check_may_erase(self._settings)

    async def _refuse_main(self, connection: PostgresConnection) -> None:
        async with connected(self._main) as main:
            is_main = await connection.query(_IDENTITY, ()) == await main.query(_IDENTITY, ())
        if is_main:
            raise UserFacingError(
                None,
                "The shadow database you configured appears to be the same as the main database. Please specify another"
                " shadow database.",
            )

    async def _clean_up(self) -> None:
        if self._connection is None:
            return
        try:
            with suppress(UserFacingError):
                await self._connection.reset()  # a script may have left a transaction open, or been interrupted
            await _empty(self._connection)
        finally:
            await self._hang_up()


async def _empty(connection: PostgresConnection) -> None:
    schemas = [quoted(str(row["name"])) for row in await connection.query(_SCHEMAS, ())]
    drops = [f"DROP SCHEMA {schema} CASCADE;" for schema in schemas]
    contents = [str(row["statement"]) for row in await connection.query(_DROPS, ())]
    await connection.execute("\n".join([*contents, *drops, "CREATE SCHEMA IF NOT EXISTS public"]), ())
