"""Migrations by somebody who may not do everything, and in databases that are in use or take no writes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from fix_postgres import Server
from integration.test_migrations import write
from prisma_engine.errors import UserFacingError
from prisma_engine.migrate import deploy, resolve, status

pytestmark = pytest.mark.direct("roles of a test are unknown to it")


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody without rights of his own, and a database of somebody else."""

    server: Server
    role: str
    database: str

    @property
    def url(self) -> str:
        """How he connects."""
        return f"postgresql://{self.role}:secret@{self.server.host}:{self.server.port}/{self.database}?schema=public"

    @property
    def owner_url(self) -> str:
        """How the database's owner connects."""
        return self.server.url(self.database)

    async def grant(self, sql: str) -> None:
        """Let the owner run something; `{role}` and `{database}` stand for the names."""
        names = {"role": self.role, "database": f'"{self.database}"'}
        await self.server.execute(sql.format(**names), database=self.database)


@pytest_asyncio.fixture
async def guest(server: Server) -> AsyncIterator[Guest]:
    """A guest in a fresh database."""
    database = await server.create()
    guest = Guest(server, f"guest_{database[-12:]}", database)
    await server.execute(f"CREATE ROLE {guest.role} LOGIN PASSWORD 'secret'")
    yield guest
    await server.drop(database)
    await server.execute(f"DROP ROLE {guest.role}")


async def refusal(guest: Guest, folder: Path, *, applied: str | None = None) -> str:
    """What a deployment by the guest, or his word that a migration is applied, ends with."""
    with pytest.raises(UserFacingError) as raised:
        await (resolve(guest.url, folder, applied=applied) if applied else deploy(guest.url, folder))
    return str(raised.value)


async def test_who_may_not_connect_is_told_why(guest: Guest, tmp_path: Path) -> None:
    await guest.grant("REVOKE CONNECT ON DATABASE {database} FROM PUBLIC")

    with pytest.raises(UserFacingError) as raised:
        await status(guest.url, tmp_path)

    assert str(raised.value) == (
        f"P1010: User was denied access on the database `{guest.database}`\n\n"
        f'FATAL: permission denied for database "{guest.database}"\nDETAIL: User does not have CONNECT privilege.'
    )
    assert (await refusal(guest, tmp_path)) == str(raised.value)


async def test_who_may_not_create_is_told_what(guest: Guest, tmp_path: Path) -> None:
    await guest.grant("REVOKE CREATE ON SCHEMA public FROM PUBLIC")  # from PostgreSQL 15 on it is so by itself
    write(tmp_path, "1_first", "SELECT 1")
    elsewhere = Guest(guest.server, guest.role, f"{guest.database}_x")

    assert (await status(guest.url, tmp_path)).unapplied == ["1_first"]
    assert await refusal(guest, tmp_path) == "ERROR: permission denied for schema public"
    assert await refusal(guest, tmp_path, applied="1_first") == "ERROR: permission denied for schema public"
    assert await refusal(elsewhere, tmp_path) == "ERROR: permission denied to create database"


async def test_who_may_not_use_the_table_of_migrations_is_told_so(guest: Guest, tmp_path: Path) -> None:
    write(tmp_path, "1_first", "SELECT 1")
    await deploy(guest.owner_url, tmp_path)
    write(tmp_path, "2_second", "SELECT 2")
    denied = "ERROR: permission denied for table _prisma_migrations"

    with pytest.raises(UserFacingError) as raised:
        await status(guest.url, tmp_path)
    assert str(raised.value) == denied
    assert await refusal(guest, tmp_path) == denied

    await guest.grant("GRANT SELECT ON _prisma_migrations TO {role}")
    assert (await status(guest.url, tmp_path)).unapplied == ["2_second"]
    assert await refusal(guest, tmp_path) == denied
    assert await refusal(guest, tmp_path, applied="2_second") == denied

    await guest.grant("GRANT INSERT ON _prisma_migrations TO {role}")
    assert await refusal(guest, tmp_path) == denied
    assert (await status(guest.url, tmp_path)).failed == ["2_second"]


async def test_a_database_that_takes_no_writes_says_so(guest: Guest, tmp_path: Path) -> None:
    write(tmp_path, "1_first", "SELECT 1")
    await guest.grant("ALTER DATABASE {database} SET default_transaction_read_only = on")

    with pytest.raises(UserFacingError) as raised:
        await deploy(guest.owner_url, tmp_path)

    assert str(raised.value) == "ERROR: cannot execute CREATE TABLE in a read-only transaction"
    assert (await status(guest.owner_url, tmp_path)).unapplied == ["1_first"]


async def test_tables_that_nobody_has_made_for_this_program_are_no_obstacle(guest: Guest, tmp_path: Path) -> None:
    write(tmp_path, "1_first", "SELECT 1")
    await guest.grant("CREATE TABLE spatial_ref_sys (srid int); CREATE VIEW geometry_columns AS SELECT 1 AS one")
    await guest.grant("CREATE TABLE theirs (id int); CREATE SCHEMA other; CREATE TABLE other.theirs (id int)")

    assert await deploy(guest.owner_url, tmp_path, external_tables=["public.theirs"]) == ["1_first"]


@pytest.mark.parametrize(
    ("schemas", "parameter"), [([], "public"), (["a", "b"], "public"), (["public"], "a"), (["a", "public"], "c")]
)
async def test_a_table_in_the_urls_schema_or_in_one_of_the_datasource_is_one(
    guest: Guest, tmp_path: Path, schemas: list[str], parameter: str
) -> None:
    await guest.grant("CREATE TABLE theirs (id int)")

    with pytest.raises(UserFacingError, match="P3005"):
        await deploy(guest.owner_url.replace("=public", f"={parameter}"), tmp_path, schemas=schemas)
