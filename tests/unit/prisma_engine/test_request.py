"""Client calls become request texts without their values."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from ipaddress import ip_address
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, Final

import pytest
from prisma._builder import serializer
from prisma.fields import Base64, Json

from prisma_engine.errors import UserFacingError
from prisma_engine.request import Call, InputTable, Request, RequestBuilder, Values
from prisma_engine.request.rows import RowRun

PARAM = {
    "scalar": "String",
    "param": True,
}
TABLE = {
    "operations": {
        "Post": {
            "findMany": {
                "where": {"objects": ["PostWhereInput"]},
                "orderBy": {"objects": ["PostOrderByInput"]},
                "take": {"scalar": "Int"},
            },
            "upsertOne": {
                "where": {"objects": ["PostWhereInput"]},
                "create": {"objects": ["PostCreateInput", "PostUncheckedCreateInput"]},
                "update": {"objects": ["PostCreateInput"]},
            },
            "createOne": {"data": {"objects": ["PostCreateInput", "PostUncheckedCreateInput"]}},
            "createMany": {
                "data": {"objects": ["PostCreateInput", "PostUncheckedCreateInput"]},
                "skipDuplicates": {"scalar": "Boolean"},
            },
            "aggregate": {"where": {"objects": ["PostWhereInput"]}},
        }
    },
    "tables": {},
    "related": {},
    "required": {},
    "unsupported": {},
    "relations": {"Post": {"author": {"where": {"objects": ["PostWhereInput"]}, "orderBy": {}}}},
    "inputs": {
        "PostWhereInput": {
            "AND": {"objects": ["PostWhereInput"]},
            "title": {"scalar": "String", "param": True, "objects": ["StringFilter"]},
            "meta": {"objects": ["JsonFilter"]},
            "role": {"enum": True},
        },
        "StringFilter": {
            "equals": PARAM,
            "startsWith": PARAM,
            "search": PARAM,
            "in": {"scalar": "String", "list_param": True},
        },
        "JsonFilter": {"equals": {"scalar": "Json", "param": True}, "gt": {"scalar": "Json"}},
        "PostOrderByInput": {"title": {}},
        "PostCreateInput": {
            "title": PARAM,
            "views": {"scalar": "Int", "param": True},
            "big": {"scalar": "BigInt", "param": True},
            "score": {"scalar": "Float", "param": True},
            "price": {"scalar": "Decimal", "param": True},
            "ok": {"scalar": "Boolean", "param": True},
            "at": {"scalar": "DateTime", "param": True},
            "meta": {"scalar": "Json", "param": True},
            "raw": {"scalar": "Bytes", "param": True},
            "tags": {"scalar": "String", "set_by_list": True, "objects": ["TagsInput"]},
            "role": {"enum": True},
        },
        "PostUncheckedCreateInput": {"title": PARAM, "authorId": PARAM},
        "TagsInput": {"set": {"scalar": "String", "list_param": True}},
    },
}


class Post:
    """A model class with two scalar fields and a relation."""


class Models:
    """Knows the one model of these tests; implements `request.Models`."""

    def name(self, model: type) -> str:
        return model.__name__

    def fields(self, model: type) -> Sequence[str]:
        assert model is Post
        return ("id", "title")

    def related(self, model: type, field: str) -> type:
        assert (model, field) == (Post, "author")
        return Post


def builder() -> RequestBuilder:
    values = Values(json_type=Json, base64_type=Base64, serialise=serializer, is_taught=lambda _: False)
    return RequestBuilder(InputTable(TABLE), values, Models())


def request(method: str, **arguments: Any) -> Request:
    return builder().build(Call(method, arguments, Post))


def query(built: Request) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = json.loads(built.text)["query"]
    return parsed


def param(number: int, word: str) -> dict[str, Any]:
    return {"$type": "Param", "value": {"name": f"%{number}", "type": word}}


def test_a_value_leaves_the_text_as_a_parameter() -> None:
    built = request("find_many", where={"title": "a"})
    assert query(built)["arguments"] == {"where": {"title": param(1, "String")}}
    assert built.params == ["a"]


def test_calls_that_differ_only_in_values_have_one_text() -> None:
    assert request("find_many", where={"title": "a"}).text == request("find_many", where={"title": "b'\""}).text


def test_arguments_that_are_none_were_not_given() -> None:
    assert query(request("find_many", where=None, take=None))["arguments"] == {}


def test_the_client_spellings_become_the_schema_words() -> None:
    built = request("find_many", where={"title": {"startswith": "a"}}, order_by={"title": "asc"})
    assert query(built)["arguments"] == {
        "where": {"title": {"startsWith": param(1, "String")}},
        "orderBy": {"title": "asc"},
    }


def test_a_list_is_one_parameter_whatever_its_length() -> None:
    one, two = (request("find_many", where={"title": {"in": titles}}) for titles in (["a"], ["a", "b"]))
    assert one.text == two.text
    assert two.params == [["a", "b"]]


def test_a_list_with_null_stays_literal() -> None:
    built = request("find_many", where={"title": {"in": ["a", None]}})
    assert query(built)["arguments"] == {"where": {"title": {"in": ["a", None]}}}


def test_none_is_a_literal_null() -> None:
    assert query(request("find_many", where={"title": None}))["arguments"] == {"where": {"title": None}}


def test_enum_members_and_paging_stay_literal() -> None:
    assert query(request("find_many", where={"role": "ADMIN"}, take=5))["arguments"] == {
        "where": {"role": "ADMIN"},
        "take": 5,
    }


@pytest.mark.parametrize(
    ("field", "value", "word", "expected"),
    [
        ("views", 3, "Int", 3),
        ("big", 2**63 - 1, "BigInt", 2**63 - 1),
        ("big", "-9007199254740993", "BigInt", -9007199254740993),
        ("score", 1, "Float", 1),
        ("score", 0.1, "Float", 0.1),
        ("price", Decimal("1.10"), "Float", Decimal("1.10")),
        ("price", "1.10", "Float", "1.10"),
        ("ok", True, "Boolean", True),
        ("at", "2024-01-01T00:00:00Z", "DateTime", "2024-01-01T00:00:00Z"),
        ("meta", Json(["ü"]), "Json", '["ü"]'),
        ("meta", Json(None), "Json", "null"),
        ("meta", '{"a":1}', "Json", '{"a":1}'),
        ("raw", Base64.encode(b"\x00\xff"), "Bytes", b"\x00\xff"),
        ("raw", "AP8=", "Bytes", b"\x00\xff"),
    ],
)
def test_each_scalar_takes_its_python_values(field: str, value: object, word: str, expected: object) -> None:
    built = request("create", data={field: value})
    assert query(built)["arguments"] == {"data": {field: param(1, word)}}
    assert built.params == [expected]


def test_an_instant_is_utc_in_milliseconds() -> None:
    newfoundland = timezone(timedelta(hours=-3, minutes=-30))
    built = request("create", data={"at": datetime(2024, 1, 1, 12, 0, 0, 123999, newfoundland)})
    assert built.params == [datetime(2024, 1, 1, 15, 30, 0, 123000, timezone.utc)]


def test_a_naive_datetime_is_taken_as_utc() -> None:
    built = request("create", data={"at": datetime(2024, 1, 1)})  # noqa: DTZ001  # that it is naive is the point
    assert built.params == [datetime(2024, 1, 1, tzinfo=timezone.utc)]


@pytest.mark.parametrize(("field", "value"), [("views", True), ("views", "5"), ("ok", 1), ("title", 1)])
def test_a_value_of_another_type_stays_for_the_compiler_to_refuse(field: str, value: object) -> None:
    built = request("create", data={field: value})
    assert query(built)["arguments"] == {"data": {field: value}}
    assert built.params == []


def test_none_in_a_json_field_means_no_value_rather_than_json_null() -> None:
    built = request("create", data={"meta": None})
    assert query(built)["arguments"] == {"data": {"meta": {"$type": "Enum", "value": "DbNull"}}}


def test_json_comparisons_stay_literal() -> None:
    built = request("find_many", where={"meta": {"gt": Json(5)}})
    assert query(built)["arguments"] == {"where": {"meta": {"gt": {"$type": "Json", "value": "5"}}}}


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(UserFacingError, match=r"P2007.*not JSON"):
        request("create", data={"meta": Json(float("nan"))})


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        frozenset({1}),
        range(2),
        deque([1]),
        iter([1]),
        complex(1),
        Fraction(1, 2),
        b"x",
        bytearray(b"x"),
        memoryview(b"x"),
        date(2020, 1, 1),
        time(1),
        timedelta(1),
        timezone.utc,
        uuid.uuid4(),
        ip_address("::1"),
        PurePath("x"),
        Models(),
        object(),
        object,
        ...,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_client_cannot_write_is_a_type_error(value: Any) -> None:
    kind = value if isinstance(value, type) else type(value)
    inner: Any = [{"a": [value]}]
    for arguments in (
        {"data": {"meta": Json({"a": value})}},
        {"data": {"title": value}},
        {"data": {"meta": Json(inner)}},
        {"where": {"title": {"equals": value}}},
        {"where": {"title": {"in": ["a", value]}}},
        {"where": {"AND": [{"title": value}]}},
    ):
        with pytest.raises(TypeError) as raised:
            request("find_many" if "where" in arguments else "create", **arguments)
        assert str(raised.value) == f"Type {kind} not serializable"
        # which is what the client itself says
        with pytest.raises(TypeError, match=f"^{re.escape(str(raised.value))}$"):
            json.dumps(value, default=serializer)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2020, 1, 1), "2020-01-01T00:00:00+00:00"),  # noqa: DTZ001  # naive is UTC
        (Decimal("1.50"), "1.50"),
        (Base64.encode(b"x"), "eA=="),
        (Json("a"), '"a"'),
    ],
)
def test_a_text_field_takes_what_the_client_writes_as_text(value: Any, text: str) -> None:
    assert request("create", data={"title": value}).params == [text]


def test_a_document_inside_a_document_is_text() -> None:
    inner: Any = Json(["b"])
    assert request("create", data={"meta": Json({"k": inner})}).params == ['{"k": "[\\"b\\"]"}']


def test_what_is_not_base64_is_refused() -> None:
    with pytest.raises(UserFacingError, match=r"P2007.*not Base64"):
        request("create", data={"raw": "not base64!"})


@pytest.mark.parametrize("value", [5.9, 5.0, Decimal("5.9"), Decimal(5), float("nan")])
def test_what_is_no_integer_is_text_for_the_compiler_to_refuse_rather_than_a_number_to_cut(value: Any) -> None:
    assert query(request("create", data={"views": value}))["arguments"] == {"data": {"views": str(value)}}
    assert query(request("find_many", take=value))["arguments"] == {"take": str(value)}


def test_paging_beyond_32_bits_is_refused_rather_than_wrapped() -> None:
    with pytest.raises(UserFacingError, match=r'P2019.*"take" is 99999999999'):
        request("find_many", take=99999999999)


def test_a_plain_list_for_a_list_column_becomes_one_parameter() -> None:
    built = request("create", data={"tags": ["a", "b"]})
    assert query(built)["arguments"]["data"]["tags"]["set"]["value"]["type"] == "List"
    assert built.params == [["a", "b"]]


def test_checked_and_unchecked_inputs_are_both_accepted() -> None:
    built = request("create", data={"title": "a", "authorId": "b"})
    assert built.params == ["a", "b"]


def test_unknown_fields_reach_the_compiler_which_names_them() -> None:
    built = request("find_many", where={'no"such': {"deep": 1}})
    assert query(built)["arguments"] == {"where": {'no"such': {"deep": 1}}}


def test_equal_values_of_an_upsert_share_a_name_so_that_it_is_one_statement() -> None:
    built = request("upsert", where={"title": "a"}, create={"title": "a"}, update={"title": "b"})
    arguments = query(built)["arguments"]
    assert arguments["where"]["title"] == arguments["create"]["title"] == param(1, "String")
    assert arguments["update"]["title"] == param(2, "String")
    assert built.params == ["a", "b"]


def test_the_selection_is_the_fields_that_the_class_has() -> None:
    assert query(request("find_many"))["selection"] == {"id": True, "title": True}


def test_includes_nest_with_their_own_arguments() -> None:
    built = request("find_many", include={"author": {"where": {"title": "a"}, "include": {"author": True}}})
    assert query(built)["selection"]["author"] == {
        "arguments": {"where": {"title": param(1, "String")}},
        "selection": {"id": True, "title": True, "author": {"arguments": {}, "selection": {"id": True, "title": True}}},
    }


def test_an_include_that_is_false_is_left_out() -> None:
    assert query(request("find_many", include={"author": False}))["selection"] == {"id": True, "title": True}


def test_an_include_that_is_no_bool_or_dict_is_refused() -> None:
    with pytest.raises(TypeError, match="Expected `bool` or `dict` include value"):
        request("find_many", include={"author": 1})


def test_selections_of_counts_are_read_from_the_client_text() -> None:
    call = Call("count", {}, Post, ["_count { _all title }"])
    assert query(builder().build(call))["selection"] == {
        "_count": {"arguments": {}, "selection": {"_all": True, "title": True}}
    }


def test_equal_texts_of_a_search_share_a_name_so_that_it_is_one_search() -> None:
    def names(one: str, other: str, word: str) -> list[str]:
        built = request("find_many", where={"AND": [{"title": {word: one}}, {"title": {word: other}}]})
        return [item["title"][word]["value"]["name"] for item in query(built)["arguments"]["where"]["AND"]]

    assert names("a", "a", "search") == ["%1", "%1"]
    assert names("a", "b", "search") == ["%1", "%2"]
    assert names("a", "a", "startsWith") == ["%1", "%2"]


def rows_of(run: RowRun) -> list[tuple[object, ...]]:
    """The parameters of each row."""
    return list(zip(*run.columns, strict=True)) if run.columns else [()] * run.rows


async def test_rows_of_one_shape_that_follow_each_other_share_one_request() -> None:
    rows = [{"title": "a"}, {"title": "b"}, {"title": "c", "authorId": "d"}, {"title": "e"}]
    shapes = await builder().rows(Call("create_many", {"data": rows, "skipDuplicates": True}, Post, ["count"]))
    assert [rows_of(run) for run in shapes] == [[("a",), ("b",)], [("c", "d")], [("e",)]]
    assert [run.rows for run in shapes] == [2, 1, 1]
    assert shapes[0].text == shapes[2].text
    assert all(json.loads(run.text)["query"]["arguments"]["skipDuplicates"] is True for run in shapes)


class Role(str, Enum):
    """A member is text, as those of a generated client are."""

    ADMIN = "ADMIN"


FLAT: Final = {"title": "a", "views": 1, "big": 2**40, "score": 0.5, "ok": True, "raw": Base64.encode(b"x")}
MOMENT: Final = datetime(2024, 2, 29, 23, 59, 58, 123456, timezone(timedelta(hours=2)))

ROWS: Final[list[dict[str, Any]]] = [
    FLAT,
    {**FLAT, "title": "b"},
    {**FLAT, "title": None},
    {**FLAT, "score": 1},  # an int for a float is written as any number
    {**FLAT, "ok": 1},  # what the scalar does not take goes to the compiler
    {**FLAT, "big": "12"},
    {**FLAT, "big": "x"},
    {"title": "a", "at": MOMENT, "price": Decimal("1.50")},
    {"title": "a", "at": MOMENT.date(), "price": "1.50"},
    {"title": "a", "at": MOMENT, "meta": Json([1])},
    {"title": "a", "at": MOMENT, "meta": {"a": [1]}},
    {"title": "a", "at": MOMENT, "meta": [1]},
    {"title": "a", "tags": ["x", "y"]},
    {"title": "a", "tags": {"set": ["x"]}},
    {"title": "a", "role": Role.ADMIN},
    {"title": "a", "role": "ADMIN"},
    {"title": "b", "role": "ADMIN"},
    {"title": "b", "role": "USER"},
    {"title": "b", "role": None},
    {"title": "b", "role": True},
    {"title": "b", "role": 1},
    {"title": "b", "role": 1.0},
    {"title": "b", "unknown": 1},
    {"role": "ADMIN", "title": "b"},
    {"role": "ADMIN"},
    {},
]


@pytest.mark.parametrize("rows", [ROWS, ROWS[::-1], [row for row in ROWS for _ in range(3)], ROWS * 50])
async def test_each_row_is_written_as_it_is_alone(rows: list[dict[str, Any]]) -> None:
    runs = await builder().rows(Call("create_many", {"data": rows}, Post, ["count"]))
    written = [(run.text, list(row)) for run in runs for row in rows_of(run)]
    alone = [builder().build(Call("create_many", {"data": row}, Post, ["count"])) for row in rows]
    assert written == [(one.text, one.params) for one in alone]


async def test_a_single_row_needs_no_list() -> None:
    (run,) = await builder().rows(Call("create_many", {"data": {"title": "a"}}, Post, ["count"]))
    assert (run.rows, run.columns) == (1, [["a"]])


async def test_rows_may_be_any_mapping() -> None:
    row = MappingProxyType({"title": "a"})
    (run,) = await builder().rows(Call("create_many", {"data": [row, row]}, Post, ["count"]))
    assert (run.rows, run.columns) == (2, [["a", "a"]])


async def test_a_value_that_no_request_can_carry_is_refused_among_rows() -> None:
    rows = [{"title": "a", "price": Decimal(1)}, {"title": "b", "price": Decimal("NaN")}]
    with pytest.raises(UserFacingError, match="a Decimal cannot be NaN"):
        await builder().rows(Call("create_many", {"data": rows}, Post, ["count"]))


async def test_writing_many_rows_lets_other_tasks_run() -> None:
    writing = asyncio.ensure_future(
        builder().rows(Call("create_many", {"data": [{"title": "a"}] * 10_000}, Post, ["count"]))
    )
    turns = 0
    while not writing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 10
    assert sum(run.rows for run in writing.result()) == 10_000


def test_a_call_whose_text_is_decided_by_its_values_has_no_trace() -> None:
    def is_traced(**where: Any) -> bool:
        return builder().trace(Call("find_many", {"where": where}, Post)) is not None

    assert is_traced(title={"equals": "a"})
    assert not is_traced(title={"search": "a"})
