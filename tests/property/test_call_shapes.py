"""Calls that take the plan of another one of their shape, beside the same calls as they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta, timezone
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prisma_engine.client_package import ClientPackage
from prisma_engine.errors import UserFacingError
from prisma_engine.request import ACTIONS, Call, InputTable, RequestBuilder, Shapes
from prisma_engine.request.inputs import InputField, InputType

Trees = st.SearchStrategy[tuple[Any, Any]]
"""Two values of one shape, mostly."""

METHODS: Final = sorted(ACTIONS.keys() - {"create_many", "count", "group_by"})
MODELS: Final = ("User", "Post", "Seat", "Profile", "Category", "Types")
MOST_FIELDS: Final = 3
DEEPEST: Final = 3


class Colour(Enum):
    """Values of a program's own."""

    RED = "RED"
    SKY_BLUE = "sky_blue"
    ONE = 1


class Word(str):
    """A text of a program's own."""

    __slots__ = ()


MOMENTS: Final = st.datetimes(timezones=st.sampled_from([None, timezone.utc, timezone(timedelta(hours=5))]))
LEAVES: Final[tuple[st.SearchStrategy[Any], ...]] = (
    st.text("ab\0\ud800é", max_size=2),
    st.sampled_from(
        ["asc", "desc", "READER", "insensitive", "12", "2020-01-01T00:00:00.123456Z", "[1]", "NaN", "YQ=="]
    ),
    st.integers(-2, 2) | st.sampled_from([2**31, 2**63, -(2**63)]),
    st.booleans(),
    st.sampled_from([0.0, -0.0, 1.0, 1.5, float("nan"), float("inf")]),
    st.none(),
    MOMENTS,
    st.dates(date(1, 1, 1)),
    st.sampled_from([Decimal(1), Decimal("1.50"), Decimal("NaN")]),
    st.sampled_from([b"", b"a"]),
    st.sampled_from(Colour),
    st.sampled_from([Word("a"), Word("b")]),
    st.lists(st.integers(0, 1) | st.sampled_from(["a", "b"]), max_size=2),
    st.sampled_from([(), (1,), {"a"}]),
    st.sampled_from([object(), range(2)]),
)
WORDS: Final = st.sampled_from(["asc", "desc", "READER", "WRITER"])
OF_SCALARS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "String": st.sampled_from(["a", "b"]),
    "Int": st.integers(0, 2),
    "BigInt": st.integers(0, 2) | st.sampled_from(["12", "twelve"]),
    "Float": st.sampled_from([0.0, -0.0, 1.5]),
    "Boolean": st.booleans(),
    "DateTime": MOMENTS | st.sampled_from(["2020-01-01T00:00:00.123456Z"]),
    "Decimal": st.sampled_from([Decimal("1.50"), "1", "NaN"]),
}
SEAT: Final = {"row": 1, "number": 1}
DOCUMENTS: Final = st.sampled_from([{}, {"a": 1}, [{"a": 1}], [1, None], "a", {"set": 1}])


def package_of(package: Any) -> ClientPackage:
    """The engine's view of a generated client."""
    return ClientPackage(package.__name__)


def twins(values: st.SearchStrategy[Any]) -> Trees:
    return st.tuples(values, values) | values.map(lambda value: (value, value))


def wrapped(package: Any) -> st.SearchStrategy[Any]:
    """Values of the client's own."""
    return DOCUMENTS.map(package.Json) | st.sampled_from([b"a", b"b"]).map(package.Base64.encode)


def fields_of(package: Any, fields: InputType, depth: int) -> Trees:
    """Two dictionaries with some of these fields."""

    def some(names: list[str]) -> Trees:
        return st.tuples(*(field_of(package, fields[name], depth) for name in names)).map(
            lambda pairs: (
                {name: one for name, (one, _) in zip(names, pairs, strict=True)},
                {name: other for name, (_, other) in zip(names, pairs, strict=True)},
            )
        )

    named = st.lists(st.sampled_from(sorted(fields)), max_size=MOST_FIELDS, unique=True)
    return named.flatmap(some)


def field_of(package: Any, field: InputField, depth: int) -> Trees:
    """Two values for a field, that it takes or that it does not."""
    fitting = twins(wrapped(package) | DOCUMENTS) if field.json else twins(OF_SCALARS.get(field.scalar, WORDS))
    leaves: Trees = fitting | fitting | fitting | st.one_of(*map(twins, LEAVES), twins(wrapped(package)))
    if field.type is None or depth >= DEEPEST:
        return leaves
    inner = fields_of(package, field.type, depth + 1)
    several = st.lists(inner, min_size=1, max_size=2).map(
        lambda pairs: ([one for one, _ in pairs], [other for _, other in pairs])
    )
    return inner | inner | several | leaves


@st.composite
def calls(draw: st.DrawFn, package: Any, table: InputTable) -> tuple[Call, Call]:
    """Two calls of one method, mostly of one shape."""
    name, method = draw(st.sampled_from(MODELS)), draw(st.sampled_from(METHODS))
    model = getattr(package.models, name)
    arguments = draw(fields_of(package, table.operation(name, ACTIONS[method]), 0))
    include = draw(st.sampled_from([None, None, {}, {"posts": False}, {"posts": True}]))
    one, other = ({**given, "include": include} for given in arguments)
    return Call(method, one, model), Call(method, other, model)


def exact(values: list[object]) -> list[tuple[type, str]]:
    """What tells 1 from True and 0.0 from -0.0."""
    return [(type(value), repr(value)) for value in values]


def outcome(work: Callable[[], Any]) -> Any:
    """What comes of something: its result, or its error."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001  # whichever it is
        return type(error), str(error), error.meta if isinstance(error, UserFacingError) else None


class Pair:
    """The general way, and shapes beside it that learn as the runtime lets them learn."""

    def __init__(self, package: Any) -> None:
        known = package_of(package)
        self.builder = RequestBuilder(table_of(package), known.values(), known)
        self.shapes: Shapes[str] = Shapes(1000)

    def written(self, call: Call) -> Any:
        """The text of a call and its parameters, or its error."""

        def write() -> tuple[str, list[tuple[type, str]]]:
            request = self.builder.build(call)
            return request.text, exact(request.params)

        return outcome(write)

    def found(self, call: Call) -> Any:
        """The same by its shape; None where it has to be written."""

        def find() -> tuple[str, list[tuple[type, str]]] | None:
            found = self.shapes.find(call.method, call.model, call.arguments)
            if found is None:
                return None
            text, params = found
            if text is not None:
                return text, exact(params)
            request = self.builder.build(call)
            self.shapes.learn(call.method, call.model, call.arguments, self.builder.trace(call), request.text)
            return None

        return outcome(find)


@lru_cache(maxsize=1)
def table_of(package: Any) -> InputTable:
    return package_of(package).inputs()


@given(st.data())
@settings(max_examples=400)
def test_a_call_by_its_shape_is_the_call_as_it_is_written(blog_client: Any, data: st.DataObject) -> None:
    pair = Pair(blog_client)

    for call in data.draw(calls(blog_client, table_of(blog_client))) * 3:
        found = pair.found(call)

        assert found is None or found == pair.written(call)


def shapes_after(package: Any, method: str, model: str, *arguments: Mapping[str, Any]) -> tuple[Any, Any]:
    """What is found for the last of these calls, and what is written for it, after the others were learned."""
    pair = Pair(package)
    *others, last = [Call(method, one, getattr(package.models, model)) for one in arguments]
    for call in others:
        pair.found(call)
    return pair.found(last), pair.written(last)


@pytest.mark.parametrize(
    ("method", "model", "one", "other"),
    [
        ("find_unique", "User", {"where": {"email": "a"}, "include": None}, {"where": {"email": "b"}}),
        ("create", "Post", {"data": {"title": "a", "views": 1}}, {"data": {"title": "b", "views": 2}}),
        ("find_many", "Post", {"take": 2, "order_by": [{"id": "asc"}]}, {"take": 2, "order_by": [{"id": "asc"}]}),
        ("delete", "Seat", {"where": {"row_number": SEAT}}, {"where": {"row_number": {**SEAT, "row": 2}}}),
    ],
)
def test_calls_that_differ_in_values_alone_are_written_once(
    blog_client: Any, method: str, model: str, one: Mapping[str, Any], other: Mapping[str, Any]
) -> None:
    found, written = shapes_after(blog_client, method, model, one, other)

    assert found == written
    assert found is not None


@pytest.mark.parametrize(
    ("method", "model", "one", "other"),
    [
        (
            "update",
            "Post",
            {"where": {"id": "a"}, "data": {"categories": {"connect": [{"id": 1}, {"id": 2}]}}},
            {"where": {"id": "a"}, "data": {"categories": {"connect": [{"id": 1}, {"id": 1}]}}},
        ),
        (
            "update",
            "Post",
            {"where": {"id": "a"}, "data": {"categories": {"set": [{"id": 1}, {"id": 2}]}}},
            {"where": {"id": "a"}, "data": {"categories": {"set": [{"id": 1}, {"id": 1}]}}},
        ),
        ("create", "Types", {"data": {"big": "12"}}, {"data": {"big": "twelve"}}),
        ("create", "Types", {"data": {"document": {"a": "b"}}}, {"data": {"document": {"a": "c"}}}),
        ("create", "Types", {"data": {"exact": "1"}}, {"data": {"exact": "NaN"}}),
        ("find_many", "Post", {"skip": 1}, {"skip": True}),
        ("find_many", "Post", {"where": {"views": None}}, {"where": {"views": 1}}),
        ("find_many", "Post", {"where": None}, {"where": {}}),
        ("find_many", "Post", {"where": {"title": "a"}}, {"where": {"title": {"equals": "a"}}}),
        (
            "find_many",
            "Post",
            {"where": {"AND": [{"title": "a"}, {"views": 1}]}},
            {"where": {"AND": [{"title": "a"}], "views": 1}},
        ),
        ("find_many", "User", {"include": {"posts": True}}, {}),
        ("find_many", "User", {"include": {"posts": False}}, {"include": {"posts": True}}),
    ],
)
def test_what_differs_in_more_than_values_is_another_call(
    blog_client: Any, method: str, model: str, one: Mapping[str, Any], other: Mapping[str, Any]
) -> None:
    for calls in ((one, other), (other, one)):
        found, written = shapes_after(blog_client, method, model, *calls)

        assert found is None or found == written


def upsert(key: str, name: str) -> dict[str, Any]:
    return {"where": {"email": key}, "data": {"create": {"email": key, "name": name}, "update": {"name": name}}}


def test_an_upsert_is_written_once_for_each_way_in_which_its_values_are_equal(blog_client: Any) -> None:
    arguments = [{"where": one["where"], **one["data"]} for one in (upsert("a", "b"), upsert("c", "c"))]

    different = shapes_after(blog_client, "upsert", "User", arguments[0], {**arguments[0], "where": {"email": "d"}})
    same = shapes_after(blog_client, "upsert", "User", *arguments)
    again = shapes_after(blog_client, "upsert", "User", arguments[1], arguments[0], arguments[1])

    assert different[0] is None
    assert same[0] is None
    assert again[0] == again[1]
    assert again[0] is not None


def test_a_value_that_is_data_once_and_text_once_is_always_written(blog_client: Any) -> None:
    data = [{"data": {"big": big}} for big in ("12", "twelve", "13")]

    assert shapes_after(blog_client, "create", "Types", data[0], data[2])[0] is not None
    assert shapes_after(blog_client, "create", "Types", data[1], data[0], data[2])[0] is None


def test_where_there_are_too_many_shapes_those_that_are_used_are_kept(blog_client: Any) -> None:
    pair = Pair(blog_client)
    pair.shapes = Shapes(6)
    used, unused = calls_of_users(blog_client, {"name": "a"}, {"email": "a"})
    others = calls_of_users(blog_client, *({"name": "a", "OR": [{}] * number} for number in range(1, 30)))

    assert (pair.found(used), pair.found(unused)) == (None, None)
    for call in others:
        assert pair.found(call) is None
        assert pair.found(call) == pair.written(call)
        assert pair.found(used) == pair.written(used)
    assert [pair.found(call) for call in (unused, *others[:-2])] == [None] * 28


def test_of_a_shape_with_too_many_texts_none_is_kept_for_long(blog_client: Any) -> None:
    pair = Pair(blog_client)
    pair.shapes = Shapes(6)
    pages = [Call("find_many", {"take": size}, blog_client.models.User) for size in range(1, 30)]

    for page in pages:
        assert pair.found(page) is None
        assert pair.found(page) == pair.written(page)
    assert [pair.found(page) for page in pages[:-4]] == [None] * 25


def calls_of_users(package: Any, *filters: Mapping[str, Any]) -> list[Call]:
    """Searches, each of a shape of its own."""
    return [Call("find_many", {"where": where}, package.models.User) for where in filters]


def test_a_shape_that_is_always_written_is_known_as_that() -> None:
    shapes: Shapes[int] = Shapes(6)
    shapes.learn("find_many", None, {"field": {}}, None, 1)

    for number in range(30):
        shapes.learn("find_many", None, {f"field {number}": {}}, None, number)
        assert shapes.find("find_many", None, {"field": {}}) is None
    assert shapes.find("find_many", None, {"field 0": {}}) == (None, [])
