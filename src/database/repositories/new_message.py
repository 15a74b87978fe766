"""New messages: what they may have, and the times that keep them in the order in which they came."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal, get_args

from prisma import Prisma
from prisma.types import MessageCreateWithoutRelationsInput as Row

from database.errors import InvalidRoleError
from database.repositories.arguments import Columns, instant
from database.repositories.content import check_text, is_storable
from prisma_engine.namespace import query
from prisma_engine.uuid7 import uuid7

__all__ = ["NewMessage", "Role", "Row", "keep_order", "may_be_out_of_order", "row_of", "rows_of"]

Role = Literal["user", "assistant", "system", "developer", "tool"]

_ROLES: Final[tuple[str, ...]] = get_args(Role)  # a value that has no hash may be looked for, too
_PLACING: Final = frozenset({"id", "createdAt"})
"""What decides on a message's place among the others."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND: Final = timedelta(milliseconds=1)
_LATEST: Final = datetime.max.replace(tzinfo=timezone.utc) - _MILLISECOND  # of which there is one that is later
_TIME: Final = 13  # characters of a version 7 UUID that are its time
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Ids that every collation has in one order."""


_ORDERED: Final = (
    'SELECT "before", "id" FROM unnest($1::text[], $2::text[]) AS pair ("before", "id") WHERE "before" < "id"'
)


class NewMessage(Row):
    """A message to store, with columns of the schema; one from elsewhere may bring its `id` and its `createdAt`."""

    role: Role  # type: ignore[misc]  # of the client's texts, these


_COLUMNS: Final = Columns.of(NewMessage, left_out="sessionId")


class _Clock:
    """Times of this process that never go back, and go on where an id does not keep the order within a millisecond."""

    def __init__(self) -> None:
        self._last = _EPOCH
        self._is_sorted = True

    def __call__(self, id_: str, *, is_own: bool) -> datetime:
        now = max(_time_of(id_), self._last)
        if now == self._last and (is_own or not self._is_sorted):
            now += _MILLISECOND
        self._last, self._is_sorted = now, not is_own
        return now


_clock: Final = _Clock()


def row_of(message: NewMessage, session_id: str, name: str) -> Row:
    """What is stored for a new message, which errors call by `name`.

    Errors: InvalidRoleError, InvalidContentError, TypeError, ValueError.
    """
    _COLUMNS.check(name, message)
    if message["role"] not in _ROLES:
        raise InvalidRoleError(message["role"], _ROLES, name)
    check_text(f"The content of {name}", message["content"])
    made = uuid7()
    row: Row = {"id": made, **message, "sessionId": session_id}
    if not isinstance(row["id"], str):
        raise TypeError(f"The id of {name} is a str, not {type(row['id']).__name__}.")
    given = row.get("createdAt")
    row["createdAt"] = (
        _clock(made, is_own="id" in message) if given is None else instant(f"The createdAt of {name}", given)
    )
    return row


def rows_of(messages: Sequence[NewMessage], session_id: str) -> list[Row]:
    """What is stored for new messages, in their order. Errors: as `row_of`, with the position of the message."""
    if not _are_plain(messages):
        return [row_of(message, session_id, f"messages[{position}]") for position, message in enumerate(messages)]
    # Ids of one process rise, and carry the time: messages of one millisecond keep their order by them.
    made = uuid7.take(len(messages))
    times = {id_[:_TIME]: _clock(id_, is_own=False) for id_ in _firsts(made)}
    return [
        {"id": id_, **message, "sessionId": session_id, "createdAt": times[id_[:_TIME]]}
        for id_, message in zip(made, messages, strict=True)
    ]


def _firsts(ids: Sequence[str]) -> list[str]:
    """The first id of each time."""
    return list({id_[:_TIME]: id_ for id_ in reversed(ids)}.values())[::-1]


def _are_plain(messages: Sequence[NewMessage]) -> bool:
    """Whether they have what they must have and nothing else, all of it right: a tenth of the time of one by one."""
    if set(map(type, messages)) != {dict} or any(message.keys() != _COLUMNS.required for message in messages):
        return False
    roles, contents = ([message[name] for message in messages] for name in ("role", "content"))
    return (
        set(map(type, roles)) == set(map(type, contents)) == {str}
        and set(roles) <= set(_ROLES)
        and is_storable("".join(contents))
    )


def may_be_out_of_order(messages: Sequence[NewMessage]) -> bool:
    """Whether any of them has an id or a time that was not made here."""
    return any(not _PLACING.isdisjoint(message) for message in messages)


async def keep_order(client: Prisma, *sessions: Sequence[Row]) -> None:
    """Make a message of the same time as the one before it a millisecond later, unless its id keeps it behind.

    The database is asked for the order of ids, which its collation decides; of UUIDs, every one has the same.
    """
    pairs = [(before["id"], row["id"]) for rows in sessions for before, row in pairwise(rows) if _is_tie(before, row)]
    ordered = set(await _ordered(client, pairs)) if pairs else set()
    for rows in sessions:
        _put_in_order(rows, ordered)


def _is_tie(before: Row, row: Row) -> bool:
    return before["createdAt"] == row["createdAt"] and not _are_uuids(before, row)


def _are_uuids(*rows: Row) -> bool:
    return all(_UUID.fullmatch(row["id"]) for row in rows)


async def _ordered(client: Prisma, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    rows = await query(client, _ORDERED, [pair[0] for pair in pairs], [pair[1] for pair in pairs])
    return [(row["before"], row["id"]) for row in rows]


def _put_in_order(rows: Sequence[Row], ordered: Collection[tuple[str, str]]) -> None:
    given = [row["createdAt"] for row in rows]
    for position, (before, row) in enumerate(pairwise(rows)):
        if given[position] <= row["createdAt"] <= before["createdAt"]:  # where an earlier one has been made later, too
            follows = _follows(before, row, ordered) or before["createdAt"] >= _LATEST
            row["createdAt"] = before["createdAt"] + (timedelta(0) if follows else _MILLISECOND)


def _follows(before: Row, row: Row, ordered: Collection[tuple[str, str]]) -> bool:
    if _are_uuids(before, row):
        return row["id"] > before["id"]
    return (before["id"], row["id"]) in ordered


def _time_of(uuid7_text: str) -> datetime:
    return _instant_of(uuid7_text[:_TIME])


@lru_cache(maxsize=16)
def _instant_of(beginning: str) -> datetime:
    """The instant in a version 7 UUID: its first 48 bits are milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=int(beginning.replace("-", ""), 16))
