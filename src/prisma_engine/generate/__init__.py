"""Runs a schema's generators: ours in the process itself, others as programs."""

from prisma_engine.generate.requests import Project, read_project
from prisma_engine.generate.run import Generated, Result, generate, run
from prisma_engine.generate.takeover import give_back

__all__ = ["Generated", "Project", "Result", "generate", "give_back", "read_project", "run"]
