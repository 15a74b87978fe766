"""Raw statements: a parameter has the type of its value, as PostgreSQL's own PREPARE shows, or else what fits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from itertools import product
from typing import Any, Final

import pytest
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="module")

UTC: Final = timezone.utc
NOON: Final = datetime(2020, 1, 1, 12, tzinfo=UTC)


class Colour(str, Enum):
    """An enum of the program's own."""

    RED = "RED"


TYPES: Final[dict[str, tuple[str, str]]] = {
    "7": ("int8", "7"),
    "-3": ("int8", "-3"),
    "2**40": ("int8", "1099511627776"),
    "2**70": ("numeric", "1180591620717411303424"),
    "7.0": ("numeric", "7.0"),
    "2.7": ("numeric", "2.7"),
    "0.5": ("numeric", "0.5"),
    "'9'": ("text", "'9'"),
    "'ab'": ("text", "'ab'"),
    "True": ("bool", "true"),
    "Decimal('1.50')": ("text", "'1.50'"),
    "Colour.RED": ("text", "'RED'"),
    "NOON": ("timestamptz", "'2020-01-01 12:00:00+00'"),
    "{'k': [1]}": ("jsonb", """'{"k": [1]}'"""),
    "[1, 2]": ("int8[]", "'{1,2}'"),
    "['a', 'b']": ("text[]", "'{a,b}'"),
    "[1.5]": ("numeric[]", "'{1.5}'"),
    "[True]": ("bool[]", "'{t}'"),
    "[NOON]": ("timestamptz[]", """'{"2020-01-01 12:00:00+00"}'"""),
    "[{'k': 1}]": ("jsonb[]", """ARRAY['{"k": 1}']::jsonb[]"""),
    "None": ("unknown", "NULL"),
}
"""Values as Python writes them, each with the type that Prisma 5 declared, and the value as SQL writes it."""

ONE: Final = (
    "SELECT $1 AS x",
    "SELECT $1",
    "SELECT $1 AS text, $1",
    "SELECT pg_typeof($1)::text AS x",
    "SELECT $1::text AS x",
    "SELECT ($1 IS NULL) AS x",
    "SELECT to_jsonb($1) AS x",
    "SELECT coalesce($1, NULL) AS x",
    "SELECT CASE WHEN true THEN $1 END AS x",
    "SELECT x FROM (VALUES ($1)) v(x)",
    "SELECT jsonb_build_object('k', $1) AS x",
)
MANY: Final[Sequence[tuple[str, Sequence[str]]]] = (
    ("SELECT greatest($1, $2) AS x", ["7", "2**40"]),
    ("SELECT $1 < $2 AS x", ["7", "2**40"]),
    ("SELECT k FROM (VALUES ($1), ($2)) v(k) ORDER BY k", ["2**40", "7"]),
    ("SELECT $1 / 2 AS x", ["7.0"]),
    ("SELECT $1 / 2 AS x", ["7"]),
    ("SELECT coalesce($1, $2) AS x", ["None", "7"]),
    ("SELECT $1 + $2 AS x", ["7", "-3"]),
    ("SELECT $1 + $2 AS x", ["7", "2.7"]),
    ("SELECT mod($1, $2) AS x", ["7", "-3"]),
    ("SELECT x FROM generate_series($1, $2) x", ["-3", "7"]),
    ("SELECT * FROM unnest($1, $2) u(i, n)", ["[1, 2]", "['a', 'b']"]),
    ("SELECT array_length($1, 1) AS x", ["[1, 2]"]),
    ("SELECT $1[1] AS x", ["['a', 'b']"]),
    ("SELECT 1 = ANY($1) AS x", ["[1, 2]"]),
    ("SELECT $1 || $2 AS x", ["'ab'", "'9'"]),
    ("SELECT $1 || $2 AS x", ["[1, 2]", "7"]),
    ("SELECT concat('%', $1, '%') AS x", ["'ab'"]),
    ("SELECT format('%s', $1) AS x", ["7"]),
    ("SELECT date_trunc('day', $1)::text AS x", ["NOON"]),
    ("SELECT extract(epoch FROM $1) AS x", ["NOON"]),
    ("SELECT to_char($1, 'YYYY') AS x", ["NOON"]),
    ("SELECT to_char($1, '999D9') AS x", ["2.7"]),
    ("SELECT ($1 - interval '1 day')::text AS x", ["NOON"]),
    ("SELECT $1::date::text AS x", ["NOON"]),
    ("SELECT ('2020-01-01'::date < $1) AS x", ["NOON"]),
    ("SELECT $1::int AS x", ["2.7"]),
    ("SELECT $1::int AS x", ["True"]),
    ("SELECT $1::int AS x", ["'9'"]),
    ("SELECT $1::int", ["7"]),
    ("SELECT $1::numeric(10, 1) AS x", ["2.7"]),
    ("SELECT $1::jsonb AS x", ["'9'"]),
    ("SELECT $1 -> 'k' AS x", ["{'k': [1]}"]),
    ("SELECT $1 ->> $2 AS x", ["{'k': [1]}", "'ab'"]),
    ("SELECT jsonb_array_elements($1 -> 'k') AS x", ["{'k': [1]}"]),
    ("SELECT 'x' LIKE $1 AS x", ["'ab'"]),
    ("SELECT upper($1) AS x", ["'ab'"]),
    ("SELECT abs($1) AS x", ["-3"]),
    ("SELECT round($1) AS x", ["2.7"]),
    ("SELECT -$1 AS x", ["7"]),
    ("SELECT NOT $1 AS x", ["True"]),
    ("SELECT $1 AND true AS x", ["True"]),
    ("SELECT x FROM generate_series(1, 9) x LIMIT $1 OFFSET $2", ["7", "7"]),
    ("SELECT x FROM generate_series(1, 9) x WHERE x IN ($1, $2)", ["7", "-3"]),
    ("SELECT x FROM generate_series(1, 9) x WHERE x > $1", ["2.7"]),
    ("SELECT x FROM generate_series(1, 9) x FETCH FIRST $1 ROWS ONLY", ["7"]),
    ("SELECT ($1 IS NULL OR 'ab' = $1) AS x", ["'ab'"]),
    ("SELECT sum($1) AS x FROM generate_series(1, 3)", ["7"]),
    ("SELECT array_agg($1) AS x FROM generate_series(1, 3)", ["7"]),
    ("SELECT max(x) AS x FROM unnest($1) x", ["['a', 'b']"]),
    ("SELECT $2 AS a, $1 AS b, $2 AS c", ["7", "'ab'"]),
    ("SELECT $1 AS \"$2\", '$2' AS a, $$ $2 $$ AS b, $q$ $2 $q$ AS c -- $2\n /* $2 /* $2 */ $2 */", ["7"]),
    ("SELECT E'\\' $2' AS a, $1 AS b", ["7"]),
    ("SELECT a$1 AS x FROM (SELECT $1 AS a$1) a", ["7"]),
    ("WITH w AS (SELECT $1 AS v) SELECT v + 1 AS x FROM w", ["7"]),
    ("SELECT (SELECT $1)", ["7"]),
    ("SELECT ARRAY[$1, $2] AS x", ["7", "2.7"]),
    ("SELECT row_to_json(r)::jsonb AS x FROM (SELECT $1 AS a, $2 AS b) r", ["7", "'ab'"]),
    ("SELECT x FROM (SELECT $1 AS x UNION SELECT $2) u ORDER BY x", ["7", "-3"]),
    ("SELECT make_interval(days => $1::int)::text AS x", ["7"]),
    ("SELECT ($1 * interval '1 hour')::text AS x", ["7"]),
    ("SELECT nullif($1, $2)", ["7", "7"]),
    ("SELECT position($1 in $2) AS x", ["'9'", "'ab'"]),
    ("SELECT substring($1 from 2) AS x", ["'ab'"]),
    ("SELECT width_bucket($1, 0, 10, 5) AS x", ["2.7"]),
    ("SELECT string_agg(x, $1) AS x FROM unnest($2) x", ["'9'", "['a', 'b']"]),
    ('SELECT $1 COLLATE "C" < $2 AS x', ["'ab'", "'9'"]),
    ("SELECT U&'\\0061$2' AS a, $1 AS b", ["7"]),
    ("SELECT E'a'\n'\\'$2' AS a, $1 AS b", ["7"]),
    ("SELECT E'a' -- it's $2\n -- $2' too\r\n\f '\\'$2' AS a, $1 AS b", ["7"]),
    ("SELECT E'a\\\\', $1 AS b, '$2' AS c", ["7"]),
    ("SELECT 'a\\', $1 AS b, '$2' AS c", ["7"]),
    ("SELECT 'a' -- it's\n '\\', $1 AS b, '$2' AS c", ["7"]),
    ("SELECT $x$ $2 $$ $2 $x$ AS a, $1AS b", ["7"]),
    ("SELECT $1 AS a, x FROM generate_series(1, $1) x", ["7"]),
    ("SELECT $1::text AS a, $1::int AS b", ["'9'"]),
    ("SELECT x, $1 AS y FROM generate_series(1, 2) x GROUP BY x, $1 ORDER BY x", ["7"]),
    ("WITH RECURSIVE r(n) AS (SELECT $1 UNION ALL SELECT n + 1 FROM r WHERE n < $2) SELECT n FROM r", ["-3", "7"]),
    ("SELECT percentile_cont($1) WITHIN GROUP (ORDER BY x) AS x FROM generate_series(1, 5) x", ["0.5"]),
    ("SELECT sum(x) OVER (ROWS $1 PRECEDING) AS x FROM generate_series(1, 3) x", ["7"]),
    ("SELECT ($1, $2) = ($2, $1) AS x", ["7", "-3"]),
    ("SELECT ($1, $1) OVERLAPS ($1, $1) AS x", ["NOON"]),
    ("SELECT CASE WHEN $1 THEN $2 ELSE $3 END AS x", ["True", "7", "2.7"]),
    ("SELECT count(*) AS x FROM pg_am TABLESAMPLE BERNOULLI ($1) WHERE false", ["7"]),
    ("SELECT x FROM generate_series(1, 9) x LIMIT $1", ["None"]),
    ("SELECT json_object($1, $1)::text AS x", ["['a', 'b']"]),
    ("SELECT to_timestamp($1)::text AS x", ["2.7"]),
)
CASES: Final = [
    *[(sql, (name,)) for sql, name in product(ONE, TYPES)],
    *[(sql, tuple(names)) for sql, names in MANY],
]


def value(name: str) -> Any:
    return eval(name, {"Decimal": Decimal, "Colour": Colour, "NOON": NOON})


async def outcome(client: Any, sql: str, *values: Any) -> Any:
    """What a statement gives: its rows, or why it cannot be run."""
    try:
        return await client.query_raw(sql, *values)
    except Exception as error:  # noqa: BLE001  -- the client's classes are known at run time only
        return str(error)


async def prepared(types: Any, raw_error: type[Exception], name: str, sql: str, names: Sequence[str]) -> Any:
    """What PostgreSQL gives when it is told the values' types; None where they cannot be so."""
    declared, written = (", ".join(TYPES[value][part] for value in names) for part in (0, 1))
    try:
        async with types.tx() as tx:
            await tx.execute_raw(f"PREPARE {name}({declared}) AS {sql}")
            return await tx.query_raw(f"EXECUTE {name}({written})")
    except raw_error:
        return None


async def test_statements_give_what_postgresqls_own_prepare_gives_with_the_types_of_their_values(
    types: Any, types_client: Any
) -> None:
    different, compared = [], 0
    for number, (sql, names) in enumerate(CASES):
        expected = await prepared(types, types_client.errors.RawQueryError, f"q{number}", sql, names)
        if expected is None:
            continue
        compared += 1
        got = await outcome(types, sql, *map(value, names))
        if repr(got) != repr(expected):
            different.append((sql, names, got, expected))
    assert different == []
    assert compared >= 250


ESCAPED: Final[Sequence[tuple[str, Sequence[str]]]] = (
    ("SELECT '\\'' AS a, $1 AS b", ["7"]),
    ("SELECT '\\'$2' AS a, $1 AS b", ["7"]),
    ("SELECT '\\\\' AS a, $1 AS b, '$2' AS c", ["7"]),
    ("SELECT '\\\\''$2' AS a, $1 AS b", ["7"]),
    ("SELECT 'a'\n'\\'$2' AS a, $1 AS b", ["7"]),
    ("SELECT N'\\'$2' AS a, $1 AS b", ["7"]),
    ("SELECT E'\\'$2' -- it's\n '\\'$2' AS a, $1 AS b", ["7"]),
    ('SELECT $1 AS "\\", $2 AS b', ["7", "'ab'"]),
    ("SELECT $$\\$$ AS a, $1 AS b", ["7"]),
)
"""Statements as they are written where `standard_conforming_strings` is off."""


async def test_backslashes_escape_where_the_server_says_so(types: Any) -> None:
    async with types.tx() as tx:
        await tx.execute_raw("SET LOCAL standard_conforming_strings = off")
        await tx.execute_raw("SET LOCAL escape_string_warning = off")
        for number, (sql, names) in enumerate(ESCAPED):
            declared, written = (", ".join(TYPES[name][part] for name in names) for part in (0, 1))
            await tx.execute_raw(f"PREPARE e{number}({declared}) AS {sql}")
            expected = await tx.query_raw(f"EXECUTE e{number}({written})")
            assert await outcome(tx, sql, *map(value, names)) == expected
            await tx.execute_raw(f"DEALLOCATE e{number}")


async def test_a_statement_is_read_anew_when_the_meaning_of_its_backslashes_changes(types: Any) -> None:
    for sql, values in (("SELECT '\\\\' AS a, $1::text AS b", ["b"]), ("SELECT '\\\\' AS a, 'b' AS b", [])):
        async with types.tx() as tx:
            for setting, read in (("on", "\\\\"), ("off", "\\"), ("on", "\\\\")):
                await tx.execute_raw(f"SET LOCAL standard_conforming_strings = {setting}")
                assert await tx.query_raw(sql, *values) == [{"a": read, "b": "b"}]


ROWS: Final[Sequence[tuple[str, list[Any], list[dict[str, int]]]]] = (
    ("SELECT id FROM typed WHERE d < $1", [NOON], [{"id": 1}]),
    ("SELECT n + $1 AS x FROM typed", [200], [{"x": 2147483800}]),
    ("SELECT id FROM typed WHERE n > $1", [1.5], [{"id": 1}]),
    ("SELECT id FROM typed WHERE ($1 IS NULL OR name = $1)", ["a"], [{"id": 1}]),
    # what the server has to infer
    ("SELECT id FROM typed WHERE u = $1", ["6a46cff0-5e91-40f0-bb9d-2be0817afc74"], [{"id": 1}]),
    ("SELECT id FROM typed WHERE name = $1", [5], []),
    ("SELECT id FROM typed WHERE meta = $1", ['{"a": 1}'], [{"id": 1}]),
    ("SELECT id FROM typed WHERE d = $1", ["2020-01-01"], [{"id": 1}]),
    ("SELECT id FROM typed WHERE d = $1", [date(2020, 1, 1)], [{"id": 1}]),
    ("SELECT id FROM typed WHERE price = $1", [Decimal("1.5")], [{"id": 1}]),
    ("SELECT id FROM typed WHERE id = ANY($1)", [[]], []),
    ("SELECT id FROM typed WHERE name = ANY($1)", [["a", None]], [{"id": 1}]),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def typed(types: Any) -> Any:
    await types.execute_raw(
        "CREATE TABLE IF NOT EXISTS typed"
        " (id int PRIMARY KEY, name text, n int, d date, u uuid, meta jsonb, price numeric);"
        "INSERT INTO typed VALUES (1, 'a', 2147483600, '2020-01-01', '6a46cff0-5e91-40f0-bb9d-2be0817afc74',"
        " '{\"a\": 1}', 1.5) ON CONFLICT DO NOTHING"
    )
    return types


@pytest.mark.parametrize(("sql", "values", "rows"), ROWS)
async def test_columns_are_compared_with_values_of_their_own_types_or_of_what_they_can_be(
    typed: Any, sql: str, values: Sequence[Any], rows: Any
) -> None:
    assert await typed.query_raw(sql, *values) == rows
    async with typed.tx() as tx:  # where an attempt that fails must not end the transaction
        await tx.execute_raw("SELECT set_config('search_path', current_schema(), true)")
        assert await tx.query_raw(sql, *values) == rows
        assert await tx.query_raw("SELECT 1 AS one") == [{"one": 1}]


async def test_rows_of_values_update_a_table(typed: Any) -> None:
    sql = "UPDATE typed SET name = v.name FROM (VALUES ($1, $2), ($3, $4)) AS v(id, name) WHERE typed.id = v.id"
    async with typed.tx() as tx:
        assert await tx.execute_raw(sql, 1, "b", 2, "c") == 1
        assert await tx.query_raw("SELECT name FROM typed") == [{"name": "b"}]
        await tx.execute_raw(sql, 1, "a", 2, "c")


async def test_tables_of_the_transaction_are_seen(types: Any) -> None:
    async with types.tx() as tx:
        await tx.execute_raw("CREATE TEMPORARY TABLE passing (id uuid, n int) ON COMMIT DROP")
        await tx.execute_raw("INSERT INTO passing VALUES ($1, $2)", "6a46cff0-5e91-40f0-bb9d-2be0817afc74", 5)
        assert await tx.query_raw("SELECT n FROM passing WHERE n < $1", 5.5) == [{"n": 5}]


async def test_a_column_whose_type_changes_is_compared_anew(types: Any) -> None:
    await types.execute_raw("CREATE TABLE IF NOT EXISTS changing (v text)")
    sql = "SELECT v::text AS v FROM changing WHERE v = $1"
    assert await types.query_raw(sql, "6a46cff0-5e91-40f0-bb9d-2be0817afc74") == []
    await types.execute_raw("ALTER TABLE changing ALTER v TYPE uuid USING v::uuid")
    seen = [await outcome(types, sql, "6a46cff0-5e91-40f0-bb9d-2be0817afc74") for _ in range(2)]
    assert seen[-1] == []
    await types.execute_raw("DROP TABLE changing")


async def test_arguments_that_a_statement_passes_over_change_nothing(types: Any) -> None:
    assert await types.query_raw("SELECT $2 AS x", 1, "b") == [{"x": "b"}]
    assert await types.query_raw("SELECT $3 AS x, $1 AS y", None, 2, 3) == [{"x": 3, "y": None}]


@pytest.mark.parametrize(
    ("sql", "values", "words"),
    [
        ("SELECT $1", [], "Expected: 1, actual: 0"),
        ("SELECT 1", [1], "Expected: 0, actual: 1"),
        ("SELECT $2::int4", [1], "Expected: 2, actual: 1"),
        ("SELECT $1::text", ["a", "b"], "Expected: 1, actual: 2"),
    ],
)
async def test_a_wrong_number_of_arguments_is_told(
    types: Any, types_client: Any, sql: str, values: Sequence[Any], words: str
) -> None:
    for run in (types.query_raw, types.execute_raw, types.query_first):
        with pytest.raises(types_client.errors.DataError, match=f"Incorrect number of parameters. {words}") as raised:
            await run(sql, *values)
        assert raised.value.code == "P1016"


async def test_more_arguments_than_the_protocol_counts_are_told(types: Any, types_client: Any) -> None:
    sql = f"SELECT 1 WHERE 0 IN ({', '.join(f'${number}' for number in range(1, 36001))})"
    with pytest.raises(types_client.errors.DataError, match="expected maximum of 32767, received 36000") as raised:
        await types.query_raw(sql, *range(36000))
    assert raised.value.code == "P2035"


@pytest.mark.parametrize(
    ("sql", "values", "words"),
    [
        ("INSERT INTO typed (id, n) VALUES (2, $1)", [[1]], r"expression is of type bigint\[\]"),
        ("SELECT $1 + 1", ["a"], "operator does not exist: text \\+ integer"),
        ("SELECT id FROM typed WHERE u = $1", ["no uuid"], 'invalid input syntax for type uuid: "no uuid"'),
    ],
)
async def test_a_value_that_fits_neither_way_is_told_in_the_words_for_its_own_type(
    typed: Any, types_client: Any, sql: str, values: Sequence[Any], words: str
) -> None:
    for _ in range(2):
        with pytest.raises(types_client.errors.RawQueryError, match=words) as raised:
            await typed.query_raw(sql, *values)
        assert raised.value.code == "P2010"
