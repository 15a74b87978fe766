"""Prisma Studio, served in the test's own process, and what its page would say to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from prisma_engine.studio import serve

__all__ = ["COLUMNS", "SCHEMA", "TYPES", "Page", "open_page", "until"]

TYPES: Final[dict[str, tuple[str, object]]] = {
    "text": ('it\'s "quoted" \\ é 🪜', 'it\'s "quoted" \\ é 🪜'),
    "varchar(10)": ("", ""),
    "char(5)": ("c", "c    "),
    "name": ("n", "n"),
    '"char"': ("q", "q"),
    "uuid": ("6f1c2a34-0000-4000-8000-000000000001", "6f1c2a34-0000-4000-8000-000000000001"),
    "boolean": ("t", True),
    "smallint": ("-32768", -32768),
    "integer": ("2147483647", 2147483647),
    "bigint": ("9223372036854775807", "9223372036854775807"),
    "oid": ("4294967295", 4294967295),
    "real": ("1.1", 1.1),
    "double precision": ("1e+300", 1e300),
    "numeric": ("1234567890123456789.0123456789", "1234567890123456789.0123456789"),
    "numeric(12,4)": ("1.5", "1.5000"),
    "money": ("12.34", "$12.34"),
    "timestamp": ("2024-02-29 12:34:56.123456", "2024-02-29T12:34:56.123456Z"),
    "timestamp(0)": ("2024-02-29 12:34:56", "2024-02-29T12:34:56.000Z"),
    "timestamptz": ("2024-02-29 12:34:56.5+02", "2024-02-29T10:34:56.500Z"),
    "date": ("2024-02-29", "2024-02-29"),
    "time": ("12:34:56.123456", "12:34:56.123456"),
    "timetz": ("12:34:56.1+02", "12:34:56.1+02"),
    "interval": ("1 year 2 days 03:04:05", "1 year 2 days 03:04:05"),
    "json": ('{"a": [1, null, 1.5], "b": "é"}', {"a": [1, None, 1.5], "b": "é"}),
    "jsonb": ('[{"a": true}, 12345678901234567890]', [{"a": True}, 12345678901234567890]),
    "bytea": ("\\xdeadbeef00", "\\xdeadbeef00"),
    "inet": ("10.0.0.1/8", "10.0.0.1/8"),
    "cidr": ("10.0.0.0/8", "10.0.0.0/8"),
    "macaddr": ("08:00:2b:01:02:03", "08:00:2b:01:02:03"),
    "macaddr8": ("08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03:04:05"),
    "bit(4)": ("1010", "1010"),
    "varbit": ("101", "101"),
    "point": ("(1,2.5)", "(1,2.5)"),
    "line": ("{1,2,3}", "{1,2,3}"),
    "lseg": ("[(1,2),(3,4)]", "[(1,2),(3,4)]"),
    "box": ("(3,4),(1,2)", "(3,4),(1,2)"),
    "path": ("[(1,2),(3,4)]", "[(1,2),(3,4)]"),
    "polygon": ("((1,2),(3,4))", "((1,2),(3,4))"),
    "circle": ("<(1,2),3>", "<(1,2),3>"),
    "int4range": ("[1,5)", "[1,5)"),
    "tstzrange": ('["2024-01-01 00:00:00+00",)', '["2024-01-01 00:00:00+00",)'),
    "tsvector": ("'fox' 'quick'", "'fox' 'quick'"),
    "tsquery": ("'a' & 'b'", "'a' & 'b'"),
    "regclass": ("pg_type", "pg_type"),
    "pg_lsn": ("16/B374D848", "16/B374D848"),
    "jsonpath": ('$."a"[*]', '$."a"[*]'),
    "colour": ("green one", "green one"),
    "positive": ("5", 5),
    "note": ('{"a": 1}', {"a": 1}),
    "pair": ('(1,"two words")', '(1,"two words")'),
    "spread": ("[1.5,2.5]", "[1.5,2.5]"),
    "text[]": ('{a,"b c",NULL,"","NULL","q\\"\\\\"}', ["a", "b c", None, "", "NULL", 'q"\\']),
    "integer[]": ("{{1,NULL},{3,4}}", [[1, None], [3, 4]]),
    "bigint[]": ("{9223372036854775807}", ["9223372036854775807"]),
    "double precision[]": ("{1.5,NULL}", [1.5, None]),
    "numeric[]": ("{1.50}", ["1.50"]),
    "boolean[]": ("{t,f,NULL}", [True, False, None]),
    "timestamp[]": ('{"2024-01-01 00:00:00.5"}', ["2024-01-01T00:00:00.500Z"]),
    "date[]": ("{2024-01-01}", ["2024-01-01"]),
    "jsonb[]": ('{"{\\"a\\": 1}","[1, 2]",NULL}', [{"a": 1}, [1, 2], None]),
    "bytea[]": ('{"\\\\xff"}', ["\\xff"]),
    "uuid[]": ("{6f1c2a34-0000-4000-8000-000000000001}", ["6f1c2a34-0000-4000-8000-000000000001"]),
    "colour[]": ('{RED,"green one"}', ["RED", "green one"]),
    "pair[]": ('{"(1,\\"x y\\")"}', ['(1,"x y")']),
    "box[]": ("{(3,4),(1,2);(5,6),(1,2)}", "{(3,4),(1,2);(5,6),(1,2)}"),
    "integer[] ": ("{}", []),
}
"""Types, each with a value as PostgreSQL reads it, and as the page gets it."""

COLUMNS: Final[dict[str, str]] = {f"c{number}": type_ for number, type_ in enumerate(TYPES)}
"""The columns of the table `every`, each with its type."""

_DECLARED: Final = ", ".join(f"{column} {type_}" for column, type_ in COLUMNS.items())
_LITERALS: Final = ", ".join("'{}'".format(text.replace("'", "''")) for text, _ in TYPES.values())

SCHEMA: Final = f"""
CREATE TYPE colour AS ENUM ('RED', 'green one');
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE DOMAIN note AS jsonb;
CREATE TYPE pair AS (a int, b text);
CREATE TYPE spread AS RANGE (subtype = float8);
CREATE TABLE author (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE stamped (at timestamptz PRIMARY KEY, note text);
CREATE SCHEMA shop;
CREATE TABLE shop.product (id serial PRIMARY KEY, price numeric);
INSERT INTO shop.product (price) VALUES (1.50);
CREATE TABLE every (id int PRIMARY KEY, {_DECLARED});
INSERT INTO every VALUES (1, {_LITERALS});
"""

_PATIENCE: Final = 30.0  # seconds until a condition that a test waits for counts as missed
_POLL: Final = 0.02  # seconds between two looks at it


@dataclass(frozen=True, slots=True)
class Page:
    """A page of Studio without a browser."""

    address: str
    http: httpx.AsyncClient

    @property
    def port(self) -> int:
        """Where Studio listens."""
        return int(self.address.rpartition(":")[2])

    async def ask(self, **request: object) -> Any:
        """What Studio answers to a request."""
        answer = await self.http.post("/bff", json=request)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def query(self, sql: str, *parameters: object, **more: object) -> Any:
        """What Studio answers to one statement: `[None, rows]` or `[error]`."""
        return await self.ask(procedure="query", query={"sql": sql, "parameters": parameters}, **more)

    async def rows(self, sql: str, *parameters: object, **more: object) -> list[dict[str, Any]]:
        """The rows of a statement that succeeds."""
        error, *rows = await self.query(sql, *parameters, **more)
        assert error is None, error
        found: list[dict[str, Any]] = rows[0]
        return found

    async def error(self, sql: str, *parameters: object) -> Any:
        """The error of a statement that fails."""
        (error,) = await self.query(sql, *parameters)
        return error

    async def lint(self, sql: str, **more: object) -> list[dict[str, Any]]:
        """What Studio says of SQL that is being written."""
        error, found = await self.ask(procedure="sql-lint", sql=sql, schemaVersion="v1", **more)
        assert error is None
        assert found["schemaVersion"] == "v1"
        diagnostics: list[dict[str, Any]] = found["diagnostics"]
        return diagnostics


@asynccontextmanager
async def open_page(url: str) -> AsyncIterator[Page]:
    """Serve Studio for a database, on any free port, and open its page."""
    async with (
        serve(url, port=0) as address,
        httpx.AsyncClient(base_url=address, trust_env=False, timeout=_PATIENCE) as http,
    ):
        yield Page(address, http)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, "what was waited for has not come"
        await asyncio.sleep(_POLL)
