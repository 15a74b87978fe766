"""The two runtimes, each on a database of its own with the same content."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import asyncpg
from pydantic import ValidationError

from conformance import graphql
from conformance.case import Bytes, Case, Failure, Json, resolved
from conformance.oracle import Oracle
from conformance.outcomes import agree, failure, masked, masked_tables, of_client, of_runtime
from fix_postgres import Server

__all__ = ["Comparison", "Pair"]

_TABLES: Final = """
    SELECT oid::regclass::text AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    ORDER BY 1
"""
_SETTINGS: Final = {"session_replication_role": "replica"}  # no look at foreign keys: what is put there is whole


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came out of a list of calls."""

    compared: int
    deliberate: int
    differences: Sequence[str]


class _TakenError(Exception):
    """Carries a call out of the client before it is sent."""


@dataclass(slots=True)
class Pair:
    """A connected client and the oracle, with connections to look into both databases and to reset them."""

    package: Any
    client: Any
    taking: Any
    oracle: Oracle
    datamodel: graphql.Datamodel
    databases: tuple[asyncpg.Connection[asyncpg.Record], asyncpg.Connection[asyncpg.Record]]
    seed: str
    tables: Sequence[str]

    @classmethod
    @asynccontextmanager
    async def start(cls, server: Server, package: Any, folder: Path, *, seed: Path) -> AsyncIterator[Pair]:
        """Run both runtimes for a generated client; its folder has the script that makes the tables."""
        schema = Path(package.__file__).parent / "schema.prisma"
        async with AsyncExitStack() as stack:
            script = _text(folder / "create.sql") + _text(seed)
            names = [await stack.enter_async_context(_database(server, script)) for _ in range(2)]
            databases = [await server.connect(name, **_SETTINGS) for name in names]
            for database in databases:
                stack.push_async_callback(database.close)
            names_of_tables = [row["name"] for row in await databases[0].fetch(_TABLES)]
            client = package.Prisma(datasource={"url": server.url(names[0])}, use_dotenv=False)
            yield cls(
                package=package,
                client=await stack.enter_async_context(client),
                taking=_taking(package),
                oracle=await stack.enter_async_context(Oracle.start(schema, server.url(names[1]))),
                datamodel=graphql.Datamodel.parse(_text(schema)),
                databases=(databases[0], databases[1]),
                seed=_text(seed),
                tables=names_of_tables,
            )

    async def reset(self) -> None:
        """Give both databases the content of the seed."""
        await asyncio.gather(*(database.execute(self.seed) for database in self.databases))

    async def compare(self, cases: Iterable[Case]) -> Comparison:
        """Make every call in both runtimes, each on the content of the seed."""
        compared = deliberate = 0
        differences: list[str] = []
        for case in cases:
            found = await self._difference(case)
            compared += 1
            deliberate += bool(case.divergence)
            differences += [f"{case}\n{found}"] if found else []
        return Comparison(compared, deliberate, differences)

    async def _difference(self, case: Case) -> str:
        """What differs, in words; an empty text when nothing does, or nothing else than the case expects."""
        arguments = resolved(dict(case.arguments), {Json: self.package.Json, Bytes: self.package.Base64.encode})
        self.oracle.ask(await self._request(case, arguments))
        answer = asyncio.create_task(self.oracle.answer())
        try:
            ours = await self._ours(case, arguments)
        finally:
            theirs = self._theirs(case, await answer)
        if case.divergence:
            found = "" if agree(ours, case.ours) and agree(theirs, case.theirs) else _words(ours, theirs)
        else:
            found = "" if agree(ours, theirs) else _words(ours, theirs)
        return found + (await self._difference_in_content(case) if case.writes else "")

    async def _request(self, case: Case, arguments: dict[str, Any]) -> dict[str, Any]:
        """The call as Prisma Client Python's own query builder words it, put as a request of the JSON protocol."""
        builder = self.package.client.QueryBuilder(
            **await self._taken(case, arguments),
            prisma_models=self.package.client.PRISMA_MODELS,
            relational_field_mappings=self.package.client.RELATIONAL_FIELD_MAPPINGS,
        )
        return graphql.request(builder.build_query(), self.datamodel)

    async def _taken(self, case: Case, arguments: dict[str, Any]) -> dict[str, Any]:
        """What the client's method hands on to be sent."""
        try:
            await getattr(getattr(self.taking, case.model), case.method)(**arguments)
        except _TakenError as taken:
            call: dict[str, Any] = taken.args[0]
            return call
        raise AssertionError(f"{case} sends nothing")

    async def _ours(self, case: Case, arguments: dict[str, Any]) -> Any:
        try:
            result = await getattr(getattr(self.client, case.model), case.method)(**arguments)
        except self.package.errors.PrismaError as error:
            return failure(error)
        except ValidationError as error:
            return error  # the client could not make a model of what it got; no outcome of the other runtime is equal
        return masked(of_client(result, self._relations))

    def _theirs(self, case: Case, answer: dict[str, Any]) -> Any:
        error = answer.get("error")
        if error is not None:
            # These two methods give None for a record that does not exist.
            is_none = case.method in ("update", "delete") and error["code"] == "P2025"
            return None if is_none else failure(self._raised(error))
        result = masked(of_runtime(answer["result"], self._relations))
        if case.method in ("create_many", "update_many", "delete_many"):
            return result["count"]
        if case.method == "count":
            return result["_count"] if case.arguments.get("select") else result["_count"]["_all"]
        return result

    def _raised(self, error: dict[str, Any]) -> Exception:
        """What the client makes of an error that its engine reports."""
        report = {"is_panic": False, "error_code": error["code"], "message": error["message"], "meta": error["meta"]}
        errors = [{"error": error["message"], "user_facing_error": report}]
        try:
            self.package.engine.utils.handle_response_errors(None, errors)
        except self.package.errors.PrismaError as raised:
            return cast("Exception", raised)
        raise AssertionError("unreachable: the client raises for every report")

    @property
    def _relations(self) -> frozenset[str]:
        mappings = self.package.client.RELATIONAL_FIELD_MAPPINGS.values()
        return frozenset(name for mapping in mappings for name in mapping)

    async def _difference_in_content(self, case: Case) -> str:
        dumps = await asyncio.gather(*(self._dump(database) for database in self.databases))
        await self.reset()  # also when nothing has changed: a failed insert has taken numbers from its sequence
        ours, theirs = ([], []) if dumps[0] == dumps[1] else map(_rows, dumps)
        if ours == theirs:
            return ""
        changed = [
            f"  {table}:\n    ours   {mine}\n    theirs {other}\n"
            for table, mine, other in zip(self.tables, ours, theirs, strict=True)
            if mine != other
        ]
        return f"{case} leaves other content:\n" + "".join(changed)

    async def _dump(self, database: asyncpg.Connection[asyncpg.Record]) -> list[str | None]:
        """All rows of each table as JSON text."""
        rows = ", ".join(f"(SELECT jsonb_agg(to_jsonb(t)) FROM {table} t)" for table in self.tables)
        record = await database.fetchrow(f"SELECT {rows}")
        assert record is not None
        return list(record.values())


def _taking(package: Any) -> Any:
    """A client that sends nothing: its calls raise what they would have sent."""

    class Taking(package.Prisma):  # type: ignore[misc]  # the client is known at run time only
        async def _execute(self, **call: Any) -> Any:
            raise _TakenError(call)

    return Taking(use_dotenv=False)


@asynccontextmanager
async def _database(server: Server, script: str) -> AsyncIterator[str]:
    name = await server.create()
    try:
        await server.execute(script, database=name)
        yield name
    finally:
        await server.drop(name)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _rows(dump: Sequence[str | None]) -> list[list[str]]:
    return masked_tables([json.loads(table or "[]", parse_float=str) for table in dump])


def _words(ours: Any, theirs: Any) -> str:
    return f"  ours   {_shown(ours)}\n  theirs {_shown(theirs)}\n"


def _shown(outcome: Any) -> str:
    return repr(outcome) if isinstance(outcome, Failure) else f"{type(outcome).__name__} {outcome!r}"
