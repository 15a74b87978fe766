"""What a process has resident that only imports asyncpg and the generated client."""

from __future__ import annotations

import json

import asyncpg  # noqa: F401  # imported to be there
import prisma
import prisma.client
import prisma.models  # noqa: F401  # imported to be there

from footprint.resident import resident

if __name__ == "__main__":
    print(json.dumps(resident()))
