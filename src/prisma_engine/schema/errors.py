"""What is wrong with a schema."""

from __future__ import annotations

from prisma_engine.errors import UserFacingError

__all__ = ["SchemaError"]


class SchemaError(UserFacingError):
    """P1012: the schema is not valid; the message shows each place, in Prisma's words."""
