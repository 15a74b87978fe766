"""What programs for Prisma 5's engine rely on: whom they put around it, what they read in errors, what they get."""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from functools import singledispatch
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from prisma_engine import namespace

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Counting:
    """An object of the program's own around the engine."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.queries: list[tuple[str, Any]] = []
        self.results: list[Any] = []
        self.others: list[str] = []

    async def query(self, content: str, *, tx_id: Any) -> Any:
        self.queries.append((content, tx_id))
        self.results.append(await self._inner.query(content, tx_id=tx_id))
        return self.results[-1]

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


async def test_what_an_object_around_the_engine_sees_is_text_and_plain_data(types: Any, counting: Counting) -> None:
    record = await types.scalar.create(data={"text": "plain"})
    [found] = await types.scalar.find_many(where={"id": record.id})
    async with types.batch_() as batch:
        batch.scalar.update(where={"id": record.id}, data={"text": "b"})
        batch.scalar.delete_many(where={"text": "nobody's"})
        batch.execute_raw("SELECT 1")
    [created, read, batched] = counting.results
    assert read["data"]["result"] == [created["data"]["result"]]
    assert type(found) is type(record)
    assert batched["batchResult"][0]["data"]["result"]["text"] == "b"
    assert [result["data"]["result"] for result in batched["batchResult"][1:]] == [{"count": 0}, 1]
    for text, _ in counting.queries:
        assert isinstance(text, str)
        assert re.search("scalar", text, re.IGNORECASE)
        assert text.strip()[:1] + text[1:] == f"{text}" == copy.copy(text)
    assert json.loads(counting.queries[1][0])["query"].startswith("query {\n  result: findManyScalar")


@pytest.mark.parametrize("copied", [str, lambda text: f"{text}", lambda text: "".join(list(text))])
async def test_a_text_may_be_passed_on_as_another_object(types: Any, counting: Counting, copied: Any) -> None:
    query = counting._inner.query  # noqa: SLF001  -- as a wrapper of a program's own calls it
    counting._inner = SimpleNamespace(query=lambda content, tx_id: query(copied(content), tx_id=tx_id))  # noqa: SLF001
    await types.scalar.create(data={"text": "passed on"})
    assert [record.text for record in await types.scalar.find_many(where={"text": "passed on"}, take=1)] == [
        "passed on"
    ]


async def test_a_text_that_was_changed_is_refused(types: Any, types_client: Any, counting: Counting) -> None:
    query = counting._inner.query  # noqa: SLF001  -- likewise
    counting._inner = SimpleNamespace(query=lambda content, tx_id: query(content.lower(), tx_id=tx_id))  # noqa: SLF001
    with pytest.raises(types_client.engine.errors.EngineError, match="can be read, but neither written nor changed"):
        await types.scalar.count()


async def test_calls_that_only_this_engine_takes_pass_an_object_around_it(types: Any, counting: Counting) -> None:
    assert (await types.scalar.create(data={"raw": b"x", "moment": date(2020, 1, 1)})).raw.decode() == b"x"
    assert await namespace.query(types, "SELECT $1::int AS one", 1) == [{"one": 1}]
    assert "create" in counting.queries[0][0]
    assert "queryRaw" in counting.queries[1][0]


class Retrying:
    """An object of the program's own that fails once, and runs what failed again."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.failures = 1

    async def query(self, content: str, *, tx_id: Any) -> Any:
        for _ in range(self.failures + 1):
            with suppress(OSError):
                return await self._failing(content, tx_id)
        raise AssertionError("it has failed too often")

    async def _failing(self, content: str, tx_id: Any) -> Any:
        if self.failures:
            self.failures -= 1
            raise OSError
        return await self._inner.query(content, tx_id=tx_id)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


async def test_a_program_may_make_the_engine(types_client: Any, shared_url: str) -> None:
    class Own(types_client.engine.QueryEngine):  # type: ignore[misc]  # it is known at run time only
        queries: ClassVar[list[str]] = []

        async def query(self, content: str, *, tx_id: Any) -> Any:
            self.queries.append(content)
            return await super().query(content, tx_id=tx_id)

    class Client(types_client.Prisma):  # type: ignore[misc]  # likewise
        def _create_engine(self, dml_path: Path | None = None) -> Any:
            return Retrying(Own(dml_path=dml_path, log_queries=self._log_queries, http_config=self._http_config))

    async with Client(datasource={"url": shared_url}, use_dotenv=False) as client:
        assert await client.query_raw("SELECT 1 AS one") == [{"one": 1}]
        async with client.tx() as tx, tx.batch_() as batch:
            batch.execute_raw("SELECT 2")
    assert [json.loads(text).keys() for text in Own.queries] == [
        {"variables", "operation_name", "query"},
        {"batch", "transaction"},
    ]


async def test_an_object_may_stand_around_the_engine_before_it_is_connected(types_client: Any, shared_url: str) -> None:
    client = types_client.Prisma(datasource={"url": shared_url}, use_dotenv=False)
    client._internal_engine = wrapper = Counting(client._create_engine())  # noqa: SLF001  -- likewise
    await client.connect(timeout=timedelta(seconds=30))
    assert await client.query_first("SELECT 1 AS one") == {"one": 1}
    await client.disconnect()
    assert wrapper.others == ["connect", "aclose", "stop"]
    assert len(wrapper.queries) == 1


@pytest.mark.parametrize("name", ["query", "start_transaction"])
async def test_the_engines_class_may_be_patched(
    types: Any, types_client: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = types_client.engine.AsyncQueryEngine
    usual = getattr(engine, name)
    seen: list[str] = []

    async def patched(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.extend(args or kwargs.values())
        return await usual(self, *args, **kwargs)

    monkeypatch.setattr(engine, name, patched)
    async with types.tx() as tx:
        assert await tx.scalar.find_first(where={"id": 0}) is None
    assert [("findFirstScalar" if name == "query" else "max_wait") in content for content in seen] == [True]


async def test_a_proxy_of_a_method_sees_what_the_method_gets(types: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Tracing:
        """What tracing libraries put around a method: it has all attributes of the method."""

        def __init__(self, method: Any) -> None:
            self._method = method

        def __getattr__(self, name: str) -> Any:
            return getattr(self._method, name)

        def __call__(self, content: str, *, tx_id: Any) -> Any:
            seen.append(json.loads(content)["operation_name"])
            return self._method(content, tx_id=tx_id)

    seen: list[str] = []
    engine = types._engine  # noqa: SLF001  -- likewise
    monkeypatch.setattr(engine, "query", Tracing(engine.query))
    assert await types.scalar.find_first(where={"id": 0}) is None
    assert seen == ["query"]


async def test_the_engine_is_what_programs_ask_for(types: Any, types_client: Any) -> None:
    engine, module = types._engine, types_client.engine  # noqa: SLF001  -- likewise
    for kind in (module.QueryEngine, module.AsyncQueryEngine, module.AbstractEngine, module.BaseAbstractEngine):
        assert isinstance(engine, kind)
    assert types._engine_class is module.query.QueryEngine  # noqa: SLF001  -- likewise
    assert (engine.url, engine.process, engine.file) == (None, None, None)  # there is neither a process nor HTTP
    assert engine.dml_path.name == "schema.prisma"


async def test_a_clients_own_methods_are_coroutine_functions_where_they_were(types_client: Any) -> None:
    methods = [types_client.Prisma._execute, types_client.client.Batch.commit]  # noqa: SLF001  -- likewise
    engine = types_client.engine.QueryEngine
    methods += [engine.query, engine.start_transaction, engine.commit_transaction, engine.rollback_transaction]
    assert all(map(inspect.iscoroutinefunction, methods))


@pytest.mark.parametrize("owner", ["Prisma", "AsyncBasePrisma"])
async def test_what_runs_a_call_may_be_patched(
    types: Any, types_client: Any, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, seen = getattr(types_client.client, owner), []
    usual = kind._execute  # noqa: SLF001  -- likewise

    async def patched(self: Any, **call: Any) -> Any:
        seen.append(call["method"])
        return await usual(self, **call)

    monkeypatch.setattr(kind, "_execute", patched)
    await types.scalar.count()
    await types.query_raw("SELECT 1")
    assert seen == ["count", "query_raw"]


async def test_a_program_may_make_the_query_builder(types: Any, types_client: Any, shared_url: str) -> None:
    class Client(types_client.Prisma):  # type: ignore[misc]  # likewise
        def _make_query_builder(self, *, arguments: dict[str, Any], **call: Any) -> Any:
            if call["method"] == "find_many":
                arguments = {**arguments, "where": {"AND": [arguments["where"] or {}, {"text": "a tenant's"}]}}
            return super()._make_query_builder(arguments=arguments, **call)

    for text in ("a tenant's", "another's"):
        await types.scalar.create(data={"text": text, "whole": 77, "parts": {"create": [{"whole": 78}]}})
    async with Client(datasource={"url": shared_url}, use_dotenv=False) as client:
        [found] = await client.scalar.find_many(
            where={"whole": 77}, include={"parts": True}, order={"id": "asc"}, skip=0
        )
        assert (found.text, [part.whole for part in found.parts]) == ("a tenant's", [78])
        assert len(await types.scalar.find_many(where={"whole": 77})) == 2
        assert await client.query_first("SELECT $1 AS n", 1) == {"n": 1}


async def test_a_value_without_a_form_is_refused_where_a_batch_gets_it(types: Any) -> None:
    batch = types.batch_()
    with pytest.raises(TypeError, match="Type <class 'object'> not serializable"):
        batch.scalar.create(data={"text": object()})
    with pytest.raises(TypeError, match="Type <class 'object'> not serializable"):
        batch.scalar.update_many(where={"texts": {"has_some": ["a", object()]}}, data={"text": "b"})
    await batch.commit()  # nothing has been added


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
        'CREATE TRIGGER swallow BEFORE INSERT ON "Scalar" FOR EACH ROW EXECUTE FUNCTION swallow()'
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


@pytest.fixture
def serializer(types_client: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client's serializer for one test: what is registered with a serializer stays there for the whole process."""
    builder = types_client._builder  # noqa: SLF001  -- likewise
    copied = singledispatch(builder.serializer.registry[object])
    for kind, write in builder.serializer.registry.items():
        copied.register(kind, write)
    monkeypatch.setattr(builder, "serializer", copied)
    return copied


async def test_types_that_the_program_registers_are_written(types: Any, types_client: Any, serializer: Any) -> None:
    class Name:
        """A type of the program's own."""

    serializer.register(Name, lambda _: "a name")
    serializer.register(uuid.UUID, str)
    key = uuid.uuid4()
    record = await types.scalar.create(
        data={"text": Name(), "document": types_client.Json({"key": key, "name": Name()})}
    )
    assert (record.text, record.document) == ("a name", {"key": str(key), "name": "a name"})


async def test_the_program_may_say_how_the_clients_own_types_are_written(types: Any, serializer: Any) -> None:
    east = timezone(timedelta(hours=5))
    naive = datetime(2020, 1, 1, 12)  # noqa: DTZ001  -- that it is naive is the point
    data = {"moment": naive, "moments": [naive], "exact": Decimal("1.239"), "exacts": [Decimal("1.239")]}
    usual = await types.scalar.create(data=data)
    serializer.register(datetime, lambda at: at.replace(tzinfo=at.tzinfo or east).isoformat())
    serializer.register(date, lambda day: f"{day}T12:00:00Z")
    serializer.register(Decimal, lambda number: str(round(number, 2)))
    record = await types.scalar.create(data=data)
    noon = datetime(2020, 1, 1, 7, tzinfo=timezone.utc)
    assert (usual.moment, usual.exact) == (noon + timedelta(hours=5), Decimal("1.239"))
    assert (record.moment, record.moments, record.exact, record.exacts) == (
        noon,
        [noon],
        *(Decimal("1.24"), [Decimal("1.24")]),
    )
    assert await types.scalar.find_many(where={"moment": naive, "exact": {"in": [Decimal("1.2401")]}}) == [record]
    days = [date(2021, 1, 1), date(2021, 1, 2)]
    assert await types.scalar.create_many(data=[{"moment": day} for day in days]) == 2
    assert (
        await types.scalar.count(where={"moment": {"in": [days[0], datetime(2021, 1, 2, 12, tzinfo=timezone.utc)]}})
        == 2
    )


@pytest.mark.parametrize(
    ("field", "written", "read"),
    [
        ("whole", 5, 5),
        ("big", "5", 5),
        ("real", 1.5, 1.5),
        ("exact", Decimal("1.50"), Decimal("1.5")),
        ("truth", True, True),
        ("moment", "2020-01-01T00:00:00Z", datetime(2020, 1, 1, tzinfo=timezone.utc)),
        ("moment", date(2020, 1, 1), datetime(2020, 1, 1, tzinfo=timezone.utc)),
        ("document", '{"a": 1}', {"a": 1}),
        ("colour", "RED", "RED"),
        ("wholes", [5], [5]),
    ],
)
async def test_types_that_the_program_registers_are_written_in_fields_of_every_type(
    types: Any, serializer: Any, field: str, written: Any, read: Any
) -> None:
    class Own(Enum):
        """A type of the program's own, which would be written as nothing of the field's."""

        ONE = "something else"

    serializer.register(Own, lambda _: written)
    record = await types.scalar.create(data={field: Own.ONE})
    assert getattr(record, field) == read
    condition = {"equals": Own.ONE} if isinstance(written, list) else Own.ONE
    assert await types.scalar.find_first(where={"id": record.id, field: condition}) == record
    assert await types.scalar.create_many(data=[{field: Own.ONE}, {field: Own.ONE}]) == 2
    if not isinstance(written, list) and field not in {"truth", "document"}:
        assert await types.scalar.find_first(where={"id": record.id, field: {"in": [Own.ONE, written]}}) == record


async def test_types_that_the_program_registers_are_written_in_raw_statements(types: Any, serializer: Any) -> None:
    class Money:
        """A type of the program's own."""

    class Point(Enum):
        """A type that raw statements take, unless the program says otherwise."""

        ORIGIN = 0

    sql = "SELECT $1 AS x"
    key = uuid.uuid4()
    assert await types.query_first(sql, Point.ORIGIN) == {"x": 0}
    assert await types.query_first(sql, key) == {"x": str(key)}
    serializer.register(Money, lambda _: Decimal("1.50"))  # which the client writes as text in its turn
    serializer.register(Point, lambda point: {"x": point.value})
    serializer.register(uuid.UUID, lambda key: key.hex)
    serializer.register(timedelta, timedelta.total_seconds)
    serializer.register(datetime, lambda at: at.timestamp())
    serializer.register(set, sorted)
    for value, written in (
        (Money(), "1.50"),
        (Point.ORIGIN, {"x": 0}),
        ([Point.ORIGIN, None], [{"x": 0}, None]),
        (key, key.hex),
        ([key], [key.hex]),
        ({"key": key}, {"key": key.hex}),
        (timedelta(minutes=1), 60.0),
        (datetime(1970, 1, 2, tzinfo=timezone.utc), 86400.0),
        ({2, 1}, [1, 2]),
    ):
        assert await types.query_raw(sql, value) == [{"x": written}]
    record = await types.scalar.create(data={"text": key.hex})
    update = 'UPDATE "Scalar" SET whole = 7 WHERE text = $1'
    assert await types.execute_raw(update, key) == 1
    async with types.batch_() as batch:
        batch.execute_raw('UPDATE "Scalar" SET whole = 8 WHERE text = $1', key)
    assert await types.scalar.find_first(where={"text": key.hex, "whole": 8, "id": record.id})


async def test_a_function_in_the_place_of_dumps_writes_what_the_client_does_not(
    types: Any, types_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dumps(value: Any, **_: Any) -> str:
        return json.dumps(value, default=repr)

    monkeypatch.setattr(types_client._builder, "dumps", dumps)  # noqa: SLF001  -- likewise
    assert await types.query_first("SELECT $1 AS x", 1j) == {"x": "1j"}
    assert (await types.scalar.create(data={"text": 1j})).text == "1j"
    at = datetime(1970, 1, 1, tzinfo=timezone.utc)
    assert await types.query_first("SELECT extract(epoch FROM $1) AS x", at) == {"x": 0.0}


@pytest.mark.parametrize("value", [{1, 2}, frozenset(), 1j, object(), range(2)], ids=lambda value: type(value).__name__)
async def test_a_value_without_a_form_is_refused_in_raw_statements(types: Any, value: Any) -> None:
    words = f"^Type <class '{type(value).__name__}'> not serializable"
    for parameter in (value, ["a", value], {"a": [value]}):
        for run in (types.query_raw, types.query_first, types.execute_raw, types.batch_().execute_raw):
            with pytest.raises(TypeError, match=words):
                await run("SELECT $1", parameter)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("uuid", uuid.UUID(int=1)),
        ("bytea", b"x"),
        ("bytea", bytearray(b"x")),
        ("date", date(2020, 1, 1)),
        ("time", time(1)),
        ("interval", timedelta(1)),
        ("inet", ip_address("::1")),
    ],
)
async def test_what_raw_statements_take_beyond_the_clients_serialiser_they_take_in_batches_too(
    types: Any, type_: str, value: Any
) -> None:
    assert await types.query_raw(f"SELECT $1::{type_}::text = $2::{type_}::text AS same", value, value) == [
        {"same": True}
    ]
    async with types.batch_() as batch:
        batch.execute_raw(f"SELECT $1::{type_}", value)


async def test_a_lost_connection_and_a_timeout_are_the_same_in_raw_statements(
    types_client: Any, shared_url: str
) -> None:
    url = f"{shared_url}&socket_timeout=0.5&connection_limit=1&pool_timeout=0.2"
    async with types_client.Prisma(datasource={"url": url}, use_dotenv=False) as client:
        with pytest.raises(types_client.errors.DataError) as raised:
            await client.query_raw("SELECT pg_sleep(30)::text")
        assert raised.value.code == "P1008"
        async with client.tx():
            with pytest.raises(types_client.errors.DataError) as raised:
                await client.query_raw("SELECT 1")
        assert raised.value.code == "P2024"


@pytest.mark.direct("a pooler's connections are not the client's")
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
