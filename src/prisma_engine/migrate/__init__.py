"""Applies Prisma's migrations and tells which are applied, in Python alone and in step with Prisma's own command line.

Both functions raise `prisma_engine.errors.UserFacingError` with Prisma's codes and words:

P1000, P1001, P1003, P1010, P1011, P1013   the database cannot be reached or used
P1002                                       another deployment held the lock for ten seconds
P3005                                       the schema has tables, and none of them is Prisma's table of migrations
P3009                                       a migration failed earlier and has not been resolved
P3015                                       a migration's folder has no `migration.sql`
P3018                                       a migration's script failed; the message has the server's report
P3019                                       the migrations were written for another kind of database
"""

from prisma_engine.migrate.deploy import deploy
from prisma_engine.migrate.status import Status, status

__all__ = ["Status", "deploy", "status"]
