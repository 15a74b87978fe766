"""What programs for Prisma 5's engine rely on: whom they put around it, what they read in errors, what they get."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Counting:
    """An object of the program's own around the engine."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.queries: list[tuple[str, Any]] = []
        self.others: list[str] = []

    async def query(self, content: Any, *, tx_id: Any) -> Any:
        self.queries.append((str(content), tx_id))
        return await self._inner.query(content, tx_id=tx_id)

    def __getattr__(self, name: str) -> Any:
        self.others.append(name)
        return getattr(self._inner, name)


@pytest.fixture
def counting(types: Any) -> Iterator[Counting]:
    engine = types._engine  # noqa: SLF001  -- as programs do it
    types._internal_engine = wrapper = Counting(engine)  # noqa: SLF001  -- likewise
    yield wrapper
    types._internal_engine = engine  # noqa: SLF001  -- likewise


async def test_an_object_around_the_engine_sees_every_query(types: Any, counting: Counting) -> None:
    record = await types.scalar.create(data={"text": "seen"})
    await types.scalar.find_many(where={"text": "seen"})
    await types.query_raw("SELECT 1 AS one")
    async with types.batch_() as batch:
        batch.scalar.update(where={"id": record.id}, data={"text": "b"})
        batch.execute_raw("SELECT 2")
    texts = [text for text, _ in counting.queries]
    assert all(
        word in text for word, text in zip(("createOneScalar", "findManyScalar", "queryRaw"), texts, strict=False)
    )
    sent = json.loads(texts[3])
    assert sent["transaction"] is True
    assert all(name in query["query"] for name, query in zip(("updateOne", "executeRaw"), sent["batch"], strict=True))
    assert len(texts) == 4


async def test_an_object_around_the_engine_sees_every_transaction(types: Any, counting: Counting) -> None:
    async with types.tx() as tx:
        await tx.scalar.count()
    [(text, tx_id)] = counting.queries
    assert "aggregateScalar" in text
    assert tx_id
    assert counting.others == ["start_transaction", "commit_transaction"]


async def test_results_are_lists_and_dictionaries_and_nothing_of_the_engines_own(types: Any) -> None:
    await types.scalar.create(data={"text": "grouped", "wholes": [1]})
    groups = await types.scalar.group_by(["text"], count=True, max={"whole": True})
    for value in (groups, await types.scalar.find_many(), await types.query_raw("SELECT ARRAY[1] AS a")):
        assert type(value) is list
    assert {type(group) for group in groups} == {dict}
    assert {type(part) for group in groups for part in group.values()} <= {dict, str, type(None)}


async def test_an_error_of_the_server_shows_its_sqlstate_where_it_was(types: Any, types_client: Any) -> None:
    record = await types.scalar.create(data={"text": "locked"})
    async with types.tx() as holder:
        await holder.scalar.update(where={"id": record.id}, data={"text": "held"})
        for call in ("model", "raw"):
            with pytest.raises(types_client.errors.DataError) as raised:
                async with types.tx() as tx:
                    await tx.execute_raw("SET LOCAL lock_timeout = '10ms'")
                    if call == "model":
                        await tx.scalar.update(where={"id": record.id}, data={"text": "late"})
                    else:
                        await tx.execute_raw('UPDATE "Scalar" SET text = $1 WHERE id = $2', "late", record.id)
            error: Any = raised.value
            assert error.data["user_facing_error"]["meta"]["code"] == "55P03"
            if call == "model":
                assert 'PostgresError { code: "55P03", message: "canceling statement due to lock timeout"' in str(error)


async def test_updating_nothing_changes_nothing(types: Any) -> None:
    await types.scalar.create(data={"text": "unchanged"})
    assert await types.scalar.update_many(where={"text": "unchanged"}, data={}) == 0


async def test_a_row_that_a_trigger_does_not_store_is_an_error_of_the_client(types: Any, types_client: Any) -> None:
    await types.execute_raw(
        "CREATE OR REPLACE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF NEW.text = 'swallowed' THEN RETURN NULL; END IF; RETURN NEW; END $$;"
        'CREATE OR REPLACE TRIGGER swallow BEFORE INSERT ON "Scalar" FOR EACH ROW EXECUTE FUNCTION swallow()'
    )
    with pytest.raises(types_client.errors.RecordNotFoundError, match="a trigger has stored nothing"):
        await types.scalar.create(data={"text": "swallowed"})


async def test_a_transaction_whose_failure_was_swallowed_names_the_statement(types: Any, types_client: Any) -> None:
    with pytest.raises(types_client.errors.DataError, match="had failed: SELECT 1 / 0"):
        async with types.tx() as tx:
            with pytest.raises(types_client.errors.RawQueryError):
                await tx.query_raw("SELECT 1 / 0")
            with pytest.raises(types_client.errors.RawQueryError):
                await tx.query_raw("SELECT 2")


async def test_types_that_the_program_registers_are_written(types: Any, types_client: Any) -> None:
    class Name:
        """A type of the program's own."""

    builder = types_client._builder  # noqa: SLF001  -- likewise
    builder.serializer.register(Name, lambda _: "a name")
    builder.serializer.register(uuid.UUID, str)
    key = uuid.uuid4()
    record = await types.scalar.create(
        data={"text": Name(), "document": types_client.Json({"key": key, "name": Name()})}
    )
    assert (record.text, record.document) == ("a name", {"key": str(key), "name": "a name"})


async def test_a_lost_connection_and_a_timeout_are_the_same_in_raw_statements(
    types_client: Any, shared_url: str
) -> None:
    url = f"{shared_url}&socket_timeout=0.3&connection_limit=1&pool_timeout=0.2"
    async with types_client.Prisma(datasource={"url": url}, use_dotenv=False) as client:
        with pytest.raises(types_client.errors.DataError) as raised:
            await client.query_raw("SELECT pg_sleep(30)::text")
        assert raised.value.code == "P1008"
        async with client.tx():
            with pytest.raises(types_client.errors.DataError) as raised:
                await client.query_raw("SELECT 1")
        assert raised.value.code == "P2024"


async def test_a_connection_that_is_cut_is_told_alike(types: Any, types_client: Any, shared_url: str) -> None:
    async with types_client.Prisma(datasource={"url": f"{shared_url}&connection_limit=1"}, use_dotenv=False) as client:
        [row] = await client.query_raw("SELECT pg_backend_pid() AS pid")
        sleeping = asyncio.ensure_future(client.query_raw("SELECT pg_sleep(30)::text"))
        running = (
            "SELECT count(*) AS n FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%sleep%' AND state = 'active'"
        )
        while (await types.query_raw(running, row["pid"]))[0]["n"] == 0:  # noqa: ASYNC110  -- the server has no event for it
            await asyncio.sleep(0)
        await types.query_raw("SELECT pg_terminate_backend($1::int)", row["pid"])
        with pytest.raises(types_client.errors.DataError) as raised:
            await sleeping
        assert raised.value.code == "P1017"
        assert not isinstance(raised.value, types_client.errors.RawQueryError)
