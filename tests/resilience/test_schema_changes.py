"""Tables that change while 50 tasks read and write: no caller sees an error of it, and nothing is lost."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta, timezone
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import pytest
from prisma import Json

from acceptance.prisma_cli import PrismaProject
from database import DatabaseService
from fix_forks import Forks
from fix_postgres import Server
from fix_soak import Soak, rounds
from prisma_engine import WriteConflictError

TASKS: Final = 50
_PATIENCE: Final = 60.0  # seconds until tasks that make no progress count as stuck
_UNHURRIED: Final = timedelta(seconds=_PATIENCE)  # a table that is rewritten keeps everybody waiting: not our business
_URL: Final = f"{{}}&pool_timeout={_PATIENCE:g}"

Operation = Callable[[Any, int], Awaitable[int]]
"""Does something with a client, for the task of this number, and returns how many rows it added to the table."""


class Traffic:
    """Tasks that do one operation after the other until they are stopped."""

    def __init__(self, client: Any, operations: Sequence[Operation]) -> None:
        self._client = client
        self._operations = operations
        self._turns = [0] * TASKS
        self._stopping = False
        self.stored = 0
        self.longest = 0.0
        self.errors: list[str] = []

    @property
    def calls(self) -> int:
        """How many operations have come to their end."""
        return sum(self._turns)

    async def run(self, task: int) -> None:
        """Be one of the tasks."""
        for operation in islice(cycle(self._operations), task, None):
            if self._stopping:
                return
            began = perf_counter()
            try:
                stored = await operation(self._client, task)
                self.stored += stored
            except Exception as error:  # noqa: BLE001  # whatever a caller sees is what the test is about
                self.errors.append(f"{type(error).__name__}: {error}")
            self.longest = max(self.longest, perf_counter() - began)
            self._turns[task] += 1

    async def every_task_goes_on(self) -> None:
        """Wait until each task has done each operation once more."""
        goals = [turns + len(self._operations) for turns in self._turns]
        deadline = perf_counter() + _PATIENCE
        while any(turns < goal for turns, goal in zip(self._turns, goals, strict=True)):
            assert self.errors == []
            assert perf_counter() < deadline, "tasks are stuck"
            await asyncio.sleep(0.005)

    def stop(self) -> None:
        """Let each task end after its operation."""
        self._stopping = True


@asynccontextmanager
async def traffic(client: Any, operations: Sequence[Operation], soak: Soak, *, changes: int) -> AsyncIterator[Traffic]:
    """Fifty tasks at work, who know all their statements when the block begins; none may have met an error."""
    traffic = Traffic(client, operations)
    tasks = [asyncio.ensure_future(traffic.run(task)) for task in range(TASKS)]
    try:
        await traffic.every_task_goes_on()
        yield traffic
        await traffic.every_task_goes_on()
    finally:
        traffic.stop()
        await asyncio.gather(*tasks)
        soak.record(
            "Schema changes under load",
            changes=changes,
            calls=traffic.calls,
            calls_that_raised=len(traffic.errors),
            rows_acknowledged=traffic.stored,
            longest_call_in_s=traffic.longest,
        )
    assert traffic.errors == []


def _message(task: int) -> Any:
    return {"content": "hello", "role": "user", "sessionId": str(task)}


async def _read(db: DatabaseService, task: int) -> int:
    found = await db.client.session.find_unique(where={"id": str(task)}, include={"messages": {"take": 5}})
    assert found is not None
    return 0


async def _read_raw(db: DatabaseService, task: int) -> int:
    await db.client.query_raw('SELECT * FROM "Message" WHERE "sessionId" = $1 LIMIT 5', str(task))
    return 0


async def _create(db: DatabaseService, task: int) -> int:
    await db.messages.create_message(content="hello", role="user", session_id=str(task))
    return 1


async def _create_many(db: DatabaseService, task: int) -> int:
    return await db.client.message.create_many(data=[_message(task), _message(task)])


async def _create_nested(db: DatabaseService, task: int) -> int:
    messages = [{"content": "hello", "role": "user"}, {"content": "hello", "role": "assistant"}]
    data: Any = {"messages": {"create": messages}, "characterFile": {"create": {"content": Json.keys(of=task)}}}
    await db.client.session.create(data=data, include={"messages": True})
    return 2


async def _batch(db: DatabaseService, task: int) -> int:
    async with db.client.batch_() as batch:
        batch.message.create(data=_message(task))
        nested: Any = {"messages": {"create": [{"content": "hello", "role": "user"}]}}
        batch.session.update(where={"id": str(task)}, data=nested)
    return 2


async def _transaction(db: DatabaseService, task: int) -> int:
    with suppress(WriteConflictError):
        async with db.client.tx(max_wait=_UNHURRIED, timeout=_UNHURRIED) as tx:
            await tx.session.find_unique(where={"id": str(task)})
            await tx.message.create(data=_message(task))
            return await tx.message.create_many(data=[_message(task), _message(task)]) + 1
    return await _transaction(db, task)


CHAT: Final[Sequence[Operation]] = (_read, _read_raw, _create, _create_many, _create_nested, _batch, _transaction)

CHANGES: Final[Mapping[str, Sequence[str]]] = {
    "a column comes and goes": (
        """ALTER TABLE "Message" ADD COLUMN mood text NOT NULL DEFAULT 'calm'""",
        'ALTER TABLE "Message" DROP COLUMN mood',
    ),
    "varchar and text": (
        'ALTER TABLE "Message" ALTER COLUMN content TYPE varchar(100)',
        'ALTER TABLE "Message" ALTER COLUMN content TYPE text',
    ),
    "text and uuid": (
        'ALTER TABLE "Message" ALTER COLUMN id TYPE uuid USING id::uuid',
        'ALTER TABLE "Message" ALTER COLUMN id TYPE text',
    ),
    "an index is made anew": (
        'DROP INDEX "Message_sessionId_createdAt_id_idx"',
        'CREATE INDEX "Message_sessionId_createdAt_id_idx" ON "Message" ("sessionId", "createdAt", id)',
    ),
}


async def _with_sessions(db: DatabaseService) -> None:
    await db.client.session.create_many(data=[{"id": str(task)} for task in range(TASKS)])


def _name(url: str) -> str:
    return url.rpartition("/")[2].partition("?")[0]


@pytest.mark.parametrize("statements", CHANGES.values(), ids=CHANGES)
async def test_fifty_tasks_do_not_notice_that_a_table_changes(
    server: Server, migrated_url: str, soak: Soak, statements: Sequence[str]
) -> None:
    changes = rounds(2, 100)
    async with DatabaseService(url=_URL.format(migrated_url)) as db:
        await _with_sessions(db)
        async with traffic(db, CHAT, soak, changes=changes) as chat:
            for statement in islice(cycle(statements), changes):
                await server.execute(statement, database=_name(migrated_url))
                await chat.every_task_goes_on()
        assert await db.client.message.count() == chat.stored


@pytest.mark.direct("`prisma migrate` finds no session for its lock")
async def test_fifty_tasks_do_not_notice_that_a_migration_is_deployed(
    database_url: str, tmp_path: Path, soak: Soak, forks: Forks
) -> None:
    project = PrismaProject.create(tmp_path, database_url, forks)
    assert (await project.python("migrate", "deploy")).status == 0
    changes = rounds(1, 10)
    async with DatabaseService(url=_URL.format(database_url)) as db:
        await _with_sessions(db)
        async with traffic(db, CHAT, soak, changes=changes) as chat:
            for number in range(changes):
                length = (
                    f'ALTER TABLE "Message" ADD COLUMN c{number} int, ALTER COLUMN content TYPE varchar({99 + number})'
                )
                project.write_migration(
                    f"2100010100000{number}_test", ";\n".join([length, *CHANGES["an index is made anew"]])
                )
                deployed = await project.python("migrate", "deploy")
                assert deployed.status == 0, deployed.output
                await chat.every_task_goes_on()
        assert await db.client.message.count() == chat.stored


async def _create_posts(blog: Any, task: int) -> int:
    stored: int = await blog.post.create_many(data=[{"title": "a", "views": task}, {"title": "b", "views": task}])
    return stored


async def _create_author(blog: Any, task: int) -> int:
    posts = {"create": [{"title": "a", "views": task}]}
    author = await blog.user.create(
        data={"email": uuid.uuid4().hex, "age": task, "posts": posts}, include={"posts": True}
    )
    assert [post.views for post in author.posts] == [task]
    return 1


async def _read_posts(blog: Any, task: int) -> int:
    posts = await blog.post.find_many(where={"views": task}, take=5, include={"author": True})
    assert {post.views for post in posts} <= {task}
    return 0


async def _sum_views(blog: Any, task: int) -> int:
    groups = await blog.post.group_by(["views"], sum={"views": True}, count=True, where={"views": {"in": [task, -1]}})
    assert [group["_sum"]["views"] for group in groups] == [task * group["_count"]["_all"] for group in groups]
    return 0


async def test_fifty_tasks_do_not_notice_that_int_becomes_bigint(
    server: Server, blog: Any, blog_url: str, soak: Soak
) -> None:
    changes = rounds(2, 100)
    async with traffic(blog, [_create_posts, _create_author, _read_posts, _sum_views], soak, changes=changes) as busy:
        for type_ in islice(cycle(["bigint", "int"]), changes):
            await server.execute(f'ALTER TABLE "Post" ALTER COLUMN views TYPE {type_}', database=_name(blog_url))
            await busy.every_task_goes_on()
    assert await blog.post.count() == busy.stored


@pytest.mark.direct("no statement is kept")
async def test_a_table_that_changes_during_a_transaction_of_the_callers_is_a_conflict_and_may_be_retried(
    server: Server, migrated_url: str
) -> None:
    attempts = 0
    async with DatabaseService(url=f"{migrated_url}&connection_limit=1") as db:
        await _with_sessions(db)
        for statement in ("SELECT 1", CHANGES["varchar and text"][0]):
            await server.execute(statement, database=_name(migrated_url))
            async for attempt in db.transaction(retries=1):
                async with attempt as tx:
                    attempts += 1
                    await tx.sessions.get_session_by_id("0")
                    await tx.messages.create_message(content="hello", role="user", session_id="0")
        assert (attempts, await db.client.message.count()) == (1 + 2, 2)


@pytest.mark.parametrize("dated", [False, True], ids=["one statement", "a statement for each set of columns"])
async def test_create_many_knows_a_type_that_has_changed_and_cannot_be_cast(
    server: Server, migrated_url: str, *, dated: bool
) -> None:
    rows = [_message(0), _message(0), _message(0), _message(0)]
    for row in rows[2:] if dated else ():
        row["createdAt"] = datetime.now(timezone.utc)
    async with DatabaseService(url=f"{migrated_url}&connection_limit=1") as db:
        await _with_sessions(db)
        for statement in ("SELECT 1", *CHANGES["text and uuid"]):
            await server.execute(statement, database=_name(migrated_url))
            assert await db.client.message.create_many(data=rows) == 4
        assert await db.client.message.count() == 12
