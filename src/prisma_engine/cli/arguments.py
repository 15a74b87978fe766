"""Reads a command's arguments with the habits of Prisma's command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from prisma_engine.cli.errors import HelpAskedError, UsageError

__all__ = ["Given", "Syntax", "parse", "read"]


@dataclass(frozen=True, slots=True)
class Syntax:
    """What a command takes: options without a value, with one, with one each time; `-n` stands for `--name`.

    Every command takes `--help`, `-h` and `--config` besides.
    """

    help_text: str
    flags: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """What stood among the arguments; an option's name is written with its dashes."""

    flags: frozenset[str]
    values: Mapping[str, tuple[str, ...]]
    rest: tuple[str, ...]

    def has(self, name: str) -> bool:
        """Whether the option was given, with a value or without."""
        return name in self.flags or name in self.values

    def value(self, name: str) -> str | None:
        """The option's value, None where it was not given; the last one counts."""
        return self.all(name)[-1] if name in self.values else None

    def all(self, name: str) -> tuple[str, ...]:
        """Every value that the option was given."""
        return self.values.get(name, ())


_COMMON_FLAGS: Final = ("--help",)
_COMMON_VALUES: Final = ("--config", "--telemetry-information")
_COMMON_ALIASES: Final = {"-h": "--help"}


def parse(arguments: Sequence[str], syntax: Syntax) -> Given:
    """Read the arguments of one command.

    Errors: HelpAskedError for `--help`, UsageError for what the command does not take.
    """
    given = read(arguments, syntax)
    if given.has("--help"):
        raise HelpAskedError(syntax.help_text)
    return given


def read(arguments: Sequence[str], syntax: Syntax) -> Given:
    """Read options up to the first argument that is none, and leave the others as they are. Errors: UsageError.

    Source: the npm package `arg`, with `stopAtPositional`, as Prisma's command line uses it.
    """
    reader = _Reader(syntax, list(arguments))
    reader.run()
    values = {name: tuple(found) for name, found in reader.values.items()}
    return Given(frozenset(reader.flags), values, tuple(reader.waiting))


class _Reader:
    """The arguments that are still to be read, and what was found in the others."""

    def __init__(self, syntax: Syntax, arguments: list[str]) -> None:
        self.waiting = arguments
        self.flags: set[str] = set()
        self.values: dict[str, list[str]] = {}
        self._help_text = syntax.help_text
        self._aliases = {**_COMMON_ALIASES, **syntax.aliases}
        self._flags = {*_COMMON_FLAGS, *syntax.flags}
        self._with_value = {*_COMMON_VALUES, *syntax.values, *syntax.lists}

    def run(self) -> None:
        while self.waiting and _is_option(self.waiting[0]):
            argument = self.waiting.pop(0)
            if argument == "--":
                return
            if argument.startswith("--") or len(argument) == len("-n"):
                self._take(argument, is_last=True)
            else:
                self._take_letters(argument[1:])

    def _take_letters(self, letters: str) -> None:
        """`-fn x` is `-f -n x`."""
        for place, letter in enumerate(letters, start=1):
            self._take(f"-{letter}", is_last=place == len(letters))

    def _take(self, argument: str, *, is_last: bool) -> None:
        written, equals, value = argument.partition("=")
        name = self._aliases.get(written, written)
        if name in self._flags:
            self.flags.add(name)
        elif name not in self._with_value:
            raise self._refused(f"unknown or unexpected option: {written}")
        elif not is_last:
            raise self._refused(f"option requires argument (but was followed by another short argument): {written}")
        else:
            self.values.setdefault(name, []).append(value if equals else self._following(written, name))

    def _following(self, written: str, name: str) -> str:
        if not self.waiting or _is_option(self.waiting[0]):
            alias = "" if written == name else f" (alias for {name})"
            raise self._refused(f"option requires argument: {written}{alias}")
        return self.waiting.pop(0)

    def _refused(self, message: str) -> UsageError:
        return UsageError(message, self._help_text)


def _is_option(argument: str) -> bool:
    return len(argument) > 1 and argument.startswith("-") and not argument[1:].isdecimal()  # which is a number
