"""Calls of a generated client, from the request to the result, on a schema with every kind of relation."""

from __future__ import annotations

import re
import shutil
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fix_clients import import_client
from fix_postgres import Server

WHEN = datetime(2024, 2, 29, 23, 59, 59, 123000, timezone.utc)


async def three_users(blog: Any) -> list[Any]:
    return [
        await blog.user.create(
            data={
                "email": f"{name}@example.org",
                "name": name,
                "age": age,
                "posts": {"create": [{"title": f"{name} {number}", "views": number} for number in range(3)]},
            }
        )
        for name, age in [("ada", 36), ("bob", 20), ("eve", None)]
    ]


async def test_a_created_record_has_its_defaults(blog: Any) -> None:
    user = await blog.user.create(data={"email": "ada@example.org"})
    assert (user.id, user.role, user.score, user.active, user.tags) == (1, "READER", 0.0, True, [])
    assert (user.name, user.age, user.settings, user.posts) == (None, None, None, None)


async def test_a_nested_create_stores_both_sides(blog: Any) -> None:
    user = await blog.user.create(
        data={
            "email": "ada@example.org",
            "profile": {"create": {"bio": "b"}},
            "posts": {"create": [{"title": "p", "categories": {"create": [{"name": "c"}]}}]},
        },
        include={"profile": True, "posts": {"include": {"categories": True}}},
    )
    assert user.profile.bio == "b"
    assert [category.name for category in user.posts[0].categories] == ["c"]


async def test_unique_and_compound_keys_find_their_record(blog: Any) -> None:
    users = await three_users(blog)
    await blog.seat.create(data={"row": 1, "number": 2, "holder": "ada"})
    assert (await blog.user.find_unique(where={"email": "bob@example.org"})).id == users[1].id
    assert (await blog.seat.find_unique(where={"row_number": {"row": 1, "number": 2}})).holder == "ada"
    post = await blog.post.find_unique(where={"title_authorId": {"title": "bob 1", "authorId": users[1].id}})
    assert post.views == 1
    assert await blog.user.find_unique(where={"email": "nobody@example.org"}) is None


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"age": 36}, ["ada"]),
        ({"age": None}, ["eve"]),
        ({"age": {"not": None}}, ["ada", "bob"]),
        ({"age": {"gt": 20}}, ["ada"]),
        ({"age": {"gte": 20, "lt": 36}}, ["bob"]),
        ({"age": {"in": [20, 36]}}, ["ada", "bob"]),
        ({"age": {"in": []}}, []),
        ({"age": {"not_in": [20]}}, ["ada"]),
        ({"name": {"not_in": []}}, ["ada", "bob", "eve"]),
        ({"name": {"contains": "d"}}, ["ada"]),
        ({"name": {"startswith": "B", "mode": "insensitive"}}, ["bob"]),
        ({"name": {"endswith": "e"}}, ["eve"]),
        ({"OR": [{"name": "ada"}, {"age": 20}]}, ["ada", "bob"]),
        ({"AND": [{"name": "ada"}, {"age": 20}]}, []),
        ({"NOT": [{"name": "ada"}]}, ["bob", "eve"]),
        ({"posts": {"some": {"title": "bob 1"}}}, ["bob"]),
        ({"posts": {"none": {"title": "bob 1"}}}, ["ada", "eve"]),
        ({"posts": {"every": {"views": {"lt": 9}}}}, ["ada", "bob", "eve"]),
        ({"profile": {"is": {"bio": "x"}}}, []),
        ({"role": "READER"}, ["ada", "bob", "eve"]),
        ({"role": {"in": ["ADMIN", "WRITER"]}}, []),
    ],
)
async def test_filters_find_what_they_describe(blog: Any, where: dict[str, Any], found: list[str]) -> None:
    await three_users(blog)
    users = await blog.user.find_many(where=where, order={"id": "asc"})
    assert [user.name for user in users] == found


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"order": {"age": "desc"}}, ["eve", "ada", "bob"]),
        ({"order": [{"role": "asc"}, {"name": "desc"}]}, ["eve", "bob", "ada"]),
        ({"order": {"name": "asc"}, "take": 2}, ["ada", "bob"]),
        ({"order": {"name": "asc"}, "take": -2}, ["bob", "eve"]),
        ({"order": {"name": "asc"}, "skip": 1}, ["bob", "eve"]),
        ({"order": {"name": "asc"}, "take": 0}, []),
        ({"order": {"name": "asc"}, "cursor": {"email": "bob@example.org"}}, ["bob", "eve"]),
        ({"order": {"name": "asc"}, "cursor": {"email": "bob@example.org"}, "skip": 1}, ["eve"]),
        ({"order": {"name": "asc"}, "cursor": {"email": "eve@example.org"}, "take": -2}, ["bob", "eve"]),
        ({"order": {"name": "asc"}, "distinct": ["role"]}, ["ada"]),
    ],
)
async def test_pages_are_ordered_and_cut(blog: Any, arguments: dict[str, Any], found: list[str]) -> None:
    await three_users(blog)
    assert [user.name for user in await blog.user.find_many(**arguments)] == found


async def test_includes_take_their_own_arguments_for_each_parent(blog: Any) -> None:
    await three_users(blog)
    users = await blog.user.find_many(
        order={"id": "asc"},
        include={"posts": {"where": {"views": {"gte": 1}}, "order_by": {"views": "desc"}, "take": 1}},
    )
    assert [[post.title for post in user.posts] for user in users] == [["ada 2"], ["bob 2"], ["eve 2"]]


async def test_relations_of_a_model_to_itself_nest(blog: Any) -> None:
    ada, bob, eve = await three_users(blog)
    await blog.user.update(where={"id": bob.id}, data={"manager": {"connect": {"id": ada.id}}})
    await blog.user.update(where={"id": eve.id}, data={"manager": {"connect": {"id": bob.id}}})
    found = await blog.user.find_unique(where={"id": ada.id}, include={"reports": {"include": {"reports": True}}})
    assert [[inner.name for inner in user.reports] for user in found.reports] == [["eve"]]


async def test_find_first_takes_the_first_of_the_order(blog: Any) -> None:
    await three_users(blog)
    assert (await blog.user.find_first(order={"name": "desc"})).name == "eve"
    assert await blog.user.find_first(where={"name": "zoe"}) is None


async def test_updates_set_and_compute(blog: Any) -> None:
    user = (await three_users(blog))[0]
    updated = await blog.user.update(
        where={"id": user.id}, data={"age": {"increment": 4}, "score": {"set": 1.5}, "name": None, "tags": ["a", "b"]}
    )
    assert (updated.age, updated.score, updated.name, updated.tags) == (40, 1.5, None, ["a", "b"])
    assert updated.changed >= user.changed


async def test_updating_or_deleting_what_does_not_exist_gives_none(blog: Any) -> None:
    assert await blog.user.update(where={"id": 404}, data={"age": 1}) is None
    assert await blog.user.delete(where={"id": 404}) is None


async def test_nested_writes_change_the_other_side(blog: Any) -> None:
    ada, bob, _ = await three_users(blog)
    await blog.user.update(
        where={"id": ada.id},
        data={
            "posts": {
                "update": [{"where": {"title_authorId": {"title": "ada 0", "authorId": ada.id}}, "data": {"views": 9}}],
                "delete": [{"title_authorId": {"title": "ada 1", "authorId": ada.id}}],
                "connect": [{"title_authorId": {"title": "bob 0", "authorId": bob.id}}],
            }
        },
    )
    found = await blog.user.find_unique(where={"id": ada.id}, include={"posts": {"order_by": [{"title": "asc"}]}})
    assert [(post.title, post.views) for post in found.posts] == [("ada 0", 9), ("ada 2", 2), ("bob 0", 0)]


async def test_many_to_many_relations_connect_create_and_set(blog: Any) -> None:
    await blog.category.create(data={"name": "old"})
    post = await blog.post.create(
        data={
            "title": "p",
            "categories": {
                "connect": [{"name": "old"}],
                "connect_or_create": [{"where": {"name": "new"}, "create": {"name": "new"}}],
            },
        },
        include={"categories": {"order_by": {"name": "asc"}}},
    )
    assert [category.name for category in post.categories] == ["new", "old"]
    post = await blog.post.update(
        where={"id": post.id}, data={"categories": {"set": [{"name": "old"}]}}, include={"categories": True}
    )
    assert [category.name for category in post.categories] == ["old"]


async def test_upsert_creates_once_and_then_updates(blog: Any) -> None:
    data = {"create": {"email": "ada@example.org", "age": 1}, "update": {"age": {"increment": 1}}}
    first = await blog.user.upsert(where={"email": "ada@example.org"}, data=data)
    second = await blog.user.upsert(where={"email": "ada@example.org"}, data=data)
    assert (first.id, first.age) == (second.id, 1)
    assert second.age == 2


async def test_many_rows_are_created_updated_counted_and_deleted_at_once(blog: Any) -> None:
    rows = [{"row": number // 10, "number": number % 10} for number in range(25)]
    assert await blog.seat.create_many(data=[*rows, {"row": 9, "number": 9, "holder": "ada"}]) == 26
    assert await blog.seat.create_many(data=rows[:3], skip_duplicates=True) == 0
    assert await blog.seat.update_many(where={"row": 2}, data={"holder": "bob"}) == 5
    assert await blog.seat.count() == 26
    assert await blog.seat.count(where={"holder": "bob"}) == 5
    assert await blog.seat.count(select={"_all": True, "holder": True}) == {"_all": 26, "holder": 6}
    assert await blog.seat.delete_many(where={"row": {"in": [0, 1]}}) == 20
    assert await blog.seat.create_many(data=[]) == 0


async def test_rows_that_fail_leave_none_of_them(blog: Any, blog_client: Any) -> None:
    rows = [{"row": 1, "number": 1}, {"row": 2, "number": 2, "holder": "x"}, {"row": 1, "number": 1}]
    with pytest.raises(blog_client.errors.UniqueViolationError):
        await blog.seat.create_many(data=rows)
    assert await blog.seat.count() == 0


async def test_more_rows_than_one_statement_takes_are_stored_together(blog: Any) -> None:
    rows = [{"row": 1, "number": number, "holder": "x"} for number in range(12_000)]
    assert await blog.seat.create_many(data=rows) == 12_000
    assert await blog.seat.count() == 12_000


async def test_values_of_every_type_come_back_as_they_were(blog: Any, blog_client: Any) -> None:
    data = {
        "text": "a\U0001f9d1",
        "whole": -(2**31),
        "big": 2**63 - 1,
        "real": 0.1,
        "exact": Decimal("12345678901234567890.123456789"),
        "truth": False,
        "moment": WHEN,
        "document": blog_client.Json({"a": [1.5, None, "x"]}),
        "raw": blog_client.Base64.encode(b"\x00\xff"),
        "role": "ADMIN",
        "texts": ["a", ""],
        "wholes": [1, 2],
        "bigs": [2**40],
        "reals": [0.5],
        "truths": [True, False],
        "moments": [WHEN],
        "documents": [blog_client.Json([1])],
        "roles": ["ADMIN", "READER"],
    }
    stored = await blog.types.create(data=data)
    assert await blog.types.find_unique(where={"id": stored.id}) == stored
    expected = {**data, "document": {"a": [1.5, None, "x"]}, "documents": [[1]]}
    assert {key: getattr(stored, key) for key in data} == expected


async def test_errors_are_the_clients_own_with_prismas_codes(blog: Any, blog_client: Any) -> None:
    errors = blog_client.errors
    await three_users(blog)
    with pytest.raises(errors.UniqueViolationError) as unique:
        await blog.user.create(data={"email": "ada@example.org"})
    assert unique.value.code == "P2002"
    with pytest.raises(errors.ForeignKeyViolationError) as foreign:
        await blog.profile.create(data={"bio": "b", "userId": 404})
    assert foreign.value.code == "P2003"
    with pytest.raises(errors.FieldNotFoundError) as field:
        await blog.user.find_many(where={"nope": 1})
    assert field.value.code == "P2009"
    with pytest.raises(errors.MissingRequiredValueError):
        await blog.user.create(data={})
    with pytest.raises(errors.RecordNotFoundError) as missing:
        await blog.user.find_unique_or_raise(where={"id": 404})
    assert missing.value.code == "P2025"
    with pytest.raises(errors.RecordNotFoundError):
        await blog.post.create(data={"title": "t", "author": {"connect": {"id": 404}}})
    with pytest.raises(errors.UnknownRelationalFieldError):
        await blog.user.find_many(include={"nope": True})


async def test_a_plan_is_compiled_once_for_a_shape(blog: Any) -> None:
    engine = blog._internal_engine  # noqa: SLF001  # what the engine keeps is what this is about
    for number in range(5):
        await blog.user.find_many(where={"age": {"in": list(range(number))}, "name": str(number)})
    assert len(engine._runtime._plans) == 1  # noqa: SLF001  # the same


async def test_a_schema_that_changed_since_the_client_was_generated_is_named(
    blog_folder: Path, blog_url: str, tmp_path: Path
) -> None:
    shutil.copytree(blog_folder / "blog_client", tmp_path / "changed_client")
    module = tmp_path / "changed_client" / "client.py"
    schema = tmp_path / "schema.prisma"
    text = (blog_folder / "schema.prisma").read_bytes()
    assignment = re.compile(r"^SCHEMA_PATH = .*$", re.MULTILINE)
    module.write_text(assignment.sub(f"SCHEMA_PATH = Path({str(schema)!r})", module.read_text(encoding="utf-8")))
    schema.write_bytes(text)
    client = import_client(tmp_path, "changed_client").Prisma(datasource={"url": blog_url}, use_dotenv=False)
    await client.connect()  # another file, and the same bytes
    await client.disconnect()
    schema.write_bytes(text + b"// a comment\n")
    with pytest.warns(UserWarning, match=r"schema\.prisma has changed since the client was generated"):
        await client.connect()
    await client.disconnect()


async def test_a_damaged_compiler_is_an_error_of_the_client_that_says_what_to_do(
    blog_folder: Path, blog_url: str, tmp_path: Path
) -> None:
    package = shutil.copytree(blog_folder / "blog_client", tmp_path / "damaged_client")
    shutil.rmtree(package / "_prisma_engine")
    damaged = import_client(tmp_path, "damaged_client")
    with pytest.raises(damaged.engine.errors.EngineError, match="generate it again"):
        await damaged.Prisma(datasource={"url": blog_url}, use_dotenv=False).connect()


@pytest.mark.direct("in transaction mode the setting would be the next client's, so `pgbouncer=true` does without")
async def test_raw_queries_look_in_the_schema_of_the_url(blog_client: Any, server: Server, blog_url: str) -> None:
    name = blog_url.partition("?")[0].rpartition("/")[2]
    await server.execute('CREATE SCHEMA "my archive"; ALTER TABLE "Seat" SET SCHEMA "my archive"', database=name)
    url = blog_url.replace("schema=public", "schema=my%20archive")
    async with blog_client.Prisma(datasource={"url": url}, use_dotenv=False) as client:
        assert await client.query_raw('SELECT count(*) FROM "Seat"') == [{"count": 0}]
