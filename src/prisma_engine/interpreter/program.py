"""Plans made ready to run: the tree becomes closures once, and every call runs those."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prisma_engine.errors import PlanError
from prisma_engine.interpreter.nodes import QUERY, Find, Single, Step, build_step, shaped
from prisma_engine.interpreter.scope import Layout, Run, Scope
from prisma_engine.plan import Node
from prisma_engine.ports import Connection

__all__ = ["Program", "Query", "build", "shaped"]


@dataclass(frozen=True, slots=True)
class Program:
    """A plan ready to run, as often as wanted and also at the same time."""

    step: Step
    layout: Layout

    def run(self, connection: Connection, params: Sequence[object]) -> Awaitable[Any]:
        """Run the plan; `params[0]` is the value of the placeholder %1.

        Errors: UserFacingError, from the database or from a rule of the plan; PlanError when values are missing.
        """
        layout = self.layout
        if len(params) < layout.params:
            raise PlanError(f"Missing value for query variable %{len(params) + 1}")
        return self.step(Run(connection, params, layout.slots))

    @property
    def query(self) -> Query | None:
        """The one query that the plan is; None for a plan that is anything else."""
        step = self.step
        if isinstance(step, Single) and (step.send is QUERY or isinstance(step.send, Find)):
            return Query(step, self.layout.slots)
        return None


@dataclass(frozen=True, slots=True)
class Query:
    """A plan that is one query, for whoever sends it without a step in between."""

    step: Single
    slots: int

    def begin(self, connection: Connection, params: Sequence[object]) -> Run:
        """Begin to run it; the parameters are as many as the plan has."""
        return Run(connection, params, self.slots)

    def send(self, run: Run) -> Awaitable[Any]:
        """Send the statement; the step's `finish` takes its rows. Errors: UserFacingError."""
        step = self.step
        return step.send(run.connection, step.sql, step.bind(run))


def build(plan: Node, *, by_key: bool = False, asked: Mapping[str, str] | None = None, unmade: bool = False) -> Program:
    """Turn a plan into a program.

    What is known of the call makes it faster: `by_key`, that single records are looked up by their keys only; `asked`,
    which columns are to have the values of which placeholders; `unmade`, that the caller makes the rows, if they are
    `Found`.
    Errors: PlanError for a node, rule, generator or fragment that this build does not know; UserFacingError P2029
    when a statement has more values than the database takes.
    """
    scope = Scope(by_key=by_key, asked=asked or {}, unmade=unmade)
    return Program(build_step(plan, scope), scope.layout)
