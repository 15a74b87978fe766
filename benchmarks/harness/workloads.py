"""The workloads: what each asks of a peer, on which data, and how to see that the peer really did it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

Arguments = list[Any]

TEXT: Final = "The quick brown fox jumps over the lazy dog, and nobody in the garden minds. " * 3  # 231 characters
CHARACTER: Final = {  # 4 KB as JSON
    "name": "Ada",
    "traits": {f"trait-{number}": {"weight": number / 10, "tags": ["calm", "curious"]} for number in range(20)},
    "lore": [TEXT for _ in range(12)],
}

SHORT: Final = 50  # messages of the session that is read often
MIDDLE: Final = 1_000  # messages of a session that is read whole
LONG: Final = 10_000  # messages of the session that is read whole
BULK: Final = 1_000

_MESSAGES: Final = 'SELECT count(*) FROM "Message" WHERE "sessionId" = ANY($1)'
_SESSIONS: Final = 'SELECT count(*) FROM "Session" WHERE id = ANY($1)'
_CHARACTER_FILES: Final = 'SELECT count(*) FROM "CharacterFile" WHERE "sessionId" = ANY($1)'


@dataclass(frozen=True, slots=True)
class Stored:
    """What is in the database after a workload: a count over the sessions that it was given."""

    sql: str
    count: int


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of work.

    Shape: `sessions` fresh ones with `messages` each are made for every turn of every peer, and are gone afterwards;
    with `reads`, it is the permanent session with so many messages. Each session gets `operations` calls. `peers` are
    those that it is for, where it is not for all.
    """

    name: str
    title: str
    call: str
    operations: int
    arguments: Callable[[str], Arguments]
    size: int  # of a result: messages read, rows written, or 1
    sessions: int = 1
    messages: int = 0
    reads: int = 0
    tasks: int = 1
    stored: Stored | None = None
    peers: frozenset[str] | None = None

    @property
    def is_single(self) -> bool:
        """Whether it is one that a person waits for, rather than work in bulk or by many."""
        return not self.is_throughput and self.size <= SHORT

    @property
    def is_throughput(self) -> bool:
        """Whether operations a second count, rather than the time of each."""
        return self.tasks > 1 or self.name.startswith("throughput")

    def entries(self, sessions: Sequence[str]) -> list[Arguments]:
        """The arguments of each call: sessions take turns."""
        return [self.arguments(session) for _ in range(self.operations) for session in sessions]


def _throughput(tasks: int, *, turns: int) -> Workload:
    return Workload(
        f"throughput_{tasks}",
        f"chat turns a second, {tasks} task{'s' if tasks > 1 else ''}",
        "chat_turn",
        operations=turns,
        arguments=_turn,
        size=20,
        sessions=tasks,
        messages=20,
        tasks=tasks,
        stored=Stored(_MESSAGES, tasks * (20 + 2 * turns)),
    )


def _turn(session: str) -> Arguments:
    return [session, TEXT, TEXT]


def _thousand(name: str, title: str) -> Workload:
    return Workload(
        name,
        title,
        name,
        1,
        lambda session: [session, [TEXT] * BULK],
        size=BULK,
        sessions=2,
        stored=Stored(_MESSAGES, 2 * BULK),
    )


_PRISMAS: Final = frozenset({"ours", "bare", "hand_written", "prisma_ts", "prisma_ts_named"})
"""Who has calls of their own for what a client can do and the repositories do not, and what these are compared with."""

WORKLOADS: Final = (
    Workload("create_session", "create a session", "create_session", 40, lambda _: [], size=1),
    Workload(
        "create_message",
        "create a message",
        "create_message",
        40,
        lambda session: [session, "user", TEXT],
        size=1,
        stored=Stored(_MESSAGES, 40),
    ),
    Workload("session_by_id", "session by id", "session_by_id", 60, lambda session: [session], size=1, reads=SHORT),
    Workload(
        "messages", "50 messages of a session", "messages", 40, lambda session: [session], size=SHORT, reads=SHORT
    ),
    Workload(
        "complete_session",
        "complete session (50 messages, character file)",
        "complete_session",
        30,
        lambda session: [session],
        size=SHORT,
        reads=SHORT,
    ),
    Workload(
        "find_unique",
        "find_unique: a character file with its session",
        "find_unique",
        40,
        lambda session: [session],
        size=1,
        reads=SHORT,
        peers=_PRISMAS,
    ),
    Workload(
        "find_first",
        "find_first: a session with its messages and character file",
        "find_first",
        30,
        lambda session: [session],
        size=SHORT,
        reads=SHORT,
        peers=_PRISMAS,
    ),
    Workload(
        "character_file",
        "character file, create or replace, 4 KB",
        "character_file",
        2,  # the first creates, the second replaces
        lambda session: [session, CHARACTER],
        size=1,
        sessions=15,
        stored=Stored(_CHARACTER_FILES, 15),
    ),
    Workload(
        "chat_turn",
        "chat turn (two inserts, last 20 messages)",
        "chat_turn",
        20,
        _turn,
        size=20,
        messages=20,
        stored=Stored(_MESSAGES, 60),
    ),
    _thousand("create_messages", "1,000 messages at once"),
    replace(_thousand("create_many", "1,000 messages by the client's create_many"), peers=_PRISMAS | {"pool_records"}),
    Workload(
        "delete_session",
        "delete a session with its 50 messages",
        "delete_session",
        1,
        lambda session: [session],
        size=1,
        sessions=15,
        messages=SHORT,
        stored=Stored(_SESSIONS, 0),
    ),
    Workload(
        "middle_session", "1,000 messages of one session", "messages", 6, lambda s: [s], size=MIDDLE, reads=MIDDLE
    ),
    Workload("long_session", "10,000 messages of one session", "messages", 2, lambda s: [s], size=LONG, reads=LONG),
    _throughput(1, turns=20),
    _throughput(16, turns=8),
    _throughput(64, turns=4),
)
