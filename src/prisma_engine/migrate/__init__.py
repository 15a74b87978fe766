"""Prisma's migrations, in step with Prisma's own command line.

`deploy` applies what a database lacks, `status` compares, `resolve` records what somebody has done by hand: these are
for production, in Python alone. `dev`, `reset` and `diff` are for development, where Prisma's schema engine works. All
raise `prisma_engine.errors.UserFacingError` with Prisma's codes and words:

P1000, P1001, P1003, P1010, P1011, P1013   the database cannot be reached or used
P1002                                       another deployment held the lock for ten seconds
P1014                                       a script has dropped Prisma's table of migrations
P3005                                       the schema has tables, and none of them is Prisma's table of migrations
P3006, P3014                                the migrations do not run in a shadow database, or it cannot be created
P3008                                       what is to be recorded as applied is so already
P3009                                       a migration failed earlier and has not been resolved
P3011, P3012                                what is to be recorded as rolled back was never tried, or has succeeded
P3015                                       a migration's folder has no `migration.sql`
P3017                                       the folder has no such migration
P3018                                       a migration's script failed; the message has the server's report
P3019                                       the migrations were written for another kind of database
none                                        what else the server refuses, in its words: for missing rights, say; or data
                                            would be lost or forbid a change, or the database has to be reset first
"""

from prisma_engine.migrate.deploy import deploy
from prisma_engine.migrate.dev import DevResult, dev
from prisma_engine.migrate.diff import Database, Diff, Empty, Migrations, Schema, diff
from prisma_engine.migrate.reset import reset
from prisma_engine.migrate.resolve import resolve
from prisma_engine.migrate.status import Status, status
from prisma_engine.migrate.workspace import External

__all__ = [
    "Database",
    "DevResult",
    "Diff",
    "Empty",
    "External",
    "Migrations",
    "Schema",
    "Status",
    "deploy",
    "dev",
    "diff",
    "reset",
    "resolve",
    "status",
]
