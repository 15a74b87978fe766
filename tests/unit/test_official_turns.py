"""Prisma's official command line is asked for a part of its answers each day, and for all of them in time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from interop.official import is_its_turn


@pytest.mark.parametrize("days", [1, 7])
def test_who_tests_daily_or_weekly_asks_each_question_once_in_thirty_times(
    days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_OFFICIAL_EVERY", raising=False)
    tested = [date(2026, 1, 1) + timedelta(days * time) for time in range(30)]

    asked = [question for day in tested for question in range(100) if is_its_turn(question, day)]

    assert sorted(asked) == list(range(100))
    assert is_its_turn(0) == is_its_turn(30)


def test_all_are_asked_where_every_one_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_OFFICIAL_EVERY", "1")

    assert all(is_its_turn(question) for question in range(100))
