"""`prisma migrate dev`: the schema's changes become the next migration."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from prisma_engine import schema
from prisma_engine.admin import interruption
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given, Syntax, parse
from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.followup import CANCELLED, FOLLOW_UP_FLAGS, follow_up
from prisma_engine.cli.project import Project
from prisma_engine.cli.target import Target, engine_words, open_target, workspace_of
from prisma_engine.cli.tree import name_of, tree
from prisma_engine.migrate.dev import DataLoss, Development, development
from prisma_engine.migrate.names import slug

__all__ = ["run"]

_SYNTAX: Final = Syntax(
    """
🏋️  Create a migration from changes in Prisma schema, apply it to the database, trigger generators (e.g. Prisma Client)

Usage

  $ prisma migrate dev [options]

  The datasource URL configuration is read from the Prisma config file (e.g., prisma7.config.ts).

Options

       -h, --help   Display this help message
         --config   Custom path to your Prisma config file
         --schema   Custom path to your Prisma schema
         --url      Override the datasource URL from the Prisma config file
       -n, --name   Name the migration
    --create-only   Create a new migration but do not apply it
                    The migration will be empty if there are no changes in Prisma schema
  --skip-generate   Skip triggering generators (e.g. Prisma Client)
      --skip-seed   Skip triggering seed

Examples

  Create a migration from changes in Prisma schema, apply it to the database, trigger generators (e.g. Prisma Client)
  $ prisma migrate dev

  Specify a schema
  $ prisma migrate dev --schema=./schema.prisma

  Create a migration without applying it
  $ prisma migrate dev --create-only
""",
    flags=("--create-only", *FOLLOW_UP_FLAGS),
    values=("--name", "--schema", "--url"),
    aliases={"-n": "--name"},
)
_NOT_INTERACTIVE: Final = """\
Prisma Migrate has detected that the environment is non-interactive, which is not supported.

`prisma migrate dev` is an interactive command designed to create new migrations and evolve the database in \
development.
To apply existing migrations in deployments, use {command}.
See {link}"""


class _Cancelled(Exception):  # noqa: N818  -- a person's decision, not an error
    """A person has said no."""


def run(arguments: Sequence[str]) -> int:
    """Apply what is pending, write the next migration and apply it, then generate the client."""
    given = parse(arguments, _SYNTAX)
    project, target = open_target(given, "prisma migrate dev")
    terminal.say()
    schema.validate(project.files, colour=terminal.has_colours())
    try:
        is_new = interruption.run(_develop(project, target, given))
    except _Cancelled:
        return CANCELLED
    if given.has("--create-only"):
        return 0
    return follow_up(project, given, with_seed=is_new)


async def _develop(project: Project, target: Target, given: Given) -> bool:
    """Do the work, and tell whether the database was created for it."""
    created = await target.create_if_missing()
    if created:
        terminal.say(f"{created}\n")
    with engine_words():
        await _step_by_step(project, target, given)
    return created is not None


async def _step_by_step(project: Project, target: Target, given: Given) -> None:
    async with development(workspace_of(project, target.url)) as steps:
        _stop_for_reset(await steps.reset_reason(), target)
        applied = await steps.apply()
        if applied:
            terminal.say(f"\nThe following migration(s) have been applied:\n\n{tree('migrations', applied)}")
        loss = await steps.data_loss()
        _ask_about(loss, given)
        await _write(steps, loss, project, given, applied)


def _stop_for_reset(reason: str | None, target: Target) -> None:
    if reason is None:
        return
    terminal.say(f"{reason}\n{target.to_reset}\n")
    terminal.say(f"You may use {terminal.red('prisma migrate reset')} to drop the development database.")
    terminal.say(terminal.bold(terminal.red("All data will be lost.")))
    raise _Cancelled


def _ask_about(loss: DataLoss, given: Given) -> None:
    """Have a person agree with what the migration does to the data."""
    if loss.unexecutable:
        _tell_unexecutable(loss.unexecutable, given)
    if not loss.warnings:
        return
    terminal.say(terminal.bold("\n⚠️  Warnings for the current datasource:\n\n"), end="")
    terminal.say("".join(f"  • {warning}\n" for warning in loss.warnings))
    if not terminal.can_prompt():
        command = terminal.bold(terminal.green("prisma migrate deploy"))
        link = terminal.underline("https://pris.ly/d/migrate-deploy")
        raise CommandError(_NOT_INTERACTIVE.format(command=command, link=link))
    work = "create" if given.has("--create-only") else "create and apply"
    if not terminal.confirm(f"Are you sure you want to {work} this migration?"):
        terminal.say("Migration cancelled.")
        raise _Cancelled


def _tell_unexecutable(changes: Sequence[str], given: Given) -> None:
    title = terminal.bold(terminal.red("\n⚠️ We found changes that cannot be executed:\n"))
    told = "\n".join([title, *(f"  • {change}" for change in changes)])
    terminal.say()
    if given.has("--create-only"):
        terminal.warn(f"{told}\n")
        return
    raise CommandError(
        f"{told}\n\nYou can use prisma migrate dev --create-only to create the migration file, and manually modify it"
        " to address the underlying issue(s).\nThen run prisma migrate dev to apply it and verify it works.\n"
    )


async def _write(steps: Development, loss: DataLoss, project: Project, given: Given, applied: Sequence[str]) -> None:
    """Write the next migration, and apply it unless it is to be created only."""
    create_only = given.has("--create-only")
    name = _name(given) if loss.steps or create_only else ""
    written = await steps.write(name, even_if_empty=create_only)
    if create_only:
        terminal.say(
            f"Prisma Migrate created the following migration without applying it {name_of(written or '')}\n\n"
            f"You can now edit it and apply it by running {terminal.green('prisma migrate dev')}."
        )
        return
    created = await steps.apply()
    terminal.say(_outcome(applied, created, _relative(project.migrations)))


def _name(given: Given) -> str:
    named = given.value("--name")
    if named:
        return slug(named)
    if not terminal.can_prompt():
        return ""
    answer = terminal.ask("Enter a name for the new migration:")
    if answer is None:
        terminal.say("Canceled by user.")
        raise _Cancelled
    return slug(answer)


def _relative(folder: Path) -> str:
    return os.path.relpath(folder)


def _outcome(applied: Sequence[str], created: Sequence[str], folder: str) -> str:
    in_sync = terminal.green("Your database is now in sync with your schema.")
    before = "\n" if applied else ""
    if created:
        title = "\nThe following migration(s) have been created and applied from new schema changes:"
        return f"{before}{title}\n\n{tree(folder, created)}\n\n{in_sync}"
    return f"{before}{in_sync}" if applied else "Already in sync, no schema change or pending migration was found."
