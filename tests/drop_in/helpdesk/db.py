"""The one client of the program."""

from .client import Prisma

db = Prisma(auto_register=True)
