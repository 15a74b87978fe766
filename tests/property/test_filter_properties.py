"""Random filters and pages over random rows, compared with a model of them in Python."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import dropwhile
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from fix_property import Stage

Row = dict[str, Any]
Where = dict[str, Any]
Truth = bool | None
"""What SQL makes of a condition: None is unknown."""

# The rows

ROLES: Final = ["READER", "WRITER", "ADMIN"]
NAMES: Final = st.text("aAbB%_é ", max_size=3)
TITLES: Final = st.text("ab", max_size=2)  # sorted alike by every collation
AGES: Final = st.integers(0, 4)
VIEWS: Final = st.integers(0, 3)
SCORES: Final = st.sampled_from([-1.5, 0.0, 0.1, 2.0])
TAGS: Final = st.lists(st.sampled_from("abc"), max_size=2)
MOST_USERS: Final = 6
USER_IDS: Final = st.integers(1, MOST_USERS)

USER: Final = st.fixed_dictionaries(
    {
        "name": st.none() | NAMES,
        "age": st.none() | AGES,
        "score": SCORES,
        "active": st.booleans(),
        "role": st.sampled_from(ROLES),
        "tags": TAGS,
        "managerId": st.none() | USER_IDS,
    }
)
POST: Final = st.fixed_dictionaries(
    {"title": TITLES, "views": VIEWS, "published": st.booleans(), "authorId": st.none() | USER_IDS}
)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Users and posts that refer to users who exist."""
    users = draw(st.lists(USER, max_size=MOST_USERS))
    posts = draw(st.lists(POST, max_size=8, unique_by=lambda post: (post["title"], post["authorId"])))
    known = range(1, len(users) + 1)
    return {
        "user": [
            {**user, "id": number, "managerId": user["managerId"] if user["managerId"] in known else None}
            for number, user in enumerate(users, 1)
        ],
        "post": [
            {**post, "id": str(number)} for number, post in enumerate(posts) if post["authorId"] in {None, *known}
        ],
    }


INSERTS: Final = {
    "user": """
        INSERT INTO users (id, email, full_name, age, score, active, role, tags, "managerId", changed)
        SELECT id, id::text, name, age, score, active, replace(role, 'ADMIN', 'administrator')::"Role", tags,
               "managerId", now()
        FROM jsonb_to_recordset($1::jsonb) AS r (id int, name text, age int, score float8, active bool, role text,
                                                 tags text[], "managerId" int)
        """,
    "post": """
        INSERT INTO "Post" (id, title, views, published, "authorId")
        SELECT id, title, views, published, "authorId"
        FROM jsonb_to_recordset($1::jsonb) AS r (id text, title text, views int, published bool, "authorId" int)
        """,
}


async def fill(client: Any, rows: Mapping[str, list[Row]]) -> None:
    """Make the tables hold these rows and no others."""
    async with client.batch_() as batch:
        batch.execute_raw('DELETE FROM "Post"')
        batch.execute_raw("DELETE FROM users")
        for model, insert in INSERTS.items():
            batch.execute_raw(insert, json.dumps(rows[model]))


# The filters


def among(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, max_size=3)


def operators(**named: st.SearchStrategy[Any]) -> st.SearchStrategy[Where]:
    """One or two conditions of one field, or the opposite of that."""
    some = st.lists(st.sampled_from(sorted(named)), min_size=1, max_size=2, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: named[name] for name in names})
    )
    return some | some.map(lambda conditions: {"not": conditions})


def equality(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | values.map(lambda value: {"not": value})


def numeric(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Where]:
    comparisons = dict.fromkeys(["equals", "gt", "gte", "lt", "lte"], values)
    return operators(**comparisons, **{"in": among(values), "not_in": among(values)})


def textual(values: st.SearchStrategy[str]) -> st.SearchStrategy[Where]:
    searches = dict.fromkeys(["equals", "contains", "startswith", "endswith"], values)
    conditions = operators(**searches, **{"in": among(values), "not_in": among(values)})
    return conditions | conditions.map(lambda found: {**found, "mode": "insensitive"})


def optional(conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return conditions | st.sampled_from([None, {"not": None}, {"equals": None}])


FIELDS: Final[Mapping[str, Mapping[str, st.SearchStrategy[Any]]]] = {
    "user": {
        "name": optional(equality(NAMES) | textual(NAMES)),
        "age": optional(equality(AGES) | numeric(AGES)),
        "score": equality(SCORES) | numeric(SCORES),
        "active": equality(st.booleans()),
        "role": equality(st.sampled_from(ROLES))
        | operators(**dict.fromkeys(["in", "not_in"], among(st.sampled_from(ROLES)))),
        "tags": st.one_of(
            st.fixed_dictionaries({"has": st.sampled_from("abc")}),
            st.fixed_dictionaries({"has_every": TAGS}),
            st.fixed_dictionaries({"has_some": TAGS}),
            st.fixed_dictionaries({"is_empty": st.booleans()}),
            st.fixed_dictionaries({"equals": TAGS}),
        ),
    },
    "post": {
        "title": equality(TITLES) | textual(TITLES) | operators(gt=TITLES, lte=TITLES),
        "views": equality(VIEWS) | numeric(VIEWS),
        "published": equality(st.booleans()),
        "authorId": optional(equality(USER_IDS) | numeric(USER_IDS)),
    },
}

MANY: Final = ("some", "none", "every")
ONE: Final = ("is", "is_not")
RELATIONS: Final[Mapping[str, Mapping[str, tuple[str, Sequence[str]]]]] = {
    "user": {"posts": ("post", MANY), "reports": ("user", MANY), "manager": ("user", ONE)},
    "post": {"author": ("user", ONE)},
}
"""The model behind a relation, and how filters ask for it."""


@lru_cache
def wheres(model: str, depth: int) -> st.SearchStrategy[Where]:
    """Filters of a model that nest so deep."""
    conditions = dict(FIELDS[model])
    if depth:
        inner = wheres(model, depth - 1)
        # never empty: Prisma's compiler leaves out an empty OR inside another group instead of finding nothing
        conditions |= dict.fromkeys(["AND", "OR", "NOT"], st.lists(inner, min_size=1, max_size=3))
        conditions |= {
            field: optional_relation(wheres(related, depth - 1), quantifiers)
            for field, (related, quantifiers) in RELATIONS[model].items()
        }
    single = [values.map(partial(_named, name)) for name, values in conditions.items()]
    return st.lists(st.one_of(single), min_size=1, max_size=2).map(_merged)


def optional_relation(inner: st.SearchStrategy[Where], quantifiers: Sequence[str]) -> st.SearchStrategy[Where]:
    asked = st.sampled_from(quantifiers).flatmap(lambda word: st.fixed_dictionaries({word: inner}))
    return asked | st.sampled_from([{"is": None}, {"is_not": None}]) if quantifiers is ONE else asked


def _named(name: str, value: Any) -> Where:
    return {name: value}


def _merged(parts: Iterable[Where]) -> Where:
    return {name: value for part in parts for name, value in part.items()}


# The model: what PostgreSQL makes of the filters


def opposite(truth: Truth) -> Truth:
    return None if truth is None else not truth


def every(truths: Iterable[Truth]) -> Truth:
    found = set(truths)
    return False if False in found else None if None in found else True


def some(truths: Iterable[Truth]) -> Truth:
    return opposite(every(map(opposite, truths)))


def like(value: str, pattern: str, *, insensitive: bool) -> bool:
    """Whether text is LIKE a pattern; Prisma leaves its wildcards in what a filter asks for."""
    parts = [{"%": ".*", "_": "."}.get(character) or re.escape(character) for character in pattern]
    return re.fullmatch("".join(parts), value, re.DOTALL | (re.IGNORECASE if insensitive else 0)) is not None


def equal(value: Any, other: Any, *, insensitive: bool) -> bool:
    return like(value, other, insensitive=True) if insensitive else value == other


def contained(value: Any, others: Iterable[Any], *, insensitive: bool) -> bool:
    return value.lower() in map(str.lower, others) if insensitive else value in others


OPERATORS: Final[Mapping[str, Callable[..., bool]]] = {
    "equals": equal,
    "in": contained,
    "not_in": lambda value, others, insensitive: not contained(value, others, insensitive=insensitive),
    "gt": lambda value, other, insensitive: value > other,
    "gte": lambda value, other, insensitive: value >= other,
    "lt": lambda value, other, insensitive: value < other,
    "lte": lambda value, other, insensitive: value <= other,
    "contains": lambda value, other, insensitive: like(value, f"%{other}%", insensitive=insensitive),
    "startswith": lambda value, other, insensitive: like(value, f"{other}%", insensitive=insensitive),
    "endswith": lambda value, other, insensitive: like(value, f"%{other}", insensitive=insensitive),
    "has": lambda value, other, insensitive: other in value,
    "has_every": lambda value, others, insensitive: set(others) <= set(value),
    "has_some": lambda value, others, insensitive: not set(others).isdisjoint(value),
    "is_empty": lambda value, empty, insensitive: (not value) == empty,
}


def compared(value: Any, operator: str, other: Any, *, insensitive: bool) -> Truth:
    if other is None:
        return value is None
    if value is None:
        return {"in": False, "not_in": True}.get(operator) if other == [] else None
    return OPERATORS[operator](value, other, insensitive=insensitive)


def field_holds(value: Any, condition: Any) -> Truth:
    """Whether a field's value meets its condition."""
    if not isinstance(condition, dict):
        return compared(value, "equals", condition, insensitive=False)
    insensitive = condition.get("mode") == "insensitive"
    test = partial(compared, value, insensitive=insensitive)
    return every(
        _refuted(test, other) if operator == "not" else test(operator, other)
        for operator, other in condition.items()
        if operator != "mode"
    )


def _refuted(test: Callable[[str, Any], Truth], condition: Any) -> Truth:
    """Prisma turns each condition below a `not` into its opposite, and all of these must hold."""
    conditions = condition if isinstance(condition, dict) else {"equals": condition}
    return every(opposite(test(operator, other)) for operator, other in conditions.items())


class Model:
    """The rows, and which of them a filter finds."""

    def __init__(self, rows: Mapping[str, list[Row]]) -> None:
        self._rows = rows
        self._users = {user["id"]: user for user in rows["user"]}

    def found(self, model: str, where: Where) -> list[Any]:
        """The ids of the rows for which a filter is true, in order."""
        return [row["id"] for row in self._rows[model] if self._holds(model, row, where) is True]

    def _holds(self, model: str, row: Row | None, where: Where) -> Truth:
        return every(self._part_holds(model, row, name, value) for name, value in where.items())

    def _part_holds(self, model: str, row: Row | None, name: str, value: Any) -> Truth:
        if name in _LOGIC:
            return _LOGIC[name](self._holds(model, row, inner) for inner in value)
        if name not in RELATIONS[model]:
            return field_holds(None if row is None else row[name], value)
        ((quantifier, inner),) = value.items()
        related, quantifiers = RELATIONS[model][name]
        if quantifiers is ONE:
            return self._one_holds(related, self._one(row, name), inner, is_=quantifier == "is")
        return _QUANTIFIERS[quantifier](self._holds(related, other, inner) for other in self._many(row, name))

    def _one_holds(self, model: str, row: Row | None, where: Where | None, *, is_: bool) -> Truth:
        if where is None:
            return (row is None) == is_
        holds = self._holds(model, row, where)  # of a row that is not there every column is null
        return every([holds, row is not None]) if is_ else some([opposite(holds), row is None])

    def _one(self, row: Row | None, name: str) -> Row | None:
        return None if row is None else self._users.get(row["managerId" if name == "manager" else "authorId"])

    def _many(self, row: Row | None, name: str) -> list[Row]:
        table, key = {"posts": ("post", "authorId"), "reports": ("user", "managerId")}[name]
        return [] if row is None else [other for other in self._rows[table] if other[key] == row["id"]]


_LOGIC: Final[Mapping[str, Callable[[Iterable[Truth]], Truth]]] = {
    "AND": every,
    "OR": some,
    "NOT": lambda truths: every(map(opposite, truths)),
}
_QUANTIFIERS: Final[Mapping[str, Callable[[Iterable[Truth]], Truth]]] = {
    "some": lambda truths: any(truth is True for truth in truths),
    "none": lambda truths: not any(truth is True for truth in truths),
    "every": lambda truths: not any(truth is False for truth in truths),
}


@settings(max_examples=300)
@given(rows=tables(), question=st.sampled_from(["user", "post"]).flatmap(lambda m: st.tuples(st.just(m), wheres(m, 3))))
def test_filters_find_what_three_valued_logic_finds(
    blog_stage: Stage, rows: dict[str, list[Row]], question: tuple[str, Where]
) -> None:
    model, where = question
    expected = Model(rows).found(model, where)

    async def example() -> None:
        await fill(blog_stage.client, rows)
        table = getattr(blog_stage.client, model)
        records = await table.find_many(where=where, order={"id": "asc"})
        assert [record.id for record in records] == expected
        assert await table.count(where=where) == len(expected)

    blog_stage.run(example())


# Pages

RANKS: Final[Mapping[str, Callable[[Any], float]]] = {
    "age": float,
    "score": float,
    "active": float,
    "role": ROLES.index,
    "id": float,
}
SORTED: Final = [field for field in RANKS if field != "id"]
ORDERS: Final = st.lists(
    st.tuples(st.sampled_from(SORTED), st.sampled_from(["asc", "desc"])), max_size=2, unique_by=lambda o: o[0]
).map(lambda order: [*order, ("id", "asc")])  # only then is the order of equal rows known


def _is_paged_in_order(arguments: Mapping[str, Any]) -> bool:
    """Not where the cursor's record may have a null: Prisma then makes all rows distinct before it looks for it."""
    return not ({"cursor", "distinct"} <= arguments.keys() and "age" in dict(arguments["order"]))


PAGES: Final = st.fixed_dictionaries(
    {"order": ORDERS},
    optional={
        "take": st.integers(-4, 4),
        "skip": st.integers(0, 3),
        "cursor": USER_IDS.map(lambda number: {"id": number}),
        "distinct": st.lists(st.sampled_from(["age", "active", "role"]), min_size=1, max_size=2, unique=True),
    },
).filter(_is_paged_in_order)


def position(row: Row, field: str) -> float:
    """Where a value stands in ascending order: null is greater than everything."""
    return math.inf if row[field] is None else RANKS[field](row[field])


def in_order(rows: Iterable[Row], order: Sequence[tuple[str, str]]) -> list[Row]:
    """The rows sorted as PostgreSQL does it."""
    result = list(rows)
    for field, direction in reversed(order):
        result.sort(key=partial(position, field=field), reverse=direction == "desc")
    return result


def distinct(rows: Iterable[Row], fields: Sequence[str]) -> list[Row]:
    """The first row of each combination of values."""
    firsts: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        firsts.setdefault(tuple(row[field] for field in fields), row)
    return list(firsts.values())


def page(rows: Sequence[Row], arguments: Mapping[str, Any]) -> list[Any]:
    """The ids of a page: a negative `take` counts from the end, or back from the cursor."""
    take = arguments.get("take", len(rows))
    step = -1 if take < 0 else 1
    result = in_order(rows, arguments["order"])[::step]
    if "cursor" in arguments:
        result = list(dropwhile(lambda row: row["id"] != arguments["cursor"]["id"], result))
    if "distinct" in arguments:
        result = distinct(result, arguments["distinct"])
    skip = arguments.get("skip", 0)
    return [row["id"] for row in result[skip : skip + abs(take)][::step]]


@settings(max_examples=300)
@given(rows=tables(), arguments=PAGES)
def test_pages_are_slices_of_the_sorted_rows(
    blog_stage: Stage, rows: dict[str, list[Row]], arguments: dict[str, Any]
) -> None:
    async def example() -> None:
        await fill(blog_stage.client, rows)
        asked = {**arguments, "order": [{field: direction} for field, direction in arguments["order"]]}
        records = await blog_stage.client.user.find_many(**asked)
        assert [record.id for record in records] == page(rows["user"], arguments)

    blog_stage.run(example())
