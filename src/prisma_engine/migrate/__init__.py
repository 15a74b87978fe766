"""Prisma's migrations in production, in Python alone and in step with Prisma's own command line.

`deploy` applies what a database lacks, `status` compares, `resolve` records what somebody has done by hand. They raise
`prisma_engine.errors.UserFacingError` with Prisma's codes and words:

P1000, P1001, P1003, P1010, P1011, P1013   the database cannot be reached or used
P1002                                       another deployment held the lock for ten seconds
P1014                                       a script has dropped Prisma's table of migrations
P3005                                       the schema has tables, and none of them is Prisma's table of migrations
P3008                                       what is to be recorded as applied is so already
P3009                                       a migration failed earlier and has not been resolved
P3011, P3012                                what is to be recorded as rolled back was never tried, or has succeeded
P3015                                       a migration's folder has no `migration.sql`
P3017                                       the folder has no such migration
P3018                                       a migration's script failed; the message has the server's report
P3019                                       the migrations were written for another kind of database
none                                        what else the server refuses, in its words: for missing rights, say
"""

from prisma_engine.migrate.deploy import deploy
from prisma_engine.migrate.resolve import resolve
from prisma_engine.migrate.status import Status, status

__all__ = ["Status", "deploy", "resolve", "status"]
