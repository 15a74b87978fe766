"""Every call of the schema engine's protocol, in Python and in Node.js, on equal databases: the answers are equal."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from engine_calls import (
    EMPTY,
    FILTERS,
    connection,
    diff,
    introspection,
    migrations,
    schema,
    script_at,
    source,
)
from fix_postgres import Server
from interop import node_engine, official
from interop.node_engine import NodeEngine
from prisma_engine.errors import UserFacingError
from prisma_engine.schema import accepted
from prisma_engine.schema_engine import SchemaEngine
from steps import PROJECT

pytestmark = [
    official.needed,
    pytest.mark.direct("migrations lock a session, and create databases"),
]

_SCHEMAS: Final = ("tests/schemas/article.prisma", "tests/schemas/types.prisma", "tests/conformance/native.prisma")
"""Those with several PostgreSQL schemas, with every type, and with names that need quotes."""

_EXTRA: Final = "model ExtraTable {\n  id Int @id\n  text String?\n  flag Boolean @default(true)\n%s}\n"
_BROKEN: Final = 'CREATE TABLE "Half" (id int);\n-- ein Kommentar: ä€\nCREATE TABEL "Broken" (id int);\n'
_OWN_TABLES: Final = """
CREATE TABLE odd (id bigint PRIMARY KEY, code "char" NOT NULL, title name, amount numeric(10,2) DEFAULT 1.5);
CREATE TYPE mood AS ENUM ('fine', 'so;so');
ALTER TABLE odd ADD COLUMN moods mood[];
CREATE INDEX odd_lower ON odd (lower(title::text));
CREATE VIEW seen AS SELECT id FROM odd;
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (one int, other text);
CREATE TABLE strange (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), amount positive NOT NULL, both_of pair, period tstzrange,
    doubled int GENERATED ALWAYS AS (2) STORED, list int[] DEFAULT '{1,2}', EXCLUDE USING gist (period WITH &&)
);
ALTER TABLE strange ENABLE ROW LEVEL SECURITY;
COMMENT ON COLUMN strange.amount IS 'größer als 0 😀';
CREATE TABLE parted (id int NOT NULL, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2030-01-01');
CREATE TABLE heir (more int) INHERITS (odd);
CREATE UNIQUE INDEX odd_some ON odd (id) INCLUDE (amount) WHERE amount > 0;
CREATE INDEX odd_down ON odd (amount DESC NULLS LAST);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END; $$;
"""
_HISTORY: Final = """
SELECT migration_name, checksum, applied_steps_count, logs,
       finished_at IS NOT NULL AS is_finished, rolled_back_at IS NOT NULL AS is_rolled_back
FROM _prisma_migrations ORDER BY started_at, migration_name
"""

_CHANGING: Final = (
    (re.compile(r"\d{14}_"), "<time>_"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?: UTC|Z)?"), "<moment>"),
    (re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"), "<uuid>"),
)
"""What differs from run to run."""


@dataclass(slots=True)
class Pair:
    """Both engines, each with a database of its own."""

    server: Server
    names: tuple[str, str]
    node: NodeEngine
    python: SchemaEngine
    steps: int = 0
    differences: list[str] = field(default_factory=list)

    async def call(self, method: str, **params: Any) -> Any:
        """Call both; the answer is Python's, an error is a dict with `code` and `message`."""
        ours = await self._of_python(method, self._for(params, self.names[0]))
        theirs = await self._of_node(method, self._for(params, self.names[1]))
        self._compare(f"{method}{_shown(params)}", ours, theirs)
        return ours

    async def compare_histories(self) -> None:
        """Compare the tables of migrations."""
        ours, theirs = [[dict(row) for row in await self._fetch(name)] for name in self.names]
        self._compare("history", ours, theirs)

    async def _fetch(self, name: str) -> list[Any]:
        connection = await self.server.connect(name)
        try:
            return list(await connection.fetch(_HISTORY))
        finally:
            await connection.close()

    def _for(self, params: Mapping[str, Any], name: str) -> dict[str, Any]:
        given: dict[str, Any] = json.loads(json.dumps(params).replace("<url>", self.server.url(name)))
        return given

    async def _of_python(self, method: str, params: Mapping[str, Any]) -> Any:
        try:
            return await self.python.call(method, params)
        except UserFacingError as error:
            return {"code": error.code, "message": error.message, "meta": error.meta}

    async def _of_node(self, method: str, params: Mapping[str, Any]) -> Any:
        response = await self.node.ask(method, params)
        if "result" in response:
            return response["result"] or None
        error = response["error"]["data"]
        return {"code": error["error_code"], "message": error["message"], "meta": error["meta"]}

    def _compare(self, step: str, ours: Any, theirs: Any) -> None:
        self.steps += 1
        one, other = (self._without_changes(value or None) for value in (ours, theirs))
        if one != other:
            self.differences.append(f"{step}\n  Python: {one}\n  Node:   {other}")

    def _without_changes(self, value: Any) -> Any:
        text = json.dumps(value, sort_keys=True)
        for name in self.names:
            text = text.replace(name, "<database>")
        for pattern, replacement in _CHANGING:
            text = pattern.sub(replacement, text)
        return json.loads(text)


def _shown(params: Mapping[str, Any]) -> str:
    return json.dumps(params)[:200]


@pytest_asyncio.fixture
async def pair(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> AsyncIterator[Pair]:
    """Both engines for the schema that the test names, on new databases."""
    files = _files(request.param)
    names = (await server.create(), await server.create())
    try:
        async with (
            node_engine.started(tmp_path, server.url(names[1]), files) as node,
            SchemaEngine([(str(tmp_path / path), text) for path, text in files], url=server.url(names[0])) as python,
        ):
            yield Pair(server, names, node, python)
    finally:
        for name in names:
            await server.drop(name)


def _files(path: str) -> list[tuple[str, str]]:
    return accepted([("schema.prisma", (PROJECT / path).read_text("utf-8"))])


@pytest.mark.parametrize("pair", _SCHEMAS, indirect=True)
async def test_both_engines_answer_every_call_alike(request: pytest.FixtureRequest, pair: Pair) -> None:
    ((_, text),) = _files(request.node.callspec.params["pair"])
    extra = _EXTRA % ('  @@schema("public")\n' if "schemas" in text else "")
    changed = f"{text}\n{extra}"

    await _ask_about_the_server(pair)
    await _compare_sources(pair, text, changed)
    first = await _develop(pair, text, changed)
    await _fail_and_repair(pair, first)
    await _push(pair, text, changed)
    await _begin_anew(pair, first)

    assert pair.differences == []
    assert pair.steps >= 46


async def _ask_about_the_server(pair: Pair) -> None:
    await pair.call("getDatabaseVersion", **connection("<url>"))
    await pair.call("ensureConnectionValidity", **connection("<url>"))


async def _compare_sources(pair: Pair, text: str, changed: str) -> None:
    for script in (True, False):
        await _diff(pair, EMPTY, source(text), script=script)
        await _diff(pair, source(text), source(changed), script=script)
        await _diff(pair, source(changed), source(text), script=script)


async def _diff(
    pair: Pair, one: Mapping[str, Any], other: Mapping[str, Any], *, script: bool, filters: object = FILTERS
) -> None:
    await pair.call("diff", **diff(one, other, script=script, filters=filters))


def _of_migrations(*scripts: tuple[str, str]) -> dict[str, Any]:
    return {"tag": "migrations", **migrations(*scripts)["migrationsList"]}


async def _develop(pair: Pair, text: str, changed: str) -> tuple[str, str]:
    nothing = migrations()
    await pair.call("devDiagnostic", **nothing)
    made = await pair.call("createMigration", migrationName="init", draft=False, schema=schema(text), **nothing)
    first = ("1_init", made["migrationScript"])
    second = ("2_extra", 'CREATE TABLE "ByHand" (id int PRIMARY KEY, "note" text DEFAULT \'a;b\');')
    listed = migrations(first, second)
    for opt_in in (False, True):
        await pair.call("diagnoseMigrationHistory", optInToShadowDatabase=opt_in, **listed)
    await pair.call("applyMigrations", **listed)
    await pair.call("applyMigrations", **listed)
    await pair.compare_histories()
    await pair.call("devDiagnostic", **listed)
    await pair.call("evaluateDataLoss", schema=schema(changed), **listed)
    for draft in (False, True):
        await pair.call("createMigration", migrationName="next", draft=draft, schema=schema(changed), **listed)
    await _diff(pair, _of_migrations(first, second), source(changed), script=True)
    await _diff(pair, _of_migrations(first, second), source(text), script=False)
    external = {"externalTables": ["public.ByHand"], "externalEnums": []}
    await _diff(pair, {"tag": "url", "url": "<url>"}, source(text), script=True, filters=external)
    edited = migrations((first[0], f"{first[1]}-- edited\n"))
    await pair.call("devDiagnostic", **edited)
    await pair.call("diagnoseMigrationHistory", **edited, optInToShadowDatabase=True)
    await pair.call("diagnoseMigrationHistory", optInToShadowDatabase=False, **nothing)
    return first


async def _fail_and_repair(pair: Pair, first: tuple[str, str]) -> None:
    second = ("2_extra", 'CREATE TABLE "ByHand" (id int PRIMARY KEY, "note" text DEFAULT \'a;b\');')
    broken = migrations(first, second, ("3_broken", _BROKEN))
    await pair.call("devDiagnostic", **broken)
    for _ in range(2):
        await pair.call("applyMigrations", **broken)
    await pair.call("diagnoseMigrationHistory", **broken, optInToShadowDatabase=False)
    await pair.call("markMigrationRolledBack", migrationName="no_such")
    await pair.call("markMigrationRolledBack", migrationName="3_broken")
    await pair.call("markMigrationApplied", migrationName="3_broken", migrationsList=broken["migrationsList"])
    await pair.call("markMigrationApplied", migrationName="3_broken", migrationsList=broken["migrationsList"])
    await pair.compare_histories()
    raising = ("4_raise", "DO $$ BEGIN RAISE EXCEPTION 'no' USING DETAIL = 'why', HINT = 'how'; END $$")
    listed = migrations(first, second, ("3_broken", _BROKEN), raising)
    await pair.call("applyMigrations", **listed)
    await pair.compare_histories()


async def _push(pair: Pair, text: str, changed: str) -> None:
    await pair.call("dbExecute", **script_at("<url>", _OWN_TABLES))
    await pair.call("dbExecute", **script_at("<url>", "SELECT 1;\nSELEKT 2"))
    await pair.call("schemaPush", force=False, schema=schema(changed), filters=FILTERS)
    await pair.call("dbExecute", **script_at("<url>", 'INSERT INTO "ExtraTable" (id) VALUES (1)'))
    await _introspect(pair, changed, force=False)
    await _introspect(pair, text, force=True)
    for force in (False, True):
        await pair.call("schemaPush", force=force, schema=schema(text), filters=FILTERS)
    await _introspect(pair, text, force=False)


async def _introspect(pair: Pair, text: str, *, force: bool) -> None:
    await pair.call("introspect", **introspection(text, force=force))


async def _begin_anew(pair: Pair, first: tuple[str, str]) -> None:
    await pair.call("reset", filter=FILTERS)
    await _introspect(pair, _NO_MODELS, force=False)
    await pair.call("applyMigrations", **migrations(first))
    await pair.compare_histories()
    await pair.call("reset", filter=FILTERS)


_NO_MODELS: Final = 'datasource db {\n  provider = "postgresql"\n}\n'
