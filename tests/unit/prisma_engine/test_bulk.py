"""Inserts of many rows, made from the plan of one row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import pytest

from fakes import ScriptedConnection
from prisma_engine.errors import PlanError, UserFacingError
from prisma_engine.interpreter.bulk import Insert, Part, build_insert, insert_all
from prisma_engine.plan import Node

TEXT: Final = '"pg_catalog"."text"'
NUMBER: Final = '"pg_catalog"."int4"'
TEXTS: Final = f"{TEXT}[]"
JOINED: Final = f"string_to_array($1::{TEXT}, E'\\x01')"


def items(arg: Any) -> Sequence[Any]:
    """The values of a column, which may be texts that are joined to one."""
    return arg.split("\x01") if isinstance(arg, str) else arg


class Table(ScriptedConnection):
    """Stores whatever it gets: reports as many affected rows as the statement has."""

    async def execute(self, sql: str, args: Sequence[object]) -> int:
        self._note(sql, args)
        if " FROM unnest(" in sql:
            return max(len(items(arg)) for arg in args if isinstance(arg, (str, list, tuple)))
        return sql.count("), (") + 1


def param(number: int) -> dict[str, Any]:
    return {"prisma__type": "param", "prisma__value": {"name": f"%{number}", "type": "String"}}


def generated(name: str, *args: object) -> dict[str, Any]:
    return {"prisma__type": "generatorCall", "prisma__value": {"name": name, "args": list(args)}}


def insert(*values: object, tail: str = "", lets: dict[str, Any] | None = None, cast: str = "") -> Insert:
    """The insert for `INSERT INTO t VALUES (…)`; `cast` surrounds the first value."""
    chunks = [f"INSERT INTO t VALUES ({cast.partition('$')[0]}", *["," for _ in values[1:]], f"){tail}"]
    chunks[1] = cast.partition("$")[2] + chunks[1]
    fragments = [{"type": "stringChunk", "chunk": chunks[0]}]
    for chunk in chunks[1:]:
        fragments += [{"type": "parameter"}, {"type": "stringChunk", "chunk": chunk}]
    query = {
        "type": "templateSql",
        "fragments": fragments,
        "args": list(values),
        "argTypes": [{}] * len(values),
        "chunkable": True,
    }
    node: Node = {"type": "execute", "args": query}
    for name, made in (lets or {}).items():
        binding = {"name": name, "expr": {"type": "value", "args": made}}
        node = {"type": "let", "args": {"bindings": [binding], "expr": node}}
    return build_insert({"type": "dataMap", "args": {"expr": node}})


def part(insert: Insert, rows: Sequence[Sequence[object]]) -> Part:
    """These rows, by column."""
    return insert, len(rows), list(zip(*rows, strict=True))


async def test_many_rows_are_one_array_for_each_column_and_texts_are_joined() -> None:
    table = Table(types=[TEXT, NUMBER])

    assert await insert_all([part(insert(param(1), param(2)), [("a", 1), ("b", 2)])], table) == {"count": 2}
    assert table.log == [
        "INSERT INTO t VALUES ($1,$2)",  # the question for the types
        f"INSERT INTO t SELECT u.c0,u.c1 FROM unnest({JOINED}, $2::{NUMBER}[]) AS u(c0, c1)",
    ]
    assert table.log_args[1] == ["a\x01b", (1, 2)]


@pytest.mark.parametrize("odd", [None, "a\x01b", "\x01", 5])
async def test_texts_that_cannot_be_joined_are_arrays_all_of_them(odd: object) -> None:
    table = Table(types=[TEXT, TEXT])

    assert await insert_all([part(insert(param(1), param(2)), [("a", odd), ("b", "c")])], table) == {"count": 2}
    assert table.log[1] == f"INSERT INTO t SELECT u.c0,u.c1 FROM unnest($1::{TEXT}[], $2::{TEXT}[]) AS u(c0, c1)"
    assert table.log_args[1] == [("a", "b"), (odd, "c")]


async def test_empty_texts_are_joined_too() -> None:
    table = Table(types=[TEXT])

    assert await insert_all([part(insert(param(1)), [("",), ("",), ("",)])], table) == {"count": 3}
    assert table.log_args[1] == ["\x01\x01"]


async def test_the_text_is_the_same_for_any_number_of_rows_and_asked_for_once() -> None:
    table, rows = Table(types=[TEXT]), insert(param(1))

    for count in (2, 1000, 3):
        assert await insert_all([part(rows, [("a",)] * count)], table) == {"count": count}
    assert len(table.log) == 4
    assert len(set(table.log[1:])) == 1


async def test_one_row_is_the_statement_of_the_plan() -> None:
    table = Table()

    assert await insert_all([part(insert(param(1), param(2)), [("a", 1)])], table) == {"count": 1}
    assert table.log == ["INSERT INTO t VALUES ($1,$2)"]


async def test_what_surrounds_a_value_and_what_follows_the_row_stays() -> None:
    table = Table(types=[TEXT])
    skipping = insert(param(1), tail=" ON CONFLICT DO NOTHING", cast='CAST($::text AS "Role")')

    await insert_all([part(skipping, [("a",), ("b",)])], table)
    assert table.log[1] == (
        f'INSERT INTO t SELECT CAST(u.c0::text AS "Role") FROM unnest({JOINED}) AS u(c0) ON CONFLICT DO NOTHING'
    )


async def test_what_all_rows_share_is_sent_once() -> None:
    table = Table(types=[TEXT, '"pg_catalog"."timestamp"', TEXTS])
    rows = insert(param(1), generated("now"), ["x"])

    await insert_all([part(rows, [("a",), ("b",)])], table)
    assert table.log[1].startswith(f'INSERT INTO t SELECT u.c0,$2::"pg_catalog"."timestamp",$3::{TEXTS} FROM unnest(')
    names, now, tags = table.log_args[1]
    assert (names, tags) == ("a\x01b", ["x"])
    assert isinstance(now, datetime)


async def test_each_row_gets_a_generated_value_of_its_own() -> None:
    table = Table(types=[TEXT, TEXT, TEXT])
    bound = {"prisma__type": "param", "prisma__value": {"name": "id", "type": "String"}}
    rows = insert(bound, param(1), bound, lets={"id": generated("uuid", 4)})

    await insert_all([part(rows, [("a",), ("b",), ("c",)])], table)
    ids, _, same = table.log_args[1]
    assert len(set(items(ids))) == 3
    assert ids == same


async def test_rows_that_differ_in_what_is_null_are_one_statement() -> None:
    table = Table(types=[TEXT, NUMBER])
    given, null = insert(param(1), param(2)), insert(param(1), None)

    parts = [part(given, [("a", 1)]), part(null, [("b",), ("c",)]), part(given, [("d", 4)])]
    assert await insert_all(parts, table) == {"count": 4}
    assert table.log_args[1:] == [["a\x01b\x01c\x01d", [1, None, None, 4]]]


async def test_rows_for_other_columns_are_another_statement_in_the_order_of_the_rows() -> None:
    table = Table(types=[TEXT])
    one, other = insert(param(1)), insert(param(1), tail=" ON CONFLICT DO NOTHING")

    assert await insert_all([part(one, [("a",)]), part(other, [("b",)]), part(one, [("c",)])], table) == {"count": 3}
    assert table.log[0] == "BEGIN"
    assert table.log[-1] == "COMMIT"
    assert table.log_args[1:-1] == [["a"], ["b"], ["c"]]


@pytest.mark.parametrize("types", [[TEXT, TEXTS], [TEXT, None]])
async def test_columns_that_no_array_can_carry_are_written_out_row_by_row(types: list[Any]) -> None:
    table = Table(types=types)
    rows = insert(param(1), param(2))

    assert await insert_all([part(rows, [("a", ["x"]), ("b", [])])], table) == {"count": 2}
    assert table.log[1] == "INSERT INTO t VALUES ($1,$2), ($3,$4)"
    assert table.log_args[1] == ["a", ["x"], "b", []]


async def test_rows_without_a_value_of_their_own_are_written_out() -> None:
    table = Table(types=[TEXT])

    assert await insert_all([part(insert("RED"), [(), ()])], table) == {"count": 2}
    assert table.log[1] == "INSERT INTO t VALUES ($1), ($2)"
    assert table.log_args[1] == ["RED", "RED"]


async def test_rows_without_any_value_are_a_statement_each() -> None:
    table = Table()
    query = {"fragments": [{"type": "stringChunk", "chunk": "INSERT INTO t DEFAULT VALUES"}], "args": []}
    default = build_insert({"type": "dataMap", "args": {"expr": {"type": "execute", "args": query}}})

    assert await insert_all([part(default, [(), ()])], table) == {"count": 2}
    assert table.log == ["BEGIN", "INSERT INTO t DEFAULT VALUES", "INSERT INTO t DEFAULT VALUES", "COMMIT"]


async def test_no_rows_are_no_statement() -> None:
    table = Table()

    assert await insert_all([], table) == {"count": 0}
    assert table.log == []


async def test_very_many_rows_are_statements_of_one_transaction() -> None:
    table = Table(types=[TEXT])

    rows = [(str(number),) for number in range(12_000)]
    assert await insert_all([part(insert(param(1)), rows)], table) == {"count": 12_000}
    sent = [args[0] for sql, args in zip(table.log, table.log_args, strict=True) if "unnest" in sql]
    assert [name for names in sent for name in items(names)] == [name for (name,) in rows]
    assert 5 <= len(sent) <= 12
    assert (table.log[0], table.log[-1]) == ("BEGIN", "COMMIT")


async def test_rows_of_many_columns_stay_within_the_limit_of_bind_values() -> None:
    table = Table(types=[TEXTS] * 100)

    rows = [tuple(map(str, range(100)))] * 1000
    assert await insert_all([part(insert(*map(param, range(1, 101))), rows)], table) == {"count": 1000}
    assert max(map(len, table.log_args)) <= 32_766


async def test_very_large_rows_are_spread_over_statements() -> None:
    table = Table(types=[TEXT])
    large = "x" * 10_000_000

    assert await insert_all([part(insert(param(1)), [(large,)] * 20)], table) == {"count": 20}
    sent = [len(items(args[0])) for sql, args in zip(table.log, table.log_args, strict=True) if "unnest" in sql]
    assert sum(sent) == 20
    assert 2 <= max(sent) <= 7


class Changed(Table):
    """Refuses the first statement with arrays, as a server does whose column has another type since."""

    refused = False

    async def execute(self, sql: str, args: Sequence[object]) -> int:
        if not self.refused:
            self.refused = True
            raise UserFacingError("P2010", "column is of type integer but expression is of type text")
        return await super().execute(sql, args)


async def test_after_an_error_the_types_are_asked_for_again() -> None:
    table, rows = Changed(types=[TEXT]), insert(param(1))

    with pytest.raises(UserFacingError, match="is of type integer"):
        await insert_all([part(rows, [("a",), ("b",)])], table)
    assert await insert_all([part(rows, [("a",), ("b",)])], table) == {"count": 2}
    assert [bool(re.search("unnest", sql)) for sql in table.log] == [False, False, True]


def test_a_plan_of_another_kind_is_refused() -> None:
    with pytest.raises(PlanError, match="has the node 'query' where 'execute' belongs"):
        build_insert({"type": "dataMap", "args": {"expr": {"type": "query", "args": {}}}})
    with pytest.raises(PlanError, match="list of placeholders"):
        insert([param(1)])
