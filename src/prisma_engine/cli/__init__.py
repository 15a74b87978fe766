"""Runs the pinned Prisma CLI, with a schema engine that needs no native binary, in any project's folder."""
