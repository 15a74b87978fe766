"""One PostgreSQL connection: statements, raw statements and transactions in Prisma's values and errors.

Each connection keeps the statements it has prepared together with what the server said about their parameters. That is
one round trip for a statement seen before and two for a new one, and types can never belong to another preparation.
"""

from __future__ import annotations

import asyncio
import getpass
import logging
import os
import ssl
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from types import TracebackType
from typing import Final, Literal

import asyncpg
from asyncpg.connect_utils import SessionAttribute
from asyncpg.prepared_stmt import PreparedStatement

from prisma_engine.credentials import fetch
from prisma_engine.errors import SchemaChangedError, UserFacingError
from prisma_engine.patience import OutOfTimeError, Patience, within
from prisma_engine.ports import Column, Found, RawResult, RawTypes, Rows
from prisma_engine.postgres.driver import Answer, Driver
from prisma_engine.postgres.faults import (
    as_raw,
    fault,
    invalid_isolation,
    recognise,
    too_many_parameters,
    translated,
    unreachable,
    wrong_count,
)
from prisma_engine.postgres.hosts import first_of
from prisma_engine.postgres.raw_choice import Choice, Choices
from prisma_engine.postgres.raw_sql import RawSql
from prisma_engine.postgres.reading import as_lists, as_part, as_records
from prisma_engine.postgres.url import Settings
from prisma_engine.postgres.values import CANONICAL, Decoder, Encoder, Values, sql_name, storable, word_for
from prisma_engine.postgres.watch import Watch
from prisma_engine.slices import in_slices

__all__ = ["Described", "PostgresConnection", "open_connection"]

_log = logging.getLogger("prisma_engine.postgres")

_KEPT_SQL: Final = 32 * 1024  # characters; longer statements are bulk writes and long IN lists that hardly come again
_SHOWN_SQL: Final = 200  # characters of a statement in a message
_MOST_PARAMETERS: Final = 32_767  # that the driver counts in a statement; Prisma's limit too
_ROLLBACK_TIMEOUT: Final = 5.0  # seconds at most; a server that is slower is gone, and the connection with it
_A_DAY: Final = 86_400.0  # seconds; stands for no limit where the driver wants a number
_NO_ANSWER: Final = (asyncio.TimeoutError, OSError, asyncpg.InternalClientError)

_LOST_BETWEEN: Final = (asyncpg.InterfaceError, AttributeError, RuntimeError)
"""What the driver, or uvloop's transport, raises when a connection is lost between two of its steps."""

_ISOLATION: Final = {
    "ReadUncommitted": "READ UNCOMMITTED",
    "ReadCommitted": "READ COMMITTED",
    "RepeatableRead": "REPEATABLE READ",
    "Serializable": "SERIALIZABLE",
}

_STALE: Final = (
    asyncpg.InvalidCachedStatementError,  # the result's columns changed
    asyncpg.OutdatedSchemaCacheError,  # a composite type changed
    asyncpg.DatatypeMismatchError,  # a column's type changed ...
    asyncpg.UndefinedFunctionError,  # ... and has no operator for the old one
    asyncpg.InvalidSQLStatementNameError,  # somebody deallocated the statement
    asyncpg.InternalServerError,  # "cache lookup failed": a type was dropped and created anew
)
"""What the server says about a statement that was prepared before the schema changed."""


@dataclass(frozen=True, slots=True)
class _Statement:
    prepared: PreparedStatement[asyncpg.Record]
    parameters: int
    columns: tuple[asyncpg.Attribute, ...]
    encoders: tuple[tuple[int, Encoder], ...]  # by position, only where a value may need a change
    names: tuple[str, ...]  # of the columns
    decoders: tuple[Decoder | None, ...]  # for each column's values
    types: Mapping[str, type]  # of the columns' values, once they are decoded

    def encode(self, args: Sequence[object]) -> list[object]:
        if len(args) != self.parameters:
            raise wrong_count(self.parameters, len(args))
        values = list(args)
        for position, encode in self.encoders:
            value = values[position]
            if value is not None:
                values[position] = encode(value)
        return values


async def open_connection(settings: Settings, watch: Watch, values: Values = CANONICAL) -> PostgresConnection:
    """Connect to the database.

    Errors: P1000, P1001, P1003, P1010, P1011, P1013, P1017, P2037.
    """
    patience = Patience(settings.connect_timeout)
    user = _user(settings)
    password = await _password(settings, patience)

    async def connect(hosts: list[str], ports: list[int]) -> Driver:
        return await asyncpg.connect(
            host=hosts,
            port=ports,
            user=user,
            password=password,
            database=settings.database,
            timeout=_A_DAY,  # `patience` is shorter
            command_timeout=settings.socket_timeout,
            statement_cache_size=settings.kept_statements,
            max_cached_statement_lifetime=0,  # else the driver arms a timer for each statement
            server_settings=_session(settings),
            ssl=_tls(settings),
            target_session_attrs=SessionAttribute(settings.target_session_attrs),
            connection_class=Driver,
        )

    async def connect_to_one() -> Driver:
        driver = await first_of(partial(connect, hosts, ports) for hosts, ports in _alternatives(settings))
        await _choose_schema(driver, settings)
        return driver

    with translated(settings):
        try:
            driver = await within(connect_to_one(), patience)
        except OutOfTimeError as late:
            raise unreachable(settings, late.remark) from late
        except (asyncio.TimeoutError, TimeoutError) as error:  # the system's own
            raise unreachable(settings) from error
    if settings.pgbouncer:
        driver.share_server()
    values.set_codecs(driver)
    limit = min(_ROLLBACK_TIMEOUT, settings.socket_timeout or _ROLLBACK_TIMEOUT)
    kept = settings.kept_statements
    return PostgresConnection(driver, watch, values, kept_statements=kept, rollback_timeout=limit)


async def _choose_schema(driver: Driver, settings: Settings) -> None:
    """Let raw SQL find the tables of the URL's schema; what the client compiles names it.

    A statement, because PgBouncer refuses the parameter at the start; in transaction mode the next client would get it.
    """
    if settings.schema != "public" and not settings.pgbouncer:
        try:
            await driver.execute(f'SET search_path = "{settings.schema}"', timeout=_A_DAY)  # it has no quotes: `parse`
        except BaseException:
            driver.terminate()
            raise


def _alternatives(settings: Settings) -> list[tuple[list[str], list[int]]]:
    """The hosts to try one by one, except where the driver must see all of them before it chooses."""
    if settings.target_session_attrs == "prefer-standby":
        return [(list(settings.hosts), list(settings.ports))]
    return [([host], [port]) for host, port in zip(settings.hosts, settings.ports, strict=True)]


def _user(settings: Settings) -> str:
    """Who connects; without a name in the URL it is who runs the program, as for any program of PostgreSQL."""
    try:
        return settings.user or os.environ.get("PGUSER") or getpass.getuser()
    except (KeyError, OSError) as error:  # the second one since Python 3.13
        reason = "it names no user, and who runs the program has no name in this system"
        raise UserFacingError("P1013", f"The provided database string is invalid: {reason}.") from error


async def _password(settings: Settings, patience: Patience) -> str | None:
    known = settings.password
    return await fetch(known, patience) if callable(known) else known


def _session(settings: Settings) -> dict[str, str]:
    # text casts and now() then agree with the instants that we bind
    given = {"application_name": settings.application_name, "options": settings.options, "timezone": "UTC"}
    return {name: value for name, value in given.items() if value is not None}


def _tls(settings: Settings) -> ssl.SSLContext | Literal["disable", "prefer"]:
    mode = "verify-full" if settings.sslaccept == "strict" else settings.sslmode
    client_certificate = settings.sslcert if settings.sslkey else None
    # alone, `sslcert` is the server's certificate, as Prisma reads it; with a key it is the client's, as libpq reads it
    root = settings.sslrootcert or (None if settings.sslkey else settings.sslcert)
    if settings.sslmode == "disable":
        return "disable"
    if mode == "prefer" and client_certificate is None:
        return "prefer"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = mode == "verify-full"
    verified = mode.startswith("verify") or root is not None
    context.verify_mode = ssl.CERT_REQUIRED if verified else ssl.CERT_NONE
    try:
        if root is not None:
            context.load_verify_locations(root)
        elif verified:
            context.load_default_certs()
        if client_certificate is not None:
            context.load_cert_chain(client_certificate, settings.sslkey, lambda: settings.sslpassword or "")
    except OSError as error:
        named = ", ".join(filter(None, (root, client_certificate, settings.sslkey)))
        raise fault("TlsConnectionError", {"reason": f"cannot read {named}: {error}"}) from error
    return context


@dataclass(frozen=True, slots=True)
class Described:
    """The rows of a statement with the names and the types' oids of their columns.

    Shape:  values are what `values.set_codecs` has the driver deliver, in the order of the columns.
    """

    names: list[str]
    types: list[int]
    rows: Sequence[Sequence[object]]


@dataclass(slots=True)
class _Progress:
    """How the last operation on a connection ended."""

    settled: bool = True
    refused_writes: bool = False
    failed: str | None = None  # the statement that has ended the open transaction


class _Operation:
    """Watches over one use of the driver: translates its errors, notes whether it came to its end and how long it took.

    A class that is made once, because a generator for each statement takes a tenth of a small query's time.
    """

    __slots__ = ("_began", "_driver", "_progress", "_raw", "_sql", "_watch")

    def __init__(self, driver: Driver, progress: _Progress, watch: Watch, *, raw: bool) -> None:
        self._driver = driver
        self._progress = progress
        self._watch = watch
        self._raw = raw
        self._began = 0.0

    def __call__(self, sql: str | None) -> _Operation:
        """For a statement of the client, or None for what serves the connection alone."""
        self._sql = sql
        return self

    def __enter__(self) -> None:
        if self._driver.is_closed():
            raise self._closed()
        self._progress.settled = False
        self._began = perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sql is not None:
            self._watch.statement(self._sql, self._began, error)
        if error is None:
            self._progress.settled = True
            return
        self._progress.refused_writes = isinstance(error, asyncpg.ReadOnlySQLTransactionError)
        if self._progress.failed is None and not self._driver.is_closed() and self._driver.is_in_transaction():
            self._progress.failed = self._sql
        if isinstance(error, _LOST_BETWEEN) and self._driver.is_closed():
            raise self._closed() from error  # it was lost between two steps of the driver
        known = recognise(error, raw=self._raw)
        understood = known is not None or isinstance(error, UserFacingError)
        self._progress.settled = understood and not isinstance(error, _NO_ANSWER)
        if known is not None:
            raise known from error

    def _closed(self) -> UserFacingError:
        closed = fault("ConnectionClosed", {})
        return as_raw(closed) if self._raw else closed


class PostgresConnection:
    """A connection of the pool; `idle_since` and `opened_at` are the event loop's times and belong to the pool."""

    __slots__ = (
        "_adopted",
        "_choices",
        "_driver",
        "_escapes",
        "_kept_statements",
        "_operation",
        "_progress",
        "_raw_operation",
        "_rollback_timeout",
        "_statements",
        "_values",
        "idle_since",
        "opened_at",
    )

    def __init__(
        self, driver: Driver, watch: Watch, values: Values, *, kept_statements: int, rollback_timeout: float
    ) -> None:
        self._driver = driver
        self._values = values
        self._choices = Choices(driver, self._columns)
        self._escapes = driver.has_escapes
        self._adopted: set[int] = set()  # types that the driver has learned by their oid
        self._statements: OrderedDict[str, _Statement] = OrderedDict()
        self._kept_statements = kept_statements
        self._rollback_timeout = rollback_timeout
        self._progress = _Progress()
        self._operation = _Operation(driver, self._progress, watch, raw=False)
        self._raw_operation = _Operation(driver, self._progress, watch, raw=True)
        self.opened_at = self.idle_since = asyncio.get_running_loop().time()

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else "in transaction" if self.in_transaction else "open"
        return f"<PostgresConnection {state} statements={len(self._statements)}>"

    @property
    def is_closed(self) -> bool:
        """Whether the connection is gone."""
        return self._driver.is_closed()

    @property
    def is_quiet(self) -> bool:
        """Whether the connection is there, and the server has said nothing that nobody asked for."""
        return self._driver.is_quiet

    @property
    def refused_writes(self) -> bool:
        """Whether the server said that it takes no writes now."""
        return self._progress.refused_writes

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open on this connection."""
        return not self._driver.is_closed() and self._driver.is_in_transaction()

    @property
    def is_at_rest(self) -> bool:
        """Whether the connection is open, outside of transactions, and its last operation came to its end."""
        return self._progress.settled and self._driver.is_idle

    async def query(self, sql: str, args: Sequence[object]) -> Rows:
        """Run one statement and return its rows in canonical values.

        Errors: UserFacingError with the code that Prisma gives the database's error.
        """
        with self._operation(sql):
            statement = self._statements.get(sql)
            if statement is None:
                statement, (records, _, _) = await self._run(sql, args)
            else:  # the same as `_run` does, without another coroutine
                self._statements.move_to_end(sql)
                try:
                    records, _, _ = await self._driver.run_prepared(statement.prepared, statement.encode(args))
                except _STALE as error:
                    statement, (records, _, _) = await self._run_anew(error, sql, args, is_new=False)
        read = as_records(statement.names, statement.decoders)
        rows = read(records) if len(records) <= 1 else await in_slices(read, records)
        return Rows(rows, statement.types)

    async def find(self, sql: str, args: Sequence[object]) -> Found:
        """Run one statement and return its rows, not made yet. Errors: as `query`."""
        with self._operation(sql):
            statement, (records, _, _) = await self._run(sql, args)
        return Found(records, statement.types, partial(as_records, statement.names, statement.decoders))

    async def describe(self, sql: str, args: Sequence[object]) -> Described:
        """Run one statement and describe its rows. Errors: as `query`."""
        with self._operation(sql):
            statement, (records, _, _) = await self._run(sql, args)
            rows = as_lists(statement.decoders)(records)
        return Described(list(statement.names), [column.type.oid for column in statement.columns], rows)

    async def execute(self, sql: str, args: Sequence[object]) -> int:
        """Run one statement and return how many rows it affected. Errors: as `query`."""
        with self._operation(sql):
            return _affected(await self._tag(sql, args))

    async def parameter_types(self, sql: str) -> list[str | None]:
        """Ask what types a statement's parameters have, as SQL writes them; None for one that no array can hold.

        Errors: as `query`.
        """
        with self._operation(None):
            prepared = await self._driver.prepare(storable(sql), name="")  # what is kept may be older than the table
            return [sql_name(type_) for type_ in prepared.get_parameters()]

    async def columns(self, sql: str) -> list[Column]:
        """Ask what columns the rows of a statement have. Errors: as `query`."""
        with self._operation(None):
            prepared = await self._driver.prepare(storable(sql), name="")
        columns = [(column.name, column.type) for column in prepared.get_attributes()]
        return [Column(name, sql_name(type_), self._values.canonical_type(type_)) for name, type_ in columns]

    async def parts(self, sql: str, args: Sequence[object], parts: Sequence[Sequence[Column]]) -> list[Rows]:
        """Run one statement made of several, and return the rows of each by column name.

        The first column is the number of the part that a row is of; then come the columns of each part.
        Errors: as `query`.
        """
        with self._operation(sql):
            statement, (records, _, _) = await self._run(sql, args)
        rows, first = [], 1
        for number, columns in enumerate(parts):
            types = {column.name: column.exact for column in columns}
            read = as_part(number, tuple(column.name for column in columns), first, statement.decoders)
            rows.append(Rows(await in_slices(read, records), types))
            first += len(columns)
        return rows

    async def query_raw(self, sql: str, args: Sequence[object], types: RawTypes = ()) -> RawResult:
        """Run a statement that the user wrote and describe its rows.

        Shape:  values are canonical, as in `query`: JSON is text, dates and times are `date` and `time`.
        Errors: P2010, also for columns of types that have no faithful text form; P1016, P2035.
        """
        with self._raw_operation(sql):
            choice, statement, (records, _, _) = await self._run_raw(sql, args, types, check=_words)
            rows = as_lists(statement.decoders)(records)
        names = choice.names(statement.columns) if choice else list(statement.names)
        return RawResult(columns=names, types=_words(statement), rows=rows)

    async def execute_raw(self, sql: str, args: Sequence[object], types: RawTypes = ()) -> int:
        """Run what the user wrote and return how many rows it affected; without parameters it may be a script.

        Errors: P2010, P1016, P2035.
        """
        with self._raw_operation(sql):
            if not args:
                return _affected(await self._raw_script(sql))
            _, _, (_, tag, _) = await self._run_raw(sql, args, types)
            return _affected(tag.decode())

    def transaction(self, isolation: str | None = None) -> _Transaction:
        """Run the block in a transaction: commit at its end, roll back on any error and re-raise that error.

        Errors: P2028 or P2023 for an isolation level that PostgreSQL does not have.
        """
        if isolation is None:
            return _Transaction(self, "BEGIN")
        level = _ISOLATION.get(isolation)
        if level is None:
            raise invalid_isolation(isolation)
        return _Transaction(self, f"BEGIN ISOLATION LEVEL {level}")

    async def reset(self) -> None:
        """Wait for the end of an interrupted operation and roll back what is open; fails if the server is gone."""
        with self._operation(None):
            with suppress(asyncpg.InFailedSQLTransactionError):
                await self._driver.execute("SELECT 1")  # tells whether a transaction is open
            if self._driver.is_in_transaction():
                await self._driver.execute("ROLLBACK")

    async def close(self, *, timeout: float) -> None:
        """Say goodbye to the server, or hang up if that fails or takes longer than `timeout` seconds."""
        try:
            await self._driver.close(timeout=timeout)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncio.TimeoutError):
            self.terminate()

    def terminate(self) -> None:
        """Hang up at once."""
        self._driver.terminate()

    async def begin(self, sql: str) -> None:
        """Open a transaction with the given BEGIN."""
        if self.in_transaction:
            message = "a transaction is open on this connection already; its COMMIT would end the outer one too"
            raise RuntimeError(message)
        self._progress.failed = None
        with self._operation(sql):
            await self._driver.execute(sql)

    async def commit(self) -> None:
        """Commit. Errors: those of deferred constraints and conflicts; P2039 if the server rolled back instead."""
        with self._operation("COMMIT"):
            tag = await self._driver.execute("COMMIT")
        if tag != "COMMIT":
            message = (
                "the transaction was rolled back instead of committed, because one of its statements had failed:"
                f" {_shortened(self._progress.failed or 'unknown')}"
            )
            raise fault("postgres", {"code": "25P02", "message": message}, code="25P02", message=message)

    async def roll_back(self) -> None:
        """Roll back what is open; a failure is logged only, because an earlier error is on its way.

        Where a statement was cancelled or not answered, that is left to the pool, which nobody waits for.
        """
        if not self._progress.settled or not self.in_transaction:
            return
        try:
            with self._operation("ROLLBACK"):
                await self._driver.execute("ROLLBACK", timeout=self._rollback_timeout)
        except UserFacingError as error:
            self._progress.settled = False
            _log.warning("rolling back failed, the connection will be replaced: %s", error)

    async def _run(
        self, sql: str, args: Sequence[object], check: Callable[[_Statement], object] | None = None
    ) -> tuple[_Statement, Answer]:
        kept = self._statements.get(sql)
        if kept is not None:
            self._statements.move_to_end(sql)
        statement = kept or await self._prepare(sql)
        if check is not None:
            check(statement)
        try:
            return statement, await self._driver.run_prepared(statement.prepared, statement.encode(args))
        except _STALE as error:
            return await self._run_anew(error, sql, args, is_new=kept is None)

    async def _run_anew(
        self, error: Exception, sql: str, args: Sequence[object], *, is_new: bool
    ) -> tuple[_Statement, Answer]:
        """Prepare and run a statement that was stale. Errors: SchemaChangedError in a transaction; the first error."""
        in_transaction = self._driver.is_in_transaction()
        if in_transaction and is_new:
            raise error  # preparing has locked the tables, so it is not they that have changed
        self._statements.clear()
        await self._driver.reload_schema_state()
        if in_transaction:
            raise SchemaChangedError from error  # it is aborted, and only its owner knows what it was to do
        # asyncpg's own transactions would take one whose BEGIN was cancelled for open ever after
        await self._driver.execute("BEGIN")  # so that nothing changes between preparing and running
        try:
            statement = await self._prepare(sql)
            answer = await self._driver.run_prepared(statement.prepared, statement.encode(args))
        except Exception:
            if not self._driver.is_closed():
                await self._driver.execute("ROLLBACK")
            raise
        await self._driver.execute("COMMIT")
        return statement, answer

    async def _run_raw(
        self,
        sql: str,
        args: Sequence[object],
        types: RawTypes,
        check: Callable[[_Statement], object] | None = None,
    ) -> tuple[Choice | None, _Statement, Answer]:
        if len(args) > _MOST_PARAMETERS:
            raise too_many_parameters(_MOST_PARAMETERS, len(args))
        self._heed_escapes()
        if not types:
            return None, *await self._run(sql, args, check)
        choice = self._choices.known(sql, types) or await self._choices.make(storable(sql), types)
        try:
            return choice, *await self._run(choice.sql.text, choice.sql.arguments(args), check)
        except UserFacingError as error:
            raise choice.explained(error) from error
        except asyncpg.SyntaxOrAccessError:
            self._choices.forget(sql, types)
            raise

    def _heed_escapes(self) -> None:
        """Prepare anew what the server would read in another way by now."""
        if self._driver.has_escapes != self._escapes:
            self._escapes = self._driver.has_escapes
            self._choices.clear()
            self._statements.clear()

    async def _raw_script(self, sql: str) -> str:
        try:
            return await self._script(sql)
        except asyncpg.UndefinedParameterError as error:
            raise wrong_count(RawSql(sql, escapes=self._driver.has_escapes).parameters, 0) from error

    async def _columns(self, sql: str) -> Sequence[asyncpg.Attribute]:
        kept = self._statements.get(sql) or await self._prepare(sql)
        return kept.columns

    async def _tag(self, sql: str, args: Sequence[object]) -> str:
        if not args:
            return await self._script(sql)
        _, (_, tag, _) = await self._run(sql, args)
        return tag.decode()

    async def _script(self, sql: str) -> str:
        try:
            return await self._driver.run_script(storable(sql))
        except AttributeError:  # the driver decodes a command tag even when the text holds no statement
            return ""

    async def _prepare(self, sql: str) -> _Statement:
        kept = self._kept_statements > 0 and len(sql) <= _KEPT_SQL
        # a statement without a name needs no round trip to be closed
        prepared = await self._driver.prepare(storable(sql), name=None if kept else "")
        types = prepared.get_parameters()
        columns = prepared.get_attributes()
        if self._values.adopt(self._driver, [*types, *(column.type for column in columns)], self._adopted):
            prepared = await self._driver.prepare(sql, name=None if kept else "")
        found = ((position, self._values.encoder_for(server_type)) for position, server_type in enumerate(types))
        encoders = tuple((position, encoder) for position, encoder in found if encoder is not None)
        names = tuple(column.name for column in columns)
        decoders = tuple(self._values.decoder_for(column.type) for column in columns)
        canonical = {column.name: self._values.canonical_type(column.type) for column in columns}
        statement = _Statement(prepared, len(types), columns, encoders, names, decoders, canonical)
        if kept:
            self._keep(sql, statement)
        return statement

    def _keep(self, sql: str, statement: _Statement) -> None:
        self._statements[sql] = statement
        if len(self._statements) > self._kept_statements:
            self._statements.popitem(last=False)  # the driver closes it on the server when it is next preparing one


def _shortened(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= _SHOWN_SQL else f"{text[:_SHOWN_SQL]}…"


def _affected(tag: str) -> int:
    last = tag.rpartition(" ")[2]
    return int(last) if last.isdecimal() else 0


def _words(statement: _Statement) -> list[str]:
    return [_word(column.type) for column in statement.columns]


def _word(server_type: asyncpg.Type) -> str:
    word = word_for(server_type)
    if word is None:
        raise as_raw(fault("UnsupportedNativeDataType", {"type": server_type.name}))
    return word


class _Transaction:
    __slots__ = ("_begin", "_connection")

    def __init__(self, connection: PostgresConnection, begin: str) -> None:
        self._connection = connection
        self._begin = begin

    async def __aenter__(self) -> None:
        await self._connection.begin(self._begin)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self._connection.commit()
        else:
            await self._connection.roll_back()
