"""Two checkouts on one machine, and servers whose checkout, note or data somebody has deleted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from typing import Final

import asyncpg
import pytest

from fix_clone import Clone, answers, cloned, failure_of, fetch, new_url, wait_until

ON_THE_DATABASE: Final = [
    ("db-up",),
    ("demo",),
    ("db-migrate", "name=more"),
    ("db-deploy",),
    ("db-reset", "force=1"),
    ("import", "from=examples/conversation.json"),
    ("prune", "older_than=1h", "yes=1"),
]

_ATTEMPTS: Final = 5  # a command of a test that runs beside may be the next one, and say it
_FASTER: Final = "was a command of another test faster each time?"


@pytest.fixture
def second(clone: Clone) -> Iterator[Clone]:
    """Another copy of the project, with the same `.env`."""
    with cloned(clone.url) as made:
        yield made


async def test_the_server_of_another_checkout_is_named_and_neither_used_nor_emptied(
    clone: Clone, second: Clone
) -> None:
    clone.use_ready_data()
    clone.make("db-up")
    await fetch(clone.url, "CREATE TABLE kept AS SELECT 1 AS number")
    for refused in [second.start(*command) for command in ON_THE_DATABASE]:
        message = failure_of(refused)
        assert f"the embedded PostgreSQL of another checkout, {clone.folder}: " in message
        assert "make db-down" in message
    assert "nothing to stop" in second.make("db-down")
    assert await fetch(clone.url, "SELECT number FROM kept") == [(1,)]
    assert await fetch(clone.url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(1,)]


async def test_checkouts_with_one_port_have_a_server_each_one_after_the_other(clone: Clone, second: Clone) -> None:
    clone.use_ready_data()
    clone.make("db-up")
    await fetch(clone.url, "CREATE TABLE kept AS SELECT 1 AS number")
    clone.make("db-down")
    second.use_ready_data()
    second.make("db-up")
    with pytest.raises(asyncpg.UndefinedTableError):
        await fetch(second.url, "SELECT number FROM kept")
    assert f"another checkout, {second.folder}: " in clone.fail("db-up")
    second.make("db-down")
    clone.make("db-up")
    assert await fetch(clone.url, "SELECT number FROM kept") == [(1,)]


@pytest.mark.parametrize("target", ["db-down", "clean"])
def test_a_server_is_stopped_also_when_the_folder_with_its_checkouts_notes_is_deleted(
    clone: Clone, target: str
) -> None:
    clone.use_ready_data()
    clone.make("db-up")
    shutil.rmtree(clone.folder / ".data")
    clone.make(target)
    assert answers(clone.url) is None


@pytest.mark.parametrize("target", ["db-down", "db-up"])
def test_the_server_of_a_checkout_that_is_deleted_is_stopped_by_the_next_command_of_any_other(
    clone: Clone, second: Clone, target: str
) -> None:
    clone.use_ready_data()
    elsewhere = Clone(second.folder, new_url())
    for _ in range(_ATTEMPTS):
        clone.make("db-up")
        gone = clone.folder.rename(clone.folder.with_name("moved"))
        said = elsewhere.make(target)
        assert answers(clone.url) is None
        has_data = (clone.embedded_home / "data").exists()
        gone.rename(clone.folder)
        if f"stopped the embedded PostgreSQL of {clone.folder}: " in said:
            assert (f"its data stay in {clone.embedded_home / 'data'}" in said) == has_data
            return
    pytest.fail(f"{said}: {_FASTER}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_the_server_of_a_checkout_that_a_mount_hides_from_the_command_runs_on(clone: Clone, second: Clone) -> None:
    clone.use_ready_data()
    clone.make("db-up")
    hiding = f"mount -t tmpfs none {clone.folder.parent} && exec make db-down"
    hidden = ["unshare", "--mount", "sh", "-euc", hiding]
    done = subprocess.run(
        hidden, cwd=second.folder, env=second.variables(), check=False, capture_output=True, text=True
    )
    if "unshare: " in done.stderr or "mount: " in done.stderr:
        pytest.skip(done.stderr)
    assert (done.returncode, done.stderr) == (0, "")
    assert answers(clone.url)


def test_a_server_whose_data_are_deleted_is_stopped_and_replaced(clone: Clone) -> None:
    for _ in range(_ATTEMPTS):
        clone.make("db-up")
        lost = clone.postmaster
        shutil.rmtree(clone.embedded_home)
        said = clone.make("db-up")
        assert "created its data folder" in said
        assert clone.postmaster != lost
        if f"stopped the embedded PostgreSQL of {clone.folder}: its data are gone" in said:
            return
    pytest.fail(f"{said}: {_FASTER}")


def test_why_a_server_ended_by_itself_is_said_when_it_is_started_again(clone: Clone) -> None:
    clone.use_ready_data()
    clone.make("db-up")
    log = clone.embedded_home / "server.log"
    writer = log.read_text(encoding="utf-8").partition("[")[2].partition("]")[0]
    assert int(writer) == clone.postmaster
    with log.open("a", encoding="utf-8") as file:
        file.write(f"2026-11-29 01:00:00.000 UTC [{writer}] PANIC:  could not write to file: No space left on device\n")
    os.kill(clone.postmaster, signal.SIGKILL)
    wait_until(lambda: answers(clone.url) is None)
    said = clone.make("db-up")
    assert "it has ended by itself before:" in said
    assert "PANIC: could not write to file: No space left on device" in said
