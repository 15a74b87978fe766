"""PostgreSQL: a connection pool on asyncpg that speaks Prisma's values and errors."""

from __future__ import annotations

from prisma_engine.postgres.connection import PostgresConnection
from prisma_engine.postgres.pool import PostgresDatabase
from prisma_engine.postgres.url import Settings, parse

__all__ = ["PostgresConnection", "PostgresDatabase", "Settings", "parse"]
