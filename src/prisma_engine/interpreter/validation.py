"""Rules that a plan checks between its statements, and the errors of those that do not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from prisma_engine.errors import NO_RECORD, PlanError, UserFacingError

__all__ = ["ERRORS", "RULES", "Check", "check", "violation"]

Check = Callable[[object], bool]


def _row_count(value: object) -> int:
    if isinstance(value, list):
        return len(value)
    return 0 if value is None else 1


RULES: Final[Mapping[str, Callable[[object, Any], bool]]] = {
    "rowCountEq": lambda value, count: _row_count(value) == count,
    "rowCountNeq": lambda value, count: _row_count(value) != count,
    "affectedRowCountEq": lambda value, count: bool(value == count),
    "never": lambda _value, _args: False,
}

ERRORS: Final[Mapping[str, tuple[str, str]]] = {
    "RELATION_VIOLATION": (
        "P2014",
        "The change you are trying to make would violate the required relation '{relation}' "
        "between the `{modelA}` and `{modelB}` models.",
    ),
    "MISSING_RECORD": ("P2025", NO_RECORD + "No record was found for {operation}."),
    "MISSING_RELATED_RECORD": (
        "P2025",
        NO_RECORD + "No '{model}' record{hint} was found for {operation} on {relationType} relation '{relation}'.",
    ),
    "INCOMPLETE_CONNECT_INPUT": (
        "P2025",
        NO_RECORD + "Expected {expectedRows} records to be connected, found only {found}.",
    ),
    "INCOMPLETE_CONNECT_OUTPUT": (
        "P2018",
        "The required connected records were not found. Expected {expectedRows} records to be connected "
        "after connect operation on {relationType} relation '{relation}', found {found}.",
    ),
    "RECORDS_NOT_CONNECTED": (
        "P2017",
        "The records for relation `{relation}` between the `{parent}` and `{child}` models are not connected.",
    ),
}
"""Prisma's code and message by the plan's error identifier; the message takes the plan's context."""


def check(rule: Mapping[str, Any]) -> Check:
    """Turn a rule of a plan into a test of a value. Errors: PlanError for an unknown rule."""
    if rule["type"] not in RULES:
        raise PlanError(f"the plan has the unknown rule {rule['type']!r}")
    holds, args = RULES[rule["type"]], rule.get("args")
    return lambda value: holds(value, args)


def violation(identifier: str, context: Mapping[str, object]) -> Callable[[object], UserFacingError]:
    """Make the function that turns an offending value into its error. Errors: PlanError for an unknown identifier."""
    if identifier not in ERRORS:
        raise PlanError(f"the plan has the unknown error identifier {identifier!r}")
    code, message = ERRORS[identifier]
    needed_for = context.get("neededFor")
    hint = f" (needed to {needed_for})" if needed_for else ""

    def error(value: object) -> UserFacingError:
        found = value if isinstance(value, int) else _row_count(value)
        return UserFacingError(code, message.format_map({**context, "hint": hint, "found": found}), context)

    return error
