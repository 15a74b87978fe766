"""Finding messages by their words, with the index that a project may add."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import pytest

from database import DatabaseService, MessageNotFoundError, WordIndexMissingError
from fix_hostile import Watch
from integration.test_search_messages import skip_without_letters
from prisma_engine import migrate
from steps import PROJECT

START: Final = datetime(2024, 5, 6, 12, tzinfo=timezone.utc)
GAPS: Final = (0, 0, 0.001, 1, 15, 70, 5_000, 90_000, 3_000_000, 40_000_000)
"""Seconds between messages, so that they are in one stretch of the index, in neighbours, and in those far away."""


async def store(db: Any, *contents: str, session_id: str = "chat") -> None:
    await db.sessions.get_or_create_session(id=session_id)
    await db.messages.create_messages(session_id, [{"content": content, "role": "user"} for content in contents])


async def index(db: Any) -> None:
    """Add the index."""
    await db.client.execute_raw(await db.messages.word_index_sql())


async def found(db: Any, words: str, **arguments: Any) -> list[str]:
    """The contents of what a search by words finds."""
    return [message.content for message in await db.messages.search_messages(words, by="words", **arguments)]


async def test_words_are_found_whole_in_any_order_and_case(either: Any) -> None:
    await index(either)
    await store(either, "Tea or coffee?", "Coffee, black.", "teas", "black TEA")
    assert await found(either, "tea") == ["black TEA", "Tea or coffee?"]
    assert await found(either, "tea black") == ["black TEA"]
    assert await found(either, '"coffee black"') == ["Coffee, black."]
    assert await found(either, "coffee -tea") == ["Coffee, black."]
    assert await found(either, "teas or coffee", limit=2) == ["teas", "Coffee, black."]
    assert await found(either, "-coffee", session_id="chat") == ["black TEA", "teas"]
    for words in ("-coffee", "tea or -coffee"):
        with pytest.raises(ValueError, match=f"The words '{words}' only say what a message must not have"):
            await found(either, words)
    assert await found(either, "?!") == await found(either, "nobody said that") == []


async def test_words_are_found_beside_the_marks_of_any_language(db: DatabaseService) -> None:
    await skip_without_letters(db)
    await index(db)
    contents = ["„Ärger“", "so—ärger…", "«ärger»", "ÄRGER\u00a0macht", "ärger\uff0c没", "Ärgernis"]
    await store(db, *contents)
    assert await found(db, "ärger") == contents[:5][::-1]
    assert await found(db, "„ÄRGER“ macht") == ["ÄRGER\u00a0macht"]


@pytest.mark.parametrize("word", ["all", "half", "few", "old", "new", "all -half", "never"])
async def test_pages_are_newest_first_and_have_each_message_once(db: DatabaseService, word: str) -> None:
    await index(db)
    time: datetime = START
    rows: list[Any] = []
    for number in range(120):
        time += timedelta(seconds=GAPS[number * 7 % len(GAPS)])
        names = {"all": True, "half": number % 2, "few": number % 40 == 3, "old": number < 60, "new": number >= 60}
        content = " ".join(name for name, has in names.items() if has)
        rows.append(
            {
                "id": f"{number * 37 % 120:03}",
                "content": content,
                "role": "user",
                "createdAt": time,
                "sessionId": "chat",
            }
        )
    await db.sessions.create_session(id="chat")
    await db.client.message.create_many(data=rows)
    wanted, *others = word.split(" -")
    expected = sorted(
        (
            (row["createdAt"], row["id"])
            for row in rows
            if wanted in str(row["content"]).split() and not {*others} & {*str(row["content"]).split()}
        ),
        reverse=True,
    )
    for limit in (1, 7, 500):
        walked: list[Any] = []
        while page := await db.messages.search_messages(
            word, by="words", limit=limit, after=walked[-1] if walked else None
        ):
            assert len(page) <= limit
            walked += page
        assert [(message.createdAt, message.id) for message in walked] == expected


async def test_pages_follow_a_message_that_was_deleted_or_an_id(db: DatabaseService) -> None:
    await index(db)
    await store(db, *(f"word {number}" for number in range(5)))
    for by in ("words", "text"):
        mode: Any = by
        [_, second] = await db.messages.search_messages("word", by=mode, limit=2)
        assert second.content == "word 3"
        page = await db.messages.search_messages("word", by=mode, after=second.id, limit=2)
        assert [message.content for message in page] == ["word 2", "word 1"]
        with pytest.raises(MessageNotFoundError, match="nobody"):
            await db.messages.search_messages("word", by=mode, after="nobody")
    await db.messages.delete_message(second.id)
    assert await found(db, "word", after=second) == ["word 2", "word 1", "word 0"]


async def test_one_session_is_searched_without_the_index(either: Any) -> None:
    await store(either, "hello one", session_id="one")
    await store(either, "hello two", "and hello", session_id="two")
    assert await found(either, "hello", session_id="two") == ["and hello", "hello two"]
    assert await found(either, "hello", session_id="two", limit=1) == ["and hello"]


async def test_all_sessions_need_the_index_whole(db: DatabaseService, watch: Watch) -> None:
    await store(db, "hello")
    with pytest.raises(WordIndexMissingError, match="make db-search"):
        await found(db, "hello")
    await index(db)
    assert await found(db, "hello") == ["hello"]
    await watch.execute("""UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"Message_words_idx"'::regclass""")
    with pytest.raises(WordIndexMissingError):
        await found(db, "hello")


async def test_a_message_of_more_words_than_postgresql_takes_is_stored(db: DatabaseService) -> None:
    await index(db)
    long = " ".join(f"{number:07}" for number in range(400_000))
    await store(db, long, "🙂ß漢" * 200_000, "last")
    assert await found(db, "0000001") == [long]
    assert await found(db, "0399999") == []  # after the first 100,000 characters
    assert await found(db, "漢" * 500) == await found(db, "🙂" * 500) == []
    with pytest.raises(ValueError, match="have 501 characters: 500 is the most"):
        await found(db, "a" * 501)
    with pytest.raises(ValueError, match="by is 'letters', but it must be 'text' or 'words'"):
        await db.messages.search_messages("a", by="letters")  # type: ignore[arg-type]  # what is refused


@pytest.mark.parametrize("word", ["common", "rare", "nothing"])
async def test_a_page_reads_few_messages_by_the_index_whatever_the_word(
    unused_db: DatabaseService, statements: set[str], word: str
) -> None:
    await index(unused_db)
    await unused_db.sessions.create_session(id="chat")
    contents = ["common rare" if number % 600 == 0 else "common" for number in range(6_000)]
    await unused_db.client.message.create_many(
        data=[
            {"content": content, "role": "user", "sessionId": "chat", "createdAt": START + timedelta(minutes=number)}
            for number, content in enumerate(contents)
        ]
    )
    await unused_db.client.execute_raw("ANALYZE")
    statements.clear()
    assert len(await found(unused_db, word, limit=10)) == {"common": 10, "rare": 10, "nothing": 0}[word]
    plans = [await plan(unused_db, text, word) for text in [*statements] if "found" in text]
    assert plans
    assert all("Message_words_idx" in names(one) for one in plans)
    assert sum(read(one) for one in plans) <= 10 * 16


async def plan(db: DatabaseService, statement: str, word: str) -> Any:
    """What PostgreSQL did for a search; of the windows, the one of the last 85 minutes."""
    last = (START + timedelta(minutes=5_999)).timestamp() // 1024
    window = (
        [[int(number) * 5 + 1 for number in (last - 4, last - 3, last - 2, last - 1, last)]]
        if "$6" in statement
        else []
    )
    far = datetime(9999, 1, 1, tzinfo=timezone.utc)
    [row] = await db.client.query_raw(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", word, far, "", "", 10, *window)
    return row["QUERY PLAN"][0]["Plan"]


def names(plan: Any) -> set[str]:
    """The indexes of a plan."""
    return {plan.get("Index Name", "")}.union(*map(names, plan.get("Plans", ())))


def read(plan: Any) -> int:
    """How many messages PostgreSQL has read, by the plan of what it ran."""
    own = plan["Actual Rows"] + plan.get("Rows Removed by Index Recheck", 0) if "Relation Name" in plan else 0
    return int(own) + sum(map(read, plan.get("Plans", ())))


@pytest.mark.direct("migrations lock a session: they go past it")
async def test_a_migration_adds_the_index_and_the_next_one_leaves_it(database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(PROJECT / "migrations", folder)
    await migrate.deploy(database_url, folder)
    script = folder / "20990101000000_message_words" / "migration.sql"
    script.parent.mkdir()
    async with DatabaseService(url=database_url) as db:
        script.write_text(await db.messages.word_index_sql(), "utf-8")
        assert await migrate.deploy(database_url, folder) == [script.parent.name]
        schema = [("schema.prisma", (PROJECT / "schema.prisma").read_text("utf-8"))]
        again = await migrate.dev(schema, url=database_url, folder=folder, name="nothing")
        assert (again.created, again.applied) == (None, [])
        await store(db, "still there")
        assert await found(db, "there") == ["still there"]
