"""What is wrong with a schema."""

from __future__ import annotations

from prisma_engine.errors import UserFacingError

__all__ = ["SchemaError"]


class SchemaError(UserFacingError):
    """P1012: the schema is not valid; the message shows each place, in Prisma's words.

    `function` is what found it, as Prisma names it: `validate`, `getConfig` or `getDmmf`; empty where a file could not
    be read.
    """

    def __init__(self, code: str | None, message: str, *, function: str = "") -> None:
        super().__init__(code, message)
        self.function = function
