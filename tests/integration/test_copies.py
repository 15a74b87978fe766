"""The tests' own databases: which of them another test gets, and that it can tell no difference."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio

from database_url import DatabaseUrl
from fix_copies import Copies, State
from fix_postgres import Server

pytestmark = [
    pytest.mark.direct("a database has connections for some time after its last user, and is used once"),
    pytest.mark.asyncio(loop_scope="session"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def template(administrator: Server) -> AsyncIterator[str]:
    """A database with tables that refer to each other, and sequences."""
    name = await administrator.create()
    await administrator.execute(
        "CREATE TABLE parent (id serial PRIMARY KEY, first int);"
        "CREATE TABLE child (id int GENERATED ALWAYS AS IDENTITY, parent int NOT NULL REFERENCES parent);"
        "ALTER TABLE parent ADD FOREIGN KEY (first) REFERENCES parent;"
        "CREATE SEQUENCE loose START 7",
        database=name,
    )
    yield name
    await administrator.drop(name)


@pytest_asyncio.fixture(loop_scope="session")
async def copies(administrator: Server) -> AsyncIterator[Copies]:
    """Copies that no other test has used."""
    made = Copies(administrator)
    yield made
    await made.close()


async def _lent(copies: Copies, template: str, server: Server, sql: str = "SELECT 1") -> str:
    """The name of a database that is lent for some SQL, one statement after the other."""
    async with copies.lend(template) as url:
        name = DatabaseUrl.parse(url).database
        connection = await server.connect(name)
        try:
            for statement in sql.split("; "):
                await connection.execute(statement)
        finally:
            await connection.close()
    return name


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "INSERT INTO parent (first) VALUES (1); INSERT INTO child (parent) VALUES (1)",
        "INSERT INTO parent (first) VALUES (1); DELETE FROM parent",
        "SELECT nextval('loose')",
        "SELECT setval('loose', 70, false)",
        "BEGIN; CREATE TABLE more (); ROLLBACK",
        "CREATE TABLE more (); DROP TABLE more",
    ],
)
async def test_a_database_is_as_new_after_a_test_that_wrote_rows(
    sql: str, copies: Copies, template: str, administrator: Server
) -> None:
    name = await _lent(copies, template, administrator, sql)
    async with copies.lend(template) as url:
        assert DatabaseUrl.parse(url).database == name
        connection = await administrator.connect(name)
        try:
            row = await connection.fetchrow(
                "WITH made AS (INSERT INTO parent DEFAULT VALUES RETURNING id)"
                "SELECT id, nextval('loose'), (SELECT count(*) FROM parent), (SELECT count(*) FROM child) FROM made"
            )
        finally:
            await connection.close()
    assert row is not None
    assert tuple(row) == (1, 7, 0, 0)


CHANGES: Final = (
    "CREATE TABLE more ()",
    "CREATE TEMPORARY TABLE more ()",
    "CREATE SCHEMA more",
    "CREATE TYPE more AS ENUM ()",
    "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER FUNCTION pg_catalog.now() COST 7",
    "ALTER TABLE child ALTER parent DROP NOT NULL",
    "ALTER TABLE child DROP CONSTRAINT child_parent_fkey",
    "ALTER TABLE child SET UNLOGGED",
    "ALTER SEQUENCE loose INCREMENT 2",
    "CREATE INDEX ON child (parent)",
    "DROP TABLE child",
    "TRUNCATE child",
    "COMMENT ON TABLE child IS 'more'",
    "GRANT SELECT ON child TO PUBLIC",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    "SELECT lo_create(0)",
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 100', current_database()); END $$",
    "DO $$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database()); END $$",
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 90', current_database()); END $$",
)


async def test_each_change_of_more_than_rows_is_seen(template: str, administrator: Server) -> None:
    name = await administrator.create(template=template)
    connection = await administrator.connect(name)
    try:
        state = await State.of(connection)
        for sql in CHANGES:
            change = connection.transaction()
            await change.start()
            await connection.execute(sql)
            assert not await state.is_of(connection), sql
            await change.rollback()
            assert await state.is_of(connection), f"{sql}, rolled back"
    finally:
        await connection.close()
        await administrator.drop(name)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE more ()",
        "ANALYZE",
        "INSERT INTO parent DEFAULT VALUES; VACUUM parent",
        "INSERT INTO parent SELECT FROM generate_series(1, 10000)",
    ],
)
async def test_a_database_where_more_has_changed_is_used_by_no_other_test(
    sql: str, copies: Copies, template: str, administrator: Server
) -> None:
    for uses in range(2):  # what is changed by the first use, and by a later one
        for _ in range(uses):
            await _lent(copies, template, administrator)
        changed = await _lent(copies, template, administrator, sql)
        assert await _lent(copies, template, administrator) != changed


async def test_a_database_that_somebody_is_still_in_is_used_by_no_other_test(
    copies: Copies, template: str, administrator: Server
) -> None:
    async with copies.lend(template) as url:
        connection = await administrator.connect(DatabaseUrl.parse(url).database)
    async with copies.lend(template) as other:
        assert other != url
    connection.terminate()


async def test_a_database_that_a_test_has_dropped_is_no_harm(
    copies: Copies, template: str, administrator: Server
) -> None:
    for _ in range(2):
        async with copies.lend(template) as url:
            await administrator.drop(DatabaseUrl.parse(url).database)
    async with copies.lend(template) as other:
        assert other != url


async def test_a_template_with_rows_is_refused(copies: Copies, template: str, administrator: Server) -> None:
    name = await administrator.create(template=template)
    await administrator.execute("INSERT INTO parent DEFAULT VALUES", database=name)
    with pytest.raises(AssertionError, match="emptied"):
        async with copies.lend(name):
            pass
    await administrator.drop(name)
