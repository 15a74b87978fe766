"""What Studio's server answers, and to whom: on real connections, to a real PostgreSQL."""

from __future__ import annotations

import asyncio
import errno
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from fix_postgres import Server
from fix_studio import COLUMNS, SCHEMA, TYPES, Page, open_page, until
from prisma_engine import upstream
from prisma_engine.errors import UserFacingError
from prisma_engine.studio import serve

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNUSUAL: Final[dict[str, object]] = {
    "'NaN'::float8": "NaN",  # where Prisma's own server says null
    "'-Infinity'::float4": "-Infinity",
    "'NaN'::numeric": "NaN",
    "'-0'::float8": 0,
    "1e-7::float8": 1e-7,
    "123456789::float4": 123456790,
    "'infinity'::timestamp": "infinity",  # where Prisma's own server cannot show the table
    "'-infinity'::date": "-infinity",
    "'0044-03-15 12:00:00 BC'::timestamp": "0044-03-15 12:00:00 BC",
    "'12024-03-15 12:00:00'::timestamp": "12024-03-15 12:00:00",
    "'[0:1]={1,2}'::int4[]": [1, 2],
    "'1e400'::jsonb": 10**400,
    "'\"\\ud800\"'::json": "\ud800",
    "('[' || repeat('9', 5000) || ']')::json": f"[{'9' * 5000}]",  # more digits than Python reads
    "row(1, 'x')": "(1,x)",
    "null": None,
}
"""Expressions, each with what the page gets."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(server: Server) -> AsyncIterator[str]:
    """The name of a database with a table that has a column of every type."""
    name = await server.create()
    await server.execute(SCHEMA, database=name)
    yield name
    await server.drop(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(server: Server, database: str) -> AsyncIterator[Page]:
    """Studio's page for that database."""
    async with open_page(server.url(database)) as page:
        yield page


# What the page is made of


async def test_the_page_loads_prismas_own_files_and_nothing_else(page: Page) -> None:
    index = await page.http.get("/")
    assert index.headers["content-type"] == "text/html; charset=utf-8"
    assert 'window.__STUDIO_CONFIG__ = {"adapter":"postgres"};' in index.text
    assert re.findall(r'(?:src|href)="(/[^"]*)"', index.text) == ["/studio.css", "/studio.js"]
    assert "default-src 'self'" in index.headers["content-security-policy"]
    for name in ("studio.js", "studio.css"):
        file = await page.http.get(f"/{name}")
        assert file.content == upstream.path(name).read_bytes()
        assert file.headers["x-content-type-options"] == "nosniff"


async def test_a_browser_that_has_a_file_does_not_get_it_again(page: Page) -> None:
    first = await page.http.get("/studio.js")
    again = await page.http.get("/studio.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/studio.css", "/favicon.ico"])
async def test_head_is_answered_like_get_without_a_body(page: Page, path: str) -> None:
    head, get = await page.http.head(path), await page.http.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content)) != "0"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/schema.prisma", 404),
        ("GET", "/../upstream/__init__.py", 404),
        ("POST", "/", 405),
        ("DELETE", "/studio.js", 405),
        ("GET", "/bff", 405),
        ("OPTIONS", "/bff", 405),
    ],
)
async def test_other_paths_and_methods_get_nothing(page: Page, method: str, path: str, status: int) -> None:
    assert (await page.http.request(method, path)).status_code == status


async def test_what_the_page_reports_of_its_use_is_taken_and_goes_nowhere(page: Page) -> None:
    answer = await page.http.post("/telemetry", content='{"name":"studio_launched"}')
    assert (answer.status_code, answer.content) == (200, b"")


# Who gets nothing


@pytest.mark.parametrize(
    "foreign",
    [
        {"host": "evil.example"},
        {"host": "evil.example:{port}"},
        {"host": "localhost"},
        {"host": "localhost:1"},
        {"host": "127.0.0.1.evil.example:{port}"},
        {"origin": "https://evil.example"},
        {"origin": "http://localhost"},
        {"origin": "http://localhost:1"},
        {"origin": "https://localhost:{port}"},
        {"origin": "http://evil.example:{port}"},
        {"origin": "null"},
        {"origin": ""},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/", "/studio.js", "/bff", "/telemetry"])
async def test_other_hosts_and_origins_get_nothing_and_reach_no_database(
    page: Page, foreign: dict[str, str], path: str
) -> None:
    headers = {name: value.format(port=page.port) for name, value in foreign.items()}
    request = {"procedure": "query", "query": {"sql": "CREATE TABLE reached (a int)", "parameters": []}}
    answer = await page.http.post(path, json=request, headers=headers)
    assert (answer.status_code, answer.content) == (403, b"")
    assert "access-control-allow-origin" not in answer.headers
    assert await page.rows("SELECT to_regclass('reached') AS reached") == [{"reached": None}]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
async def test_the_page_itself_is_answered_by_each_name_of_this_machine(page: Page, name: str) -> None:
    headers = {"host": f"{name}:{page.port}", "origin": f"http://{name.lower()}:{page.port}"}
    request = {"procedure": "query", "query": {"sql": "SELECT 1 AS one", "parameters": []}}
    answer = await page.http.post("/bff", json=request, headers=headers)
    assert answer.json() == [None, [{"one": 1}]]


async def test_a_request_without_a_host_gets_nothing(page: Page) -> None:
    answer = await _exchange(page, b"GET / HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403 ")


async def test_only_this_machine_is_listened_to(page: Page) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        # on Linux, all of 127.0.0.0/8 is this machine: a server on every address would answer here as well
        assert other.connect_ex(("127.0.0.2", page.port)) in {errno.ECONNREFUSED, errno.EADDRNOTAVAIL}


# What is no request of the page


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b'{"procedure":"query"}', "text/plain", 415),
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"procedure":"drop"}', "application/json; charset=utf-8", 400),
        (b'{"procedure":"query"}', "application/json", 400),
        (b'{"procedure":"query","query":{"sql":1}}', "application/json", 400),
        (b'{"procedure":"query","query":{"sql":"SELECT 1","parameters":{}}}', "application/json", 400),
        (b'{"procedure":"transaction","queries":[1]}', "application/json", 400),
        (b'{"procedure":"sql-lint"}', "application/json", 400),
    ],
)
async def test_what_the_page_would_not_say_is_refused(page: Page, content: bytes, media_type: str, status: int) -> None:
    answer = await page.http.post("/bff", content=content, headers={"content-type": media_type})
    assert answer.status_code == status


async def test_what_is_not_http_is_refused_and_hurts_nobody(page: Page) -> None:
    assert (await _exchange(page, b"what?\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
    assert (await _exchange(page, b"GET / HTTP/1.1\r\nHost: " + b"a" * 100_000)).startswith(b"HTTP/1.1 431 ")
    assert await page.rows("SELECT 1 AS one") == [{"one": 1}]


async def test_a_body_that_is_too_long_is_refused_before_it_is_sent(page: Page) -> None:
    head = f"POST /bff HTTP/1.1\r\nHost: localhost:{page.port}\r\nContent-Type: application/json\r\n"
    answer = await _exchange(page, f"{head}Content-Length: 99999999999\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_one_connection_carries_many_requests_also_before_their_turn(page: Page) -> None:
    body = json.dumps({"procedure": "query", "query": {"sql": "SELECT 1 AS one", "parameters": []}})
    ask = f"POST /bff HTTP/1.1\r\nHost: localhost:{page.port}\r\nContent-Type: application/json\r\n"
    ask += f"Content-Length: {len(body)}\r\n\r\n{body}"
    last = f"GET /favicon.ico HTTP/1.1\r\nHost: localhost:{page.port}\r\nConnection: close\r\n\r\n"
    answer = await _exchange(page, (ask + ask + last).encode())
    assert answer.count(b'[null,[{"one":1}]]') == 2
    assert answer.endswith(b"</svg>")


async def test_a_large_value_that_waits_for_a_word_arrives(page: Page) -> None:
    text = "é" * 1_000_000
    body = json.dumps({"procedure": "query", "query": {"sql": "SELECT length($1) AS n", "parameters": [text]}}).encode()
    head = f"POST /bff HTTP/1.1\r\nHost: localhost:{page.port}\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", page.port)
    writer.write(head.encode())
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 \r\n\r\n"
    writer.write(body)
    assert (await reader.read()).endswith(b'[null,[{"n":1000000}]]')
    writer.close()


async def _exchange(page: Page, request: bytes) -> bytes:
    """All that a connection brings in return for these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", page.port)
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.close()


# Values


async def test_values_of_every_type_arrive_and_go_back_unchanged(page: Page, server: Server, database: str) -> None:
    (row,) = await page.rows("SELECT * FROM every")
    assert dict(zip(TYPES, [row[column] for column in COLUMNS], strict=True)) == {
        type_: value for type_, (_, value) in TYPES.items()
    }

    places = ", ".join(f"${number}" for number in range(1, len(TYPES) + 1))
    await page.rows(f"INSERT INTO every VALUES (2, {places})", *(row[column] for column in COLUMNS))
    stored = await _texts(server, database)
    assert stored[0] == stored[1]


async def _texts(server: Server, database: str) -> list[dict[str, Any]]:
    connection = await server.connect(database)
    try:
        shown = ", ".join(f"{column}::text" for column in COLUMNS)
        return [dict(row) for row in await connection.fetch(f"SELECT {shown} FROM every ORDER BY id")]
    finally:
        await connection.close()


async def test_unusual_values_are_shown_as_well(page: Page) -> None:
    for expression, shown in UNUSUAL.items():
        answer = await page.http.post(
            "/bff",
            json={"procedure": "query", "query": {"sql": f"SELECT {expression} AS value", "parameters": []}},
        )
        error, *rows = json.loads(answer.content)
        assert (error, rows) == (None, [[{"value": shown}]]), expression


@pytest.mark.parametrize("catalog", ["pg_stats", "pg_statistic", "pg_class", "pg_proc", "pg_index", "pg_database"])
async def test_the_servers_own_catalogs_can_be_looked_at(page: Page, catalog: str) -> None:
    assert len(await page.rows(f"SELECT *, {catalog} FROM {catalog} LIMIT 1")) == 1


async def test_a_type_that_is_made_meanwhile_is_understood(page: Page) -> None:
    await page.rows("CREATE TYPE mood AS ENUM ('fine')")
    await page.rows("CREATE TABLE day (mood mood, moods mood[])")
    await page.rows("INSERT INTO day VALUES ($1, $2)", "fine", ["fine"])
    assert await page.rows("SELECT * FROM day") == [{"mood": "fine", "moods": ["fine"]}]


async def test_a_row_is_found_again_by_a_key_with_microseconds(page: Page) -> None:
    await page.rows("INSERT INTO stamped VALUES ('2024-02-29 12:34:56.123456+00', 'before')")
    (row,) = await page.rows("SELECT * FROM stamped")
    assert await page.rows("UPDATE stamped SET note = $1 WHERE at = $2 RETURNING note", "after", row["at"]) == [
        {"note": "after"}
    ]


async def test_parameters_are_values_and_never_sql(page: Page) -> None:
    name = "'; DROP TABLE author; --"
    assert await page.rows("INSERT INTO author (name) VALUES ($1) RETURNING name", name) == [{"name": name}]
    assert await page.rows("SELECT name FROM author WHERE name = $1", "x' OR '1'='1") == []
    assert await page.rows("SELECT count(*) AS n FROM author WHERE name = $1", name) == [{"n": "1"}]


# Errors


async def test_a_wrong_value_gets_the_databases_words_and_changes_nothing(page: Page) -> None:
    await page.rows("INSERT INTO author (id, name) VALUES (50, 'Ann')")
    words = 'invalid input syntax for type integer: "fifty"'
    assert await page.error("UPDATE author SET id = $1 WHERE id = 50", "fifty") == {
        "name": "PostgresError",
        "message": words,
    }
    taken = await page.error("INSERT INTO author (id, name) VALUES (50, 'Bob')")
    assert taken["message"] == 'duplicate key value violates unique constraint "author_pkey"'
    assert await page.rows("SELECT name FROM author WHERE id = 50") == [{"name": "Ann"}]


@pytest.mark.parametrize(
    ("sql", "parameters", "words"),
    [
        ("selec", [], 'syntax error at or near "selec"'),
        ("SELECT 1; SELECT 2", [], "cannot insert multiple commands into a prepared statement"),
        ("SELECT $1::text", ["\x00"], "cannot store the NUL character"),
        ("SELECT $1::jsonb", [{"a": "\x00"}], "unsupported Unicode escape sequence"),
        ("SELECT $1", [], "Incorrect number of parameters. Expected: 1, actual: 0"),
        ("BEGIN", [], "no transaction can stay open"),
        ("COPY author FROM STDIN", [], "run it with psql"),
    ],
)
async def test_what_cannot_be_done_is_said_and_the_next_statement_works(
    page: Page, sql: str, parameters: list[object], words: str
) -> None:
    error = await page.error(sql, *parameters)
    assert words in error["message"]
    assert await page.rows("SELECT 1 AS one") == [{"one": 1}]


async def test_a_transaction_is_done_as_a_whole_or_not_at_all(page: Page) -> None:
    add = {"sql": "INSERT INTO author (name) VALUES ($1) RETURNING name", "parameters": ["Whole"]}
    fail = {"sql": "SELECT 1 / $1::int AS x", "parameters": [0]}
    (error,) = await page.ask(procedure="transaction", queries=[add, fail])
    assert error == {"name": "PostgresError", "message": "division by zero"}
    assert await page.rows("SELECT name FROM author WHERE name = 'Whole'") == []

    done = await page.ask(procedure="transaction", queries=[add, {**fail, "parameters": [1]}])
    assert done == [None, [[{"name": "Whole"}], [{"x": 1}]]]


async def test_what_is_not_for_postgresql_is_said_so(page: Page) -> None:
    sequences = [[{"name": "Error", "message": "Executor does not support sequences"}]]
    insights = [{"name": "Error", "message": "Executor does not support query insights"}]
    assert await page.ask(procedure="sequence", sequence=[]) == sequences
    assert await page.ask(procedure="query-insights") == insights


async def test_a_database_that_is_not_there_is_said_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        port = taken.getsockname()[1]
        async with open_page(f"postgresql://u:secret@127.0.0.1:{port}/d") as page:
            error = await page.error("SELECT 1")
    assert error["name"] == "Error"
    assert "Can't reach database server" in error["message"]
    assert "secret" not in error["message"]


# Schemas


@pytest.mark.direct("a client has no search path of its own")
async def test_names_are_looked_up_in_the_urls_schema(server: Server, database: str) -> None:
    async with open_page(server.url(database).replace("schema=public", "schema=shop")) as page:
        assert await page.rows("SELECT price FROM product") == [{"price": "1.50"}]
        assert await page.rows("SELECT price FROM product", schema="shop") == [{"price": "1.50"}]
        (error,) = await page.query("SELECT price FROM product", schema="public")
        assert error["message"] == 'relation "product" does not exist'


async def test_names_are_looked_up_in_the_schema_that_was_chosen_on_the_page(page: Page) -> None:
    assert await page.rows("SELECT price FROM product", schema="shop") == [{"price": "1.50"}]
    assert await page.rows("SELECT count(*) > 0 AS found FROM author", schema="shop") == [{"found": True}]
    (error,) = await page.query("SELECT price FROM product", schema='"; DROP TABLE shop.product; --')
    assert error["message"] == 'relation "product" does not exist'
    assert await page.error("SELECT price FROM product") == error


# SQL that is being written


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", []),
        ("SELECT 'a;b', $$;$$; SELECT 2 -- ;", []),
        ("SELECT 1; SELECT * FROM nope", [('relation "nope" does not exist', "error", 24, 25)]),
        ("SELECT '🪜'; SELECT nope", [('column "nope" does not exist', "error", 20, 21)]),
        ("SELECT * FROM", [("syntax error at end of input", "error", 12, 13)]),
        ("  ", [("Type a SQL statement to lint.", "info", 0, 0)]),
        (
            "-- nothing",
            [("SQL lint supports SELECT, WITH, VALUES, INSERT, UPDATE, and DELETE statements.", "error", 0, 1)],
        ),
        (
            "SELECT 1; DROP TABLE author",
            [("SQL lint supports SELECT, WITH, VALUES, INSERT, UPDATE, and DELETE statements.", "error", 10, 11)],
        ),
        ("x" * 60_000, [("SQL lint limit exceeded (51200 characters).", "error", 0, 1)]),
    ],
)
async def test_sql_that_is_being_written_is_checked(
    page: Page, sql: str, expected: list[tuple[str, str, int, int]]
) -> None:
    found = await page.lint(sql)
    assert [(one["message"], one["severity"], one["from"], one["to"]) for one in found] == expected


async def test_checking_sql_runs_nothing(page: Page) -> None:
    assert await page.lint("WITH gone AS (DELETE FROM author RETURNING 1) SELECT * FROM gone") == []
    assert await page.lint("INSERT INTO author (name) VALUES ('linted')") == []
    assert await page.rows("SELECT name FROM author WHERE name = 'linted'") == []
    assert await page.rows("SELECT count(*) > 0 AS found FROM author") == [{"found": True}]


async def test_sql_is_checked_in_the_schema_that_was_chosen(page: Page) -> None:
    assert await page.lint("SELECT price FROM product", schema="shop") == []
    (diagnostic,) = await page.lint("SELECT price FROM product")
    assert diagnostic["code"] == "42P01"
    assert diagnostic["source"] == "postgres"


# Connections


@pytest.mark.direct("a statement's server process is not the client's own")
async def test_the_next_request_works_after_connections_were_lost(page: Page, server: Server, database: str) -> None:
    for _ in range(2):
        assert await page.rows("SELECT 1 AS one") == [{"one": 1}]
        await server.execute(f"SELECT pg_terminate_backend(pid) {_others(database)}")
        await until(lambda: _is_alone(server, database))
    assert await page.rows("SELECT 1 AS one") == [{"one": 1}]


@pytest.mark.direct("the pooler ends the statement, in its own time")
async def test_a_page_that_is_left_takes_its_statement_along(page: Page, server: Server, database: str) -> None:
    waiting = asyncio.ensure_future(page.query("SELECT pg_sleep(600)"))
    await until(lambda: _sleeps(server, database))
    waiting.cancel()  # httpx closes the connection
    with suppress(asyncio.CancelledError):
        await waiting
    await until(lambda: _rests(server, database))
    assert await page.rows("SELECT 1 AS one") == [{"one": 1}]


@pytest.mark.direct("the pooler ends the statement, in its own time")
async def test_closing_studio_ends_what_still_runs(server: Server, database: str) -> None:
    async with open_page(server.url(database)) as page:
        waiting = asyncio.ensure_future(page.query("SELECT pg_sleep(600)"))
        await until(lambda: _sleeps(server, database))
    with pytest.raises(httpx.HTTPError):
        await waiting
    await until(lambda: _rests(server, database))


def _others(database: str) -> str:
    return f"FROM pg_stat_activity WHERE datname = '{database}' AND pid <> pg_backend_pid()"


async def _is_alone(server: Server, database: str) -> bool:
    return await _count(server, _others(database)) == 0


async def _sleeps(server: Server, database: str) -> bool:
    return await _count(server, f"{_others(database)} AND state = 'active' AND query LIKE '%pg_sleep%'") > 0


async def _rests(server: Server, database: str) -> bool:
    return not await _sleeps(server, database)


async def _count(server: Server, sessions: str) -> int:
    connection = await server.connect()
    try:
        return int(await connection.fetchval(f"SELECT count(*) {sessions}"))
    finally:
        await connection.close()


async def test_a_port_that_is_taken_is_said_so(page: Page, server: Server, database: str) -> None:
    with pytest.raises(UserFacingError, match=f"Port {page.port} is taken"):
        async with serve(server.url(database), port=page.port):
            pass


async def test_without_a_port_the_first_free_one_of_prismas_is_taken(server: Server, database: str) -> None:
    async with serve(server.url(database)) as first, serve(server.url(database)) as second:
        ports = [int(address.rpartition(":")[2]) for address in (first, second)]
    assert ports[0] != ports[1]
    assert all(49152 <= port <= 51212 for port in ports)


async def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(UserFacingError, match="must start with `postgresql://`"):
        async with serve("mysql://localhost/d"):
            pass
