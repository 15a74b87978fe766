"""What the schema engine connects to when it compares schema files only: nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from prisma_engine.schema_engine.answers import PROVIDER, answering, connection_info
from prisma_engine.wasm.promises import Jobs

__all__ = ["OfflineFactory", "is_offline"]

_GREETING: Final[Mapping[str, object]] = {
    "columnNames": ["exists", "version", "numeric_version"],
    "columnTypes": [5, 7, 0],
    "rows": [[True, "PostgreSQL 17", 170000]],
}
"""A PostgreSQL that says its version when the engine starts, and knows nothing else."""

_OF_FILES: Final = frozenset({"empty", "schemaDatamodel"})


def is_offline(method: str, params: Mapping[str, Any]) -> bool:
    """Whether a call compares schema files only; it then works without a server."""
    return method == "diff" and all((params.get(side) or {}).get("tag") in _OF_FILES for side in ("from", "to"))


class OfflineFactory:
    """Takes the place of `adapter.Factory` where no database is needed."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def exposed(self) -> dict[str, object]:
        """It as the engine sees it."""
        return {
            **PROVIDER,
            "connect": answering(self._jobs, self._connect),
            "connectToShadowDb": answering(self._jobs, _unavailable),
        }

    async def _connect(self, *_arguments: object) -> dict[str, object]:
        unavailable = answering(self._jobs, _unavailable)
        return {
            **PROVIDER,
            "getConnectionInfo": connection_info("public"),
            "queryRaw": answering(self._jobs, _greet),
            "executeRaw": unavailable,
            "executeScript": unavailable,
            "startTransaction": unavailable,
            "dispose": answering(self._jobs, _part),
        }


async def _greet(_query: object) -> Mapping[str, object]:
    return _GREETING


async def _part(*_arguments: object) -> None:
    return None


async def _unavailable(*_arguments: object) -> None:
    raise RuntimeError("there is no database in a comparison of schema files")
