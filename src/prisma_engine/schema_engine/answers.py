"""The form in which the schema engine takes the answers of what it calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from prisma_engine.wasm.promises import Jobs, Promise

__all__ = ["PROVIDER", "AnswerError", "answering", "connection_info"]

PROVIDER: Final[Mapping[str, object]] = {"provider": "postgres", "adapterName": "prisma-engine"}


class AnswerError(Exception):
    """An error that the engine understands: `cause` is its description, as Prisma's driver adapters give it."""

    def __init__(self, cause: Mapping[str, object]) -> None:
        super().__init__(cause.get("kind"))
        self.cause = dict(cause)


def answering(jobs: Jobs, function: Callable[..., Awaitable[object]]) -> Callable[..., Promise]:
    """A function of Python's as the engine calls it."""

    async def answer(*arguments: Any) -> dict[str, object]:
        try:
            return {"ok": True, "value": await function(*arguments)}
        except AnswerError as error:
            return {"ok": False, "error": error.cause}

    return lambda *arguments: jobs.promise(answer(*arguments))


def connection_info(schema: str) -> Callable[..., dict[str, object]]:
    """What the engine calls to learn which schema a connection works in; it waits for no promise."""
    return lambda *_arguments: {"ok": True, "value": {"schemaName": schema, "supportsRelationJoins": True}}
