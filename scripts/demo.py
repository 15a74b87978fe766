"""Store a conversation and a character file in a new session, read them back, and show that nothing changed."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final, cast

from prisma.errors import PrismaError

from checkouts import require_own_server
from columns import MESSAGE
from database import DatabaseError, DatabaseService, NewMessage
from demo_input import InputError, Json, Transcript, Turn, read_character, read_transcript
from steps import PROJECT, StepError, main, say

_SCRIPTS: Final[Mapping[str, str]] = {
    "LATIN": "Latin",
    "GREEK": "Greek",
    "CYRILLIC": "Cyrillic",
    "HEBREW": "Hebrew",
    "ARABIC": "Arabic",
    "DEVANAGARI": "Devanagari",
    "BENGALI": "Bengali",
    "TAMIL": "Tamil",
    "THAI": "Thai",
    "HANGUL": "Hangul",
    "HIRAGANA": "Hiragana",
    "KATAKANA": "Katakana",
    "CJK": "Chinese characters",
}


async def store(transcript: Transcript, character: dict[str, Json]) -> str:
    """Store both in a new session, compare what was stored, and return the session's id.

    Errors: StepError when it reads back differently, and what the database module raises. The session is deleted then.
    """
    async with DatabaseService() as db:
        session = await db.sessions.create_session()
        try:
            for turn in transcript.turns:
                await db.messages.create_message(session_id=session.id, **_message(turn))
            await db.character_files.create_character_file(content=character, session_id=session.id)
            await _compare(db, session.id, transcript, character)
        except BaseException:
            await _discard(db, session.id)
            raise
    return session.id


def _message(turn: Turn) -> NewMessage:
    """The turn with what its file says of the schema's own columns."""
    row: dict[str, Json] = {"content": turn.content, "role": turn.role}
    MESSAGE.complete(row, turn.fields, "")
    return cast("NewMessage", row)


async def _compare(db: DatabaseService, session_id: str, transcript: Transcript, character: dict[str, Json]) -> None:
    stored = await db.sessions.get_complete_session(session_id)
    if stored is None or stored.messages is None or stored.characterFile is None:
        raise StepError("the session was stored and could not be read back whole")
    problem = difference(
        [(message.role, message.content) for message in stored.messages],
        [(turn.role, turn.content) for turn in transcript.turns],
    )
    if problem is None and not same_json(stored.characterFile.content, character):
        problem = "the character"
    if problem:
        raise StepError(f"{problem} came back different from what was stored")


async def _discard(db: DatabaseService, session_id: str) -> None:
    try:
        await db.sessions.delete_session(session_id)
    except (DatabaseError, PrismaError) as error:  # the first error is the one to show as the reason
        print(f"session {session_id} could not be deleted again: {error}", file=sys.stderr)


def difference(stored: Sequence[object], original: Sequence[object]) -> str | None:
    """Name the first message that differs, if one does."""
    if len(stored) != len(original):
        return f"{len(original)} messages went in, {len(stored)} came out: the conversation"
    numbers = (number for number, pair in enumerate(zip(stored, original, strict=True), start=1) if pair[0] != pair[1])
    first = next(numbers, None)
    return None if first is None else f"message {first}"


def same_json(left: Json, right: Json) -> bool:
    """Compare as JSON does: 1 and 1.0 are the same number, 1 and true are not the same value."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if _is_number(left) and _is_number(right):
        return Decimal(str(left)) == Decimal(str(right))  # 1e300 comes back as an integer of 301 digits
    return type(left) is type(right) and bool(left == right)


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def scripts_of(text: str) -> list[str]:
    """The writing systems of a text, the most used first."""
    first_words = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha())
    return [_SCRIPTS[word] for word, _ in first_words.most_common() if word in _SCRIPTS]


def summary(session_id: str, transcript: Transcript, character: dict[str, Json], seconds: float) -> str:
    """A short account of what was stored, and where to look at it."""
    turns = transcript.turns
    roles = Counter(turn.role for turn in turns)
    everything = "\n".join(turn.content for turn in turns)
    lines = {
        "session": session_id,
        "messages": f"{len(turns)} ({roles['user']} user, {roles['assistant']} assistant)",
        "text": f"{sum(len(turn.content) for turn in turns):,} characters, "
        f"longest message {max(len(turn.content) for turn in turns):,}, "
        f"{everything.count('```') // 2} code blocks",
        "written in": ", ".join(scripts_of(everything)) or "no letters",
        "character": f"{json.dumps(character.get('name'), ensure_ascii=False)}, "
        f"{len(json.dumps(character, ensure_ascii=False).encode()):,} bytes of JSON",
        "read back": "every role, every text, their order and the character are the same",
        "time": f"{seconds:.2f} s",
        "look at it": "make db-studio, then http://localhost:5555",
    }
    unused = [json.dumps(name, ensure_ascii=False) for name in transcript.unused if name not in MESSAGE.names]
    if unused:
        lines["not stored"] = ", ".join(unused)
    return "\n".join(f"  {label:<12}{value}" for label, value in lines.items())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--transcript",
        type=Path,
        metavar="FILE",
        default=PROJECT / "examples" / "conversation.json",
        help='messages, as a JSON list or JSON Lines of {"role": …, "content": …} (default: %(default)s)',
    )
    parser.add_argument(
        "--character",
        type=Path,
        metavar="FILE",
        default=PROJECT / "examples" / "character.json",
        help="a JSON object (default: %(default)s)",
    )
    return parser.parse_args()


def run() -> None:
    """Read both files, store them, and print the summary. Errors: StepError."""
    arguments = _arguments()
    try:
        transcript = read_transcript(arguments.transcript)
        character = read_character(arguments.character)
    except InputError as error:
        raise StepError(str(error)) from error
    require_own_server()
    started = time.monotonic()
    try:
        session_id = asyncio.run(store(transcript, character))
    except (DatabaseError, PrismaError, TypeError, ValueError) as error:  # the schema may ask for more than files have
        raise StepError(f"the conversation was not stored: {' '.join(str(error).split())}") from error
    say(f"Stored {arguments.transcript.name} and {arguments.character.name}:")
    say(summary(session_id, transcript, character, time.monotonic() - started))


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a letter gets a question mark
    main(run)
