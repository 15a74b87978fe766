"""What an error is in HTTP; no address, SQL or password leaves the server."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prisma.engine.errors import EngineConnectionError
from prisma.errors import DataError

from database import InvalidCharacterFileError, InvalidContentError, MessageNotFoundError, SessionNotFoundError

__all__ = ["RETRY_AFTER", "answer", "answer_invalid", "code_of", "problem"]

RETRY_AFTER: Final = {"Retry-After": "2"}  # seconds; the module is back as soon as its database

_KINDS: Final[Mapping[type[Exception], HTTPStatus]] = {  # their texts are for everybody
    SessionNotFoundError: HTTPStatus.NOT_FOUND,
    MessageNotFoundError: HTTPStatus.NOT_FOUND,
    InvalidContentError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidCharacterFileError: HTTPStatus.UNPROCESSABLE_ENTITY,
}
_CODES: Final[Mapping[str, tuple[HTTPStatus, str]]] = {  # by the beginning of Prisma's code
    "P1": (HTTPStatus.SERVICE_UNAVAILABLE, "The database is away"),
    "P2002": (HTTPStatus.CONFLICT, "There is a message with this id"),
    "P2007": (HTTPStatus.UNPROCESSABLE_ENTITY, "PostgreSQL cannot store this text"),
    "P2024": (HTTPStatus.SERVICE_UNAVAILABLE, "The database is busy"),
    "P2034": (HTTPStatus.CONFLICT, "Another request was in the way: send this one again"),
    "P2037": (HTTPStatus.SERVICE_UNAVAILABLE, "The database is busy"),
}


def problem(error: BaseException) -> tuple[HTTPStatus, str]:
    """The status of an error, and what a stranger may read of it."""
    for kind, status in _KINDS.items():
        if isinstance(error, kind):
            return status, str(error)
    if isinstance(error, (DataError, EngineConnectionError)):
        code = str(error.code) if isinstance(error, DataError) else code_of(str(error))
        for beginning, (status, text) in _CODES.items():
            if code.startswith(beginning):
                return status, f"{text} ({code})."
    return HTTPStatus.INTERNAL_SERVER_ERROR, "Something is wrong on the server."


def code_of(text: str) -> str:
    """Prisma's code, with which errors of connecting begin."""
    return text.partition(":")[0]


async def answer(_request: Request, error: Exception) -> JSONResponse:
    """Answer with the problem; what is nobody's but ours goes on, to be logged as a 500."""
    status, detail = problem(error)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        raise error
    return JSONResponse({"detail": detail}, status, RETRY_AFTER if status is HTTPStatus.SERVICE_UNAVAILABLE else None)


async def answer_invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Say what is wrong where, but not with which value: FastAPI's own answer fails with text that is no Unicode."""
    detail = [{"loc": found["loc"], "msg": found["msg"]} for found in error.errors()]
    return JSONResponse({"detail": detail}, HTTPStatus.UNPROCESSABLE_ENTITY)
