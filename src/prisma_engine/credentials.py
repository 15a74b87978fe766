"""A password that changes, such as a cloud's token: a function gives it for each new connection."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from prisma_engine.errors import UserFacingError
from prisma_engine.patience import OutOfTimeError, Patience, within

__all__ = ["Password", "fetch", "provide"]

Password = Callable[[], str | Awaitable[str]]
"""Gives the password; it may be asynchronous."""


def provide(client: Any, password: Password) -> None:
    """Have `password` called for each new connection of a client, in place of the password in its URL.

    It may be `async`; if it is not, it runs in a thread, so that it may wait without holding up the event loop.
    Errors: RuntimeError for a client that is connected. What the function raises fails the connection with P1000, in
            its own words, and so does one that takes longer than the URL's `connect_timeout`.
    """
    if client.is_connected():
        raise RuntimeError("The client is connected already: provide the password before that.")
    client._datasource = {**(client._datasource or {}), "password": password}  # noqa: SLF001  # its copies keep this


async def fetch(password: Password, patience: Patience) -> str:
    """The password for one connection. Errors: UserFacingError P1000."""
    try:
        return await within(_answer(password), patience)
    except OutOfTimeError as error:
        raise _refusal(f"has not answered within {patience.seconds:g} s", error.remark) from error


async def _answer(password: Password) -> str:
    try:
        given: object = password() if inspect.iscoroutinefunction(password) else await asyncio.to_thread(password)
        given = await given if inspect.isawaitable(given) else given
    except Exception as error:
        raise _refusal(f"failed with {type(error).__name__}: {error}") from error
    if not isinstance(given, str):
        raise _refusal(f"must return text, not {type(given).__name__}")
    return given


def _refusal(what: str, remark: str = "") -> UserFacingError:
    reason = f"the function that was provided for the password {what}"
    return UserFacingError("P1000", f"Authentication failed against the database server: {reason}.{remark}")
