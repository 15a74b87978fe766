"""The synchronous client: everything of the asynchronous one, from any thread, process and moment."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from fix_postgres import Server
from steps import PROJECT

SOON: Final = timedelta(milliseconds=150)
LONG: Final = 60  # seconds until a test gives up; none takes a tenth of it

SLEEPING: Final = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
PREPARED: Final = """
import os, sys
from blog_sync_client import Prisma

db = Prisma(datasource={"url": os.environ["BLOG_URL"]}, use_dotenv=False)
"""
FORKING: Final = """
import warnings
warnings.filterwarnings("ignore", "This process", DeprecationWarning)
"""
"""Python 3.12 warns of a fork with threads, and 3.15 also where they end before the fork, as the client's do."""


@pytest.fixture
def run_program(blog_sync_folder: Path, blog_url: str) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a program that has a client `db`, which is not connected yet."""
    paths = os.pathsep.join([str(blog_sync_folder), str(PROJECT / "src")])
    environment = {**os.environ, "BLOG_URL": blog_url, "PYTHONPATH": paths}
    with ExitStack() as programs:

        def run(source: str, *arguments: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-W", "error", "-c", PREPARED + source, *arguments]
            pipe = subprocess.PIPE
            program = subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)
            programs.enter_context(program)
            programs.callback(program.kill)
            return program

        yield run


def finish(program: subprocess.Popen[str], status: int = 0) -> list[str]:
    """What a program printed; it must end as expected, with nothing to complain about."""
    output, complaints = program.communicate(timeout=LONG)
    assert (program.returncode, complaints) == (status, "")
    return output.split()


def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.01)


def sleeps(client: Any) -> bool:
    """Whether a statement of the client's database is in pg_sleep()."""
    return bool(client.query_raw(SLEEPING))


def fill(client: Any, count: int = 3) -> None:
    client.seat.create_many(data=[{"row": 1, "number": number} for number in range(count)])


def test_model_methods_return_their_results(blog_sync: Any) -> None:
    user = blog_sync.user.create(
        data={"email": "ada@example.org", "posts": {"create": [{"title": "t"}]}}, include={"posts": True}
    )
    assert [post.title for post in user.posts] == ["t"]
    assert blog_sync.user.find_unique(where={"email": "ada@example.org"}).id == user.id
    assert blog_sync.user.find_unique(where={"email": "bob@example.org"}) is None
    assert blog_sync.user.find_first(where={"posts": {"some": {"title": "t"}}}).id == user.id
    assert [found.email for found in blog_sync.user.find_many()] == ["ada@example.org"]
    assert blog_sync.user.update(where={"id": user.id}, data={"age": 36}).age == 36
    changes = {"create": {"email": "bob@example.org"}, "update": {}}
    assert blog_sync.user.upsert(where={"email": "bob@example.org"}, data=changes).email == "bob@example.org"
    assert blog_sync.user.update_many(where={}, data={"active": False}) == 2
    assert blog_sync.user.count() == 2
    assert blog_sync.user.count(select={"_all": True, "age": True}) == {"_all": 2, "age": 1}
    assert blog_sync.user.group_by(["role"], count=True) == [{"role": "READER", "_count": {"_all": 2}}]
    assert blog_sync.user.delete(where={"id": user.id}).email == "ada@example.org"
    assert blog_sync.user.delete_many() == 1
    assert blog_sync.seat.create_many(data=[{"row": 1, "number": 1}, {"row": 1, "number": 2}]) == 2


def test_errors_are_the_clients_own(blog_sync: Any, blog_sync_client: Any) -> None:
    errors = blog_sync_client.errors
    blog_sync.seat.create(data={"row": 1, "number": 1})
    with pytest.raises(errors.UniqueViolationError) as unique:
        blog_sync.seat.create(data={"row": 1, "number": 1})
    assert unique.value.code == "P2002"
    with pytest.raises(errors.RecordNotFoundError):
        blog_sync.user.find_unique_or_raise(where={"id": 404})
    with pytest.raises(errors.RawQueryError):
        blog_sync.query_raw("SELECT nope")


def test_raw_queries_take_parameters_and_fill_models(blog_sync: Any) -> None:
    blog_sync.user.create(data={"email": "ada@example.org", "age": 36})
    assert blog_sync.query_raw("SELECT email FROM users WHERE age = $1", 36) == [{"email": "ada@example.org"}]
    assert blog_sync.query_first("SELECT age FROM users") == {"age": 36}
    assert blog_sync.user.query_first("SELECT * FROM users WHERE age = $1", 36).email == "ada@example.org"
    assert blog_sync.execute_raw("UPDATE users SET age = age + $1", 1) == 1


def test_a_transaction_commits_at_its_end_and_rolls_back_on_an_error(blog_sync: Any) -> None:
    with blog_sync.tx() as tx:
        fill(tx)
        assert (tx.seat.count(), blog_sync.seat.count()) == (3, 0)
    assert blog_sync.seat.count() == 3
    with pytest.raises(RuntimeError, match="mine"), blog_sync.tx() as tx:
        tx.seat.delete_many()
        raise RuntimeError("mine")
    assert blog_sync.seat.count() == 3


def test_a_transaction_can_be_ended_by_hand(blog_sync: Any, blog_sync_client: Any) -> None:
    committed, rolled_back = blog_sync.tx(), blog_sync.tx()
    committed.start().seat.create(data={"row": 1, "number": 1})
    rolled_back.start().seat.create(data={"row": 2, "number": 2})
    committed.commit()
    rolled_back.rollback()
    assert [seat.row for seat in blog_sync.seat.find_many()] == [1]
    with pytest.raises(blog_sync_client.errors.TransactionExpiredError):
        committed.commit()


def test_a_statement_that_runs_into_the_timeout_is_cut(blog_sync: Any, blog_sync_client: Any) -> None:
    expired = pytest.raises(blog_sync_client.errors.TransactionExpiredError, match="expired transaction")
    with expired, blog_sync.tx(timeout=SOON) as tx:
        tx.seat.create(data={"row": 1, "number": 1})
        tx.query_raw("SELECT 1 FROM pg_sleep(60)")
    assert blog_sync.seat.count() == 0


def test_a_batch_stores_all_or_nothing(blog_sync: Any, blog_sync_client: Any) -> None:
    with blog_sync.batch_() as batch:
        batch.seat.create(data={"row": 1, "number": 1})
        batch.execute_raw('UPDATE "Seat" SET holder = $1', "ada")
    assert blog_sync.seat.find_first().holder == "ada"
    batch = blog_sync.batch_()
    batch.seat.delete_many()
    batch.user.update_many(data={"age": 1}, where={})
    batch.seat.create_many(data=[{"row": 2, "number": 2}, {"row": 2, "number": 2}])
    with pytest.raises(blog_sync_client.errors.UniqueViolationError):
        batch.commit()
    assert blog_sync.seat.count() == 1


def test_connecting_and_disconnecting_twice(blog_sync_client: Any, blog_url: str) -> None:
    client = blog_sync_client.Prisma(datasource={"url": blog_url}, use_dotenv=False)
    with pytest.raises(blog_sync_client.errors.ClientNotConnectedError):
        client.seat.count()
    for _ in range(2):
        client.connect()
        assert client.is_connected()
        with pytest.raises(blog_sync_client.engine.errors.AlreadyConnectedError):
            client.connect()
        assert client.seat.count() == 0
        client.disconnect()
        assert not client.is_connected()
        client.disconnect()


@pytest.mark.direct("PgBouncer itself answers when the server refuses a login")
async def test_a_failed_connection_can_be_tried_again(blog_sync_client: Any, server: Server) -> None:
    name = await server.create()
    client = blog_sync_client.Prisma(datasource={"url": server.url(name)}, use_dotenv=False)
    await server.drop(name)
    with pytest.raises(blog_sync_client.engine.errors.EngineConnectionError, match="P1003"):
        client.connect()
    await server.execute(f'CREATE DATABASE "{name}"')
    client.connect()
    assert client.query_raw("SELECT 1 AS one") == [{"one": 1}]
    client.disconnect()
    await server.drop(name)


def test_an_object_around_the_engine_sees_every_query_and_transaction(blog_sync: Any, blog_sync_client: Any) -> None:
    class Counting(blog_sync_client.engine.SyncAbstractEngine):  # type: ignore[misc]  # it is known at run time only
        def __init__(self, inner: Any) -> None:
            self.inner = inner
            self.seen: list[str] = []

        def query(self, content: str, *, tx_id: Any) -> Any:
            assert isinstance(content, str)
            self.seen.append(("in it: " if tx_id else "") + content)
            return self.inner.query(content, tx_id=tx_id)

    def passed(name: str) -> Any:
        def method(self: Counting, *args: Any, **kwargs: Any) -> Any:
            self.seen.append(name)
            return getattr(self.inner, name)(*args, **kwargs)

        return method

    for name in Counting.__abstractmethods__:
        setattr(Counting, name, passed(name))
    Counting.__abstractmethods__ = frozenset()
    assert isinstance(blog_sync._engine, blog_sync_client.engine.QueryEngine)  # noqa: SLF001  # as programs do it
    blog_sync._internal_engine = counting = Counting(blog_sync._engine)  # noqa: SLF001  # likewise
    with blog_sync.tx() as tx, tx.batch_() as batch:
        batch.seat.create({"row": 1, "number": 1})
    assert [seat.number for seat in blog_sync.seat.find_many()] == [1]
    [start, create, commit, find] = counting.seen
    assert (start, commit) == ("start_transaction", "commit_transaction")
    assert create.startswith('in it: {"batch": [{"query": "mutation')
    assert find.startswith('{"variables": {}, "operation_name": "query"')


def test_a_registered_client_serves_the_models_own_methods(run_program: Any) -> None:
    program = run_program("""
from blog_sync_client.models import Seat
db = Prisma(auto_register=True, datasource={"url": os.environ["BLOG_URL"]}, use_dotenv=False)
with db:
    Seat.prisma().create(data={"row": 1, "number": 7})
    print(Seat.prisma().find_first().number)
""")
    assert finish(program) == ["7"]


def test_fifty_threads_with_twenty_calls_each_lose_nothing(blog_sync: Any) -> None:
    def work(row: int) -> int:
        for number in range(19):
            blog_sync.seat.create(data={"row": row, "number": number})
        return int(blog_sync.seat.count(where={"row": row}))

    with ThreadPoolExecutor(50) as threads:
        assert list(threads.map(work, range(50))) == [19] * 50
    assert blog_sync.seat.count() == 50 * 19


def test_transactions_of_several_threads_are_separate(blog_sync: Any) -> None:
    barrier = threading.Barrier(4, timeout=LONG)

    def work(row: int) -> int:
        with blog_sync.tx(max_wait=timedelta(seconds=LONG), timeout=timedelta(seconds=LONG)) as tx:
            tx.seat.create(data={"row": row, "number": 1})
            barrier.wait()  # all have written, none has committed
            count = int(tx.seat.count())
            barrier.wait()
            return count

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, range(4))) == [1] * 4


def test_all_clients_share_one_thread(blog_sync: Any, blog_sync_client: Any, blog_url: str) -> None:
    before = {thread.name for thread in threading.enumerate()}
    with blog_sync_client.Prisma(datasource={"url": blog_url}, use_dotenv=False) as other:
        assert other.seat.count() == blog_sync.seat.count()
        servers = [thread for thread in threading.enumerate() if thread.name == "prisma-sync-client"]
    assert "prisma-sync-client" in before
    assert len(servers) == 1
    assert servers[0].daemon


async def test_it_may_be_called_while_an_event_loop_runs_in_the_thread(blog_sync: Any) -> None:
    fill(blog_sync)
    with blog_sync.tx() as tx:
        assert tx.seat.count() == 3
    counts = await asyncio.gather(*(asyncio.to_thread(blog_sync.seat.count) for _ in range(10)))
    assert counts == [3] * 10


@pytest.mark.direct("the connections of the server outlive those of its clients")
def test_a_dropped_client_lets_its_connections_go(blog_sync: Any, blog_sync_client: Any, blog_url: str) -> None:
    client = blog_sync_client.Prisma(datasource={"url": f"{blog_url}&application_name=dropped"}, use_dotenv=False)
    client.connect()
    sql = "SELECT pid FROM pg_stat_activity WHERE application_name = 'dropped' AND datname = current_database()"
    assert len(blog_sync.query_raw(sql)) == 1
    with pytest.warns(ResourceWarning, match=r"was dropped with open connections \(1\)"):  # noqa: PT031  # dropping takes two steps
        del client
        gc.collect()  # a client and its models' methods refer to each other
    until(lambda: not blog_sync.query_raw(sql))


def test_an_interrupted_call_is_cancelled_on_the_server(run_program: Any, blog_sync: Any) -> None:
    program = run_program("""
db.connect()
try:
    with db.tx() as tx:
        tx.seat.create(data={"row": 1, "number": 1})
        tx.query_raw("SELECT 1 FROM pg_sleep(60)")
except KeyboardInterrupt:
    print("interrupted", db.seat.count())
""")
    until(lambda: sleeps(blog_sync))
    program.send_signal(signal.SIGINT)
    assert finish(program) == ["interrupted", "0"]
    assert not sleeps(blog_sync)


def test_an_interrupted_call_is_cancelled_on_the_server_when_the_program_ends_at_once(
    run_program: Any, blog_sync: Any
) -> None:
    program = run_program("""
db.connect()
try:
    with db.tx() as tx:
        tx.query_raw("SELECT 1 FROM pg_sleep(60)")
except KeyboardInterrupt:
    print("interrupted")
""")
    until(lambda: sleeps(blog_sync))
    program.send_signal(signal.SIGINT)
    assert finish(program) == ["interrupted"]
    assert not sleeps(blog_sync)


def test_a_program_may_end_without_disconnecting(run_program: Any) -> None:
    program = run_program("""
import atexit
atexit.register(lambda: print("late", db.is_connected()))
atexit.register(db.disconnect)
db.connect()
tx = db.tx().start()
tx.seat.create(data={"row": 1, "number": 1})
print(db.seat.count())
""")
    assert finish(program) == ["0", "late", "False"]


def test_a_program_may_end_while_a_thread_waits_for_an_answer(run_program: Any) -> None:
    program = run_program(
        """
import threading
db.connect()
threading.Thread(target=lambda: db.query_raw("SELECT 1 FROM pg_sleep(60)"), daemon=True).start()
while not db.query_raw(sys.argv[1]):
    pass
print("done")
""",
        SLEEPING,
    )
    assert finish(program) == ["done"]


def test_a_program_may_end_in_the_middle_of_a_transaction(run_program: Any) -> None:
    program = run_program("""
with db:
    with db.tx() as tx:
        tx.seat.create(data={"row": 1, "number": 1})
        sys.exit(3)
""")
    assert finish(program, status=3) == []


def test_a_forked_child_has_connections_of_its_own(run_program: Any) -> None:
    program = run_program(
        FORKING
        + """
db.connect()
db.seat.create(data={"row": 1, "number": 1})
tx = db.tx().start()
mine = tx.query_raw("SELECT pg_backend_pid() AS pid")
child = os.fork()
if child == 0:
    db.seat.create(data={"row": 1, "number": 2})
    assert db.query_raw("SELECT pg_backend_pid() AS pid") != mine
    db.disconnect()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
for number in range(3, 6):
    tx.seat.create(data={"row": 1, "number": number})
print(tx.seat.count(), db.seat.count(), tx.query_raw("SELECT pg_backend_pid() AS pid") == mine)
"""
    )
    assert finish(program) == ["5", "2", "True"]


def test_a_child_is_forked_while_another_thread_waits_for_an_answer(run_program: Any) -> None:
    program = run_program(
        FORKING
        + """
import threading
db.connect()
waiting = threading.Thread(target=lambda: print(db.query_raw("SELECT 7 AS n FROM pg_sleep(2)")[0]["n"]))
waiting.start()
while not db.query_raw(sys.argv[1]):
    pass
child = os.fork()
if child == 0:
    assert db.seat.count() == 0
    db.disconnect()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert waiting.is_alive() and db.seat.count() == 0
waiting.join()
""",
        SLEEPING,
    )
    assert finish(program) == ["7"]


def test_a_program_may_end_by_a_signal_in_the_middle_of_its_calls(run_program: Any, blog_sync: Any) -> None:
    program = run_program("""
import itertools, signal
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
with db:
    for number in itertools.count():
        with db.tx() as tx:
            tx.seat.create(data={"row": 1, "number": number})
            tx.seat.create(data={"row": 2, "number": number})
""")
    until(lambda: blog_sync.seat.count() > 100)
    program.send_signal(signal.SIGTERM)
    assert finish(program, status=3) == []
    assert blog_sync.seat.count(where={"row": 1}) == blog_sync.seat.count(where={"row": 2})


def test_the_parent_goes_on_after_children_that_just_end(run_program: Any) -> None:
    program = run_program(
        FORKING
        + """
import gc
db.connect()
for _ in range(3):
    child = os.fork()
    if child == 0:
        warnings.simplefilter("ignore", ResourceWarning)
        db.seat.count()
        del db
        gc.collect()
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert db.seat.count() == 0
print("alive")
"""
    )
    assert finish(program) == ["alive"]


def test_the_thread_of_the_calls_refuses_to_wait_for_itself(blog_sync: Any) -> None:
    refused: list[str] = []

    class Row(dict[str, int]):
        """Calls the client where its data is read, in the background."""

        def items(self) -> Any:
            try:
                blog_sync.seat.count()
            except RuntimeError as error:
                refused.append(str(error))
            return super().items()

    blog_sync.seat.create(data=Row(row=1, number=1))
    assert set(refused) == {"A synchronous client cannot be used inside the thread that runs its calls."}
