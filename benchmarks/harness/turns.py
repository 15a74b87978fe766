"""Calls of peers that take turns, so that what the machine does meanwhile concerns them alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.limits import ratio_of_turns
from harness.peers import RunningPeer

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """One of several things that take turns: a peer and a call of it, with its arguments for each operation."""

    peer: RunningPeer
    call: str
    arguments: list[list[Any]]


async def take_turns(turns: Sequence[Turn], *, rounds: int) -> list[list[Answer]]:
    """The answers of each, by round; the first round is only to warm up, and who begins changes."""
    answers: dict[int, list[Answer]] = defaultdict(list)
    for number in range(rounds + 1):
        for index in _rotated(range(len(turns)), number):
            turn = turns[index]
            answer = await turn.peer.ask(turn.call, turn.arguments)
            if number:
                answers[index].append(answer)
    return [answers[index] for index in range(len(turns))]


def ratio(answers: Sequence[Sequence[Answer]]) -> float:
    """The time of the first, divided by that of the second."""
    mine, theirs = answers
    return ratio_of_turns(map(time_of, mine), map(time_of, theirs))


def time_of(answer: Answer) -> float:
    """The median time of an operation. Units: nanoseconds."""
    times: list[int] = answer["times"]
    return median(times)


def _rotated(items: Sequence[int], number: int) -> list[int]:
    first = number % len(items)
    return [*items[first:], *items[:first]]
