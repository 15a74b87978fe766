"""The client's own files, put right."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import prisma
import pytest

from prisma_engine.mends import FILES, mended

CLIENT: Final = Path(prisma.__file__).parent


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_mended_stays_as_it_is(name: str) -> None:
    text = (CLIENT / name).read_text(encoding="utf-8")
    assert mended(text, FILES[name]) == text
    assert all(new in text for _, new in FILES[name])
