"""DATABASE_URL as the scripts read it: what cannot be read is told without any part of a password."""

from __future__ import annotations

import pytest

from database_url import DatabaseUrl
from steps import StepError


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://keeper:se/cret@localhost:5432/chat",
        "postgresql://keeper:12/cret@localhost:5432/chat",
        "postgresql://keeper:se@cr/et@localhost:5432/chat",
        "postgresql://keeper:se#cret@localhost:5432/chat",
        "postgresql://keeper:se?cret@localhost:5432/chat",
        "postgresql://keeper:se@12?cret@localhost:5432/chat",
        "postgresql://keeper:se[cret@localhost:5432/chat",
        "postgresql://keeper:se\u2100cret@localhost:5432/chat",
        "postgresql://keeper:secret@localhost:5432:5433/chat",
        "postgres//keeper:secret@localhost:5432/chat",
        "keeper:secret@localhost:5432/chat",
    ],
)
def test_a_url_that_cannot_be_read_is_told_without_any_part_of_its_password(url: str) -> None:
    with pytest.raises(StepError) as raised:
        DatabaseUrl.parse(url)
    assert "DATABASE_URL" in str(raised.value)
    assert not {"se", "cret", "secret", "12"} & set(str(raised.value).replace("/", " ").replace(":", " ").split())


@pytest.mark.parametrize("written", ["%2F%3F%23%40%3A%25", "a:b", "a@b", "se%20cret"])
def test_a_password_that_is_written_as_it_should_be_is_read(written: str) -> None:
    url = DatabaseUrl.parse(f"postgresql://keeper:{written}@localhost:5432/chat?schema=public")
    assert (url.place, url.database) == ("localhost:5432", "chat")
    assert url.password not in repr(url)
