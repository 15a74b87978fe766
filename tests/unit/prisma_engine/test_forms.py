"""Values in their text forms."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import pytest

from prisma_engine.interpreter.forms import UNREADABLE, array_items, same, to_bytes, to_instant

UTC = timezone.utc


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-02T03:04:05Z", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02 03:04:05", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02T03:04Z", datetime(2024, 1, 2, 3, 4, tzinfo=UTC)),
        ("2024-01-02T03:04:05.45+00:00", datetime(2024, 1, 2, 3, 4, 5, 450_000, tzinfo=UTC)),
        ("2024-01-02T03:04:05.123456789Z", datetime(2024, 1, 2, 3, 4, 5, 123_456, tzinfo=UTC)),
        ("2024-01-02T03:04:05+02:00", datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2024-01-02T03:04:05-0230", datetime(2024, 1, 2, 5, 34, 5, tzinfo=UTC)),
        ("2024-01-02T03:04:05+02", datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2024-01-02", datetime(2024, 1, 2, tzinfo=UTC)),
        ("03:04:05", datetime(1970, 1, 1, 3, 4, 5, tzinfo=UTC)),
        ("03:04:05.5+01", datetime(1970, 1, 1, 2, 4, 5, 500_000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_instant_is_read_from_text(text: str, expected: datetime) -> None:
    assert to_instant(text) == expected


@pytest.mark.parametrize("value", [datetime(2024, 1, 2), date(2024, 1, 2), time(1, 2)])  # noqa: DTZ001 - no zone is the case
def test_instant_without_a_zone_is_utc(value: object) -> None:
    assert to_instant(value).utcoffset() == timedelta(0)


@pytest.mark.parametrize("value", ["", "Z", "tomorrow", "2024-13-01", "2024-01-02T25:00:00Z", 5, None])
def test_what_is_no_instant_is_unreadable(value: object) -> None:
    with pytest.raises(UNREADABLE):
        to_instant(value)


@pytest.mark.parametrize("value", [b"\x01", bytearray(b"\x01"), memoryview(b"\x01"), "AQ==", "\\x01"])
def test_bytes_are_read_from_every_form(value: object) -> None:
    assert to_bytes(value) == b"\x01"


@pytest.mark.parametrize("value", ["not base64!", "\\xz", 5])
def test_what_is_no_bytes_is_unreadable(value: object) -> None:
    with pytest.raises(UNREADABLE):
        to_bytes(value)


def test_array_text_is_split() -> None:
    assert array_items("{1,NULL,-3}") == ["1", None, "-3"]


def test_different_values_of_one_type_are_not_the_same() -> None:
    assert not same("a", "b")
    assert not same(1, 2)
    assert not same(None, "None")
