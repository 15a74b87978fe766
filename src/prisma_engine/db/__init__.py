"""Makes databases what a schema says and schemas what a database has, runs scripts, and fills with first data.

The functions raise `prisma_engine.errors.UserFacingError` with Prisma's codes and words.
"""

from prisma_engine.db.execute import execute
from prisma_engine.db.pull import Pulled, View, pull
from prisma_engine.db.push import PushResult, push
from prisma_engine.db.seed import seed

__all__ = ["Pulled", "PushResult", "View", "execute", "pull", "push", "seed"]
