"""Prisma Studio: Prisma's own page to look at a database's rows and to edit them, served from Python."""

from __future__ import annotations

from prisma_engine.studio.server import serve

__all__ = ["serve"]
