"""The driver against a real PostgreSQL: values, errors, the pool's behaviour, transactions."""

from __future__ import annotations

import asyncio
import gc
import json
import math
import threading
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from fix_postgres import Server, cutting
from prisma_engine.errors import TransactionError, UserFacingError
from prisma_engine.health import Stats
from prisma_engine.postgres import PostgresConnection, PostgresDatabase, Settings, parse
from prisma_engine.postgres.built_in_arrays import BUILT_IN_ARRAYS
from prisma_engine.postgres.driver import Driver

DROPPED = r"was dropped with open connections \(1\): call its `disconnect\(\)`"

UTC = timezone.utc
END_OF_TIME = datetime.max.replace(tzinfo=UTC)
BEGIN_OF_TIME = datetime.min.replace(tzinfo=UTC)
PLUS_TWO = timezone(timedelta(hours=2))
_PATIENCE = 20.0  # seconds until a condition that a test waits for counts as missed


@pytest.fixture
def settings(database_url: str) -> Settings:
    return parse(database_url)


@pytest_asyncio.fixture
async def database(settings: Settings) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(settings)
    yield database
    await database.close()


@pytest_asyncio.fixture
async def connection(database: PostgresDatabase) -> AsyncIterator[PostgresConnection]:
    async with database.acquire() as connection:
        yield connection


@pytest_asyncio.fixture
async def anywhere(server: Server) -> AsyncIterator[PostgresConnection]:
    """A connection for statements that leave nothing behind; it needs no database of its own."""
    database = PostgresDatabase(parse(server.url(server.maintenance)))
    async with database.acquire() as connection:
        yield connection
    await database.close()


@pytest_asyncio.fixture
async def onlooker(server: Server, settings: Settings) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A connection to the same database that does not belong to the pool."""
    onlooker = await server.connect(settings.database)
    yield onlooker
    await onlooker.close()


async def _until(condition: Callable[[], Awaitable[bool] | bool]) -> None:
    """Wait until the condition holds."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    while True:
        holds = condition()
        if holds if isinstance(holds, bool) else await holds:
            return
        assert asyncio.get_running_loop().time() < deadline, "the condition did not come true"
        await asyncio.sleep(0.005)


async def _pid(connection: PostgresConnection) -> int:
    pid = (await connection.query("SELECT pg_backend_pid() AS pid", ()))[0]["pid"]
    assert isinstance(pid, int)
    return pid


async def _one(connection: PostgresConnection, sql: str, *args: object) -> object:
    [row] = await connection.query(sql, args)
    [value] = row.values()
    return value


async def _lives(onlooker: asyncpg.Connection[asyncpg.Record], pid: int) -> bool:
    return await onlooker.fetchval("SELECT true FROM pg_stat_activity WHERE pid = $1", pid) is True


# Values

_ROUND_TRIPS: list[tuple[str, object, object, str]] = [
    # server type, what is bound, what comes back, what the server has
    ("text", "plain ünïcödé 🙂 '\"\\", "plain ünïcödé 🙂 '\"\\", "plain ünïcödé 🙂 '\"\\"),
    ("text", "", "", ""),
    ("text", 5, "5", "5"),
    ("varchar(3)", "abc", "abc", "abc"),
    ("char(3)", "a", "a  ", "a"),
    ('"char"', "x", "x", "x"),
    (
        "uuid",
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    ),
    ("uuid", UUID(int=7), str(UUID(int=7)), str(UUID(int=7))),
    ("inet", "10.0.0.1/24", "10.0.0.1/24", "10.0.0.1/24"),
    ("inet", "::1", "::1", "::1/128"),
    ("cidr", "10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8"),
    ("bit(3)", "101", "101", "101"),
    ("varbit", "1", "1", "1"),
    ("bool", True, True, "true"),
    ("int2", "-32768", -32768, "-32768"),
    ("int4", 2**31 - 1, 2**31 - 1, "2147483647"),
    ("int8", "9223372036854775807", 2**63 - 1, "9223372036854775807"),
    ("int8", -(2**63), -(2**63), "-9223372036854775808"),
    ("oid", 2**32 - 1, 2**32 - 1, "4294967295"),
    ("float8", "1.25", 1.25, "1.25"),
    ("float8", 5e-324, 5e-324, "5e-324"),
    ("float8", 1.7976931348623157e308, 1.7976931348623157e308, "1.7976931348623157e+308"),
    ("float8", -math.inf, -math.inf, "-Infinity"),
    ("float4", 0.1, 0.1, "0.1"),
    ("float4", "3.4028235e38", 3.4028235e38, "3.4028235e+38"),
    ("numeric", "0.1", Decimal("0.1"), "0.1"),
    ("numeric", 0.1, Decimal("0.1"), "0.1"),
    ("numeric(65,30)", "1.5", Decimal("1.5"), "1." + "5".ljust(30, "0")),
    ("numeric", "-" + "9" * 200, Decimal("-" + "9" * 200), "-" + "9" * 200),
    ("numeric", "1e-50", Decimal("1e-50"), "0." + "0" * 49 + "1"),
    ("numeric", "1e131071", Decimal("1e131071"), "1" + "0" * 131071),
    ("money", "-1234.5", Decimal("-1234.50"), "-$1,234.50"),
    (
        "timestamp",
        "2020-01-02T03:04:05.123456Z",
        datetime(2020, 1, 2, 3, 4, 5, 123456, UTC),
        "2020-01-02 03:04:05.123456",
    ),
    ("timestamp", datetime(2020, 1, 2, 3, tzinfo=PLUS_TWO), datetime(2020, 1, 2, 1, tzinfo=UTC), "2020-01-02 01:00:00"),
    ("timestamp", datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC), "0001-01-01 00:00:00"),
    ("timestamp", END_OF_TIME, END_OF_TIME, "9999-12-31 23:59:59.999999"),
    ("timestamptz", "2020-06-01T12:00:00+02:00", datetime(2020, 6, 1, 10, tzinfo=UTC), "2020-06-01 10:00:00+00"),
    ("timestamptz", datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC), "0001-01-01 00:00:00+00"),
    (
        "timestamptz(3)",
        "2020-01-02T03:04:05.9999Z",
        datetime(2020, 1, 2, 3, 4, 6, tzinfo=UTC),
        "2020-01-02 03:04:06+00",
    ),
    ("date", "2020-01-02T23:00:00Z", date(2020, 1, 2), "2020-01-02"),
    ("date", date.max, date.max, "9999-12-31"),
    ("date", date.min, date.min, "0001-01-01"),
    ("time", "1970-01-01T12:34:56.789Z", time(12, 34, 56, 789000), "12:34:56.789"),
    ("timetz", "12:00:00+02:00", time(10, tzinfo=UTC), "10:00:00+00"),
    ("interval", timedelta(days=1, seconds=2), "1 day 00:00:02", "1 day 00:00:02"),
    ("json", '{"b": 1,  "a":2}', '{"b": 1,  "a":2}', '{"b": 1,  "a":2}'),
    ("jsonb", {"b": 1, "a": "é"}, '{"a": "é", "b": 1}', '{"a": "é", "b": 1}'),
    ("jsonb", "null", "null", "null"),
    ("bytea", bytes(range(256)), bytes(range(256)), "\\x" + bytes(range(256)).hex()),
    ("bytea", "AQI=", b"\x01\x02", "\\x0102"),
    ("int4[]", ["1", None, 2], [1, None, 2], "{1,NULL,2}"),
    ("int4[]", [], [], "{}"),
    ("text[]", ["a,b", None, 'c"d', "NULL", ""], ["a,b", None, 'c"d', "NULL", ""], '{"a,b",NULL,"c\\"d","NULL",""}'),
    (
        "uuid[]",
        [UUID(int=7), None],
        ["00000000-0000-0000-0000-000000000007", None],
        "{00000000-0000-0000-0000-000000000007,NULL}",
    ),
    ("inet[]", ["10.0.0.1"], ["10.0.0.1"], "{10.0.0.1}"),
    ("bool[]", [True, None], [True, None], "{t,NULL}"),
    ("float4[]", [0.1, None, math.inf], [0.1, None, math.inf], "{0.1,NULL,Infinity}"),
    ("numeric[]", ["0.10"], [Decimal("0.10")], "{0.10}"),
    (
        "timestamp[]",
        ["2020-01-02T03:04:05Z", None],
        [datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), None],
        '{"2020-01-02 03:04:05",NULL}',
    ),
    (
        "timestamptz[]",
        ["2020-01-02T03:04:05+01:00"],
        [datetime(2020, 1, 2, 2, 4, 5, tzinfo=UTC)],
        '{"2020-01-02 02:04:05+00"}',
    ),
    ("date[]", ["9999-12-31"], [date.max], "{9999-12-31}"),
    ("bytea[]", ["AQI=", b"\x01"], [b"\x01\x02", b"\x01"], '{"\\\\x0102","\\\\x01"}'),
    ("jsonb[]", ['{"a": 1}', None], ['{"a": 1}', None], '{"{\\"a\\": 1}",NULL}'),
    ("int4range", "[1,5)", "[1,5)", "[1,5)"),
    ("point", "(1,2)", "(1,2)", "(1,2)"),
]


@pytest.mark.parametrize(
    ("server_type", "bound", "returned", "text"),
    _ROUND_TRIPS,
    ids=[f"{case[0]}-{n}" for n, case in enumerate(_ROUND_TRIPS)],
)
async def test_a_value_arrives_as_it_was_meant_and_comes_back_canonical(
    anywhere: PostgresConnection, server_type: str, bound: object, returned: object, text: str
) -> None:
    [row] = await anywhere.query(f"SELECT v, v::text AS text FROM (SELECT $1::{server_type} AS v) AS t", [bound])
    assert (row["v"], type(row["v"])) == (returned, type(returned))
    assert row["text"] == text


@pytest.mark.parametrize(("server_type", "bound", "returned", "text"), _ROUND_TRIPS[::3], ids=lambda _: "")
async def test_a_canonical_value_can_be_bound_again(
    anywhere: PostgresConnection, server_type: str, bound: object, returned: object, text: str
) -> None:
    first = await _one(anywhere, f"SELECT $1::{server_type}", bound)
    assert (first, await _one(anywhere, f"SELECT ($1::{server_type})::text", first)) == (returned, text)


@pytest.mark.parametrize("server_type", ["text", "int4", "timestamp", "uuid", "jsonb", "int4[]", "float4", "money"])
async def test_null_stays_none(anywhere: PostgresConnection, server_type: str) -> None:
    assert await _one(anywhere, f"SELECT $1::{server_type}", None) is None


async def test_not_a_number_comes_back(anywhere: PostgresConnection) -> None:
    [row] = await anywhere.query("SELECT $1::float8 AS a, $2::float4 AS b, $3::numeric AS c", ["NaN", "NaN", "NaN"])
    assert [str(value) for value in row.values()] == ["nan", "nan", "NaN"]


async def test_infinite_dates_are_the_last_and_first_that_python_has(anywhere: PostgresConnection) -> None:
    [row] = await anywhere.query(
        "SELECT 'infinity'::date AS a, '-infinity'::date AS b,"
        " 'infinity'::timestamp AS c, '-infinity'::timestamptz AS d",
        (),
    )
    assert list(row.values()) == [date.max, date.min, END_OF_TIME, BEGIN_OF_TIME]


async def test_infinite_instants_are_those_also_in_lists_and_between_others(anywhere: PostgresConnection) -> None:
    sql = (
        "SELECT v, ARRAY[v, NULL] AS list, ARRAY[[v], [v]] AS table FROM (VALUES ('infinity'::timestamptz), (NULL),"
        " ('2020-01-02'), ('-infinity'), ('9999-12-31 23:59:59.999999'), ('0001-01-01')) AS t (v)"
    )
    rows = await anywhere.query(sql, ())
    first = BEGIN_OF_TIME
    instants = [END_OF_TIME, None, datetime(2020, 1, 2, tzinfo=UTC), first, END_OF_TIME, first]
    assert rows == [{"v": v, "list": [v, None], "table": [[v], [v]]} for v in instants]
    assert (await anywhere.query_raw(sql, ())).rows == [list(row.values()) for row in rows]
    assert (await anywhere.describe(sql, ())).rows == [list(row.values()) for row in rows]
    [number, *columns] = await anywhere.columns(f"SELECT 0 AS part, t.* FROM ({sql}) t")
    assert (number.name, await anywhere.parts(f"SELECT 0 AS part, t.* FROM ({sql}) t", (), [columns])) == (
        "part",
        [rows],
    )


async def test_each_part_of_a_statement_has_its_rows_and_its_columns(connection: PostgresConnection) -> None:
    sql = (
        "SELECT 0 AS part, 'a' AS name, NULL::timestamptz AS time UNION ALL SELECT n, NULL, $1 FROM unnest($2::int[]) n"
    )
    columns = (await connection.columns(sql))[1:]
    moment = datetime(2020, 1, 2, tzinfo=UTC)

    found = await connection.parts(sql, [moment, [1, 1, 3]], [columns[:1], columns[1:], [], []])

    assert found == [[{"name": "a"}], [{"time": moment}] * 2, [], [{}]]
    assert [part.types for part in found] == [{"name": str}, {"time": datetime}, {}, {}]


@pytest.mark.parametrize("type_", ["whole", "moment", "moments"])
async def test_what_holds_several_values_takes_instants_and_is_refused_as_a_result(
    connection: PostgresConnection, type_: str
) -> None:
    await connection.execute(
        """CREATE DOMAIN day AS timestamp; CREATE TYPE whole AS (day day, other timestamptz, number int);
        CREATE TYPE moment AS (at timestamp); CREATE TYPE moments AS (at timestamptz[])""",
        (),
    )
    instant = datetime(2020, 1, 2, 3, tzinfo=PLUS_TWO)
    value = {"whole": [instant, instant, 5], "moment": [instant], "moments": [[instant]]}[type_]
    text = {
        "whole": '("2020-01-02 01:00:00","2020-01-02 01:00:00+00",5)',
        "moment": '("2020-01-02 01:00:00")',
        "moments": '("{""2020-01-02 01:00:00+00""}")',
    }[type_]

    assert await _one(connection, f"SELECT ($1::{type_})::text", value) == text
    with pytest.raises(UserFacingError) as caught:
        await connection.query(f"SELECT '{text}'::{type_}", ())
    assert (caught.value.code, type_ in caught.value.message) == ("P2010", True)
    assert await connection.query(f"SELECT NULL::{type_} AS a", ()) == [{"a": None}]


@pytest.mark.parametrize("column", ["ROW(now())", "ARRAY[ROW(now())]", "tsmultirange(tsrange(now()::timestamp, NULL))"])
async def test_records_and_multiranges_of_instants_are_refused(
    anywhere: PostgresConnection, server: Server, column: str
) -> None:
    if "multirange" in column and await server.version() < 14:
        pytest.skip("PostgreSQL has multiranges from 14 on")
    with pytest.raises(UserFacingError, match="Failed to deserialize column"):
        await anywhere.query(f"SELECT {column}", ())
    assert await _one(anywhere, "SELECT 1") == 1


async def test_a_domain_of_instants_is_what_it_restricts(connection: PostgresConnection) -> None:
    await connection.execute("CREATE DOMAIN day AS timestamp; CREATE TABLE t (day day, days day[])", ())
    instant = datetime(2020, 1, 2, tzinfo=UTC)
    [row] = await connection.query("INSERT INTO t VALUES ($1, $2) RETURNING day", [instant, [instant]])
    assert row == {"day": instant}
    assert await connection.query("SELECT day FROM t WHERE day = $1", [instant]) == [row]


@pytest.mark.parametrize(
    "value",
    [
        "'0044-03-15 BC'::date",
        "'0044-03-15 BC'::timestamp",
        "'294276-01-01'::timestamptz",
        "ARRAY['0044-03-15 BC'::timestamp]",
        "'24:00:00'::time",
    ],
)
async def test_a_value_that_python_does_not_have_is_p2023_and_the_connection_lives(
    anywhere: PostgresConnection, value: str
) -> None:
    with pytest.raises(UserFacingError) as caught:
        await anywhere.query(f"SELECT {value}", ())
    assert caught.value.code == "P2023"
    assert await _one(anywhere, "SELECT 1") == 1


async def test_enums_domains_and_their_lists_are_text_or_their_base(connection: PostgresConnection) -> None:
    await connection.execute_raw(
        """CREATE TYPE "Role" AS ENUM ('ADMIN', 'USER'); CREATE DOMAIN small AS int4 CHECK (VALUE < 10);
        CREATE TABLE t (role "Role", roles "Role"[], small small)""",
        (),
    )
    sql = "INSERT INTO t VALUES ($1, $2, $3) RETURNING *"
    [row] = await connection.query(sql, ["ADMIN", ["USER", None], "7"])
    assert row == {"role": "ADMIN", "roles": ["USER", None], "small": 7}
    [row] = await connection.query(
        'SELECT CAST($1::text AS "Role") AS a, CAST($2::text[] AS "Role"[]) AS b', ["USER", []]
    )
    assert row == {"a": "USER", "b": []}


async def test_instants_do_not_depend_on_the_servers_time_zone(
    connection: PostgresConnection, onlooker: asyncpg.Connection[asyncpg.Record], settings: Settings
) -> None:
    await onlooker.execute(f"""ALTER DATABASE "{settings.database}" SET timezone TO 'America/New_York'""")
    await connection.execute("CREATE TABLE t (a timestamp, b timestamptz, c timestamp DEFAULT now())", ())
    other = PostgresDatabase(settings)  # connects after the change
    async with other.acquire() as fresh:
        assert await _one(fresh, "SHOW timezone") == "UTC"
        instant = datetime(2020, 7, 1, 12, tzinfo=PLUS_TWO)
        await fresh.execute("INSERT INTO t (a, b) VALUES ($1, $2)", [instant, instant])
        [row] = await fresh.query("SELECT a, b, b::text AS text, c = now() AT TIME ZONE 'UTC' OR true AS c FROM t", ())
    await other.close()
    assert (row["a"], row["b"], row["text"]) == (instant, instant, "2020-07-01 10:00:00+00")


async def test_a_later_column_of_the_same_name_wins_in_records(anywhere: PostgresConnection) -> None:
    assert await anywhere.query("SELECT 1 AS a, 2 AS b, 3 AS a", ()) == [{"a": 3, "b": 2}]


async def test_text_that_cannot_be_stored_leaves_the_transaction_usable(anywhere: PostgresConnection) -> None:
    async with anywhere.transaction():
        for value in ("\x00", "\ud800"):
            with pytest.raises(UserFacingError) as caught:
                await anywhere.query("SELECT $1::text", [value])
            assert caught.value.code == "P2007"
        assert await _one(anywhere, "SELECT 1") == 1


@pytest.mark.parametrize("sql", ["SELECT '\x00'", "SELECT '\ud800'"])
async def test_sql_that_cannot_be_sent_is_refused_and_the_connection_lives(
    anywhere: PostgresConnection, sql: str
) -> None:
    for run in (anywhere.query, anywhere.execute):
        with pytest.raises(UserFacingError) as caught:
            await run(sql, ())
        assert caught.value.code == "P2007"
    assert await _one(anywhere, "SELECT 1") == 1


async def test_many_rows_and_parameters_pass(anywhere: PostgresConnection) -> None:
    rows = await anywhere.query("SELECT i, 'x' || i AS t FROM generate_series(1, $1::int4) AS i", [200_000])
    assert (len(rows), rows[-1]) == (200_000, {"i": 200_000, "t": "x200000"})
    places = ",".join(f"${n}::int4" for n in range(1, 32_767))
    assert await _one(anywhere, f"SELECT count(*) FROM unnest(ARRAY[{places}])", *range(32_766)) == 32_766


async def test_a_wrong_number_of_arguments_is_an_error_of_the_statement(anywhere: PostgresConnection) -> None:
    with pytest.raises(UserFacingError) as caught:
        await anywhere.query("SELECT $1::int4, $2::int4", [1])
    assert caught.value.code == "P1016"
    assert caught.value.message == "Incorrect number of parameters. Expected: 2, actual: 1"


# Statements


async def test_execute_counts_the_rows_it_affects(connection: PostgresConnection) -> None:
    assert await connection.execute("CREATE TABLE t (id int4)", ()) == 0
    assert await connection.execute("INSERT INTO t SELECT generate_series(1, $1::int4)", [5]) == 5
    assert await connection.execute("UPDATE t SET id = id + 10 WHERE id > $1", [2]) == 3
    assert await connection.execute("DELETE FROM t", ()) == 5
    assert await connection.execute("SELECT 1", ()) == 1


async def test_a_statement_survives_a_change_of_its_result(connection: PostgresConnection) -> None:
    await connection.execute_raw("CREATE TABLE t (a int4); INSERT INTO t VALUES (1)", ())
    assert await connection.query("SELECT * FROM t", ()) == [{"a": 1}]
    await connection.execute("ALTER TABLE t ADD COLUMN b text DEFAULT 'x'", ())
    assert await connection.query("SELECT * FROM t", ()) == [{"a": 1, "b": "x"}]


async def test_a_statement_survives_a_change_of_its_parameters_type(connection: PostgresConnection) -> None:
    await connection.execute_raw("CREATE TABLE t (a int4); INSERT INTO t VALUES (1)", ())
    sql = "SELECT a FROM t WHERE a = $1"
    assert await connection.query(sql, ["1"]) == [{"a": 1}]
    await connection.execute("ALTER TABLE t ALTER COLUMN a TYPE text", ())
    assert await connection.query(sql, ["1"]) == [{"a": "1"}]


async def test_a_statement_survives_an_enum_that_is_created_anew(connection: PostgresConnection) -> None:
    await connection.execute("CREATE TYPE mood AS ENUM ('sad')", ())
    assert await _one(connection, "SELECT $1::mood", "sad") == "sad"
    await connection.execute_raw("DROP TYPE mood; CREATE TYPE mood AS ENUM ('sad', 'happy')", ())
    assert await _one(connection, "SELECT $1::mood", "happy") == "happy"


async def test_a_statement_survives_its_deallocation(anywhere: PostgresConnection) -> None:
    assert await _one(anywhere, "SELECT $1::int4", 1) == 1
    await anywhere.execute("DEALLOCATE ALL", ())
    assert await _one(anywhere, "SELECT $1::int4", 2) == 2


@pytest.mark.direct("no statement is kept")
async def test_a_stale_statement_inside_a_transaction_is_a_conflict_once_and_works_after_it(
    connection: PostgresConnection,
) -> None:
    await connection.execute("CREATE TABLE t (a int4)", ())
    await connection.query("SELECT * FROM t", ())
    await connection.execute("ALTER TABLE t ADD COLUMN b text", ())
    with pytest.raises(UserFacingError) as caught:
        async with connection.transaction():
            await connection.query("SELECT * FROM t", ())
    assert caught.value.code == "P2034"
    async with connection.transaction():
        assert await connection.query("SELECT * FROM t", ()) == []


@pytest.mark.parametrize("parameters", ["statement_cache_size=2", "statement_cache_size=0", "pgbouncer=true"])
async def test_the_number_of_kept_statements_changes_no_answer(database_url: str, parameters: str) -> None:
    database = PostgresDatabase(parse(f"{database_url}&{parameters}"))
    async with database.acquire() as connection:
        answers = [await _one(connection, f"SELECT $1::int4 + {n % 5}", n) for n in range(20)]
        kept = await _one(connection, "SELECT count(*) FROM pg_prepared_statements")
    await database.close()
    assert answers == [n + n % 5 for n in range(20)]
    assert isinstance(kept, int)
    assert kept <= 4  # two kept, two that wait for the next preparation to be closed


async def test_a_very_long_statement_is_not_kept(anywhere: PostgresConnection) -> None:
    sql = "SELECT $1::int4 /*" + "x" * 50_000 + "*/"
    assert [await _one(anywhere, sql, n) for n in range(3)] == [0, 1, 2]
    assert await _one(anywhere, "SELECT count(*) FROM pg_prepared_statements WHERE length(statement) > 40000") == 0


# Errors

_SCHEMA = """
CREATE TABLE parent (id int4 PRIMARY KEY, email text, "firstName" text NOT NULL DEFAULT '', short varchar(3));
CREATE UNIQUE INDEX parent_email_key ON parent (email, "firstName");
CREATE TABLE child (id int4, parent_id int4 CONSTRAINT child_parent_fkey REFERENCES parent ON DELETE RESTRICT,
                    later int4 CONSTRAINT child_later_fkey REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
INSERT INTO parent (id, email) VALUES (1, 'a'); INSERT INTO child VALUES (1, 1);
"""


_ERRORS: list[tuple[str, list[object], str, str]] = [
    (
        "INSERT INTO parent (id, email) VALUES (2, $1)",
        ["a"],
        "P2002",
        "Unique constraint failed on the constraint: `parent_email_key`",
    ),
    (
        "INSERT INTO child VALUES (2, $1)",
        [9],
        "P2003",
        "Foreign key constraint violated on the constraint: `child_parent_fkey`",
    ),
    (
        "DELETE FROM parent WHERE id = $1",
        [1],
        "P2003",
        "Foreign key constraint violated on the constraint: `child_parent_fkey`",
    ),
    (
        'INSERT INTO parent (id, "firstName") VALUES (3, $1)',
        [None],
        "P2011",
        "Null constraint violation on the fields: (`firstName`)",
    ),
    (
        "INSERT INTO parent (id, short) VALUES (3, $1)",
        ["long"],
        "P2000",
        "The provided value for the column is too long for the column's type. Column: (not available)",
    ),
    ("SELECT $1::int4 * 2", [2**31 - 1], "P2020", "Value out of range for the type: integer out of range"),
    (
        "SELECT $1::int4",
        [2**31],
        "P2020",
        'Value out of range for the type: value "2147483648" is out of range for type integer',
    ),
    (
        "SELECT $1::float4",
        ["1e39"],
        "P2020",
        'Value out of range for the type: "1e+39" is out of range for type real',
    ),
    ("SELECT $1::uuid", ["x"], "P2007", 'Invalid input value: invalid input syntax for type uuid: "x"'),
    ("SELECT $1::jsonb", ["{"], "P2007", "Invalid input value: invalid input syntax for type json"),
    ("SELECT $1::int4", ["x"], "P2007", 'Invalid input value: invalid input syntax for type integer: "x"'),
    ("SELECT $1::bit(3)", ["12"], "P2007", 'Invalid input value: "2" is not a valid binary digit'),
    (
        "SELECT * FROM public.nope WHERE id = $1",
        [1],
        "P2021",
        "The table `public.nope` does not exist in the current database. Apply the migrations that the database lacks:"
        " `prisma migrate deploy`.",
    ),
    (
        "SELECT parent.nope FROM parent WHERE id = $1",
        [1],
        "P2022",
        "The column `parent.nope` does not exist in the current database. Apply the migrations that the database lacks:"
        " `prisma migrate deploy`.",
    ),
    ("SELEKT $1", [1], "P2039", 'Database error. Code: `42601`. Message: `syntax error at or near "SELEKT"`'),
    ("SELECT 1 / $1::int4", [0], "P2039", "Database error. Code: `22012`. Message: `division by zero`"),
]


async def test_an_error_of_the_server_gets_prismas_code_and_the_connection_lives(
    connection: PostgresConnection,
) -> None:
    await connection.execute_raw(_SCHEMA, ())
    for sql, args, code, message in _ERRORS:
        for run in (connection.query, connection.execute):
            with pytest.raises(UserFacingError) as caught:
                await run(sql, args)
            assert (sql, caught.value.code, caught.value.message) == (sql, code, message)
    assert await _one(connection, "SELECT 1") == 1


async def test_a_unique_violation_names_table_and_columns(connection: PostgresConnection) -> None:
    await connection.execute_raw(_SCHEMA, ())
    with pytest.raises(UserFacingError) as caught:
        await connection.execute("INSERT INTO parent (id, email) VALUES (2, $1)", ["a"])
    assert caught.value.meta["table"] == "parent"
    assert caught.value.meta["target"] == ["email", "firstName"]


@asynccontextmanager
async def _stranger(settings: Settings, answer: Callable[[asyncio.StreamWriter], None]) -> AsyncIterator[Settings]:
    """A server that is no PostgreSQL, and the settings to reach it."""
    writers: list[asyncio.StreamWriter] = []

    def meet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        answer(writer)

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield replace(settings, hosts=(host,), ports=(port,))
    server.close()
    for writer in writers:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _refusal(settings: Settings) -> UserFacingError:
    with pytest.raises(UserFacingError) as caught:
        await PostgresDatabase(settings).connect()
    return caught.value


@pytest.mark.direct("PgBouncer itself answers when the server refuses a login")
async def test_a_wrong_password_is_p1000(server: Server, settings: Settings) -> None:
    role = f"role_of_{settings.database}"
    await server.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'right'")
    try:
        error = await _refusal(replace(settings, user=role, password="wrong"))
    finally:
        await server.execute(f"DROP ROLE {role}")
    assert error.code == "P1000"
    assert f"`{role}`" in error.message
    assert "wrong" not in error.message + repr(error.meta)


@pytest.mark.direct("PgBouncer itself answers when the server refuses a login")
async def test_an_unknown_database_is_p1003(settings: Settings) -> None:
    error = await _refusal(replace(settings, database="nope"))
    assert error.code == "P1003"
    assert error.message.startswith("Database `nope` does not exist on the database server: ")


async def test_a_port_where_nobody_listens_is_p1001(settings: Settings) -> None:
    error = await _refusal(replace(settings, hosts=("127.0.0.1",), ports=(1,)))
    assert error.code == "P1001"
    assert error.message.startswith("Can't reach database server at 127.0.0.1:1: ")


async def test_a_server_that_never_answers_is_p1001_after_the_connect_timeout(settings: Settings) -> None:
    async with _stranger(replace(settings, connect_timeout=0.05), lambda _: None) as mute:
        error = await _refusal(mute)
    assert error.code == "P1001"
    assert error.message.startswith(f"Can't reach database server at {mute.address}: ")


async def test_a_server_that_hangs_up_is_p1017(settings: Settings) -> None:
    async with _stranger(replace(settings, sslmode="disable"), lambda writer: writer.close()) as rude:
        error = await _refusal(rude)
    assert error.code == "P1017"


async def test_a_server_without_tls_is_p1011_when_tls_is_required(settings: Settings) -> None:
    async with _stranger(replace(settings, sslmode="require"), lambda writer: writer.write(b"N")) as plain:
        error = await _refusal(plain)
    assert error.code == "P1011"
    assert "rejected SSL upgrade" in error.message


@pytest.mark.parametrize("parameters", ["sslrootcert={}", "sslcert={}", "sslcert={}&sslkey={}"])
async def test_a_certificate_that_cannot_be_read_is_p1011_and_named(
    database_url: str, tmp_path: Path, parameters: str
) -> None:
    missing = str(tmp_path / "missing.pem")
    error = await _refusal(parse(f"{database_url}&sslmode=require&{parameters.replace('{}', missing)}"))
    assert error.code == "P1011"
    assert missing in error.message


async def test_a_statement_beyond_the_socket_timeout_is_p1008_and_the_connection_serves_on(settings: Settings) -> None:
    database = PostgresDatabase(replace(settings, socket_timeout=0.5, connection_limit=1))
    async with database.acquire() as connection:
        pid = await _pid(connection)
        with pytest.raises(UserFacingError) as caught:
            await connection.query("SELECT pg_sleep(60)", ())
    assert (caught.value.code, caught.value.message) == ("P1008", "Operation has timed out")
    async with database.acquire() as connection:
        assert await _pid(connection) == pid
    await database.close()


# Raw statements


async def test_a_raw_query_describes_its_columns_in_order(anywhere: PostgresConnection) -> None:
    result = await anywhere.query_raw(
        "SELECT 1::int2 AS a, 2::int8 AS b, 'x' AS a, $1::uuid AS u, 1.5::float4 AS f, '{1,NULL}'::int4[] AS l,"
        " '{\"k\": 1}'::jsonb AS j, '2020-01-02'::date AS d, 'a'::\"char\" AS c, '$1,234.50'::money AS m",
        [UUID(int=7)],
    )
    assert result.columns == ["a", "b", "a", "u", "f", "l", "j", "d", "c", "m"]
    assert result.types == [
        "int", "bigint", "string", "uuid", "float", "int-array", "json", "date", "char", "decimal",
    ]  # fmt: skip
    assert result.rows == [
        [1, 2, "x", str(UUID(int=7)), 1.5, [1, None], '{"k": 1}', date(2020, 1, 2), "a", Decimal("1234.50")]
    ]


async def test_a_raw_query_without_rows_still_describes_its_columns(anywhere: PostgresConnection) -> None:
    result = await anywhere.query_raw("SELECT 1 AS a WHERE false", ())
    assert (result.columns, result.types, result.rows) == (["a"], ["int"], [])


async def test_a_raw_query_without_result_set_is_empty(connection: PostgresConnection) -> None:
    result = await connection.query_raw("CREATE TABLE t (id int4)", ())
    assert (result.columns, result.types, result.rows) == ([], [], [])


async def test_an_untyped_raw_parameter_is_text(anywhere: PostgresConnection) -> None:
    result = await anywhere.query_raw("SELECT $1 AS a, $2 AS b, $3 AS c", [5, True, None])
    assert (result.types, result.rows) == (["string"] * 3, [["5", "true", None]])


async def test_functions_without_result_can_be_selected(anywhere: PostgresConnection) -> None:
    result = await anywhere.query_raw("SELECT pg_advisory_xact_lock(1) AS locked", ())
    assert result.types == ["string"]


async def test_a_raw_column_without_text_form_is_p2010_before_anything_runs(connection: PostgresConnection) -> None:
    await connection.execute("CREATE TABLE t (id int4)", ())
    with pytest.raises(UserFacingError) as caught:
        await connection.query_raw("INSERT INTO t VALUES (1) RETURNING ROW(id, id) AS r", ())
    assert caught.value.code == "P2010"
    assert "N/A" in caught.value.message
    assert "column of type 'record'" in caught.value.message
    assert await _one(connection, "SELECT count(*) FROM t") == 0


async def test_raw_errors_are_p2010_with_the_servers_code(anywhere: PostgresConnection) -> None:
    for run in (anywhere.query_raw, anywhere.execute_raw):
        with pytest.raises(UserFacingError) as caught:
            await run("SELECT * FROM nope WHERE id = $1", [1])
        assert caught.value.code == "P2010"
        assert caught.value.message == 'Raw query failed. Code: `42P01`. Message: `relation "nope" does not exist`'


async def test_a_raw_value_that_cannot_be_encoded_is_p2010(anywhere: PostgresConnection) -> None:
    with pytest.raises(UserFacingError) as caught:
        await anywhere.query_raw("SELECT $1::int4", ["x"])
    assert (caught.value.code, caught.value.meta["code"]) == ("P2010", "22P02")


async def test_a_raw_script_runs_all_its_statements(connection: PostgresConnection) -> None:
    affected = await connection.execute_raw("CREATE TABLE t (id int4); INSERT INTO t VALUES (1), (2), (3)", ())
    assert (affected, await _one(connection, "SELECT count(*) FROM t")) == (3, 3)


@pytest.mark.parametrize("sql", ["", "  ;", "-- nothing"])
async def test_a_raw_script_without_statements_affects_nothing(anywhere: PostgresConnection, sql: str) -> None:
    assert await anywhere.execute_raw(sql, ()) == 0
    assert await _one(anywhere, "SELECT 1") == 1


# Transactions


async def test_a_transaction_commits_at_the_end_of_its_block(
    connection: PostgresConnection, onlooker: asyncpg.Connection[asyncpg.Record]
) -> None:
    await connection.execute("CREATE TABLE t (id int4)", ())
    async with connection.transaction():
        await connection.execute("INSERT INTO t VALUES (1)", ())
        inside = (connection.in_transaction, await onlooker.fetchval("SELECT count(*) FROM t"))
    after = (connection.in_transaction, await onlooker.fetchval("SELECT count(*) FROM t"))
    assert (inside, after) == ((True, 0), (False, 1))


async def test_an_error_rolls_back_and_is_raised_itself(connection: PostgresConnection) -> None:
    await connection.execute("CREATE TABLE t (id int4)", ())
    original = KeyError("mine")
    with pytest.raises(KeyError) as caught:
        async with connection.transaction():
            await connection.execute("INSERT INTO t VALUES (1)", ())
            raise original
    assert caught.value is original
    assert (connection.in_transaction, await _one(connection, "SELECT count(*) FROM t")) == (False, 0)


@pytest.mark.parametrize(
    ("word", "level"),
    [
        (None, "read committed"),
        ("ReadUncommitted", "read uncommitted"),
        ("ReadCommitted", "read committed"),
        ("RepeatableRead", "repeatable read"),
        ("Serializable", "serializable"),
    ],
)
async def test_a_transaction_has_the_isolation_level_that_was_asked_for(
    anywhere: PostgresConnection, word: str | None, level: str
) -> None:
    async with anywhere.transaction(word):
        assert await _one(anywhere, "SHOW transaction_isolation") == level


@pytest.mark.parametrize("word", ["Snapshot", "Chaos"])
async def test_an_isolation_level_that_postgresql_lacks_opens_nothing(anywhere: PostgresConnection, word: str) -> None:
    with pytest.raises(UserFacingError) as caught:
        anywhere.transaction(word)
    assert isinstance(caught.value, TransactionError) is (word == "Snapshot")
    assert anywhere.in_transaction is False


async def test_committing_an_aborted_transaction_raises(anywhere: PostgresConnection) -> None:
    with pytest.raises(UserFacingError) as caught:
        async with anywhere.transaction():
            with suppress(UserFacingError):
                await anywhere.query("SELECT 1 / 0", ())
    assert caught.value.code == "P2039"
    assert "rolled back instead of committed" in caught.value.message
    assert anywhere.in_transaction is False


async def test_statements_after_a_failed_one_are_refused_until_the_end(anywhere: PostgresConnection) -> None:
    with pytest.raises(UserFacingError) as caught:
        async with anywhere.transaction():
            with suppress(UserFacingError):
                await anywhere.query("SELECT 1 / 0", ())
            await anywhere.query("SELECT 1", ())
    assert "`25P02`" in caught.value.message
    assert anywhere.in_transaction is False


async def test_a_constraint_that_fails_at_commit_is_translated(connection: PostgresConnection) -> None:
    await connection.execute_raw(_SCHEMA, ())
    with pytest.raises(UserFacingError) as caught:
        async with connection.transaction():
            await connection.execute("INSERT INTO child VALUES (3, 1, $1)", [99])
    assert caught.value.code == "P2003"
    assert connection.in_transaction is False


async def test_a_serialization_failure_is_p2034(database: PostgresDatabase) -> None:
    async with database.acquire() as one, database.acquire() as two:
        await one.execute_raw("CREATE TABLE t (id int4, n int4); INSERT INTO t VALUES (1, 0)", ())
        with pytest.raises(UserFacingError) as caught:
            async with one.transaction("Serializable"):
                await one.query("SELECT n FROM t", ())
                await two.execute("UPDATE t SET n = 1", ())
                await one.execute("UPDATE t SET n = 2", ())
    assert caught.value.code == "P2034"


async def test_a_transaction_inside_a_transaction_is_a_mistake(anywhere: PostgresConnection) -> None:
    async with anywhere.transaction():
        with pytest.raises(RuntimeError, match="open on this connection already"):
            async with anywhere.transaction():
                pass
        assert anywhere.in_transaction is True


def _kill_unnoticed(server: Server, pid: int) -> None:
    """Kill a backend while the test's own event loop stands still, so that the driver cannot see it coming."""
    kill = server.execute(cutting(pid))
    thread = threading.Thread(target=asyncio.run, args=(kill,))
    thread.start()
    thread.join(_PATIENCE)


async def test_rollback_failure_does_not_hide_the_original_error(
    database: PostgresDatabase, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    original = KeyError("mine")
    with pytest.raises(KeyError) as caught:
        async with database.acquire() as connection, connection.transaction():
            _kill_unnoticed(server, await _pid(connection))
            raise original
    assert caught.value is original
    assert [(record.name, record.levelname) for record in caplog.records] == [("prisma_engine.postgres", "WARNING")]
    async with database.acquire() as connection:
        assert await _one(connection, "SELECT 1") == 1


async def test_a_transaction_that_lost_its_connection_fails_with_p1017(settings: Settings, server: Server) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1))
    with pytest.raises(UserFacingError) as caught:
        async with database.acquire() as connection, connection.transaction():
            _kill_unnoticed(server, await _pid(connection))
    assert caught.value.code == "P1017"
    async with database.acquire() as connection:
        assert await _one(connection, "SELECT 1") == 1
    await database.close()


async def _negated(question: Awaitable[bool]) -> bool:
    return not await question


async def test_cancelling_a_transaction_rolls_it_back(
    settings: Settings, onlooker: asyncpg.Connection[asyncpg.Record]
) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1))
    await onlooker.execute("CREATE TABLE t (id int4)")
    pids: list[int] = []

    async def work() -> None:
        async with database.acquire() as connection, connection.transaction():
            pids.append(await _pid(connection))
            await connection.execute("INSERT INTO t VALUES (1)", ())
            await connection.query("SELECT pg_sleep(60)", ())

    task = asyncio.create_task(work())
    await _until(lambda: len(pids) == 1)
    await _until(lambda: _sleeps(onlooker, pids[0]))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.acquire() as connection:
        assert (connection.in_transaction, await _one(connection, "SELECT count(*) FROM t")) == (False, 0)
    await database.close()


async def _sleeps(onlooker: asyncpg.Connection[asyncpg.Record], pid: int) -> bool:
    sql = "SELECT true FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'"
    return await onlooker.fetchval(sql, pid) is True


# The pool


async def test_connections_are_opened_on_demand_and_reused(database: PostgresDatabase, settings: Settings) -> None:
    limit = settings.connection_limit
    assert database.stats() == Stats(open=0, idle=0, busy=0, waiting=0, limit=limit)
    async with database.acquire() as first, database.acquire():
        pid = await _pid(first)
        assert database.stats() == Stats(open=2, idle=0, busy=2, waiting=0, limit=limit)
    assert database.stats() == Stats(open=2, idle=2, busy=0, waiting=0, limit=limit)
    async with database.acquire() as again:
        assert await _pid(again) == pid


async def test_connect_opens_a_connection_and_keeps_it(database: PostgresDatabase) -> None:
    await database.connect()
    assert (database.stats().open, database.stats().idle) == (1, 1)


async def test_representations_show_the_state_and_no_password(settings: Settings) -> None:
    database = PostgresDatabase(replace(settings, password=settings.password, connection_limit=3))
    assert settings.password is not None
    async with database.acquire() as connection:
        shown = repr(database) + repr(connection)
        assert "pool=1/3" in shown
        assert "open" in repr(connection)
        async with connection.transaction():
            assert "in transaction" in repr(connection)
    await database.close()
    shown += repr(database) + repr(connection)
    assert "closed" in repr(database)
    assert "closed" in repr(connection)
    assert f":{settings.password}@" not in shown


async def test_two_hundred_tasks_on_five_connections_lose_nothing(settings: Settings) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=5))

    async def work(number: int) -> object:
        async with database.acquire() as connection:
            return await _one(connection, "SELECT $1::int4", number)

    assert await asyncio.gather(*(work(number) for number in range(200))) == list(range(200))
    assert database.stats() == Stats(open=5, idle=5, busy=0, waiting=0, limit=5)
    await database.close()


async def test_two_hundred_tasks_of_which_many_are_cancelled_lose_no_connection(settings: Settings) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=5))

    async def work(number: int) -> object:
        async with database.acquire() as connection:
            return await _one(connection, "SELECT $1::int4 FROM pg_sleep(0.002)", number)

    tasks = [asyncio.create_task(work(number)) for number in range(200)]
    for number, task in enumerate(tasks):
        if number % 3 == 0:
            await asyncio.sleep(0)
            task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    survivors = [number for number, result in enumerate(results) if not isinstance(result, asyncio.CancelledError)]
    assert [results[number] for number in survivors] == survivors
    assert set(range(200)) - set(survivors) <= set(range(0, 200, 3))
    await _until(lambda: database.stats().busy == 0)
    assert await asyncio.gather(*(work(number) for number in range(10))) == list(range(10))
    await database.close()


async def test_an_exhausted_pool_is_p2024_after_its_timeout(settings: Settings) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1, pool_timeout=0.5))
    async with database.acquire():
        with pytest.raises(UserFacingError) as caught:
            async with database.acquire():
                pass
        assert database.stats().waiting == 0
    assert caught.value.code == "P2024"
    assert caught.value.message == (
        "Timed out fetching a new connection from the connection pool. More info: http://pris.ly/d/connection-pool"
        " (Current connection pool timeout: 0.5, connection limit: 1)"
    )
    assert caught.value.meta == {"connection_limit": 1, "timeout": 0.5}
    async with database.acquire() as connection:
        assert await _one(connection, "SELECT 1") == 1
    await database.close()


async def test_who_waits_first_is_served_first(settings: Settings) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1, pool_timeout=None))
    served: list[int] = []

    async def work(number: int) -> None:
        async with database.acquire():
            served.append(number)

    async with database.acquire():
        tasks = [asyncio.create_task(work(number)) for number in range(5)]
        await _until(lambda: database.stats().waiting == 5)
        tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert served == [0, 2, 3, 4]
    await database.close()


async def test_a_waiter_cancelled_after_it_was_served_passes_the_connection_on(settings: Settings) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1))

    async def work() -> object:
        async with database.acquire() as connection:
            return await _one(connection, "SELECT 1")

    async with database.acquire():
        unlucky, lucky = asyncio.create_task(work()), asyncio.create_task(work())
        await _until(lambda: database.stats().waiting == 2)
    unlucky.cancel()  # the connection was granted to it in the line above; it has not run since
    with pytest.raises(asyncio.CancelledError):
        await unlucky
    assert await lucky == 1
    assert database.stats() == Stats(open=1, idle=1, busy=0, waiting=0, limit=1)
    await database.close()


@pytest.mark.direct("the connections of the server outlive those of its clients")
async def test_a_waiter_gets_the_slot_of_a_connection_that_died(
    settings: Settings, onlooker: asyncpg.Connection[asyncpg.Record]
) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1))

    async def work() -> object:
        async with database.acquire() as connection:
            return await _one(connection, "SELECT 1")

    async with database.acquire() as connection:
        waiter = asyncio.create_task(work())
        await _until(lambda: database.stats().waiting == 1)
        await onlooker.execute("SELECT pg_terminate_backend($1)", await _pid(connection))
        await _until(lambda: connection.is_closed)
    assert await waiter == 1
    await database.close()


@pytest.mark.direct("the connections of the server outlive those of its clients")
async def test_a_waiter_whose_slot_cannot_be_used_passes_it_on(server: Server, settings: Settings) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1))

    async def work() -> str:
        with pytest.raises(UserFacingError) as caught:
            async with database.acquire():
                pass
        return str(caught.value.code)

    async with database.acquire() as connection:
        waiters = [asyncio.create_task(work()) for _ in range(3)]
        await _until(lambda: database.stats().waiting == 3)
        await server.drop(settings.database)
        await _until(lambda: connection.is_closed)
    assert await asyncio.gather(*waiters) == ["P1003"] * 3
    assert database.stats() == Stats(open=0, idle=0, busy=0, waiting=0, limit=1)
    await database.close()


async def test_cancelling_a_query_frees_the_slot_and_the_next_user_gets_its_own_answer(
    settings: Settings, onlooker: asyncpg.Connection[asyncpg.Record]
) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1))
    async with database.acquire() as connection:
        pid = await _pid(connection)

    async def work() -> object:
        async with database.acquire() as connection:
            return await _one(connection, "SELECT 'stale' FROM pg_sleep(60)")

    task = asyncio.create_task(work())
    await _until(lambda: _sleeps(onlooker, pid))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.acquire() as connection:
        assert await _one(connection, "SELECT 'mine'") == "mine"
        assert await _pid(connection) == pid
    assert database.stats() == Stats(open=1, idle=1, busy=0, waiting=0, limit=1)
    await database.close()


async def test_a_connection_is_as_new_after_a_call_that_was_cancelled_as_it_prepared_a_stale_statement(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1))

    async def run(sql: str) -> Any:
        async with database.acquire() as connection:
            return await connection.query(sql, ())

    async def execute_and_cancel(driver: Driver, sql: str) -> str:
        if sql.startswith("BEGIN"):
            call.cancel()
        return await execute(driver, sql)

    execute = Driver.execute
    await run("CREATE TABLE t (a int4)")
    await run("INSERT INTO t VALUES (1)")
    await run("SELECT * FROM t")
    await run("ALTER TABLE t ADD COLUMN b int4")
    call = asyncio.create_task(run("SELECT * FROM t"))
    with monkeypatch.context() as patch, pytest.raises(asyncio.CancelledError):
        patch.setattr(Driver, "execute", execute_and_cancel)
        await call
    assert await run("SELECT * FROM t") == [{"a": 1, "b": None}]
    await run("ALTER TABLE t ADD COLUMN c int4")
    assert await run("SELECT * FROM t") == [{"a": 1, "b": None, "c": None}]
    await database.close()


async def test_a_connection_left_in_a_transaction_is_rolled_back_before_the_next_use(settings: Settings) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1))
    async with database.acquire() as connection:
        pid = await _pid(connection)
        await connection.execute("CREATE TABLE t (id int4)", ())
        await connection.execute_raw("BEGIN; INSERT INTO t VALUES (1)", ())
        assert connection.in_transaction is True
    async with database.acquire() as connection:
        assert (connection.in_transaction, await _pid(connection)) == (False, pid)
        assert await _one(connection, "SELECT count(*) FROM t") == 0
    await database.close()


async def test_a_connection_left_in_an_aborted_transaction_is_rolled_back_too(settings: Settings) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1))
    async with database.acquire() as connection:
        pid = await _pid(connection)
        with pytest.raises(UserFacingError):
            await connection.execute_raw("BEGIN; SELECT 1 / 0", ())
    async with database.acquire() as connection:
        assert (connection.in_transaction, await _pid(connection)) == (False, pid)
    await database.close()


@pytest.mark.direct("the connections of the server outlive those of its clients")
async def test_a_backend_killed_while_idle_is_replaced_unnoticed(
    settings: Settings, onlooker: asyncpg.Connection[asyncpg.Record]
) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1))
    async with database.acquire() as connection:
        pid = await _pid(connection)
    await onlooker.execute("SELECT pg_terminate_backend($1)", pid)
    await _until(lambda: connection.is_closed)
    async with database.acquire() as connection:
        assert await _pid(connection) != pid
    assert database.stats() == Stats(open=1, idle=1, busy=0, waiting=0, limit=1)
    await database.close()


@pytest.mark.direct("the connections of the server outlive those of its clients")
async def test_a_backend_killed_while_idle_before_the_loop_could_notice_is_replaced_too(
    settings: Settings, server: Server
) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1))
    async with database.acquire() as connection:
        pid = await _pid(connection)
    _kill_unnoticed(server, pid)
    async with database.acquire() as connection:
        assert await _pid(connection) != pid
    await database.close()


async def test_a_backend_killed_during_a_query_is_p1017_and_the_pool_recovers(
    settings: Settings, onlooker: asyncpg.Connection[asyncpg.Record]
) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1))
    async with database.acquire() as connection:
        pid = await _pid(connection)
        task = asyncio.create_task(connection.query("SELECT pg_sleep(60)", ()))
        await _until(lambda: _sleeps(onlooker, pid))
        await onlooker.execute("SELECT pg_terminate_backend($1)", pid)
        with pytest.raises(UserFacingError) as caught:
            await task
        assert (caught.value.code, caught.value.message) == ("P1017", "Server has closed the connection.")
        with pytest.raises(UserFacingError) as caught:
            await connection.query("SELECT 1", ())
        assert caught.value.code == "P1017"
    async with database.acquire() as connection:
        assert await _one(connection, "SELECT 1") == 1
    assert database.stats().open == 1
    await database.close()


async def test_a_connection_that_was_idle_for_long_is_tried_before_it_is_lent(database: PostgresDatabase) -> None:
    async with database.acquire() as connection:
        pid = await _pid(connection)
    connection.idle_since -= 60
    async with database.acquire() as again:
        assert await _pid(again) == pid


@pytest.mark.direct("the connections of the server outlive those of its clients")
async def test_a_connection_beyond_its_idle_lifetime_is_replaced(database: PostgresDatabase) -> None:
    async with database.acquire() as connection:
        pid = await _pid(connection)
    connection.idle_since -= 301
    async with database.acquire() as again:
        assert await _pid(again) != pid
    assert database.stats().open == 1


async def test_connections_that_nobody_needs_any_more_are_closed(database: PostgresDatabase) -> None:
    async with database.acquire() as one, database.acquire() as two:
        pass
    one.idle_since -= 301
    two.idle_since -= 301
    async with database.acquire() as three, database.acquire():
        pass
    three.idle_since -= 301
    async with database.acquire():
        pass
    assert (one.is_closed, two.is_closed, three.is_closed) == (True, True, True)
    assert database.stats().open == 1


async def test_a_connection_beyond_its_lifetime_is_replaced_on_return(settings: Settings) -> None:
    database = PostgresDatabase(replace(settings, max_connection_lifetime=600))
    async with database.acquire() as connection:
        connection.opened_at -= 601
    assert (connection.is_closed, database.stats().open) == (True, 0)
    await database.close()


@pytest.mark.direct("`options` are refused")
async def test_session_settings_reach_the_server(database_url: str) -> None:
    url = f"{database_url}&application_name=my%20app&options=-c%20work_mem%3D12345"
    database = PostgresDatabase(parse(url))
    async with database.acquire() as connection:
        assert await _one(connection, "SHOW application_name") == "my app"
        assert await _one(connection, "SHOW work_mem") == "12345kB"
    await database.close()


# Closing


async def test_after_close_nothing_is_left_and_acquire_says_so(
    settings: Settings, onlooker: asyncpg.Connection[asyncpg.Record]
) -> None:
    database = PostgresDatabase(settings)
    async with database.acquire() as one, database.acquire() as two:
        pids = [await _pid(one), await _pid(two)]
    await database.close()
    for pid in pids:
        await _until(lambda pid=pid: _negated(_lives(onlooker, pid)))  # type: ignore[misc]  # a default only binds pid
    assert database.stats().open == 0
    with pytest.raises(UserFacingError, match="have been closed"):
        database.acquire()
    await database.close()


async def test_close_lets_a_holder_finish(settings: Settings) -> None:
    database = PostgresDatabase(settings)
    answers: list[object] = []
    acquired = asyncio.Event()

    async def work() -> None:
        async with database.acquire() as connection:
            acquired.set()
            answers.append(await _one(connection, "SELECT 'done' FROM pg_sleep(0.1)"))

    task = asyncio.create_task(work())
    await acquired.wait()
    await database.close()
    await task
    assert answers == ["done"]


async def test_close_refuses_who_waits_and_hangs_up_on_who_does_not_let_go(settings: Settings) -> None:
    database = PostgresDatabase(replace(settings, connection_limit=1))

    async def wait() -> None:
        async with database.acquire():
            pass

    async with database.acquire() as connection:
        waiter = asyncio.create_task(wait())
        await _until(lambda: database.stats().waiting == 1)
        await database.close()  # inside the block, so it cannot come back
        assert connection.is_closed
        with pytest.raises(UserFacingError) as caught:
            await connection.query("SELECT 1", ())
        assert caught.value.code == "P1017"
    with pytest.raises(UserFacingError, match="have been closed"):
        await waiter


async def test_the_driver_knows_of_arrays_what_the_server_would_tell(server: Server) -> None:
    connection = await server.connect()
    asked, _ = await connection._introspect_types(BUILT_IN_ARRAYS, 10)  # type: ignore[attr-defined]  # noqa: SLF001  # asyncpg's
    await connection.close()
    told = {row["oid"]: dict(row, elemtype_name=None) for row in asked if not row["depth"]}
    assert told == {oid: {**known, "elemtype_name": None} for oid, known in BUILT_IN_ARRAYS.items()}


# Event loops


def _in_own_loop(work: Callable[[], Awaitable[Any]], *, debug: bool = False) -> Any:
    """Run in an event loop of its own, as a program does; unclosed resources become errors of the test."""

    async def main() -> Any:
        return await work()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = asyncio.run(main(), debug=debug)
        gc.collect()
    return result


@pytest.mark.parametrize("debug", [False, True])
def test_a_loop_that_ends_without_close_leaves_no_warning(
    database_url: str,
    recwarn: pytest.WarningsRecorder,
    debug: bool,  # noqa: FBT001 -- a pytest parameter
) -> None:
    database = PostgresDatabase(parse(database_url))

    async def work() -> object:
        async with database.acquire() as connection:
            return await _one(connection, "SELECT 1")

    assert _in_own_loop(work, debug=debug) == 1
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []


def test_a_loop_that_ends_while_a_query_runs_leaves_no_warning(
    database_url: str, recwarn: pytest.WarningsRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    database = PostgresDatabase(parse(database_url))

    async def work() -> bool:
        busy = asyncio.Event()

        async def sleep() -> None:
            async with database.acquire() as connection, connection.transaction():
                busy.set()
                await connection.query("SELECT pg_sleep(60)", ())

        task = asyncio.create_task(sleep())
        await busy.wait()
        return not task.done()

    assert _in_own_loop(work) is True
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_a_database_serves_one_loop_after_the_other(database_url: str, recwarn: pytest.WarningsRecorder) -> None:
    database = PostgresDatabase(parse(database_url))

    async def work() -> object:
        async with database.acquire() as connection:
            return await _one(connection, "SELECT 1"), database.stats().open

    assert [_in_own_loop(work) for _ in range(3)] == [(1, 1)] * 3
    assert database.stats().open == 0
    assert [str(warning.message) for warning in recwarn] == []


def test_a_database_serves_the_loops_of_several_threads(database_url: str) -> None:
    database = PostgresDatabase(parse(database_url))
    answers: dict[int, list[object]] = {}

    async def ask(number: int) -> list[object]:
        async def one(step: int) -> object:
            async with database.acquire() as connection:
                return await _one(connection, "SELECT $1::int4", number * 100 + step)

        return list(await asyncio.gather(*(one(step) for step in range(50))))

    def run(number: int) -> None:
        answers[number] = asyncio.run(ask(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE)
    assert answers == {number: [number * 100 + step for step in range(50)] for number in range(2)}
    assert database.stats().open == 0


async def test_close_hangs_up_the_connections_of_other_threads(database_url: str) -> None:
    database = PostgresDatabase(parse(database_url))
    opened = threading.Event()
    held: list[PostgresConnection] = []

    async def hold() -> None:
        async with database.acquire() as connection:
            held.append(connection)
        opened.set()
        await _until(lambda: connection.is_closed)

    thread = threading.Thread(target=lambda: asyncio.run(hold()))
    thread.start()
    await asyncio.to_thread(opened.wait, _PATIENCE)
    await database.close()
    await asyncio.to_thread(thread.join, _PATIENCE)
    assert held[0].is_closed
    assert not thread.is_alive()


async def test_a_database_dropped_without_close_hangs_up(
    settings: Settings, onlooker: asyncpg.Connection[asyncpg.Record]
) -> None:
    async def use() -> int:
        database = PostgresDatabase(settings)
        async with database.acquire() as connection:
            return await _pid(connection)

    with pytest.warns(ResourceWarning, match=DROPPED):  # noqa: PT031  # dropping takes two steps
        pid = await use()
        gc.collect()
    await _until(lambda: _negated(_lives(onlooker, pid)))


async def test_a_temporary_database_lives_as_long_as_its_lease(settings: Settings) -> None:
    with pytest.warns(ResourceWarning, match="was dropped"):  # noqa: PT031  # dropping takes two steps
        async with PostgresDatabase(settings).acquire() as connection:
            gc.collect()
            await asyncio.sleep(0)
            assert json.loads(str(await _one(connection, "SELECT '[1]'::json"))) == [1]
