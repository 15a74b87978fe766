"""`prisma db push`: the database becomes what the schema says."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from prisma_engine.admin import interruption
from prisma_engine.cli import terminal
from prisma_engine.cli.agents import check_consent
from prisma_engine.cli.arguments import Syntax, parse
from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.followup import CANCELLED, FOLLOW_UP_FLAGS, follow_up
from prisma_engine.cli.target import Target, engine_words, open_target, workspace_of
from prisma_engine.db.push import Pushing, PushResult

__all__ = ["run"]

_SYNTAX: Final = Syntax(
    """
🙌  Push the state from your Prisma schema to your database

Usage

  $ prisma db push [options]

  The datasource URL configuration is read from the Prisma config file (e.g., prisma7.config.ts).

Options

           -h, --help   Display this help message
             --config   Custom path to your Prisma config file
             --schema   Custom path to your Prisma schema
                 --url   Override the datasource URL from the Prisma config file
   --accept-data-loss   Ignore data loss warnings
        --force-reset   Force a reset of the database before push
      --skip-generate   Skip triggering generators (e.g. Prisma Client)

Examples

  Push the Prisma schema state to the database
  $ prisma db push

  Specify a schema
  $ prisma db push --schema=./schema.prisma

  Ignore data loss warnings
  $ prisma db push --accept-data-loss
""",
    flags=("--accept-data-loss", "--force-reset", *FOLLOW_UP_FLAGS),
    values=("--schema", "--url"),
)


def run(arguments: Sequence[str]) -> int:
    """Push the schema, then generate the client."""
    given = parse(arguments, _SYNTAX)
    project, target = open_target(given, "prisma db push")
    _create_if_missing(target)
    pushing = Pushing(workspace_of(project, target.url))
    if given.has("--force-reset"):
        _reset(pushing, target)
    started = time.monotonic()
    result = _push(pushing, accept_data_loss=given.has("--accept-data-loss"))
    if result is None:
        return CANCELLED
    if given.has("--force-reset") or result.warnings or result.steps:
        done = f"Done in {terminal.duration(time.monotonic() - started)}"
        terminal.say(f"\n🚀  Your database is now in sync with your Prisma schema. {done}")
    else:
        terminal.say("\nThe database is already in sync with the Prisma schema.")
    return follow_up(project, given, with_seed=False)


def _create_if_missing(target: Target) -> None:
    try:
        created = interruption.run(target.create_if_missing())
    except BaseException:
        terminal.say()
        raise
    if created:
        terminal.say(f"\n{created}")


def _reset(pushing: Pushing, target: Target) -> None:
    terminal.say()
    check_consent()
    with engine_words():
        interruption.run(pushing.reset())
    terminal.say(target.was_reset)


def _push(pushing: Pushing, *, accept_data_loss: bool) -> PushResult | None:
    """Push, and return None where a person does not want to lose data."""
    if accept_data_loss:
        check_consent()
    with engine_words():
        result = interruption.run(pushing.push(accept_data_loss=accept_data_loss))
    if result.unexecutable:
        terminal.say()
        raise CommandError(_unexecutable(result.unexecutable))
    if result.warnings:
        title = "\n⚠️  There might be data loss when applying the changes:\n\n"
        terminal.say(terminal.bold(terminal.yellow(title)), end="")
        terminal.say("".join(f"  • {warning}\n\n" for warning in result.warnings))
    if accept_data_loss or not result.warnings:
        return result
    return _push_all_the_same(pushing)


def _push_all_the_same(pushing: Pushing) -> PushResult | None:
    if not terminal.can_prompt():
        command = terminal.bold(terminal.green("prisma db push --accept-data-loss"))
        raise CommandError(f"Use the --accept-data-loss flag to ignore the data loss warnings like {command}")
    terminal.say()
    if not terminal.confirm("Do you want to ignore the warning(s)?"):
        terminal.say("Push cancelled.")
        return None
    check_consent()
    with engine_words():
        return interruption.run(pushing.push(accept_data_loss=True))


def _unexecutable(changes: Sequence[str]) -> str:
    title = terminal.bold(terminal.red("\n⚠️ We found changes that cannot be executed:\n"))
    told = "\n".join([title, *(f"  • {change}" for change in changes)])
    command = terminal.bold(terminal.green("prisma db push --force-reset"))
    lost = terminal.bold(terminal.red("All data will be lost."))
    return (
        f"{told}\n\nYou may use the --force-reset flag to drop the database before push like {command}\n{lost}\n      "
    )
