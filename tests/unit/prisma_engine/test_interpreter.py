"""Plans recorded from the pinned compiler give what Prisma's own runtime gave, statement by statement."""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fakes import ScriptedConnection
from prisma_engine.errors import PlanError, UserFacingError
from prisma_engine.interpreter import build
from prisma_engine.interpreter.forms import to_instant
from prisma_engine.interpreter.nodes import BUILDERS
from prisma_engine.plan import NODE_TYPES, Node
from prisma_engine.ports import Found, RawResult, Record

PLANS = Path(__file__).parents[2] / "plans"
VECTORS = {path.stem: json.loads(path.read_text()) for path in sorted(PLANS.glob("*.json"))}

SIBLINGS = {"14-include-self-relation-nested"}
"""Here Prisma's runtime sent the statements of a join's children in another order."""

ELSEWHERE = {"07-find-many-in-list-runtime-chunks", "39-raw-query"}
"""These have tests of their own."""

REPLAYED = [name for name, vector in VECTORS.items() if "trace" in vector and name not in ELSEWHERE]

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
GENERATED = [
    re.compile(pattern)
    for pattern in (
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        r"c[0-9a-z]{24}",
        r"[a-z][0-9a-z]{23}",
        r"[0-9A-HJKMNP-TV-Z]{26}",
        r"[0-9A-Za-z_-]{5}",
    )
]


def params_of(vector: Mapping[str, Any]) -> list[Any]:
    scope = vector.get("scope", {})
    return [scope[f"%{number}"] for number in range(1, len(scope) + 1)]


def native(value: Any) -> Any:
    """Turn a recorded result, in which types are tagged, into the form that this engine returns."""
    if isinstance(value, list):
        return [native(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$type" not in value:
        return {name: native(item) for name, item in value.items()}
    readers: dict[str, Callable[[str], object]] = {
        "BigInt": int,
        "Decimal": Decimal,
        "DateTime": to_instant,
        "Json": str,
        "Bytes": str,
    }
    return readers[value["$type"]](value["value"])


def agree(ours: Any, recorded: Any, given: str) -> bool:
    """Whether two bind values are equal, or were both generated during the run (nobody gave the recorded one)."""
    if ours == recorded:
        return True
    if isinstance(ours, datetime):
        return recorded not in given and INSTANT.fullmatch(recorded) is not None
    if INSTANT.fullmatch(str(recorded)):
        return to_instant(ours) == to_instant(recorded)
    return recorded not in given and any(form.fullmatch(ours) and form.fullmatch(recorded) for form in GENERATED)


def disagreements(vector: Mapping[str, Any], connection: ScriptedConnection) -> list[tuple[Any, Any]]:
    """Pairs of bind values, ours and the recorded one, that differ."""
    given = json.dumps([vector["plan"], vector.get("scope")])
    recorded: defaultdict[str, list[Any]] = defaultdict(list)
    for entry in vector["trace"]:
        recorded[entry["sql"]].append(entry.get("args", []))
    return [
        (ours, theirs)
        for sql, args in zip(connection.log, connection.log_args, strict=True)
        for ours, theirs in zip(args, recorded[sql].pop(0), strict=True)
        if not agree(ours, theirs, given)
    ]


async def outcome(plan: Node, connection: ScriptedConnection, params: Sequence[object], *, by_key: bool = False) -> Any:
    try:
        return await build(plan, by_key=by_key).run(connection, params)
    except UserFacingError as error:
        return {"code": error.code, "message": error.message, "meta": error.meta}


@pytest.mark.parametrize("by_key", [False, True])
@pytest.mark.parametrize("name", REPLAYED)
async def test_recorded_plan_gives_the_recorded_result_by_the_recorded_statements(name: str, *, by_key: bool) -> None:
    vector = VECTORS[name]
    connection = ScriptedConnection(vector["trace"])

    actual = await outcome(vector["plan"], connection, params_of(vector), by_key=by_key)

    statements = [entry["sql"] for entry in vector["trace"]]
    in_order = sorted if name in SIBLINGS else list
    assert actual == native(vector.get("result", vector.get("error")))
    assert in_order(connection.log) == in_order(statements)
    assert disagreements(vector, connection) == []


@pytest.mark.parametrize("name", REPLAYED)
async def test_running_a_plan_leaves_it_unchanged(name: str) -> None:
    vector = VECTORS[name]
    before = copy.deepcopy(vector["plan"])

    await outcome(vector["plan"], ScriptedConnection(vector["trace"]), params_of(vector))

    assert vector["plan"] == before


async def test_list_parameter_is_sent_as_one_array_whatever_its_length() -> None:
    vector = VECTORS["07-find-many-in-list-runtime-chunks"]
    ids = vector["scope"]["%1"]
    sql = 'SELECT "public"."Post"."id" FROM "public"."Post" WHERE "public"."Post"."id" IN ($1,$2,$3,$4,$5) OFFSET $6'
    connection = ScriptedConnection([{"sql": sql, "columns": ["id"], "rows": [[one] for one in ids]}])

    actual = await build(vector["plan"]).run(connection, params_of(vector))

    assert actual == vector["result"]
    assert connection.sent == [
        ('SELECT "public"."Post"."id" FROM "public"."Post" WHERE "public"."Post"."id" = ANY($1) OFFSET 0', [ids])
    ]


async def test_raw_query_returns_the_description_of_its_rows() -> None:
    vector = VECTORS["39-raw-query"]
    (entry,) = vector["trace"]
    types = vector["result"]["types"]
    connection = ScriptedConnection(vector["trace"], types=types)

    actual = await build(vector["plan"]).run(connection, [])

    assert actual == RawResult(columns=entry["columns"], types=types, rows=entry["rows"])
    assert connection.sent == [(entry["sql"], entry["args"])]


def raw(kind: str, sql: str) -> Node:
    return {"type": kind, "args": {"type": "rawSql", "sql": sql, "args": [], "argTypes": []}}


async def test_raw_execute_returns_the_affected_rows() -> None:
    connection = ScriptedConnection([{"sql": "UPDATE x", "affected": 3}])

    assert await build(raw("execute", "UPDATE x")).run(connection, []) == 3


async def test_relation_mode_plan_deletes_dependents_in_one_transaction() -> None:
    vector = VECTORS["40-relation-mode-prisma-delete"]
    connection = AnyAnswer()

    await build(vector["plan"]).run(connection, [1])

    assert [sql.split(" ")[0] for sql in connection.log] == [
        "BEGIN", "DELETE", "SELECT", "DELETE", "SELECT", "UPDATE", "SELECT", "COMMIT",
    ]  # fmt: skip


class AnyAnswer(ScriptedConnection):
    """Deletes one record, finds none that depends on it."""

    async def query(self, sql: str, args: Sequence[object]) -> list[Record]:
        self._note(sql, args)
        return [{"id": 1}] if sql.startswith("DELETE") else []

    async def execute(self, sql: str, args: Sequence[object]) -> int:
        self._note(sql, args)
        return 0


class Refusing(ScriptedConnection):
    """Fails every query with the same error."""

    error = UserFacingError("P2002", "Unique constraint failed", {"constraint": "key"})

    async def query(self, sql: str, args: Sequence[object]) -> list[Record]:
        self._note(sql, args)
        raise self.error


def test_there_is_a_builder_for_every_node_kind() -> None:
    assert BUILDERS.keys() == NODE_TYPES


def value(literal: object) -> Node:
    return {"type": "value", "args": literal}


def get(name: str) -> Node:
    return {"type": "get", "args": {"name": name}}


def let(name: str, expr: Node, body: Node) -> Node:
    return {"type": "let", "args": {"bindings": [{"name": name, "expr": expr}], "expr": body}}


def param(name: str) -> dict[str, Any]:
    return {"prisma__type": "param", "prisma__value": {"name": name, "type": "String"}}


def template(chunk: str, *args: object, kind: str = "query") -> Node:
    fragments: list[dict[str, Any]] = [{"type": "stringChunk", "chunk": chunk}]
    fragments.extend({"type": "parameter"} for _ in args)
    query = {
        "type": "templateSql",
        "fragments": fragments,
        "args": list(args),
        "argTypes": [{}] * len(args),
        "chunkable": True,
    }
    return {"type": kind, "args": query}


RECORD: Mapping[str, Any] = {"a": 6, "b": None}

CASES: list[tuple[str, Node, object]] = [
    ("value reads a placeholder", value(param("%2")), "second"),
    ("value reads placeholders inside a list", value([param("%1"), "x"]), ["first", "x"]),
    ("get of a placeholder is its value", get("%1"), "first"),
    ("get of an unknown name is nothing", get("nobody"), None),
    (
        "a binding reads the outer value of its own name",
        let("0", value(1), let("0", {"type": "concat", "args": [get("0"), value(2)]}, get("0"))),
        [1, 2],
    ),
    (
        "a binding is unknown outside its let",
        {"type": "seq", "args": [let("0", value(1), get("0")), get("0")]},
        None,
    ),
    ("an empty seq is nothing", {"type": "seq", "args": []}, None),
    ("unit is nothing", {"type": "unit", "args": None}, None),
    ("an empty concat is an empty list", {"type": "concat", "args": []}, []),
    ("an empty sum is zero", {"type": "sum", "args": []}, 0),
    ("reverse turns a list", {"type": "reverse", "args": value([1, 2])}, [2, 1]),
    ("required keeps a value", {"type": "required", "args": value(0)}, 0),
    (
        "getFirstNonEmpty skips nothing and empty lists",
        let(
            "0",
            value(None),
            let("1", value([]), let("2", value(7), {"type": "getFirstNonEmpty", "args": {"names": ["0", "1", "2"]}})),
        ),
        7,
    ),
    ("getFirstNonEmpty without any is an empty list", {"type": "getFirstNonEmpty", "args": {"names": ["x"]}}, []),
    (
        "initializeRecord makes a record of values",
        {"type": "initializeRecord", "args": {"expr": value(1), "fields": {"a": {"type": "value", "value": 5}}}},
        {"a": 5},
    ),
    (
        "mapRecord calculates",
        {
            "type": "mapRecord",
            "args": {
                "expr": {"type": "unique", "args": template("row")},
                "fields": {
                    "a": {"type": "divide", "value": 4},
                    "b": {"type": "set", "value": "new"},
                },
            },
        },
        {"a": 1.5, "b": "new"},
    ),
    (
        "mapRecord divides by zero to nothing",
        {
            "type": "mapRecord",
            "args": {
                "expr": {"type": "unique", "args": template("row")},
                "fields": {"a": {"type": "divide", "value": 0}},
            },
        },
        {"a": None, "b": None},
    ),
    (
        "mapRecord of nothing starts from an empty record",
        {"type": "mapRecord", "args": {"expr": value(None), "fields": {"a": {"type": "set", "value": 1}}}},
        {"a": 1},
    ),
    (
        "join of no parent runs no child",
        {
            "type": "join",
            "args": {
                "parent": value(None),
                "children": [
                    {
                        "child": template("never"),
                        "on": [["id", "parentId"]],
                        "parentField": "@nested$x",
                        "isRelationUnique": False,
                    }
                ],
                "canAssumeStrictEquality": True,
            },
        },
        None,
    ),
    (
        "if takes the other branch when the rule does not hold",
        {
            "type": "if",
            "args": {
                "value": value(None),
                "rule": {"type": "rowCountNeq", "args": 0},
                "then": value("then"),
                "else": value("else"),
            },
        },
        "else",
    ),
]


@pytest.mark.parametrize(("plan", "expected"), [pytest.param(plan, wanted, id=name) for name, plan, wanted in CASES])
async def test_node(plan: Node, expected: object) -> None:
    connection = ScriptedConnection([{"sql": "row", "columns": list(RECORD), "rows": [list(RECORD.values())]}])

    assert await build(plan).run(connection, ["first", "second"]) == expected


WRONG: list[tuple[str, Node, str]] = [
    ("node", {"type": "teleport", "args": None}, "unknown node 'teleport'"),
    ("argument form", value({"prisma__type": "riddle", "prisma__value": {}}), "unknown form 'riddle'"),
    ("variable", value(param("nobody")), "Missing value for query variable nobody"),
    (
        "generator",
        value({"prisma__type": "generatorCall", "prisma__value": {"name": "dice", "args": []}}),
        "unknown generator 'dice'",
    ),
    (
        "rule",
        {
            "type": "if",
            "args": {"value": value(1), "rule": {"type": "maybe"}, "then": value(1), "else": value(1)},
        },
        "unknown rule 'maybe'",
    ),
    ("query type", {"type": "query", "args": {"type": "telepathy"}}, "unknown type 'telepathy'"),
    (
        "initial value",
        {"type": "initializeRecord", "args": {"expr": value(1), "fields": {"a": {"type": "lastInsertId"}}}},
        "no value of the kind 'lastInsertId'",
    ),
    (
        "record operation",
        {"type": "mapRecord", "args": {"expr": value(1), "fields": {"a": {"type": "power", "value": 2}}}},
        "unknown operation 'power'",
    ),
]


@pytest.mark.parametrize(("plan", "message"), [pytest.param(plan, text, id=name) for name, plan, text in WRONG])
def test_unknown_part_of_a_plan_is_refused_before_anything_runs(plan: Node, message: str) -> None:
    with pytest.raises(PlanError, match=re.escape(message)):
        build(plan)


async def test_too_few_values_are_refused_before_anything_runs() -> None:
    program = build(template("SELECT ", param("%1"), param("%2")))

    with pytest.raises(PlanError, match="Missing value for query variable %2"):
        await program.run(ScriptedConnection(), ["only one"])


async def test_two_rows_for_a_unique_lookup_are_an_error() -> None:
    connection = ScriptedConnection([{"sql": "rows", "columns": ["id"], "rows": [[1], [2]]}])

    with pytest.raises(UserFacingError, match="Expected zero or one element, got 2"):
        await build({"type": "unique", "args": template("rows")}).run(connection, [])


async def test_error_of_the_database_passes_unchanged_and_rolls_back() -> None:
    connection = Refusing()

    with pytest.raises(UserFacingError) as caught:
        await build({"type": "transaction", "args": template("INSERT")}).run(connection, [])

    assert caught.value is connection.error
    assert connection.log == ["BEGIN", "INSERT", "ROLLBACK"]
    assert connection.in_transaction is False


async def test_plan_joins_a_transaction_that_is_open_already() -> None:
    connection = ScriptedConnection([{"sql": "UPDATE", "affected": 1}], in_transaction=True)

    await build({"type": "transaction", "args": template("UPDATE", kind="execute")}).run(connection, [])

    assert connection.log == ["UPDATE"]


def insert_pairs(count: int) -> Node:
    """Insert more pairs than one statement takes."""
    query = {
        "type": "templateSql",
        "fragments": [
            {"type": "stringChunk", "chunk": "INSERT "},
            {"type": "parameterTupleList", "itemPrefix": "(", "itemSeparator": ",", "itemSuffix": ")",
             "groupSeparator": ","},
        ],
        "args": [[["a", number] for number in range(count)]],
        "argTypes": [{}],
        "chunkable": True,
    }  # fmt: skip
    return {"type": "execute", "args": query}


class Counting(ScriptedConnection):
    """Reports as many affected rows as there were pairs."""

    async def execute(self, sql: str, args: Sequence[object]) -> int:
        self._note(sql.split(" ", maxsplit=1)[0], [])
        return len(args) // 2


@pytest.mark.parametrize(
    ("in_transaction", "log"),
    [(False, ["BEGIN", "INSERT", "INSERT", "COMMIT"]), (True, ["INSERT", "INSERT"])],
)
async def test_split_statement_runs_in_one_transaction_and_sums_its_counts(
    in_transaction: bool,  # noqa: FBT001 - pytest passes parameters by name
    log: list[str],
) -> None:
    connection = Counting(in_transaction=in_transaction)

    assert await build(insert_pairs(20_000)).run(connection, []) == 20_000
    assert connection.log == log


async def test_statement_that_fits_needs_no_transaction() -> None:
    connection = Counting()

    assert await build(insert_pairs(2)).run(connection, []) == 2
    assert connection.log == ["INSERT"]


def now() -> dict[str, Any]:
    return {"prisma__type": "generatorCall", "prisma__value": {"name": "now", "args": []}}


async def test_every_now_of_a_run_is_the_same_whole_millisecond() -> None:
    program = build({"type": "concat", "args": [value(now()), value([now()])]})

    moments: Any = await program.run(ScriptedConnection(), [])
    first, second = moments

    assert first is second
    assert first.microsecond % 1000 == 0
    assert str(first.tzinfo) == "UTC"


class Meeting(ScriptedConnection):
    """Answers only when two runs wait for an answer at the same time."""

    def __init__(self, barrier: list[asyncio.Future[None]]) -> None:
        super().__init__()
        self._barrier = barrier

    async def query(self, sql: str, args: Sequence[object]) -> list[Record]:
        self._note(sql, args)
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._barrier.append(mine)
        if len(self._barrier) == 2:
            for waiting in self._barrier:
                waiting.set_result(None)
        await mine
        return [{"id": args[0]}]


@pytest.mark.parametrize(
    ("types", "is_found"), [({"id": int}, True), ({"id": str}, False), ({"id": object}, False), ({}, False)]
)
async def test_rows_that_are_results_are_left_unmade_for_a_caller_that_makes_them(
    *, types: dict[str, type], is_found: bool
) -> None:
    class Finding(ScriptedConnection):
        async def find(self, sql: str, args: Sequence[object]) -> Found:
            return replace(await super().find(sql, args), types=types)

    field = {"type": "field", "dbName": "id", "fieldType": {"type": "int", "arity": "required"}}
    structure = {"type": "object", "fields": {"id": field}, "serializedName": None, "skipNulls": False}
    plan: Node = {"type": "dataMap", "args": {"expr": template("rows"), "structure": structure, "enums": {}}}
    trace = [{"sql": "rows", "columns": ["id"], "rows": [[1], [2]]}]

    result: Any = await build(plan, unmade=True).run(Finding(trace), [])

    assert isinstance(result, Found) is is_found
    assert (result.reader()(result.records) if is_found else result) == [{"id": 1}, {"id": 2}]
    assert await build(plan).run(Finding(trace), []) == [{"id": 1}, {"id": 2}]


async def test_one_program_serves_two_runs_at_the_same_time() -> None:
    program = build(let("0", value(param("%1")), let("1", template("SELECT ", param("0")), get("1"))))
    barrier: list[asyncio.Future[None]] = []

    one, two = await asyncio.gather(
        program.run(Meeting(barrier), ["one"]),
        program.run(Meeting(barrier), ["two"]),
    )

    assert one == [{"id": "one"}]
    assert two == [{"id": "two"}]
