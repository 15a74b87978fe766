"""The data that the benchmark works on: what is there all the time stays, what a turn made goes."""

from __future__ import annotations

import pytest

from fix_clone import fetch
from harness import growth
from harness.data import MESSAGES, SESSIONS, Data
from harness.workloads import LONG, MIDDLE, SHORT, WORKLOADS

COUNTS = 'SELECT (SELECT count(*) FROM "Session"), (SELECT count(*) FROM "Message")'


@pytest.fixture
def url(migrated_url: str) -> str:
    """As asyncpg takes it."""
    return migrated_url.partition("?")[0]


async def test_the_sessions_of_others_and_the_permanent_ones_outlive_a_turns(url: str) -> None:
    data = await Data.create(url)
    whole = (SESSIONS + 3, MESSAGES + SHORT + MIDDLE + LONG)
    assert await fetch(url, COUNTS) == [whole]
    (deleting,) = [workload for workload in WORKLOADS if workload.name == "delete_session"]
    assert len(await data.sessions_for(deleting)) == 15
    assert await fetch(url, COUNTS) == [(whole[0] + 15, whole[1] + 15 * SHORT)]
    await data.remove_fresh()
    assert await fetch(url, COUNTS) == [whole]
    await data.close()


async def test_a_large_database_has_sessions_alike_and_one_that_is_very_long(url: str) -> None:
    chosen = await growth.fill(url, 5_000)
    rows = await fetch(url, 'SELECT "sessionId", count(*) FROM "Message" GROUP BY 1 ORDER BY 2')
    counts = {str(session): int(str(count)) for session, count in rows}
    assert sum(counts.values()) == 5_000
    assert max(counts.values()) == 99
    assert {counts[session] for session in chosen} == {49, 50}
