"""The example's application with a model that says what it is told: for test_fastapi_app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from prisma.models import Message

from fastapi_app.main import app, get_model
from fastapi_app.replies import Model

__all__ = ["app"]

_FAILURE: Final = "fail"

_pieces: Final[asyncio.Queue[str | None]] = asyncio.Queue()


async def _told(_messages: Sequence[Message]) -> AsyncIterator[str]:
    while (piece := await _pieces.get()) is not None:
        if piece == _FAILURE:
            raise RuntimeError("a secret of the model")
        yield piece


async def _get_told() -> Model:
    return _told


@app.post("/tell")
async def tell(pieces: list[Any]) -> None:
    """Have the model say these pieces; null ends its reply, and so does an error at `fail`."""
    for piece in pieces:
        _pieces.put_nowait(piece)


app.dependency_overrides[get_model] = _get_told
