"""How templates become statements: constant text, arrays instead of lists, and splitting at the limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from fakes import ScriptedConnection, as_prisma_sends
from prisma_engine.errors import PlanError, UserFacingError
from prisma_engine.interpreter.render import BIND_LIMIT, Fixed, Statement, prepare_raw, prepare_template
from prisma_engine.interpreter.scope import Run, Scope
from prisma_engine.plan import TemplateSql

TUPLE = {"type": "parameterTuple", "itemPrefix": "", "itemSeparator": ",", "itemSuffix": ""}
LOWER = {"type": "parameterTuple", "itemPrefix": "LOWER(", "itemSeparator": ",", "itemSuffix": ")"}
PAIRS = {
    "type": "parameterTupleList",
    "itemPrefix": "(",
    "itemSeparator": ",",
    "itemSuffix": ")",
    "groupSeparator": ",",
}
PARAMETER = {"type": "parameter"}


def template(*parts: str | dict[str, Any], args: Sequence[object], chunkable: bool = True) -> TemplateSql:
    return {
        "type": "templateSql",
        "fragments": [{"type": "stringChunk", "chunk": part} if isinstance(part, str) else part for part in parts],
        "args": list(args),
        "argTypes": [{} for _ in args],
        "placeholderFormat": {"prefix": "$", "hasNumbering": True},
        "chunkable": chunkable,
    }


def param(number: int) -> dict[str, Any]:
    return {"prisma__type": "param", "prisma__value": {"name": f"%{number}", "type": "String"}}


def rendered(query: TemplateSql, *values: object, limit: int = BIND_LIMIT, by_key: bool = False) -> list[Statement]:
    """Prepare a template and make its statements from the values of its placeholders."""
    prepared = prepare_template(query, Scope(by_key=by_key), limit=limit)
    run = Run(ScriptedConnection(), values, 0)
    if isinstance(prepared, Fixed):
        return [Statement(prepared.sql, prepared.bind(run))]
    return prepared.statements(run)


FIND = template("WHERE id IN ", TUPLE, " OFFSET ", PARAMETER, args=[param(1), "5"])
FIND_LOWER = template("WHERE LOWER(id) IN ", LOWER, " OFFSET ", PARAMETER, args=[param(1), "5"])
INSERT = template("INSERT VALUES ", PAIRS, " RETURNING 1", args=[param(1)])


def test_a_placeholder_of_several_columns_of_one_type_is_sent_once() -> None:
    query = template("a = ", PARAMETER, " b = ", PARAMETER, " c = ", PARAMETER, args=[param(1)] * 3)
    jsonb, text = {"dbType": "JSONB"}, {"dbType": "TEXT"}

    query["argTypes"] = [jsonb, text, jsonb]
    assert rendered(query, "{}") == [Statement("a = $1 b = $2 c = $1", ["{}", "{}"])]
    query["argTypes"] = [{"scalarType": "string"}] * 3  # what the columns are is not known
    assert rendered(query, "{}") == [Statement("a = $1 b = $2 c = $3", ["{}", "{}", "{}"])]


def test_text_without_lists_is_written_once_with_numbered_placeholders() -> None:
    query = template("a = ", PARAMETER, " AND b = ", PARAMETER, " LIMIT ", PARAMETER, args=[param(2), param(1), "20"])

    assert rendered(query, "one", "two") == [Statement("a = $1 AND b = $2 LIMIT $3", ["two", "one", "20"])]


def test_one_row_by_its_key_is_asked_for_in_the_text() -> None:
    parts = ("a = ", PARAMETER, " LIMIT ", PARAMETER, " OFFSET ", PARAMETER)
    by_key, other = template(*parts, args=[param(1), "1", "0"]), template(*parts, args=[param(1), "20", "1"])

    assert rendered(by_key, "1", by_key=True) == [Statement("a = $1 LIMIT 1 OFFSET 0", ["1"])]
    assert rendered(by_key, "1") == [Statement("a = $1 LIMIT $2 OFFSET 0", ["1", "1"])]
    assert rendered(other, "0", by_key=True) == [Statement("a = $1 LIMIT $2 OFFSET $3", ["0", "20", "1"])]


def test_the_size_of_a_page_is_text_where_nothing_else_is_a_value() -> None:
    parts = ("1 = 1 LIMIT ", PARAMETER, " OFFSET ", PARAMETER)

    assert rendered(template(*parts, args=["20", "0"])) == [Statement("1 = 1 LIMIT 20 OFFSET 0", [])]
    assert rendered(template(*parts, args=["20", "40"])) == [Statement("1 = 1 LIMIT $1 OFFSET $2", ["20", "40"])]
    assert rendered(template(*parts, args=[param(1), "0"]), "9") == [Statement("1 = 1 LIMIT $1 OFFSET 0", ["9"])]


def test_list_for_a_single_parameter_stays_one_value() -> None:
    assert rendered(template("tags = ", PARAMETER, args=[param(1)]), ["a", "b"]) == [
        Statement("tags = $1", [["a", "b"]])
    ]


@pytest.mark.parametrize(
    ("value", "array"),
    [
        (["a", "b"], ["a", "b"]),
        (("a", "b"), ["a", "b"]),
        ("a", ["a"]),
        (None, [None]),
        ([None], [None]),
        ([], []),
    ],
)
def test_list_after_in_is_one_array(value: object, array: list[object]) -> None:
    assert rendered(FIND, value) == [Statement("WHERE id = ANY($1) OFFSET $2", [array, "5"])]


def test_list_after_not_in_is_one_array_too() -> None:
    query = template("WHERE id NOT IN ", TUPLE, args=[param(1)], chunkable=False)

    assert rendered(query, ["a"]) == [Statement("WHERE id <> ALL($1)", [["a"]])]


def test_array_is_not_split_however_long_it_is() -> None:
    many = list(range(100_000))

    assert rendered(FIND, many, limit=3) == [Statement("WHERE id = ANY($1) OFFSET $2", [many, "5"])]


def test_literal_list_after_in_is_one_array() -> None:
    assert rendered(template("id IN ", TUPLE, args=[["1", "2"]])) == [Statement("id = ANY($1)", [["1", "2"]])]


def test_statements_with_arrays_read_as_the_lists_they_stand_for() -> None:
    sql = "a = $1 AND b = ANY($2) AND c <> ALL($3) AND d = ANY($4) OFFSET $5"

    assert as_prisma_sends(sql, [1, [2, 3], [4], [], "5"]) == (
        "a = $1 AND b IN ($2,$3) AND c NOT IN ($4) AND d IN (NULL) OFFSET $5",
        [1, 2, 3, 4, "5"],
    )


@pytest.mark.parametrize(
    ("value", "sql", "args"),
    [
        (["a", "b"], "WHERE LOWER(id) IN (LOWER($1),LOWER($2)) OFFSET $3", ["a", "b", "5"]),
        ("a", "WHERE LOWER(id) IN (LOWER($1)) OFFSET $2", ["a", "5"]),
        ([], "WHERE LOWER(id) IN (SELECT LOWER(NULL) WHERE FALSE) OFFSET $1", ["5"]),
        (None, "WHERE LOWER(id) IN (LOWER($1)) OFFSET $2", [None, "5"]),
    ],
)
def test_list_inside_calls_is_written_out(value: object, sql: str, args: list[object]) -> None:
    assert rendered(FIND_LOWER, value) == [Statement(sql, args)]


def test_list_after_another_operator_is_written_out() -> None:
    assert rendered(template("VALUES ", TUPLE, args=[param(1)]), [1, 2]) == [Statement("VALUES ($1,$2)", [1, 2])]


def test_list_at_the_very_start_is_written_out() -> None:
    assert rendered(template(TUPLE, args=[param(1)]), [1, 2]) == [Statement("($1,$2)", [1, 2])]


def test_tuples_are_written_row_by_row() -> None:
    assert rendered(INSERT, [["p1", 77], ["p1", 5]]) == [
        Statement("INSERT VALUES ($1,$2),($3,$4) RETURNING 1", ["p1", 77, "p1", 5])
    ]


@pytest.mark.parametrize("value", [[], "text", [1, 2], None])
def test_tuples_must_be_a_list_of_lists(value: object) -> None:
    with pytest.raises(PlanError, match="list of tuples"):
        rendered(INSERT, value)


def sizes(statements: list[Statement]) -> list[int]:
    return [len(statement.args) for statement in statements]


def test_long_list_is_split_so_that_every_statement_fits() -> None:
    assert rendered(FIND_LOWER, ["a", "b", "c", "d", "e"], limit=3) == [
        Statement("WHERE LOWER(id) IN (LOWER($1),LOWER($2)) OFFSET $3", ["a", "b", "5"]),
        Statement("WHERE LOWER(id) IN (LOWER($1),LOWER($2)) OFFSET $3", ["c", "d", "5"]),
        Statement("WHERE LOWER(id) IN (LOWER($1)) OFFSET $2", ["e", "5"]),
    ]


@pytest.mark.parametrize(
    ("length", "expected"), [(8, [9]), (9, [10]), (10, [10, 2]), (18, [10, 10]), (19, [10, 10, 2])]
)
def test_list_is_split_only_beyond_the_limit(length: int, expected: list[int]) -> None:
    assert sizes(rendered(FIND_LOWER, list(range(length)), limit=10)) == expected


@pytest.mark.parametrize(("rows", "expected"), [(4, [8]), (5, [10]), (6, [10, 2]), (11, [10, 10, 2])])
def test_tuples_are_split_only_beyond_the_limit(rows: int, expected: list[int]) -> None:
    assert sizes(rendered(INSERT, [[1, 2]] * rows, limit=10)) == expected


def test_tuples_are_never_torn_apart() -> None:
    assert sizes(rendered(INSERT, [[1, 2, 3]] * 3, limit=5)) == [3, 3, 3]


def test_only_the_largest_list_is_split() -> None:
    query = template("LOWER(a) IN ", LOWER, " AND LOWER(b) IN ", LOWER, args=[param(1), param(2)])

    statements = rendered(query, [1, 2], [3, 4, 5, 6], limit=5)

    assert [statement.args for statement in statements] == [[1, 2, 3, 4, 5], [1, 2, 6]]


def test_two_long_lists_exceed_the_limit() -> None:
    query = template("LOWER(a) IN ", LOWER, " AND LOWER(b) IN ", LOWER, args=[param(1), param(2)])

    with pytest.raises(UserFacingError) as caught:
        rendered(query, [1, 2, 3, 4], [5, 6, 7, 8], limit=4)

    assert caught.value.code == "P2029"


def test_list_of_a_statement_that_must_stay_whole_exceeds_the_limit() -> None:
    whole = template("LOWER(a) IN ", LOWER, args=[param(1)], chunkable=False)

    assert sizes(rendered(whole, [1, 2, 3], limit=3)) == [3]
    with pytest.raises(UserFacingError, match="The query parameter limit supported by your database is exceeded"):
        rendered(whole, [1, 2, 3, 4], limit=3)


def test_single_parameters_exceed_the_limit_before_anything_runs() -> None:
    query = template(PARAMETER, PARAMETER, args=[1, 2])

    with pytest.raises(UserFacingError) as caught:
        prepare_template(query, Scope(), limit=1)

    assert caught.value.code == "P2029"


def test_statement_of_single_parameters_larger_than_any_list_is_not_split() -> None:
    query = template(PARAMETER, " IN LOWER", LOWER, args=["a", param(1)])

    assert sizes(rendered(query, ["b"], limit=2)) == [2]


def test_every_run_gets_arguments_of_its_own() -> None:
    prepared = prepare_template(template("a = ", PARAMETER, args=["1"]), Scope())
    assert isinstance(prepared, Fixed)
    run = Run(ScriptedConnection(), [], 0)

    prepared.bind(run).append("more")

    assert prepared.bind(run) == ["1"]


def test_raw_statement_is_sent_as_it_is() -> None:
    fixed = prepare_raw({"type": "rawSql", "sql": "SELECT $1", "args": [param(1)], "argTypes": []}, Scope())

    assert fixed.sql == "SELECT $1"
    assert fixed.bind(Run(ScriptedConnection(), ["x"], 0)) == ["x"]


def test_unknown_fragment_is_refused() -> None:
    with pytest.raises(PlanError, match="unknown SQL fragment 'riddle'"):
        prepare_template(template({"type": "riddle"}, args=[]), Scope())


def test_arguments_and_places_must_be_as_many() -> None:
    with pytest.raises(PlanError, match="1 arguments for 2 places"):
        prepare_template(template(PARAMETER, PARAMETER, args=["1"]), Scope())
