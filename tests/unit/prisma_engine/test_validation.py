"""Rules and the errors of those that do not hold: code, message and meta of every identifier."""

from __future__ import annotations

import pytest

from prisma_engine.errors import PlanError
from prisma_engine.interpreter.validation import ERRORS, RULES, check, violation
from prisma_engine.plan import RULE_TYPES

NO_RECORD = "An operation failed because it depends on one or more records that were required but not found."


def test_there_is_a_test_for_every_rule() -> None:
    assert RULES.keys() == RULE_TYPES


@pytest.mark.parametrize(
    ("rule", "args", "value", "holds"),
    [
        ("rowCountEq", 2, [1, 2], True),
        ("rowCountEq", 2, [1], False),
        ("rowCountEq", 0, None, True),
        ("rowCountEq", 0, [], True),
        ("rowCountEq", 1, {"id": 1}, True),
        ("rowCountEq", 0, {"id": 1}, False),
        ("rowCountNeq", 0, None, False),
        ("rowCountNeq", 0, {"id": 1}, True),
        ("affectedRowCountEq", 2, 2, True),
        ("affectedRowCountEq", 2, 1, False),
        ("never", None, [], False),
    ],
)
def test_rule(rule: str, args: object, value: object, holds: bool) -> None:  # noqa: FBT001 - pytest passes by name
    assert check({"type": rule, "args": args})(value) is holds


CASES: list[tuple[str, dict[str, object], object, str, str]] = [
    (
        "RELATION_VIOLATION",
        {"relation": "PostToUser", "modelA": "Post", "modelB": "User"},
        [],
        "P2014",
        "The change you are trying to make would violate the required relation 'PostToUser' "
        "between the `Post` and `User` models.",
    ),
    (
        "MISSING_RECORD",
        {"operation": "an update"},
        None,
        "P2025",
        f"{NO_RECORD} No record was found for an update.",
    ),
    (
        "MISSING_RELATED_RECORD",
        {
            "model": "User",
            "relation": "Mgr",
            "relationType": "one-to-many",
            "operation": "a connect",
            "neededFor": "inline the relation",
        },
        None,
        "P2025",
        f"{NO_RECORD} No 'User' record (needed to inline the relation) was found for a connect "
        "on one-to-many relation 'Mgr'.",
    ),
    (
        "MISSING_RELATED_RECORD",
        {
            "model": "User",
            "relation": "Mgr",
            "relationType": "one-to-many",
            "operation": "a nested set",
            "neededFor": None,
        },
        None,
        "P2025",
        f"{NO_RECORD} No 'User' record was found for a nested set on one-to-many relation 'Mgr'.",
    ),
    (
        "INCOMPLETE_CONNECT_INPUT",
        {"expectedRows": 2},
        [{"id": 1}],
        "P2025",
        f"{NO_RECORD} Expected 2 records to be connected, found only 1.",
    ),
    (
        "INCOMPLETE_CONNECT_INPUT",
        {"expectedRows": 1},
        None,
        "P2025",
        f"{NO_RECORD} Expected 1 records to be connected, found only 0.",
    ),
    (
        "INCOMPLETE_CONNECT_OUTPUT",
        {"expectedRows": 3, "relation": "Mgr", "relationType": "one-to-many"},
        2,
        "P2018",
        "The required connected records were not found. Expected 3 records to be connected after connect operation "
        "on one-to-many relation 'Mgr', found 2.",
    ),
    (
        "RECORDS_NOT_CONNECTED",
        {"relation": "PostToUser", "parent": "User", "child": "Post"},
        None,
        "P2017",
        "The records for relation `PostToUser` between the `User` and `Post` models are not connected.",
    ),
]


@pytest.mark.parametrize(("identifier", "context", "value", "code", "message"), CASES)
def test_violation(identifier: str, context: dict[str, object], value: object, code: str, message: str) -> None:
    error = violation(identifier, context)(value)

    assert error.code == code
    assert error.message == message
    assert error.meta == context


def test_every_identifier_is_tested() -> None:
    assert {identifier for identifier, *_ in CASES} == ERRORS.keys()


def test_unknown_rule_is_refused() -> None:
    with pytest.raises(PlanError, match="unknown rule 'sometimes'"):
        check({"type": "sometimes"})


def test_unknown_identifier_is_refused() -> None:
    with pytest.raises(PlanError, match="unknown error identifier 'OOPS'"):
        violation("OOPS", {})
