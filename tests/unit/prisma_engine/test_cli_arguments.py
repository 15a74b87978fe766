"""How a command's arguments are read."""

from __future__ import annotations

import pytest

from prisma_engine.cli.arguments import Syntax, parse
from prisma_engine.cli.errors import HelpAskedError, UsageError

SYNTAX = Syntax(
    "the help",
    flags=("--force", "--create-only"),
    values=("--name", "--schema"),
    lists=("--generator",),
    aliases={"-f": "--force", "-n": "--name"},
)


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (["--name", "first"], "first"),
        (["--name=first"], "first"),
        (["--name=a=b"], "a=b"),
        (["--name="], ""),
        (["-n", "first"], "first"),
        (["-fn", "first"], "first"),
        (["--name", "first", "--name", "last"], "last"),
        (["--name", "-"], "-"),
        (["--force"], None),
    ],
)
def test_an_option_has_its_value_behind_a_space_or_an_equals_sign(arguments: list[str], value: str | None) -> None:
    assert parse(arguments, SYNTAX).value("--name") == value


def test_an_option_without_a_value_is_there_or_not() -> None:
    given = parse(["-f", "--name", "x"], SYNTAX)

    assert [given.has(name) for name in ("--force", "--create-only", "--name", "--schema")] == [
        True,
        False,
        True,
        False,
    ]


def test_a_value_for_an_option_that_takes_none_changes_nothing() -> None:
    assert parse(["--force=no"], SYNTAX).has("--force")


def test_some_options_may_be_given_more_than_once() -> None:
    assert parse(["--generator", "a", "--generator=b"], SYNTAX).all("--generator") == ("a", "b")


@pytest.mark.parametrize(
    ("arguments", "rest"),
    [
        (["one", "--force"], ("one", "--force")),
        (["--force", "--", "--name", "x"], ("--name", "x")),
        (["--force"], ()),
    ],
)
def test_reading_ends_at_the_first_argument_that_is_no_option(arguments: list[str], rest: tuple[str, ...]) -> None:
    assert parse(arguments, SYNTAX).rest == rest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--forse"], "unknown or unexpected option: --forse"),
        (["--forse=1"], "unknown or unexpected option: --forse"),
        (["-x"], "unknown or unexpected option: -x"),
        (["--name"], "option requires argument: --name"),
        (["--name", "--force"], "option requires argument: --name"),
        (["-n"], "option requires argument: -n (alias for --name)"),
        (["-nf"], "option requires argument (but was followed by another short argument): -n"),
    ],
)
def test_what_the_command_does_not_take_is_refused_in_prismas_words(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(arguments, SYNTAX)

    assert (str(caught.value), caught.value.help_text) == (message, "the help")


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--force", "-h"]])
def test_help_can_be_asked_of_every_command(arguments: list[str]) -> None:
    with pytest.raises(HelpAskedError) as caught:
        parse(arguments, SYNTAX)

    assert caught.value.help_text == "the help"
