"""Long results, of which rows and objects are made slice by slice, hold what short ones do, and fail as they do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, Final

import pytest

COUNTS: Final = [1, 99, 100, 1000, 2500]
UTC: Final = timezone.utc
FILL: Final = """
INSERT INTO "Post" (id, title, views, created, "authorId")
SELECT lpad(n::text, 5, '0'), 'title ' || n, n, timestamp '2024-01-01' + n * interval '1 ms', NULL
FROM generate_series(1, $1::int) AS n
"""


async def filled(client: Any, count: int) -> Any:
    """The table of so many posts."""
    assert await client.execute_raw(FILL, count) == count
    return client.post


@pytest.mark.parametrize("count", COUNTS)
async def test_a_result_of_any_length_has_the_objects_that_are_found_one_by_one(blog: Any, count: int) -> None:
    posts = await filled(blog, count)
    found = await posts.find_many(order={"id": "asc"})
    assert [post.views for post in found] == list(range(1, count + 1))
    for post in (found[0], found[count // 2], found[-1]):
        alone = await posts.find_unique(where={"id": post.id})
        assert post == alone
        assert repr(post) == repr(alone)
        assert list(vars(post)) == list(vars(alone))
        assert post.model_fields_set == alone.model_fields_set
        assert post.created.tzinfo is alone.created.tzinfo is UTC


async def test_infinite_instants_are_the_last_and_first_between_others(blog: Any) -> None:
    posts = await filled(blog, 2500)
    await blog.execute_raw("""UPDATE "Post" SET created = 'infinity' WHERE views = 1500""")
    await blog.execute_raw("""UPDATE "Post" SET created = '-infinity' WHERE views = 2500""")
    found = await posts.find_many(order={"id": "asc"})
    assert found[1499].created == datetime.max.replace(tzinfo=UTC)
    assert found[2499].created == datetime.min.replace(tzinfo=UTC)
    assert found[1498].created == datetime(2024, 1, 1, 0, 0, 1, 499_000, UTC)


@pytest.mark.parametrize("count", COUNTS)
async def test_an_instant_that_python_does_not_have_is_one_error_in_results_of_any_length(
    blog: Any, blog_client: Any, count: int
) -> None:
    posts = await filled(blog, count)
    await blog.execute_raw("""UPDATE "Post" SET created = '0044-03-15 BC' WHERE views = $1""", count)
    with pytest.raises(blog_client.errors.DataError, match="date value out of range") as one:
        await posts.find_first(where={"views": count})
    with pytest.raises(blog_client.errors.DataError) as many:
        await posts.find_many()
    assert str(many.value) == str(one.value)
    assert (many.value.code, many.value.data) == (one.value.code, one.value.data)
    assert await posts.count() == count


class Reader:
    """A program's own engine around the client's: it sees each answer."""

    def __init__(self, inner: Any, see: Callable[[Any], None]) -> None:
        self._inner = inner
        self._see = see

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def query(self, content: str, *, tx_id: str | None) -> Any:
        answer = await self._inner.query(content, tx_id=tx_id)
        self._see(answer["data"]["result"])
        return answer


@pytest.mark.parametrize("count", COUNTS)
async def test_an_object_around_the_engine_gets_lists_of_dictionaries(
    blog: Any, blog_client: Any, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    posts = await filled(blog, count)
    seen: list[Any] = []
    monkeypatch.setattr(blog, "_internal_engine", Reader(blog._internal_engine, seen.append))  # noqa: SLF001  # the seam
    found = await posts.find_many(order={"id": "asc"})
    [rows] = seen
    assert (type(rows), {type(row) for row in rows}) == (list, {dict})
    assert [blog_client.models.Post(**row) for row in rows] == found

    await blog.execute_raw("""UPDATE "Post" SET created = '0044-03-15 BC' WHERE views = $1""", count)
    with pytest.raises(blog_client.errors.DataError, match="date value out of range"):
        await posts.find_many()
