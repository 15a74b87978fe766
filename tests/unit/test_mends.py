"""The client's own files, put right."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import prisma
import pytest

from prisma_engine.mends import FILES, mended, unmended

CLIENT: Final = Path(prisma.__file__).parent


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_mended_stays_as_it_is(name: str) -> None:
    text = (CLIENT / name).read_text(encoding="utf-8")
    assert mended(text, FILES[name]) == text
    assert all(new in text for _, new in FILES[name])


@pytest.mark.parametrize("name", FILES)
def test_what_was_mended_can_be_put_back(name: str) -> None:
    text = (CLIENT / name).read_text(encoding="utf-8")
    before = unmended(text, FILES[name])
    assert mended(before, FILES[name]) == text
    assert [old for old, new in FILES[name] if before.count(old) != text.count(new)] == []
    ast.parse(before)
