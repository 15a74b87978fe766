"""What is recorded of Prisma's plans changes where Prisma does, and not with the time or with generated ids."""

from __future__ import annotations

from typing import Any

import pytest

from plans.record import stable

ROW = {
    "at": "2026-11-22T11:42:12.450Z",
    "tz": "2026-11-22T11:42:12.45+00:00",
    "uuid": "0a661b42-1b2e-4a4f-b5a4-81bc50737887",
    "cuid": "cmwrroo9u00005p7dvv4ckzxm",
    "cuid2": "h0kaq2yi0rgmvaugz8bz2k6c",
    "ulid": "01M81H0NZ2BSFSR8A8ANP46QF1",
    "nano5": "dFffX",
}
LATER = {
    "at": "2026-11-29T07:18:54.684Z",
    "tz": "2026-11-29T07:18:54.684+00:00",
    "uuid": "fcb677c4-3e8d-432f-bb9f-173454f83732",
    "cuid": "cmx1id1az0000p07dnqv6ghz9",
    "cuid2": "bihwyjxrkogpcivaxozh4x2r",
    "ulid": "01M8K2QKEVR1REB2B5QTF3JBXG",
    "nano5": "bdspE",
}


def test_another_run_on_another_day_is_the_same() -> None:
    assert stable({"trace": [{"args": [*ROW.values()]}]}) == stable({"trace": [{"args": [*LATER.values()]}]})


@pytest.mark.parametrize(
    "change",
    [{"plan": {"type": "query"}}, {"result": "t1"}, {"error": {"code": "P2002"}}, {"trace": [{"sql": "SELECT 2"}]}],
    ids=str,
)
def test_another_plan_answer_or_statement_is_not(change: dict[str, Any]) -> None:
    before = {"plan": {"type": "unique"}, "result": "t3", "error": {"code": "P2025"}, "trace": [{"sql": "SELECT 1"}]}
    assert stable({**before, **change}) != stable(before)
