"""Runs Prisma Client Python on Prisma's query compiler, inside the Python process."""
